"""What `watch` and `watch_all` give: statuses, one poll after another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from .background import Background
from .following import Following
from .watching import Status


class AsyncWatch:
    """The statuses of the jobs, as they are polled, until all have ended; what `Watch` says holds here too."""

    def __init__(self, start: Callable[[], Following]) -> None:
        self._start = start
        self._following: Following | None = None
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Status:
        """Cancelled while it waits (`asyncio.wait_for`), it loses nothing: the next call goes on."""
        status = await self._begun.status()
        if status is None:
            raise StopAsyncIteration
        return status

    @property
    def _begun(self) -> Following:
        if self._following is None:
            if self._closed:
                raise RuntimeError("the watch was closed, so it cannot go on")
            self._following = self._start()
        return self._following

    async def aclose(self) -> None:
        """Call off what is in flight."""
        self._closed = True
        if self._following is not None:
            await self._following.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        if self._following is not None:
            self._following.abandon()


class Watch:
    """The statuses of the jobs, as they are polled, until all have ended; one iteration.

    Nothing is asked before the first is taken, nor while the caller works. An error ends the following of one job
    alone: `next()` goes on with the others. Leaving early calls off what is in flight: at once under `with`.
    """

    def __init__(self, owner: object, watch: AsyncWatch, background: Background) -> None:
        self._owner = owner  # so that `Client().watch(...)` is not closed under its loop
        self._watch = watch
        self._background = background
        self._kept: list[Status | None] = []
        """What came at the very moment of an interruption."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Status:
        """Interrupted while it waits, it loses nothing: the next call goes on."""
        status = self._kept.pop() if self._kept else self._background.run(self._next, self._kept.append)
        if status is None:
            raise StopIteration
        return status

    async def _next(self) -> Status | None:
        return await anext(self._watch, None)

    def close(self) -> None:
        """Call off what is in flight, and wait until it is gone."""
        with suppress(RuntimeError):  # the client is closed, or this is its own thread, which cannot wait
            self._background.run(self._watch.aclose)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
