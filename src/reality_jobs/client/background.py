"""An event loop in a thread of its own, for callers who have none."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Final, Generic, TypeVar

from attrs import frozen

_CLOSED: Final = "the client is closed"

_PATIENCE: Final = 1.0
"""Seconds to wait for the end of what is cancelled."""

T = TypeVar("T")


@frozen
class _Running:
    thread: threading.Thread
    loop: asyncio.AbstractEventLoop
    end: asyncio.Event

    @property
    def here(self) -> bool:
        """Whether this is the loop's own thread, which must not wait for itself."""
        return threading.current_thread() is self.thread


@frozen
class _Exit:
    """What ends a program: it belongs to the thread that waits, and would end the loop."""

    error: BaseException


class _Work(Generic[T]):
    """A coroutine to run, and what became of it: who waits for it may be interrupted when it is done already."""

    def __init__(self, work: Callable[[], Coroutine[object, object, T]]) -> None:
        self._work = work
        self.given: list[T] = []
        self.ended = threading.Event()

    async def run(self) -> T | _Exit:
        try:
            self.given.append(await self._work())
            return self.given[0]
        except (SystemExit, KeyboardInterrupt) as error:
            return _Exit(error)
        finally:
            self.ended.set()


class Background:
    """Runs coroutines for threads that wait for them; the thread starts with the first and ends with `stop`.

    `closing` is awaited on the loop as the last thing.
    """

    def __init__(self, closing: Callable[[], Awaitable[None]]) -> None:
        self._closing = closing
        # Reentrant: the garbage collector may end an abandoned loop while this very thread holds it.
        self._lock = threading.RLock()
        self._running: _Running | None = None
        self._stopped = False
        self._process = os.getpid()

    def run(
        self, work: Callable[[], Coroutine[object, object, T]], keep: Callable[[T], object] = lambda given: None
    ) -> T:
        """What the coroutine returns or raises; interrupted while waiting, it is cancelled.

        `keep` gets what it returned all the same, being done when the interruption came.
        """
        running = _Work(work)
        future = self._submit(running.run)
        if self._running is not None and self._running.here:
            future.cancel()
            raise RuntimeError("a client cannot wait for itself in what it calls: a hook, a token callable, an auth")
        try:
            outcome = future.result()
            if not isinstance(outcome, _Exit):
                return outcome
        except CancelledError as error:
            raise RuntimeError(_CLOSED) from error
        except BaseException:
            future.cancel()
            if running.ended.wait(_PATIENCE):
                for given in running.given:
                    keep(given)
            raise
        raise outcome.error

    def stop(self) -> None:
        """Close, and wait until the thread has ended. Once is enough, twice is no error."""
        with self._lock:
            self._stopped = True
            running = self._running
        if running is None or self._process != os.getpid():
            return
        with suppress(RuntimeError):  # the loop is closed: somebody else has stopped it
            running.loop.call_soon_threadsafe(running.end.set)
        if not running.here:
            running.thread.join()

    def _submit(self, work: Callable[[], Coroutine[object, object, T]]) -> Future[T]:
        if self._process != os.getpid():
            raise RuntimeError("a client cannot be taken across a fork; make one in each process")
        with self._lock:
            if self._stopped:
                raise RuntimeError(_CLOSED)
            if self._running is None:
                self._running = self._start()
            return asyncio.run_coroutine_threadsafe(work(), self._running.loop)

    def _start(self) -> _Running:
        up: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        nobodys = threading.Event()

        async def main() -> None:
            end = asyncio.Event()
            up.set_result((asyncio.get_running_loop(), end))
            await end.wait()
            if not nobodys.is_set():
                await self._closing()

        thread = threading.Thread(target=asyncio.run, args=(main(),), name="reality-jobs", daemon=True)
        try:
            thread.start()
            return _Running(thread, *up.result())
        except BaseException:
            # Interrupted in between, it would be nobody's; the next call starts another one.
            nobodys.set()
            up.add_done_callback(_ended)
            raise


def _ended(up: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    loop, end = up.result()
    loop.call_soon_threadsafe(end.set)
