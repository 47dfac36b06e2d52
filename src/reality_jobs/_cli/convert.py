"""`reality-jobs convert`: saved jobs in another format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import BinaryIO, Final

import click

from ..exports import Saved, records
from ..exports.compression import compressing
from ..exports.parts import size, whole
from ..exports.paths import expanded
from ..records import Job
from .errors import missing_extra, say
from .moving import moving
from .options import missing_option, read_filter
from .output import opened, write_jobs, written
from .saved import Refusals, files_argument, on_error_option, service_option

_NAME: Final = re.compile(r"\.(?:(parquet)|(ndjson|jsonl|csv)(\.gz|\.zst)?)$", re.IGNORECASE)
_ENDINGS: Final = ".parquet, .ndjson, .jsonl or .csv; behind the last three, .gz or .zst"

# No text in JSON holds a line break as it is, so what follows one is between values.
_BREAK: Final = re.compile(rb"[\r\n][ \t\r\n]*")


@click.command("convert", short_help="Write saved jobs as Parquet, NDJSON or CSV.")
@files_argument
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT",
    type=click.Path(dir_okay=False),
    help="Its ending says what it becomes; the file appears when it is complete.",
)
@click.option("--filter", "text", metavar="FILTER", help="Only the jobs that match it.")
@service_option
@missing_option
@on_error_option
def command(
    files: tuple[str, ...], output: str, text: str | None, service: str | None, missing: str, on_error: str
) -> None:
    """Write the jobs in these files into one: OUT.parquet, OUT.ndjson (or .jsonl), OUT.csv.

    Behind the last three .gz or .zst compresses. Parquet holds the records byte for byte beside columns for other
    tools; `reality-jobs filter` reads it and passes over the parts that cannot match. NDJSON holds a record a line.
    """
    ending = _NAME.search(output)
    if ending is None:
        raise click.BadParameter(f"{output!r} has to end in {_ENDINGS}", param_hint="'-o' / '--output'")
    if text == "-" and "-" in files:
        raise click.UsageError("FILTER and FILE cannot both be stdin ('-')")
    f = None if text is None else read_filter(text)
    refusals = Refusals(on_error)
    done: list[int] = []
    found = records(
        files,
        f,
        service=service,
        missing="null" if missing == "null" else "error",
        on_error=refusals,
        strict=True,  # what is passed on is sound as a whole
        passed=done.append,
    )
    parquet, form, compression = (part and part.lower() for part in ending.groups())
    with opened(output) as file, moving(size(map(whole, expanded(files))), lambda: sum(done)):
        if parquet:
            count = _write_parquet(found, file, refusals, service)
        else:
            count = _write_text(found, file, form, compression or "", refusals, service)
    refusals.sum_up()
    say(written(count, output))


def _write_parquet(found: Iterable[Saved], file: BinaryIO, refusals: Refusals, service: str | None) -> int:
    from ..exports.parquet import write

    try:
        return write(found, file, refusals, service)
    except ImportError as error:
        raise missing_extra("writing parquet", error, "parquet") from error


def _write_text(
    found: Iterable[Saved], file: BinaryIO, form: str, compression: str, refusals: Refusals, service: str | None
) -> int:
    form = "csv" if form == "csv" else "ndjson"
    jobs = ((Job.of(saved.record, service), _on_one_line(saved)) for saved in found)
    try:
        with compressing(file, compression) as plain:
            return write_jobs(jobs, form, plain, refusals)
    except ImportError as error:
        raise missing_extra(f"writing {compression}", error, "zstd") from error


def _on_one_line(saved: Saved) -> Saved:
    """The same record; its own bytes where no line ends inside it."""
    if b"\n" not in saved.raw and b"\r" not in saved.raw:
        return saved
    return Saved(_BREAK.sub(b"", saved.raw), saved.file, saved.line, saved.record)
