"""What runs in Spark's Python workers: files and lines to records, records to rows, over batches of Arrow.

The records are read by `exports` and laid out by `records.columns`, so that they mean what they mean everywhere.
"""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple
from urllib.parse import unquote

import pyarrow as pa

from ..errors import InvalidRecord, Unanswerable
from ..exports.judging import Judge
from ..exports.parquet import row as row_of
from ..exports.saved import Saved
from ..exports.sources import text_blocks
from ..exports.values import Reader
from ..filters import Filter
from ..records import Job
from ..schema import Missing

Batches = Iterator[pa.RecordBatch]
Refuse = Callable[[InvalidRecord], object]
Source = Callable[[Batches, Refuse, Judge | None], Iterator[Saved]]

_TEXT: Final = pa.string()
_IDS: Final = pa.list_(_TEXT)
ROWS: Final = pa.schema(
    [
        *((name, _TEXT) for name in ("service", "id", "itwin_id", "name", "email", "type", "state")),
        ("created_ticks", pa.int64()),
        ("created_at", pa.timestamp("us", "UTC")),
        ("input_ids", _IDS),
        ("output_ids", _IDS),
        ("odd", pa.bool_()),
        ("raw", _TEXT),
    ]
)
FOUND: Final = pa.schema([("raw", pa.binary()), ("error", pa.binary())])

_MOST_ROWS: Final = 1_000
_MOST_BYTES: Final = 4 << 20


class Wanted(NamedTuple):
    """What records are asked for, and how; `skips` goes on behind a broken place."""

    where: Filter
    service: str | None
    missing: Missing
    skips: bool


def rows(source: Source, service: str | None, batches: Batches) -> Batches:
    """Every record as a row of the canonical columns. Raises InvalidRecord, which fails the task."""
    return _batched((_row(saved, service) for saved in source(batches, _stop, None)), ROWS)


def found(source: Source, wanted: Wanted, batches: Batches) -> Batches:
    """The matching records as they were saved, and errors, pickled, at the places where they came up."""
    return _batched(_outcomes(source, wanted, batches), FOUND)


def judged(wanted: Wanted, batches: Batches) -> Batches:
    """The same of rows (`service`, `raw`, `file`, `number`), each record read as the service's that its row names."""
    return _batched(_row_outcomes(wanted, batches), FOUND)


def whole(batches: Batches, refuse: Refuse, judge: Judge | None) -> Iterator[Saved]:
    """The records of files (`path`, `content`), of any shape, compressed or not."""
    for batch in batches:
        for path, content in zip(batch["path"], batch["content"], strict=True):
            file = shown(path.as_py())
            read = io.BytesIO(content.as_buffer()).read
            yield from Reader(file, text_blocks(read), refuse, judge).read()


def lines(limit: int, batches: Batches, refuse: Refuse, judge: Judge | None) -> Iterator[Saved]:
    """The records of lines (`value`, `path`, `start`: where in the file the block began that Spark read them from)."""
    for (path, start), pieces in groupby(_pieces(batches), itemgetter(0)):
        place = _Place(shown(unquote(path)), start, limit)
        blocks = (piece for _, piece in pieces)
        reader = Reader(place.file, blocks, partial(_refuse_at, place, refuse), judge)
        try:
            yield from reader.read()
        except Unanswerable as error:
            raise Unanswerable(error.property, error.service, place.file, None if start else error.line) from error


class _Place(NamedTuple):
    """Where lines come from: line numbers are those of the file only in its first block."""

    file: str
    start: int
    limit: int

    def of(self, error: InvalidRecord) -> InvalidRecord:
        reason = f"{error.reason}; what is larger than {self.limit:,} bytes is read line by line"
        if self.start:
            reason = f"line {error.line} of those that begin behind byte {self.start:,}: {reason}"
        placed = InvalidRecord(reason, error.path, self.file, None if self.start else error.line)
        placed.__cause__ = error
        return placed


def _refuse_at(place: _Place, refuse: Refuse, error: InvalidRecord) -> None:
    refuse(place.of(error))


def _pieces(batches: Batches) -> Iterator[tuple[tuple[str, int], bytes]]:
    """Lines of one block of one file that came together, as text."""
    for batch in batches:
        places = zip(batch["path"].to_pylist(), batch["start"].to_pylist(), strict=True)
        values = zip(places, batch["value"].to_pylist(), strict=True)
        for place, group in groupby(values, itemgetter(0)):
            yield place, b"".join([value + b"\n" for _, value in group])


def _row(saved: Saved, service: str | None) -> tuple[object, ...]:
    try:
        *columns, inputs, outputs, odd, raw = row_of(saved, service)
    except InvalidRecord as error:
        raise error.at(saved.file, saved.line) from error
    ticks = columns[-1]
    return (*columns, ticks // 10 if isinstance(ticks, int) else None, inputs, outputs, odd, raw)


def _outcomes(source: Source, wanted: Wanted, batches: Batches) -> Iterator[tuple[bytes | None, bytes | None]]:
    errors: list[InvalidRecord] = []
    judge = Judge(wanted.where, wanted.service, wanted.missing)
    try:
        for saved in source(batches, errors.append if wanted.skips else _stop, judge):
            yield from _told(errors)
            yield saved.raw, None
    except (InvalidRecord, Unanswerable) as error:
        yield None, pickle.dumps(error)
    yield from _told(errors)


def _row_outcomes(wanted: Wanted, batches: Batches) -> Iterator[tuple[bytes | None, bytes | None]]:
    holds = wanted.where.predicate(missing=wanted.missing)
    for batch in batches:
        for service, raw, file, number in zip(*(batch[name].to_pylist() for name in _PLACED), strict=True):
            saved = Saved(raw, shown(unquote(file)), number + 1)
            try:
                if holds(Job.of(saved.record, wanted.service or service)):
                    yield raw, None
            except InvalidRecord as error:
                yield None, pickle.dumps(error if error.file else error.at(saved.file, saved.line))
                if not wanted.skips:
                    return
            except Unanswerable as error:
                yield None, pickle.dumps(Unanswerable(error.property, error.service, saved.file, saved.line))
                return


_PLACED: Final = ("service", "raw", "file", "number")


def _told(errors: list[InvalidRecord]) -> Iterator[tuple[None, bytes]]:
    while errors:
        yield None, pickle.dumps(errors.pop(0))


def _stop(error: InvalidRecord) -> None:
    raise error


def _batched(values: Iterable[tuple[object, ...]], schema: pa.Schema) -> Batches:
    """Rows in batches that are small, whatever the records are."""
    some: list[tuple[object, ...]] = []
    size = 0
    for value in values:
        some.append(value)
        size += sum(len(part) for part in value if isinstance(part, str | bytes))
        if len(some) == _MOST_ROWS or size > _MOST_BYTES:
            yield _batch(some, schema)
            some, size = [], 0
    if some:
        yield _batch(some, schema)


def _batch(some: list[tuple[object, ...]], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [pa.array(values, field.type) for values, field in zip(zip(*some, strict=True), schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def shown(path: str) -> str:
    """A file of this machine as people write it."""
    return re.sub("^file:/+", "/", path)
