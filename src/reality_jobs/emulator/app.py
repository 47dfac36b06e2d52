"""The emulator as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import count
from typing import TypedDict, Unpack
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ._platform import Exchange, Platform
from ._replies import Call, LastPage
from ._wire import break_off, gone, reset
from .faults import Faults
from .generate import StoredJob


class Options(TypedDict, total=False):
    """What `create_app`, `Emulator`, `running` and `serve` take by keyword; meanings and defaults are Platform's."""

    default_top: int
    max_top: int
    last_page: LastPage | None
    rate: int | None
    now: Callable[[], float]
    max_request_line: int
    faults: Faults | None
    clients: Mapping[str, str] | None
    token_lifetime: float
    require_issued: bool
    speed: float
    seed: int


class App:
    """All six job APIs over these jobs, the token endpoint, and `/openapi.json`; and what they were asked.

    Jobs can be listed, looked at, created, submitted, cancelled, deleted and followed: as time goes by they get on with
    their work and end. Each reply has an `x-correlation-id` that counts up.
    """

    def __init__(self, jobs: Iterable[StoredJob], **options: Unpack[Options]) -> None:
        self._platform = Platform(jobs, **options)
        self._numbers = count(1)
        self.in_flight = 0
        self.most_in_flight = 0

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """What was asked, oldest first, the last 100,000; each is here before its answer is sent."""
        return tuple(self._platform.exchanges)

    @property
    def token_requests(self) -> int:
        return self._platform.tokens.requests

    @property
    def issued(self) -> tuple[str, ...]:
        """The access tokens that the token endpoint gave out."""
        return self._platform.tokens.issued

    @property
    def added(self) -> tuple[StoredJob, ...]:
        """The jobs that the fault `added` made."""
        return self._platform.store.added

    def describe(self, base: str) -> dict[str, object]:
        """What GET /openapi.json answers with at this address: OpenAPI 3.1."""
        return self._platform.describe(base)

    def revoke(self, *tokens: str) -> None:
        """From now on 401 for these access tokens, issued or not; without arguments for all issued so far."""
        self._platform.tokens.revoke(*tokens)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self._respond(scope, receive, send)
        finally:
            self.in_flight -= 1

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        call = _call(request, await request.body() if request.method in ("POST", "PATCH") else b"")
        if delay := self._platform.delay():
            with suppress(TimeoutError):
                await asyncio.wait_for(gone(receive), delay)
        reply = self._platform.answer(call)
        headers = {**reply.headers, "x-correlation-id": str(UUID(int=next(self._numbers)))}
        if reply.status is None:
            await reset(scope, receive)
        elif reply.cut is not None:
            await break_off(scope, receive, reply.status, headers, reply.content, reply.cut)
        else:
            await Response(reply.content, reply.status, headers)(scope, receive, send)


def create_app(jobs: Iterable[StoredJob], **options: Unpack[Options]) -> App:
    """The application for a server of the caller's; the faults `reset` and `cut` need the one of `serve`."""
    return App(jobs, **options)


def _call(request: Request, body: bytes) -> Call:
    target: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    size = (
        len(f"{request.method}  HTTP/{request.scope['http_version']}") + len(target) + (len(query) + 1 if query else 0)
    )
    base = f"{request.url.scheme}://{request.url.netloc}"
    return Call(request.method, base, request.scope["path"], query.decode("latin-1"), request.headers, size, body)
