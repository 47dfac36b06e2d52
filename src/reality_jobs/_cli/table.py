"""Tables for people: of jobs, two lines a job where it would not fit; of groups, with their counts as bars."""

from __future__ import annotations

import io
import locale
import os
from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

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
    screen = console(terminal, whole)
    if whole - max(0, widths[_NAME] - _NARROWEST_NAME) > screen.width:
        return "".join(map(_two_lines, rows))
    drawn = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for heading, width in zip(_HEADINGS, widths, strict=True):
        folds = heading == "name"
        drawn.add_column(heading, overflow="fold", no_wrap=not folds, min_width=None if folds else width)
    for cells in rows:
        # Text, since rich reads [x] in plain strings as markup.
        drawn.add_row(*map(Text, cells))
    return printed(screen, drawn)


def bars(names: Sequence[str], groups: Sequence[tuple[Sequence[str | None], int]], terminal: bool) -> str:
    """A line a group: its key, how many jobs it has, their share of all, and a bar as long as it is large.

    The first group is the largest. No cell is folded or cut; where there is no room for bars there are none.
    """
    total = sum(count for _, count in groups)
    cells = [(*(printable("null" if v is None else v) for v in key), f"{n:,}", _share(n, total)) for key, n in groups]
    rows = [(*names, "count", "share"), *cells]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    whole = sum(widths) + _GAP * len(widths)
    screen = console(terminal, whole + _LONGEST_BAR)
    room = min(_LONGEST_BAR, screen.width - whole)
    screen.width = max(screen.width, whole)  # a longer line is the terminal's to break
    # By hand: a rich table of thousands of groups would take seconds.
    padded = ["".join(map(_padded, row, widths, _right(len(names)))).rstrip() for row in rows]
    head = printed(screen, Text(padded[0], style="bold"))
    if room < _SHORTEST_BAR:
        return head + "".join(f"{line}\n" for line in padded[1:])
    blocks = can_draw_blocks()
    drawn = (bar(count / groups[0][1], room, blocks) for _, count in groups)
    return head + "".join(f"{line}{' ' * _GAP}{mark}\n" for line, mark in zip(padded[1:], drawn, strict=True))


def bar(part: float, width: int, blocks: bool) -> str:
    """A bar of so much of the width, to an eighth of a character where there are blocks; never nothing of something."""
    if not blocks:
        return "#" * max(round(part * width), part > 0)
    whole, eighths = divmod(max(round(part * width * 8), part > 0), 8)
    return "█" * whole + (chr(ord("█") + 8 - eighths) if eighths else "")


def can_draw_blocks() -> bool:
    """Whether the terminal shows more than ASCII, as far as one can know."""
    try:
        "█▏".encode(locale.getencoding())
    except UnicodeEncodeError:
        return False
    return os.environ.get("TERM") not in _DUMB


def console(terminal: bool, width: int) -> Console:
    """What the terminal can do; elsewhere lines of this width."""
    # Without colours Console would still write bold.
    plain = not terminal or os.environ.get("NO_COLOR") or os.environ.get("TERM") in _DUMB
    return Console(
        file=io.StringIO(),
        force_terminal=terminal,
        color_system=None if plain else "standard",
        width=None if terminal else width,
        legacy_windows=False,
    )


def printed(screen: Console, drawn: Table | Text | Tree) -> str:
    """What is drawn there, as text."""
    with screen.capture() as capture:
        screen.print(drawn)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


_DUMB: Final = ("dumb", "unknown")
_LONGEST_BAR: Final = 40
_SHORTEST_BAR: Final = 8


def _share(count: int, total: int) -> str:
    return f"{count / total:.1%}".replace("%", " %")


def _right(names: int) -> Iterator[bool]:
    """Numbers stand to the right."""
    yield from (False,) * names
    yield from (True, True)


def _padded(cell: str, width: int, right: bool) -> str:
    blanks = " " * (width - cell_len(cell))
    return f"{blanks}{cell}{' ' * _GAP}" if right else f"{cell}{blanks}{' ' * _GAP}"


def _two_lines(cells: Row) -> str:
    service, job_id, name, job_type, state, created = cells
    rest = "  ".join(cell for cell in (created, state, job_type, name) if cell)
    return f"{service or '?'}/{job_id}\n  {rest}\n"
