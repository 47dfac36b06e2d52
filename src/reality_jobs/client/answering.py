"""What httpx is not left to do with an answer: inflate it without a bound, build its redirect, keep its cookies."""

from __future__ import annotations

import zlib
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx

from ..errors import ServiceError

MAX_BODY: Final = 256 * 1024 * 1024
"""Bytes of an answer, decompressed; a page of 1,000 jobs is some megabytes."""

ACCEPTED: Final = "gzip"
"""The one content coding that is asked for, so the one that is read."""

LOCATION: Final = "reality_jobs.location"

_GZIP: Final = zlib.MAX_WBITS | 16


def no_cookies() -> CookieJar:
    """The APIs are asked with a token; what a server would have remembered is nobody's business."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


async def no_redirect(response: httpx.Response) -> None:
    """For httpx, which reads where a redirect leads even if it does not follow it, and fails at what is no URL."""
    location = response.headers.pop("location", None)
    if location is not None:
        response.extensions[LOCATION] = location


async def body(response: httpx.Response, service: str) -> bytes:
    """The whole body, decompressed in bounds: a few kilobytes may stand for gigabytes.

    Raises ServiceError for one that is too large, or in a coding that was not asked for; httpx.DecodingError for one
    that is not in the coding it says.
    """
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip"):
        message = f"answered with the content coding {coding[:50]!r}, though only gzip was asked for"
        raise ServiceError(service, message, response.status_code)
    if response.is_stream_consumed:  # by the caller's auth, or a transport that has no stream
        return response.content
    parts: list[bytes] = []
    size = 0
    inflater = zlib.decompressobj(_GZIP) if coding.endswith("gzip") else None
    async for raw in response.aiter_raw():
        part = raw if inflater is None else _inflated(inflater, raw, MAX_BODY - size + 1)
        size += len(part)
        if size > MAX_BODY:
            raise ServiceError(service, f"answered with more than {MAX_BODY:,} bytes", response.status_code)
        parts.append(part)
    if inflater is not None and not inflater.eof and size:
        raise httpx.DecodingError("it ends in the middle", request=response.request)
    return b"".join(parts)


def _inflated(inflater: zlib._Decompress, raw: bytes, most: int) -> bytes:
    try:
        return inflater.decompress(raw, most)
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error
