"""Requests on their way, which somebody must be able to call off."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Generic, TypeVar

Outcome = TypeVar("Outcome")
About = TypeVar("About")


class Flight(Generic[Outcome, About]):
    """Tasks on one event loop, each with what it is about; after `close` nothing of them is left."""

    def __init__(self) -> None:
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[asyncio.Task[Outcome], About] = {}
        self._aside: set[asyncio.Future[Any]] = set()
        """What else is to end with it."""

    async def close(self) -> None:
        """Cancel what is in flight and wait until it is gone; its connections are closed."""
        self._cancel()
        left: set[asyncio.Future[Any]] = {*self._tasks, *self._aside}
        if left:
            await asyncio.wait(left)

    def abandon(self) -> None:
        """The same without waiting, from any thread: the garbage collector calls where it likes."""
        if self._loop is not None and not self._closed:
            with suppress(RuntimeError):  # the event loop is closed: nothing is in flight any more
                self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if not self._closed:
            self._closed = True
            for task in (*self._tasks, *self._aside):
                task.cancel()
            self._ended()

    def _ended(self) -> None:
        """Told once, when it is closed."""
