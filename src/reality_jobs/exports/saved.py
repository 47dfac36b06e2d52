"""`Saved`: one record of a file."""

from __future__ import annotations

from .decoding import decode


class Saved:
    """A record as it was saved: its own bytes, the file and the line (from 1) of its first byte.

    `record` is decoded when it is first asked for, if nothing had to be decoded to find it.
    """

    __slots__ = ("_record", "file", "line", "raw")

    def __init__(self, raw: bytes, file: str, line: int, record: dict[str, object] | None = None) -> None:
        self.raw = raw
        self.file = file
        self.line = line
        self._record = record

    @property
    def record(self) -> dict[str, object]:
        if self._record is None:
            self._record = decode(self.raw)
        return self._record

    def __repr__(self) -> str:
        return f"Saved({self.raw!r}, {self.file!r}, {self.line})"
