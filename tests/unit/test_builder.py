"""`F` and `Filter`: what they take, what they refuse and with which mend, and what can be done to a filter."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import Enum, IntEnum, StrEnum
from typing import cast
from uuid import UUID

import pytest

from reality_jobs import F, Filter, InvalidFilter, parse
from reality_jobs.nodes import And, Comparison, Guid, Instant, Membership, Null, Operator, Or, Text

GUID = "dc720f05-e5f7-448b-ae06-765de46f0af1"
OTHER = "00000000-0000-0000-0000-00000000000a"


class State(StrEnum):
    DONE = "Success"


class OldState(str, Enum):  # noqa: UP042 - what string enumerations were before StrEnum
    DONE = "Success"


class Plain(Enum):
    DONE = "Success"


class Number(IntEnum):
    ONE = 1


class Loud(str):
    """Text that says something else about itself."""

    __slots__ = ()

    def __str__(self) -> str:
        return "loud"

    def __format__(self, spec: str) -> str:
        return "loud"


class Array:
    """What numpy and pandas do: compares elementwise, has no truth value."""

    def __eq__(self, other: object) -> list[bool]:  # type: ignore[override]
        return [False]

    def __bool__(self) -> bool:
        raise ValueError("the truth value of an array is ambiguous")

    def __repr__(self) -> str:
        return "array([1, 2])"

    __hash__ = None  # type: ignore[assignment]


class NoOffset(tzinfo):
    """Looks aware and is not."""

    def utcoffset(self, moment: datetime | None, /) -> None:
        return None

    def dst(self, moment: datetime | None, /) -> None:
        return None

    def tzname(self, moment: datetime | None, /) -> None:
        return None


TAKEN: list[tuple[Filter, str]] = [
    (F.id == GUID, f"id eq {GUID}"),
    (F.id == GUID.upper(), f"id eq {GUID}"),
    (F.id == UUID(GUID), f"id eq {GUID}"),
    (F.id == "fdb:1", "id eq 'fdb:1'"),
    (F.id == f"{{{GUID}}}", f"id eq '{{{GUID}}}'"),
    (F.itwin_id != UUID(GUID), f"iTwinId ne {GUID}"),
    (F.itwin_id == None, "iTwinId eq null"),  # noqa: E711
    (F.name != None, "name ne null"),  # noqa: E711
    (F.name == "O'Brien", "name eq 'O''Brien'"),
    (F.name == "", "name eq ''"),
    (F.name == Loud("soft"), "name eq 'soft'"),
    (F.email == "ann@example.com", "email eq 'ann@example.com'"),
    (F.type == "Full", "type eq 'Full'"),
    (F.state == State.DONE, "state eq 'Success'"),
    (F.state == OldState.DONE, "state eq 'Success'"),
    (cast(Filter, "Success" == F.state), "state eq 'Success'"),  # noqa: SIM300
    (F.state >= "a", "state ge 'a'"),
    ("a" <= F.state, "state ge 'a'"),  # noqa: SIM300
    (F.name < "m", "name lt 'm'"),
    (F.id > UUID(GUID), f"id gt {GUID}"),
    (UUID(GUID) < F.id, f"id gt {GUID}"),
    (F.input_id <= "x", "inputId le 'x'"),
    (F.output_id == GUID, f"outputId eq {GUID}"),
    (F.input_id.in_([GUID, UUID(OTHER), "fdb:1", None]), f"inputId in ('{GUID}', '{OTHER}', 'fdb:1', null)"),
    (F.state.in_(s for s in (State.DONE, "Failed")), "state in ('Success', 'Failed')"),
    (F.state.in_({"Success": 1}), "state in ('Success')"),
    (F.state.in_([]), "state in ()"),
    (F.created_date_time >= datetime(2026, 1, 1, tzinfo=UTC), "createdDateTime ge 2026-01-01T00:00:00Z"),
    (datetime(2026, 1, 1, tzinfo=UTC) < F.created_date_time, "createdDateTime gt 2026-01-01T00:00:00Z"),
    (
        F.created_date_time < datetime(2026, 1, 1, 1, 0, 0, 123456, timezone(timedelta(hours=2))),
        "createdDateTime lt 2025-12-31T23:00:00.123456Z",
    ),
    (F.created_date_time == "2024-06-24T13:00:00.1234567+02:00", "createdDateTime eq 2024-06-24T11:00:00.1234567Z"),
    (F.created_date_time == None, "createdDateTime eq null"),  # noqa: E711
    (F.created_date_time.in_(["2024-06-24T13:00Z", None]), "createdDateTime in (2024-06-24T13:00:00Z, null)"),
]


@pytest.mark.parametrize(("f", "text"), TAKEN, ids=[text for _, text in TAKEN])
def test_taken(f: Filter, text: str) -> None:
    assert str(f) == text
    assert parse(text) == f
    literal = f.node.literal if isinstance(f.node, Comparison) else None
    assert not isinstance(literal, Text) or type(literal.value) is str


DAY = "an aware datetime or a text like '2024-06-24T13:00:00Z'"
BOUND = (
    "F.name is no condition yet: & and | bind tighter than a comparison, so put each in parentheses: "
    "(F.x == 'a') & (F.y == 'b')"
)
TRUTH = (
    "a filter has no truth value of its own: combine filters with & and | and ~ (not and, or, not), write "
    "(F.x >= lo) & (F.x < hi) for lo <= F.x < hi, and ask f.matches(job) about a job"
)
CONTAINS = (
    "'in' asks Python, not the filter: write F.state.in_([...]) for membership; the job APIs cannot search inside text"
)
f = F.state == "Success"
lo, hi = "2024-06-24T13:00:00Z", "2024-06-25T13:00:00Z"

REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "int": (lambda: F.state == 5, "F.state compares with a str or a StrEnum, not with int 5"),
    "bool": (lambda: F.name == True, "F.name compares with a str, not with bool True"),  # noqa: E712
    "float": (lambda: F.name < 1.5, "F.name compares with a str, not with float 1.5"),  # type: ignore[operator]
    "bytes": (lambda: F.email == b"a", "F.email compares with a str, not with bytes b'a'"),
    "Enum": (
        lambda: F.state == Plain.DONE,
        "F.state compares with a str or a StrEnum, not with Plain <Plain.DONE: 'Success'>",
    ),
    "IntEnum": (lambda: F.id == Number.ONE, "F.id compares with a str or a uuid.UUID, not with Number <Number.ONE: 1>"),
    "UUID for text": (
        lambda: F.name == UUID(GUID),
        f"F.name compares with a str, not with UUID UUID('{GUID}')",
    ),
    "array": (lambda: F.name == Array(), "F.name compares with a str, not with Array array([1, 2])"),
    "array in a list": (
        lambda: F.id.in_([Array()]),  # type: ignore[list-item]
        "F.id compares with a str or a uuid.UUID, not with Array array([1, 2])",
    ),
    "date": (
        lambda: F.created_date_time >= date(2024, 6, 24),  # type: ignore[operator]
        f"F.created_date_time compares with {DAY}, not with date datetime.date(2024, 6, 24)",
    ),
    "ticks": (lambda: F.created_date_time == 0, f"F.created_date_time compares with {DAY}, not with int 0"),
    "naive": (
        lambda: F.created_date_time >= datetime(2026, 1, 1),  # noqa: DTZ001
        "F.created_date_time needs a datetime with a time zone: datetime.datetime(2026, 1, 1, 0, 0) could be any of "
        "24 hours; add tzinfo=UTC",
    ),
    "a zone without an offset": (
        lambda: F.created_date_time >= datetime(2026, 1, 1, tzinfo=NoOffset()),
        f"F.created_date_time needs a datetime with a time zone: "
        f"{datetime(2026, 1, 1, tzinfo=NoOffset())!r:.60} could be any of 24 hours; add tzinfo=UTC",
    ),
    "null ordered": (lambda: F.name < None, "no order holds of null: write F.name == None or F.name != None"),  # type: ignore[operator]
    "null ordered, reversed": (
        lambda: None >= F.created_date_time,  # type: ignore[operator]  # noqa: SIM300
        "no order holds of null: write F.created_date_time == None or F.created_date_time != None",
    ),
    "text as a list": (lambda: F.name.in_("abc"), "in_ takes a list of values: F.name.in_(['abc'])"),
    "a UUID as a list": (lambda: F.id.in_(UUID(GUID)), f"in_ takes a list of values: F.id.in_([UUID('{GUID}')])"),  # type: ignore[arg-type]
    "None as a list": (lambda: F.id.in_(None), "in_ takes a list of values: F.id.in_([None])"),  # type: ignore[arg-type]
    "bytes as a list": (lambda: F.id.in_(b"ab"), "in_ takes a list of values, not bytes b'ab'"),  # type: ignore[arg-type]
    "an int as a list": (lambda: F.id.in_(5), "in_ takes a list of values, not int 5"),  # type: ignore[arg-type]
    "and": (lambda: f and f, TRUTH),
    "or": (lambda: f or f, TRUTH),
    "not": (lambda: not f, TRUTH),
    "if": (lambda: 1 if f else 2, TRUTH),
    "chained": (lambda: lo < F.created_date_time < hi, TRUTH),
    "contains": (lambda: "a" in F.state, CONTAINS),
    "a bare property": (lambda: not F.state, "F.state is no condition yet: compare it, as in F.state != None"),
    "& before ==": (lambda: F.state == "a" & F.name == "b", BOUND),  # type: ignore[operator]
    "| before ==": (lambda: f | F.name == "b", BOUND),  # type: ignore[operator]
    "property & filter": (lambda: F.name & f, BOUND),  # type: ignore[operator]
    "property | text": (lambda: F.name | "x", BOUND),  # type: ignore[operator]
    "filter & text": (lambda: f & "x", "unsupported operand type(s) for &: 'Filter' and 'str'"),  # type: ignore[operator]
    "~ of an ordering on a collection": (
        lambda: ~(f & (F.input_id < "x")),
        "~ has no answer for 'inputId lt ...': it holds if any of a job's ids satisfies it, and the filter language "
        "cannot ask that all of them do not; negate in Python: not f.matches(job)",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        make()
    assert str(caught.value) == message


UNREADABLE: dict[str, tuple[Callable[[], object], str]] = {
    "a day": (lambda: F.created_date_time >= "2024-06-24", "'2024-06-24': not a date-time like 2024-06-24T13:00:00Z"),
    "30 February": (
        lambda: F.created_date_time >= "2024-02-30T00:00:00Z",
        "'2024-02-30T00:00:00Z': there is no day 30 in 2024-02",
    ),
    "before the year 1": (
        lambda: F.created_date_time >= datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1), "A")),
        f"{datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1), 'A'))!r:.60}: "
        "the year in UTC must be between 0001 and 9999",
    ),
    "half a character": (
        lambda: F.name == "a\ud800",
        "half of a surrogate pair at 1 is no text: 'a\\ud800'",
    ),
}


@pytest.mark.parametrize(("make", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - compared whole
        make()
    assert str(caught.value) == message


KNOWN = "id, itwin_id, name, email, type, state, created_date_time, input_id, output_id"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("iTwinId", "in Python it is F.itwin_id"),
        ("createdDateTime", "in Python it is F.created_date_time"),
        ("stat", "there is no property 'stat'; did you mean F.state?"),
        ("input_ids", "there is no property 'input_ids'; did you mean F.input_id?"),
        ("colour", f"there is no property 'colour'; there are {KNOWN}"),
    ],
)
def test_unknown_attributes(name: str, message: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(F, name)
    assert str(caught.value) == message


def test_properties_show_themselves_and_stay() -> None:
    assert repr(F.created_date_time) == "F.created_date_time"
    assert len({F.id, F.name, F.id}) == 2
    with pytest.raises(AttributeError):
        F.state = F.name  # type: ignore[misc]
    assert str(copy.deepcopy(F).state == "x") == str(pickle.loads(pickle.dumps(F)).state == "x") == "state eq 'x'"  # noqa: S301


# The complement.

NEGATED = {
    "name eq 'x'": "name ne 'x'",
    "name ne 'x'": "name eq 'x'",
    "name eq null": "name ne null",
    "name lt 'x'": "name ge 'x' or name eq null",
    "name ge 'x'": "name lt 'x' or name eq null",
    "name gt 'x'": "name le 'x' or name eq null",
    "name le 'x'": "name gt 'x' or name eq null",
    "state in ('a', 'b', null)": "state ne 'a' and state ne 'b' and state ne null",
    "state in ('a')": "state ne 'a'",
    "state in ()": "state eq null or state ne null",
    "inputId in ()": "inputId eq null or inputId ne null",
    "inputId eq 'x'": "inputId ne 'x'",
    "inputId in ('x', 'y')": "inputId ne 'x' and inputId ne 'y'",
    "name eq 'x' and state eq 'a'": "name ne 'x' or state ne 'a'",
    "name eq 'x' or state eq 'a'": "name ne 'x' and state ne 'a'",
    "name lt 'x' and state eq 'a'": "name ge 'x' or name eq null or state ne 'a'",
    "name lt 'x' or state eq 'a'": "(name ge 'x' or name eq null) and state ne 'a'",
    "name eq 'x' or state in ('a', 'b')": "name ne 'x' and state ne 'a' and state ne 'b'",
    "(name eq 'x' or type eq 'y') and state eq 'a'": "name ne 'x' and type ne 'y' or state ne 'a'",
}


@pytest.mark.parametrize(("text", "complement"), NEGATED.items())
def test_complement(text: str, complement: str) -> None:
    assert str(~parse(text)) == complement
    assert ~parse(text) == parse(complement)


@pytest.mark.parametrize("operator", ["lt", "le", "gt", "ge"])
@pytest.mark.parametrize("name", ["inputId", "outputId"])
def test_an_ordering_on_a_collection_has_no_complement(name: str, operator: str) -> None:
    with pytest.raises(TypeError, match=f"^~ has no answer for '{name} {operator} ...': "):
        ~parse(f"{name} {operator} 'x'")


# Combining.


def test_and_and_or_are_flat() -> None:
    a, b, c = (F.name == x for x in "abc")
    assert ((a & b) & c).node == (a & (b & c)).node == And((a.node, b.node, c.node))
    assert ((a | b) | c).node == (a | (b | c)).node == Or((a.node, b.node, c.node))
    assert str((a | b) & c) == "(name eq 'a' or name eq 'b') and name eq 'c'"
    assert str(a | b & c) == "name eq 'a' or name eq 'b' and name eq 'c'"
    assert a & b != b & a


def alternating(levels: int) -> Filter:
    made = F.name == "0"
    for i in range(levels):
        made = made & (F.name == f"{i}") if i % 2 else made | (F.name == f"{i}")
    return made


def test_the_builder_keeps_the_nesting_limit() -> None:
    deepest = alternating(100)
    assert parse(str(deepest)) == deepest
    same = deepest & (F.name == "x") if isinstance(deepest.node, And) else deepest | (F.name == "x")
    assert parse(str(same)) == same
    with pytest.raises(InvalidFilter) as caught:
        alternating(101)
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == (
        "too-deep",
        "the filter nests deeper than 100 levels of alternating and/or",
    )
    with pytest.raises(InvalidFilter):
        Filter(Or((deepest.node, Comparison("id", Operator.EQ, Null()))) if isinstance(deepest.node, And) else None)  # type: ignore[arg-type]


def test_long_chains() -> None:
    terms = [F.name == f"n{i}" for i in range(10_000)]
    either, each = terms[0], terms[0]
    for term in terms[1:]:
        either |= term
        each &= term
    assert either.node == Or(tuple(t.node for t in terms))
    assert each.node == And(tuple(t.node for t in terms))
    assert ~either == parse(" and ".join(f"name ne 'n{i}'" for i in range(10_000)))
    assert either.matches({"name": "n9999"})


# What can be done to a filter.

SAMPLES = [
    F.state == "Success",
    (F.name == "it's \\ \n \U0001f600") | (F.id == GUID) & (F.created_date_time >= lo),
    F.state.in_([]),
    F.input_id.in_([GUID, OTHER, "x", None]),
    ~(F.state.in_(["a"]) | (F.name < "x")),
    alternating(100),
]


@pytest.mark.parametrize("f", SAMPLES, ids=lambda f: str(f)[:40])
def test_round_trips(f: Filter) -> None:
    again = [
        parse(str(f)),
        eval(repr(f), {"parse": parse}),  # noqa: S307
        copy.copy(f),
        copy.deepcopy(f),
        copy.deepcopy([f])[0],
        *(pickle.loads(pickle.dumps(f, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)),  # noqa: S301
        Filter(copy.deepcopy(f.node)),
    ]
    for other in again:
        assert isinstance(other, Filter)
        assert other == f
        assert hash(other) == hash(f)
        assert str(other) == str(f)
        assert repr(other) == f"parse({str(f)!r})"
    assert {f: 1}[again[0]] == 1


def test_equality_is_structural_after_normalising() -> None:
    assert parse(f"id eq '{GUID.upper()}'") == parse(f"id eq {GUID}") == (F.id == UUID(GUID))
    assert parse("createdDateTime eq 2024-06-24T13:00:00.000+00:00") == parse("createdDateTime eq 2024-06-24T13:00Z")
    assert (F.state == "Success") != (F.state == "success")
    assert f != "state eq 'Success'"
    assert (F.name == "x").node == Comparison("name", Operator.EQ, Text("x"))
    assert (F.id.in_([GUID])).node == Membership("id", (Guid(GUID),))
    assert (F.created_date_time > "1970-01-01T00:00:00.0000001Z").node == Comparison(
        "createdDateTime", Operator.GT, Instant(1)
    )


def test_immutable() -> None:
    changes: list[tuple[object, str]] = [(f, "node"), (f, "anything"), (f.node, "property")]
    for target, name in changes:
        with pytest.raises(AttributeError):
            setattr(target, name, f.node)
    with pytest.raises(AttributeError, match=r"^a Filter is immutable; 'node' cannot be set$"):
        f.node = f.node
    before = str(f)
    g = f
    g &= F.name == "x"
    assert str(f) == before
    assert g is not f


def test_predicates_are_compiled_once_and_shared_between_threads() -> None:
    shared = parse(" or ".join(f"name eq 'n{i}' and state ne 'x{i}'" for i in range(300)))
    start = threading.Barrier(8)
    answers: list[bool] = []

    def ask(i: int) -> None:
        start.wait()
        answers.extend(shared.matches({"name": f"n{j}"}, service) for j in range(i, 400, 8) for service in SERVICES)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(True) == 300 * len(SERVICES)
    assert answers.count(False) == 100 * len(SERVICES)
    assert shared.predicate("modeling-v1") is shared.predicate("modeling-v1")


SERVICES = (None, "modeling-v1", "modeling-v2", "conversion-v2")
