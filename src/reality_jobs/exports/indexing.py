"""Building the index beside an export."""

from __future__ import annotations

import sqlite3
import stat
import time
from collections import Counter
from collections.abc import MutableMapping
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from ..errors import CacheError, InvalidRecord
from ..records.columns import Columns, columns
from .candidates import key, second
from .index import APPLICATION, SCHEMA, beside, checksum_of, schema_of, stamp_of
from .output import replacing
from .reading import records
from .saved import Saved

_TABLES: Final = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {SCHEMA};
CREATE TABLE record (
    n INTEGER PRIMARY KEY, offset INTEGER, length INTEGER, checksum INTEGER, lines INTEGER,
    service INTEGER, id INTEGER, itwin_id INTEGER, name INTEGER, email INTEGER, type INTEGER, state INTEGER,
    created_ticks INTEGER);
CREATE TABLE odd (n INTEGER PRIMARY KEY);
CREATE TABLE input_ids (id INTEGER, n INTEGER, PRIMARY KEY (id, n)) WITHOUT ROWID;
CREATE TABLE output_ids (id INTEGER, n INTEGER, PRIMARY KEY (id, n)) WITHOUT ROWID;
CREATE TABLE service (name TEXT);
CREATE TABLE file (size INTEGER, modified INTEGER, checksum INTEGER);
CREATE TEMP TABLE new_input_ids (id INTEGER, n INTEGER);
CREATE TEMP TABLE new_output_ids (id INTEGER, n INTEGER);
BEGIN;
"""
# Ids arrive in no order: sorted first, they fill a tree from left to right. Of the columns those are indexed that tell
# few records from the rest; for the others all rows are read: they are narrow, a million take a tenth of a second.
_INDEXES: Final = """
BEGIN;
INSERT INTO input_ids SELECT DISTINCT id, n FROM new_input_ids ORDER BY id, n;
INSERT INTO output_ids SELECT DISTINCT id, n FROM new_output_ids ORDER BY id, n;
CREATE INDEX record_id ON record (id);
CREATE INDEX record_name ON record (name);
CREATE INDEX record_created_ticks ON record (created_ticks);
COMMIT;
"""
_INSERTS: Final = {
    "record": "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "odd": "INSERT INTO odd VALUES (?)",
    "input_ids": "INSERT INTO new_input_ids VALUES (?, ?)",
    "output_ids": "INSERT INTO new_output_ids VALUES (?, ?)",
}
_Rows = dict[str, list[tuple[int | None, ...]]]
"""What waits to be inserted, by table."""
_UNREAD: Final = (None,) * 8
"""The columns of a record that is odd."""

# What has no places for records, and what would be right.
_PACKED: Final = {
    b"\x1f\x8b": "compressed with gzip, so it cannot be indexed; decompress it first (gunzip)",
    b"\x28\xb5\x2f\xfd": "compressed with zstd, so it cannot be indexed; decompress it first (zstd -d)",
    b"PAR1": "a parquet file, which needs no index",
}

_BLOCK: Final = 1 << 20
_BATCH: Final = 500
_TICK: Final = 0.02
"""Seconds within which a file may change twice and bear one date."""


class Built(NamedTuple):
    """What an index came to: how many records, its own bytes and those of the file."""

    records: int
    size: int
    of: int


def build(path: str, tally: MutableMapping[str, int] | None = None) -> Built:
    """Index a file; the index appears, or changes, when it is complete.

    `tally` counts the records so far, by service. Raises InvalidRecord for a broken place, for a file that changes
    meanwhile and for one that is no plain text; CacheError where something else has the index's name.
    """
    target = beside(path)
    _check_plain(path)
    schema_of(target)
    with Path(path).open("rb") as file, replacing(target) as new:
        stamp = stamp_of(file)
        try:
            with closing(sqlite3.connect(new.name, isolation_level=None)) as connection:
                count = _fill(connection, path, file, {} if tally is None else tally)
                time.sleep(min(_TICK, max(0.0, _TICK - time.time() + stamp[1] / 1e9)))
                with Path(path).open("rb") as again:
                    if stamp_of(again) != stamp:
                        raise InvalidRecord("the file changed while it was indexed", None, path)
                connection.execute("INSERT INTO file VALUES (?, ?, ?)", stamp)
        except sqlite3.Error as error:
            raise CacheError(str(target), f"it cannot be written ({error})") from error
    return Built(count, target.stat().st_size, stamp[0])


def _fill(connection: sqlite3.Connection, path: str, file: BinaryIO, tally: MutableMapping[str, int]) -> int:
    connection.executescript(_TABLES)
    search = _Search(file)
    services: Counter[str | None] = Counter()
    rows: _Rows = {table: [] for table in _INSERTS}
    n = 0
    for n, saved in enumerate(records(path), 1):
        offset = search.find(saved.raw)
        if offset is None:
            raise InvalidRecord("the file changed while it was indexed", None, path)
        row = _row(saved)
        # Numbers near zero take least room.
        place = (n, offset, len(saved.raw), checksum_of(saved.raw), saved.line - n)
        rows["record"].append(place + (_UNREAD if row is None else _keys(row)))
        if row is None:
            rows["odd"].append((n,))
        else:
            services[row.service] += 1
            rows["input_ids"] += [(key(text), n) for text in row.input_ids]
            rows["output_ids"] += [(key(text), n) for text in row.output_ids]
        if n % _BATCH == 0:
            _insert(connection, rows)
            tally.update(_named(services))
    _insert(connection, rows)
    tally.update(_named(services))
    connection.executemany("INSERT INTO service VALUES (?)", [(name,) for name in services])
    connection.executescript(_INDEXES)
    return n


def _insert(connection: sqlite3.Connection, rows: _Rows) -> None:
    for table, waiting in rows.items():
        connection.executemany(_INSERTS[table], waiting)
        waiting.clear()


def _named(services: Counter[str | None]) -> dict[str, int]:
    return {name or "of no known shape": count for name, count in services.items()}


def _row(saved: Saved) -> Columns | None:
    try:
        return columns(saved.record)
    except InvalidRecord:
        return None


def _keys(row: Columns) -> tuple[int | None, ...]:
    return (
        *[None if text is None else key(text) for text in row[:7]],
        None if row.created_ticks is None else second(row.created_ticks),
    )


class _Search:
    """Where records stand in a file, asked for in its order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._data = b""
        self._offset = 0
        self._position = 0

    def find(self, raw: bytes) -> int | None:
        """Where these bytes come next. What comes before the record may hold them too: they are the same bytes."""
        while (position := self._data.find(raw, self._position)) < 0:
            block = self._file.read(max(_BLOCK, len(raw)))
            if not block:
                return None
            keep = max(self._position, len(self._data) - len(raw) + 1)
            self._data = self._data[keep:] + block
            self._offset += keep
            self._position = 0
        self._position = position + len(raw)
        return self._offset + position


def _check_plain(path: str) -> None:
    if path == "-":
        raise InvalidRecord("standard input cannot be indexed; save it in a file first", None, "<stdin>")
    mode = Path(path).stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InvalidRecord("it is no regular file, so it cannot be indexed; save it in one first", None, path)
    with Path(path).open("rb") as file:
        head = file.read(4)
    for magic, what in _PACKED.items():
        if head.startswith(magic):
            raise InvalidRecord(what, None, path)
