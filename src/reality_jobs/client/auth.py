"""Who asks: where access tokens come from, and when a new one is fetched.

Sources: RFC 6750 (bearer tokens), RFC 6749 section 4.4 (client credentials); the platform's authorization pages for the
token URL, the scope and the form of the request.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from math import inf
from typing import Final
from urllib.parse import quote, quote_plus, urlencode

import httpx
import msgspec
from attrs import field, frozen

from ..errors import RateLimited, ServiceError, ServiceUnavailable, Unauthorized
from .addresses import Base
from .clock import Clock
from .responses import Answer, retry_after

VARIABLE: Final = "ITWIN_ACCESS_TOKEN"

_MARGIN: Final = 60.0
"""Seconds before its end that a token is not used any more; of a short-lived one, half its life."""

_SCHEME = re.compile(r"(?i)\A(?:bearer|basic|digest) +")

# Visible ASCII: wider than the b64token of RFC 6750, 2.1, narrow enough that no header can be broken by it.
_SENDABLE = re.compile(r"[\x21-\x7e]+")


@frozen
class ClientCredentials:
    """A service application's own id and secret: a client fetches access tokens with them and renews them in time.

    Defaults are the platform's published token URL and scope. Raises ValueError for a token URL that is neither https
    nor loopback.
    """

    client_id: str
    client_secret: str = field(repr=False)
    token_url: str = "https://ims.bentley.com/connect/token"  # noqa: S105 - an address
    scope: str = "itwin-platform"

    def __attrs_post_init__(self) -> None:
        Base.parse(self.token_url, "token_url")
        for name in ("client_id", "client_secret", "scope"):
            if not getattr(self, name).isprintable():  # lone surrogates are not, either
                raise ValueError(f"{name} holds a character that cannot be sent")


Source = str | Callable[[], str | Awaitable[str]] | ClientCredentials | httpx.Auth | None
"""A token; what returns one, asked before every request, so that it may renew it; client credentials; any `httpx.Auth`;
None for the environment variable."""


Exchange = Callable[[httpx.Request, str], Awaitable[Answer]]
"""Sends a request, for the service that is named in errors."""

_SECRET: Final = "reality_jobs.secret"  # noqa: S105 - its place

_OURS: Final = frozenset(
    {"host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length"}
)
"""Headers that hold no secret."""

_LONGEST: Final = 1e9


class Bearer:
    """One access token for all requests of a client, however many ask for it at once."""

    def __init__(
        self, source: Source, http: httpx.AsyncClient, exchange: Exchange, worker: ThreadPoolExecutor, clock: Clock
    ) -> None:
        self._source = source
        self._http = http
        self._exchange = exchange
        self._worker = worker
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._token: str | None = None
        self._end = 0.0

    async def token(self, service: str) -> str:
        """The token to send. Raises Unauthorized where there is none; ServiceUnavailable where it cannot be fetched."""
        if isinstance(self._source, str):
            return checked(self._source, service)
        if self._source is None:
            return checked(os.environ.get(VARIABLE, ""), service, VARIABLE)
        async with self._one_at_a_time:
            if self._token is None or self._clock.monotonic() >= self._end:
                await self._renew(service)
            return self._token or ""

    async def replaced(self, refused: Sequence[str], service: str) -> bool:
        """After a 401: whether there is another token than the refused one, fetched if need be."""
        if self._source is None or isinstance(self._source, str):
            return False
        async with self._one_at_a_time:
            if self._token in refused:  # else another request has replaced it meanwhile
                await self._renew(service)
            return self._token not in refused

    async def _renew(self, service: str) -> None:
        self._token = None
        if isinstance(self._source, ClientCredentials):
            self._token, self._end = await self._fetched(self._source, service)
        elif callable(self._source):
            # The callable decides when a token is old, so it is asked each time.
            self._token, self._end = checked(await self._called(self._source), service), 0.0

    async def _called(self, source: Callable[[], str | Awaitable[str]]) -> object:
        if inspect.iscoroutinefunction(source) or inspect.iscoroutinefunction(getattr(source, "__call__", None)):  # noqa: B004
            return await source()  # type: ignore[misc]
        # It may block: in a thread, so that other requests go on.
        value = await asyncio.get_running_loop().run_in_executor(self._worker, _once, source)
        return await value if inspect.isawaitable(value) else value

    async def _fetched(self, credentials: ClientCredentials, service: str) -> tuple[str, float]:
        begun = self._clock.monotonic()
        answer = await self._exchange(self._token_request(credentials), service)
        token, lifetime = _token_of(answer, service, credentials.token_url, self._clock.now())
        return token, begun + lifetime - min(_MARGIN, lifetime / 2)

    def _token_request(self, credentials: ClientCredentials) -> httpx.Request:
        """The only POST. It creates nothing, so it may be sent again."""
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "scope": credentials.scope,
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        url = str(Base.parse(credentials.token_url, "token_url"))
        request = self._http.build_request("POST", url, headers=kind, content=urlencode(form).encode())
        request.extensions[_SECRET] = credentials.client_secret
        return request


def _once(source: Callable[[], object]) -> object:
    """A future cannot carry StopIteration."""
    try:
        return source()
    except StopIteration as error:
        raise RuntimeError("token() raised StopIteration: there is no further token") from error


def secrets_of(request: httpx.Request) -> tuple[str, ...]:
    """What travelled to prove who asks, in every spelling that a server may echo.

    That is whatever header is none of our own, since any `httpx.Auth` may have put it there, and the client secret.
    """
    values = [value for name, value in request.headers.items() if name.lower() not in _OURS]
    values = [_SCHEME.sub("", value) for value in values] + [str(request.extensions.get(_SECRET, ""))]
    spelt = {form for v in values for form in (v, quote(v), quote(v, safe=""), quote_plus(v), v.replace("/", "\\/"))}
    return tuple(sorted(spelt - {""}, key=len, reverse=True))


def _token_of(answer: Answer, service: str, url: str, now: datetime) -> tuple[str, float]:
    """Access token and lifetime in seconds (RFC 6749, 5.1); for ever where the answer does not say: a 401 will."""
    if not 200 <= answer.status < 300:
        raise _refusal(answer, service, url, now)
    try:
        value: object = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    token = value.get("access_token") if isinstance(value, Mapping) else None
    if not isinstance(token, str) or not token.strip():
        raise ServiceUnavailable(service, f"{url} answered with no access token", answer.status)
    return checked(token, service, url), _lifetime(value)


def _lifetime(value: object) -> float:
    seconds = value.get("expires_in") if isinstance(value, Mapping) else None
    known = isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < _LONGEST
    return float(seconds) if known else inf  # type: ignore[arg-type]


def _refusal(answer: Answer, service: str, url: str, now: datetime) -> ServiceError:
    """From the error object alone (RFC 6749, 5.2): any other body may hold a token."""
    try:
        told: object = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        told = None
    code, reason = (
        (told.get(key) for key in ("error", "error_description")) if isinstance(told, Mapping) else (None, None)
    )
    code = answer.clean(code) if isinstance(code, str) else None
    said = answer.clean(reason) if isinstance(reason, str) else code or f"it answered with status {answer.status}"
    message = f"no access token from {url}: {said}"
    if answer.status == 429:
        wait = retry_after(answer.headers.get("retry-after"), now)
        return RateLimited(service, message, answer.status, code, retry_after=wait)
    kind = ServiceUnavailable if answer.status == 408 or answer.status >= 500 else Unauthorized
    return kind(service, message, answer.status, code)


def checked(text: object, service: str, origin: str = "token") -> str:
    """The token to send, without the `Bearer ` that copied ones often start with.

    Raises Unauthorized where there is none or it cannot be one; the message never shows it.
    """
    if not isinstance(text, str):
        raise TypeError(f"token() must return the access token as text, not {type(text).__name__}")
    text = re.sub(r"(?i)\A\s*bearer\s+", "", text).strip()
    if _SENDABLE.fullmatch(text):
        return text
    empty = not text
    del text  # not even into a traceback that shows locals
    if empty:
        raise Unauthorized(service, f"no access token: give Client(token=...) or set {VARIABLE}")
    raise Unauthorized(service, f"{origin} holds a blank or a character that no access token has")


class InThread(httpx.Auth):
    """An `httpx.Auth` that knows the sync flow only: its steps are taken in a thread, since they may block."""

    def __init__(self, auth: httpx.Auth, worker: ThreadPoolExecutor) -> None:
        self._auth = auth
        self._worker = worker

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        run = asyncio.get_running_loop().run_in_executor
        flow = self._auth.sync_auth_flow(request)
        step = await run(self._worker, next, flow, None)
        while step is not None:
            response = yield step
            # Such a flow may read the answer, which it cannot do by itself.
            await response.aread()
            step = await run(self._worker, _sent, flow, response)


def _sent(flow: object, response: httpx.Response) -> httpx.Request | None:
    try:
        return flow.send(response)  # type: ignore[attr-defined,no-any-return]
    except StopIteration:
        return None


def adapted(auth: httpx.Auth, worker: ThreadPoolExecutor) -> httpx.Auth:
    """The same, fit for the async loop that every request is sent from."""
    kind = type(auth)
    sync_only = kind.sync_auth_flow is not httpx.Auth.sync_auth_flow and (
        kind.async_auth_flow is httpx.Auth.async_auth_flow and kind.auth_flow is httpx.Auth.auth_flow
    )
    return InThread(auth, worker) if sync_only else auth
