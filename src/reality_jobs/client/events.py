"""What a client tells those who look on: the events of its hooks, and its log lines.

At INFO nothing that was asked for is logged: no query, no token, no name. At DEBUG the address is, since that is what
one debugs, and a warning of a mismatch names the filter. The access token is in none of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from attrs import frozen

log = logging.getLogger("reality_jobs.client")


@frozen
class RequestEvent:
    """One request and what became of it; a request that is tried again makes an event each time."""

    service: str
    method: str
    path: str
    attempt: int
    """Counts from 1."""
    status: int | None
    """None where no answer came."""
    seconds: float
    """From sending to the last byte of the answer; what was waited before is not in it."""
    size: int
    """Bytes of the body, decompressed."""
    error: str | None
    """The name of the error's class; None for a page that can be read."""
    retry_in: float | None
    """Seconds until it is tried again; None where it is not."""
    correlation_id: str | None


@frozen
class PageEvent:
    """One page of a list, as it is handed to the caller."""

    service: str
    records: int
    """How many the service sent."""
    jobs: int
    """How many of them came out: the others came before, or are none that the filter holds of."""


def log_request(event: RequestEvent, url: str) -> None:
    outcome = event.error if event.status is None else str(event.status)
    again = "" if event.retry_in is None else f"; once more in {event.retry_in:.1f} s"
    log.info("%s: %s %s -> %s in %.3f s%s", event.service, event.method, event.path, outcome, event.seconds, again)
    log.debug("%s: %s %s", event.service, event.method, url)


_sending: ContextVar[bool] = ContextVar("reality_jobs_sending", default=False)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """httpx logs whole addresses at INFO: not those of our requests. And stamina what we have said of a retry."""
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)


logging.getLogger("httpx").addFilter(lambda record: record.levelno > logging.INFO or not _sending.get())
logging.getLogger("stamina").addFilter(lambda _: not _sending.get())
