"""A plan is data: frozen, comparable, and it prints itself."""

from __future__ import annotations

from attrs import field, frozen

from ..errors import RealityJobsError
from ..nodes import Node
from ..services import Service
from .printing import lines


@frozen
class Request:
    """One list request: the `$filter` to send, and what the jobs that come back must also satisfy."""

    filter: str
    pushed: Node | None = field(repr=False)
    """What `filter` says; None where there was nothing to send and the filter is the always-true one."""
    residual: Node | None = None
    """Evaluated locally on each returned record; None where the service's answer is the whole answer."""
    itwin_id: str | None = None
    """The iTwin whose jobs are asked for; None asks for the caller's own."""
    notes: tuple[str, ...] = ()
    checked: Node | None = field(default=None, repr=False)
    """What a record that came back can be held against: of `pushed` what records of the service carry at all."""


@frozen
class ServicePlan:
    """What one service is asked; nothing where no job of it can match or where it is `refused`. `notes` say why."""

    service: Service = field(repr=lambda service: service.name, eq=lambda service: service.name)
    requests: tuple[Request, ...]
    refused: RealityJobsError | None = field(default=None, eq=False)
    notes: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    """What was simplified, in words; the first of it where it is much."""
    pruned: tuple[str, ...] = ()
    """What is not asked for because only other services list the value, in words."""


@frozen
class Plan:
    """Per service the requests; `str()` explains them."""

    services: tuple[ServicePlan, ...]

    def __str__(self) -> str:
        return "\n".join(line for service in self.services for line in lines(service))
