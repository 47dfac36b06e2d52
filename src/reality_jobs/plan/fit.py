"""Cutting what is sent so that the request line fits; all costs are counted once, so the time is linear."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from itertools import groupby

from attrs import frozen

from ..nodes import And, Comparison, Membership, Node, Operator, Or, join
from ..services import Service
from ..targets.text import write
from .domain import one_of
from .push import conjunction, push, unanswered

_PLAIN = re.compile(rb"[A-Za-z0-9_.~-]+")
_JOINT = len("%20and%20") + len("%28%29")
_SEPARATOR = len("%20or%20")


def encoded(text: str) -> int:
    """Bytes of a text in a query with everything encoded that may be: a next link may come so, whatever we sent."""
    data = text.encode(errors="surrogatepass")
    return len(data) + 2 * len(_PLAIN.sub(b"", data))


def line_bytes(filter_text: str, service: Service) -> int:
    """Bytes of the request line that sends a `$filter`."""
    return len(f"GET {service.path}/jobs?$filter=&$top=1000 HTTP/1.1") + encoded(filter_text)


@frozen
class _Member:
    """One of what a list, or a disjunction, is cut into; members of one list stand side by side."""

    of: str | None
    """The property of the list that it is a member of; None for a condition of its own."""
    condition: Node
    cost: int
    frame: int
    """What a list costs besides its members."""


Pieces = Sequence[Sequence[_Member]]


class _Conjunct:
    """One conjunct, pushed down, and the bytes that sending it costs."""

    def __init__(self, condition: Node, service: Service) -> None:
        pushed = push(condition, service)
        self.sent, self.left = pushed.sent, pushed.left
        self.cost = 0 if pushed.sent is None else _cost(pushed.sent, service)
        self._service = service

    @cached_property
    def members(self) -> list[_Member]:
        match self.sent:
            case Membership() | Or():
                return [*_members(self.sent, self._service)]
            case _:
                return []


class Measured:
    """The conjuncts of a condition, and what fitting them needs to know of them all."""

    def __init__(self, condition: Node | None, service: Service) -> None:
        parts = condition.operands if isinstance(condition, And) else () if condition is None else (condition,)
        self.conjuncts = [_Conjunct(part, service) for part in parts]
        self.cost = sum(c.cost for c in self.conjuncts)
        self.cheapest = sorted(range(len(parts)), key=lambda i: self.conjuncts[i].cost)
        lists = [i for i, c in enumerate(self.conjuncts) if isinstance(c.sent, Membership | Or)]
        self.lists = sorted(lists, key=lambda i: -self.conjuncts[i].cost)
        self.servers = frozenset(
            i for i, c in enumerate(self.conjuncts) if c.left is None and unanswered(c.sent, service) is not None
        )
        """Those that only the service can answer, and does where they are sent."""

    @property
    def left(self) -> Node | None:
        """What sending all of it does not settle."""
        return conjunction([c.left for c in self.conjuncts if c.left is not None])

    def costs(self, places: Collection[int]) -> int:
        return sum(self.conjuncts[i].cost for i in places)


@frozen
class Fitted:
    """What each request sends, and what is left to be evaluated locally for all of them."""

    sent: tuple[Node | None, ...]
    left: Node | None
    too_long: Node | None = None
    """What could be sent, but for the length of a request line."""
    too_many: Node | None = None
    """Lists that could be sent, but in more requests than there may be."""


def fewest(condition: Measured, servers: Collection[int], room: int) -> int | None:
    """The requests that it takes to send the conjuncts at these places; None where they do not fit, however many."""
    used = condition.costs(servers)
    if not servers or used <= room:
        return 1
    lists = [condition.conjuncts[i] for i in condition.lists if i in servers]
    return min((len(runs) for c in lists if (runs := _runs(c.members, room - used + c.cost))), default=None)


def fit(condition: Measured, servers: Collection[int], room: int, most: int) -> Fitted:
    """What to send in `room` bytes and at most `most` requests, which are `fewest` or more.

    The conjuncts at the places `servers` go first, whole, or else with the longest list among them cut. Where they take
    half of the room at most, the longest list of the others is cut and gets half of the rest or more. The cheapest of
    the others go with them; what does not fit is left.
    """
    if condition.cost <= room:
        return _fitted(condition, range(len(condition.conjuncts)), ())
    too_many: list[int] = []
    for kept, at in _ways(condition, servers, room):
        runs = _runs(condition.conjuncts[at].members, room - condition.costs(kept))
        if runs and len(runs) <= most:
            return _fitted(condition, {*kept, at}, too_many, at, runs)
        if runs:
            too_many.append(at)
    return _fitted(condition, {*servers, *_cheapest(condition, room - condition.costs(servers), servers)}, too_many)


def _ways(condition: Measured, servers: Collection[int], room: int) -> Iterator[tuple[set[int], int]]:
    """What to send whole beside which list that is cut, the best first."""
    free = room - condition.costs(servers)
    if not servers or free >= room // 2:
        for at in condition.lists:
            if at not in servers and condition.conjuncts[at].cost > free // 2:
                yield {*servers, *_cheapest(condition, free // 2, {*servers, at})}, at
    if not servers or free >= 0:
        return
    for at in (i for i in condition.lists if i in servers):
        others = {*servers} - {at}
        yield {*others, *_cheapest(condition, room // 2 - condition.costs(others), servers)}, at
        yield others, at


def _cheapest(condition: Measured, room: int, but: Collection[int]) -> Iterator[int]:
    for i in condition.cheapest:
        cost = condition.conjuncts[i].cost
        if cost > room:
            return
        if i not in but:
            room -= cost
            yield i


def _fitted(
    condition: Measured, kept: Collection[int], too_many: Collection[int], at: int | None = None, pieces: Pieces = ()
) -> Fitted:
    """The kept conjuncts, one of them in pieces, a request for each; what a dropped one asks for is left."""
    sent: list[Node] = []
    left: list[Node] = []
    long: list[Node] = []
    many: list[Node] = []
    place = 0
    for i, conjunct in enumerate(condition.conjuncts):
        remains = conjunct.sent if i not in kept and conjunct.left is None else conjunct.left
        left += [] if remains is None else [remains]
        place = len(sent) if i == at else place
        if conjunct.sent is not None:
            (sent if i in kept else many if i in too_many else long).append(conjunct.sent)
    requests = tuple(conjunction([*sent[:place], _part(p), *sent[place + 1 :]]) for p in pieces)
    return Fitted(requests or (conjunction(sent),), conjunction(left), conjunction(long), conjunction(many))


def _cost(node: Node, service: Service) -> int:
    return encoded(write(node, service)) + _JOINT


def _members(node: Membership | Or, service: Service) -> Iterator[_Member]:
    """Down to the single literals, also of the lists in a disjunction."""
    if isinstance(node, Or):
        for operand in node.operands:
            if isinstance(operand, Membership):
                yield from _members(operand, service)
            else:
                yield _Member(None, operand, encoded(write(operand, service)) + _SEPARATOR, 0)
        return
    frame = encoded(f"{node.property} in ()") if service.has_in else 0
    for literal in node.literals:
        alone = encoded(write(Membership(node.property, (literal,)), service))
        yield _Member(node.property, Comparison(node.property, Operator.EQ, literal), alone - frame + _SEPARATOR, frame)


def _runs(members: Sequence[_Member], room: int) -> Pieces:
    """The members in as few runs as fit; none where one of them does not fit."""
    found: list[Sequence[_Member]] = []
    start = used = 0
    for i, member in enumerate(members):
        joins = i > start and member.of is not None and member.of == members[i - 1].of
        cost = member.cost if joins else member.cost + member.frame
        if used + cost > room - _JOINT:
            cost = member.cost + member.frame
            if i == start or cost > room - _JOINT:
                return []
            found.append(members[start:i])
            start, used = i, 0
        used += cost
    return [*found, members[start:]]


def _part(run: Sequence[_Member]) -> Node:
    nodes: list[Node] = []
    for of, members in groupby(run, lambda m: m.of):
        if of is None:
            nodes += [m.condition for m in members]
        else:
            nodes.append(one_of(of, [m.condition.literal for m in members if isinstance(m.condition, Comparison)]))
    return join(Or, nodes)
