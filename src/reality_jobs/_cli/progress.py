"""How far an export is, on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from .live import jobs_in_words

if TYPE_CHECKING:
    from rich.text import Text

_PATIENCE: Final = 1.0
"""Seconds before anything is shown."""


@contextmanager
def progress(count: Callable[[], Mapping[str, int]]) -> Iterator[None]:
    """While the block lasts: jobs so far, which `count` tells by service, if stderr is a terminal and it takes long."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(file=sys.stderr, color_system=None, legacy_windows=False)
    # What is said meanwhile, it writes above the line.
    with Live(_Line(count), console=console, transient=True, redirect_stdout=False):
        yield


class _Line:
    """Drawn anew some times a second."""

    def __init__(self, count: Callable[[], Mapping[str, int]]) -> None:
        self._count = count
        self._before = sum(count().values())
        self._begun = time.monotonic()

    def __rich__(self) -> Text:
        from rich.text import Text

        seconds = time.monotonic() - self._begun
        text = "" if seconds < _PATIENCE else told(self._count(), self._before, seconds)
        return Text(text, no_wrap=True, overflow="ellipsis")


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
