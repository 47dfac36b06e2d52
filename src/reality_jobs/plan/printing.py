"""A plan for people: what is asked of each service, whose jobs are searched, what is left, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..services import Service
from ..targets.text import write
from .fit import line_bytes
from .words import shortened

if TYPE_CHECKING:
    from .model import Request, ServicePlan

_LONGEST = 300
_MOST_REQUESTS = 8


def lines(plan: ServicePlan) -> list[str]:
    """Long filters and many requests are cut; the plan itself, as data, is not."""
    count = len(plan.requests)
    if plan.refused is not None:
        asked = "cannot be asked"
    else:
        asked = "not asked" if not count else f"{count} request{'s' if count > 1 else ''}"
    found = [f"{plan.service.name}: {asked}"]
    if plan.refused is not None:
        found.append(f"  {plan.refused}")
    found += [f"  {note}" for note in plan.notes]
    found += [f"  simplified: {words}" for words in plan.folded]
    found += [f"  left out: {words}" for words in plan.pruned]
    shown = count if count <= _MOST_REQUESTS else _MOST_REQUESTS - 3
    for request in plan.requests[:shown]:
        found += _request_lines(request, plan.service)
    if count > shown:
        found.append(f"  ... and {count - shown} more requests")
    return found


def _request_lines(request: Request, service: Service) -> list[str]:
    whose = "your own jobs" if request.itwin_id is None else f"the jobs of iTwin {shortened(request.itwin_id)}"
    found = [
        f"  $filter={shortened(request.filter, _LONGEST)}",
        f"    searches {whose}; {len(request.filter):,} characters, "
        f"{line_bytes(request.filter, service):,} bytes of request line when encoded",
    ]
    if request.residual is not None:
        found.append(f"    then keep here only jobs with: {shortened(write(request.residual), _LONGEST)}")
    return found + [f"    {note}" for note in request.notes]
