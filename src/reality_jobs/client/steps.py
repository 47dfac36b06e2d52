"""From a filter to the lists that answer it. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Final, Literal, TypedDict, get_args

from attrs import field, frozen

from .. import plan
from ..filters import Filter, parse
from ..nodes import Node
from ..schema import Missing
from ..services import Service, select
from .events import log

Order = Literal["arrival", "service"]
Holds = Callable[[Mapping[str, object]], bool]


MAX_PAGE_SIZE: Final = 1000
"""Published: "$top ... must be a positive integer that does not exceed 1000"."""


class Call(TypedDict, total=False):
    """Keyword arguments of `jobs()`, where they are described."""

    services: Iterable[str] | None
    page_size: int
    order: Order
    missing: Missing
    prune: bool
    max_requests: int
    max_url: int


def check_names(of: str, given: Iterable[str], known: type) -> None:
    """Raises TypeError for a keyword argument that is none, in the words of the public function."""
    for name in given:
        if name not in known.__annotations__:
            near = get_close_matches(name, known.__annotations__, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known.__annotations__)}"
            raise TypeError(f"{of}() has no keyword argument {name!r}; {hint}")


@frozen
class Asked:
    """What the caller of `jobs()` wants to know. Raises ValueError for a value that makes no sense."""

    filter: Filter | str | None
    services: Iterable[str] | None = None
    page_size: int = MAX_PAGE_SIZE
    order: Order = "arrival"
    missing: Missing = "error"
    prune: bool = True
    max_requests: int = plan.MAX_REQUESTS
    max_url: int = plan.MAX_URL

    def __attrs_post_init__(self) -> None:
        size = self.page_size
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAX_PAGE_SIZE:
            raise ValueError(f"page_size must be a whole number from 1 to {MAX_PAGE_SIZE}, not {size!r}")
        if self.order not in get_args(Order):
            raise ValueError(f'order must be "arrival" or "service", not {self.order!r}')


@frozen
class Step:
    """One list to walk: the request of the plan, and its two questions to each record that comes back, compiled."""

    service: Service
    request: plan.Request
    missing: Missing
    residual: Holds | None = field(repr=False)
    """Whether the record is in the answer; None where the service has decided."""
    checked: Holds | None = field(repr=False)
    """Whether the service was right to return it; None where a record cannot tell."""

    def halved(self) -> tuple[Step, ...]:
        """The same question in shorter requests, for a service that says this one is too long; () if there is none."""
        return tuple(_step(self.service, part, self.missing) for part in plan.halved(self.request, self.service))


def prepare(asked: Asked) -> tuple[Step, ...]:
    """The lists that answer the filter; None asks for all of the caller's own jobs.

    Raises what refuses the filter for any of the services: no other one is asked then.
    """
    f = parse(asked.filter) if isinstance(asked.filter, str) else asked.filter
    if not isinstance(f, Filter | None):
        raise TypeError(f"a filter is a Filter or its text, not {type(f).__name__}")
    chosen = select(asked.services)
    if f is None:
        planned = plan.everything(chosen)
    else:
        names = [service.name for service in chosen]
        planned = f.plan(names, asked.missing, asked.prune, max_requests=asked.max_requests, max_url=asked.max_url)
    for part in planned.services:
        if part.refused is not None:
            raise part.refused
        if part.pruned:
            # What a service is asked for belongs into no log at INFO.
            log.info("%s: spared what it lists no such type or state for; prune=False asks", part.service.name)
        for note in part.pruned:
            log.debug("%s: %s", part.service.name, note)
    return tuple(_step(part.service, request, asked.missing) for part in planned.services for request in part.requests)


def _step(service: Service, request: plan.Request, missing: Missing) -> Step:
    def compiled(node: Node | None) -> Holds | None:
        return None if node is None else Filter(node).predicate(service=service.name, missing=missing)

    return Step(service, request, missing, compiled(request.residual), compiled(request.checked))
