"""`Client`: an `AsyncClient` on a loop in a thread of its own, and a caller who waits."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Self, Unpack

import httpx

from ..filters import Filter
from ..records import Job
from .aio import AsyncClient
from .auth import Source
from .background import Background
from .listing import Page
from .options import Options
from .steps import Call
from .walking import Run


class Client:
    """Lists live jobs. Close it, or use it in a `with`; threads may share it, forked processes may not.

    `token` is an access token; a callable that is asked for one before every request; `ClientCredentials`; any
    `httpx.Auth`. Without it the environment variable ITWIN_ACCESS_TOKEN is read when a request is made. It is sent to
    `base_url`'s origin and nowhere else: plain http is for loopback only, redirects are not followed, foreign next
    links are errors. The other parameters are described in `reality_jobs.client.options.Settings`. Requests are made
    on a thread, which ends when the client is closed.
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
        """The jobs that the filter holds of; the parameters are described in `reality_jobs.client.steps.Asked`.

        Nothing is asked before the first job is taken; then the lists of all services are walked side by side, each at
        most one page ahead of the caller. Without a filter: all of the caller's own jobs; a filter without `iTwinId`
        finds the caller's own jobs only, one with it those of that iTwin. What a service cannot be asked is decided
        here on the records that come back. A job comes out once. Raises InvalidFilter, or what refuses the filter for
        one of the services, at once; while it is iterated ServiceError, PagingError and InvalidRecord.
        """
        return Jobs(self, self._client._starter(f, call), self._background)

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

    def __init__(
        self, client: Client, start: Callable[[str | None, Iterable[str]], Run], background: Background
    ) -> None:
        self._client = client  # so that `Client().jobs()` is not closed under its loop
        self._start = start
        self._background = background
        self._runs: weakref.WeakSet[Run] = weakref.WeakSet()

    def __iter__(self) -> Iterator[Job]:
        for page in self.pages():
            yield from page
            # Else this page would be held until the next one has come.
            del page

    def pages(self, resume: str | None = None, seen: Iterable[str] = ()) -> Iterator[Page]:
        """The same jobs, in the pages that the services answer with; a page may be empty though more follow.

        `resume` goes on after the page that it came from: with the same filter, services and base_url, else ValueError.
        It remembers where each list stands and not which jobs came out, so those that two requests share, or that new
        jobs have shifted to a later page, would come again: `seen` names them, as `str(job)` does (`service/id`), and
        keeps them out. Where the service has forgotten the list meanwhile, it is begun again, and `seen` is what makes
        that go unnoticed.
        """
        run = self._start(resume, seen)
        self._runs.add(run)
        try:
            while (page := self._background.run(run.page)) is not None:
                yield page
                del page
        finally:
            self._background.finish(run.close)

    def close(self) -> None:
        """Cancel what the loops over these jobs have in flight."""
        for run in list(self._runs):
            self._background.finish(run.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
