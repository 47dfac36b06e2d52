"""One file: its records one by one, and its broken places."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Final

import msgspec

from ..diagnostics import quoted
from ..errors import InvalidRecord
from ..records.reading import json_kind
from .sources import UnreadableError
from .structure import Event, MalformedError, Structure
from .text import Text

_BOM: Final = b"\xef\xbb\xbf"
_LONG: Final = 1 << 20
"""A line of more bytes is not held to be decoded whole: it may be an array of any length."""

_DECODE: Final = msgspec.json.Decoder().decode
_REFUSED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# A line that nothing indents, and that neither closes nor goes on with a value.
_FRESH_LINE: Final = rb'\n(?:%s)?(?=[^ \t\r\n"}\],:])'


class Saved(msgspec.Struct, frozen=True, gc=False):
    """A record as it was saved: its own bytes, the decoded object, the file and the line (from 1) of its first byte."""

    raw: bytes
    record: dict[str, object]
    file: str
    line: int


class Reader:
    """The records of one file. Broken places go to `refuse`; if that returns, reading goes on behind them."""

    def __init__(self, file: str, blocks: Iterator[bytes], refuse: Callable[[InvalidRecord], object]) -> None:
        self._file = file
        self._refuse = refuse
        self._text = Text(blocks)
        self._sound = True

    def read(self) -> Iterator[Saved]:
        text = self._text
        try:
            while not text.ended or text.position < len(text.data):
                yield from self._lines()
                if text.position < len(text.data):
                    yield from self._structure()
        except UnreadableError as error:
            refusal = InvalidRecord(error.reason, None, self._file)
            refusal.__cause__ = error
            self._refuse(refusal)

    def _lines(self) -> Iterator[Saved]:
        """The fast road: a record a line. Ends before the first line that is anything else."""
        text, file = self._text, self._file
        while True:
            lines = BytesIO(text.data)
            lines.seek(text.position)
            for number, line in enumerate(lines, text.line):
                try:
                    record = _DECODE(line)
                except _REFUSED:
                    if line.isspace():
                        continue
                    break
                if type(record) is not dict or "id" not in record or "jobs" in record or "job" in record:
                    break
                yield Saved(line.strip(), record, file, number)
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
        try:
            record = _DECODE(raw)
        except _REFUSED:
            return None
        if "id" not in record or "jobs" in record or "job" in record:
            return None
        self._text.move(glance.start(1))
        return Saved(raw, record, self._file, self._text.line)

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
            record = _decode(raw)
            return None if _is_empty_page(record) else Saved(raw, record, self._file, line)
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


def _decode(raw: bytes) -> dict[str, object]:
    """A record that is whole; raises MalformedError with a position in it."""
    value = _decode_value(raw)
    if not isinstance(value, dict):
        raise MalformedError(f"expected a job record (an object), found {json_kind(value)}", 0)
    return value


def _is_empty_page(record: dict[str, object]) -> bool:
    """Whether an object is a list answer without a list, as a last page may be. Raises MalformedError for no job."""
    if "id" in record:
        return False
    if isinstance(record.get("error"), dict):
        raise MalformedError("an error answer of a service, no job record", 0)
    if record.get("jobs") is not None:
        raise MalformedError(f"expected an array of jobs, found {json_kind(record['jobs'])}", 0)
    return bool(record) and record.keys() <= {"jobs", "_links"}


def _decode_value(raw: bytes) -> object:
    try:
        return _DECODE(raw)
    except _REFUSED as error:
        refused = error
    try:
        # What msgspec will not have, the halves of surrogate pairs, may stand in names that users typed.
        return json.loads(raw.decode("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise MalformedError(f"a byte that is no UTF-8 (0x{raw[error.start]:02x})", error.start) from error
    except RecursionError as error:
        raise MalformedError("a record that is nested too deeply", 0) from error
    except MalformedError as error:
        raise error from refused
    except json.JSONDecodeError as error:
        raise _wrong_escape(error) from refused
    except ValueError as error:
        raise MalformedError("a number out of range", 0) from error


def _wrong_escape(error: json.JSONDecodeError) -> MalformedError:
    """All that is left where the grammar was kept. `pos` counts characters, for `\\u` from behind the backslash."""
    text = error.doc
    start = error.pos - (text[error.pos] == "u")
    shown = text[start : start + (6 if text[start + 1] == "u" else 2)]
    return MalformedError(f"{quoted(shown)} inside a text is no escape of JSON", len(text[:start].encode()))


def _no_number(name: str) -> float:
    raise MalformedError(f"{name} is no JSON value", 0)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedError(f"the number {quoted(digits, 20)} is out of range", 0)
    return number
