"""Enumeration values normalised by a dictionary that remembers: one look-up where a call would be."""

from __future__ import annotations

from typing import Final

from ..schema import normalise_enumeration

_MOST = 1_000


class _Fold(dict[str | None, str | None]):
    """Normalises what it is asked for; None stays None, anything but text is a TypeError.

    Bounded, since records are other people's data, and safe between threads: a value is only ever added, and always
    the same one.
    """

    def __missing__(self, key: object) -> str:
        if not isinstance(key, str):
            raise TypeError(key)
        value = normalise_enumeration(key)
        if len(self) < _MOST and len(key) <= 64:
            self[key] = value
        return value


FOLD: Final = _Fold({None: None})
