"""Time, sleep and chance, as the client takes them: one object, so that a test brings its own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from attrs import frozen


def _now() -> datetime:
    return datetime.now(UTC)


@frozen
class Clock:
    """`monotonic` and `sleep` count seconds; `random` is uniform in [0, 1)."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random
