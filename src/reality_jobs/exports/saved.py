"""Records of a file: `Saved`, one, and `Found`, some that follow each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..errors import InvalidRecord
from .decoding import decode
from .structure import MalformedError


class Saved:
    """A record as it was saved: its own bytes, the file and the line (from 1) of its first byte.

    `record` is decoded when it is first asked for, if nothing had to be decoded to find it; it raises InvalidRecord for
    what only that finds in keys that the filter does not read (nesting too deep).
    """

    __slots__ = ("_line", "_record", "file", "raw")

    def __init__(
        self, raw: bytes, file: str, line: int | Callable[[], int], record: dict[str, object] | None = None
    ) -> None:
        self.raw = raw
        self.file = file
        self._line = line
        self._record = record

    @property
    def line(self) -> int:
        return self._line if isinstance(self._line, int) else self._line()

    @property
    def record(self) -> dict[str, object]:
        if self._record is None:
            try:
                self._record = decode(self.raw)
            except MalformedError as error:
                raise InvalidRecord(error.reason, None, self.file, self.line) from error
        return self._record

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Saved):
            return NotImplemented
        return (self.raw, self.file, self.line) == (other.raw, other.file, other.line)

    def __hash__(self) -> int:
        return hash((self.raw, self.file))

    def __repr__(self) -> str:
        return f"Saved({self.raw!r}, {self.file!r}, {self.line})"


class Found(NamedTuple):
    """Records that follow each other; `records` where they were decoded.

    `lines` tells the line of each, as long as the next are not asked for.
    """

    raws: list[bytes]
    lines: Callable[[], list[int]]
    records: Sequence[dict[str, object] | None] | None = None
