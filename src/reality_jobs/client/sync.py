"""`Client`: the loop over httpx. What to ask and what an answer means is decided in `listing`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, Self

import httpx

from ..filters import Filter
from ..records import Job
from .addresses import Base
from .failures import FAILURES, cause, failure
from .listing import Listing, Request, Step, check_page_size, prepare
from .responses import Answer
from .tokens import Source, access_token

_log = logging.getLogger("reality_jobs.client")


class Client:
    """Lists live jobs. Close it, or use it in a `with`; threads may share it.

    `token` is an access token, or a callable that is asked for one before every request; without it the environment
    variable ITWIN_ACCESS_TOKEN is read when the first request is made. It is sent to `base_url`'s origin and nowhere
    else: plain http is for loopback only, redirects are not followed, foreign next links are errors.
    """

    def __init__(
        self,
        token: Source = None,
        *,
        base_url: str = "https://api.bentley.com",
        timeout: float | None = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._token = token
        self._base = Base.parse(base_url)
        # Over plain http a proxy of the environment would be handed the token in clear.
        trust_env = self._base.origin.scheme == "https"
        self._http = httpx.Client(timeout=timeout, transport=transport, follow_redirects=False, trust_env=trust_env)

    def jobs(
        self,
        f: Filter | str | None = None,
        *,
        services: Iterable[str] | None = None,
        page_size: int = 100,
        missing: Literal["error", "null"] = "error",
    ) -> Jobs:
        """The jobs that the filter holds of, service after service; the three default services unless others are named.

        Nothing is asked before the first job is taken. Without a filter: all of the caller's own jobs; a filter without
        `iTwinId` finds the caller's own jobs only, one with it those of that iTwin. What a service cannot be asked is
        decided here on the records that come back; `missing="null"` reads what its records never hold as null. Raises
        InvalidFilter, or what refuses the filter for one of the services, at once.
        """
        return Jobs(self._ask, self._base, prepare(f, services, missing), check_page_size(page_size))

    def pages(
        self,
        f: Filter | str | None = None,
        *,
        services: Iterable[str] | None = None,
        page_size: int = 100,
        missing: Literal["error", "null"] = "error",
    ) -> Iterator[tuple[Job, ...]]:
        """`jobs(...).pages()`."""
        return self.jobs(f, services=services, page_size=page_size, missing=missing).pages()

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client(base_url={str(self._base)!r})"

    def _ask(self, request: Request) -> Answer:
        if self._http.is_closed:
            raise RuntimeError("the client is closed")
        secret = access_token(self._token, request.service.name)
        headers = {**request.headers, "Authorization": f"Bearer {secret}"}
        try:
            response = self._http.get(request.url, headers=headers)
        except FAILURES as error:
            failed = failure(request.service, self._base.origin, error, secret)
            _log.info("%s: GET %s failed: %s", request.service.name, request.path, type(error).__name__)
            raise failed from cause(error, secret)
        _log.info("%s: GET %s -> %d", request.service.name, request.path, response.status_code)
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, lowered, response.content, secret)


class Jobs:
    """The answer to a filter, fetched page by page while it is iterated; every iteration asks anew."""

    def __init__(self, ask: Callable[[Request], Answer], base: Base, steps: tuple[Step, ...], page_size: int) -> None:
        self._ask = ask
        self._base = base
        self._steps = steps
        self._page_size = page_size

    def __iter__(self) -> Iterator[Job]:
        for page in self.pages():
            yield from page
            # Else this page would be held until the next one has come.
            del page

    def pages(self) -> Iterator[tuple[Job, ...]]:
        """The same jobs, in the pages that the services answer with; a page may be empty though more follow."""
        listing = Listing(self._base, self._steps, self._page_size)
        while (request := listing.request) is not None:
            yield listing.take(self._ask(request), datetime.now(UTC))
