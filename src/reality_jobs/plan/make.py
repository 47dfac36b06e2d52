"""The planner: the rules of "from one filter to requests" (filter-language.md 5), in order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import get_args

from attrs import evolve, frozen

from ..diagnostics import quoted
from ..errors import PlanTooLarge, RealityJobsError, Unanswerable
from ..nodes import Node
from ..schema import Missing
from ..services import Service
from ..services.limits import MAX_REQUESTS, MAX_URL, MIN_URL
from ..targets.text import write
from .fit import Fitted, Measured, fewest, fit, line_bytes
from .fold import NEVER, fold
from .model import Plan, Request, ServicePlan
from .prune import prune as pruned_for
from .push import unanswered
from .request import request, scope
from .split import Alternative, Split
from .words import Words, brief

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
    """The requests that answer a filter, per service. What no request can answer is `refused`, and not raised.

    `missing="null"` lets a residual read what the service's records never hold as null, where it cannot be avoided.
    `prune=False` asks a service also for a type or a state that only others list. Raises TypeError or ValueError for a
    parameter that makes no sense.
    """
    if missing not in get_args(Missing):
        raise ValueError(f'missing must be "error" or "null", not {missing!r}')
    if not isinstance(prune, bool):
        raise TypeError(f"prune must be True or False, not {prune!r}")
    limits = _Limits(_whole("max_requests", max_requests, 1), _whole("max_url", max_url, MIN_URL))
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
        plans.append(evolve(_plan(simple, service, missing, limits), folded=said, pruned=pruned.all()))
    return Plan(tuple(plans))


def everything(services: Iterable[Service]) -> Plan:
    """The plan without a filter: all of the caller's own jobs."""
    return Plan(tuple(ServicePlan(s, (request(None, None, None, s),)) for s in services))


@frozen
class _Limits:
    max_requests: int
    max_url: int

    def room(self, scoped: Node | None, service: Service) -> int:
        """Bytes for what is sent besides the scope."""
        return self.max_url - _TOKEN_ROOM - line_bytes("" if scoped is None else write(scoped, service), service)

    def unsent(self, fitted: Fitted) -> list[str]:
        """What of the filter is not sent though the service knows it, and why."""
        line = f"{self.max_url:,} bytes"
        found = []
        if fitted.too_many is not None:
            why = f"not sent, as it takes more requests of {line} than {self.max_requests:,}"
            found.append(f"{why}: {brief(fitted.too_many)}; raise max_requests or max_url")
        if fitted.too_long is not None:
            why = f"not sent, as a request line of {line} has no room for it"
            found.append(f"{why}: {brief(fitted.too_long)}; raise max_url")
        return found


@frozen
class _Ask:
    """An alternative with the room that its requests have, and what they must send: in `count` of them, or more."""

    alternative: Alternative
    condition: Measured
    room: int
    servers: Collection[int]
    count: int


def _plan(node: Node, service: Service, missing: Missing, limits: _Limits) -> ServicePlan:
    """The first way that answers it; null is read for what records never hold where no other one does."""
    if node == NEVER:
        return _unasked(service)
    strict = Split(service, limits.max_requests, lambda condition: unanswered(condition, service) is None)
    first = _tried(node, strict, False, limits)
    if first.refused is None:
        return first
    # Asking for more of it apart helps where the pieces do not fit, not where there are too many of them already.
    multiplied = isinstance(first.refused, PlanTooLarge) and first.refused.of in ("branches", "terms")
    ways = [] if multiplied else [(evolve(strict, apart=True), False)]
    if missing == "null":
        ways += [(strict, True), (evolve(strict, judged=lambda _: True), True)]
    plans = (_tried(node, split, lax, limits) for split, lax in ways)
    return next((plan for plan in plans if plan.refused is None), first)


def _tried(node: Node, split: Split, lax: bool, limits: _Limits) -> ServicePlan:
    service = split.service
    try:
        asks = _asks(split.alternatives(node), service, lax, limits)
    except PlanTooLarge as error:
        return _refused(service, error)
    left = [] if lax else [unanswered(ask.condition.left, service) for ask in asks]
    if leaf := next((leaf for leaf in left if leaf is not None), None):
        note = f"left for the records to answer: {quoted(write(leaf), 100)}"
        return _refused(service, Unanswerable(leaf.property, service.name), note)
    return ServicePlan(service, tuple(_requests(asks, service, limits))) if asks else _unasked(service)


def _asks(found: Sequence[Alternative], service: Service, lax: bool, limits: _Limits) -> list[_Ask]:
    """What only the service can answer gets its requests before anything else does. Raises PlanTooLarge.

    Where null may be read instead (`lax`), it gets them as long as there are any.
    """
    spare = limits.max_requests - len(found)
    known: dict[int, Measured] = {}  # several iTwins share one condition
    asks = []
    for alternative in found:
        condition = known.get(id(alternative.condition))
        if condition is None:
            condition = known[id(alternative.condition)] = Measured(alternative.condition, service)
        room = limits.room(scope(alternative.itwin_id), service)
        servers: Collection[int] = condition.servers
        count = fewest(condition, servers, room)
        if count is None or count > spare + 1:
            if not lax and count is None:
                raise PlanTooLarge(service.name, "bytes", limits.max_url)
            if not lax:
                raise PlanTooLarge(service.name, "requests", limits.max_requests)
            servers, count = (), 1
        spare -= count - 1
        asks.append(_Ask(alternative, condition, room, servers, count))
    return asks


def _requests(asks: Sequence[_Ask], service: Service, limits: _Limits) -> list[Request]:
    spare = limits.max_requests - sum(ask.count for ask in asks)
    found: list[Request] = []
    for ask in asks:
        fitted = fit(ask.condition, ask.servers, ask.room, ask.count + spare)
        spare -= len(fitted.sent) - ask.count
        unsent = limits.unsent(fitted)
        found += [request(ask.alternative.itwin_id, sent, fitted.left, service, unsent) for sent in fitted.sent]
    return found


def _unasked(service: Service) -> ServicePlan:
    return ServicePlan(service, (), None, ("no job can match",))


def _refused(service: Service, error: RealityJobsError, *notes: str) -> ServicePlan:
    return ServicePlan(service, (), error, notes)


def _whole(name: str, value: int, least: int) -> int:
    wanted = f"{name} must be a whole number, {least} or more, not {value!r}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(wanted)
    if value < least:
        raise ValueError(wanted)
    return value
