"""The part of a file that is in memory, and where in the file it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .sources import BLOCK, UnreadableError

_CONTINUATION: Final = bytes(range(0x80, 0xC0))


class Text:
    """A window that slides over the blocks of a file. Positions are indexes into `data`.

    `position` is the place that has been reached; `line` is its line, from 1; `bol` is where that line begins, negative
    if that has left the window.
    """

    __slots__ = ("_blocks", "_gone", "bol", "data", "ended", "line", "position")

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._gone = 0
        self.data = b""
        self.position = 0
        self.line = 1
        self.bol = 0
        self.ended = False

    def move(self, position: int) -> None:
        """Go on to a place that is not before `position`."""
        newlines = self.data.count(b"\n", self.position, position)
        if newlines:
            self.line += newlines
            self.bol = self.data.rfind(b"\n", self.position, position) + 1
        self.position = position

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
        self.position -= keep
        self.bol -= keep
        return len(self.data) > len(kept)

    def column(self) -> int:
        """The column of `position`, from 1, in characters."""
        gone = self._gone if self.bol < 0 else 0
        return gone + _characters(self.data[max(self.bol, 0) : self.position]) + 1


def _characters(text: bytes) -> int:
    return len(text.translate(None, _CONTINUATION))


def _raising(error: UnreadableError) -> Iterator[bytes]:
    raise error
    yield b""
