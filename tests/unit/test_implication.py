"""Which filters are contained in which, pair by pair."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reality_jobs import parse, services
from reality_jobs.nodes import And, Comparison, Guid, Instant, Membership, Node, Null, Operator, Or, Text
from reality_jobs.plan.implication import implies

A, B, C = (f"dc720f05-e5f7-448b-ae06-765de46f0af{i}" for i in range(3))
DAY = "createdDateTime ge 2024-06-24T00:00:00Z and createdDateTime lt 2024-06-25T00:00:00Z"
MONTH = "createdDateTime ge 2024-06-01T00:00:00Z and createdDateTime lt 2024-07-01T00:00:00Z"
NOON = "createdDateTime gt 2024-06-24T12:00:00Z"
EVERYTHING = "createdDateTime ge 1970-01-01T00:00:00Z"


def never(property: str) -> str:
    return f"{property} in ()"


CASES: dict[str, Sequence[tuple[str, str, bool]]] = {
    "equal, spelled otherwise": [
        ("state eq 'Success'", "state eq 'Success'", True),
        ("state eq 'Success'", "state in ('success')", True),
        ("state eq 'A' and name eq 'x'", "name eq 'x' and state eq 'a'", True),
        ("state eq 'A' or name eq 'x'", "name eq 'x' or state eq 'a'", True),
        ("name eq 'x'", "name eq 'X'", False),
        (f"id eq '{A.upper()}'", f"id eq {A}", True),
        ("createdDateTime eq 2024-06-24T13:00Z", "createdDateTime eq 2024-06-24T15:00:00.0000000+02:00", True),
    ],
    "more terms": [
        ("state eq 'A' and name eq 'x'", "state eq 'A'", True),
        ("state eq 'A'", "state eq 'A' and name eq 'x'", False),
        (f"state eq 'A' and (name eq 'x' or id eq {A}) and type ne 'B'", f"name eq 'x' or id eq {A}", True),
        ("state eq 'A'", "state eq 'A' or name eq 'x'", True),
        ("state eq 'A' or name eq 'x'", "state eq 'A'", False),
        ("(state eq 'A' or name eq 'x') and (state eq 'A' or name eq 'y')", "state eq 'A'", True),
        ("(state eq 'A' or id eq 'x') and (state eq 'A' or name eq 'y')", "state eq 'A'", False),
    ],
    "lists": [
        ("state eq 'A'", "state in ('A', 'B')", True),
        ("state in ('B', 'A')", "state in ('A', 'C', 'B')", True),
        ("state in ('A', 'D')", "state in ('A', 'B', 'C')", False),
        ("state in ('A', 'B')", "state eq 'A' or state eq 'B'", True),
        ("iTwinId in ('x', null)", "iTwinId eq 'x' or iTwinId eq null", True),
        ("iTwinId in ('x', null)", "iTwinId eq 'x'", False),
        ("name in ('x', null)", "name eq 'x'", True),
        ("state in ('A', 'B') and state ne 'B'", "state eq 'A'", True),
        ("state in ('A', 'B')", "state ne 'C'", True),
        ("state ne 'C'", "state in ('A', 'B')", False),
    ],
    "ranges": [
        (DAY, MONTH, True),
        (MONTH, DAY, False),
        (f"{DAY} and {NOON}", DAY, True),
        (NOON, "createdDateTime ge 2024-06-24T12:00:00.0000001Z", True),
        ("createdDateTime ge 2024-06-24T12:00:00.0000001Z", NOON, True),
        ("createdDateTime ge 2024-06-24T12:00:00Z", NOON, False),
        ("createdDateTime le 2024-06-24T12:00:00Z", "createdDateTime lt 2024-06-24T12:00:00.0000001Z", True),
        (f"{NOON} and createdDateTime lt 2024-06-24T12:00:00.0000002Z", "createdDateTime eq 2024-06-24T12:00:00.0000001Z", True),
        (f"createdDateTime in (2024-06-24T00:00Z, 2024-06-24T23:59:59.9999999Z) or {NOON} and {DAY}", DAY, True),
        ("createdDateTime in (2024-06-24T00:00Z, 2024-06-25T00:00Z)", DAY, False),
        ("name ge 'b' and name lt 'c'", "name gt 'a' and name lt 'd'", True),
        ("name gt 'b' and name lt 'c'", "name gt 'bb'", False),
        ("name gt 'b' and name le 'bb'", "name gt 'b' and name lt 'bc'", True),
        ("name eq '\U0001f600'", "name gt '\uffff'", True),
        ("state ge 'B'", "state ge 'a'", True),
        (f"{DAY} or {MONTH}", MONTH, True),
    ],
    "branches": [
        ("state eq 'A' and name eq 'x' or state eq 'B'", "state eq 'B' or name eq 'x'", True),
        ("state eq 'A' and name eq 'x' or state eq 'B'", "state eq 'B' or name eq 'y'", False),
        (f"{DAY} and state eq 'A' or {DAY} and state eq 'B'", f"{MONTH} and state in ('A', 'B', 'C')", True),
        (f"{DAY} and (createdDateTime lt 2024-06-24T12:00:00Z or createdDateTime ge 2024-06-24T12:00:00Z)", DAY, True),
        ("(state eq 'A' or state eq 'B') and name eq 'x'", "state eq 'A' and name eq 'x' or state eq 'B' and name eq 'x'", True),
        ("state eq 'A' or name eq 'x'", "(state eq 'A' or name eq 'x') and (state eq 'A' or name eq 'x' or type eq 'T')", True),
    ],
    "covered by several together": [
        ("state in ('A', 'B')", "state eq 'A' or state eq 'B'", True),
        ("state in ('A', 'B', 'C')", "state eq 'A' or state eq 'B'", False),
        ("createdDateTime ge 2024-06-02T00:00Z and createdDateTime lt 2024-06-07T00:00Z", "createdDateTime ge 2024-06-01T00:00Z and createdDateTime lt 2024-06-05T00:00Z or createdDateTime ge 2024-06-05T00:00Z and createdDateTime lt 2024-06-09T00:00Z", True),
        ("createdDateTime ge 2024-06-02T00:00Z and createdDateTime lt 2024-06-07T00:00Z", "createdDateTime ge 2024-06-01T00:00Z and createdDateTime lt 2024-06-05T00:00Z or createdDateTime gt 2024-06-05T00:00Z and createdDateTime lt 2024-06-09T00:00Z", False),
        (f"{MONTH} and state eq 'A'", f"{MONTH} and name ne 'x' or state eq 'A' and name in ('x', 'y')", True),
        (f"{MONTH} and state eq 'A'", f"{MONTH} and name ne 'x' or state eq 'A' and name in ('y')", False),
        (MONTH, f"{MONTH} and state eq 'A' or {DAY} or {MONTH} and state ne 'a'", True),
        ("state eq 'A'", "state eq 'A' and type eq 'T' or type ne 't'", True),
        ("id ne null", f"id lt '{B}' or id ge '{B}'", True),
        ("name eq 'x'", f"name eq 'x' and (inputId eq {A} or outputId eq {B}) or inputId ne {A}", True),
    ],
    "true of no job": [
        (never("state"), "name eq 'x'", True),
        ("state eq 'A' and state eq 'B'", "name eq 'x'", True),
        ("name gt 'b' and name lt 'a'", "state eq 'x'", True),
        ("name lt ''", "state eq 'x'", True),
        ("name gt 'a' and name lt 'a\0'", "state eq 'x'", True),
        ("createdDateTime gt 2024-06-24T12:00:00Z and createdDateTime lt 2024-06-24T12:00:00.0000001Z", "name eq 'x'", True),
        ("createdDateTime gt 9999-12-31T23:59:59.9999999Z", "name eq 'x'", True),
        ("createdDateTime eq null", "name eq 'x'", True),
        ("iTwinId eq null and iTwinId gt 'a'", "name eq 'x'", True),
        (f"inputId eq {A} and inputId ne {A}", "name eq 'x'", True),
        (f"inputId eq {A} and inputId eq null", "name eq 'x'", True),
        ("inputId in () or outputId lt ''", "name eq 'x'", True),
        ("name eq 'x'", never("state"), False),
        (never("name"), never("state"), True),
        ("state eq 'A'", "state eq 'A' and state eq 'B'", False),
    ],
    "true of every job": [
        ("state eq 'A'", EVERYTHING, True),
        (f"inputId eq {A} or name gt 'x'", EVERYTHING, True),
        ("state eq 'A'", "createdDateTime ne null", True),
        ("state eq 'A'", "iTwinId ne null", False),
        ("state eq 'A'", "id ge ''", True),
        ("state eq 'A'", "iTwinId ge '' or iTwinId eq null", True),
        ("state eq 'A'", "name eq 'x' or name ne 'x'", True),
        ("state eq 'A'", f"inputId eq {A} or inputId ne {A}", True),
        ("state eq 'A'", "outputId eq null or outputId ne null", True),
        ("state eq 'A'", f"outputId eq null or outputId le '{A}' or outputId gt '{A}'", True),
        (EVERYTHING, "state eq 'A'", False),
        (EVERYTHING, "name eq 'x' or createdDateTime le 9999-12-31T23:59:59.9999999Z", True),
        ("createdDateTime lt 2024-06-24T13:00:00Z", "createdDateTime ge 1970-01-01T00:00:00Z and createdDateTime lt 2024-06-24T13:00:00Z", True),
        ("state eq 'A'", "createdDateTime ge 1970-01-01T00:00:00.0000001Z", False),
        ("state eq 'A'", "createdDateTime lt 9999-12-31T23:59:59.9999999Z", False),
    ],
    "null": [
        ("iTwinId eq 'x'", "iTwinId ne null", True),
        ("iTwinId gt 'x'", "iTwinId ne null", True),
        ("iTwinId ne 'x'", "iTwinId ne null", False),
        ("iTwinId eq null", "iTwinId ne 'x'", True),
        ("iTwinId ne null", "iTwinId ne 'x' or iTwinId eq 'x'", True),
        ("iTwinId ne 'x'", "iTwinId lt 'x' or iTwinId gt 'x'", False),
        ("iTwinId ne 'x'", "iTwinId lt 'x' or iTwinId gt 'x' or iTwinId eq null", True),
        ("name ne 'x'", "name lt 'x' or name gt 'x'", True),
        ("iTwinId eq null", "iTwinId eq ''", False),
    ],
    "ne": [
        ("state ne 'A' and state ne 'B'", "state ne 'a'", True),
        ("state ne 'A'", "state ne 'A' and state ne 'B'", False),
        ("state eq 'A'", "state ne 'B'", True),
        ("state eq 'A'", "state ne 'a'", False),
        ("name gt 'x'", "name ne 'x'", True),
        ("name ge 'x' and name ne 'x'", "name gt 'x'", True),
    ],
    "collections": [
        (f"inputId eq {A}", f"inputId in ('{A}', '{B}')", True),
        (f"inputId in ('{A}', '{B}')", f"inputId eq {A}", False),
        (f"inputId in ('{A}', '{B}')", f"inputId eq {A} or inputId eq {B}", True),
        (f"inputId in ('{A}', '{B}') and inputId ne {A}", f"inputId eq {B}", True),
        (f"inputId eq {A} and inputId eq {B}", f"inputId in ('{B}', '{C}')", True),
        (f"inputId eq {A} and inputId eq {B}", f"inputId eq {C}", False),
        (f"inputId in ('{A}', '{B}') and inputId in ('{B}', '{C}')", f"inputId eq {B}", False),
        (f"inputId in ('{A}', '{B}') and inputId in ('{B}', '{C}')", f"inputId eq {B} or inputId eq {A} and inputId eq {C}", True),
        (f"inputId eq {A}", f"inputId ne {B}", False),
        (f"inputId eq {A}", "inputId ne null", True),
        ("inputId eq null", f"inputId ne {A}", True),
        (f"inputId in ('{A}', null)", f"inputId eq null or inputId eq {A}", True),
        (f"inputId in ('{A}', null) and inputId ne {A}", "inputId eq null", True),
        (f"inputId ne {A}", f"inputId eq null or inputId lt '{A}' or inputId gt '{A}'", True),
        (f"inputId ne {A} and inputId ne {B}", f"inputId ne {A}", True),
        (f"inputId ne {A}", f"inputId ne {A} and inputId ne {B}", False),
        (f"inputId ge '{A}' and inputId le '{A}'", f"inputId eq {A}", False),
        (f"inputId gt '{B}'", f"inputId gt '{A}'", True),
        (f"inputId eq {A}", f"outputId eq {A}", False),
        (f"inputId eq {A} and state eq 'A'", f"inputId eq {A} and state eq 'A' and outputId ne {B} or outputId in ('{A}', '{B}')", True),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("narrow", "wide", "expected"),
    [pytest.param(*case, id=f"{about}: {case[0]} -> {case[1]}") for about, cases in CASES.items() for case in cases],
)
def test_implied(narrow: str, wide: str, expected: bool) -> None:
    assert implies(parse(narrow).node, parse(wide).node, services.get("modeling-v1")) is expected


@pytest.mark.parametrize(
    ("service", "narrow", "wide", "expected"),
    [
        ("modeling-v1", "state eq 'A'", "name ne null", True),
        ("modeling-v2", "state eq 'A'", "name ne null", False),
        ("modeling-v2", "state eq 'A'", "iTwinId ne null", True),
        ("modeling-v1", "state eq 'A'", "email ge ''", True),
        # What records never hold the service may know, and there a job may have it or not.
        ("modeling-v2", "state eq 'A'", "email ge ''", False),
        ("modeling-v2", "state eq 'A'", "email eq null", False),
        ("modeling-v2", "email eq 'x' and state eq 'A'", "email eq 'x'", True),
        ("modeling-v2", "email eq 'x'", "email ne 'y'", True),
        *((name, "state eq 'A'", EVERYTHING, True) for name in services.ALL),
    ],
)
def test_what_a_service_requires_is_there(service: str, narrow: str, wide: str, expected: bool) -> None:
    assert implies(parse(narrow).node, parse(wide).node, services.get(service)) is expected


@pytest.mark.parametrize(
    ("service", "narrow", "wide", "why"),
    [
        ("modeling-v1", "state ne 'A'", "state in ('unsubmitted', 'active', 'success', 'failed', 'cancelled')", "services add values"),
        ("modeling-v2", "email eq 'x'", "state eq 'A'", "records never hold it, but the service may know it"),
        ("modeling-v2", "type eq 'Constraints'", "outputId eq null", "what a type has is the service's to change"),
        ("conversion-v2", "outputId eq 'bkt:a'", "state eq 'A'", "buckets are left out by who reads a record"),
    ],
)  # fmt: skip
def test_known_to_be_true_by_other_rules_and_not_told(service: str, narrow: str, wide: str, why: str) -> None:
    assert not implies(parse(narrow).node, parse(wide).node, services.get(service)), why


V1 = services.get("modeling-v1")
EQUAL = Comparison("type", Operator.EQ, Text("x"))
IDS = tuple(Guid(f"{i:08x}-0000-0000-0000-000000000000") for i in range(20_000))


def branches(count: int, since: int) -> Node:
    """Branches that have nothing in common, `since` ticks after a moment."""
    return Or(
        tuple(
            And(
                (
                    Comparison("id", Operator.EQ, IDS[i]),
                    Comparison("createdDateTime", Operator.GE, Instant(10**16 + i + since)),
                    Comparison("name", Operator.EQ, Text(str(i))),
                )
            )
            for i in range(count)
        )
    )


def test_many_literals() -> None:
    every, some = Membership("inputId", IDS), Membership("inputId", IDS[::-2])
    assert implies(some, every, V1)
    assert not implies(every, some, V1)
    assert not implies(And(tuple(Comparison("id", Operator.NE, x) for x in IDS[1:])), Membership("id", IDS[1:]), V1)
    assert implies(
        And(tuple(Comparison("id", Operator.NE, x) for x in IDS)),
        And(tuple(Comparison("id", Operator.NE, x) for x in IDS[::3])),
        V1,
    )
    chunks = tuple(
        And((Membership("id", IDS[i : i + 50]), Comparison("state", Operator.EQ, Text("A"))))
        for i in range(0, len(IDS), 50)
    )
    narrow = And((Comparison("state", Operator.EQ, Text("a")), Membership("id", IDS)))
    assert implies(narrow, Or(chunks), V1)
    assert not implies(narrow, Or(chunks[1:]), V1)


def test_many_branches() -> None:
    whole = branches(1_200, 0)
    assert isinstance(whole, Or)
    assert implies(whole, Or(whole.operands[::-1]), V1)
    assert implies(And((EQUAL, whole)), whole, V1)
    assert implies(whole.operands[7], whole, V1)
    assert implies(whole, Comparison("createdDateTime", Operator.GE, Instant(10**16)), V1)
    assert implies(Or((whole, And((branches(40, 5), EQUAL)))), Or((whole.operands[0], whole)), V1)
    assert implies(branches(100, 1), branches(100, 0), V1)
    assert not implies(branches(1_200, -1), whole, V1)
    # Each is in the other's branch of the same number, but to find that out costs too much.
    assert not implies(branches(1_200, 1), whole, V1)


def piece(at: int, margin: int, operator: Operator) -> Node:
    """The jobs of ten ticks, and of a margin round them, that have a name or have another one."""
    since = Comparison("createdDateTime", Operator.GE, Instant(10**16 + 10 * at - margin))
    until = Comparison("createdDateTime", Operator.LT, Instant(10**16 + 10 * at + 10 + margin))
    return And((since, until, Comparison("name", operator, Text(str(at)))))


def span(ticks: int) -> tuple[Node, ...]:
    first, last = Instant(10**16), Instant(10**16 + ticks)
    return Comparison("createdDateTime", Operator.GE, first), Comparison("createdDateTime", Operator.LT, last)


PIECES = tuple(p for i in range(60) for p in (piece(i, 0, Operator.NE), piece(i, 3, Operator.EQ)))
"""Wherever one range lets a name out, a wider one has it; no two can be merged."""


def test_many_pieces_that_lie_across_each_other() -> None:
    assert implies(And(span(600)), Or(PIECES), V1)
    assert not implies(And(span(600)), Or(PIECES[:-1]), V1)


def test_many_ranges_side_by_side() -> None:
    days = tuple(
        And((*span(10 * i + 10)[1:], Comparison("createdDateTime", Operator.GE, Instant(10**16 + 10 * i))))
        for i in range(1_000)
    )
    assert implies(And(span(10_000)), Or(days), V1)
    assert not implies(And(span(10_000)), Or((*days[:500], *days[501:])), V1)


def test_what_an_and_says_besides_does_not_cost_more() -> None:
    """Alternatives that have nothing to do with the answer multiply to a million cases, and it needs none of them."""
    besides = parse(" and ".join(f"(state ne '{i}' or inputId ne 'fdb:{i}')" for i in range(20))).node
    assert implies(And((besides, *span(600))), Or(PIECES), V1)


def test_trees_of_any_depth() -> None:
    node: Node = EQUAL
    for i in range(100):
        node = (And if i % 2 else Or)((node, Comparison("name", Operator.NE, Text(str(i)))))
    assert implies(node, node, V1)
    assert implies(And((EQUAL, node)), Or((EQUAL, node)), V1)
    for i in range(20_000):
        node = (And if i % 2 else Or)((node, Comparison("name", Operator.NE, Text(str(i)))))
    assert not implies(node, node, V1)


def test_filters_without_a_text() -> None:
    """`And(())` is true of every job, `Or(())` of none; no order holds of null; nothing need be flat."""
    assert implies(Comparison("iTwinId", Operator.LE, Null()), EQUAL, V1)
    assert implies(Comparison("inputId", Operator.GT, Null()), Or(()), V1)
    assert implies(EQUAL, And(()), V1)
    assert implies(And(()), And(()), V1)
    assert not implies(And(()), EQUAL, V1)
    assert implies(Or(()), EQUAL, V1)
    assert not implies(EQUAL, Or(()), V1)
    assert implies(Or((And((EQUAL,)), Or((Or(()),)))), And((And(()), And((Or((EQUAL,)),)))), V1)
