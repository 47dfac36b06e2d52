"""One file: its records one by one, and its broken places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from itertools import repeat
from typing import Final, NamedTuple

from ..errors import InvalidRecord, Unanswerable
from .decoding import decode, decode_plain, is_empty_page
from .judging import Judge, indexes
from .saved import Saved
from .sources import UnreadableError
from .structure import Event, MalformedError, Structure
from .text import Count, Text

_BOM: Final = b"\xef\xbb\xbf"
_LONG: Final = 1 << 20
"""A line of more bytes is not held to be decoded whole: it may be an array of any length."""

# A line that nothing indents, and that neither closes nor goes on with a value.
_FRESH_LINE: Final = rb'\n(?:%s)?(?=[^ \t\r\n"}\],:])'


class Found(NamedTuple):
    """Records that follow each other; `records` where they were decoded, `lines` where lines are counted."""

    raws: list[bytes]
    lines: Sequence[int]
    records: Sequence[dict[str, object] | None] | None = None


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
    ) -> None:
        self._file = file
        self._refuse = refuse
        self._judge = judge
        self._text = Text(blocks, count, offset)
        self._numbered = count is None
        self._sound = True

    def read(self) -> Iterator[Saved]:
        """The records that match (all of them without a judge) one by one."""
        for raws, lines, records in self.found():
            yield from map(Saved, raws, repeat(self._file), lines, records or repeat(None))

    def found(self) -> Iterator[Found]:
        """The same, many at a time; without lines where these are counted only for errors."""
        text = self._text
        try:
            while not text.ended or text.position < len(text.data):
                yield from self._lines() if self._judge is None else self._judged_lines(self._judge)
                if text.position < len(text.data):
                    for saved in self._structure():
                        if self._judge is None or self._holds(self._judge, saved):
                            yield Found([saved.raw], [saved.line], [saved.record])
        except UnreadableError as error:
            refusal = InvalidRecord(error.reason, None, self._file)
            refusal.__cause__ = error
            self._refuse(refusal)

    def _holds(self, judge: Judge, saved: Saved) -> bool:
        try:
            return judge.holds(saved.record)
        except Unanswerable as error:
            raise Unanswerable(error.property, error.service, saved.file, saved.line) from error
        except InvalidRecord as error:
            placed = InvalidRecord(error.reason, error.path, saved.file, saved.line)
            placed.__cause__ = error
            self._refuse(placed)
            return False

    def _judged_lines(self, judge: Judge) -> Iterator[Found]:
        """The fast road with a filter: lines on which nothing but a record stands, as many as are in hand."""
        text = self._text
        while True:
            data, begin = text.data, text.position
            end = len(data) if text.ended else data.rfind(b"\n", begin) + 1
            if end > begin and (searched := judge.search(data, begin, end, text.ended)) is not None:
                hits, starts, end = searched
                lines = [text.line + data.count(b"\n", begin, start) for start in starts] if self._numbered else []
                text.skip(end)
                if hits:
                    yield Found([hit.strip() for hit in hits], lines)
            elif end > begin:
                records = data[begin:end].split(b"\n")
                hits, decided = judge.through(records)
                lines = [text.line + i for i in indexes(hits, records)] if self._numbered else []
                done = decided == len(records)
                text.move(end if done else begin + sum(map(len, records[:decided])) + decided, decided - done)
                if hits:
                    yield Found([hit.strip() for hit in hits], lines)
                if not done:
                    return
            elif len(data) - begin > _LONG:
                return
            # The blanks before the place stay: they tell where it belongs if it turns out to be broken.
            if not text.more(text.position if self._indent() is None else text.bol):
                return

    def _lines(self) -> Iterator[Found]:
        """The fast road: a record a line. Ends before the first line that is anything else."""
        text = self._text
        while True:
            lines = BytesIO(text.data)
            lines.seek(text.position)
            line = b""
            for number, line in enumerate(lines, text.line):
                record = decode_plain(line)
                if record is not None:
                    yield Found([line.strip()], [number], [record])
                elif not line.isspace():
                    break
            else:
                line = b""
            text.move(lines.tell() - len(line))
            whole = line.endswith(b"\n") or text.ended or len(line) > _LONG
            # The blanks before the place stay: they tell where it belongs if it turns out to be broken.
            if (line and whole) or not text.more(text.position if self._indent() is None else text.bol):
                return

    def _structure(self) -> Iterator[Saved]:
        """The slow road: one value over any number of lines, or one that holds many records."""
        text = self._text
        position = text.position
        if text.data.startswith(_BOM, position):
            position += len(_BOM)
            text.move(position)
            text.bol = position
        structure = Structure()
        while True:
            # Where one place is broken the next may be: no guess, which would be dear, until a record proves sound.
            glance = structure.glance(text.data, position) if self._sound else None
            if glance is not None and (saved := self._proved(glance)) is not None:
                position = glance.end(1)
                structure.accept()
                yield saved
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
                saved = self._value(text.data[structure.start : position])
                structure.start = -1
                self._sound = saved is not None
                if saved is not None:
                    yield saved
            if event is Event.END or (event is Event.RECORD and not structure.stack):
                text.move(position)
                return

    def _proved(self, glance: re.Match[bytes]) -> Saved | None:
        raw = glance[1]
        record = decode_plain(raw)
        if record is None:
            return None
        self._text.move(glance.start(1))
        return Saved(raw, self._file, self._text.line, record)

    def _more(self, structure: Structure, position: int) -> int:
        """Read on; what has been read of a record stays, with the blanks before it, which tell where it belongs."""
        text = self._text
        first = position if structure.start < 0 else structure.start
        text.move(first)
        keep = first if self._indent() is None else text.bol
        text.more(keep)
        if structure.start >= 0:
            structure.start -= keep
        return position - keep

    def _indent(self) -> bytes | None:
        """The blanks before the place if it is the first thing on its line, else None."""
        text = self._text
        if text.bol < 0:
            return None
        before = text.data[text.bol : text.position]
        return None if before.strip(b" \t") else before

    def _value(self, raw: bytes) -> Saved | None:
        """The record in hand; the place is that of its first byte."""
        text = self._text
        line = text.line
        try:
            record = decode(raw)
            return None if is_empty_page(record) else Saved(raw, self._file, line, record)
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
        indent = self._indent() if structure.start >= 0 else None
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
                and self._indent() == b""
                and text.data.startswith(b"{", position)
            ):
                return None  # what came before was cut off here, and this line opens a record of its own
            restart = self._search(re.compile(_FRESH_LINE % (indent or b"")), position)
            if restart is None:
                return None
        found = restart.end()
        text.move(found)
        opens = text.data[found] == 0x7B and indent is not None and self._indent() == indent
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
