"""Containment: whether every job that one filter is true of makes another one true, too.

What is looked for is a job that the first filter is true of and the second is not. Both become trees of terms, a term
being a set of values of one property; a search then holds terms against what a job can have, by cases where there is
an `or`. It ends with such a job, or with the proof that there is none, or when it has cost too much.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from attrs import define, evolve, field, frozen

from ..instants import MAX_TICKS, MIN_TICKS
from ..nodes import And, Comparison, Literal, Membership, Node, Operator, Or
from ..schema import PROPERTIES, Kind
from ..services import Service
from ..syntax import MAX_NESTING
from ..targets.evaluate import Comparable, constant

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
        asked, known = _different(_tree(narrow, MAX_NESTING + 1), _tree(wide, MAX_NESTING + 1))
    except _Undecided:
        return False
    unknown = _opposite(known)
    # By the cases of the one first, then of the other: what is long in one order is mostly short in the other.
    for trees in ((asked, unknown), (unknown, asked)):
        try:
            return not _Search().finds(start, trees)
        except _Undecided:
            continue
    return False


class _Undecided(Exception):
    """It would take too long to tell, or the filter nests too deep."""


# Sets of values: the places where one begins, ends, begins again, and so on; without a last end it goes on for ever.
# Null is a place before all others. Between a text and the same text with U+0000 after it there is no other.

_Edges = tuple[Comparable, ...]


def _null(name: str) -> Comparable:
    return MIN_TICKS - 1 if PROPERTIES[name].kind is Kind.INSTANT else ""


def _after(place: Comparable) -> Comparable:
    return place + 1 if isinstance(place, int) else f"{place}\0"


def _point(place: Comparable) -> _Edges:
    return place, _after(place)


def _place(name: str, literal: Literal) -> Comparable:
    value = constant(name, literal)
    return _null(name) if value is None else f"\0{value}" if isinstance(value, str) else value


def _union(sets: Iterable[_Edges]) -> _Edges:
    steps: dict[Comparable, int] = {}
    for edges in sets:
        for i, place in enumerate(edges):
            steps[place] = steps.get(place, 0) + (-1 if i % 2 else 1)
    found = []
    depth = 0
    for place in sorted(steps):
        before, depth = depth, depth + steps[place]
        if (before > 0) != (depth > 0):
            found.append(place)
    return tuple(found)


def _complement(name: str, edges: _Edges) -> _Edges:
    null = _null(name)
    return edges[1:] if edges[:1] == (null,) else (null, *edges)


def _meet(one: _Edges, other: _Edges) -> _Edges:
    """What is in both; the time is that of the shorter one."""
    if len(other) < len(one):
        one, other = other, one
    found: list[Comparable] = []
    for i in range(0, len(one), 2):
        begin = bisect_right(other, one[i])
        last = i + 1 == len(one)
        end = len(other) if last else bisect_left(other, one[i + 1])
        if begin % 2:
            found.append(one[i])
        found += other[begin:end]
        if end % 2 and not last:
            found.append(one[i + 1])
    return tuple(found)


# Trees.


@frozen(cache_hash=True)
class _Term:
    """Every value of a property is in a set, or (`every` False) some value is.

    All but the collections have exactly one value, and their terms are about every one.
    """

    name: str
    edges: _Edges
    every: bool


@frozen(cache_hash=True)
class _Joint:
    """Every part holds, or (`every` False) some part does; in no particular order."""

    every: bool
    parts: tuple[_Tree, ...] = field(eq=frozenset)


_Tree = _Term | _Joint


def _tree(node: Node, levels: int) -> _Tree:
    """Flat, with one term for what `and` or `or` say about a property. Raises _Undecided if it nests deeper."""
    if levels < 0:
        raise _Undecided
    match node:
        case And(operands) | Or(operands):
            return _joint(isinstance(node, And), [_tree(o, levels - 1) for o in operands])
        case Comparison(name, Operator.NE, literal):
            return _opposite(_equal(name, (literal,)))
        case Comparison(name, Operator.EQ, literal):
            return _equal(name, (literal,))
        case Comparison(name, operator, literal):
            return _ordered(name, operator, _place(name, literal))
        case Membership(name, literals):
            return _equal(name, literals)
        case _:
            assert_never(node)


def _equal(name: str, literals: Sequence[Literal]) -> _Tree:
    places = [_place(name, literal) for literal in literals]
    edges = _point(places[0]) if len(places) == 1 else _union(map(_point, places))
    if not PROPERTIES[name].collection:
        return _Term(name, edges, True)
    some = _Term(name, edges, False)
    # A collection is null where every value of it is in the empty set.
    return _Joint(False, (some, _Term(name, (), True))) if _null(name) in places else some


def _ordered(name: str, operator: Operator, place: Comparable) -> _Term:
    null = _null(name)
    begin = place if operator is Operator.GE else _after(place if operator is Operator.GT else null)
    edges: _Edges = (begin,)
    if operator in (Operator.LT, Operator.LE):
        edges = begin, place if operator is Operator.LT else _after(place)
    return _Term(name, () if place == null else _union([edges]), not PROPERTIES[name].collection)


def _opposite(tree: _Tree) -> _Tree:
    if isinstance(tree, _Joint):
        return _Joint(not tree.every, tuple(map(_opposite, tree.parts)))
    every = tree.every != PROPERTIES[tree.name].collection
    return _Term(tree.name, _complement(tree.name, tree.edges), every)


def _parts(tree: _Tree, every: bool) -> tuple[_Tree, ...]:
    return tree.parts if isinstance(tree, _Joint) and tree.every is every else (tree,)


def _joined(every: bool, parts: Sequence[_Tree]) -> _Tree:
    return parts[0] if len(parts) == 1 else _Joint(every, tuple(parts))


def _joint(every: bool, parts: Iterable[_Tree]) -> _Tree:
    """Parts that differ in the values of one property are merged: `a and b or a and c` is `a and (b or c)`."""
    merged = [*dict.fromkeys(p for part in parts for p in _parts(part, every))]
    counts = Counter(t.name for part in merged for t in _parts(part, not every) if isinstance(t, _Term))
    for name in [name for name, count in counts.items() if count > 1]:
        groups: dict[object, list[_Tree]] = {}
        for part in merged:
            term = _mergeable(part, name, every)
            key = part if term is None else frozenset(p for p in _parts(part, not every) if p is not term)
            groups.setdefault(key, []).append(part)
        merged = [_merged(group, name, every) for group in groups.values()]
    return _joined(every, merged)


def _mergeable(part: _Tree, name: str, every: bool) -> _Term | None:
    """The one term of a part about a property that can be merged with one like it, under `and` (`every`) or `or`."""
    found = None
    for term in _parts(part, not every):
        if isinstance(term, _Term) and term.name == name and (term.every is every or not PROPERTIES[name].collection):
            if found is not None:
                return None
            found = term
    return found


def _merged(group: Sequence[_Tree], name: str, every: bool) -> _Tree:
    """One part for those that are the same but for their one term about a property."""
    if len(group) == 1:
        return group[0]
    terms = [term for part in group if (term := _mergeable(part, name, every)) is not None]
    sets = [term.edges for term in terms]
    within = _complement(name, _union(_complement(name, edges) for edges in sets)) if every else _union(sets)
    term = evolve(terms[0], edges=within)
    return _joined(not every, [term if part is terms[0] else part for part in _parts(group[0], not every)])


def _different(narrow: _Tree, wide: _Tree) -> tuple[_Tree, _Tree]:
    """Without what they share: branches of the one that the other has, too, and what the other asks and the one does.

    So equal filters need no search, however large.
    """
    asked = frozenset(_parts(narrow, True))
    wide = _joined(True, [part for part in _parts(wide, True) if part not in asked])
    known = frozenset(_parts(wide, False))
    return _joined(False, [part for part in _parts(narrow, False) if part not in known]), wide


# The search.

_Held = tuple[_Edges, tuple[_Edges, ...]]
"""Where every value of a property is; and sets, in each of which there is a value."""
_Job = dict[str, _Held]
"""What a job may still have, by property."""


def _start(required: frozenset[str]) -> _Job:
    found: _Job = {}
    for name, property in PROPERTIES.items():
        # No job is older than 1970, as the plan has it where there is nothing to filter by.
        values: _Edges = (0, MAX_TICKS + 1) if property.kind is Kind.INSTANT else (_after(_null(name)),)
        if not property.collection and name not in required:
            values = _union([values, _point(_null(name))])
        found[name] = values, () if property.collection else (values,)
    return found


@define
class _Search:
    """Depth first, on a stack of its own. Raises _Undecided when there is no more to spend."""

    left: int = _MOST_STEPS

    def finds(self, job: _Job, trees: Sequence[_Tree]) -> bool:
        """Whether there is a job of which all the trees hold."""
        stack: list[tuple[_Job, Sequence[_Tree], Sequence[_Joint]]] = [(job, trees, ())]
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
        self, job: _Job, trees: Sequence[_Tree], clauses: Sequence[_Joint]
    ) -> tuple[_Job, Sequence[_Joint]] | None:
        """The job with all that must hold anyway, and the alternatives that are left; None if there is no such job."""
        pending = [*reversed(trees)]
        while pending:
            added: list[_Joint] = []
            while pending:
                tree = pending.pop()
                if isinstance(tree, _Term):
                    held = self._narrowed(job[tree.name], tree)
                    if held is None:
                        return None
                    job = {**job, tree.name: held}
                elif tree.every:
                    pending += reversed(tree.parts)
                else:
                    added.append(tree)
            still: list[_Joint] = []
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

    def _possible(self, job: _Job, clause: _Joint) -> _Joint | None:
        """An `or` without the parts that are false of the job; None if some part is true of it."""
        kept = []
        for part in clause.parts:
            known = self._known(job, part)
            if known:
                return None
            if known is None:
                kept.append(part)
        return clause if len(kept) == len(clause.parts) else _Joint(False, tuple(kept))

    def _cases(self, job: _Job, clause: _Joint) -> Iterator[tuple[_Job, _Tree]]:
        """The parts of an `or` one by one, each of jobs of which no term before it holds."""
        for part in clause.parts:
            yield job, part
            if isinstance(part, _Term):
                other = _opposite(part)
                held = self._narrowed(job[part.name], other) if isinstance(other, _Term) else None
                if held is None:
                    return
                job = {**job, part.name: held}

    def _known(self, job: _Job, tree: _Tree) -> bool | None:
        """Whether it is true or false of the job whatever else that is; None where that is open."""
        if isinstance(tree, _Term):
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

    def _narrowed(self, held: _Held, term: _Term) -> _Held | None:
        """With a term; the very same where that says nothing new, None where there is no such job."""
        among, wanted = held
        self.left -= 1 + min(len(among), len(term.edges)) // 8 + len(wanted)
        if self.left < 0:
            raise _Undecided
        met = _meet(among, term.edges)
        if term.every:
            if met == among:
                return held
            kept = tuple(met if edges is among else _meet(edges, met) for edges in wanted)
            return (met, kept) if all(kept) else None
        if any(_meet(edges, met) == edges for edges in wanted):
            return held
        return (among, (*wanted, met)) if met else None
