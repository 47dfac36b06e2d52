"""Comparing date-times as text: for the two shapes that the services write, order of text is order in time.

A record's text of such a shape is checked by the calendar and then compared with the literal written in the same shape;
any other shape is read exactly. This is several times faster than making ticks of every record's date-time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from attrs import frozen

from ..instants import SECOND, format_ticks, read_ticks
from ..nodes import Operator

SECONDS_SHAPE: Final = '{access}[FROM_END] == "Z::T--"'
"""`2020-09-14T14:29:55Z`, read backwards in steps of three, which fixes its length too."""

TICKS_SHAPE: Final = '{access}[TAIL] in TAILS and v[SEPARATORS] == "--T::."'
"""`2026-04-01T09:48:28.0000000+00:00`; the calendar check overlooks the seventh digit, so the tail holds it."""


VALID: Final = 'CALENDAR(v) and ("\\0" not in v or ODD())'
"""Of a text of either shape: `fromisoformat` stops reading at a NUL."""


def _calendar() -> Callable[[str], datetime]:
    """`fromisoformat`, which checks a calendar fastest; where it takes an hour 24 (not OData), without that."""
    read = datetime.fromisoformat
    try:
        read("2024-01-01T24:00:00Z")
    except ValueError:
        return read

    def strict(text: str) -> datetime:
        if text[11:13] == "24":
            raise ValueError(text)
        return read(text)

    return strict


NAMES: Final[dict[str, object]] = {
    "CALENDAR": _calendar(),
    "TICKS": read_ticks,
    "FROM_END": slice(None, 3, -3),
    "TAIL": slice(26, None),
    "TAILS": frozenset(f"{digit}+00:00" for digit in "0123456789"),
    "SEPARATORS": slice(4, 20, 3),
}
"""What the generated code refers to."""


@frozen
class Constants:
    """A literal in each of the three ways that it is compared: as text of either shape, as ticks."""

    seconds: str | frozenset[str]
    ticks_text: str | frozenset[str]
    ticks: int | frozenset[int]


def constants(operator: Operator | None, literal: int | frozenset[int]) -> Constants:
    """A literal, or for a membership (operator None) all of them."""
    if isinstance(literal, frozenset):
        whole = frozenset(format_ticks(t) for t in literal if t % SECOND == 0)
        return Constants(whole, frozenset(map(_with_ticks, literal)), literal)
    return Constants(_whole_seconds(operator, literal), _with_ticks(literal), literal)


def _whole_seconds(operator: Operator | None, ticks: int) -> str:
    """The whole second that tells the seconds where the comparison holds from those where it does not."""
    if ticks % SECOND == 0:
        return format_ticks(ticks)
    if operator in (Operator.EQ, Operator.NE):
        return ""  # equal to no whole second
    floor = format_ticks(ticks - ticks % SECOND)
    if operator in (Operator.GT, Operator.LE):
        return floor
    return f"{floor[:-1]}~"  # after that second's own text, before every later one: "~" comes after "Z"


def _with_ticks(ticks: int) -> str:
    whole, fraction = divmod(ticks, SECOND)
    return f"{format_ticks(whole * SECOND)[:-1]}.{fraction:07}+00:00"
