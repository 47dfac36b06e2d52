"""`reality-jobs export`: live jobs into a file, however often it is interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from ..errors import RealityJobsError
from ..exports import CheckpointError, Gathering, forget
from ..filters import Filter
from .errors import FAILED, WRONG_INPUT, exit_code, say, stop
from .live import ACCESS, Live, asking, call, live_options
from .moving import progress
from .options import chosen, read_filter
from .output import as_json, jobs_in_words, written

if TYPE_CHECKING:
    from ..client import Jobs, Page


def _file(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value == "-" or (Path(value).exists() and not Path(value).is_file()):
        raise click.BadParameter(f"'{value}' is no file that can be gone on with; `reality-jobs list` writes anywhere")
    return value


@click.command(
    "export",
    short_help="Save live jobs in a file; goes on where it was interrupted.",
    epilog=ACCESS,
)
@click.argument("text", metavar="[FILTER]", required=False)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(dir_okay=False),
    callback=_file,
    help="The file, one record a line; it appears, or changes, when it is complete.",
)
@live_options
@click.option("--restart", is_flag=True, help="Begin anew, without what an interrupted export has gathered.")
def command(text: str | None, output: str, restart: bool, **live: Unpack[Live]) -> None:
    """Save the live jobs that match FILTER (`-` reads it from stdin) in FILE; all of your own without one.

    What has come is in FILE.part, with FILE.part.ids and FILE.part.checkpoint beside it. Interrupted or killed at any
    moment, the same command goes on from there: no job twice, none missing. A filter without iTwinId finds only jobs
    that you created; one with it finds all jobs of that iTwin.
    """
    f = None if text is None else read_filter(text)
    with _gathering(output, f, live, restart) as gathering:
        code = exit_code(lambda: _finished(f, live, gathering, output))
        if code == FAILED and gathering.resume is not None:
            say(f"{jobs_in_words(gathering.total)} so far in {gathering.part}; the same command goes on")
    if code:
        stop(code)


class _Refused(click.ClickException):
    exit_code = WRONG_INPUT


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except CheckpointError as error:
        raise _Refused(str(error)) from error


def _gathering(output: str, f: Filter | None, live: Live, restart: bool) -> Gathering:
    about = {
        "filter": "(all jobs)" if f is None else str(f),
        "services": ", ".join(chosen(live["names"])),
        "missing": live["missing"],
        "prune": "yes" if live["prune"] else "no",
        "base_url": live["base_url"].rstrip("/"),
    }
    with _refusing():
        try:
            if restart:
                forget(output)
            return Gathering(output, about)
        except OSError as error:
            # It is a file beside it that could not be made; the user knows this one.
            raise OSError(error.errno, error.strerror, output) from error


def _finished(f: Filter | None, live: Live, gathering: Gathering, output: str) -> None:
    before = gathering.total
    with _refusing():
        if not gathering.complete:
            _gather(f, live, gathering)
        gathering.finish()
    say(written(gathering.total, output) + (f" ({before:,} of them from before)" if before else ""))


def _gather(f: Filter | None, live: Live, gathering: Gathering) -> None:
    with (
        asking(live) as client,
        client.jobs(f, **call(live, "arrival")) as jobs,
        progress(lambda: gathering.jobs),
    ):
        for page in _pages(jobs, gathering):
            lines = [as_json(job) for job in page]
            gathering.add(page.service, lines, page.seen, page.resume)


def _pages(jobs: Jobs, gathering: Gathering) -> Iterator[Page]:
    """From where it stopped; from the start, without what is there, where a newer release would ask otherwise."""
    pages = jobs.pages(gathering.resume, gathering.seen())
    try:
        first = next(pages, None)
    except ValueError as error:
        if isinstance(error, RealityJobsError):
            raise
        say("the lists have to be asked for from their start again; no job is saved twice")
        pages = jobs.pages(seen=gathering.seen())
        first = next(pages, None)
    if first is not None:
        yield first
        del first  # else it would be held until the last page
        yield from pages
