"""The planner: every rule of "from one filter to requests" that has landed, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal as OneOf

from ..diagnostics import quoted
from ..errors import RealityJobsError, Unanswerable
from ..nodes import And, Comparison, Guid, Instant, Literal, Membership, Node, Operator, Or, Text
from ..schema import GUID
from ..services import Service
from ..targets.text import write
from .fit import Conjunct, encoded, fit, measured
from .model import Plan, Request, ServicePlan
from .push import ITWIN, conjunction, unpublished
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

    `missing="null"` lets a residual read what the service's records never hold as null, where it cannot be avoided.
    """
    return Plan(tuple(_plan(node, service, missing, max_requests, max_url) for service in services))


def everything(services: Iterable[Service]) -> Plan:
    """The plan without a filter: all of the caller's own jobs."""
    return Plan(tuple(ServicePlan(s, (_request(None, None, None, s),)) for s in services))


def _plan(node: Node, service: Service, missing: Missing, max_requests: int, max_url: int) -> ServicePlan:
    def split(judged: Callable[[Node], bool]) -> list[Alternative]:
        return alternatives(node, service, max_requests, judged)

    try:
        try:
            found = split(lambda condition: _unanswered(condition, service) is None)
        except TooMany:
            if missing == "error":
                raise
            found = split(lambda _: True)
    except TooMany:
        return _refused(
            service,
            RealityJobsError(
                f"{service.name}: the filter needs more requests than {max_requests}, one for each iTwin or branch; "
                "raise max_requests or ask for fewer at a time"
            ),
        )
    requests = []
    spare = max_requests - len(found)
    known: dict[int, tuple[Conjunct, ...]] = {}  # several iTwins share one condition
    for alternative in found:
        conjuncts = known.get(id(alternative.condition))
        if conjuncts is None:
            conjuncts = known[id(alternative.condition)] = measured(alternative.condition, service)
        room = max_url - _TOKEN_ROOM - _frame(alternative.itwin_id, service)
        fitted = fit(conjuncts, service, room, spare + 1)
        spare -= len(fitted) - 1
        requests += [_request(alternative.itwin_id, part.sent, part.left, service) for part in fitted]
        # The requests of one alternative have one residual.
        if missing == "error" and (leaf := _unanswered(fitted[0].left, service)) is not None:
            note = f"left for the records to answer: {quoted(write(leaf), 100)}"
            return _refused(service, Unanswerable(leaf.property, service.name), note)
    return ServicePlan(service, tuple(requests), None, () if requests else ("no job can match",))


def _refused(service: Service, error: RealityJobsError, *notes: str) -> ServicePlan:
    return ServicePlan(service, (), error, notes)


def _unanswered(node: Node | None, service: Service) -> Comparison | Membership | None:
    """The first term that asks for what this service's records never hold."""
    if isinstance(node, And | Or):
        return next((leaf for o in node.operands if (leaf := _unanswered(o, service)) is not None), None)
    return None if node is None or service.answers(node.property) else node


def _request(itwin_id: str | None, sent: Node | None, left: Node | None, service: Service) -> Request:
    notes = [] if sent is None else unpublished(sent, service)
    scope = _scope(itwin_id)
    whole = conjunction([node for node in (scope, sent) if node is not None])
    if whole is None:
        notes.append("nothing of the filter can be sent, and the API demands one: this one is true of every job")
    return Request(write(whole or _ALWAYS, service), whole, left, itwin_id, tuple(notes))


def _scope(itwin_id: str | None) -> Node | None:
    if itwin_id is None:
        return None
    literal: Literal = Guid(itwin_id) if GUID.fullmatch(itwin_id) else Text(itwin_id)
    return Comparison(ITWIN, Operator.EQ, literal)


def _frame(itwin_id: str | None, service: Service) -> int:
    """Bytes of the request line before any condition is sent."""
    scope = _scope(itwin_id)
    sent = 0 if scope is None else encoded(write(scope, service))
    return len(f"GET {service.path}/jobs?$filter=&$top=1000 HTTP/1.1") + sent
