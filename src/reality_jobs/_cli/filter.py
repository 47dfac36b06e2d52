"""`reality-jobs filter`: saved jobs."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ..errors import InvalidRecord
from ..exports import records
from ..records import Job
from .errors import say
from .options import filter_argument, missing_option, output_option, read_filter, service_names
from .output import chosen_format, format_option, opened, write_jobs


@click.command("filter")
@filter_argument
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--service", type=service_names, help="Read every record as this job API's; recognised by shape otherwise."
)
@missing_option
@click.option(
    "--on-error",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="skip reports each broken place on stderr, goes on behind it and counts them.",
)
@click.option("--count", "only_count", is_flag=True, help="Print the number of matching jobs only.")
@format_option
@output_option
def command(
    text: str,
    files: tuple[str, ...],
    service: str | None,
    missing: str,
    on_error: str,
    only_count: bool,
    form: str | None,
    output: str | None,
) -> None:
    """Print the saved jobs that match FILTER, byte for byte as they stand in the files.

    FILE is NDJSON, a saved list answer (a page), an array, or any of these one after the other, plain or gzip; `-` is
    stdin. iTwinId only tests records here: it cannot find what was not saved.
    """
    f = read_filter(text)
    broken = 0

    def refuse(error: InvalidRecord) -> None:
        nonlocal broken
        if on_error == "stop":
            raise error
        broken += 1
        say(str(error))

    found = records(files, f, service=service, missing="null" if missing == "null" else "error", on_error=refuse)
    if only_count:
        with opened(output) as file:
            file.write(b"%d\n" % sum(1 for _ in found))
    else:
        pairs: Iterator[tuple[Job, bytes | None]] = ((Job.of(s.record, service), s.raw) for s in found)
        with opened(output) as file:
            write_jobs(pairs, chosen_format(form, output), file)
    if broken:
        say(f"{broken} broken place{'s' if broken > 1 else ''} skipped")
