"""Following jobs to their ends: one poller for all of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from typing import Any

from attrs import define, frozen

from ..errors import RateLimited, ServiceUnavailable
from ..records import Job
from .clock import Clock
from .events import log
from .flight import Flight
from .operating import Operator
from .retrying import positive
from .targets import Target
from .watching import MAX_SILENT, Schedule, Status


@frozen
class Poller:
    """What all followings of a client share, and how this one polls."""

    operator: Operator
    clock: Clock
    limit: int
    """Polls side by side."""
    longest: float
    """Seconds that a service may ask to wait."""
    every: float | None = None
    timeout: float | None = None

    def __attrs_post_init__(self) -> None:
        Schedule(self.every)
        if self.timeout is not None and not positive(self.timeout):
            raise ValueError(f"timeout must be a positive number of seconds, or None, not {self.timeout!r}")


@define(eq=False)
class _Followed:
    target: Target
    schedule: Schedule
    silent: int = 0
    """Polls in a row that failed."""


class Following(Flight[Status, _Followed]):
    """Polls jobs, each by its own back-off, until all have ended; nothing is polled while nobody waits for `status`.

    `begin` tells which jobs, once it goes: a Job is told of at once, and only polled if it has not ended.
    """

    def __init__(self, poller: Poller, begin: Callable[[], Awaitable[Iterable[Target | Job]]]) -> None:
        super().__init__()
        self._poller = poller
        self._begin = begin
        self._begun = False
        self._beginning: asyncio.Task[None] | None = None
        self._until: float | None = None
        self._due: list[tuple[float, int, _Followed]] = []
        self._order = count()
        self._ready: deque[Status | Exception] = deque()

    async def status(self) -> Status | None:
        """What the next poll found; None when all jobs have ended.

        Raises what a poll raised, and follows that job no more; the next call goes on with the others. Cancelled while
        it waits, it loses nothing. TimeoutError where there is a timeout.
        """
        self._loop = asyncio.get_running_loop()
        await self._start()
        while not self._closed:
            if self._ready:
                outcome = self._ready.popleft()
                if isinstance(outcome, Exception):
                    raise outcome
                return outcome
            if not self._tasks and not self._due:
                return None
            if self._until is not None and self._now() >= self._until:
                raise self._late()
            self._send()
            await self._something()
        raise RuntimeError("the loop was closed, so it cannot go on")

    async def _start(self) -> None:
        if self._begun or self._closed:
            return
        if self._beginning is None:
            self._beginning = asyncio.create_task(self._listed())
            self._aside.add(self._beginning)
        beginning = self._beginning
        await asyncio.wait([beginning])
        if not self._begun and not self._closed:
            self._aside.discard(beginning)
            self._beginning = None  # the next call begins again
            beginning.result()

    async def _listed(self) -> None:
        if self._poller.timeout is not None:
            self._until = self._now() + self._poller.timeout
        jobs = await self._begin()
        self._begun = True
        for job in jobs:
            try:
                self._follow(job)
            except ValueError as error:  # an InvalidRecord is one
                self._ready.append(error)

    def _follow(self, job: Target | Job) -> None:
        target = job if isinstance(job, Target) else Target.of(job)
        if isinstance(job, Job):
            self._ready.append(status := Status.of_job(target, job))
            if status.ended:
                return
        self._poll_in(0, _Followed(target, Schedule(self._poller.every)))

    def _now(self) -> float:
        return self._poller.clock.monotonic()

    def _poll_in(self, seconds: float, followed: _Followed) -> None:
        heappush(self._due, (self._now() + seconds, next(self._order), followed))

    @property
    def _room(self) -> bool:
        return bool(self._due) and len(self._tasks) < self._poller.limit

    def _send(self) -> None:
        while self._room and self._due[0][0] <= self._now():
            followed = heappop(self._due)[2]
            self._tasks[asyncio.create_task(self._poller.operator.status(followed.target, followed.schedule.stuck))] = (
                followed
            )

    async def _something(self) -> None:
        """Until a poll is answered, one is due, or time is up."""
        moments = [self._due[0][0]] if self._room else []
        if self._until is not None:
            moments.append(self._until)
        waits: set[asyncio.Future[Any]] = set(self._tasks)
        sleeper = None
        if moments:
            sleeper = asyncio.ensure_future(self._poller.clock.sleep(max(0.0, min(moments) - self._now())))
            self._aside.add(sleeper)
            waits.add(sleeper)
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if sleeper is not None:
                sleeper.cancel()
                self._aside.discard(sleeper)
        for task in [task for task in self._tasks if task.done() and not self._closed]:
            self._take(self._tasks.pop(task), task)

    def _take(self, followed: _Followed, task: asyncio.Task[Status]) -> None:
        try:
            status = task.result()
        except (ServiceUnavailable, RateLimited) as error:
            followed.silent += 1
            asked = (error.retry_after or 0.0) if isinstance(error, RateLimited) else 0.0
            if followed.silent > MAX_SILENT or asked > self._poller.longest:
                self._ready.append(error)
                return
            # Many polls make a watch, so one without an answer is none that ends it.
            log.warning("%s: no news: %s", followed.target, str(error).partition("\n")[0])
            self._poll_in(max(asked, followed.schedule.wait(None)), followed)
        except Exception as error:
            self._ready.append(error)
        else:
            followed.silent = 0
            self._ready.append(status)
            if not status.ended:
                self._poll_in(followed.schedule.wait(status.percentage), followed)

    def _late(self) -> TimeoutError:
        left = [followed.target for followed in (*self._tasks.values(), *(followed for *_, followed in self._due))]
        jobs = "1 job has" if len(left) == 1 else f"{len(left):,} jobs have"
        shown = ", ".join(map(str, left[:3])) + (", ..." if len(left) > 3 else "")
        return TimeoutError(f"{jobs} not ended within {self._poller.timeout:g} s: {shown}")
