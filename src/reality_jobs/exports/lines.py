"""The fast road through a file: lines on which nothing but a record stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Final

from .decoding import HOLDER, decode_plain
from .judging import Judge, indexes
from .saved import Found
from .sources import UnreadableError
from .text import Text

_AT_ONCE: Final = 1 << 16
"""Bytes that are split into lines at once: what stays in the processor's cache is decoded in two thirds of the time."""

_BLANKS: Final = re.compile(rb"[ \t\r\n]*+")

LONG: Final = 1 << 20
"""A line of more bytes is not held to be decoded whole: it may be an array of any length."""


class Lines:
    """Goes on from where the text is, and ends before the first line that is anything else."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._vain = 0
        """Bytes to decode before the next search: else all that follows a record that cannot be judged would be looked
        through again, behind each of them."""

    def judged(self, judge: Judge) -> Iterator[Found]:
        """The fast road with a filter: lines on which nothing but a record stands, as many as are in hand."""
        text = self._text
        if not self._begins(judge):
            return
        while True:
            data, begin = text.data, text.position
            if HOLDER.match(data, begin):
                return
            end = len(data) if text.ended else data.rfind(b"\n", begin) + 1
            searched = judge.search(data, begin, end, text.ended) if end > begin and self._vain <= 0 else None
            if searched is not None:
                hits, starts, end = searched
                if hits:
                    yield Found([hit.strip() for hit in hits], partial(self._at, starts))
                text.skip(end)
            elif end > begin:
                if self._vain <= 0 and judge.searches():
                    self._vain = end - begin
                if end - begin > _AT_ONCE:
                    end = (
                        data.rfind(b"\n", begin, begin + _AT_ONCE) + 1
                        or data.find(b"\n", begin + _AT_ONCE, end) + 1
                        or end
                    )
                records = data[begin:end].split(b"\n")
                if not records[-1]:
                    records.pop()
                judge.decoded += end - begin
                hits, decided = judge.through(records)
                if hits:
                    yield Found([hit.strip() for hit in hits], partial(self._among, hits, records))
                if decided < len(records):
                    end = begin + sum(map(len, records[:decided])) + decided
                    self._vain -= end - begin
                    text.move(end, decided)
                    return
                self._vain -= end - begin
                text.move(end, decided - (not data.endswith(b"\n", begin, end)))
                if end < len(data):
                    continue
            elif len(data) - begin > LONG:
                return
            try:
                # The blanks before the place stay: they tell where it belongs if it turns out to be broken.
                if not text.more(text.position if text.indent() is None else text.bol):
                    return
            except UnreadableError:
                yield from self._in_hand(judge)
                raise

    def _begins(self, judge: Judge) -> bool:
        """Whether the line in hand is one to begin with: else all behind it would be looked at in vain, every time."""
        data = self._text.data
        begin = _BLANKS.match(data, self._text.position).end()  # type: ignore[union-attr]
        end = data.find(b"\n", begin)
        return end < 0 or judge.through([data[begin:end]])[1] == 1

    def _in_hand(self, judge: Judge) -> Iterator[Found]:
        """The lines that a search has left for the next block, which cannot be had."""
        text = self._text
        records = text.data[text.position :].split(b"\n")[:-1]
        hits, _ = judge.through(records)
        if hits:
            yield Found([hit.strip() for hit in hits], partial(self._among, hits, records))

    def _at(self, starts: list[int]) -> list[int]:
        text = self._text
        lines, line, place = [], text.line, text.position
        for start in starts:
            start = _BLANKS.match(text.data, start).end()  # type: ignore[union-attr]  # noqa: PLW2901
            line += text.data.count(b"\n", place, start)
            place = start
            lines.append(line)
        return lines

    def _among(self, hits: list[bytes], records: list[bytes]) -> list[int]:
        return [self._text.line + i for i in indexes(hits, records)]

    def whole(self) -> Iterator[Found]:
        """The fast road: a record a line. Ends before the first line that is anything else."""
        text = self._text
        while not HOLDER.match(text.data, text.position):
            lines = BytesIO(text.data)
            lines.seek(text.position)
            line = b""
            raws: list[bytes] = []
            numbers: list[int] = []
            records: list[dict[str, object]] = []
            for number, line in enumerate(lines, text.line):
                record = decode_plain(line)
                if record is not None:
                    raws.append(line.strip())
                    numbers.append(number)
                    records.append(record)
                elif not line.isspace():
                    break
            else:
                line = b""
            if raws:
                yield Found(raws, numbers.copy, records)
            text.move(lines.tell() - len(line))
            whole = line.endswith(b"\n") or text.ended or len(line) > LONG
            # The blanks before the place stay: they tell where it belongs if it turns out to be broken.
            if (line and whole) or not text.more(text.position if text.indent() is None else text.bol):
                return
