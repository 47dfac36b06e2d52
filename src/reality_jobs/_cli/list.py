"""`reality-jobs list`: live jobs."""

from __future__ import annotations

import os
from itertools import islice

import click

from ..errors import InvalidRecord
from .errors import FAILED, say, stop
from .options import chosen, missing_option, output_option, read_filter, services_option
from .output import chosen_format, format_option, opened, write_jobs

_TOKEN = "ITWIN_ACCESS_TOKEN"  # noqa: S105 - its name


@click.command("list", short_help="List live jobs that match a filter.")
@click.argument("text", metavar="[FILTER]", required=False)
@services_option
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many jobs.")
@click.option("--page-size", type=click.IntRange(1, 1000), default=1000, show_default=True, help="Jobs per request.")
@click.option("--base-url", default="https://api.bentley.com", show_default=True, help="Another host, or the emulator.")
@missing_option
@format_option
@output_option
def command(
    text: str | None,
    names: tuple[str, ...],
    limit: int | None,
    page_size: int,
    base_url: str,
    missing: str,
    form: str | None,
    output: str | None,
) -> None:
    """List live jobs that match FILTER (`-` reads it from stdin); all of your own without one.

    The access token is read from ITWIN_ACCESS_TOKEN. A filter without iTwinId finds only jobs that you created; one
    with it finds all jobs of that iTwin.
    """
    from ..client import Client

    f = None if text is None else read_filter(text)
    try:
        client = Client(base_url=base_url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--base-url'") from error
    if not os.environ.get(_TOKEN, "").strip():
        say(f"no access token: put one into {_TOKEN}; `reality-jobs demo` needs none")
        stop(FAILED)
    broken = 0

    def refuse(error: InvalidRecord) -> None:
        nonlocal broken
        broken += 1
        say(str(error))

    with client, opened(output) as file:
        # No page says why Bentley's own client never asks for one job at a time.
        size = page_size if limit is None else max(2, min(page_size, limit))
        jobs = client.jobs(f, services=chosen(names), page_size=size, missing="null" if missing == "null" else "error")
        pairs = ((job, None) for job in islice(jobs, limit))
        try:
            count = write_jobs(pairs, chosen_format(form, output), file, refuse)
        except InvalidRecord as error:
            raise click.ClickException(f"the filter meets a job that it cannot read: {error}") from error
    if output is not None:
        say(f"{count} job{'' if count == 1 else 's'} written to {output}")
    if broken:
        say(f"{broken} job{'' if broken == 1 else 's'} left out; --format ndjson shows all")
        stop(FAILED)
