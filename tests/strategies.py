"""Hypothesis strategies: filter trees, many legal texts of a tree, and records of every service.

Filters and records draw from the same small pools, so that hits are as common as misses. Records are mostly as
published; each value may also be missing, null or odd.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from reality_jobs.nodes import And, Comparison, Guid, Instant, Literal, Membership, Node, Null, Operator, Or, Text
from tests.oracle import (
    COLLECTIONS,
    IDENTIFIERS,
    NO_DATA,
    V1_TYPES,
    V2,
    V2_INPUTS,
    V2_OUTPUTS,
    guid_shaped,
)

Record = Mapping[str, object]

SERVICES = ("modeling-v1", "modeling-v2", "conversion-v2", "conversion-v1", "analysis-v1", "analysis-v2")
PROPERTIES = ("id", "iTwinId", "name", "email", "type", "state", "createdDateTime", "inputId", "outputId")
ORDERINGS = (Operator.LT, Operator.LE, Operator.GT, Operator.GE)

# Pools.

GUIDS = (
    "dc720f05-e5f7-448b-ae06-765de46f0af1",
    "dc720f05-e5f7-448b-ae06-765de46f0af2",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
)
# Text that compares as it is: Feature DB indexes, and what is nearly a GUID.
IDENTIFIER_TEXTS = (
    "fdb:1",
    "FDB:1",
    "",
    "bkt:a/b.json",
    "bkt:" + GUIDS[0],
    "rds:" + GUIDS[0],
    "dc720f05e5f7448bae06765de46f0af1",
    "{" + GUIDS[0] + "}",
    GUIDS[0] + "\n",
    "\u00e9",
)
NAMES = (
    "",
    "a",
    "A",
    "O'Brien",
    "'",
    "null",
    "e\u0301",
    "\u00e9",
    "\uffff",  # after U+1F600 in UTF-16, before it by code point
    "\U0001f600",
    "stra\u00dfe",
    "STRASSE",
    "x and y or (z)",
    "a\tb, c",
    "a\nb",
    "%20+\\",
    GUIDS[0],
    "2024-06-24T13:00:00Z",
)
EMAILS = ("ann@example.com", "Ann@example.com", "o'neil@example.com", "")
STATES = (
    "Success",
    "success",
    "SUCCESS",
    "Failed",
    "active",
    "Active",
    "Queued",
    "unsubmitted",
    "TerminatingOnCancel",
    "Exploded",
    "",
    "act\u0131ve",  # dotless i
    "\u0130ctive",
    "\u017fuccess",  # long s
    "Succe\u00df",
)
TYPES = (
    *dict.fromkeys(t for types in V1_TYPES.values() for t in types),
    *dict.fromkeys(t for types in V2_INPUTS.values() for t in types),
    "full",
    "FULL",
    "Brand\u212aNew",  # KELVIN SIGN
    "BrandKNew",
    "brandknew",
)
SECOND = 10_000_000
BASE = 17_192_340_000_000_000  # 2024-06-24T13:00:00Z
FIRST, LAST = -621_355_968_000_000_000, 2_534_023_008_000_000_000 - 1  # the years 0001 and 9999
TICKS = (BASE - 1, BASE, BASE + 1, BASE + 5 * SECOND, BASE + 1234567, 0, -1, FIRST, LAST)
UNREADABLE = (
    "",
    "yesterday",
    "2024-06-24",
    "2024-06-24T13:00:00",
    "2024-06-24 13:00:00Z",
    "2024-06-24T13:00:00Z\n",
    " 2024-06-24T13:00:00Z",
    "2024-02-30T13:00:00Z",
    "2023-02-29T13:00:00.0000000+00:00",
    "2024-13-01T13:00:00.0000000+00:00",
    "2024-06-24T24:00:00Z",
    "2024-06-24T13:00:60.0000000+00:00",
    "2024-06-24T13:60:00Z",
    "2024-06-24T13:00:00+24:00",
    "2024-06-24T13:00:00+00:60",
    "2024-06-24T13:00:00+0000",
    "2024-06-24T13:00:00.Z",
    "2024-06-24T13:00.5Z",
    "2024-06-24T13:00:00,5Z",
    "2024-06-24T13:00:00.1234567890123Z",
    "0000-06-24T13:00:00Z",
    "0001-01-01T00:00:00.0000000+00:01",
    "9999-12-31T23:59:59-00:01",
    "٢٠٢٤-06-24T13:00:00Z",
    "2024-06-24T13:00:00.000000٠+00:00",
    "2024-06-24T13:00:00.0000000\u221200:00",
)
ODD_VALUES: tuple[object, ...] = (
    0,
    5,
    -1.5,
    True,
    False,
    {},
    {"id": GUIDS[0]},
    {"location": GUIDS[1]},
    [5],
    [False, GUIDS[0]],
    [[GUIDS[0]]],
)

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@st.composite
def mixed_case(draw: st.DrawFn, text: str) -> str:
    """ASCII letters in either case: as it is, all upper, or at random."""
    how = draw(st.integers(0, 3))
    if how < 2:
        return text
    chance = random.Random(draw(st.integers(0, 255)))
    return "".join(c.upper() if c.isascii() and (how == 2 or chance.random() < 0.5) else c for c in text)


@cache
def guids() -> st.SearchStrategy[str]:
    return st.sampled_from(GUIDS) | st.sampled_from(GUIDS).map(lambda g: g[:-1] + "7") | st.uuids().map(str)


@cache
def identifier_texts() -> st.SearchStrategy[str]:
    return (st.sampled_from(IDENTIFIER_TEXTS) | ANY_TEXT).filter(lambda text: not guid_shaped(text))


@cache
def ticks() -> st.SearchStrategy[int]:
    near = st.builds(
        lambda t, step: min(max(t + step, FIRST), LAST),
        st.sampled_from(TICKS),
        st.sampled_from((-SECOND, -1, 0, 1, 60 * SECOND)),
    )
    return st.sampled_from(TICKS) | near | st.integers(FIRST, LAST)


@st.composite
def date_times(draw: st.DrawFn, moment: int) -> str:
    """One of the many texts of a moment: zone, fraction, seconds, case of `t` and `z`."""
    sign = draw(st.sampled_from((0, 0, 0, 1, -1)))
    minutes = draw(st.sampled_from((0, 1, 60, 330, 765, 1439))) * sign
    local = moment + minutes * 60 * SECOND
    if not FIRST <= local <= LAST:
        sign, local = 0, moment
    seconds, fraction = divmod(local, SECOND)
    wall = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)  # noqa: DTZ001
    text = f"{wall.year:04}-{wall.month:02}-{wall.day:02}{draw(st.sampled_from('TTt'))}{wall.hour:02}:{wall.minute:02}"
    if wall.second or fraction or draw(st.integers(0, 3)):
        text += f":{wall.second:02}"
        digits = f"{fraction:07}".rstrip("0")
        width = draw(st.sampled_from((0, 1, 3, 6, 7, 7, 9, 12)))
        digits = digits.ljust(min(width, 7), "0")
        if len(digits) == 7 and width > 7:
            digits += draw(st.text("0123456789", min_size=width - 7, max_size=width - 7))
        text += f".{digits}" if digits else ""
    if sign:
        return f"{text}{'+' if sign > 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    return text + draw(st.sampled_from(("Z", "Z", "z", "+00:00", "+00:00", "-00:00")))


# Filters.


@cache
def values(property: str) -> st.SearchStrategy[Literal]:
    """The literals that a property takes, `null` left out."""
    if property in IDENTIFIERS:
        return guids().map(Guid) | guids().map(Guid) | identifier_texts().map(Text)
    if property == "createdDateTime":
        return ticks().map(Instant)
    pool = {"name": NAMES, "email": EMAILS, "type": TYPES, "state": STATES}[property]
    return (st.sampled_from(pool) | st.sampled_from(pool) | ANY_TEXT).map(Text)


@st.composite
def terms(draw: st.DrawFn, negatable: bool = False) -> Node:
    """One comparison or membership."""
    property = draw(st.sampled_from(PROPERTIES))
    literals = values(property)
    nullable = st.one_of(literals, literals, literals, st.just(Null()))
    operators: tuple[Operator | None, ...] = (Operator.EQ, Operator.NE, None)
    if not (negatable and property in COLLECTIONS):
        operators += ORDERINGS
    operator = draw(st.sampled_from(operators))
    if operator is None:
        return Membership(property, tuple(draw(st.lists(nullable, max_size=4))))
    return Comparison(property, operator, draw(literals if operator in ORDERINGS else nullable))


@cache
def filters(depth: int = 3, negatable: bool = False) -> st.SearchStrategy[Node]:
    """Trees as the syntax builds them: flat `And` and `Or` of two operands or more, alternating."""
    return st.one_of(
        terms(negatable), _joined(And, Or, depth, negatable), _joined(Or, And, depth, negatable), terms(negatable)
    )


def _joined(
    join: type[And] | type[Or], other: type[And] | type[Or], depth: int, negatable: bool
) -> st.SearchStrategy[Node]:
    operand = terms(negatable) if depth == 1 else terms(negatable) | _joined(other, join, depth - 1, negatable)
    return st.lists(operand, min_size=2, max_size=4).map(lambda operands: join(tuple(operands)))


# Filters that say things twice, or contradict themselves.

FEW: Mapping[str, tuple[Literal, ...]] = {
    "id": (Guid(GUIDS[0]), Guid(GUIDS[1]), Text("fdb:1")),
    "iTwinId": (Guid(GUIDS[0]), Guid(GUIDS[1])),
    "name": (Text(""), Text("a"), Text("b")),
    "email": (Text(EMAILS[0]), Text(EMAILS[1])),
    "state": (Text("Success"), Text("success"), Text("Queued"), Text("Exploded")),
    "createdDateTime": (Instant(FIRST), Instant(BASE - 1), Instant(BASE), Instant(BASE + 1), Instant(LAST)),
    "inputId": (Guid(GUIDS[0]), Guid(GUIDS[1])),
}


@st.composite
def redundant_filters(draw: st.DrawFn) -> Node:
    """Few properties and few values close to each other, so that most terms have to do with another one."""
    names = draw(st.lists(st.sampled_from(tuple(FEW)), min_size=1, max_size=3, unique=True))

    def term() -> Node:
        name = draw(st.sampled_from(names))
        literals = st.sampled_from(FEW[name])
        operator = draw(st.sampled_from((None, Operator.EQ, Operator.NE, Operator.NE, *ORDERINGS)))
        if operator is None:
            return Membership(name, tuple(draw(st.lists(literals | st.just(Null()), max_size=3))))
        if operator in ORDERINGS or draw(st.integers(0, 5)):
            return Comparison(name, operator, draw(literals))
        return Comparison(name, operator, Null())

    def tree(join: type[And] | type[Or], depth: int) -> Node:
        other: type[And | Or] = Or if join is And else And
        count = draw(st.integers(2, 4))
        return join(tuple(tree(other, depth - 1) if depth and draw(st.booleans()) else term() for _ in range(count)))

    return tree(draw(st.sampled_from((And, Or))), 2)


@st.composite
def plain_records(draw: st.DrawFn) -> dict[str, object]:
    """Mappings of the nine wire names that hold the values of `redundant_filters`."""
    record: dict[str, object] = {}
    for name, literals in FEW.items():
        held = [draw(texts_of_value(literal)) for literal in literals]
        if name in COLLECTIONS:
            record[name] = draw(st.lists(st.sampled_from(held), max_size=2))
        else:
            record[name] = draw(st.sampled_from((*held, None)))
    return record


def texts_of_value(literal: Literal) -> st.SearchStrategy[str]:
    """How a record may hold the value of a literal."""
    if isinstance(literal, Instant):
        return emitted(literal.ticks)
    return st.just("" if isinstance(literal, Null) else literal.value)


# Texts of a tree.

_BLANKS = st.sampled_from((" ", " ", " ", "  ", "\t", " \t "))
_MAYBE_BLANKS = st.sampled_from(("", "", " ", "\t", "  "))


@st.composite
def texts(draw: st.DrawFn, node: Node) -> str:
    """One of the many texts of a tree: case of operators, white space, parentheses, spellings of literals."""
    ends = st.sampled_from(("", "", " ", "\n", "\r\n\t "))
    return draw(ends) + draw(_expression(node)) + draw(ends)


@st.composite
def _expression(draw: st.DrawFn, node: Node) -> str:
    if isinstance(node, And | Or):
        word = "and" if isinstance(node, And) else "or"
        parts = [draw(_expression(x)) for x in node.operands]
        if isinstance(node, And):
            parts = [_grouped(draw, p) if isinstance(x, Or) else p for p, x in zip(parts, node.operands, strict=True)]
        if len(parts) > 2 and not draw(st.integers(0, 3)):
            # `a and (b and c)` is the same flat node.
            start = draw(st.integers(0, len(parts) - 2))
            stop = draw(st.integers(start + 2, len(parts)))
            if stop - start < len(parts):
                parts[start:stop] = [_grouped(draw, _chain(draw, parts[start:stop], word))]
        text = _chain(draw, parts, word)
    else:
        text = draw(_term(node))
    for _ in range(draw(st.sampled_from((0, 0, 0, 0, 1, 2)))):
        text = _grouped(draw, text)
    return text


def _chain(draw: st.DrawFn, parts: list[str], word: str) -> str:
    text = parts[0]
    for part in parts[1:]:
        text += draw(_BLANKS) + draw(mixed_case(word)) + draw(_BLANKS) + part
    return text


def _grouped(draw: st.DrawFn, text: str) -> str:
    return f"({draw(_MAYBE_BLANKS)}{text}{draw(_MAYBE_BLANKS)})"


@st.composite
def _term(draw: st.DrawFn, node: Comparison | Membership) -> str:
    if isinstance(node, Comparison):
        operator = draw(mixed_case(node.operator.value))
        return node.property + draw(_BLANKS) + operator + draw(_BLANKS) + draw(_literal(node.literal))
    members = [draw(_MAYBE_BLANKS) + draw(_literal(x)) + draw(_MAYBE_BLANKS) for x in node.literals]
    inside = ",".join(members) if members else draw(_MAYBE_BLANKS)
    return f"{node.property}{draw(_BLANKS)}{draw(mixed_case('in'))}{draw(_BLANKS)}({inside})"


def _literal(literal: Literal) -> st.SearchStrategy[str]:
    if isinstance(literal, Null):
        return st.just("null")
    if isinstance(literal, Instant):
        return date_times(literal.ticks)
    if isinstance(literal, Text):
        return st.just(literal.value.replace("'", "''")).map(lambda text: f"'{text}'")
    return st.tuples(mixed_case(literal.value), st.booleans()).map(
        lambda drawn: f"'{drawn[0]}'" if drawn[1] else drawn[0]
    )


# Records.


@cache
def record_ids() -> st.SearchStrategy[str]:
    return st.sampled_from(GUIDS).flatmap(mixed_case) | guids().flatmap(mixed_case) | st.sampled_from(IDENTIFIER_TEXTS)


@cache
def odd_holders() -> st.SearchStrategy[object]:
    """What is odd where an object or a list belongs: text, too, the empty one above all."""
    return odd_values() | st.sampled_from(("", "text", GUIDS[0]))


@cache
def odd_values() -> st.SearchStrategy[object]:
    return st.sampled_from(ODD_VALUES)


def now_and_then_odd(
    usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any] | None = None
) -> st.SearchStrategy[Any]:
    """The usual value nine times in ten; else null or an odd one."""
    rare = st.none() | (odd if odd is not None else odd_values())
    return st.integers(0, 9).flatmap(lambda roll: rare if roll == 9 else usual)


@cache
def record_values(property: str) -> st.SearchStrategy[Any]:
    """What a record may hold for a property that has one value."""
    if property in IDENTIFIERS:
        return now_and_then_odd(record_ids())
    if property == "createdDateTime":
        moments = (st.sampled_from(TICKS) | ticks()).flatmap(date_times)
        return now_and_then_odd(
            moments | st.sampled_from(TICKS).flatmap(emitted), odd_values() | st.sampled_from(UNREADABLE)
        )
    pool = {"name": NAMES, "email": EMAILS, "type": TYPES, "state": STATES}[property]
    surrogate = st.just("\ud800")
    return now_and_then_odd(st.sampled_from(pool) | st.sampled_from(pool) | ANY_TEXT, odd_values() | surrogate)


@cache
def emitted(moment: int) -> st.SearchStrategy[str]:
    """As the services emit it: 33 characters with seven digits, or 20 with `Z` where that is exact."""
    seconds, fraction = divmod(moment, SECOND)
    wall = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)  # noqa: DTZ001
    text = wall.isoformat(timespec="seconds")
    long = f"{text}.{fraction:07}+00:00"
    return st.just(long) if fraction else st.sampled_from((long, f"{text}Z"))


def _some(
    required: Mapping[str, st.SearchStrategy[Any]], extra: Mapping[str, st.SearchStrategy[Any]] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """An object that usually has all of `required`, now and then loses some, and has any of `extra`."""
    whole = st.fixed_dictionaries(dict(required), optional=dict(extra or {}))
    holed = st.fixed_dictionaries({}, optional={**required, **(extra or {})})
    return st.one_of(whole, whole, whole, holed)


@cache
def _objects(key: str = "id", other: str = "type") -> st.SearchStrategy[Any]:
    """A list of objects with an id; now and then one object, holes, nulls, odd things."""
    one = now_and_then_odd(_some({key: now_and_then_odd(record_ids())}, {other: record_ids()}), odd_holders())
    return now_and_then_odd(st.lists(one, max_size=3) | st.lists(one, max_size=3) | one, odd_holders())


@cache
def _ids() -> st.SearchStrategy[Any]:
    """An id, or a list of ids, buckets and nulls among them."""
    one = now_and_then_odd(record_ids() | st.sampled_from(IDENTIFIER_TEXTS))
    return now_and_then_odd(one | st.lists(one, max_size=3))


@cache
def _located() -> st.SearchStrategy[Any]:
    """`{location: id}`, alone or in a list."""
    return _objects("location", "format") | _ids()


_COMMON = {name: record_values(name) for name in ("id", "iTwinId", "name", "state", "createdDateTime")}


@cache
def _types(service: str) -> st.SearchStrategy[Any]:
    listed = st.sampled_from(tuple(V2_INPUTS[service]) if service in V2 else V1_TYPES[service])
    return st.one_of(listed, listed, listed, record_values("type"))


@cache
def _v1(service: str) -> st.SearchStrategy[Record]:
    fields = {**_COMMON, "email": record_values("email"), "type": _types(service), "inputs": _objects()}
    extra: dict[str, st.SearchStrategy[Any]] = {
        "lastModifiedDateTime": st.just("2024-06-24T13:00:00Z"),
        "executionInformation": st.none() | st.just({}),
    }
    if service == "modeling-v1":
        fields["jobSettings"] = now_and_then_odd(_some({"outputs": _objects()}), odd_holders())
        extra |= {"workspaceId": guids(), "location": st.just("East US"), "outputs": _objects()}
    else:
        fields["outputs"] = _objects()
        extra |= {"dataCenter": st.just("EastUs"), "jobSettings": st.none()}
    if service == "analysis-v1":
        fields["inputs"] = _objects() | _objects("realityDataId", "id")
    return _some(fields, extra)


@cache
def _v2(service: str) -> st.SearchStrategy[Record]:
    return _types(service).flatmap(
        lambda job_type: _v2_of_type(service, job_type if isinstance(job_type, str) else None)
    )


@cache
def _v2_of_type(service: str, job_type: str | None) -> st.SearchStrategy[Record]:
    created = _some({"createdDateTime": record_values("createdDateTime")}, {"startedDateTime": st.none()})
    fields: dict[str, st.SearchStrategy[Any]] = {
        "id": record_values("id"),
        "iTwinId": record_values("iTwinId"),
        "name": record_values("name"),
        "state": record_values("state"),
        "type": st.none() | odd_values() if job_type is None else st.just(job_type),
        "executionInfo": now_and_then_odd(created, odd_holders()),
        "userId": guids(),
    }
    inputs = now_and_then_odd(_specified(V2_INPUTS[service].get(job_type or "", ())), odd_holders())
    if service == "conversion-v2":
        inside = {"inputs": inputs, "output": _ids()}
    else:
        outputs = _specified(V2_OUTPUTS[service].get(job_type or "", ()))
        inside = {"inputs": inputs, "outputs": now_and_then_odd(outputs, odd_holders())}
    options = {"options": st.just({"pointCloud": GUIDS[0]})}
    fields["specifications"] = now_and_then_odd(_some(inside, options), odd_holders())
    return _some(fields, {"email": record_values("email"), "inputId": record_ids()})


@cache
def _specified(listed: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """The `inputs` or `outputs` of a v2 record: keys of its type, keys of others, keys that hold no data."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for place in listed:
        key, _, inner = place.replace(">>", ">").partition(">")
        fields[key] = _located() if inner else _ids()
    others = ("scene", "modelingReference", "objects2D", "report", "brandNew", *NO_DATA)
    return _some(fields, {key: _ids() | _located() for key in others if key not in fields})


@cache
def records(service: str | None) -> st.SearchStrategy[Record]:
    """Records in the shape of a service; None for mappings of no known shape, read by the nine wire names."""
    if service is None:
        fields = {name: _ids() if name in COLLECTIONS else record_values(name) for name in PROPERTIES}
        return _some(fields, {"unknown": odd_values()})
    return _v2(service) if service in V2 else _v1(service)


@cache
def any_records() -> st.SearchStrategy[tuple[str | None, Record]]:
    """A record, and the service in whose shape it was drawn."""
    shapes = st.sampled_from((*SERVICES, None))
    return shapes.flatmap(lambda service: st.tuples(st.just(service), records(service)))
