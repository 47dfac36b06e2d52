"""An index beside an export: which records may match a filter, and where they stand in the file.

An SQLite database that holds short keys in place of texts: it finds candidates, and the filter judges the records
themselves, so a key that two texts share costs a look and never an answer.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from array import array
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from ..errors import CacheError, InvalidRecord
from ..nodes import Node
from ..schema import Missing
from .candidates import Keyed, condition

APPLICATION: Final = 0x524A6978
SCHEMA: Final = 1
"""Another where rows would differ from those that were stored: other tables, other columns, services read otherwise."""
_HEADER: Final = 72

_PLACES: Final = "SELECT offset, length, checksum, n + lines FROM record WHERE {} ORDER BY n LIMIT ?"

_END: Final = 1 << 16
"""Bytes at either end of the file that tell whether it is the same."""
_BLOCK: Final = 1 << 20
_GAP: Final = 1 << 14
"""Bytes between two records that are read rather than leapt over."""
_FEW: Final = 1_000
"""Candidates that are looked at however few records there are."""
_MANY: Final = 250_000
"""Candidates that are held at most; the places of so many take 8 MB."""
_SIGNED: Final = 1 << 31


class Found(NamedTuple):
    """The raw bytes and the line of each candidate, in the file's order; None where the file is to be read instead.

    `reason` says why an index that is there cannot be used at all. The iterator raises CacheError where the index
    proves damaged on the way, InvalidRecord where the file changes.
    """

    records: Iterator[tuple[bytes, int]] | None = None
    reason: str | None = None


def beside(path: str) -> Path:
    """Where the index of a file is."""
    return Path(f"{path}.index")


def drop(path: str) -> bool:
    """Remove the index of a file, which may itself be gone; whether there was one. CacheError for what is no index."""
    target = beside(path)
    if schema_of(target) is None:
        return False
    target.unlink()
    return True


def found(
    path: str, node: Node, *, missing: Missing = "error", service: str | None = None, most: int | None = None
) -> Found:
    """The records that may match, from the index beside the file, if there is one, it fits and using it pays.

    It pays up to `most` candidates: a fifth of the records, where that is not said. OSError leaves as it comes.
    """
    index = beside(path)
    try:
        header = None if path == "-" else schema_of(index)
    except CacheError as error:
        return Found(None, error.reason)
    except OSError as error:
        return Found(None, f"it cannot be read ({(error.strerror or str(error)).lower()})")
    if header is None:
        return Found()
    if header != SCHEMA:
        return Found(None, "another release made it")
    with Path(path).open("rb") as file:
        stamp = stamp_of(file)
    try:
        address = f"{index.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            if connection.execute("SELECT * FROM file").fetchall() != [stamp]:
                return Found(None, "the file has changed since")
            places = _places(connection, node, missing, service, most, stamp[0])
    except (sqlite3.Error, TypeError, ValueError, OverflowError):
        return Found(None, "it is damaged")
    return Found() if places is None else Found(_read(path, stamp, places))


class _Place(NamedTuple):
    """A record in the file: where it begins, its bytes and their checksum, its line."""

    offset: int
    length: int
    checksum: int
    line: int


_WIDTH: Final = len(_Place._fields)


def schema_of(index: Path) -> int | None:
    """The schema of an index; None where there is none. Raises CacheError for what is no index."""
    try:
        with index.open("rb") as file:
            header = file.read(_HEADER)
    except FileNotFoundError:
        return None
    # https://www.sqlite.org/fileformat2.html, section 1.3: user version at 60, application id at 68.
    if not header.startswith(b"SQLite format 3\0") or header[68:] != APPLICATION.to_bytes(4, "big"):
        raise CacheError(str(index), "it is no index of reality-jobs; move it elsewhere")
    return int.from_bytes(header[60:64], "big")


def stamp_of(file: BinaryIO) -> tuple[int, int, int]:
    """What tells whether a file is the same; reading goes on at its start."""
    status = os.fstat(file.fileno())
    head = file.read(_END)
    file.seek(max(0, status.st_size - _END))
    checksum = zlib.crc32(file.read(_END), zlib.crc32(head))
    file.seek(0)
    return status.st_size, status.st_mtime_ns, checksum


def checksum_of(raw: bytes) -> int:
    return zlib.crc32(raw) - _SIGNED


def _places(
    connection: sqlite3.Connection, node: Node, missing: Missing, service: str | None, most: int | None, size: int
) -> array[int] | None:
    """The places of the candidates, one after the other; None where they may be more than pay.

    All are fetched, and looked at, before any is used: an index that is damaged is found out while there is a way back.
    """
    present = [name for (name,) in connection.execute("SELECT name FROM service")]
    where = condition(node, Keyed(), missing, service, present)
    if where is None:
        return None
    if most is None:
        (total,) = connection.execute("SELECT max(n) FROM record").fetchone()
        most = min(_MANY, max(_FEW, (total or 0) // 5))
    places = array("q")
    end = 0
    for place in map(_Place._make, connection.execute(_PLACES.format(where.sql), (*where.params, most + 1))):
        if not end <= place.offset < (end := place.offset + place.length) <= size:
            raise ValueError(place)
        places.extend(place)
    return None if len(places) > most * _WIDTH else places


def _read(path: str, stamp: tuple[int, int, int], places: array[int]) -> Iterator[tuple[bytes, int]]:
    with Path(path).open("rb") as file:
        for run in _runs(_Place(*places[i : i + _WIDTH]) for i in range(0, len(places), _WIDTH)):
            start, end = run[0].offset, run[-1].offset + run[-1].length
            file.seek(start)
            data = file.read(end - start)
            for place in run:
                raw = data[place.offset - start : place.offset - start + place.length]
                if checksum_of(raw) != place.checksum:
                    _check_unchanged(file, stamp, path)
                    raise CacheError(str(beside(path)), f"it is damaged; remove it, or index {path} again")
                yield raw, place.line
        _check_unchanged(file, stamp, path)


def _check_unchanged(file: BinaryIO, stamp: tuple[int, int, int], path: str) -> None:
    status = os.fstat(file.fileno())
    if (status.st_size, status.st_mtime_ns) != stamp[:2]:
        raise InvalidRecord("the file changed while it was read", None, path)


def _runs(places: Iterable[_Place]) -> Iterator[list[_Place]]:
    """Neighbours together, up to a block."""
    run: list[_Place] = []
    for place in places:
        if run and (place.offset - run[-1].offset - run[-1].length > _GAP or place.offset - run[0].offset > _BLOCK):
            yield run
            run = []
        run.append(place)
    if run:
        yield run
