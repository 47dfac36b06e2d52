"""`reality-jobs show`: all there is of a job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar, Unpack

import click

from ..errors import InvalidRecord, NotFound
from .errors import say
from .live import Access, access_options, connected
from .named import ABOUT, each, form_option, ids_argument, read_targets
from .output import as_json, emit, on_terminal

if TYPE_CHECKING:
    from ..client import Client, Target

T = TypeVar("T")


@click.command("show", short_help="Show all there is of a job.", epilog=ABOUT)
@ids_argument
@form_option("tree")
@access_options
def command(ids: tuple[str, ...], form: str, **access: Unpack[Access]) -> None:
    """Show all there is of a job.

    A tree for people: when it was created, waited and ran, its inputs, settings and outputs, how far it is if it runs,
    its errors and warnings. json is the record as it came. A job that is not there is told on stderr, and the exit code
    is 1; the others are shown all the same.
    """
    targets = read_targets(ids)
    with connected(access) as client:
        each(targets, lambda target: _show(client, target, form))


def _show(client: Client, target: Target, form: str) -> None:
    job = client.get(str(target))
    if form == "json":
        emit(as_json(job).decode())
        return
    from ..client.watching import is_final
    from .portrait import portrait, rough

    try:
        details = job.details
    except InvalidRecord as error:
        say(f"warning: {target}: not as published, so shown as it came: {error}")
        emit(rough(str(target), job.raw, on_terminal()))
        return
    progress = None if is_final(target, details.state) else _told(client.progress, target)
    messages = _told(client.messages, target) if target.service.operations.messages else None
    emit(portrait(job, details, progress, messages, datetime.now(UTC), on_terminal()))


def _told(ask: Callable[[str], T], target: Target) -> T | None:
    """None where there is none, or none that can be read: the job is shown all the same."""
    try:
        return ask(str(target))
    except NotFound:
        return None
    except InvalidRecord as error:
        say(f"warning: {target}: {error}")
        return None
