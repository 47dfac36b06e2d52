"""Dictionaries that normalise what they are asked for and remember it: one look-up where a call would be.

All are bounded, since records are other people's data, and safe between threads: a value is only ever added, and
always the same one.
"""

from __future__ import annotations

from typing import Final

from ..instants import read_ticks
from ..schema import normalise_enumeration

_MOST = 100_000


class _Fold(dict[str | None, str | None]):
    """An enumeration value, normalised; None stays None."""

    def __missing__(self, key: object) -> str:
        if not isinstance(key, str):
            raise TypeError(key)
        value = normalise_enumeration(key)
        if len(self) < 1_000 and len(key) <= 64:
            self[key] = value
        return value


class _Part(dict[str, int]):
    """The ticks of one part of a date-time text: a day, a time of day, or what follows (fraction and offset)."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__()
        self.before = before
        self.after = after

    def __missing__(self, key: str) -> int:
        ticks = read_ticks(self.before + key + self.after)
        if len(self) < _MOST and len(key) <= 16:
            self[key] = ticks
        return ticks


class _Day(_Part):
    def __missing__(self, key: str) -> int:
        # With an offset the two outermost days may leave the years 0001-9999 in UTC: the exact way must judge.
        if len(key) != 10 or key in ("0001-01-01", "9999-12-31"):
            raise ValueError(key)
        return super().__missing__(key)


class _Clock(_Part):
    def __missing__(self, key: str) -> int:
        if len(key) != 9:
            raise ValueError(key)
        return super().__missing__(key)


class _Rest(_Part):
    def __missing__(self, key: str) -> int:
        # Seven digits and UTC is what v2 services write; nearly every fraction is new, so it is not worth keeping.
        if (
            len(key) == 14
            and key[0] == "."
            and key[8:] == "+00:00"
            and (digits := key[1:8]).isdigit()
            and key.isascii()
        ):
            return int(digits)
        return super().__missing__(key)


FOLD: Final = _Fold({None: None})
DAY: Final = _Day("", "T00:00:00Z")
CLOCK: Final = _Clock("1970-01-01", "Z")
REST: Final = _Rest("1970-01-01T00:00:00", "")
