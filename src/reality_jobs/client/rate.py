"""Politeness: no more requests than the caller allows, and none at all while a service asks to wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final, Literal

from .clock import Clock
from .retrying import positive

Rate = Literal["community"] | Iterable[tuple[int, float]] | None
"""`(requests, seconds)` pairs that all hold, each over any stretch of that length; "community" is a published tier."""

_COMMUNITY: Final = ((500, 60.0), (5_000, 3_600.0))
"""Published rate limits of the platform's Community tier: 500 a minute and 5,000 an hour."""


class Limiter:
    """Lets requests through one after the other, each when all windows have room for it."""

    def __init__(self, rate: Iterable[tuple[int, float]], clock: Clock) -> None:
        self._windows = [(count, seconds, deque[float]()) for count, seconds in rate]
        self._clock = clock
        self._turn = asyncio.Lock()
        self._closed_until = 0.0

    def pause(self, seconds: float) -> None:
        """Nothing is sent for so long: a service that limits one request limits the next one as well."""
        self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)

    async def wait(self) -> float:
        """Returns when a request may be sent, which is then counted; how many seconds that took."""
        begun = self._clock.monotonic()
        async with self._turn:
            while (due := self._due()) > (now := self._clock.monotonic()):
                await self._clock.sleep(due - now)
            for count, _, times in self._windows:
                times.append(now)
                if len(times) > count:
                    times.popleft()
        return now - begun

    def _due(self) -> float:
        full = (times[0] + seconds for count, seconds, times in self._windows if len(times) == count)
        return max(self._closed_until, *full, self._closed_until)


def windows(rate: object) -> tuple[tuple[int, float], ...]:
    """The pairs that a rate stands for. Raises ValueError for what is none."""
    if rate is None:
        return ()
    if rate == "community":
        return _COMMUNITY
    try:
        pairs = None if isinstance(rate, str) else tuple((count, seconds) for count, seconds in rate)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        pairs = None
    if pairs is None or not all(_whole(count) and positive(seconds) for count, seconds in pairs):
        raise ValueError(
            f'rate must be "community" or (requests, seconds) pairs such as [(500, 60), (5_000, 3_600)], not {rate!r}'
        )
    return pairs


def _whole(count: object) -> bool:
    return isinstance(count, int) and not isinstance(count, bool) and count > 0
