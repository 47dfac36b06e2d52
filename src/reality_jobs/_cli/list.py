"""`reality-jobs list`: live jobs."""

from __future__ import annotations

from itertools import islice

import click

from .errors import say
from .options import chosen, missing_option, output_option, read_filter, services_option
from .output import chosen_format, format_option, opened, write_jobs


@click.command("list")
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
    """List live jobs that match FILTER; all of your own without one.

    The access token is read from ITWIN_ACCESS_TOKEN. A filter without iTwinId finds only jobs that you created; one
    with it finds all jobs of that iTwin.
    """
    from ..client import Client

    f = None if text is None else read_filter(text)
    with Client(base_url=base_url) as client:
        size = page_size if limit is None else max(2, min(page_size, limit))
        jobs = client.jobs(f, services=chosen(names), page_size=size, missing="null" if missing == "null" else "error")
        with opened(output) as file:
            count = write_jobs(((job, None) for job in islice(jobs, limit)), chosen_format(form, output), file)
    if output is not None:
        say(f"{count} jobs written to {output}")
