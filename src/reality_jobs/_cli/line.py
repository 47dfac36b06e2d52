"""A line on stderr that is drawn anew some times a second; apart, since it loads what draws."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console, ConsoleOptions
from rich.file_proxy import FileProxy
from rich.live import Live
from rich.text import Text


@contextmanager
def drawn(compose: Callable[[int], str], stderr: TextIO) -> Iterator[None]:
    """While the block lasts, what `compose` makes for the terminal's width; gone at the end.

    What is written to `sys.stderr` meanwhile, from any thread, comes out above the line.
    """
    console = Console(file=stderr, color_system=None, legacy_windows=False)
    sys.stderr = _Above(console, stderr)
    try:
        with Live(_Line(compose), console=console, transient=True, redirect_stdout=False):
            yield
    finally:
        sys.stderr = stderr


class _Line:
    """Composed whenever it is drawn."""

    def __init__(self, compose: Callable[[int], str]) -> None:
        self._compose = compose

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        yield Text(self._compose(options.max_width), no_wrap=True, overflow="ellipsis")


class _Above(FileProxy):
    """rich's own, which has no encoding: click would take it for broken and write past it, into the line."""

    def __init__(self, console: Console, stderr: TextIO) -> None:
        super().__init__(console, stderr)
        self._stderr = stderr

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stderr.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stderr.errors
