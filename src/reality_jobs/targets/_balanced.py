"""Many operands joined two by two, so that what they become is hardly deeper than the deepest of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heapreplace
from itertools import count
from typing import TypeVar

T = TypeVar("T")


def _flat(_: object) -> int:
    return 0


def balanced(operands: Iterable[T], combine: Callable[[T, T], T], depth: Callable[[T], int] = _flat) -> T:
    """One of all operands, of which there is at least one; a single one stays itself.

    Engines walk expressions recursively: 10,000 terms as a chain are 10,000 levels deep, here they are 14. `depth` says
    how deep an operand is already; the two shallowest are joined first, the deeper one on the left, where a parser
    needs the least room for it. So operands may change places.
    """
    number = count()  # of equally deep operands the first comes first, and operands are never compared
    waiting = [(depth(operand), next(number), operand) for operand in operands]
    heapify(waiting)
    while len(waiting) > 1:
        shallow, _, first = heappop(waiting)
        deep, _, second = waiting[0]
        joined = combine(second, first) if shallow < deep else combine(first, second)
        heapreplace(waiting, (deep + 1, next(number), joined))
    return waiting[0][2]
