"""`reality-jobs filter`: saved jobs."""

from __future__ import annotations

import click

from ..errors import InvalidRecord
from ..exports import records
from ..records import Job
from .errors import say
from .options import filter_argument, missing_option, output_option, read_filter, service_names
from .output import chosen_format, format_option, opened, write_jobs


@click.command("filter", short_help="Print the saved jobs that match a filter.")
@filter_argument
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True),
)
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
    stdin. iTwinId only tests records here: it cannot find what was not saved. Every job: "state ne null".
    """
    if text == "-" and "-" in files:
        raise click.UsageError("FILTER and FILE cannot both be stdin ('-')")
    if only_count and form is not None:
        raise click.UsageError(f"--count prints a number; leave out --format {form}")
    f = read_filter(text)
    broken = 0

    def refuse(error: InvalidRecord) -> None:
        nonlocal broken
        if on_error == "stop":
            raise error
        broken += 1
        say(str(error))

    found = records(files, f, service=service, missing="null" if missing == "null" else "error", on_error=refuse)
    with opened(output) as file:
        if only_count:
            file.write(b"%d\n" % sum(1 for _ in found))
        else:
            jobs = ((Job.of(saved.record, service), saved) for saved in found)
            write_jobs(jobs, chosen_format(form, output), file, refuse)
    if broken:
        say(f"{broken} broken place{'s' if broken > 1 else ''} skipped")
