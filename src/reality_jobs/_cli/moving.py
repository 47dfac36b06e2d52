"""How far a command is, on a terminal, where it takes longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import BinaryIO, Final

from .output import jobs_in_words

_PATIENCE: Final = 1.0
"""Seconds before anything is shown."""

_BAR: Final = 20


@contextmanager
def progress(count: Callable[[], Mapping[str, int]]) -> Iterator[None]:
    """While the block lasts: jobs so far, which `count` tells by service, if stderr is a terminal and it takes long."""
    before = sum(count().values())
    with _shown(lambda _, seconds: told(count(), before, seconds), _PATIENCE):
        yield


@contextmanager
def moving(
    total: int | None,
    done: Callable[[], int],
    into: BinaryIO | None = None,
    patience: float = _PATIENCE,
) -> Iterator[None]:
    """While the block lasts: how many of the `total` bytes are `done`, if stderr is a terminal and it takes long.

    `into` is where data go meanwhile; nothing is shown if that is a terminal too. `done` is called from another thread.
    Where the total is not known, there is no bar.
    """
    if into is not None and into.isatty():
        yield
        return

    def line(width: int, seconds: float) -> str:
        now = done()
        text = moved(total, now, seconds)
        if not total or len(text) + _BAR + 2 > width:
            return text
        from .table import bar, can_draw_blocks

        return f"{bar(min(now / total, 1.0), _BAR, can_draw_blocks()):{_BAR}}  {text}"

    with _shown(line, patience):
        yield


def told(counts: Mapping[str, int], before: int, seconds: float) -> str:
    """`12,345 jobs (1,234 from before), 987 a second; modeling-v1 10,000, modeling-v2 2,345`."""
    total = sum(counts.values())
    parts = [jobs_in_words(total)]
    if before:
        parts.append(f" ({before:,} from before)")
    parts.append(f", {(total - before) / seconds:,.0f} a second")
    if counts:
        parts.append("; " + ", ".join(f"{name} {number:,}" for name, number in counts.items()))
    return "".join(parts)


def moved(total: int | None, done: int, seconds: float) -> str:
    """`312 MB of 1,035 MB, 30 %, 480 MB/s, 2 s left`."""
    parts = [f"{done / 1e6:,.0f} MB"]
    if total:
        # A file may grow meanwhile.
        parts = [f"{parts[0]} of {total / 1e6:,.0f} MB", f"{min(done / total, 1.0):.0%}".replace("%", " %")]
    parts.append(f"{done / seconds / 1e6:,.0f} MB/s")
    if total and done:
        parts.append(f"{_duration(max(total - done, 0) / done * seconds)} left")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7_200 else f"{whole // 3_600} h {whole % 3_600 // 60} min"


@contextmanager
def _shown(line: Callable[[int, float], str], patience: float) -> Iterator[None]:
    """A line for a terminal's width and the seconds so far, drawn anew some times a second; gone at the end.

    A thread draws it, so what is quick never loads what draws.
    """
    stderr = sys.stderr
    if stderr is None or not stderr.isatty():
        yield
        return
    ended = Event()
    begun = time.monotonic()

    def show() -> None:
        if ended.wait(patience):
            return
        from .line import drawn

        # A terminal that is gone is told of by whoever writes to it.
        with suppress(OSError), drawn(lambda width: line(width, time.monotonic() - begun), stderr):
            ended.wait()

    thread = Thread(target=show, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
