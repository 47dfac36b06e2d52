"""Cutting what is sent so that the request line fits; all costs are counted once, so the time is linear."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from attrs import frozen

from ..nodes import And, Membership, Node, Or
from ..services import Service
from ..targets.text import write
from .domain import one_of
from .push import Pushed, conjunction, push

_PLAIN = re.compile(rb"[A-Za-z0-9_.~-]+")
_JOINT = len("%20and%20") + len("%28%29")
_SEPARATOR = len("%20or%20")


@frozen
class Conjunct(Pushed):
    """One conjunct, and the bytes that sending it costs."""

    cost: int


def encoded(text: str) -> int:
    """Bytes of a text in a query with everything encoded that may be: a next link may come so, whatever we sent."""
    data = text.encode(errors="surrogatepass")
    return len(data) + 2 * len(_PLAIN.sub(b"", data))


def line_bytes(filter_text: str, service: Service) -> int:
    """Bytes of the request line that sends a `$filter`."""
    return len(f"GET {service.path}/jobs?$filter=&$top=1000 HTTP/1.1") + encoded(filter_text)


def measured(condition: Node | None, service: Service) -> tuple[Conjunct, ...]:
    """The conjuncts of a condition, pushed down and measured."""
    conjuncts = condition.operands if isinstance(condition, And) else () if condition is None else (condition,)
    parts = [push(c, service) for c in conjuncts]
    return tuple(Conjunct(p.sent, p.left, 0 if p.sent is None else _cost(p.sent, service)) for p in parts)


def fit(conjuncts: tuple[Conjunct, ...], service: Service, room: int, most: int) -> list[Pushed]:
    """What to send in `room` bytes, and what is left to be evaluated locally; more than one where a list was cut.

    The longest list is cut into at most `most` requests and takes half of the room or more. Of the rest the cheapest
    go with it; what does not fit is left.
    """
    if sum(c.cost for c in conjuncts) <= room:
        return [_pushed(conjuncts, set(range(len(conjuncts))))]
    lists = [i for i, c in enumerate(conjuncts) if isinstance(c.sent, Membership | Or) and c.cost > room // 2]
    for at in sorted(lists, key=lambda i: -conjuncts[i].cost):
        kept = _cheapest(conjuncts, room // 2, at)
        free = room - sum(conjuncts[i].cost for i in kept)
        pieces = _pieces(conjuncts[at].sent, service, free, most)
        if pieces:
            return [_pushed(conjuncts, kept, at, piece) for piece in pieces]
    return [_pushed(conjuncts, _cheapest(conjuncts, room))]


def _cost(node: Node, service: Service) -> int:
    return encoded(write(node, service)) + _JOINT


def _cheapest(conjuncts: tuple[Conjunct, ...], room: int, but: int | None = None) -> set[int]:
    kept: set[int] = set()
    for i in sorted(range(len(conjuncts)), key=lambda i: conjuncts[i].cost):
        if conjuncts[i].cost > room:
            break
        if i != but:
            room -= conjuncts[i].cost
            kept.add(i)
    return kept


def _pushed(
    conjuncts: tuple[Conjunct, ...], kept: set[int], at: int | None = None, piece: Node | None = None
) -> Pushed:
    """The kept conjuncts, and a piece of the list at a place; a dropped one is left, unless it is so anyway."""
    sent: list[Node] = []
    left: list[Node] = []
    for i, conjunct in enumerate(conjuncts):
        taken = piece if i == at else conjunct.sent if i in kept else None
        remains = conjunct.sent if taken is None and conjunct.left is None else conjunct.left
        sent += [] if taken is None else [taken]
        left += [] if remains is None else [remains]
    return Pushed(conjunction(sent), conjunction(left))


def _pieces(node: Node | None, service: Service, room: int, most: int) -> list[Node]:
    """A list, or a disjunction, in pieces that fit; none where a member does not fit or they are too many."""
    match node:
        case Membership(name, literals):
            frame = encoded(f"{name} in ()") if service.has_in else 0
            ones = (encoded(write(Membership(name, (x,)), service)) - frame + _SEPARATOR for x in literals)
            return _runs(ones, lambda i, j: one_of(name, literals[i:j]), room - frame - _JOINT, most)
        case Or(operands):
            members = [m for o in operands for m in (_pieces(o, service, room, most) or [o])]
            costs = (encoded(write(m, service)) + _SEPARATOR for m in members)

            def part(low: int, high: int) -> Node:
                return members[low] if high - low == 1 else Or(tuple(members[low:high]))

            return _runs(costs, part, room - _JOINT, most)
        case _:
            return []


def _runs(costs: Iterable[int], part: Callable[[int, int], Node], room: int, most: int) -> list[Node]:
    found: list[Node] = []
    start = end = used = 0
    for cost in costs:
        if cost > room or len(found) >= most:
            return []
        if used + cost > room:
            found.append(part(start, end))
            start, used = end, 0
        used += cost
        end += 1
    return [*found, part(start, end)] if len(found) < most else []
