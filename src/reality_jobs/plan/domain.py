"""The values of one property that satisfy some terms: what `and` and `or` of terms about the same property come to.

All terms are held against one set: a few values, or a range with holes. Null is a value like any other (None), which
no range speaks of. The values that an `or` covers are kept as their complement, the values that it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never, cast

from attrs import define, field

from ..instants import MAX_TICKS, MIN_TICKS
from ..nodes import OPPOSITE, Comparison, Literal, Membership, Null, Operator
from ..schema import PROPERTIES, Kind
from ..targets.evaluate import Comparable, constant

Leaf = Comparison | Membership
Value = Comparable | None
Cut = tuple[Comparable, bool]
"""A place between values: before one (False) or after it (True)."""


def conjoined(leaves: Sequence[Leaf], required: bool) -> list[Leaf] | None:
    """The fewest terms whose `and` is that of these, all about one property; None where it is true of no job.

    `required` says that no job has null there. On a collection a term asks for any member, so two of them can be true
    of different members, and only what `ne` rules out is taken from the lists.
    """
    name = leaves[0].property
    if PROPERTIES[name].collection:
        return _conjoined_any(leaves)
    kept = _Set(name, required)
    there: Leaf = Comparison(name, Operator.NE, Null())
    for leaf in leaves:
        match leaf:
            case Membership(_, literals):
                kept.only(literals)
            case Comparison(_, Operator.EQ, literal):
                kept.only((literal,))
            case Comparison(_, Operator.NE, literal):
                kept.without((literal,))
            case Comparison(_, _, Null()):
                return None
            case Comparison(_, operator, literal):
                kept.bound(operator, literal)
                kept.without((Null(),))
                there = leaf
            case _:
                assert_never(leaf)
    kept.settle()
    if kept.among is not None:
        return [one_of(name, kept.literals(kept.among))] if kept.among else None
    if kept.void():
        return None
    bounds = kept.bounds(Operator.GE, Operator.GT, Operator.LT, Operator.LE)
    # A bound that every value keeps (name ge '') says that there is one, and so does any other bound.
    present = [] if required or bounds or None not in kept.holes else [there]
    apart = [Comparison(name, Operator.NE, x) for x in kept.literals(h for h in kept.holes if h is not None)]
    return [*bounds, *present, *apart]


def disjoined(leaves: Sequence[Leaf], required: bool) -> list[Leaf] | None:
    """The fewest terms whose `or` is that of these, all about one property; None where it is true of every job."""
    name = leaves[0].property
    collection = PROPERTIES[name].collection
    left = _Set(name, required and not collection)
    apart: dict[Comparison, None] = {}
    for leaf in leaves:
        match leaf:
            case Membership(_, literals):
                left.without(literals)
            case Comparison(_, Operator.EQ, literal):
                left.without((literal,))
            case Comparison(_, Operator.NE, _) if collection:
                apart[leaf] = None  # "no member is it": not a question about one value
            case Comparison(_, Operator.NE, literal):
                left.only((literal,))
            case Comparison(_, _, Null()):
                pass
            case Comparison(_, operator, literal):
                left.bound(OPPOSITE[operator], literal)
            case _:
                assert_never(leaf)
    left.settle()
    if left.among is not None:
        return [Comparison(name, Operator.NE, x) for x in left.literals(left.among)] or None
    if left.void() and None in left.holes:
        return None
    if not all(left.holds(constant(name, x.literal)) for x in apart):
        return None  # some member is that one, or none is
    covered = left.literals(h for h in left.holes if h is not None or not left.required)
    listed = [one_of(name, covered)] if covered else []
    return [*left.bounds(Operator.LT, Operator.LE, Operator.GE, Operator.GT), *listed, *apart]


def one_of(name: str, literals: Sequence[Literal]) -> Leaf:
    """`in`, or `eq` for a single literal."""
    return Comparison(name, Operator.EQ, literals[0]) if len(literals) == 1 else Membership(name, tuple(literals))


def _conjoined_any(leaves: Sequence[Leaf]) -> list[Leaf] | None:
    name = leaves[0].property
    ruled_out = {x.literal for x in leaves if isinstance(x, Comparison) and x.operator is Operator.NE}
    found: dict[Leaf, None] = {}
    for leaf in leaves:
        match leaf:
            case Comparison(_, Operator.EQ, literal):
                literals: tuple[Literal, ...] = (literal,)
            case Membership(_, literals):
                pass
            case Comparison(_, operator, literal):
                if operator is not Operator.NE and disjoined((leaf,), False) == []:
                    return None
                found[leaf] = None
                continue
            case _:
                assert_never(leaf)
        kept = [x for x in dict.fromkeys(literals) if x not in ruled_out]
        if not kept:
            return None
        found[one_of(name, kept)] = None
    return [*found]


@define
class _Set:
    """Values of a property: those of `among` (None: all there are) between the cuts, without the holes."""

    name: str
    required: bool
    among: dict[Value, None] | None = None
    holes: dict[Value, None] = field(factory=dict)
    low: Cut = field(init=False)
    high: Cut | None = field(init=False)
    """None for text: there is no last one."""
    spelled: dict[Value, Literal] = field(factory=dict)
    """Each value as it was first written."""

    def __attrs_post_init__(self) -> None:
        self.low, self.high = self._widest()
        if self.required:
            self.without((Null(),))

    def only(self, literals: Iterable[Literal]) -> None:
        values = self._values(literals)
        self.among = values if self.among is None else {v: None for v in self.among if v in values}

    def without(self, literals: Iterable[Literal]) -> None:
        self.holes |= self._values(literals)

    def bound(self, operator: Operator, literal: Literal) -> None:
        """Null is on neither side of a bound, so it stays."""
        (value,) = self._values((literal,))
        cut = cast(Comparable, value), operator in (Operator.GT, Operator.LE)
        if operator in (Operator.GT, Operator.GE):
            self.low = max(self.low, cut)
        else:
            self.high = cut if self.high is None else min(self.high, cut)

    def settle(self) -> None:
        """Drop what the rest says already."""
        if self.among is not None:
            self.among = {v: None for v in self.among if self.holds(v)}
            return
        low, high = self._widest()
        if self.low != low and self.low[0] in self.holes:
            self.low = self.low[0], True
        if self.high is not None and self.high != high and self.high[0] in self.holes:
            self.high = self.high[0], False
        self.holes = {v: None for v in self.holes if v is None or self._between(v)}

    def holds(self, value: Value) -> bool:
        """Whether a value belongs to the set, `among` aside."""
        return value not in self.holes and (value is None or self._between(value))

    def void(self) -> bool:
        """Whether no value lies between the cuts, null aside. Moments are whole ticks."""
        if self.high is None:
            return False
        low, high = self.low, self.high
        if isinstance(low[0], int) and isinstance(high[0], int):
            return low[0] + low[1] >= high[0] + high[1]
        return low >= high

    def bounds(self, before: Operator, after: Operator, until: Operator, up_to: Operator) -> list[Leaf]:
        """A term for each cut: `before` or `after` a value for the low one, `until` or `up_to` a value for the high."""
        low, high = self._widest()
        found: list[Leaf] = []
        if self.low != low:
            found.append(Comparison(self.name, after if self.low[1] else before, self.spelled[self.low[0]]))
        if self.high is not None and self.high != high:
            found.append(Comparison(self.name, up_to if self.high[1] else until, self.spelled[self.high[0]]))
        return found

    def literals(self, values: Iterable[Value]) -> list[Literal]:
        return [self.spelled[v] for v in values]

    def _values(self, literals: Iterable[Literal]) -> dict[Value, None]:
        found: dict[Value, None] = {}
        for literal in literals:
            value = constant(self.name, literal)
            self.spelled.setdefault(value, literal)
            found[value] = None
        return found

    def _between(self, value: Comparable) -> bool:
        return self.low <= (value, False) and (self.high is None or (value, True) <= self.high)

    def _widest(self) -> tuple[Cut, Cut | None]:
        instant = PROPERTIES[self.name].kind is Kind.INSTANT
        return ((MIN_TICKS, False), (MAX_TICKS, True)) if instant else (("", False), None)
