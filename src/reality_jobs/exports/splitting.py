"""Many records of an array at once: where they may end is guessed, and decoding the text up to there is the proof.

A place that is known to stand between the records of an array, and a text from there that reads as a whole array once
brackets stand round it: then its end stands between records too, whatever made us look there. So a wrong guess costs
time and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import itemgetter
from typing import Final

import msgspec

from .structure import State

_FIRST: Final = 1 << 15
_MOST: Final = 1 << 18
"""Bytes for one proof: few at first, so that a failure costs little, and never more than the processor's cache."""

_PROOFS: Final = 4
_ALIKE: Final = 64
_HEAD_REACH: Final = 1 << 12

_BLANK: Final = rb"[ \t\r\n]*+"
_PLACES: Final = {
    State.AFTER: re.compile(_BLANK + b"," + _BLANK + rb"(?=\{)"),
    State.VALUE: re.compile(_BLANK + rb"(?=\{)"),
    State.VALUE_OR_END: re.compile(_BLANK + rb"(?=\{)"),
}
_TEXT: Final = rb'"(?:[^"\\]|\\.){0,100}+"'
# The first key of an object with the blanks round it; then, if its value is a scalar, the second key.
_HEAD: Final = re.compile(
    (rb'(\{~%s~:)(?:~(?:"(?:[^"\\]|\\.)*+"|[-+.0-9A-Za-z]++)~,~(%s))?' % (_TEXT, _TEXT)).replace(b"~", _BLANK)
)
_WHERE: Final = re.compile(r"(trailing characters)? \(byte ([0-9]+)\)\Z")

_prove: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


def split(data: bytes, position: int, state: State) -> Iterator[tuple[int, int, list[bytes]]]:
    """The records at a place of an array where one is next, in this state: where some begin and end, and they.

    As many as can be had so; if that is none, the scanner has to go on. All are objects and keep the grammar, with a
    comma and blanks between them; but they may be envelopes, and texts are not checked for UTF-8.
    """
    size = _FIRST
    head = None
    while place := _PLACES[state].match(data, position, position + _HEAD_REACH):
        begin = place.end()
        head = head or _HEAD.match(data, begin, begin + _HEAD_REACH)
        taken = head and _take(data, begin, size, head)
        if not taken:
            return
        records, end = taken
        yield begin, end, records
        position, state = end, State.AFTER
        if position - begin < size // 4:
            return
        size = min(2 * size, _MOST)


def _take(data: bytes, begin: int, size: int, head: re.Match[bytes]) -> tuple[list[bytes], int] | None:
    """The records that begin here and end within so many bytes, or the first if it alone is longer.

    Where a proof fails for no place that is told (half a surrogate pair is among what has none), less is tried.
    """
    end = _guess(data, begin, begin + size, head)
    if end < 0:
        end = _guess(data, begin, begin + _MOST, head)
    for attempt in range(_PROOFS):
        if end < 0:
            break
        try:
            raws = _prove(b"".join((b"[", memoryview(data)[begin:end], b"]")))
        except (msgspec.DecodeError, RecursionError) as error:
            where = _WHERE.search(str(error))
            if where is None:
                end = _guess(data, begin, begin + (end - begin) // (2 if attempt else 1), head)
            elif where[1]:
                # The array has ended, just before what it complains of.
                end = data.rfind(b"]", begin, begin + int(where[2]) - 2)
            else:
                end = _guess(data, begin, begin + int(where[2]) - 2, head)
        else:
            records = list(map(bytes, raws))
            if set(map(itemgetter(0), records)) != {0x7B}:
                break
            return records, data.rindex(b"}", begin, end) + 1
    return None


def _guess(data: bytes, begin: int, limit: int, head: re.Match[bytes]) -> int:
    """The last comma before the limit behind which an object begins like this one, or -1."""
    first, second = head.groups()
    place = limit
    for _ in range(_ALIKE):
        place = data.rfind(first, begin + 1, place)
        if place < 0:
            break
        alike = _HEAD.match(data, place, place + _HEAD_REACH)
        if alike and alike[2] == second:
            comma = data.rfind(b",", begin, place)
            if comma + 1 == place or data[comma + 1 : place].isspace():
                return comma
    return -1
