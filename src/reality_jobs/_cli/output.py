"""Jobs on stdout or in a file: as they came, as a table, as CSV, as ids."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

import click

from ..diagnostics import printable
from ..exports import replacing
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


def chosen_format(form: str | None, output: str | None) -> str:
    """A table is for people: on a terminal, and only there unless asked for."""
    return form or ("table" if output is None and sys.stdout.isatty() else "ndjson")


@contextmanager
def opened(output: str | None) -> Iterator[BinaryIO]:
    """Stdout, or a file that appears under its name only when it is complete."""
    if output is not None:
        with replacing(output) as file:
            yield file
        return
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


def write_jobs(pairs: Iterable[tuple[Job, bytes | None]], form: str, file: BinaryIO) -> int:
    """Write jobs, each with its own bytes where it has some; how many there were. A table holds them all first."""
    count = 0

    def counted() -> Iterator[tuple[Job, bytes | None]]:
        nonlocal count
        for pair in pairs:
            count += 1
            yield pair

    match form:
        case "table":
            _write_table([job for job, _ in counted()], file)
        case "csv":
            for line in _csv_lines(job for job, _ in counted()):
                file.write(line)
        case "ids":
            for job, _ in counted():
                file.write(f"{printable(str(job))}\n".encode())
        case _:
            for job, raw in counted():
                file.write((as_json(job) if raw is None else raw) + b"\n")
    return count


def as_json(job: Job) -> bytes:
    """A record on one line. A lone surrogate, which no encoding can carry, stays escaped."""
    text = json.dumps(job.raw, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(job.raw, separators=(",", ":")).encode()


def _csv_lines(jobs: Iterable[Job]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")

    def line(cells: Iterable[str]) -> bytes:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(cells)
        return buffer.getvalue().encode("utf-8", "replace")

    yield line(COLUMNS)
    for job in jobs:
        yield line(_cells(job))


def _cells(job: Job) -> list[str]:
    cells = []
    for column in COLUMNS:
        value = created_text(job) if column == "created_date_time" else getattr(job, column)
        cells.append(" ".join(value) if isinstance(value, tuple) else value or "")
    return cells


def created_text(job: Job) -> str | None:
    """In UTC with all its digits; a `datetime` holds only six."""
    from ..instants import format_ticks

    ticks = job.created_ticks
    return None if ticks is None else format_ticks(ticks)


def _write_table(jobs: list[Job], file: BinaryIO) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("service", "id", "name", "type", "state", "created"):
        table.add_column(heading, overflow="fold" if heading == "name" else "ellipsis", no_wrap=heading != "name")
    for job in jobs:
        created = created_text(job)
        row = (job.service, job.id, job.name, job.type, job.state, created and created.partition(".")[0].rstrip("Z"))
        # Text, since rich reads [x] in plain strings as markup.
        table.add_row(*(Text(printable(cell or "")) for cell in row))
    terminal = file is sys.stdout.buffer and sys.stdout.isatty()
    text = io.StringIO()
    Console(file=text, force_terminal=terminal or None, width=None if terminal else 160).print(table)
    file.write(text.getvalue().encode("utf-8", "replace"))
