"""Jobs as a table for people; where it would not fit, two lines a job."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..diagnostics import printable
from ..records import Job

_HEADINGS: Final = ("service", "id", "name", "type", "state", "created")
_NAME: Final = _HEADINGS.index("name")
_GAP: Final = 2
_NARROWEST_NAME: Final = 24
"""A longer name may be folded to this; no other cell is folded or cut, since it would be of no use then."""

Row = tuple[str, ...]


def row(job: Job, created: str | None) -> Row:
    """The cells of a job, fit for a terminal; whole seconds are enough for people."""
    seconds = (created or "").partition(".")[0].rstrip("Z")
    return tuple(printable(cell or "") for cell in (job.service, job.id, job.name, job.type, job.state, seconds))


def table(rows: Sequence[Row], terminal: bool) -> str:
    """The table, as wide as it needs to be, or as the terminal is."""
    widths = [max(map(cell_len, column)) for column in zip(_HEADINGS, *rows, strict=True)]
    whole = sum(widths) + _GAP * (len(widths) - 1)
    # Without colours Console would still write bold.
    console = Console(
        file=io.StringIO(),
        force_terminal=terminal,
        color_system="standard" if terminal and not os.environ.get("NO_COLOR") else None,
        width=None if terminal else whole,
        legacy_windows=False,
    )
    if whole - max(0, widths[_NAME] - _NARROWEST_NAME) > console.width:
        return "".join(map(_two_lines, rows))
    drawn = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for heading, width in zip(_HEADINGS, widths, strict=True):
        folds = heading == "name"
        drawn.add_column(heading, overflow="fold", no_wrap=not folds, min_width=None if folds else width)
    for cells in rows:
        # Text, since rich reads [x] in plain strings as markup.
        drawn.add_row(*map(Text, cells))
    with console.capture() as capture:
        console.print(drawn)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def _two_lines(cells: Row) -> str:
    service, job_id, name, job_type, state, created = cells
    rest = "  ".join(cell for cell in (created, state, job_type, name) if cell)
    return f"{service or '?'}/{job_id}\n  {rest}\n"
