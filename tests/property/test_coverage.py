"""What a cache says it was synced for is in it: caches, filters and jobs that change are made up, lists by the rules.

The list of a service is written down here as filter-language.md 3.10 has it, branch by branch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen
from hypothesis import event, given, settings
from hypothesis import strategies as st

from reality_jobs import Filter, Job
from reality_jobs.cache import Cache
from reality_jobs.instants import format_ticks
from reality_jobs.nodes import And, Comparison, Instant, Literal, Membership, Node, Null, Operator, Or, Text, join
from tests import oracle

SERVICE = "modeling-v1"
START = datetime(2026, 1, 1, tzinfo=UTC)
TIMES = 4
STATES = ("active", "failed", "success")
MOMENTS = (0, 5)


@frozen
class Life:
    """A job from its creation on: its state at each time; `own` if the caller created it."""

    number: int
    itwin: str | None
    type: str
    created: int
    own: bool
    states: tuple[str, ...]

    def at(self, time: int) -> Job:
        record = {
            "id": f"job {self.number}",
            "iTwinId": self.itwin,
            "name": "a",
            "email": "a",
            "type": self.type,
            "state": self.states[time],
            "createdDateTime": format_ticks(self.created),
        }
        return Job(SERVICE, record)


KINDS = [*product(("X", "Y", None), ("Full", "Calibration"), MOMENTS, (True, False))]


@st.composite
def lives(draw: st.DrawFn) -> list[Life]:
    drawn = draw(st.lists(st.sampled_from(STATES), min_size=TIMES * len(KINDS), max_size=TIMES * len(KINDS)))
    states = [tuple(drawn[n :: len(KINDS)]) for n in range(len(KINDS))]
    return [Life(n, *kind, states[n]) for n, kind in enumerate(KINDS)]


@st.composite
def terms(draw: st.DrawFn) -> Node:
    literals: dict[str, tuple[Literal, ...]] = {
        "iTwinId": (Text("X"), Text("Y"), Text("Z")),
        "state": tuple(map(Text, STATES)),
        "type": (Text("full"), Text("Calibration")),
        "createdDateTime": tuple(map(Instant, MOMENTS)),
    }
    name = draw(st.sampled_from((*literals, "state", "iTwinId")))
    among = st.sampled_from(literals[name])
    if draw(st.integers(0, 3)) == 0:
        nullable = st.sampled_from((*literals[name], Null()))
        return Membership(name, tuple(draw(st.lists(nullable, min_size=1, max_size=3, unique=True))))
    operators = (Operator.GE, Operator.LT) if name == "createdDateTime" else (Operator.EQ, Operator.EQ, Operator.NE)
    return Comparison(name, draw(st.sampled_from(operators)), draw(among))


def joined(kind: type[And | Or], operands: st.SearchStrategy[Node], most: int) -> st.SearchStrategy[Node]:
    return st.lists(operands, min_size=1, max_size=most).map(lambda nodes: join(kind, nodes))


NODES = joined(Or, joined(And, terms() | joined(Or, terms(), 2), 3), 2)


@st.composite
def questions(draw: st.DrawFn, synced: list[Node]) -> Node:
    """Related to what was synced, so that the answer is often yes."""
    match draw(st.integers(0, 4)):
        case 0:
            return draw(NODES)
        case 1:
            return join(Or, draw(st.lists(st.sampled_from(synced), min_size=1, max_size=3)))
        case 2:
            return join(And, (draw(st.sampled_from(synced)), draw(NODES)))
        case _:
            return join(And, (join(Or, synced), draw(terms())))


def listed(node: Node, life: Life, time: int) -> bool:
    """Whether a list at that time returns the job."""
    record = life.at(time).raw
    for branch in branches(node):
        true = all(oracle.verdict(term, record, SERVICE).answer for term in branch)
        if true and (life.own or any(names_itwin(term) for term in branch)):
            return True
    return False


def branches(node: Node) -> Iterator[tuple[Comparison, ...]]:
    match node:
        case And(operands):
            for choice in product(*(list(branches(operand)) for operand in operands)):
                yield tuple(term for branch in choice for term in branch)
        case Or(operands):
            for operand in operands:
                yield from branches(operand)
        case Membership(name, literals):
            yield from ((Comparison(name, Operator.EQ, literal),) for literal in literals)
        case _:
            yield (node,)


def names_itwin(term: Comparison) -> bool:
    return term.property == "iTwinId" and term.operator is Operator.EQ and term.literal != Null()


@settings(max_examples=150)
@given(lives(), st.lists(NODES | terms(), min_size=1, max_size=TIMES), st.data())
def test_what_is_covered_is_there(alive: list[Life], synced: list[Node], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder, Cache(Path(folder) / "a") as cache:
        for time, node in enumerate(synced):
            as_of = START + timedelta(hours=time)
            cache.upsert((life.at(time) for life in alive if listed(node, life, time)), as_of=as_of)
            cache.record_coverage(Filter(node), SERVICE, as_of)
        last = len(synced) - 1
        for _ in range(4):
            f = Filter(data.draw(questions(synced)))
            since = cache.covered(f, [SERVICE]).as_of
            event("covered" if since else "not covered")
            if since is not None:
                times = range((since - START) // timedelta(hours=1), last + 1)
                wanted = ids(life for life in alive if all(listed(f.node, life, time) for time in times))
                assert wanted <= {job.id for job in cache.jobs(f)}
        for node in synced[-1:]:
            assert cache.covered(Filter(node), [SERVICE]).as_of == START + timedelta(hours=last)


def ids(alive: Iterable[Life]) -> set[str]:
    return {f"job {life.number}" for life in alive}
