"""`reality-jobs progress`: how far jobs are, once or until they have ended."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Unpack

import click

from .errors import FAILED, say, stop
from .following import facts, follow, words
from .live import Access, access_options, connected
from .named import ABOUT, each, form_option, ids_argument, read_targets, tell

if TYPE_CHECKING:
    from ..client import Client, Target


def _seconds(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    if value is not None and not (isfinite(value) and value > 0):
        raise click.BadParameter("not a positive number of seconds")
    return value


@click.command("progress", short_help="How far jobs are; --watch follows them.", epilog=ABOUT)
@ids_argument
@click.option("--watch", is_flag=True, help="Follow the jobs until all have ended.")
@click.option(
    "--every",
    type=float,
    callback=_seconds,
    metavar="SECONDS",
    help="With --watch: look this often, which is fair to a server of your own, such as the emulator. Default: after "
    "15, 30, 60 and then 120 seconds, as published, and from 15 again where the percentage has changed.",
)
@form_option("text")
@access_options
def command(ids: tuple[str, ...], watch: bool, every: float | None, form: str, **access: Unpack[Access]) -> None:
    """How far jobs are, a line each; with --watch on a terminal a bar each, elsewhere a line for every look.

    Where a service tells no progress (of a job that has not begun, or 30 days later), it is the job's state alone.
    Ctrl-C ends the watching and changes nothing. Exit code 1 if a job could not be looked at, and with --watch also if
    one failed or was cancelled.
    """
    if every is not None and not watch:
        raise click.UsageError("--every goes with --watch")
    targets = read_targets(ids)
    with connected(access) as client:
        if not watch:
            each(targets, lambda target: _look(client, target, form))
        elif not _followed(client, targets, every, form):
            stop(FAILED)


def _followed(client: Client, targets: list[Target], every: float | None, form: str) -> bool:
    try:
        return follow(client, targets, every, form)
    except KeyboardInterrupt:
        say("no longer watched; the jobs themselves go on")
        raise


def _look(client: Client, target: Target, form: str) -> None:
    status = client.status(str(target))
    tell(target, form, words(status), **facts(status))
