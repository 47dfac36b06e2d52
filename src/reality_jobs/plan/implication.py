"""Containment: whether every job that one filter is true of makes another one true, too.

What is looked for is a job that the first filter is true of and the second is not. Both become trees of terms, a term
being a set of values of one property; a search then holds terms against what a job can have, by cases where there is
an `or`. It ends with such a job, or with the proof that there is none, or when it has cost too much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define

from ..instants import MAX_TICKS
from ..nodes import Node
from ..schema import PROPERTIES, Kind
from ..services import Service
from ..syntax import MAX_NESTING
from .sets import Edges, Joint, Term, TooDeepError, Tree, after, different, meet, null, opposite, point, tree_of, union

_MOST_STEPS = 100_000
"""Of one search: sets that are met with another one, long ones counted more than once."""


def implies(narrow: Node, wide: Node, service: Service) -> bool:
    """Whether `wide` is true of every job of the service that `narrow` is true of; False also where that is too hard.

    Of jobs that have what the service's schema requires, and none of them older than 1970: so what the plan sends for
    want of a filter is true of them all. What records never carry may be anything, null too, since the live service
    may know it. It is about truth alone: whose jobs a live list searches (filter-language.md 3.10) is for the caller
    to compare. Several filters cover a question together if it implies their `or`.
    """
    start = _start(service.required)
    try:
        asked, known = different(tree_of(narrow, MAX_NESTING + 1), tree_of(wide, MAX_NESTING + 1))
    except TooDeepError:
        return False
    unknown = opposite(known)
    # By the cases of the one first, then of the other: what is long in one order is mostly short in the other.
    for trees in ((asked, unknown), (unknown, asked)):
        try:
            return not _Search().finds(start, trees)
        except _Undecided:
            continue
    return False


class _Undecided(Exception):
    """It would take too long to tell."""


_Held = tuple[Edges, tuple[Edges, ...]]
"""Where every value of a property is; and sets, in each of which there is a value."""
_Job = dict[str, _Held]
"""What a job may still have, by property."""


def _start(required: frozenset[str]) -> _Job:
    found: _Job = {}
    for name, property in PROPERTIES.items():
        # No job is older than 1970, as the plan has it where there is nothing to filter by.
        values: Edges = (0, MAX_TICKS + 1) if property.kind is Kind.INSTANT else (after(null(name)),)
        if not property.collection and name not in required:
            values = union([values, point(null(name))])
        found[name] = values, () if property.collection else (values,)
    return found


@define
class _Search:
    """Depth first, on a stack of its own. Raises _Undecided when there is no more to spend."""

    left: int = _MOST_STEPS

    def finds(self, job: _Job, trees: Sequence[Tree]) -> bool:
        """Whether there is a job of which all the trees hold."""
        stack: list[tuple[_Job, Sequence[Tree], Sequence[Joint]]] = [(job, trees, ())]
        while stack:
            settled = self._settled(*stack.pop())
            if settled is None:
                continue
            job, clauses = settled
            if not clauses:
                return True
            stack += [(case, (part,), clauses[1:]) for case, part in self._cases(job, clauses[0])][::-1]
        return False

    def _settled(
        self, job: _Job, trees: Sequence[Tree], clauses: Sequence[Joint]
    ) -> tuple[_Job, Sequence[Joint]] | None:
        """The job with all that must hold anyway, and the alternatives that are left; None if there is no such job."""
        pending = [*reversed(trees)]
        while pending:
            added: list[Joint] = []
            while pending:
                tree = pending.pop()
                if isinstance(tree, Term):
                    held = self._narrowed(job[tree.name], tree)
                    if held is None:
                        return None
                    job = {**job, tree.name: held}
                elif tree.every:
                    pending += reversed(tree.parts)
                else:
                    added.append(tree)
            still: list[Joint] = []
            for clause in (*added, *clauses):
                possible = self._possible(job, clause)
                if possible is None:
                    continue
                if not possible.parts:
                    return None
                if len(possible.parts) == 1:
                    pending += possible.parts
                else:
                    still.append(possible)
            clauses = still
        return job, clauses

    def _possible(self, job: _Job, clause: Joint) -> Joint | None:
        """An `or` without the parts that are false of the job; None if some part is true of it."""
        kept = []
        for part in clause.parts:
            known = self._known(job, part)
            if known:
                return None
            if known is None:
                kept.append(part)
        return clause if len(kept) == len(clause.parts) else Joint(False, tuple(kept))

    def _cases(self, job: _Job, clause: Joint) -> Iterator[tuple[_Job, Tree]]:
        """The parts of an `or` one by one, each of jobs of which no term before it holds."""
        for part in clause.parts:
            yield job, part
            if isinstance(part, Term):
                other = opposite(part)
                held = self._narrowed(job[part.name], other) if isinstance(other, Term) else None
                if held is None:
                    return
                job = {**job, part.name: held}

    def _known(self, job: _Job, tree: Tree) -> bool | None:
        """Whether it is true or false of the job whatever else that is; None where that is open."""
        if isinstance(tree, Term):
            held = job[tree.name]
            narrowed = self._narrowed(held, tree)
            return False if narrowed is None else True if narrowed is held else None
        outcome: bool | None = tree.every
        for part in tree.parts:
            known = self._known(job, part)
            if known is not None and known is not tree.every:
                return known
            if known is None:
                outcome = None
        return outcome

    def _narrowed(self, held: _Held, term: Term) -> _Held | None:
        """With a term; the very same where that says nothing new, None where there is no such job."""
        among, wanted = held
        self.left -= 1 + min(len(among), len(term.edges)) // 8 + len(wanted)
        if self.left < 0:
            raise _Undecided
        met = meet(among, term.edges)
        if term.every:
            if met == among:
                return held
            kept = tuple(met if edges is among else meet(edges, met) for edges in wanted)
            return (met, kept) if all(kept) else None
        if any(meet(edges, met) == edges for edges in wanted):
            return held
        return (among, (*wanted, met)) if met else None
