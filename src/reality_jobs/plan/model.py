"""A plan is data: frozen, comparable, and it prints itself."""

from __future__ import annotations

from attrs import field, frozen

from ..errors import RealityJobsError
from ..nodes import Node
from ..services import Service
from ..targets.text import write


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


@frozen
class ServicePlan:
    """What one service is asked; nothing where no job of it can match (`notes` says why) or where it is `refused`."""

    service: Service = field(repr=lambda service: service.name)
    requests: tuple[Request, ...]
    refused: RealityJobsError | None = field(default=None, eq=False)
    notes: tuple[str, ...] = ()


@frozen
class Plan:
    """Per service the requests; `str()` explains them."""

    services: tuple[ServicePlan, ...]

    def __str__(self) -> str:
        return "\n".join(line for service in self.services for line in _lines(service))


def _lines(plan: ServicePlan) -> list[str]:
    count = len(plan.requests)
    lines = [f"{plan.service.name}: " + ("not asked" if not count else f"{count} request{'s' if count > 1 else ''}")]
    if plan.refused is not None:
        lines[0] = f"{plan.service.name}: cannot be asked"
        lines.append(f"  {plan.refused}")
    lines.extend(f"  {note}" for note in plan.notes)
    for request in plan.requests:
        whose = f"jobs of iTwin {request.itwin_id}" if request.itwin_id else "the caller's own jobs"
        lines.append(f"  $filter={request.filter}  ({len(request.filter)} characters, {whose})")
        if request.residual is not None:
            lines.append(f"    then locally: {write(request.residual)}")
        lines.extend(f"    {note}" for note in request.notes)
    return lines
