"""A filter as a tree of sets of values, in which what is about one property is merged into one term."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import assert_never

from attrs import evolve, field, frozen

from ..instants import MIN_TICKS
from ..nodes import And, Comparison, Literal, Membership, Node, Operator, Or
from ..schema import PROPERTIES, Kind
from ..targets.evaluate import Comparable, constant


class TooDeepError(Exception):
    """The filter nests deeper than is looked at."""


# Sets of values: the places where one begins, ends, begins again, and so on; without a last end it goes on for ever.
# Null is a place before all others. Between a text and the same text with U+0000 after it there is no other.

Edges = tuple[Comparable, ...]


def null(name: str) -> Comparable:
    return MIN_TICKS - 1 if PROPERTIES[name].kind is Kind.INSTANT else ""


def after(place: Comparable) -> Comparable:
    return place + 1 if isinstance(place, int) else f"{place}\0"


def point(place: Comparable) -> Edges:
    return place, after(place)


def _place(name: str, literal: Literal) -> Comparable:
    value = constant(name, literal)
    return null(name) if value is None else f"\0{value}" if isinstance(value, str) else value


def union(sets: Iterable[Edges]) -> Edges:
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


def _complement(name: str, edges: Edges) -> Edges:
    nothing = null(name)
    return edges[1:] if edges[:1] == (nothing,) else (nothing, *edges)


def meet(one: Edges, other: Edges) -> Edges:
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
class Term:
    """Every value of a property is in a set, or (`every` False) some value is.

    All but the collections have exactly one value, and their terms are about every one.
    """

    name: str
    edges: Edges
    every: bool


@frozen(cache_hash=True)
class Joint:
    """Every part holds, or (`every` False) some part does; in no particular order."""

    every: bool
    parts: tuple[Tree, ...] = field(eq=frozenset)


Tree = Term | Joint


def tree_of(node: Node, levels: int) -> Tree:
    """Flat, with one term for what `and` or `or` say about a property. Raises TooDeepError if it nests deeper."""
    if levels < 0:
        raise TooDeepError
    match node:
        case And(operands) | Or(operands):
            return _joint(isinstance(node, And), [tree_of(o, levels - 1) for o in operands])
        case Comparison(name, Operator.NE, literal):
            return opposite(_equal(name, (literal,)))
        case Comparison(name, Operator.EQ, literal):
            return _equal(name, (literal,))
        case Comparison(name, operator, literal):
            return _ordered(name, operator, _place(name, literal))
        case Membership(name, literals):
            return _equal(name, literals)
        case _:
            assert_never(node)


def _equal(name: str, literals: Sequence[Literal]) -> Tree:
    places = [_place(name, literal) for literal in literals]
    edges = point(places[0]) if len(places) == 1 else union(map(point, places))
    if not PROPERTIES[name].collection:
        return Term(name, edges, True)
    some = Term(name, edges, False)
    # A collection is null where every value of it is in the empty set.
    return Joint(False, (some, Term(name, (), True))) if null(name) in places else some


def _ordered(name: str, operator: Operator, place: Comparable) -> Term:
    nothing = null(name)
    begin = place if operator is Operator.GE else after(place if operator is Operator.GT else nothing)
    edges: Edges = (begin,)
    if operator in (Operator.LT, Operator.LE):
        edges = begin, place if operator is Operator.LT else after(place)
    return Term(name, () if place == nothing else union([edges]), not PROPERTIES[name].collection)


def opposite(tree: Tree) -> Tree:
    if isinstance(tree, Joint):
        return Joint(not tree.every, tuple(map(opposite, tree.parts)))
    every = tree.every != PROPERTIES[tree.name].collection
    return Term(tree.name, _complement(tree.name, tree.edges), every)


def _parts(tree: Tree, every: bool) -> tuple[Tree, ...]:
    return tree.parts if isinstance(tree, Joint) and tree.every is every else (tree,)


def _joined(every: bool, parts: Sequence[Tree]) -> Tree:
    return parts[0] if len(parts) == 1 else Joint(every, tuple(parts))


def _joint(every: bool, parts: Iterable[Tree]) -> Tree:
    """Parts that differ in the values of one property are merged: `a and b or a and c` is `a and (b or c)`."""
    merged = [*dict.fromkeys(p for part in parts for p in _parts(part, every))]
    counts = Counter(t.name for part in merged for t in _parts(part, not every) if isinstance(t, Term))
    for name in [name for name, count in counts.items() if count > 1]:
        groups: dict[object, list[Tree]] = {}
        for part in merged:
            term = _mergeable(part, name, every)
            key = part if term is None else frozenset(p for p in _parts(part, not every) if p is not term)
            groups.setdefault(key, []).append(part)
        merged = [_merged(group, name, every) for group in groups.values()]
    return _joined(every, merged)


def _mergeable(part: Tree, name: str, every: bool) -> Term | None:
    """The one term of a part about a property that can be merged with one like it, under `and` (`every`) or `or`."""
    found = None
    for term in _parts(part, not every):
        if isinstance(term, Term) and term.name == name and (term.every is every or not PROPERTIES[name].collection):
            if found is not None:
                return None
            found = term
    return found


def _merged(group: Sequence[Tree], name: str, every: bool) -> Tree:
    """One part for those that are the same but for their one term about a property."""
    if len(group) == 1:
        return group[0]
    terms = [term for part in group if (term := _mergeable(part, name, every)) is not None]
    sets = [term.edges for term in terms]
    within = _complement(name, union(_complement(name, edges) for edges in sets)) if every else union(sets)
    term = evolve(terms[0], edges=within)
    return _joined(not every, [term if part is terms[0] else part for part in _parts(group[0], not every)])


def different(narrow: Tree, wide: Tree) -> tuple[Tree, Tree]:
    """Without what they share: branches of the one that the other has, too, and what the other asks and the one does.

    So equal filters need no search, however large.
    """
    asked = frozenset(_parts(narrow, True))
    wide = _joined(True, [part for part in _parts(wide, True) if part not in asked])
    known = frozenset(_parts(wide, False))
    return _joined(False, [part for part in _parts(narrow, False) if part not in known]), wide
