"""What is read, in parts that can be read by themselves: files, and ranges of large ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from attrs import field, frozen

from ..errors import InvalidRecord
from .decoding import decode, is_empty_page
from .judging import Judge, indexes
from .saved import Found
from .sources import Kind, UnreadableError, blocks, kind
from .structure import MalformedError
from .values import Reader

RANGE: Final = 1 << 22
"""Bytes of a part of a large file; what it gives is held until what comes before it is written."""

_OVERLAP: Final = 64
"""Bytes before an object in which the end of what comes before it is looked for."""
_BATCH: Final = 256


@frozen
class Part:
    """A file, or of a large one the records between two offsets: `start` and `end` are where they nominally lie.

    `candidates` are the records that an index names, and their lines, where there is one.
    """

    path: str
    start: int = 0
    end: int | None = None
    kind: Kind = "stream"
    candidates: Iterator[tuple[bytes, int]] | None = field(default=None, eq=False)

    @property
    def name(self) -> str:
        return "<stdin>" if self.path == "-" else self.path


def whole(path: str, judge: Judge | None = None, notice: Callable[[str], object] | None = None) -> Part:
    """A file as one part. `notice` is told of an index beside it that cannot be used."""
    candidates = None
    if judge is not None and not judge.strict and Path(f"{path}.index").exists():
        from . import index

        candidates, reason = index.found(path, judge.node, missing=judge.missing, service=judge.service)
        if reason and notice is not None:
            notice(f"{path}.index is not used: {reason}")
    return Part(path, kind=kind(path), candidates=candidates)


def parted(paths: Iterable[str], judge: Judge, notice: Callable[[str], object] | None = None) -> Iterator[Part]:
    """The files in this order, large ones in ranges where that is possible."""
    for path in paths:
        part = whole(path, judge, notice)
        length = Path(path).stat().st_size if part.kind == "plain" else 0
        if length < 2 * RANGE or part.candidates is not None:
            yield part
            continue
        last = length // RANGE * RANGE
        for start in range(0, last, RANGE):
            yield Part(path, start, start + RANGE, "plain")
        yield Part(path, last, None, "plain")


def size(parts: Iterable[Part]) -> int | None:
    """The bytes that are to be read, as far as they can be told: None where a part is compressed, or a pipe."""
    paths = {part.path: part.kind for part in parts if part.candidates is None}
    if any(kind != "plain" for kind in paths.values()):
        return None
    return sum(Path(path).stat().st_size for path in paths)


def read_part(
    part: Part,
    refuse: Callable[[InvalidRecord], object],
    judge: Judge | None,
    *,
    numbered: bool = True,
    passed: Callable[[int], object] = lambda size: None,
) -> Iterator[Found]:
    """The records of a part that match; with their lines if `numbered`. `passed` is told how many bytes go by."""
    if part.candidates is not None:
        yield from _rows(part.candidates, part.name, refuse, judge)
    elif part.kind == "parquet":
        yield from _parquet(part, refuse, judge)
    else:
        yield from _text(part, refuse, judge, numbered, passed)


def _text(
    part: Part,
    refuse: Callable[[InvalidRecord], object],
    judge: Judge | None,
    numbered: bool,
    passed: Callable[[int], object],
) -> Iterator[Found]:
    path, start, end = part.path, part.start, part.end
    if start:
        begin = _boundary(path, start, end)
        if begin is None:
            return
        start = begin
    if end is not None:
        end = _end(path, end)
    # What is skipped is counted afterwards, or as it passes where it cannot be read again.
    count = _newlines(path) if part.kind == "plain" and (start or not numbered) else None
    with closing(blocks(path, start, end)) as source:
        reader = Reader(part.name, _told(source, passed), refuse, judge, count=count, offset=start, cut=end is not None)
        yield from reader.found()


def _parquet(part: Part, refuse: Callable[[InvalidRecord], object], judge: Judge | None) -> Iterator[Found]:
    from . import parquet

    try:
        if judge is None or judge.strict:
            rows = parquet.read(part.path)
        else:
            rows = parquet.read(part.path, judge.node, judge.missing, judge.service)
        yield from _rows(rows, part.name, refuse, judge)
    except UnreadableError as error:
        refuse(error.at(part.name))


def _rows(
    rows: Iterator[tuple[bytes, int]],
    name: str,
    refuse: Callable[[InvalidRecord], object],
    judge: Judge | None,
) -> Iterator[Found]:
    """Records that something else has found, and their lines, judged."""
    while batch := list(islice(rows, _BATCH)):
        raws, lines = [raw for raw, _ in batch], [line for _, line in batch]
        while raws:
            hits, decided = ([], 0) if judge is None else judge.through(raws)
            if hits:
                yield Found(hits, [lines[i] for i in indexes(hits, raws)].copy)
            if decided < len(raws) and _holds(raws[decided], name, lines[decided], refuse, judge):
                yield Found([raws[decided]], [lines[decided]].copy)
            del raws[: decided + 1], lines[: decided + 1]


def _holds(raw: bytes, name: str, line: int, refuse: Callable[[InvalidRecord], object], judge: Judge | None) -> bool:
    try:
        record = decode(raw)
        if "id" not in record and ("jobs" in record or "job" in record or is_empty_page(record)):
            raise MalformedError("expected a job record, found a page", 0)  # noqa: TRY301
    except MalformedError as error:
        refusal = InvalidRecord(error.reason, None, name, line)
        refusal.__cause__ = error
        refuse(refusal)
        return False
    return judge is None or judge.holds_at(record, name, lambda: line, refuse)


def _boundary(path: str, start: int, end: int | None) -> int | None:
    """The first place from `start` on, before `end`, that is surely outside of any value."""
    before = b""
    with closing(blocks(path, max(0, start - _OVERLAP), end)) as source:
        at = max(0, start - _OVERLAP)
        for block in source:
            text = before + block
            newline = text.find(b"\n{")
            while newline >= 0:
                place = at - len(before) + newline + 1
                # Nothing in JSON puts an object right behind the end of another value.
                if place >= start and text[max(0, newline - _OVERLAP) : newline].rstrip(b" \t\r\n")[-1:] in (
                    b"}",
                    b"]",
                ):
                    return place
                newline = text.find(b"\n{", newline + 1)
            at += len(block)
            before = text[-_OVERLAP:]
    return None


def _end(path: str, nominal: int) -> int | None:
    """Where the first part from this offset on that is not empty begins; None at the end of the file."""
    length = Path(path).stat().st_size
    for start in range(nominal, length, RANGE):
        place = _boundary(path, start, start + RANGE if start + RANGE < length else None)
        if place is not None:
            return place
    return None


@lru_cache(maxsize=64)
def _newlines(path: str) -> Callable[[int, int], int]:
    """Counts the line breaks between two offsets; each part of the file once, as long as the offsets grow."""
    known = [(0, 0)]

    def before(offset: int) -> int:
        begin, newlines = known[0] if known[0][0] <= offset else (0, 0)
        with closing(blocks(path, begin, offset)) as source:
            newlines += sum(block.count(b"\n") for block in source)
        known[0] = (offset, newlines)
        return newlines

    def count(begin: int, end: int) -> int:
        newlines = before(begin)
        return before(end) - newlines

    return count


def _told(source: Iterator[bytes], passed: Callable[[int], object]) -> Iterator[bytes]:
    for block in source:
        passed(len(block))
        yield block
