"""Time that passes when somebody sleeps, and chance that is known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from reality_jobs.client import Clock

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FakeClock:
    """`clock` is for the client. `slept` is what it waited, in order; sleeping takes no real time.

    Those who sleep side by side wake as real sleepers would: time does not add up over them. While `hold` says so,
    nobody wakes.
    """

    def __init__(self, random: float = 1.0, hold: Callable[[], bool] = lambda: False) -> None:
        self.time = 0.0
        self.slept: list[float] = []
        self.clock = Clock(lambda: self.time, self.now, self._sleep, lambda: random)
        self._hold = hold

    def now(self) -> datetime:
        return START + timedelta(seconds=self.time)

    def pass_by(self, seconds: float) -> None:
        self.time += seconds

    async def _sleep(self, seconds: float) -> None:
        until = self.time + seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)
        while self._hold():
            await asyncio.sleep(0.001)
        self.time = max(self.time, until)
