"""What `submit`, `cancel` and `delete` share: jobs that are named, a question where they are many, a line for each."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, Unpack

import click

from .errors import FAILED, say, stop
from .live import Access, access_options, connected
from .named import each, form_option, ids_argument, read_targets, tell, wrong_id
from .output import jobs_in_words

if TYPE_CHECKING:
    from ..client import Client, Target
    from ..services import Service

_Function = TypeVar("_Function", bound=Callable[..., object])


class Change(Access):
    """The values of `change_options`."""

    ids: tuple[str, ...]
    form: str
    yes: bool


def change_options(function: _Function) -> _Function:
    """The options of a command that changes jobs; it takes them as `**asked: Unpack[Change]`."""
    yes = click.option("--yes", is_flag=True, help="Do not ask, however many jobs they are.")
    return ids_argument(yes(form_option("text", "ids")(access_options(function))))


def change(
    verb: str,
    act: Callable[[Client, str], str],
    refuse: Callable[[Service], str | None] = lambda _: None,
    **asked: Unpack[Change],
) -> None:
    """Do it to each job; `act` returns its state afterwards, `refuse` why no job of a service can be meant."""
    targets = read_targets(asked["ids"])
    for target in targets:
        why = refuse(target.service)
        if why is not None:
            raise wrong_id(f"{target}: {why}")

    def one(target: Target) -> None:
        state = act(client, str(target))
        try:
            tell(target, asked["form"], state, state=state)
        except BrokenPipeError:
            pass  # that nobody reads on is no reason to leave the others
        except OSError:
            say(f"{target}: {state}")  # stdout is full, and no other run would find it out
            raise

    with connected(asked) as client:
        if len(targets) > 1 and not asked["yes"]:
            _ask(verb, targets, "-" in asked["ids"])
        each(targets, one)


def _ask(verb: str, targets: Sequence[Target], piped: bool) -> None:
    """Ends the command where the answer is not yes."""
    counts = Counter(target.service.name for target in targets)
    parts = ", ".join(f"{count:,} of {name}" for name, count in counts.items())
    what = f"{verb} {jobs_in_words(len(targets))} ({parts})"
    if piped or not _asks_people():
        raise click.UsageError(f"there is nobody to ask; --yes is needed to {what}")
    click.echo(f"{what}? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        say("nothing was sent")
        stop(FAILED)


def _asks_people() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
