"""Parquet: each record as it was saved, beside the columns that tell which row groups cannot hold a match.

A row is a record, in the order of the input: the canonical columns, `created_at` for people, `odd`, and `raw`. What
the columns mean (as whose records they were read) stands in the file's metadata.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO, Final, Literal

import msgspec

from ..errors import InvalidRecord
from ..nodes import Node
from ..records.columns import columns
from ..schema import Missing, Property
from ..targets.evaluate import Comparable
from ._duckdb import BATCH, VECTOR, Grant, address, connected, failing_as
from .candidates import Columnar, Condition, condition
from .compression import UnreadableError
from .saved import Saved

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_GROUP_ROWS: Final = 10_240
_GROUP_BYTES: Final = "16MiB"

_FETCHED: Final = 256

_MAGIC: Final = b"PAR1"
_KEY: Final = "reality-jobs"

_TABLE: Final = """
CREATE TABLE jobs (
    service VARCHAR, id VARCHAR, itwin_id VARCHAR, name VARCHAR, email VARCHAR, type VARCHAR, state VARCHAR,
    created_ticks BIGINT, input_ids VARCHAR[], output_ids VARCHAR[], odd BOOLEAN, raw VARCHAR
)
"""
_SUMMARY: Final = "SELECT count(*), list(DISTINCT service), coalesce(bool_or(odd), false) FROM jobs"
# A quotient is cut towards zero, but the microsecond of a moment before 1970 is the one that it is in. A dictionary of
# whatever size brings a Bloom filter of the ids with it.
_COPY: Final = f"""
COPY (
    SELECT
        service, id, itwin_id, name, email, type, state, created_ticks,
        make_timestamp((created_ticks - (created_ticks % 10 + 10) % 10) // 10) AS created_at,
        input_ids, output_ids, odd, raw
    FROM jobs
) TO $target (
    FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_GROUP_ROWS}, ROW_GROUP_SIZE_BYTES '{_GROUP_BYTES}',
    DICTIONARY_SIZE_LIMIT {_GROUP_ROWS}, KV_METADATA {{"{_KEY}": $about}}, USE_TMP_FILE false
)
"""  # noqa: S608 - our own numbers
_FILE: Final = "read_parquet(?, file_row_number = true, hive_partitioning = false)"

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class _About(msgspec.Struct, frozen=True):
    """The metadata: how many rows, as which service's they were read (None: by shape), whose they are, any odd ones."""

    format: Literal[1]
    rows: int
    service: str | None
    services: tuple[str | None, ...]
    odd: bool


def write(
    found: Iterable[Saved],
    file: BinaryIO,
    refuse: Callable[[InvalidRecord], object],
    service: str | None = None,
) -> int:
    """Write the records into a file that has just been opened by its name, as `replacing` does; how many they are.

    A record that has no place in columns, with a value of the wrong type, goes to `refuse`; if that returns, the record
    is left out. What does not fit into memory waits in a directory beside the file, so there must be room for all of
    the records there. Raises ImportError where duckdb is not installed.
    """
    target = Path(file.name)
    beside = target.parent if target.is_file() else None
    with (
        TemporaryDirectory(prefix=f"{target.name[:60]}.", dir=beside) as spill,
        # With one thread rows stay in their order anyway, and only without this promise are row groups cut by bytes.
        closing(connected(spill, preserve_insertion_order=False)) as connection,
        failing_as(_unwritable),
    ):
        _fill(connection, found, refuse, service)
        return _copy(connection, str(target), service)


def read(
    path: str, node: Node | None = None, missing: Missing = "error", service: str | None = None
) -> Iterator[tuple[bytes, int]]:
    """The records of a parquet file that `write` made, in their order, and their numbers from 1.

    With a filter those that may match: row groups without any are skipped, and the predicate that is compiled with the
    same `missing` and `service` has yet to judge every record that comes. Raises OSError for a file that cannot be
    opened, UnreadableError for one that is damaged or of another kind, or where duckdb is not installed.
    """
    _check_ends(path)
    place = address(path)
    try:
        connection = connected()
    except ImportError as error:
        raise UnreadableError("parquet; pip install 'reality-jobs[parquet]' to read it") from error
    with closing(connection), failing_as(_damaged):
        about = _about(connection, place)
        # Without what the columns mean nothing can be said about rows.
        asked = None if about is None or node is None else _candidates(about, place, node, missing, service)
        where = asked or Condition("TRUE")
        sql = f"SELECT coalesce(encode(raw), encode('null')), file_row_number + 1 FROM {_FILE} WHERE {where.sql}"  # noqa: S608 - our own text
        rows = connection.execute(sql, (place, *where.params))
        while batch := rows.fetchmany(_FETCHED):
            yield from batch


def _unwritable(reason: str) -> OSError:
    return OSError(errno.EIO, f"parquet cannot be written ({reason})")


def _damaged(reason: str) -> UnreadableError:
    return UnreadableError(f"damaged parquet data ({reason})")


def _fill(
    connection: DuckDBPyConnection,
    found: Iterable[Saved],
    refuse: Callable[[InvalidRecord], object],
    service: str | None,
) -> None:
    """Put the records into a table."""
    connection.execute(_TABLE)
    grant = Grant(connection)
    rows = pending = 0
    with connection.appender("jobs") as jobs:
        for saved in found:
            try:
                each = row(saved, service)
            except InvalidRecord as error:
                refuse(error.at(saved.file, saved.line))
                continue
            jobs.append_row(*each)
            rows += 1
            pending += len(saved.raw)
            if rows % VECTOR == 0 or pending > BATCH:
                grant(pending, rows)
                jobs.flush()
                pending = 0


def row(saved: Saved, service: str | None) -> tuple[object, ...]:
    """The values of a row of the table. Raises InvalidRecord."""
    values = columns(saved.record, service)
    raw = saved.raw.decode()
    # Halves of surrogate pairs come from such escapes only.
    if "\\u" in raw and (whole := tuple(map(_replaced, values))) != values:
        return (*whole, True, raw)
    return (*values, False, raw)


def _replaced(value: object) -> object:
    """With replacement characters for what no UTF-8 can hold."""
    if isinstance(value, tuple):
        return tuple(map(_replaced, value))
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value


def _copy(connection: DuckDBPyConnection, target: str, service: str | None) -> int:
    """Write the table into a file; how many records it holds."""
    ((rows, services, odd),) = connection.execute(_SUMMARY).fetchall()
    about = _About(1, rows, service, tuple(services or ()), odd)
    connection.execute(_COPY, {"target": target, "about": msgspec.json.encode(about).decode()})
    return int(rows)


def _check_ends(path: str) -> None:
    """Raises UnreadableError for a file that is no parquet, or only the beginning of one."""
    with Path(path).open("rb") as file:
        begin = file.read(len(_MAGIC))
        file.seek(max(0, file.seek(0, os.SEEK_END) - len(_MAGIC)))
        end = file.read()
    if begin != _MAGIC:
        raise UnreadableError("no parquet file")
    if end != _MAGIC:
        raise UnreadableError("the parquet data end too early (truncated?)")


def _about(connection: DuckDBPyConnection, place: str) -> _About | None:
    """What the file says of itself; None where its rows are not those any more. Raises UnreadableError for no jobs."""
    found = connection.execute("SELECT name FROM parquet_schema(?) WHERE type = 'BYTE_ARRAY'", (place,))
    if ("raw",) not in found.fetchall():
        raise UnreadableError("parquet without the records in a column 'raw'; reality-jobs convert makes it with them")
    ((rows,),) = connection.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", (place,)).fetchall()
    found = connection.execute("SELECT value FROM parquet_kv_metadata(?) WHERE decode(key) = ?", (place, _KEY))
    for (value,) in found.fetchall():
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            about = msgspec.json.decode(value, type=_About)
            return about if about.rows == rows else None
    return None


def _candidates(about: _About, place: str, node: Node, missing: Missing, service: str | None) -> Condition | None:
    """What holds of every row that may match; None where that may be any row."""
    if about.service not in (None, service):
        return None
    return condition(node, _Rows(place, about.odd), missing, service, about.services)


class _Rows(Columnar):
    """The rows of one file, ids in lists asked for in the ways that were the fastest."""

    def __init__(self, place: str, odd: bool) -> None:
        self._place = place
        self.odd = Columnar.odd if odd else Condition("FALSE")

    def equals(self, property: Property, values: Sequence[Comparable]) -> Condition | None:
        usual = super().equals(property, values)
        if usual is None or not property.collection:
            return usual
        if len(values) == 1:
            return Condition(f"list_contains({property.column}, ?)", (values[0],))
        # A list looked for in a list costs both their lengths for each row.
        members = f"SELECT file_row_number AS n, unnest({property.column}) AS one FROM {_FILE}"  # noqa: S608 - our names
        sql = f"file_row_number IN (SELECT n FROM ({members}) WHERE one IN (SELECT unnest(?)))"  # noqa: S608
        return Condition(sql, (self._place, list(values)))
