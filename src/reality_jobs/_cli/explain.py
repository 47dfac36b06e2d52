"""`reality-jobs explain`: what a filter is, how each service is told, and what will be asked."""

from __future__ import annotations

import click

from ..filters import Filter
from ..nodes import And, Node, Or
from ..plan import Plan
from ..targets.text import write
from .drawing import mermaid, svg, tree
from .errors import explained
from .options import chosen, filter_argument, missing_option, output_option, read_filter, services_option
from .output import emit, readable, to_json


@click.command("explain", short_help="Show a filter as a tree, and the requests that would answer it.")
@filter_argument
@services_option
@missing_option
@click.option(
    "--format", "form", type=click.Choice(["tree", "json", "mermaid", "svg"]), default="tree", show_default=True
)
@output_option
def command(text: str, names: tuple[str, ...], missing: str, form: str, output: str | None) -> None:
    """Show FILTER as a tree, its text for each service, and the requests that would answer it. Sends nothing.

    `-` reads FILTER from stdin. mermaid and svg draw the tree alone.
    """
    f = read_filter(text)
    plan = f.plan(chosen(names), "null" if missing == "null" else "error")
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


def _text(f: Filter, plan: Plan) -> str:
    width = max(len(part.service.name) for part in plan.services)
    texts = [f"{part.service.name:<{width}}  {f.text(part.service.name)}" for part in plan.services]
    requests = str(plan)
    for part in plan.services:
        if part.refused is not None:
            requests = requests.replace(str(part.refused), explained(part.refused))
    return "\n".join([tree(f.node), "", "text", *(f"  {line}" for line in texts), "", "plan", _indented(requests)])


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))


def _data(f: Filter, plan: Plan) -> dict[str, object]:
    return {
        "filter": str(f),
        "tree": _node(f.node),
        "services": [
            {
                "service": part.service.name,
                "text": f.text(part.service.name),
                "refused": None if part.refused is None else explained(part.refused),
                "notes": list(part.notes),
                "requests": [
                    {
                        "filter": request.filter,
                        "residual": None if request.residual is None else write(request.residual),
                        "iTwinId": request.itwin_id,
                        "notes": list(request.notes),
                    }
                    for request in part.requests
                ],
            }
            for part in plan.services
        ],
    }


def _node(node: Node) -> object:
    if isinstance(node, And | Or):
        return {"and" if isinstance(node, And) else "or": [_node(operand) for operand in node.operands]}
    return write(node)
