"""Sending: the access token, the rate, retries and the deadline. The only place of the client that does I/O."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import anyio
import httpx
import stamina

from ..errors import RateLimited, ServiceError, ServiceUnavailable
from .addresses import Origin
from .answering import LOCATION, body
from .auth import Bearer, Source, adapted, secrets_of
from .events import RequestEvent, log_request, quiet_libraries
from .failures import FAILURES, cause, failure, unsent
from .options import Settings
from .requests import Request
from .responses import Answer, decode_page, retry_after
from .retrying import Attempts
from .walk import Fetched

T = TypeVar("T")


class Sender:
    """Turns requests into pages; shared by all lists of a client."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        source: Source,
        settings: Settings,
    ) -> None:
        self._http = http
        # For what the caller brings that may block. Its thread starts with the first such call.
        self._worker = ThreadPoolExecutor(1, "reality-jobs-token")
        self._auth: httpx.Auth | None = None
        self._bearer: Bearer | None = None
        if isinstance(source, httpx.Auth):
            self._auth = adapted(source, self._worker)
        else:
            self._bearer = Bearer(source, http, self._exchange, self._worker, settings.clock)
        self._patience = settings.patience
        self._limiter = settings.limiter()
        self._clock = settings.clock
        self._on_request = settings.on_request

    def now(self) -> datetime:
        return self._clock.now()

    def attempts(self, *, repeatable: bool = True) -> Attempts:
        """For `answered`, by who wants to know afterwards what became of them."""
        return Attempts(self._patience, self._clock, repeatable)

    async def page(self, request: Request) -> Fetched:
        """The page that answers a request; raises what `answered` does."""

        def read(answer: Answer) -> Fetched:
            return Fetched(decode_page(request.service, answer, self._clock.now()), answer)

        return await self.answered(request, read, self.attempts())

    async def answered(self, request: Request, read: Callable[[Answer], T], attempts: Attempts) -> T:
        """What `read` makes of the answer, tried as often as patience allows.

        `read` raises the ServiceError that an answer stands for. So does this; every field is free of the access token.
        """

        def again(error: Exception) -> bool | float:
            # stamina would sleep on the real clock; the waiting is done with ours, before the attempt.
            return 0.0 if isinstance(error, ServiceError) and attempts.wait is not None else False

        with quiet_libraries():
            async for attempt in stamina.retry_context(on=again, attempts=None, timeout=None):
                with attempt:
                    return await self._attempt(request, read, attempts)
        raise AssertionError("stamina ends with a result or an error")

    async def close(self) -> None:
        self._worker.shutdown(wait=False, cancel_futures=True)
        await self._http.aclose()

    async def _attempt(self, request: Request, read: Callable[[Answer], T], attempts: Attempts) -> T:
        if attempts.wait:
            await self._clock.sleep(attempts.wait)
        attempts.excuse(await self._limiter.wait())
        attempts.begin()
        begun = self._clock.monotonic()
        answer: Answer | None = None
        try:
            answer = await self._in_time(request, attempts)
            outcome = read(answer)
        except Exception as error:
            self._decide(attempts, error, answer)
            self._tell(request, attempts, answer, self._clock.monotonic() - begun, error)
            raise
        # Nothing is told of what was cancelled: that may happen anywhere, in the garbage collector too.
        self._tell(request, attempts, answer, self._clock.monotonic() - begun, None)
        return outcome

    def _decide(self, attempts: Attempts, error: Exception, answer: Answer | None) -> None:
        asked = error.retry_after if isinstance(error, RateLimited) else None
        if asked is None and answer is not None:
            asked = retry_after(answer.headers.get("retry-after"), self._clock.now())
        if unsent(error):
            attempts.on_its_way = False
        attempts.failed(error, asked)
        if isinstance(error, RateLimited) and asked is not None and attempts.wait is not None:
            self._limiter.pause(asked)

    async def _in_time(self, request: Request, attempts: Attempts) -> Answer:
        try:
            async with asyncio.timeout(attempts.left) as limit:
                return await self._answer(request, attempts)
        except TimeoutError as late:
            if not limit.expired():
                raise
            raise ServiceUnavailable(request.service.name, f"no answer within {self._patience.deadline:g} s") from late

    async def _answer(self, request: Request, attempts: Attempts) -> Answer:
        answer = await self._authorized(request, attempts)
        if answer.status == 401 and self._bearer is not None:
            attempts.on_its_way = False
            renewed = await self._bearer.replaced(answer.secrets, request.service.name)
            return await self._authorized(request, attempts) if renewed else answer
        return answer

    async def _authorized(self, request: Request, attempts: Attempts) -> Answer:
        sent = self._http.build_request(request.method, request.url, headers=request.headers, content=request.content)
        if self._bearer is not None:
            # Into the request at once: tools that report errors print the locals of frames, but httpx masks this.
            sent.headers["Authorization"] = f"Bearer {await self._bearer.token(request.service.name)}"
        attempts.on_its_way = True
        return await self._exchange(sent, request.service.name, self._auth)

    async def _exchange(self, request: httpx.Request, service: str, auth: httpx.Auth | None = None) -> Answer:
        """Request to whole answer; raises ServiceUnavailable where there is none.

        In a task and an anyio scope of its own: cancelled by asyncio's means while it returns a connection, httpcore
        would lose that connection for good.
        """
        scope = anyio.CancelScope()

        async def exchange() -> Answer:
            with scope:
                return await self._sent(request, service, auth)
            raise asyncio.CancelledError

        task = asyncio.create_task(exchange())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            scope.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # nobody waits for it any more
            raise

    async def _sent(self, request: httpx.Request, service: str, auth: httpx.Auth | None) -> Answer:
        try:
            response = await self._http.send(request, stream=True, auth=auth)
            try:
                data = await body(response, service)
            finally:
                await response.aclose()
        except (*FAILURES, UnicodeError) as error:
            origin = Origin.of(request.url.scheme, request.url.netloc.decode("ascii"))
            raise failure(service, origin, error, secrets_of(request)) from cause(error, secrets_of(request))
        headers = {name.lower(): value for name, value in response.headers.items()}
        if LOCATION in response.extensions:
            headers["location"] = response.extensions[LOCATION]
        return Answer(response.status_code, headers, data, secrets_of(response.request))

    def _tell(
        self, request: Request, attempts: Attempts, answer: Answer | None, seconds: float, error: Exception | None
    ) -> None:
        event = RequestEvent(
            request.service.name,
            request.method,
            request.path,
            attempts.made,
            None if answer is None else answer.status,
            seconds,
            0 if answer is None else len(answer.body),
            None if error is None else type(error).__name__,
            None if error is None else attempts.wait,
            None if answer is None else answer.correlation_id,
        )
        log_request(event, request.url)
        if self._on_request is not None:
            self._on_request(event)
