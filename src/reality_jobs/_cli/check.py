"""`reality-jobs check`: is a text a filter, and for which services."""

from __future__ import annotations

import json
import sys

import click

from .. import services
from ..diagnostics import Problem
from ..filters import Filter, mend, parse, problems
from ..targets.predicate import mentioned
from .errors import WRONG_INPUT, say
from .options import filter_argument, read_text, service_names


@click.command("check")
@filter_argument
@click.option(
    "--service", type=service_names, help="Also warn of what this job API lists, sends or carries differently."
)
@click.option(
    "--fix", is_flag=True, help="Print the mended filter, and nothing else, if all its problems can be mended."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(text: str, service: str | None, fix: bool, form: str) -> None:
    """Is FILTER valid, and for which services? `-` reads it from stdin. Exit code 0 if it is valid, else 2."""
    source = read_text(text)
    if fix:
        source = mend(source)
    found = problems(source, service)
    valid = not any(problem.severity == "error" for problem in found)
    if fix:
        _print_fixed(source, found, valid)
    elif form == "json":
        click.echo(json.dumps(_report(source, found, valid), ensure_ascii=False, indent=2))
    else:
        _print_report(source, found, valid)
    sys.exit(0 if valid else WRONG_INPUT)


def _print_fixed(source: str, found: tuple[Problem, ...], valid: bool) -> None:
    if valid:
        click.echo(source)
        return
    for problem in found:
        say(problem.render(source))


def _print_report(source: str, found: tuple[Problem, ...], valid: bool) -> None:
    for problem in found:
        say(problem.render(source))
    if valid:
        f = parse(source)
        click.echo(f"valid: {f}")
        for name in services.ALL:
            click.echo(f"  {name:<14} {_live(f, name)}; {_saved(f, name)}")


def _live(f: Filter, name: str) -> str:
    """How far a live list answers the filter."""
    (plan,) = f.plan([name]).services
    if plan.refused is not None:
        return "live: cannot be asked"
    if not plan.requests:
        return "live: no job can match"
    if any(request.residual is not None for request in plan.requests):
        return "live: in part, the rest evaluated here"
    return "live: whole"


def _saved(f: Filter, name: str) -> str:
    service = services.get(name)
    lacking = [p for p in dict.fromkeys(mentioned(f.node)) if not service.answers(p)]
    return f"saved records: never hold {', '.join(lacking)}" if lacking else "saved records: whole"


def _report(source: str, found: tuple[Problem, ...], valid: bool) -> dict[str, object]:
    report: dict[str, object] = {
        "filter": source,
        "valid": valid,
        "problems": [
            {
                "code": p.code,
                "severity": p.severity,
                "message": p.message,
                "span": [p.span.start, p.span.end],
                "hint": p.hint,
                "replacement": p.replacement,
            }
            for p in found
        ],
    }
    if valid:
        f = parse(source)
        report["canonical"] = str(f)
        report["services"] = {
            name: {"text": f.text(name), "live": _live(f, name), "saved": _saved(f, name)} for name in services.ALL
        }
    return report
