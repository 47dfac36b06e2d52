"""The planner: the rules of "from one filter to requests" (filter-language.md 5), in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal as OneOf

from attrs import evolve

from ..diagnostics import quoted
from ..errors import RealityJobsError, Unanswerable
from ..nodes import Node
from ..services import Service
from ..targets.text import write
from .fit import Conjunct, fit, line_bytes, measured
from .fold import NEVER, fold
from .model import Plan, ServicePlan
from .prune import prune as pruned_for
from .push import unanswered
from .request import request, scope
from .split import Alternative, TooMany, alternatives
from .words import Words

Missing = OneOf["error", "null"]

MAX_REQUESTS = 64
"""Requests that one filter may cost a service; a parameter."""

MAX_URL = 2_048
"""Bytes of a request line; no page states a limit, so this is a common server default, and a parameter."""

_TOKEN_ROOM = 256
"""Left free in a request line for the continuation token that the next link adds."""


def make(
    node: Node,
    services: Iterable[Service],
    *,
    missing: Missing = "error",
    prune: bool = True,
    max_requests: int = MAX_REQUESTS,
    max_url: int = MAX_URL,
) -> Plan:
    """The requests that answer a filter, per service. Never raises: what no request can answer is `refused`.

    `missing="null"` lets a residual read what the service's records never hold as null, where it cannot be avoided.
    `prune=False` asks a service also for a type or a state that only others list.
    """
    folded: dict[frozenset[str], tuple[Node, tuple[str, ...]]] = {}  # services that require the same share it
    plans = []
    for service in services:
        if service.required not in folded:
            words = Words()
            folded[service.required] = fold(node, service.required, words), words.all()
        simple, said = folded[service.required]
        pruned = Words()
        if prune and (fewer := pruned_for(simple, service, pruned)) != simple:
            simple = fold(fewer, service.required, Words())
        plan = _plan(simple, service, missing, max_requests, max_url)
        plans.append(evolve(plan, folded=said, pruned=pruned.all()))
    return Plan(tuple(plans))


def everything(services: Iterable[Service]) -> Plan:
    """The plan without a filter: all of the caller's own jobs."""
    return Plan(tuple(ServicePlan(s, (request(None, None, None, s),)) for s in services))


def _plan(node: Node, service: Service, missing: Missing, max_requests: int, max_url: int) -> ServicePlan:
    if node == NEVER:
        return _unasked(service)

    def split(judged: Callable[[Node], bool]) -> list[Alternative]:
        return alternatives(node, service, max_requests, judged)

    try:
        try:
            found = split(lambda condition: unanswered(condition, service) is None)
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
        scoped = scope(alternative.itwin_id)
        room = max_url - _TOKEN_ROOM - line_bytes("" if scoped is None else write(scoped, service), service)
        fitted = fit(conjuncts, service, room, spare + 1)
        spare -= len(fitted) - 1
        requests += [request(alternative.itwin_id, part.sent, part.left, service) for part in fitted]
        # The requests of one alternative have one residual.
        if missing == "error" and (leaf := unanswered(fitted[0].left, service)) is not None:
            note = f"left for the records to answer: {quoted(write(leaf), 100)}"
            return _refused(service, Unanswerable(leaf.property, service.name), note)
    return ServicePlan(service, tuple(requests)) if requests else _unasked(service)


def _unasked(service: Service) -> ServicePlan:
    return ServicePlan(service, (), None, ("no job can match",))


def _refused(service: Service, error: RealityJobsError, *notes: str) -> ServicePlan:
    return ServicePlan(service, (), error, notes)
