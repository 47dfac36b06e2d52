"""One file: its records one by one, and its broken places."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator
from functools import partial
from itertools import repeat, takewhile
from typing import Final

from ..errors import InvalidRecord
from .decoding import decode, decode_plain, is_empty_page
from .judging import Judge, indexes
from .lines import Lines
from .saved import Found, Saved
from .sources import UnreadableError
from .splitting import split
from .structure import Event, MalformedError, Structure
from .text import Count, Text

_BOM: Final = b"\xef\xbb\xbf"
# What may be no record itself but hold records; to the scanner with it.
_ENVELOPE: Final = re.compile(rb'"(?:jobs?"|[^"]*\\u00[67])')
_CREDIT: Final = 1 << 23
"""Bytes that may be split in vain: an array of small envelopes would be split anew behind each."""

_AGAIN: Final = 1 << 15
"""Bytes after which splitting is tried again where it has failed."""


# A line that nothing indents, and that neither closes nor goes on with a value.
_FRESH_LINE: Final = rb'\n(?:%s)?(?=[^ \t\r\n"}\],:])'


_AT_ONCE: Final = 256
"""Records that are judged at once: behind one that cannot be, the rest of them are judged anew."""

_Value = tuple[bytes, dict[str, object]]


class Reader:
    """The records of one file. Broken places go to `refuse`; if that returns, reading goes on behind them."""

    def __init__(
        self,
        file: str,
        blocks: Iterator[bytes],
        refuse: Callable[[InvalidRecord], object],
        judge: Judge | None = None,
        *,
        count: Count | None = None,
        offset: int = 0,
        cut: bool = False,
    ) -> None:
        """With `count` lines are counted only where one is asked for (see `Text`).

        The blocks begin at an `offset` of the file, and end before its end if they are `cut`.
        """
        self._file = file
        self._refuse = refuse
        self._judge = judge
        self._text = Text(blocks, count, offset)
        self._cut = cut
        self._sound = True
        self._credit = _CREDIT
        self._again = 0

    def read(self) -> Iterator[Saved]:
        """The records that match (all of them without a judge) one by one."""
        for raws, lines, records in self.found():
            yield from map(Saved, raws, repeat(self._file), lines(), records or repeat(None))

    def found(self) -> Iterator[Found]:
        """The same, many at a time."""
        text, lines = self._text, Lines(self._text)
        try:
            while not text.ended or text.position < len(text.data):
                yield from lines.whole() if self._judge is None else lines.judged(self._judge)
                if text.position < len(text.data):
                    yield from self._structure()
        except UnreadableError as error:
            self._refuse(error.at(self._file))

    def _one(self, raw: bytes, record: dict[str, object]) -> Iterator[Found]:
        """A record that stands at the place that was reached, if it matches."""
        text = self._text
        if self._judge is None or self._judge.holds_at(record, self._file, lambda: text.line, self._refuse):
            yield Found([raw], lambda: [text.line], [record])

    def _structure(self) -> Iterator[Found]:
        """The slow road: one value over any number of lines, or one that holds many records."""
        text = self._text
        position = text.position
        if text.data.startswith(_BOM, position):
            position += len(_BOM)
            text.move(position)
            text.bol = position
        structure = Structure(cut=self._cut)
        while True:
            # Where one place is broken the next may be: no guess, which would be dear, until a record proves sound.
            if self._sound and self._credit > 0 and position >= self._again and structure.expects_record():
                reached = yield from self._split(structure, position)
                if reached == position:
                    self._again = position + _AGAIN
                position = reached
            glance = structure.glance(text.data, position) if self._sound else None
            if glance is not None and (value := self._proved(glance)) is not None:
                position = glance.end(1)
                structure.accept()
                yield from self._one(*value)
                if structure.stack:
                    continue
                text.move(position)
                return
            try:
                event, position = structure.run(text.data, position, text.ended)
            except MalformedError as error:
                resumed = self._recover(structure, error)
                if resumed is None:
                    return
                position = resumed
                continue
            if event is Event.MORE:
                position = self._more(structure, position)
            elif event is Event.RECORD:
                text.move(structure.start)
                value = self._value(text.data[structure.start : position])
                structure.start = -1
                self._sound = value is not None
                if value is not None:
                    yield from self._one(*value)
            if event is Event.END or (event is Event.RECORD and not structure.stack):
                text.move(position)
                return

    def _split(self, structure: Structure, position: int) -> Generator[Found, None, int]:
        """Records that follow each other in an array, as many as can be told at once; the position behind them."""
        for begin, end, raws in split(self._text.data, position, structure.state):
            taken = yield from self._taken(structure, begin, end, raws)
            # Before the first one stand a comma and blanks, which the structure does not know of yet.
            position = taken if taken > begin else position
            if taken < end:
                break
        return position

    def _taken(self, structure: Structure, begin: int, end: int, raws: list[bytes]) -> Generator[Found, None, int]:
        """Records between two places, up to one that is an envelope; the position behind the last one that was taken,
        or `begin`."""
        data = self._text.data
        numbers = None if self._judge is None else self._judge.candidates(data, begin, end, raws)
        if numbers == []:
            structure.accept()
            self._credit = _CREDIT
            return end
        place = begin  # behind the last record that was taken
        taken = 0
        while taken < len(raws):
            some = raws[taken : taken + _AT_ONCE]
            decided = yield from self._many(place, some, numbers and _among(numbers, taken, len(some)))
            for raw in some[:decided]:
                place = data.index(b"{", place) + len(raw)
            taken += decided
            if decided:
                structure.accept()
            if decided == len(some):
                continue
            odd = some[decided]
            if _ENVELOPE.search(odd):
                self._credit = min(_CREDIT, self._credit + 4 * (place - begin) - (end - place))
                return place
            place = data.index(b"{", place)
            self._text.move(place)
            value = self._value(odd)
            if value is not None:
                yield from self._one(*value)
            place += len(odd)
            taken += 1
            structure.accept()
        self._credit = _CREDIT
        return end

    def _many(self, place: int, raws: list[bytes], numbers: list[int] | None) -> Generator[Found, None, int]:
        """The matching ones of records from a place on, of those with these numbers; how many could be decided."""
        text = self._text
        text.move(text.data.index(b"{", place))
        if self._judge is None:
            records = list(takewhile(lambda record: record is not None, map(decode_plain, raws)))
            decided = len(records)
            found = Found(raws[:decided], partial(self._lines_of, raws[:decided], raws), records)
        else:
            hits, decided = self._judge.through(raws if numbers is None else [raws[number] for number in numbers])
            if numbers is not None:
                decided = numbers[decided] if decided < len(numbers) else len(raws)
            found = Found(hits, partial(self._lines_of, hits, raws))
        if found.raws:
            yield found
        return decided

    def _lines_of(self, hits: list[bytes], raws: list[bytes]) -> list[int]:
        """The lines of some of the records that begin at the place that was reached."""
        text = self._text
        lines, line, place = [], text.line, text.position
        for raw in raws:
            begin = text.data.index(b"{", place)
            line += text.data.count(b"\n", place, begin)
            lines.append(line)
            line += raw.count(b"\n")
            place = begin + len(raw)
        return [lines[i] for i in indexes(hits, raws)]

    def _proved(self, glance: re.Match[bytes]) -> _Value | None:
        raw = glance[1]
        record = decode_plain(raw)
        if record is None:
            return None
        self._text.move(glance.start(1))
        return raw, record

    def _more(self, structure: Structure, position: int) -> int:
        """Read on; what has been read of a record stays, with the blanks before it, which tell where it belongs."""
        text = self._text
        first = position if structure.start < 0 else structure.start
        text.move(first)
        keep = first if text.indent() is None else text.bol
        text.more(keep)
        self._again = 0
        if structure.start >= 0:
            structure.start -= keep
        return position - keep

    def _value(self, raw: bytes) -> _Value | None:
        """The record in hand; the place is that of its first byte."""
        text = self._text
        try:
            record = decode(raw)
            return None if is_empty_page(record) else (raw, record)
        except MalformedError as error:
            text.move(text.position + error.position)
            self._report(error, error.__cause__)
        return None

    def _report(self, error: MalformedError, cause: BaseException | None = None) -> None:
        text = self._text
        refusal = InvalidRecord(f"column {text.column()}: {error.reason}", None, self._file, text.line)
        refusal.__cause__ = cause
        self._refuse(refusal)

    def _recover(self, structure: Structure, error: MalformedError) -> int | None:
        """Report a broken place and find where to go on: the position of a next record, None for a new start there.

        A record that was cut off is broken where its line ends, though that shows only where the next one begins: at
        the first line that is indented no deeper than the record itself and opens a value.
        """
        text, position = self._text, error.position
        self._sound = False
        begin = max(structure.start, text.position)
        text.move(begin)
        indent = text.indent() if structure.start >= 0 else None
        next_line = re.compile(rb"\n[ \t]{0,%d}(?=[^ \t\r\n])" % len(indent or b""))
        restart = next_line.search(text.data, begin, position + 1)
        if restart is not None and structure.start >= 0 and text.data[restart.end()] in b"{[":
            text.move(begin + len(text.data[begin : restart.start()].rstrip()))
            self._report(MalformedError("the line ends inside a record (truncated?)", text.position))
        else:
            text.move(position)
            self._report(error)
            if structure.start < 0 and structure.stack and text.data.startswith(b"{", position) and structure.resume():
                return position
            if (
                structure.start < 0
                and structure.stack
                and text.indent() == b""
                and text.data.startswith(b"{", position)
            ):
                return None  # what came before was cut off here, and this line opens a record of its own
            restart = self._search(re.compile(_FRESH_LINE % (indent or b"")), position)
            if restart is None:
                return None
        found = restart.end()
        text.move(found)
        opens = text.data[found] == 0x7B and indent is not None and text.indent() == indent
        return found if opens and structure.resume() else None

    def _search(self, line: re.Pattern[bytes], position: int) -> re.Match[bytes] | None:
        text = self._text
        while (match := line.search(text.data, position)) is None:
            keep = max(position, text.data.rfind(b"\n", position))
            if text.data[keep : keep + 1] != b"\n":
                keep = len(text.data)
            if not text.more(keep):
                text.move(len(text.data))
                return None
            position = 0
        return match


def _among(numbers: list[int], first: int, count: int) -> list[int]:
    """Those of the numbers that are among so many from the first one on, counted from it."""
    return [number - first for number in numbers[bisect_left(numbers, first) : bisect_left(numbers, first + count)]]
