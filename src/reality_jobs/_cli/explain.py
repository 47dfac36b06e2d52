"""`reality-jobs explain`: what a filter is, how each service is told, and what will be asked."""

from __future__ import annotations

import click
from attrs import evolve

from ..errors import RealityJobsError
from ..filters import Filter
from ..nodes import And, Node, Or
from ..plan import Plan, Request, ServicePlan, line_bytes, shortened
from ..schema import Missing
from ..targets.text import write
from .drawing import mermaid, svg, tree
from .errors import explained, in_options
from .live import max_requests_option, max_url_option
from .options import chosen, filter_argument, missing_option, output_option, prune_option, read_filter, services_option
from .output import emit, readable, to_json

_LONGEST = 300


@click.command("explain", short_help="Show a filter as a tree, and the requests that would answer it.")
@filter_argument
@services_option
@missing_option
@prune_option
@max_requests_option
@max_url_option
@click.option(
    "--format", "form", type=click.Choice(["tree", "json", "mermaid", "svg"]), default="tree", show_default=True
)
@output_option
def command(
    text: str,
    names: tuple[str, ...],
    missing: Missing,
    prune: bool,
    max_requests: int,
    max_url: int,
    form: str,
    output: str | None,
) -> None:
    """Show FILTER as a tree, its text for each service, and the requests that would answer it. Sends nothing.

    `-` reads FILTER from stdin. mermaid and svg draw the tree alone. Long texts are cut, but not in json.
    """
    f = read_filter(text)
    plan = _in_options(f.plan(chosen(names), missing, prune, max_requests=max_requests, max_url=max_url))
    match form:
        case "json":
            shown = to_json(_data(f, plan), indent=2)
        case "mermaid":
            shown = mermaid(f.node)
        case "svg":
            shown = svg(f.node)
        case _:
            shown = readable(_text(f, plan))
    emit(shown, output)


def _in_options(plan: Plan) -> Plan:
    """The plan in the words of the command line, where the library's own name Python."""
    return Plan(
        tuple(
            evolve(
                part,
                refused=None if part.refused is None else RealityJobsError(explained(part.refused)),
                pruned=tuple(map(in_options, part.pruned)),
                requests=tuple(evolve(r, notes=tuple(map(in_options, r.notes))) for r in part.requests),
            )
            for part in plan.services
        )
    )


def _text(f: Filter, plan: Plan) -> str:
    width = max(len(part.service.name) for part in plan.services)
    texts = [
        f"  {part.service.name:<{width}}  {shortened(f.text(part.service.name), _LONGEST)}" for part in plan.services
    ]
    asked = [f"  {line}" for line in str(plan).split("\n")]
    return "\n".join([tree(f.node), "", "the filter as each service spells it", *texts, "", "what is asked", *asked])


def _data(f: Filter, plan: Plan) -> dict[str, object]:
    return {"filter": str(f), "tree": _node(f.node), "services": [_service(f, part) for part in plan.services]}


def _service(f: Filter, part: ServicePlan) -> dict[str, object]:
    return {
        "service": part.service.name,
        "text": f.text(part.service.name),
        "refused": None if part.refused is None else str(part.refused),
        "folded": list(part.folded),
        "pruned": list(part.pruned),
        "notes": list(part.notes),
        "requests": [_request(request, part) for request in part.requests],
    }


def _request(request: Request, part: ServicePlan) -> dict[str, object]:
    return {
        "filter": request.filter,
        "characters": len(request.filter),
        "bytes": line_bytes(request.filter, part.service),
        "residual": None if request.residual is None else write(request.residual),
        "iTwinId": request.itwin_id,
        "notes": list(request.notes),
    }


def _node(node: Node) -> object:
    if isinstance(node, And | Or):
        return {"and" if isinstance(node, And) else "or": [_node(operand) for operand in node.operands]}
    return write(node)
