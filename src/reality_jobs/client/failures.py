"""What httpx raises -> our errors, with a cause that does not hold the token."""

from __future__ import annotations

from typing import Final

import httpx

from ..diagnostics import printable
from ..errors import ServiceUnavailable
from .addresses import Origin
from .responses import hide

FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)
"""Every exception of httpx has one of these as its base."""

_WORDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (httpx.ConnectTimeout, "no connection to {origin} in time"),
    (httpx.TimeoutException, "no answer from {origin} in time"),
    (httpx.ConnectError, "no connection to {origin}"),
    (httpx.ProxyError, "no connection to {origin} through the proxy"),
    (httpx.RemoteProtocolError, "{origin} broke off its answer, or sent what is no HTTP"),
    (httpx.DecodingError, "the body that {origin} sent cannot be decompressed as its headers say"),
    (httpx.NetworkError, "the connection to {origin} broke"),
)


def failure(service: str, origin: Origin | None, error: Exception, secrets: tuple[str, ...]) -> ServiceUnavailable:
    """The error to raise `from cause(error, secrets)`."""
    words = next((words for kind, words in _WORDS if isinstance(error, kind)), "the request to {origin} failed")
    reason = printable(hide(str(error), secrets))
    return ServiceUnavailable(
        service, words.format(origin=origin or "the server") + (f": {reason[:200]}" if reason else "")
    )


def unsent(error: Exception) -> bool:
    """Whether an error that `failure` made says that there was no connection, so that nothing was sent."""
    return isinstance(error.__cause__, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError)


def cause(error: Exception, secrets: tuple[str, ...]) -> Exception:
    """The error itself, with its whole chain rid of what holds the token: requests, frames, echoes in messages."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, httpx.RequestError):
            link.request = httpx.Request("GET", "/")
        # The frames of httpx and below hold the headers, and tools that report errors print the locals of frames.
        link.__traceback__ = None
        link.args = tuple(_clean(part, secrets) for part in link.args)
        link = link.__cause__ or link.__context__
    return error


def _clean(part: object, secrets: tuple[str, ...]) -> object:
    """h11 shows lines of an answer as the repr of their bytes."""
    return (
        part if isinstance(part, int | float | None) else hide(part if isinstance(part, str) else repr(part), secrets)
    )
