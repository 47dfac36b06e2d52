"""Jobs followed to their ends: bars on a terminal, a line for each poll elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from attrs import define

from ..diagnostics import printable
from ..errors import InvalidRecord, ServiceError
from ..schema import normalise_enumeration
from .errors import explained, say
from .named import tell
from .times import stretch

if TYPE_CHECKING:
    from ..client import Client, Status, Target

_SUCCESS: Final = "success"
_BAR: Final = 20


def words(status: Status) -> str:
    """`Active, 56 %, Reconstruction`."""
    return ", ".join(filter(None, (status.state, _percent(status), status.step)))


def facts(status: Status) -> dict[str, object]:
    """What is told of it in JSON."""
    return {"state": status.state, "percentage": status.percentage, "step": status.step, "ended": status.ended}


def follow(client: Client, targets: Sequence[Target], every: float | None, form: str) -> bool:
    """Tell of each job until all have ended; whether all did so in success."""
    board = _Board(targets)
    drawn = form == "text" and sys.stderr is not None and sys.stderr.isatty()
    sound = True
    with client.watch(*map(str, targets), every=every) as watch, _drawn(board, drawn):
        while True:
            try:
                status = next(watch, None)
            except (ServiceError, InvalidRecord) as error:
                say(explained(error))
                sound = False
                continue
            if status is None:
                break
            row = board.rows[str(status)]
            news = board.take(row, status)
            if form == "json" or (news and not drawn):
                tell(row.target, form, words(status), **facts(status))
    if drawn:
        for row in board.rows.values():
            if row.status is not None:
                tell(row.target, form, words(row.status))
    return sound and all(row.status is not None and _succeeded(row.status) for row in board.rows.values())


@define
class _Row:
    """What is known of a job."""

    target: Target
    status: Status | None = None
    seconds: float | None = None
    """From the beginning until it had ended."""


class _Board:
    """All jobs, a line each, those that run above those that have ended: the terminal may have fewer lines."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self.rows = {str(target): _Row(target) for target in targets}
        self._begun = time.monotonic()

    def take(self, row: _Row, status: Status) -> bool:
        """Whether it says anything new."""
        told, row.status = row.status, status
        if status.ended:
            row.seconds = time.monotonic() - self._begun
        return told is None or words(told) != words(status)

    def lines(self, width: int) -> Iterator[str]:
        """For a terminal of that width; drawn by another thread."""
        rows = sorted(self.rows.values(), key=lambda row: row.seconds is not None)
        cells = [self._cells(row) for row in rows]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        room = min(_BAR, width - sum(widths) - 2 * len(widths))
        for row, line in zip(rows, cells, strict=True):
            text = "  ".join(cell.ljust(size) for cell, size in zip(line, widths, strict=True))
            step = "" if row.status is None else printable(row.status.step or "")
            yield f"{_bar(row.status, room)}{text}  {step}".rstrip()

    def _cells(self, row: _Row) -> tuple[str, ...]:
        status = row.status
        seconds = stretch(time.monotonic() - self._begun if row.seconds is None else row.seconds)
        if status is None:
            return "", "", seconds, str(row.target)
        return f"{_percent(status):>5}", printable(status.state), seconds, str(row.target)


def _bar(status: Status | None, room: int) -> str:
    from .table import bar, can_draw_blocks

    if room < _BAR // 2:
        return ""
    part = min(max(status.percentage or 0.0, 0.0), 100.0) / 100 if status is not None else 0.0
    return f"{bar(part, room, can_draw_blocks()):{room}}  "


def _percent(status: Status) -> str:
    return "" if status.percentage is None else f"{status.percentage:g} %"


def _succeeded(status: Status) -> bool:
    return status.ended and normalise_enumeration(status.state) == _SUCCESS


@contextmanager
def _drawn(board: _Board, drawn: bool) -> Iterator[None]:
    if not drawn:
        yield
        return
    from .line import drawn as live

    with live(lambda width: "\n".join(board.lines(width)), sys.stderr):
        yield
