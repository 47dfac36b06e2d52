"""Commands on jobs that are named one by one: which they are, what is done for each, and a line about each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import click

from ..errors import BadRequest, Conflict, InvalidRecord, NotFound, ServiceError
from ..schema import normalise_identifier
from .errors import FAILED, exit_code, say, stop
from .live import ACCESS
from .options import read_stdin
from .output import emit, jobs_in_words, on_terminal, readable, to_json

if TYPE_CHECKING:
    from ..client import Target

_Function = TypeVar("_Function", bound=Callable[..., object])

_FORBIDDEN: Final = 403
_WIDTH: Final = len("conversion-v2/") + 36

ABOUT: Final = (
    f"An ID is service/id, as `reality-jobs list --format ids` prints it; `-` reads such lines from stdin.\n\n{ACCESS}"
)
"""The end of a help text."""

ids_argument = click.argument("ids", metavar="ID...", nargs=-1, required=True)


def form_option(for_people: str, *more: str) -> Callable[[_Function], _Function]:
    """`--format`, as the parameter `form`: for people on a terminal, JSON elsewhere."""

    def chosen(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
        return value or (for_people if on_terminal() else "json")

    words = f"Default: {for_people} on a terminal, json elsewhere, an object a line."
    if "ids" in more:
        words += " ids are service/id."
    choices = click.Choice([for_people, "json", *more])
    return click.option("--format", "form", type=choices, callback=chosen, help=words)


def read_targets(ids: Sequence[str]) -> list[Target]:
    """Each job once, in the order given; `-` reads lines from stdin. One that names no job is a usage error.

    Where stdin is empty, the command has nothing to do and ends.
    """
    from ..client import Target

    found: dict[tuple[str, str], Target] = {}
    for place, text in _named(ids):
        try:
            target = Target.of(text)
        except ValueError as error:
            raise wrong_id(f"{place}{error}") from error
        found.setdefault((target.service.name, normalise_identifier(target.id)), target)
    if not found:
        say("no jobs")
        stop(0)
    return list(found.values())


def wrong_id(message: str) -> click.BadParameter:
    return click.BadParameter(message, click.get_current_context(), param_hint="'ID...'")


def each(targets: Sequence[Target], do: Callable[[Target], object]) -> None:
    """Do it for each job, one after the other, and end the command if not all went well.

    What a service refuses of one job is told, and the others still have their turn. Whatever would go wrong for the
    next one as well ends it there.
    """
    done = refused = 0

    def run() -> None:
        nonlocal done, refused
        for target in targets:
            try:
                do(target)
            except InvalidRecord as error:
                refused += 1
                say(str(error.at(str(target))))
            except ServiceError as error:
                if not isinstance(error, BadRequest | Conflict | NotFound) and error.status != _FORBIDDEN:
                    raise
                refused += 1
                say(str(error))
            done += 1

    code = exit_code(run)
    if code and len(targets) > 1:
        say(f"ended at job {done + 1:,} of {len(targets):,}; the rest was not begun")
    elif refused and len(targets) > 1:
        say(f"{jobs_in_words(refused)} of {len(targets):,} refused")
    if code or refused:
        stop(code or FAILED)


def tell(target: Target, form: str, words: str, **facts: object) -> None:
    """A line about a job; whoever reads it may be waiting."""
    if form == "json":
        put(to_json({"service": target.service.name, "id": target.id, **facts}))
    else:
        put(readable(str(target) if form == "ids" else f"{target!s:<{_WIDTH}}  {words}".rstrip()))


def put(text: str) -> None:
    """A line on stdout, at once."""
    emit(text)
    sys.stdout.flush()


def _named(ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What names a job, and where it stands."""
    for text in ids:
        if text != "-":
            yield "", text
            continue
        for number, line in enumerate(read_stdin("ID").split("\n"), 1):
            if line.strip():
                yield f"line {number} of stdin: ", line
