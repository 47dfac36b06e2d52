"""`AsyncClient`: lists live jobs on the caller's event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack
from weakref import WeakSet

import httpx
from attrs import frozen

from ..filters import Filter
from ..records import Job
from .addresses import Base
from .answering import ACCEPTED, no_cookies, no_redirect
from .auth import Source
from .creating import creating
from .following import Following, Poller
from .judging import Judge
from .listing import Listing, Page
from .operating import Operator
from .options import Options, Settings
from .sending import Sender
from .steps import Asked, Call, Step, check_names, prepare
from .targets import Target
from .walking import Run
from .watches import AsyncWatch
from .watching import Status

if TYPE_CHECKING:
    from ..records.models import Creation, Messages, Progress


class AsyncClient:
    """`Client` for asyncio: the same parameters, the same jobs, `async with` and `async for`. Of one event loop.

    Leaving a loop over `jobs()` early cancels what is in flight: at once under `async with client.jobs(f) as jobs` (or
    `contextlib.aclosing`), else when the loop is collected, and at the latest when the client is closed.
    """

    def __init__(
        self,
        token: Source = None,
        *,
        base_url: str = "https://api.bentley.com",
        transport: httpx.AsyncBaseTransport | None = None,
        **options: Unpack[Options],
    ) -> None:
        check_names("Client", options, Options)
        self._settings = Settings(**options)
        self._base = Base.parse(base_url)
        http = httpx.AsyncClient(
            timeout=self._settings.timeout,
            transport=transport,
            headers={"Accept-Encoding": ACCEPTED},
            cookies=no_cookies(),
            event_hooks={"response": [no_redirect]},
            follow_redirects=False,
            # Over plain http a proxy of the environment would be handed the token in clear.
            trust_env=self._base.origin.scheme == "https",
        )
        self._sender = Sender(http, token, self._settings)
        self._operator = Operator(self._sender, self._base)
        self._runs: WeakSet[Run | Following] = WeakSet()
        self._closed = False

    def jobs(self, f: Filter | str | None = None, **call: Unpack[Call]) -> AsyncJobs:
        """The jobs that the filter holds of; all that `Client.jobs` says of them and its parameters holds here too."""
        return AsyncJobs(self._question(f, call))

    async def get(self, job: str | Job) -> Job:
        """The job as it is now; this and the following methods are those of `Client`, where they are described."""
        return await self._operator.get(Target.of(job))

    async def create(self, spec: Creation | Mapping[str, object], service: str | None = None) -> Job:
        return await self._operator.create(creating(spec, service))

    async def submit(self, job: str | Job) -> Job:
        return await self._operator.submit(Target.of(job))

    async def cancel(self, job: str | Job) -> Job:
        return await self._operator.cancel(Target.of(job))

    async def delete(self, job: str | Job) -> None:
        await self._operator.delete(Target.of(job))

    async def progress(self, job: str | Job) -> Progress:
        return await self._operator.progress(Target.of(job))

    async def status(self, job: str | Job) -> Status:
        return await self._operator.status(Target.of(job))

    async def messages(self, job: str | Job) -> Messages:
        return await self._operator.messages(Target.of(job))

    def watch(self, *jobs: str | Job, every: float | None = None) -> AsyncWatch:
        return self._watch([Target.of(job) for job in jobs], every)

    def watch_all(
        self, f: Filter | str | None = None, *, every: float | None = None, **call: Unpack[Call]
    ) -> AsyncWatch:
        jobs = AsyncJobs(self._question(f, call))

        async def begin() -> Iterable[Job]:
            async with jobs:
                return [job async for page in jobs.pages() for job in page]

        return self._follow(begin, every)

    async def wait(
        self, jobs: Iterable[str | Job], timeout: float | None = None, *, every: float | None = None
    ) -> list[Job]:
        targets = [Target.of(job) for job in jobs]
        async with self._watch(targets, every, timeout) as watch:
            ended = {str(status): status.job async for status in watch if status.ended and status.job is not None}
        return [ended[str(target)] for target in targets]

    async def aclose(self) -> None:
        """End every loop over its jobs, and close the connections."""
        self._closed = True
        for run in list(self._runs):
            await run.close()
        await self._sender.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncClient(base_url={str(self._base)!r})"

    def _question(self, f: Filter | str | None, call: Call) -> Question:
        """Raises what refuses the filter."""
        check_names("jobs", call, Call)
        asked = Asked(f, **call)
        return Question(self, asked, prepare(asked))

    def _watch(self, targets: list[Target], every: float | None, timeout: float | None = None) -> AsyncWatch:
        async def begin() -> Iterable[Target]:
            return dict.fromkeys(targets)

        return self._follow(begin, every, timeout)

    def _follow(
        self, begin: Callable[[], Awaitable[Iterable[Target | Job]]], every: float | None, timeout: float | None = None
    ) -> AsyncWatch:
        settings = self._settings
        poller = Poller(
            self._operator, settings.clock, settings.max_in_flight, settings.max_retry_after, every, timeout
        )

        def start() -> Following:
            if self._closed:
                raise RuntimeError("the client is closed")
            following = Following(poller, begin)
            self._runs.add(following)
            return following

        return AsyncWatch(start)

    def _run(self, listing: Callable[[Judge], Listing]) -> Run:
        if self._closed:
            raise RuntimeError("the client is closed")
        judge = Judge(self._settings.on_mismatch)
        run = Run(listing(judge), judge, self._sender.page, self._settings.on_page)
        self._runs.add(run)
        return run


@frozen(eq=False)
class Question:
    """One call of `jobs`: where its answers come from."""

    client: AsyncClient
    asked: Asked
    steps: tuple[Step, ...]

    def start(self, resume: str | None = None, seen: Iterable[str] = (), *, without: Collection[str] = ()) -> Run:
        """Begin to ask the services, less some of them."""
        steps = [step for step in self.steps if step.service.name not in without]
        client, limit = self.client, self.client._settings.max_in_flight
        return client._run(
            lambda judge: Listing(client._base, self.asked, steps, judge, limit=limit, resume=resume, seen=seen)
        )

    def cached(self) -> tuple[Collection[str], Iterator[Job]]:
        """The services that need not be asked, and their jobs."""
        settings = self.client._settings
        if settings.cache is None:
            return (), iter(())
        now, asked = settings.clock.now(), self.asked
        since = now - timedelta(seconds=settings.max_age)
        return settings.cache.answer(asked.filter, asked.services, since=since, until=now, missing=asked.missing)


class AsyncJobs:
    """The answer to a filter, fetched page by page while it is iterated; every iteration asks anew."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._runs: WeakSet[Run] = WeakSet()

    def __aiter__(self) -> AsyncWalk:
        names, jobs = self._question.cached()
        return AsyncWalk(jobs, self._pages(lambda: self._question.start(without=names)))

    def pages(self, resume: str | None = None, seen: Iterable[str] = ()) -> AsyncPages:
        """The same jobs in pages, each with its resume point; all that `Jobs.pages` says holds here too."""

        return self._pages(lambda: self._question.start(resume, seen))

    def _pages(self, begin: Callable[[], Run]) -> AsyncPages:
        def start() -> Run:
            run = begin()
            self._runs.add(run)
            return run

        return AsyncPages(start)

    async def aclose(self) -> None:
        """Cancel what the loops over these jobs have in flight."""
        for run in list(self._runs):
            await run.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class AsyncPages:
    """One iteration, page by page. What it has in flight is cancelled when it is closed, fails or is collected."""

    def __init__(self, start: Callable[[], Run]) -> None:
        self._start = start
        self._run: Run | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Page:
        """Cancelled while it waits (`asyncio.wait_for`), it loses nothing: the next call goes on."""
        if self._run is None:
            self._run = self._start()
        try:
            page = await self._run.page()
        except Exception:
            await self.aclose()
            raise
        if page is None:
            raise StopAsyncIteration
        return page

    async def aclose(self) -> None:
        if self._run is not None:
            await self._run.close()

    def __del__(self) -> None:
        if self._run is not None:
            self._run.abandon()


class AsyncWalk:
    """One iteration, job by job: those of a cache, read here and now, and then page by page."""

    def __init__(self, cached: Iterator[Job], pages: AsyncPages) -> None:
        self._pages = pages
        self._left = cached

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Job:
        while (job := next(self._left, None)) is None:
            self._left = iter(await anext(self._pages))
        return job

    async def aclose(self) -> None:
        await self._pages.aclose()
