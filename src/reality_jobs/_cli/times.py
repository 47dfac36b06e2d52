"""Moments and stretches of time in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ..instants import format_ticks, ticks_of

_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def ago(moment: datetime, now: datetime) -> str:
    """`2 hours ago (2026-11-23T09:00:00Z)`."""
    seconds = max(0, (now - moment) // timedelta(seconds=1))
    unit, count = next(((unit, seconds // size) for unit, size in _UNITS if seconds >= size), ("second", 0))
    return f"{count} {unit}{'' if count == 1 else 's'} ago ({format_ticks(ticks_of(moment.replace(microsecond=0)))})"


def stretch(seconds: float) -> str:
    """`7 min 21 s`, `2 h 5 min`: the two largest units."""
    left = max(0, int(seconds))
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
