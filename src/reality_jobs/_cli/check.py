"""`reality-jobs check`: is a text a filter, and for which services."""

from __future__ import annotations

from typing import Final

import click

from .. import services
from ..diagnostics import Problem, printable
from ..filters import Filter, mend, parse, problems
from ..targets.predicate import mentioned
from .errors import WRONG_INPUT, say, stop
from .options import filter_argument, read_text, service_names
from .output import emit, on_terminal, readable, to_json

_LIVE: Final = {
    "whole": "all of it is sent",
    "in part": "sent in part, the rest is checked here",
    "here": "nothing of it can be sent, all is checked here",
    "no request": "not asked, no job can match",
    "refused": "cannot be asked",
}


@click.command("check", short_help="Is a filter valid, and for which services?")
@filter_argument
@click.option(
    "--service",
    type=service_names,
    help="This job API only, with warnings of what it lists, sends or carries differently.",
)
@click.option(
    "--fix", is_flag=True, help="Print the mended filter, and nothing else, if all its problems can be mended."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), help="Default: text.")
def command(text: str, service: str | None, fix: bool, form: str | None) -> None:
    """Is FILTER valid, and for which services? `-` reads it from stdin. Exit code 0 if it is valid, else 2.

    Warnings do not count. For each job API: how much of the filter a live list sends to it, and whether its saved
    records can answer it.
    """
    if fix and form == "json":
        raise click.UsageError("--fix prints the mended filter and nothing else; leave out --format json")
    source = read_text(text)
    names = tuple(services.ALL) if service is None else (service,)
    if fix:
        source = mend(source)
    found = problems(source, service)
    valid = _valid(found)
    if fix:
        _print_fixed(source, found, valid)
    elif form == "json":
        emit(to_json(_data(source, found, valid, names), indent=2))
    else:
        _print_report(source, found, valid, names)
    if not valid:
        stop(WRONG_INPUT)


def _valid(found: tuple[Problem, ...]) -> bool:
    return not any(problem.severity == "error" for problem in found)


def _print_fixed(source: str, found: tuple[Problem, ...], valid: bool) -> None:
    if valid:
        emit(printable(source) if on_terminal() else source)
        return
    for problem in found:
        say(problem.render(source))


def _print_report(source: str, found: tuple[Problem, ...], valid: bool, names: tuple[str, ...]) -> None:
    for problem in found:
        say(problem.render(source))
    if valid:
        f = parse(source)
        rows = [(name, _LIVE[_live(f, name)], _saved(f, name)) for name in names]
        rows.insert(0, ("", "live list", "saved records"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        emit(readable("\n".join([f"valid: {f}", *(f"  {line.rstrip()}" for line in lines)])))
    elif _valid(problems(mended := mend(source))):
        say(readable(f"--fix mends it: {mended}"))


def _live(f: Filter, name: str) -> str:
    """How far a live list answers the filter."""
    (plan,) = f.plan([name]).services
    if plan.refused is not None:
        return "refused"
    if not plan.requests:
        return "no request"
    if all(request.residual is None for request in plan.requests):
        return "whole"
    return "in part" if any(request.pushed is not None for request in plan.requests) else "here"


def _lacking(f: Filter, name: str) -> list[str]:
    """The properties that saved records of the service never hold."""
    service = services.get(name)
    return [p for p in dict.fromkeys(mentioned(f.node)) if not service.answers(p)]


def _saved(f: Filter, name: str) -> str:
    lacking = _lacking(f, name)
    return f"never hold {', '.join(lacking)}" if lacking else "answer all of it"


def _data(source: str, found: tuple[Problem, ...], valid: bool, names: tuple[str, ...]) -> dict[str, object]:
    data: dict[str, object] = {
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
        data["canonical"] = str(f)
        data["services"] = {
            name: {"text": f.text(name), "live": _live(f, name), "lacking": _lacking(f, name)} for name in names
        }
    return data
