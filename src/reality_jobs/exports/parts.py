"""What is read, in parts that can be read by themselves: files, and ranges of large ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from attrs import frozen

from ..errors import InvalidRecord
from .judging import Judge
from .sources import blocks, kind
from .values import Found, Reader

RANGE: Final = 1 << 23
"""Bytes of a part of a large file; what it gives is held until what comes before it is written."""

# Where text stands outside of any value: nothing in JSON puts an object right behind the end of another.
_BETWEEN: Final = re.compile(rb"[}\]][ \t\r\n]*\n(?=\{)")
_OVERLAP: Final = 64


@frozen
class Part:
    """A file, or of a large one the records between two offsets: `start` and `end` are where they nominally lie."""

    path: str
    start: int = 0
    end: int | None = None

    @property
    def name(self) -> str:
        return "<stdin>" if self.path == "-" else self.path


def parted(paths: Iterable[str]) -> Iterator[Part]:
    """The files in this order, large ones in ranges where that is possible."""
    for path in paths:
        if kind(path) != "plain" or (length := Path(path).stat().st_size) < 2 * RANGE:
            yield Part(path)
            continue
        last = length // RANGE * RANGE
        for start in range(0, last, RANGE):
            yield Part(path, start, start + RANGE)
        yield Part(path, last)


def read_part(
    part: Part,
    refuse: Callable[[InvalidRecord], object],
    judge: Judge | None,
    *,
    numbered: bool = True,
    passed: Callable[[int], object] = lambda size: None,
) -> Iterator[Found]:
    """The records of a part that match; with their lines if `numbered`. `passed` is told how many bytes go by."""
    path, start, end = part.path, part.start, part.end
    if start:
        begin = _boundary(path, start, end)
        if begin is None:
            return
        start = begin
    if end is not None:
        end = _end(path, end)
    # What is skipped is counted afterwards, or as it passes where it cannot be read again.
    count = _newlines(path) if start or (not numbered and kind(path) == "plain") else None
    with closing(blocks(path, start, end)) as source:
        reader = Reader(part.name, _told(source, passed), refuse, judge, count=count, offset=start, cut=end is not None)
        yield from reader.found()


def _boundary(path: str, start: int, end: int | None) -> int | None:
    """The first place from `start` on, before `end`, that is surely outside of any value."""
    before = b""
    with closing(blocks(path, max(0, start - _OVERLAP), end)) as source:
        at = max(0, start - _OVERLAP)
        for block in source:
            text = before + block
            for match in _BETWEEN.finditer(text):
                if (place := at - len(before) + match.end()) >= start:
                    return place
            at += len(block)
            before = text[-_OVERLAP:]
    return None


def _end(path: str, nominal: int) -> int | None:
    """Where the first part from this offset on that is not empty begins; None at the end of the file."""
    length = Path(path).stat().st_size
    for start in range(nominal, length, RANGE):
        place = _boundary(path, start, start + RANGE if start + RANGE < length else None)
        if place is not None:
            return place
    return None


def _newlines(path: str) -> Callable[[int, int], int]:
    def count(begin: int, end: int) -> int:
        with closing(blocks(path, begin, end)) as source:
            return sum(block.count(b"\n") for block in source)

    return count


def _told(source: Iterator[bytes], passed: Callable[[int], object]) -> Iterator[bytes]:
    for block in source:
        passed(len(block))
        yield block
