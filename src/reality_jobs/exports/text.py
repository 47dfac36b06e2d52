"""The part of a file that is in memory, and where in the file it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from .sources import BLOCK, UnreadableError

Count = Callable[[int, int], int]

_CONTINUATION: Final = bytes(range(0x80, 0xC0))


class Text:
    """A window that slides over the blocks of a file. Positions are indexes into `data`.

    `position` is the place that has been reached; `line` is its line, from 1; `bol` is where that line begins, negative
    if that has left the window. Counting lines takes as long as searching does, so what is skipped of a file that can
    be read again is counted only when a line is asked for: `count` tells the line breaks between two offsets in it.
    """

    __slots__ = ("_blocks", "_count", "_gone", "_line", "_offset", "_skipped", "bol", "data", "ended", "position")

    def __init__(self, blocks: Iterator[bytes], count: Count | None = None, offset: int = 0) -> None:
        self._blocks = blocks
        self._count = count
        self._gone = 0
        self._line = 1
        self._offset = offset
        self._skipped = [(0, offset)] if offset else []
        self.data = b""
        self.position = 0
        self.bol = 0
        self.ended = False

    @property
    def line(self) -> int:
        if self._count is not None:
            for begin, end in self._skipped:
                self._line += self._count(begin, end)
            self._skipped.clear()
        return self._line

    def move(self, position: int, newlines: int | None = None) -> None:
        """Go on to a place that is not before `position`, over as many line breaks if that is known."""
        last = self.data.rfind(b"\n", self.position, position)
        if last >= 0:
            self._line += self.data.count(b"\n", self.position, position) if newlines is None else newlines
            self.bol = last + 1
        self.position = position

    def skip(self, position: int) -> None:
        """The same, but the lines are counted only when they are asked for, if that is possible."""
        if self._count is None:
            self.move(position)
            return
        self._skipped.append((self._offset + self.position, self._offset + position))
        self.move(position, 0)

    def more(self, keep: int) -> bool:
        """Forget what is before `keep` (`position` included) and read on; False at the end of the file.

        Of a long record at least as much is read as is kept, so that it is not copied once for every block.
        """
        if keep > self.position:
            self.move(keep)
        self._gone = (self._gone if self.bol < 0 else 0) + _characters(self.data[max(self.bol, 0) : keep])
        kept = self.data[keep:]
        pieces = [kept]
        missing = len(kept) if len(kept) >= BLOCK else 1
        while missing > 0 and not self.ended:
            try:
                block = next(self._blocks, b"")
            except UnreadableError as error:
                # What came before is still good.
                self._blocks = _raising(error)
                if len(pieces) == 1:
                    raise
                break
            self.ended = not block
            missing -= len(block)
            pieces.append(block)
        self.data = b"".join(pieces)
        self._offset += keep
        self.position -= keep
        self.bol -= keep
        return len(self.data) > len(kept)

    def indent(self) -> bytes | None:
        """The blanks before the place if it is the first thing on its line, else None."""
        if self.bol < 0:
            return None
        before = self.data[self.bol : self.position]
        return None if before.strip(b" \t") else before

    def column(self) -> int:
        """The column of `position`, from 1, in characters."""
        gone = self._gone if self.bol < 0 else 0
        return gone + _characters(self.data[max(self.bol, 0) : self.position]) + 1


def _characters(text: bytes) -> int:
    return len(text) if text.isascii() else len(text.translate(None, _CONTINUATION))


def _raising(error: UnreadableError) -> Iterator[bytes]:
    raise error
    yield b""
