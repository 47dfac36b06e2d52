"""`Client`: an `AsyncClient` on a loop in a thread of its own, and a caller who waits."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

import httpx

from ..filters import Filter
from ..records import Job
from .aio import AsyncClient, Question
from .auth import Source
from .background import Background
from .listing import Page
from .options import Options
from .steps import Call
from .walking import Run
from .watches import Watch
from .watching import Status

if TYPE_CHECKING:
    from ..records.models import Creation, Messages, Progress


class Client:
    """Lists live jobs. Close it, or use it in a `with`; threads may share it, forked processes may not.

    `token`: an access token; a callable, sync or async, that is asked for one before every request (a sync one in a
    thread); `ClientCredentials`; any `httpx.Auth`. Without it the environment variable ITWIN_ACCESS_TOKEN is read when
    a request is made. It is sent to `base_url`'s origin and nowhere else: plain http is for loopback only, redirects
    are not followed, foreign next links are errors.

    Requests are made on a thread of the client's, which ends when it is closed. Keyword arguments, times in seconds:

    - `timeout=30`: for connecting, and for each stretch of silence; None waits for ever.
    - `retries=4`: how often a request is tried again after 408, 429, 500, 502, 503, 504, a broken connection, a
      timeout or a body that was cut off; 0 asks once. Waits double from half a second, half of each is chance.
    - `deadline=300`: for one page, with all its attempts and the waiting between them; None for no end. Waiting for
      `rate` does not count.
    - `max_retry_after=120`: Retry-After is waited out in full; a service that asks for more gets RateLimited at once.
    - `max_in_flight=4`: pages on their way or waiting to be taken, over all lists of one loop.
    - `rate=None`: `[(requests, seconds), ...]`, all kept over any such stretch, or "community": the published 500 a
      minute and 5,000 an hour.
    - `on_mismatch="warn"`: of a job that a service returned though its record does not match what was sent: "warn"
      logs it and yields it, "drop" logs it and leaves it out, "raise" raises ServiceError, "off" does not look. Jobs
      that a service wrongly left out cannot be seen.
    - `on_request`, `on_page`: called with a RequestEvent after every request that was not cancelled, with a PageEvent
      for every page that comes out; on the client's thread, so they must not block. What they raise ends the loop.
    - `cache=None`, `max_age=300`: a `reality_jobs.cache.Cache`. Services of which it has all that a filter asks for,
      synced no longer ago than that (`Cache.answer` says when that is so), are not asked: their jobs come from it, and
      first. It is the caller's word that the cache was filled from the same `base_url` with the same user's tokens.
      `pages()` always asks the services.
    - `clock`: time, sleep and chance, for tests.
    - `base_url`, `transport`: another host, or httpx's way to replace the network (an async transport).
    """

    def __init__(
        self,
        token: Source = None,
        *,
        base_url: str = "https://api.bentley.com",
        transport: httpx.AsyncBaseTransport | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._client = AsyncClient(token, base_url=base_url, transport=transport, **options)
        self._background = Background(self._client.aclose)
        # So that no thread stays behind a client that nobody closed.
        self._stop = weakref.finalize(self, self._background.stop)

    def jobs(self, f: Filter | str | None = None, **call: Unpack[Call]) -> Jobs:
        """The jobs that the filter holds of.

        Nothing is asked before the first job is taken; then the lists of all services are walked side by side, each at
        most one page ahead of the caller. Without a filter: all of the caller's own jobs; a filter without `iTwinId`
        finds the caller's own jobs only, one with it those of that iTwin. What a service cannot be asked is decided
        here on the records that come back. A job comes out once. Keyword arguments:

        - `services`: names; the three default ones where none are given.
        - `page_size=1000`: `$top`, 1 to 1,000, the published maximum, which makes the fewest requests; services may
          answer with other sizes.
        - `order="arrival"`: within one request it is always the service's own order. Between requests "arrival" yields
          pages as they come in, "service" request after request, as the plan has them, so twice the same.
        - `missing="error"`: "null" reads what a service's records never hold as null, where they must answer.
        - `prune=True`: a service is spared terms on a `type` or `state` that only other services list.
        - `max_requests=64` that one filter may cost a service; `max_url=2048` bytes of a request line (a service that
          answers 413 or 414 gets shorter ones, which `max_requests` does not bound).

        Raises InvalidFilter, or what refuses the filter for one of the services, at once; while it is iterated
        ServiceError, PagingError and InvalidRecord.
        """
        return Jobs(self, self._client._question(f, call), self._background)

    def get(self, job: str | Job) -> Job:
        """The job as it is now.

        A job is named by "service/id", as `str(job)` and `list --format ids` write it, or by a Job; ValueError for what
        is neither. Here and below: NotFound where there is no such job, and the other ServiceErrors.
        """
        return self._background.run(lambda: self._client.get(job))

    def create(self, spec: Creation | Mapping[str, object], service: str | None = None) -> Job:
        """Create a job: a model of `records.models`, or its JSON object and the name of the service.

        In v1 it is then `unsubmitted` and waits for `submit`; in v2 it runs. InvalidSpec, before anything is sent, with
        every wrong place. Twice would be two jobs, so the request is sent again only where the connection was never
        made or the answer was 429. OutcomeUnknown where the answer was lost; its `look_for` is a filter to find the job
        with, in that service. Who interrupts it, or closes the client meanwhile, makes that filter by
        `creating(spec).look_for(since)`.
        """
        return self._background.run(lambda: self._client.create(spec, service))

    def submit(self, job: str | Job) -> Job:
        """Set a v1 job going; ValueError for v2, where a job is submitted when it is created.

        Conflict where its state does not allow it. This and `cancel` and `delete` are sent again like any request.
        """
        return self._background.run(lambda: self._client.submit(job))

    def cancel(self, job: str | Job) -> Job:
        """End a job that runs; a v2 job is TerminatingOnCancel for a while. Conflict where it is about to end."""
        return self._background.run(lambda: self._client.cancel(job))

    def delete(self, job: str | Job) -> None:
        """Delete a v1 job that is not submitted yet; Conflict for another, ValueError for v2, which deletes none."""
        self._background.run(lambda: self._client.delete(job))

    def progress(self, job: str | Job) -> Progress:
        """How far a job is. NotFound where there is no progress: not yet, or not any more (30 days, as published)."""
        return self._background.run(lambda: self._client.progress(job))

    def status(self, job: str | Job) -> Status:
        """One look, as `watch` takes it: at the progress, or where there is none or it says the end, at the job."""
        return self._background.run(lambda: self._client.status(job))

    def messages(self, job: str | Job) -> Messages:
        """Errors and warnings: of a v2 job asked for, of a v1 job read out of its record."""
        return self._background.run(lambda: self._client.messages(job))

    def watch(self, *jobs: str | Job, every: float | None = None) -> Watch:
        """Poll a job, or several by one poller, until all have ended: statuses; the last one of a job holds the Job.

        Polls are 15, 30, 60 and then 120 seconds apart, as published, and again from 15 where the percentage changed.
        Where the service tells no progress, or one that stands still, the job itself is looked at. A poll that fails on
        the way is no news, four times in a row, unless the service asks to wait beyond `max_retry_after`. `every`
        seconds replace the intervals: for a server of one's own.
        """
        return Watch(self, self._client.watch(*jobs, every=every), self._background)

    def watch_all(self, f: Filter | str | None = None, *, every: float | None = None, **call: Unpack[Call]) -> Watch:
        """List the jobs that match, as `jobs` does, tell the status of each, and follow all to their ends.

        One poller, at most `max_in_flight` polls side by side. What begins to match later is not followed.
        """
        return Watch(self, self._client.watch_all(f, every=every, **call), self._background)

    def wait(self, jobs: Iterable[str | Job], timeout: float | None = None, *, every: float | None = None) -> list[Job]:
        """The jobs when all have ended, in the order given, by one poller.

        TimeoutError after so many seconds; the error of the first job that can be followed no more. `watch` tells of
        the others even so.
        """
        asked = list(jobs)
        return self._background.run(lambda: self._client.wait(asked, timeout, every=every))

    def close(self) -> None:
        """End every loop over its jobs, close the connections, end the thread."""
        self._stop()
        self._background.stop()  # if a hook has closed it before: to wait for the thread as well

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._client).removeprefix("Async")


class Jobs:
    """The answer to a filter, fetched page by page while it is iterated; every iteration asks anew.

    Leaving a loop early cancels what is in flight: at once under `with client.jobs(f) as jobs`, else when the loop is
    collected, and at the latest when the client is closed.
    """

    def __init__(self, client: Client, question: Question, background: Background) -> None:
        self._client = client  # so that `Client().jobs()` is not closed under its loop
        self._question = question
        self._background = background
        self._runs: weakref.WeakSet[Run] = weakref.WeakSet()

    def __iter__(self) -> Iterator[Job]:
        names, jobs = self._question.cached()
        yield from jobs
        for page in self._pages(lambda: self._question.start(without=names)):
            yield from page
            # Else this page would be held until the next one has come.
            del page

    def pages(self, resume: str | None = None, seen: Iterable[str] = ()) -> Pages:
        """The same jobs, in the pages that the services answer with; a page may be empty though more follow.

        `resume` goes on after the page that it came from: with the same filter, services and base_url, else ValueError
        at the first page. It remembers where each list stands and not which jobs came out, so those that two requests
        share, or that new jobs have shifted to a later page, would come again: `seen` takes the `page.seen` of all
        pages so far and keeps them out. Where the service has forgotten the list meanwhile, it is begun again, and
        `seen` is what makes that go unnoticed.
        """

        return self._pages(lambda: self._question.start(resume, seen))

    def _pages(self, begin: Callable[[], Run]) -> Pages:
        def start() -> Run:
            run = begin()
            self._runs.add(run)
            return run

        return Pages(self, start, self._background)

    def close(self) -> None:
        """Cancel what the loops over these jobs have in flight, and wait until it is gone."""
        for run in list(self._runs):
            _close(run, self._background)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class Pages:
    """One iteration, page by page. What it has in flight is cancelled when it is closed, fails or is collected."""

    def __init__(self, jobs: Jobs, start: Callable[[], Run], background: Background) -> None:
        self._jobs = jobs
        self._start = start
        self._background = background
        self._run: Run | None = None
        self._kept: list[Page | None] = []
        """What came at the very moment of an interruption."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Page:
        """Interrupted while it waits, it loses nothing: the next call goes on."""
        if self._run is None:
            self._run = self._start()
        try:
            page = self._kept.pop() if self._kept else self._background.run(self._run.page, self._kept.append)
        except Exception:
            self.close()
            raise
        if page is None:
            raise StopIteration
        return page

    def close(self) -> None:
        if self._run is not None:
            _close(self._run, self._background)

    def __del__(self) -> None:
        if self._run is not None:
            self._run.abandon()


def _close(run: Run, background: Background) -> None:
    run.abandon()
    with suppress(RuntimeError):  # the client is closed, or this is its own thread, which cannot wait
        background.run(run.close)
