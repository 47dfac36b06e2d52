"""The emulator as an ASGI application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import TypedDict, Unpack
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ._platform import Call, Platform
from ._replies import LastPage
from .generate import StoredJob


class Options(TypedDict, total=False):
    """What `create_app`, `running` and `serve` take by keyword; the meanings and defaults are Platform's."""

    default_top: int
    max_top: int
    last_page: LastPage | None
    rate: int | None
    now: Callable[[], float]
    max_request_line: int


def create_app(jobs: Iterable[StoredJob], **options: Unpack[Options]) -> ASGIApp:
    """All six job APIs over these jobs, lists only. Each reply has an `x-correlation-id` that counts up."""
    platform = Platform(jobs, **options)
    numbers = count(1)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reply = platform.answer(_call(Request(scope)))
        headers = {**reply.headers, "x-correlation-id": str(UUID(int=next(numbers)))}
        await JSONResponse(reply.body, reply.status, headers)(scope, receive, send)

    return app


def _call(request: Request) -> Call:
    target: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    size = (
        len(f"{request.method}  HTTP/{request.scope['http_version']}") + len(target) + (len(query) + 1 if query else 0)
    )
    base = f"{request.url.scheme}://{request.url.netloc}"
    return Call(request.method, base, request.url.path, query.decode("latin-1"), request.headers, size)
