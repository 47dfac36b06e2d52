"""The planner: every rule of "from one filter to requests" that has landed, in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal as OneOf
from urllib.parse import quote

from ..errors import RealityJobsError, Unanswerable
from ..nodes import And, Comparison, Guid, Instant, Literal, Membership, Node, Operator, Or, Text
from ..schema import GUID
from ..services import Service
from ..targets.predicate import mentioned
from ..targets.text import write
from .model import Plan, Request, ServicePlan
from .push import ITWIN, conjunction, push, unpublished
from .split import Alternative, TooMany, alternatives

Missing = OneOf["error", "null"]

MAX_REQUESTS = 64
"""Requests that one filter may cost a service; a parameter."""

MAX_URL = 2_048
"""Bytes of a request line; no page states a limit, so this is a common server default, and a parameter."""

_TOKEN_ROOM = 256
"""Left free in a request line for the continuation token that the next link adds."""

# The APIs demand a $filter; where there is nothing to say this is true of every job. Our choice.
_ALWAYS = Comparison("createdDateTime", Operator.GE, Instant(0))


def make(
    node: Node,
    services: Iterable[Service],
    *,
    missing: Missing = "error",
    max_requests: int = MAX_REQUESTS,
    max_url: int = MAX_URL,
) -> Plan:
    """The requests that answer a filter, per service. Never raises: what no request can answer is `refused`.

    `missing="null"` lets a residual read what the service's records never hold as null.
    """
    return Plan(tuple(_plan(node, service, missing, max_requests, max_url) for service in services))


def everything(services: Iterable[Service]) -> Plan:
    """The plan without a filter: all of the caller's own jobs."""
    return Plan(tuple(ServicePlan(s, (_request(Alternative(None, None), None, None, s),)) for s in services))


def _plan(node: Node, service: Service, missing: Missing, max_requests: int, max_url: int) -> ServicePlan:
    def unanswered(left: Node) -> str | None:
        return next((name for name in mentioned(left) if missing == "error" and not service.answers(name)), None)

    try:
        found = alternatives(node, service, max_requests, unanswered)
    except TooMany:
        refused = RealityJobsError(
            f"{service.name}: the filter needs more than {max_requests} requests, one for each iTwin or branch; "
            "raise max_requests or ask for fewer at a time"
        )
        return ServicePlan(service, (), refused)
    requests: list[Request] = []
    spare = max_requests - len(found)
    for alternative in found:
        pushed = None if alternative.condition is None else push(alternative.condition, service)
        fitted = _fit(alternative, pushed.sent if pushed else None, service, spare + 1, max_url)
        spare -= len(fitted) - 1
        for sent, dropped in fitted:
            left = conjunction([n for n in (pushed.left if pushed else None, dropped) if n is not None])
            if left is not None and (name := unanswered(left)) is not None:
                return ServicePlan(service, (), Unanswerable(name, service.name))
            requests.append(_request(alternative, sent, left, service))
    notes = () if requests else ("no job can match",)
    return ServicePlan(service, tuple(requests), None, notes)


def _request(alternative: Alternative, sent: Node | None, left: Node | None, service: Service) -> Request:
    notes = [] if sent is None else unpublished(sent, service)
    whole = _with_scope(alternative.itwin_id, sent)
    if whole is None:
        notes.append("nothing of the filter can be sent, and the API demands one: this one is true of every job")
    return Request(write(whole or _ALWAYS, service), whole, left, alternative.itwin_id, tuple(notes))


def _with_scope(itwin_id: str | None, sent: Node | None) -> Node | None:
    if itwin_id is None:
        return sent
    literal: Literal = Guid(itwin_id) if GUID.fullmatch(itwin_id) else Text(itwin_id)
    scope = Comparison(ITWIN, Operator.EQ, literal)
    return conjunction([scope, sent] if sent is not None else [scope])


def _fit(
    alternative: Alternative, sent: Node | None, service: Service, most: int, max_url: int
) -> list[tuple[Node | None, Node | None]]:
    """The condition cut so that every request line fits: pairs of what is sent and what must be checked afterwards.

    The longest list is cut into several requests, as many as are left to this filter; what cannot be cut, or would
    cost too many requests, is left to be evaluated locally.
    """
    room = max_url - _TOKEN_ROOM
    conjuncts = list(sent.operands if isinstance(sent, And) else (sent,)) if sent is not None else []
    dropped: list[Node] = []
    while conjuncts:
        if _line(alternative, conjunction(conjuncts), service) <= room:
            break
        longest = max(conjuncts, key=lambda n: len(write(n, service)))
        others = [c for c in conjuncts if c is not longest]
        chunks = _chunks(alternative, longest, others, service, room, most)
        if chunks:
            return [(conjunction([*others, chunk]), conjunction(dropped)) for chunk in chunks]
        dropped.append(longest)
        conjuncts = others
    return [(conjunction(conjuncts), conjunction(dropped))]


def _chunks(
    alternative: Alternative, longest: Node, others: list[Node], service: Service, room: int, most: int
) -> list[Node]:
    """A list, or a disjunction, in pieces that fit; empty where it has none or they are too many."""
    if not isinstance(longest, Membership | Or):
        return []
    pieces: tuple[Node, ...] | tuple[Literal, ...] = longest.operands if isinstance(longest, Or) else longest.literals

    def part(low: int, high: int) -> Node:
        if isinstance(longest, Membership):
            return Membership(longest.property, longest.literals[low:high])
        return longest.operands[low] if high - low == 1 else Or(longest.operands[low:high])

    size, found, low = len(pieces), [], 0
    while low < len(pieces):
        while _line(alternative, conjunction([*others, part(low, min(low + size, len(pieces)))]), service) > room:
            if size == 1:
                return []
            size = (size + 1) // 2
        found.append(part(low, min(low + size, len(pieces))))
        low += size
        if len(found) > most:
            return []
    return found


def _line(alternative: Alternative, sent: Node | None, service: Service) -> int:
    """Bytes of the request line, as the client encodes it."""
    text = write(_with_scope(alternative.itwin_id, sent) or _ALWAYS, service)
    return len(f"GET {service.path}/jobs?$filter={quote(text, safe='')}&$top=1000 HTTP/1.1")
