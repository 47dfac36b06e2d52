"""`reality-jobs list`: live jobs."""

from __future__ import annotations

from itertools import islice
from typing import Unpack

import click

from ..errors import InvalidRecord
from .errors import FAILED, say, stop
from .live import ACCESS, Live, asking, call, live_options
from .options import output_option, read_filter
from .output import chosen_format, format_option, jobs_in_words, opened, write_jobs, written


@click.command("list", short_help="List live jobs that match a filter.", epilog=ACCESS)
@click.argument("text", metavar="[FILTER]", required=False)
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many jobs.")
@format_option
@output_option
@live_options
def command(text: str | None, limit: int | None, form: str | None, output: str | None, **live: Unpack[Live]) -> None:
    """List live jobs that match FILTER (`-` reads it from stdin); all of your own without one.

    A filter without iTwinId finds only jobs that you created; one with it finds all jobs of that iTwin.
    """
    f = None if text is None else read_filter(text)
    broken = 0

    def refuse(error: InvalidRecord) -> None:
        nonlocal broken
        broken += 1
        say(str(error))

    if limit is not None:
        # No page says why Bentley's own client never asks for one job at a time.
        live["page_size"] = max(2, min(live["page_size"], limit))
    with (
        asking(live) as client,
        opened(output) as file,
        client.jobs(f, **call(live, "service")) as jobs,
    ):
        pairs = ((job, None) for job in islice(jobs, limit))
        count = write_jobs(pairs, chosen_format(form, output), file, refuse)
    if output is not None:
        say(written(count, output))
    if broken:
        say(f"{jobs_in_words(broken)} left out; --format ndjson shows all")
        stop(FAILED)
