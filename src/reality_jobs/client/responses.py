"""An answer of a job API -> the decoded page, or the error it stands for. No I/O.

Sources: the error bodies and statuses of the published list operations; RFC 9110 for Retry-After (10.2.3). The pages
warn that not every failed request comes with their error object, so nothing of it is relied on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import unquote

import msgspec
from attrs import field, frozen

from ..diagnostics import printable, quoted
from ..errors import (
    BadRequest,
    Conflict,
    FilterRefused,
    NotFound,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
    Unauthorized,
)
from ..services import Service

_MESSAGE: Final = 500
_DETAILS: Final = 20
_DETAIL_DEPTH: Final = 5
_ENCODINGS: Final = 5
"""How often text may be percent-encoded over and over until it is not looked for any further."""

_CLASSES: Final[Mapping[int, type[ServiceError]]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Unauthorized,
    404: NotFound,
    408: ServiceUnavailable,
    422: BadRequest,
}


_REFUSED_CHANGE: Final = "InvalidChange"


@frozen
class Answer:
    """What came back. `headers` has lower-case names, `body` is decompressed; `secrets` is what was sent to prove who
    asks, as a server may echo it."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def clean(self, text: str) -> str:
        """Text of the server fit for a message: cut, escaped, and without the token where the server echoes it."""
        text = " ".join(hide(text, self.secrets).split())
        return printable(text if len(text) <= _MESSAGE else text[: _MESSAGE - 3] + "...")

    def shown(self, text: str) -> str:
        """The same in quotes, and shorter."""
        return quoted(" ".join(hide(text, self.secrets).split()), 100)

    def echoed(self, text: str) -> bool:
        """Whether a text of the server holds what proves who asks."""
        for _ in range(_ENCODINGS):
            if hide(text, self.secrets) != text:
                return True
            text = unquote(text)
        return False

    @property
    def correlation_id(self) -> str | None:
        """What the platform's support asks for."""
        value = self.headers.get("x-correlation-id")
        return self.clean(value) if value else None

    @property
    def media_type(self) -> str:
        return hide(self.headers.get("content-type", ""), self.secrets).partition(";")[0].strip().lower()


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets. One shorter than eight characters is a stand-in and may be part of any word."""
    for secret in secrets:
        if len(secret) >= 8:
            text = text.replace(secret, "[token]")
    return text


def decode_page(service: Service, answer: Answer, now: datetime) -> object:
    """The JSON value of a list's page; raises the ServiceError that the answer stands for.

    Redirects are errors: following one would take the token along.
    """
    if answer.status != 200:
        raise refusal(service, answer, now, bad_request=FilterRefused)
    return _decoded(service, answer, "a page of jobs")


def accept(service: Service, answer: Answer, now: datetime, about: str = "") -> None:
    """Raises the ServiceError that an answer of any status but success stands for; its message begins with `about`."""
    if not 200 <= answer.status < 300:
        raise refusal(service, answer, now, about=about)


def decode_part(
    service: Service, answer: Answer, now: datetime, key: str, due: str, about: str = ""
) -> Mapping[str, object]:
    """The object under a key of a JSON answer. Raises what `accept` does, ServiceUnavailable where there is none."""
    accept(service, answer, now, about)
    body = _decoded(service, answer, due)
    part = body.get(key) if isinstance(body, dict) else None
    if not isinstance(part, dict):
        raise _unavailable(service, answer, f"answered with JSON that holds no {key!r} where {due} was due")
    return part


def _decoded(service: Service, answer: Answer, due: str) -> object:
    if not answer.body:
        raise _unavailable(service, answer, f"answered with an empty body where {due} was due")
    if answer.media_type and not re.fullmatch(r"(?:application|text)/(?:[^/]+\+)?json", answer.media_type):
        raise _unavailable(service, answer, f"answered with {_body_in_words(answer)} where JSON was due")
    body = answer.body.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        value = _tolerant(body)
        if value is not None:
            return value
        message = f"answered with a body that is not the JSON it says: {answer.clean(str(error))}"
        raise _unavailable(service, answer, message) from error


def _tolerant(body: bytes) -> object:
    """Slower, but it takes lone surrogates and numbers beyond all bounds: one odd job must not hide a page. None for
    what is no JSON; an error would hold the body."""
    with suppress(ValueError, RecursionError):
        value: object = json.loads(body, parse_constant=_no_number)
        return value
    return None


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no JSON")


def refusal(
    service: Service, answer: Answer, now: datetime, bad_request: type[BadRequest] = BadRequest, about: str = ""
) -> ServiceError:
    """The error that an answer of any status but success stands for, with what the API says about it."""
    message, code, details = told(answer)
    message = about + message
    status, correlation = answer.status, answer.correlation_id
    if status == 429:
        wait = retry_after(answer.headers.get("retry-after"), now)
        return RateLimited(service.name, message, status, code, details, correlation, wait)
    kind = _CLASSES.get(status, ServiceUnavailable if status >= 500 or 200 <= status < 300 else ServiceError)
    if 400 <= status < 500 and _REFUSED_CHANGE in (code, *(d.get("code") for d in details if isinstance(d, dict))):
        kind = Conflict
    if kind is BadRequest:
        kind = bad_request
    return kind(service.name, message, status, code, details, correlation)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, never negative; None where the header is missing or says nothing that can be read."""
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def told(answer: Answer) -> tuple[str, str | None, tuple[object, ...]]:
    """Message, code and details of an error body; a description of the answer where it has no such message."""
    try:
        body: object = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = None
    error = body.get("error", body) if isinstance(body, dict) else None
    code = message = details = None
    if isinstance(error, dict):
        code, message, details = error.get("code"), error.get("message"), error.get("details")
    elif isinstance(error, str) and isinstance(body, dict):
        # OAuth's shape (RFC 6749, 5.2), which gateways in front of the services answer with.
        code, message = error, body.get("error_description")
    if not isinstance(message, str) or not message.strip():
        message = _described(answer)
    shown = tuple(_clean_detail(d, answer) for d in details[:_DETAILS]) if isinstance(details, list) else ()
    return answer.clean(message), answer.clean(code) if isinstance(code, str) else None, shown


def _described(answer: Answer) -> str:
    if 300 <= answer.status < 400 and answer.status != 304:
        place = answer.headers.get("location")
        aim = f" to {answer.shown(place.partition('?')[0])}" if place else ""
        return f"redirects{aim}; redirects are not followed, for the token would go along"
    return f"answered with {_body_in_words(answer)}"


def _body_in_words(answer: Answer) -> str:
    if not answer.body:
        return "an empty body"
    kind = answer.clean(answer.media_type) or "a body of no stated type"
    return f"{kind}: {answer.shown(answer.body.decode('utf-8', 'replace'))}"


def _clean_detail(detail: object, answer: Answer, depth: int = 0) -> object:
    """However deep it goes: a server may echo what it was sent anywhere. What nests too deep for that is left out."""
    if isinstance(detail, str):
        return answer.clean(detail)
    if isinstance(detail, dict | list) and depth >= _DETAIL_DEPTH:
        return None
    if isinstance(detail, dict):
        return {answer.clean(k): _clean_detail(v, answer, depth + 1) for k, v in detail.items()}
    if isinstance(detail, list):
        return [_clean_detail(item, answer, depth + 1) for item in detail[:_DETAILS]]
    return detail


def _unavailable(service: Service, answer: Answer, message: str) -> ServiceUnavailable:
    return ServiceUnavailable(service.name, message, answer.status, correlation_id=answer.correlation_id)
