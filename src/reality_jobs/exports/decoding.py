"""One record's text to the record, as strictly as JSON is meant."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from ..diagnostics import quoted
from ..records.reading import json_kind
from .structure import MalformedError

REFUSED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

HOLDER: Final = re.compile(rb'[ \t\r\n]*+(?:\[|\{[ \t\r\n]*+"(?:jobs?|_links)")')
"""How what holds records begins, as a rule: it need not be decoded, which may take long, to be seen to be none."""

_DECODE: Final = msgspec.json.Decoder().decode


def decode_plain(raw: bytes) -> dict[str, object] | None:
    """A record, if the text is surely one and nothing else: no page, no blank, nothing broken or odd."""
    try:
        record = _DECODE(raw)
    except REFUSED:
        return None
    plain = type(record) is dict and "id" in record and "jobs" not in record and "job" not in record
    return record if plain else None


def decode(raw: bytes) -> dict[str, object]:
    """A record that is whole; raises MalformedError with a position in it."""
    value = _decode_value(raw)
    if not isinstance(value, dict):
        raise MalformedError(f"expected a job record (an object), found {json_kind(value)}", 0)
    return value


def is_empty_page(record: dict[str, object]) -> bool:
    """Whether an object is a list answer without a list, as a last page may be. Raises MalformedError for no job."""
    if "id" in record:
        return False
    if isinstance(record.get("error"), dict):
        raise MalformedError("an error answer of a service, no job record", 0)
    if record.get("jobs") is not None:
        raise MalformedError(f"expected an array of jobs, found {json_kind(record['jobs'])}", 0)
    return bool(record) and record.keys() <= {"jobs", "_links"}


def _decode_value(raw: bytes) -> object:
    try:
        return _DECODE(raw)
    except REFUSED as error:
        refused = error
    try:
        # What msgspec will not have, the halves of surrogate pairs, may stand in names that users typed.
        # And what no float can hold, or no int is made of for its length, is a number all the same.
        return json.loads(raw.decode("utf-8"), parse_constant=_no_number, parse_float=_real, parse_int=_whole)
    except UnicodeDecodeError as error:
        raise MalformedError(f"a byte that is no UTF-8 (0x{raw[error.start]:02x})", error.start) from error
    except RecursionError as error:
        raise MalformedError("a record that is nested too deeply", 0) from error
    except MalformedError as error:
        raise error from refused
    except json.JSONDecodeError as error:
        raise _wrong_escape(error) from refused


def _wrong_escape(error: json.JSONDecodeError) -> MalformedError:
    """All that is left where the grammar was kept, as the scanner sees to.

    `pos` counts characters, for `\\u` from behind the backslash.
    """
    text = error.doc
    start = error.pos - (text[error.pos : error.pos + 1] == "u")
    if text[start : start + 1] != "\\":
        return MalformedError("no JSON", len(text[:start].encode()))
    shown = text[start : start + (6 if text[start + 1 : start + 2] == "u" else 2)]
    return MalformedError(f"{quoted(shown)} inside a text is no escape of JSON", len(text[:start].encode()))


def _no_number(name: str) -> float:
    raise MalformedError(f"{name} is no JSON value", 0)


def _real(digits: str) -> float | Decimal:
    number = float(digits)
    if math.isfinite(number):
        return number
    try:
        return Decimal(digits)
    except InvalidOperation as error:
        raise MalformedError("a number with an exponent that is too large", 0) from error


def _whole(digits: str) -> int | Decimal:
    try:
        return int(digits)
    except ValueError:
        return Decimal(digits)
