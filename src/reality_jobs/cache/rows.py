"""A job as a cache holds it: its key, its columns, its record as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from math import isfinite
from sqlite3 import DatabaseError
from typing import Final, NamedTuple

import msgspec

from ..errors import InvalidRecord
from ..records import Job
from ..records.columns import Columns, columns
from ..schema import normalise_identifier

Key = tuple[str, str]
"""Service and normalised id."""


class Row(NamedTuple):
    """`columns` is None for an odd job: one with a value of a wrong type, or half of a character in a text."""

    key: Key
    columns: Columns | None
    raw: str


def row(job: Job) -> Row:
    """Raises InvalidRecord for what cannot be found again: a job of no service, or with no id."""
    if job.service is None:
        raise InvalidRecord(f"{job}: the record has the shape of no known service; name the service")
    raw = written(job)
    try:
        found = columns(job.raw, job.service)
    except InvalidRecord:
        return Row((job.service, _id(job)), None, raw)
    if found.id is None or ("\\ud" in raw and not all(map(_whole, _texts(found)))):
        return Row((job.service, _id(job)), None, raw)
    return Row((job.service, found.id), found, raw)


def written(job: Job) -> str:
    """The record as JSON that is read as the same record again."""
    for write in (_fast, _in_ascii):
        try:
            raw = write(job.raw)
            if read(raw) == job.raw:
                return raw
        except (TypeError, ValueError, RecursionError, msgspec.MsgspecError, DatabaseError):
            pass
    raise InvalidRecord(f"{job}: the record holds what is lost in JSON")


def read(raw: str) -> dict[str, object]:
    """The record again. Raises what SQLite raises of a damaged file where it is none."""
    try:
        found: dict[str, object] = _DECODE(raw)
    except (msgspec.DecodeError, RecursionError):
        try:
            found = json.loads(raw, parse_float=_real)
        except ValueError as error:
            raise DatabaseError("a record is malformed") from error
    return found


_DECODE: Final = msgspec.json.Decoder().decode
_ENCODE: Final = msgspec.json.Encoder(decimal_format="number").encode


def _fast(raw: object) -> str:
    return _ENCODE(raw).decode()


def _in_ascii(raw: object) -> str:
    """Text may hold halves of characters, which no UTF-8 can."""
    return json.dumps(raw, separators=(",", ":"))


def _real(digits: str) -> float | Decimal:
    number = float(digits)
    return number if isfinite(number) else Decimal(digits)


def _id(job: Job) -> str:
    if job.id is None:
        raise InvalidRecord(f"{job}: the record has no id", "$.id")
    if not _whole(job.id):
        raise InvalidRecord(f"{job.service}: expected whole characters, found half of one", "$.id")
    return normalise_identifier(job.id)


def _texts(found: Columns) -> Iterator[str]:
    yield from filter(None, found[:7])
    yield from found.input_ids
    yield from found.output_ids


def _whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)
