"""Invariant: whatever a file holds, reading it as saved jobs ends, and gives records and InvalidRecord, nothing else.

- The bytes of a record stand in the file, on its line, in order; they hold just that record, or what a page wraps.
- `skip` gives what a function that takes the errors gives; `stop` gives the same up to the first error.
- How the file arrives (at once, in small pieces, in gzip) changes nothing.
- A filter keeps exactly those records that it holds of.
- Of a file of records one a line no good line is lost, however broken or cut off the lines round it are. (Only inside a
  value over several lines may one be. So this looks at those lines of the input that open an object; what follows a
  record on its line could close one that was cut off before, and is left out.)

Input: the bytes of a file.
"""

from __future__ import annotations

import gzip
import io
import json
import logging
import math
import re
import sys
import zlib
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Final

from driver import fuzz, instrumented

with instrumented():
    from reality_jobs import InvalidRecord, Job, parse, read_export
    from reality_jobs.exports import Saved, records

logging.getLogger("reality_jobs").addHandler(logging.NullHandler())

_GZIP: Final = b"\x1f\x8b"
_FILTER: Final = parse("name ne 'a' and createdDateTime lt 2025-01-01T00:00:00Z or state eq 'success'")
_Found = tuple[list[Saved], list[InvalidRecord]]


def check(data: bytes) -> Hashable:
    saved, errors = found = _read(data)
    _check_places(_inflated(data), saved)
    _check_ways(data, found)
    if not data.startswith(_GZIP):
        pieces = 1 + zlib.crc32(data) % 40
        assert _outline(_read(data, pieces)) == _outline(found), f"in pieces of {pieces} bytes"
        assert _outline(_read(gzip.compress(data, 1))) == _outline(found), "in gzip"
    _check_filter(data, saved)
    lost = _check_lines(data)
    reasons = [re.sub(r"[0-9]+|'.*'", "", error.reason) for error in errors]
    return min(len(saved), 5), tuple(reasons[:4]), lost


def _read(data: bytes, pieces: int | None = None) -> _Found:
    errors: list[InvalidRecord] = []
    with _standard_input(data, pieces):
        saved = list(records("-", on_error=errors.append))
    for error in errors:
        assert error.file == "<stdin>"
        assert str(error).isprintable(), f"not for a terminal: {str(error)!r}"
    return saved, errors


def _check_places(data: bytes, saved: list[Saved]) -> None:
    lines = data.split(b"\n")
    position = 0
    for one in saved:
        at = data.find(one.raw, position)
        assert at >= 0, f"{one.raw!r} is not in the input, or not there"
        position = at + len(one.raw)
        assert one.raw.split(b"\n")[0] in lines[one.line - 1], f"{one.raw!r} is not on line {one.line}"
        assert json.loads(one.raw.decode(), parse_float=_real, parse_int=_whole) == one.record


def _real(digits: str) -> float | Decimal:
    number = float(digits)
    return Decimal(digits) if math.isinf(number) else number


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < 4_000 else Decimal(digits)


def _check_ways(data: bytes, found: _Found) -> None:
    saved, errors = found
    with _standard_input(data):
        skipping = list(read_export("-", on_error="skip"))
    assert skipping == [Job.of(one.record) for one in saved]
    before: list[Saved] = []
    stopped: InvalidRecord | None = None
    with _standard_input(data):
        try:
            before.extend(records("-"))
        except InvalidRecord as error:
            stopped = error
    assert str(stopped) == str(errors[0]) if errors else stopped is None
    assert before == saved[: len(before)]
    assert errors or len(before) == len(saved)


def _check_filter(data: bytes, saved: list[Saved]) -> None:
    with _standard_input(data):
        kept = list(records("-", _FILTER, missing="null", on_error="skip"))
    assert kept == [one for one in saved if _holds(one.record)]


def _holds(record: dict[str, object]) -> bool:
    try:
        return _FILTER.matches(record, missing="null")
    except InvalidRecord:
        return False


def _check_lines(data: bytes) -> int:
    kept = [line for line in data.split(b"\n") if _sort(line) != "other"]
    good = [(number, line.strip()) for number, line in enumerate(kept, 1) if _sort(line) == "good"]
    text = b"\n".join([*kept, b""])
    saved, _ = _read(text)
    there = {(one.line, one.raw) for one in saved}
    lost = [line for line in good if line not in there]
    assert not lost, f"of {text!r} these were lost: {lost}"
    return min(len(kept) - len(good), 3)


def _sort(line: bytes) -> str:
    """Whether a line that opens an object is a good record, broken in itself, cut off, or something else."""
    if not line.strip(b" \t\r"):
        return "blank"
    if not line.startswith(b"{") or line.startswith(b"{\0"):  # the latter is taken for UTF-16
        return "other"
    try:
        value = json.loads(line.decode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        # The reader judges escapes last, so it may see more of such a line.
        if b"job" in line:
            return "other"  # a page that is cut off may go on in the next line: nobody can tell
        return "other" if error.msg.startswith(("Extra data", "Invalid \\")) else "broken"
    except (ValueError, RecursionError):
        return "other"
    if "jobs" in value or "job" in value:
        return "other"
    return "good" if _strict(line, value) else "broken"


def _strict(line: bytes, value: object) -> bool:
    try:
        line.decode()
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


def _outline(found: _Found) -> tuple[list[tuple[int, bytes]], list[int | None]]:
    return [(one.line, one.raw) for one in found[0]], [error.line for error in found[1]]


def _inflated(data: bytes) -> bytes:
    """What is in gzip data, as far as they go; other data as they are."""
    if not data.startswith(_GZIP):
        return data
    inflated = b""
    rest = data
    with suppress(zlib.error):
        while rest:
            member = zlib.decompressobj(wbits=31)
            for at in range(len(rest)):
                inflated += member.decompress(rest[at : at + 1])
                if member.eof:
                    rest = rest[at + 1 :].lstrip(b"\0")
                    break
            else:
                break
    return inflated


class _Trickle(io.RawIOBase):
    """A pipe that holds so many bytes."""

    def __init__(self, data: bytes, pieces: int) -> None:
        self._data = io.BytesIO(data)
        self._pieces = pieces

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._data.read(min(self._pieces, len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)


@contextmanager
def _standard_input(data: bytes, pieces: int | None = None) -> Iterator[None]:
    usual = sys.stdin
    binary = io.BytesIO(data) if pieces is None else io.BufferedReader(_Trickle(data, pieces))
    sys.stdin = io.TextIOWrapper(binary)
    try:
        yield
    finally:
        sys.stdin = usual


if __name__ == "__main__":
    fuzz(__file__, check)
