"""One request to one reply: authorization, versions, parameters, pages, rate. No I/O."""

from __future__ import annotations

import math
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote, unquote_plus

from attrs import frozen

from .. import services
from ..services import Service
from ._replies import (
    LastPage,
    RefusedError,
    Reply,
    bad_request,
    last_page_links,
    next_link,
    no_operation,
    read_token,
    refuse,
    write_token,
)
from ._store import Store
from .generate import StoredJob

_BEARER = re.compile(r"Bearer ([\x21-\x7e]+)")
_WINDOW = 60.0


@frozen
class Call:
    """A request as it came; header names in lower case, `base` is scheme and authority of its own address."""

    method: str
    base: str
    path: str
    query: str
    headers: Mapping[str, str]
    request_line: int
    """Length of the request line in bytes."""


class Platform:
    """The six list operations over one store of jobs."""

    def __init__(
        self,
        jobs: Iterable[StoredJob],
        *,
        default_top: int = 100,
        max_top: int = 1000,
        last_page: LastPage | None = None,
        rate: int | None = None,
        now: Callable[[], float] = time.monotonic,
        max_request_line: int = 8192,
    ) -> None:
        """`rate` is requests a minute, `max_request_line` is bytes.

        `last_page` None: v2 leaves `_links` out, v1 sends an empty one; the schemas allow either.
        """
        self._store = Store(jobs)
        self._default_top = default_top
        self._max_top = max_top
        self._last_page = last_page
        self._rate = rate
        self._now = now
        self._max_request_line = max_request_line
        self._answered: deque[float] = deque()

    def answer(self, call: Call) -> Reply:
        try:
            if call.request_line > self._max_request_line:
                longest = f"The request line is longer than {self._max_request_line} bytes."
                raise refuse(414, "UriTooLong", longest)
            service = _operation(call)
            user = self._store.user(_access_token(call.headers.get("authorization")))
            self._keep_rate()
            return self._list(service, user, call)
        except RefusedError as refused:
            return refused.reply

    def _list(self, service: Service, user: str, call: Call) -> Reply:
        given = _parameters(service, call.query)
        top = self._top(service, given.get("$top"))
        text = given.get("$filter", "")
        if not text.strip():
            raise bad_request(service, "$filter", "The $filter query parameter is required.")
        found = self._store.find(service, user, text)
        bound_to = "\n".join((service.name, user, text))
        offset, size = 0, top or self._default_top
        # A client of the platform's own sends an empty token with every first request.
        if token := given.get("continuationToken"):
            position = read_token(token, bound_to)
            if position is None:
                raise bad_request(service, "continuationToken", "The continuationToken query parameter is invalid.")
            offset, size = position[0], top or position[1]
        end = offset + size
        page: dict[str, object] = {"jobs": found[offset:end]}
        if end < len(found):
            href = next_link(service, call.base, text, top, write_token(end, size, bound_to))
            return Reply(200, page | {"_links": {"next": {"href": href}}})
        shape = self._last_page or ("absent" if service.encodes_next else "empty")
        return Reply(200, page | last_page_links(shape, next_link(service, call.base, text, top, None)))

    def _top(self, service: Service, text: str | None) -> int | None:
        if text is None:
            return None
        if re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= self._max_top:
            return int(text)
        wanted = f"must be a positive integer that does not exceed {self._max_top}"
        raise bad_request(service, service.top_target, f"The $top query parameter value {wanted}.")

    def _keep_rate(self) -> None:
        """At most `rate` answers in any minute; what is refused does not count."""
        if self._rate is None:
            return
        now = self._now()
        while self._answered and self._answered[0] <= now - _WINDOW:
            self._answered.popleft()
        if len(self._answered) >= self._rate:
            oldest = self._answered[0] if self._answered else now
            raise refuse(
                429,
                "RateLimitExceeded",
                "The client sent more requests than allowed by this API for the current tier of the client.",
                retry_after=str(max(1, math.ceil(oldest + _WINDOW - now))),
            )
        self._answered.append(now)


def _operation(call: Call) -> Service:
    """The service that is asked: by path and version. No Accept header, or a wide open one, takes any version."""
    for service in services.ALL.values():
        if call.path == f"{service.path}/jobs" and call.method == "GET":
            ranges = {part.partition(";")[0].strip().lower() for part in call.headers.get("accept", "*/*").split(",")}
            if ranges & {service.accept, "*/*", "application/*"}:
                return service
    raise no_operation()


def _access_token(header: str | None) -> str:
    if header is None:
        message = "Header Authorization was not found in the request. Access denied."
        raise refuse(401, "HeaderNotFound", message)
    bearer = _BEARER.fullmatch(header)
    if bearer is None or bearer[1] == "expired":
        raise refuse(401, "Unauthorized", "Access denied due to invalid access_token.")
    return bearer[1]


def _parameters(service: Service, query: str) -> dict[str, str]:
    """The three parameters, each at most once (OData 4.01 Part 2, 5.1); others are ignored."""
    given: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        name = unquote(name)
        if name in given:
            raise bad_request(service, name, f"The {name} query parameter must not be given more than once.")
        if name == "continuationToken":
            given[name] = unquote(value)  # a `+` in a token is a `+`, whether or not it was encoded
        elif name in ("$filter", "$top"):
            given[name] = unquote_plus(value)
    return given
