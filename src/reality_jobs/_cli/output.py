"""What goes to stdout or into a file: text, and jobs as they came, as a table, as CSV, as ids."""

from __future__ import annotations

import csv
import errno
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, Final, TypeVar

import click

from ..diagnostics import printable
from ..errors import InvalidRecord, Unanswerable
from ..exports import Saved, replacing
from ..instants import format_ticks
from ..records import Job

FORMATS: Final = ("ndjson", "table", "csv", "ids")
COLUMNS: Final = (
    "service",
    "id",
    "itwin_id",
    "name",
    "email",
    "user_id",
    "type",
    "state",
    "created_date_time",
    "input_ids",
    "output_ids",
)

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="Default: a table on a terminal, ndjson elsewhere. ids are service/id.",
)

_LONGEST_LINE: Final = 2_000

_T = TypeVar("_T")


def chosen_format(form: str | None, output: str | None) -> str:
    """A table is for people: on a terminal, and only there unless asked for."""
    return form or ("table" if output is None and on_terminal() else "ndjson")


def on_terminal(file: BinaryIO | None = None) -> bool:
    """Whether stdout is a terminal, and `file`, where one is given, is stdout."""
    return sys.stdout is not None and sys.stdout.isatty() and (file is None or file is sys.stdout.buffer)


@contextmanager
def opened(output: str | None) -> Iterator[BinaryIO]:
    """Stdout, or a file that appears under its name only when it is complete."""
    if output is None:
        if sys.stdout is None:
            raise OSError(errno.EBADF, "standard output is closed")
        yield sys.stdout.buffer
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(replacing(output))
        except OSError as error:
            # It is a file beside it that could not be made; the user knows this one.
            raise OSError(error.errno, error.strerror, output) from error
        yield file


def emit(text: str, output: str | None = None) -> None:
    """Text and a line end, byte for byte: `click.echo` would take escape sequences out of the user's data."""
    with opened(output) as file:
        file.write(f"{text}\n".encode())


def readable(text: str) -> str:
    """A report for people: nothing in it that a terminal would obey, and no line longer than one can read."""
    return "\n".join(map(_readable_line, text.split("\n")))


def _readable_line(line: str) -> str:
    if len(line) > _LONGEST_LINE:
        line = f"{line[:_LONGEST_LINE]}... ({len(line):,} characters; --format json shows all)"
    return printable(line)


def to_json(value: object, indent: int | None = None) -> str:
    """A value as JSON that can be shown."""
    separators = (",", ":") if indent is None else None
    return shown(json.dumps(value, ensure_ascii=False, indent=indent, separators=separators))


def shown(text: str) -> str:
    """JSON in which what a terminal would obey, and what no encoding can carry, is escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def write_jobs(
    jobs: Iterable[tuple[Job, Saved | None]],
    form: str,
    file: BinaryIO,
    refuse: Callable[[InvalidRecord], object],
) -> int:
    """Write jobs, a saved one as its own bytes; how many there were. A table holds them all first.

    A job that does not fit the form (a number for a name) goes to `refuse`; if that returns, the job is left out.
    """
    terminal = on_terminal(file)
    if form == "table":
        from .table import row, table

        rows = list(shaped(jobs, lambda job, _: row(job, created_text(job)), refuse))
        file.write(table(rows, terminal).encode("utf-8", "backslashreplace"))
        return len(rows)
    if form == "csv":
        file.write(csv_line(COLUMNS, terminal))
    count = 0
    for line in shaped(jobs, shape_of(form, terminal), refuse):
        file.write(line)
        count += 1
    return count


def shape_of(form: str, terminal: bool) -> Callable[[Job, Saved | None], bytes]:
    """A job as a line of `ndjson`, `csv` or `ids`."""
    shapes: dict[str, Callable[[Job, Saved | None], bytes]]
    shapes = {"csv": lambda job, _: csv_line(_cells(job), terminal), "ids": _id, "ndjson": _record}
    return shapes[form]


def shaped(
    jobs: Iterable[tuple[Job, Saved | None]],
    shape: Callable[[Job, Saved | None], _T],
    refuse: Callable[[InvalidRecord], object],
) -> Iterator[_T]:
    """Each job in a shape. One that does not fit goes to `refuse`, with its place; if that returns, it is left out."""
    for job, saved in jobs:
        try:
            value = shape(job, saved)
        except InvalidRecord as error:
            refuse(error.at(str(job)) if saved is None else error.at(saved.file, saved.line))
            continue
        except Unanswerable as error:
            if saved is None:
                raise
            raise Unanswerable(error.property, error.service, saved.file, saved.line) from error
        yield value


def _record(job: Job, saved: Saved | None) -> bytes:
    return as_json(job) + b"\n" if saved is None else saved.raw + b"\n"


def as_json(job: Job) -> bytes:
    """A record on one line."""
    return to_json(job.raw).encode()


def _id(job: Job, _: Saved | None) -> bytes:
    if job.id is None:
        raise InvalidRecord("the record has no id", "$.id")
    return f"{printable(str(job))}\n".encode()


def _cells(job: Job) -> Iterator[str]:
    for column in COLUMNS:
        value = created_text(job) if column == "created_date_time" else getattr(job, column)
        yield " ".join(value) if isinstance(value, tuple) else value or ""


def csv_line(cells: Iterable[str], shown: bool = False) -> bytes:
    """A row of CSV; `shown` on a terminal, nothing in it is obeyed there."""
    line = io.StringIO()
    # With this line end, and only with it, csv quotes cells that hold either of its characters.
    csv.writer(line, lineterminator="\r\n").writerow(map(printable, cells) if shown else cells)
    return f"{line.getvalue()[:-2]}\n".encode("utf-8", "backslashreplace")


def created_text(job: Job) -> str | None:
    """In UTC with all its digits; a `datetime` holds only six."""
    ticks = job.created_ticks
    return None if ticks is None else format_ticks(ticks)


def written(count: int, output: str) -> str:
    return f"{jobs_in_words(count)} written to {output}"


def jobs_in_words(count: int) -> str:
    return f"{count:,} job{'' if count == 1 else 's'}"
