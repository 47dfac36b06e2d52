"""Where records begin and end in JSON text that is too long, or too wide, to be decoded line by line.

A scanner that can stop anywhere and go on with more text. It keeps the grammar of RFC 8259 strictly, so that broken
text is noticed where it breaks; only `NaN` and `Infinity`, which many programs write, are left to the decoding.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from typing import Final

from ..diagnostics import quoted

_WS: Final = rb"[ \t\r\n]*+"
# Escapes are taken on trust here; the decoding judges them.
_CHARACTERS: Final = rb'[^"\\\x00-\x1f]*+(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*+'
_TEXT: Final = rb'"' + _CHARACTERS + rb'"'
_NUMBER: Final = rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_SCALAR: Final = _TEXT + rb"|(?:" + _NUMBER + rb"|true|false|null|NaN|-?Infinity)(?=[ \t\r\n,\]}])"

_BLANK: Final = re.compile(_WS)
_KEY: Final = re.compile(_WS + rb"(" + _TEXT + rb"|\})")
_COLON: Final = re.compile(_WS + rb"(:)")
_VALUE: Final = re.compile(_WS + rb"([{\[\]]|" + _SCALAR + rb")")
_AFTER: Final = re.compile(_WS + rb"([,}\]])")

_UNFINISHED: Final = re.compile(rb'(?:"' + _CHARACTERS + rb"\\?\r?|[-+.0-9A-Za-z]*+)\Z")
_OPEN_TEXT: Final = re.compile(rb'"' + _CHARACTERS)
_LINE_END: Final = re.compile(rb"\\?\r?(?:\n|\Z)")
_FOUND: Final = re.compile(_TEXT + rb'|[^\s,:{}\[\]"]++|[^\s]')

# An object whose brackets close, eight deep at most: a guess that the decoding then proves, ten times as fast as the
# scanner. Beyond the reach a guess would cost too much where it fails.
_REACH: Final = 1 << 15


def _balanced(depth: int) -> bytes:
    inner = rb"|" + _balanced(depth - 1) if depth else b""
    return rb'[{\[](?:[^"{}\[\]]++|' + _TEXT + inner + rb")*+[}\]]"


@cache
def _record(lead: bytes) -> re.Pattern[bytes]:
    """Compiled when it is needed first: that takes as long as starting Python does."""
    return re.compile(_WS + lead + rb"(?=\{)(" + _balanced(8) + rb")")


def _whole(depth: int) -> bytes:
    """A value that keeps the grammar and is all in hand, arrays and objects so many deep."""
    if not depth:
        return _SCALAR
    inner = rb"(?:" + _whole(depth - 1) + rb")" + _WS
    members = rb"(?:" + _TEXT + _WS + rb":" + _WS + inner + rb"(?:," + _WS + rb'(?=")|(?=\})))*+'
    elements = rb"(?:" + inner + rb"(?:," + _WS + rb"(?!\])|(?=\])))*+"
    return _SCALAR + rb"|\{" + _WS + members + rb"\}|\[" + _WS + elements + rb"\]"


@cache
def _members() -> re.Pattern[bytes]:
    """Members of an object, each with the comma behind it."""
    return re.compile(rb"(?:" + _WS + _TEXT + _WS + rb":" + _WS + rb"(?:" + _whole(3) + rb")" + _WS + rb",)*+")


class State(Enum):
    """What may come next: in the words of a message, and as a pattern."""

    KEY_OR_END = "expected a key in double quotes or '}'", _KEY
    KEY = "expected a key in double quotes", _KEY
    COLON = "expected ':' after the key", _COLON
    VALUE_OR_END = "expected a value or ']'", _VALUE
    VALUE = "expected a value", _VALUE
    AFTER = "expected a comma or", _AFTER

    def __init__(self, expected: str, pattern: re.Pattern[bytes]) -> None:
        self.expected = expected
        self.pattern = pattern


class Level(Enum):
    """What stands open, in a record or round records, and what closes it."""

    OBJECT = "an object in a record", "}"
    ARRAY = "an array in a record", "]"
    PAGE = "a page", "}"
    RECORDS = "an array of records", "]"

    def __init__(self, title: str, closer: str) -> None:
        self.title = title
        self.closer = closer


class Event(Enum):
    MORE = "the text in hand is used up"
    RECORD = "a value where a record belongs has ended; it began at `start`"
    END = "the outermost value, no record itself, has ended"


class MalformedError(Exception):
    """Text that is no JSON from this position on."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason, position)
        self.reason = reason
        self.position = position


_VALUE_STATES: Final = (State.VALUE, State.VALUE_OR_END)
_KEY_STATES: Final = (State.KEY, State.KEY_OR_END)


class Structure:
    """One outermost value: a record, an array of records, a page or a detail answer.

    A page is an object with an array `jobs`, a detail answer one with an object `job`, if no `id` came before; they may
    stand wherever a record may. An `id` that comes after is malformed: it would be both. `cut`: the text in hand ends
    where its file goes on.
    """

    def __init__(self, cut: bool = False) -> None:
        self._whole = "line" if cut else "file"
        self.stack: list[Level] = []
        self.state = State.VALUE
        self.start = -1
        """Where the value began that has a record's place; -1 between records."""
        self._floor = 0
        self._identified = False
        self._key = b""
        self._damaged = False

    def resume(self) -> bool:
        """Drop the record that is open and expect the next one; False if none may follow."""
        if self.start >= 0:
            del self.stack[self._floor :]
        self.start = -1
        self.state = State.VALUE
        self._damaged = True
        return bool(self.stack) and self.stack[-1] is Level.RECORDS

    def expects_record(self) -> bool:
        """Whether an array of records is open, and no record in it."""
        return self.start < 0 and bool(self.stack) and self.stack[-1] is Level.RECORDS

    def glance(self, data: bytes, position: int) -> re.Match[bytes] | None:
        """An object in hand that has a record's place next; its extent is group 1. It may be anything but unclosed."""
        if not self.expects_record() and (self.start >= 0 or self.stack or self.state is not State.VALUE):
            return None
        pattern = _record(b"," + _WS if self.state is State.AFTER else b"")
        return pattern.match(data, position, position + _REACH)

    def accept(self) -> None:
        """Take what was seen at a glance as a record."""
        self.state = State.AFTER

    def run(self, data: bytes, position: int, ended: bool) -> tuple[Event, int]:
        """Go on from a position to the next event and its position; raises MalformedError."""
        while True:
            if self.state in _KEY_STATES and self._keys_are_free():
                end = _members().match(data, position).end()  # type: ignore[union-attr]
                if end > position:
                    position, self.state = end, State.KEY
            state = self.state
            match = state.pattern.match(data, position)
            if match is None:
                return self._stuck(data, position, ended)
            begin, position = match.span(1)
            if state in _VALUE_STATES:
                closed = self._value(data, begin)
            elif state is State.AFTER:
                closed = self._after(data, begin)
            elif state is State.COLON:
                self.state = State.VALUE
                continue
            else:
                closed = self._member(data, begin, position)
            if not closed:
                continue
            self.state = State.AFTER
            if self.start >= 0 and len(self.stack) == self._floor:
                return Event.RECORD, position
            if not self.stack:
                return Event.END, position

    def _keys_are_free(self) -> bool:
        """Whether no key of the open object could make an envelope of it, or be an `id` that matters."""
        return self.start >= 0 and (self._identified or len(self.stack) > self._floor + 1)

    def _value(self, data: bytes, begin: int) -> bool:
        """Take a scalar or an opening bracket; whether a value has ended."""
        stack, byte = self.stack, data[begin]
        if byte == 0x5D:
            if self.state is not State.VALUE_OR_END:
                raise self._unexpected(data, begin)
            stack.pop()
            return True
        if self.start < 0 and (not stack or stack[-1] is Level.RECORDS):
            if byte == 0x5B and not stack:
                stack.append(Level.RECORDS)
                self.state = State.VALUE_OR_END
                return False
            self.start, self._floor, self._identified, self._key = begin, len(stack), False, b""
        if byte == 0x7B:
            if self._envelope(b'"job"'):
                self.start, self._floor, self._identified, self._key = begin, len(stack), False, b""
            stack.append(Level.OBJECT)
            self.state = State.KEY_OR_END
            return False
        if byte == 0x5B:
            if self._envelope(b'"jobs"'):
                self.start = -1
                stack.append(Level.RECORDS)
            else:
                stack.append(Level.ARRAY)
            self.state = State.VALUE_OR_END
            return False
        return True

    def _envelope(self, key: bytes) -> bool:
        """Whether the value after this key makes a page of what looked like a record; it is one from now on."""
        if self._key != key or self.start < 0 or self._identified or len(self.stack) != self._floor + 1:
            return False
        if self.stack[-1] is not Level.OBJECT:
            return False
        self.stack[-1] = Level.PAGE
        return True

    def _after(self, data: bytes, begin: int) -> bool:
        level, byte = self.stack[-1], data[begin]
        if byte == 0x2C:
            self.state = State.KEY if level in (Level.OBJECT, Level.PAGE) else State.VALUE
            return False
        if byte != ord(level.closer):
            raise self._unexpected(data, begin)
        self.stack.pop()
        return True

    def _member(self, data: bytes, begin: int, end: int) -> bool:
        """Take a key or the end of an object."""
        if data[begin] == 0x7D:
            if self.state is State.KEY:
                raise self._unexpected(data, begin)
            self.stack.pop()
            return True
        self.state = State.COLON
        in_page = self.stack[-1] is Level.PAGE
        if in_page or len(self.stack) == self._floor + 1:
            self._key = data[begin:end]
            if self._key == b'"id"':
                if in_page:
                    raise MalformedError("an object with both 'jobs' and 'id' is neither a page nor a record", begin)
                self._identified = True
        return False

    def _stuck(self, data: bytes, position: int, ended: bool) -> tuple[Event, int]:
        position = _BLANK.match(data, position).end()  # type: ignore[union-attr]
        if not ended and _UNFINISHED.match(data, position):
            return Event.MORE, position
        at_end = position == len(data)
        between = self.start < 0 and (self.state is State.AFTER or at_end)
        if at_end and self.start < 0 and not self.stack:
            return Event.END, position
        # After damage nobody knows whether the array that was open has ended too.
        if self._damaged and between and (at_end or data[position] in b"{["):
            return Event.END, position
        unfinished = ended and data[position : position + 1] != b'"' and _UNFINISHED.match(data, position)
        if at_end or (unfinished and self.start >= 0):
            end = self.start + len(data[self.start :].rstrip()) if self.start >= 0 else position
            raise MalformedError(f"the {self._whole} ends inside {self._inside()} (truncated?)", end)
        raise self._unexpected(data, position)

    def _inside(self) -> str:
        if self.start >= 0:
            return "a record"
        return Level.PAGE.title if Level.PAGE in self.stack else Level.RECORDS.title

    def _unexpected(self, data: bytes, position: int) -> MalformedError:
        if data[position] == 0x22 and self.state not in (State.COLON, State.AFTER):
            broken = _broken_text(data, position)
            if broken is not None:
                return broken
        expected = self.state.expected
        if self.start < 0 and self.state in _VALUE_STATES:
            expected = "expected a job record (an object)"
        elif self.state is State.AFTER:
            expected += f" '{self.stack[-1].closer}'"
        match = _FOUND.match(data, position)
        found = match[0].decode("utf-8", "replace") if match else ""
        return MalformedError(f"{expected}, found {quoted(found, 40)}", position)


def _broken_text(data: bytes, position: int) -> MalformedError | None:
    """What is wrong with a text that never ends as one."""
    end = _OPEN_TEXT.match(data, position).end()  # type: ignore[union-attr]
    if data[end : end + 1] == b'"':
        return None
    if _LINE_END.match(data, end):
        where = "line" if b"\n" in data[end : end + 3] else "file"
        return MalformedError(f"the {where} ends inside a text (truncated?)", end)
    return MalformedError(f"a control character (U+{data[end]:04X}) inside a text; write it as an escape", end)
