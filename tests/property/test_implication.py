"""One filter implies another exactly when no job is in the first alone.

The jobs are those that a service's schema allows: nothing that it requires is missing, nothing is older than 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise, product

from hypothesis import event, given
from hypothesis import strategies as st

from reality_jobs import services as registry
from reality_jobs.instants import format_ticks
from reality_jobs.nodes import (
    OPPOSITE,
    And,
    Comparison,
    Guid,
    Instant,
    Literal,
    Membership,
    Node,
    Null,
    Operator,
    Or,
    Text,
    join,
    leaves,
)
from reality_jobs.plan.fold import ALWAYS, NEVER, fold
from reality_jobs.plan.implication import implies
from reality_jobs.plan.words import Words
from tests import oracle
from tests.strategies import (
    FEW,
    LAST,
    ORDERINGS,
    SERVICES,
    Record,
    filters,
    records,
    redundant_filters,
    terms,
    texts_of_value,
    values,
)

services = st.sampled_from(SERVICES)


def told(narrow: Node, wide: Node, service: str) -> bool:
    return implies(narrow, wide, registry.get(service))


# Filters that are contained in another one by the way they are made.


@st.composite
def narrowed(draw: st.DrawFn, node: Node) -> Node:
    """A filter that is true of no job of which this one is not; in another order, often much the same."""
    match node:
        case And(operands):
            made = [draw(narrowed(o)) if draw(st.booleans()) else o for o in operands]
            made += draw(st.lists(terms(), max_size=2))
            return join(And, draw(st.permutations(made)))
        case Or(operands):
            few = draw(st.lists(st.sampled_from(operands), min_size=1, unique=True)) if operands else []
            return join(Or, [draw(narrowed(o)) if draw(st.booleans()) else o for o in few])
        case Membership(name, (_, *_) as literals):
            part = draw(st.lists(st.sampled_from(literals), min_size=1))
            return Comparison(name, Operator.EQ, part[0]) if len(part) == 1 else Membership(name, tuple(part))
        case Comparison(_, Operator.EQ | Operator.NE, _):
            return draw(cut(node) | st.just(node).map(lambda same: join(And, (same, draw(filters(1))))))
        case Comparison(name, operator, _):
            nearer = draw(values(name))
            more = Comparison(name, operator, nearer), Comparison(name, draw(st.sampled_from(ORDERINGS)), nearer)
            return join(And, (node, *draw(st.lists(st.sampled_from(more), max_size=2))))
        case _:
            return node


@st.composite
def cut(draw: st.DrawFn, node: Node) -> Node:
    """The same, said for the two sides of something: `f and a or f and b`, one of a and b being true of every job."""
    name = draw(st.sampled_from([name for name in FEW if name != "inputId"]))
    operator = draw(st.sampled_from((Operator.EQ, *ORDERINGS)))
    literal = draw(values(name))
    sides: list[Node] = [Comparison(name, operator, literal), Comparison(name, OPPOSITE[operator], literal)]
    if operator is not Operator.EQ:
        sides.append(Comparison(name, Operator.EQ, Null()))
    return Or(tuple(join(And, (node, side)) for side in draw(st.permutations(sides))))


small = filters(2) | redundant_filters()


@given(small.flatmap(lambda wide: st.tuples(narrowed(wide), st.just(wide))), services)
def test_what_is_made_narrower_implies_what_it_was_made_of(pair: tuple[Node, Node], service: str) -> None:
    narrow, wide = pair
    assert told(narrow, wide, service)
    event(f"the other way round: {told(wide, narrow, service)}")


@given(small.flatmap(lambda wide: st.tuples(cut(wide), st.just(wide))), services)
def test_what_is_cut_is_covered_by_its_parts_together(pair: tuple[Node, Node], service: str) -> None:
    parts, whole = pair
    assert told(whole, parts, service)
    assert told(parts, whole, service)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=8, unique=True), redundant_filters(), services)
def test_ranges_that_were_synced_one_after_the_other_cover_what_spans_them(
    ticks: list[int], node: Node, service: str
) -> None:
    ticks.sort()

    def between(first: int, last: int) -> Node:
        bounds = ((Operator.GE, first), (Operator.LT, last))
        return join(And, (node, *(Comparison("createdDateTime", o, Instant(t)) for o, t in bounds)))

    synced = [between(first, last) for first, last in pairwise(ticks)]
    whole = between(ticks[0], ticks[-1])
    assert told(whole, Or(tuple(synced[::-1])), service)
    for gone in range(len(synced)):
        # Without one of them the others cover it only where no job could be in that one.
        rest = Or(tuple(synced[:gone] + synced[gone + 1 :]))
        assert told(whole, rest, service) == told(synced[gone], NEVER, service)


@given(filters(), services, st.data())
def test_a_filter_implies_itself_in_any_order(node: Node, service: str, data: st.DataObject) -> None:
    assert told(node, node, service)
    if isinstance(node, And | Or):
        other = type(node)(tuple(data.draw(st.permutations(node.operands))))
        assert told(node, other, service)


@given(small, services, st.data())
def test_what_implies_what_implies_a_third_implies_it(third: Node, service: str, data: st.DataObject) -> None:
    second = data.draw(narrowed(third) | small)
    first = data.draw(narrowed(second) | small)
    chained = told(first, second, service) and told(second, third, service)
    event(f"chained: {chained}")
    if chained:
        assert told(first, third, service)


@given(small, small, services)
def test_what_folds_to_always_or_never(node: Node, other: Node, service: str) -> None:
    folded = fold(node, registry.get(service).required, Words())
    event(f"folded: {'always' if folded == ALWAYS else 'never' if folded == NEVER else 'else'}")
    if folded == NEVER:
        assert told(node, other, service)
    if folded == ALWAYS:
        assert told(other, node, service)
    assert told(node, folded, service)
    assert told(folded, node, service)


# Records, in the shapes of the services.


def allowed(record: Record, service: str) -> bool:
    """Whether the published schema allows it, odd values aside."""

    def true(name: str, operator: Operator, literal: Literal) -> bool:
        return oracle.verdict(Comparison(name, operator, literal), record, service, "null").answer is True

    nothing = any(true(name, Operator.EQ, Null()) for name in registry.get(service).required)
    return not nothing and not true("createdDateTime", Operator.LT, Instant(0))


@st.composite
def jobs(draw: st.DrawFn, service: str) -> Record:
    """Records that mostly hold values of `redundant_filters`, and were created in the years that it names."""
    record = {**draw(records(service))}
    for name in ("id", "iTwinId", "name", "email", "state"):
        if draw(st.integers(0, 3)):
            record[name] = draw(st.sampled_from(FEW[name]).flatmap(texts_of_value))
    created = draw(st.sampled_from(FEW["createdDateTime"][1:]).flatmap(texts_of_value))
    if service in oracle.V2:
        record["executionInfo"] = {"createdDateTime": created}
    else:
        record["createdDateTime"] = created
    return record


@st.composite
def few_terms(draw: st.DrawFn) -> tuple[Node, Node]:
    """Two filters over the same few properties and values."""
    node = draw(redundant_filters())
    operands = draw(st.permutations(node.operands)) if isinstance(node, And | Or) else [node]
    at = draw(st.integers(1, len(operands) - 1)) if len(operands) > 1 else 1
    kinds = st.sampled_from((And, Or))
    return join(draw(kinds), operands[:at]), join(draw(kinds), operands[at:] or operands)


pairs = st.one_of(
    few_terms(),
    few_terms().map(lambda pair: (pair[0], join(Or, pair))),
    redundant_filters().flatmap(lambda whole: st.tuples(st.just(whole), cut(whole))),
    small.flatmap(lambda wide: st.tuples(narrowed(wide), st.just(wide))),
)


@given(services.flatmap(lambda s: st.tuples(st.just(s), st.lists(jobs(s), min_size=2, max_size=6))), pairs)
def test_no_record_is_in_the_narrow_one_alone(world: tuple[str, list[Record]], pair: tuple[Node, Node]) -> None:
    service, found = world
    narrow, wide = pair
    found = [record for record in found if allowed(record, service)]
    hits = [record for record in found if oracle.verdict(narrow, record, service, "null").answer]
    implied = told(narrow, wide, service)
    event(f"implied: {implied}, hits: {bool(hits)}")
    if implied:
        # Where an odd value is in reach the wide one may be open, but it is not false.
        assert all(oracle.verdict(wide, record, service, "null").answer is not False for record in hits)


# Every job that makes a difference to two small filters.


def representatives(pair: tuple[Node, Node], required: frozenset[str]) -> dict[str, list[object]]:
    """For each property one value from every stretch between the literals, and null where that may be."""
    found: dict[str, set[str]] = {}
    for leaf in (leaf for node in pair for leaf in leaves(node)):
        texts = found.setdefault(leaf.property, {"" if leaf.property != "createdDateTime" else format_ticks(0)})
        for literal in leaf.literals if isinstance(leaf, Membership) else (leaf.literal,):
            match literal:
                case Instant(ticks):
                    texts |= {format_ticks(t) for t in (ticks, ticks + 1) if 0 <= t <= LAST}
                case Guid(value) | Text(value):
                    texts |= {value, f"{value}\0"}
    return {
        name: [*subsets(texts)] if name in oracle.COLLECTIONS else [*texts, *([] if name in required else [None])]
        for name, texts in found.items()
    }


def subsets(texts: Iterable[str]) -> Iterator[list[str]]:
    members = sorted(texts)
    return (list(some) for count in range(len(members) + 1) for some in combinations(members, count))


@given(few_terms() | few_terms().map(lambda pair: (join(And, pair), pair[1])), services)
def test_it_is_told_exactly_when_no_job_is_in_the_narrow_one_alone(pair: tuple[Node, Node], service: str) -> None:
    narrow, wide = pair
    held = representatives(pair, registry.get(service).required)
    world = (dict(zip(held, some, strict=True)) for some in product(*held.values()))
    contained = not any(oracle.verdict(narrow, job).answer and not oracle.verdict(wide, job).answer for job in world)
    event(f"contained: {contained}")
    assert told(narrow, wide, service) == contained
