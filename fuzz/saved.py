"""Invariant: a filter over a file finds the same records, however little of them is decoded.

- What is decoded in part, and what a search for the filter's literals has passed over, gives what `strict` gives: of a
  file in which nothing is broken the same records; of its errors at least those that a match depends on.
- An end that is cut off is told, whatever is passed over.
- However broken the file is: what comes out is UTF-8 and stands in it, on its line, in order.
- How the file arrives (at once, in small pieces) changes nothing.

Input: a filter, and behind the first line break the bytes of a file; an input whose first line is no filter is passed
over.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Iterator
from typing import Final, NamedTuple

from driver import decoded, fuzz, instrumented

with instrumented():
    from reality_jobs import Filter, InvalidFilter, InvalidRecord, Unanswerable, parse
    from reality_jobs.exports import judging
    from reality_jobs.exports.judging import Judge
    from reality_jobs.exports.values import Reader

_SAMPLES: Final = (1 << 62, 0)
"""Bytes before the search begins: never, and at once."""
judging._WORTH_IT = 2  # type: ignore[misc]


class _Outcome(NamedTuple):
    found: list[tuple[bytes, int]]
    errors: list[tuple[int | None, str]]
    stopped: str | None


def check(data: bytes) -> Hashable:
    text, _, content = data.partition(b"\n")
    try:
        where = parse(decoded(text))
    except InvalidFilter:
        return None
    pieces = 1 + zlib.crc32(data) % 200
    strict = _read(content, where, strict=True)
    _check_places(content, strict)
    assert _read(content, where, pieces, strict=True) == strict, f"in pieces of {pieces} bytes"
    all_of_it = _read(content, None)
    whole = not all_of_it.errors
    cut_off = [error for error in all_of_it.errors if "the file ends inside" in error[1]]
    for sample in _SAMPLES:
        judging.SAMPLE = sample  # type: ignore[misc]
        for size in (len(content) + 1, pieces):
            got = _read(content, where, size)
            _check_places(content, got)
            if whole or cut_off == all_of_it.errors:
                assert (got.found, got.stopped) == (strict.found, strict.stopped), f"in pieces of {size} bytes"
                rest = iter(strict.errors)
                assert all(error in rest for error in got.errors), f"{got.errors} but {strict.errors}"
                assert got.stopped or not cut_off or got.errors[-1:] == cut_off, "cut off, and not told"
            if whole and sample:
                assert got.errors == strict.errors
    return len(all_of_it.found) > 1, min(len(strict.found), 3), whole, len(strict.errors) > 0, strict.stopped is None


def _read(content: bytes, where: Filter | None, pieces: int | None = None, *, strict: bool = False) -> _Outcome:
    errors: list[InvalidRecord] = []
    found = []
    stopped = None
    judge = None if where is None else Judge(where, None, "error", strict)
    try:
        for saved in Reader("x", _blocks(content, pieces or len(content) + 1), errors.append, judge).read():
            found.append((saved.raw, saved.line))
    except Unanswerable as error:
        stopped = str(error)
    return _Outcome(found, [(error.line, _reason(error)) for error in errors], stopped)


def _reason(error: InvalidRecord) -> str:
    """What stands there instead is told as far as it is in hand."""
    return error.reason.partition(", found")[0]


def _blocks(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def _check_places(content: bytes, got: _Outcome) -> None:
    lines = content.split(b"\n")
    position = 0
    for raw, line in got.found:
        raw.decode()
        at = content.find(raw, max(position, sum(map(len, lines[: line - 1])) + line - 1))
        assert at >= 0, f"{raw!r} is not in the input, or not there"
        assert content.count(b"\n", 0, at) == line - 1, f"{raw!r} is not on line {line}"
        position = at + len(raw)


if __name__ == "__main__":
    fuzz(__file__, check)
