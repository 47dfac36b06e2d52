"""What the job APIs say: replies, refusals, next links, continuation tokens. No I/O."""

from __future__ import annotations

import binascii
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Literal, get_args
from urllib.parse import quote

import msgspec
from attrs import field, frozen

from ..services import Service

LastPage = Literal["absent", "empty", "null", "null-next", "tokenless"]
"""How a page says that it is the last: no `_links`, `{}`, null, `{"next": null}`, a link without a token."""

CutForm = Literal["content-length", "chunked", "close"]
CUT_FORMS: tuple[CutForm, ...] = get_args(CutForm)

# RFC 3986 section 3.4: what a query may hold as it is, but for `&`, `+` and `=`, which mean something to a form.
_PLAIN = "!$'()*,;:@/?"
_POSITION = struct.Struct(">IIIII")
# Not a multiple of three with the position, so that tokens end in `=`; their alphabet holds `+` and `/` too.
_DIGEST_SIZE = 15


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
    body: bytes = b""


@frozen
class Cut:
    """How a body breaks off: what the head promises (a length, chunks, nothing), and how many bytes come."""

    form: CutForm
    kept: int


@frozen
class Reply:
    status: int | None
    """None: there is no answer, the connection is reset."""
    content: bytes
    headers: Mapping[str, str] = field(factory=dict)
    fault: str | None = None
    """The fault that took the answer's place or broke it off."""
    cut: Cut | None = None


@frozen
class Position:
    """What a continuation token says: where the page starts, its size, and the version of the jobs that it is about.

    `step` counts the pages before, so that no two tokens of a walk are the same; `expirations` is how often the tokens
    of this list had expired when this one was written.
    """

    offset: int
    size: int
    step: int
    expirations: int
    version: int


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply)
        self.reply = reply


def json_reply(status: int, body: Mapping[str, object], **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, msgspec.json.encode(body), {"content-type": "application/json"} | named)


def json_error(status: int, code: str, message: str, **headers: str) -> Reply:
    """The plain error body: code and message."""
    return json_reply(status, {"error": {"code": code, "message": message}}, **headers)


def refuse(status: int, code: str, message: str, **headers: str) -> RefusedError:
    return RefusedError(json_error(status, code, message, **headers))


def too_many(retry_after: str) -> RefusedError:
    """Source: the 429 of the published operations, where Retry-After is required."""
    message = "The client sent more requests than allowed by this API for the current tier of the client."
    return refuse(429, "RateLimitExceeded", message, retry_after=retry_after)


def no_operation() -> RefusedError:
    """Wrong address, method or version. Source: the 404 of the published v2 operations."""
    message = "Unable to match incoming request to an operation."
    details = [{"code": "OperationNotFound", "message": message}]
    return detailed(404, "ResourceNotFound", "Requested resource is not available.", details)


def bad_request(service: Service, target: str, message: str) -> RefusedError:
    """400 or 422, with the service's own code. Source: the list operations of the published pages."""
    detail = {"code": "InvalidParameter", "message": message, "target": target}
    return detailed(service.bad_request, service.bad_request_code, "Cannot find jobs.", [detail])


def detailed(status: int, code: str, message: str, details: Sequence[Mapping[str, str]]) -> RefusedError:
    """The detailed error body: a list of more specific errors beside code and message."""
    return RefusedError(json_reply(status, {"error": {"code": code, "message": message, "details": details}}))


def refuse_body(service: Service, message: str, problems: Iterable[tuple[str, str]]) -> RefusedError:
    """Of a creation or a change: every wrong place of its body.

    Sources: "Create a new job" and "Patch a job" (Reality Modeling v1), "Create job" (Reality Analysis v2), whose
    details tell a line and a position where ours tell a reason.
    """
    named = [(path.removeprefix("$").removeprefix(".") or "body", reason) for path, reason in problems]
    if service.operations.submit is None:
        details = [
            {"code": "InvalidProperty", "message": f"Invalid value for property '{path}': {reason}.", "target": path}
            for path, reason in named
        ]
        return detailed(400, _code(service), _invalid(service), details)
    details = [{"code": "InvalidParameter", "message": f"Invalid '{path}' parameter."} for path, _ in named]
    return detailed(422, _code(service), message, details)


def refuse_change(service: Service, message: str, reason: str) -> RefusedError:
    """Of a job whose state does not allow it.

    Sources: "Patch a job", "Delete a job" (Reality Modeling v1), "Cancel job" (Reality Analysis v2).
    """
    detail = {"code": "InvalidChange", "message": reason}
    if service.operations.submit is None:
        return detailed(422, _code(service), _invalid(service), [detail | {"target": ""}])
    return detailed(422, _code(service), message, [detail])


def no_job() -> RefusedError:
    """Source: the 404 of all published operations on a job."""
    return refuse(404, "JobNotFound", "Requested job is not available.")


def no_progress(service: Service) -> RefusedError:
    """Sources: "Retrieve job progress" (Reality Modeling v1), "Get job progress" (Reality Analysis v2).

    Of the other v1 services only the code is known.
    """
    if service.operations.submit is None:
        return refuse(404, "JobProgressNotFound", "Requested job progress is not available.")
    if service.name == "modeling-v1":
        return no_job()
    return refuse(404, "ProgressNotFound", "Requested progress is not available.")


def _code(service: Service) -> str:
    """What stands above the details of every operation but lists, where Reality Modeling v1 says something else."""
    return "InvalidContextCaptureRequest" if service.name == "modeling-v1" else service.bad_request_code


def _invalid(service: Service) -> str:
    return f"Invalid request to {service.title.rpartition(' ')[0]}."


def next_link(service: Service, base: str, text: str, top: int | None, token: str | None) -> str:
    """The address of the next page, as the service prints it.

    Published: v1 with raw blanks and without `$top`, so pasted together as it is (our reading: nothing else in it is
    encoded either); v2 percent-encoded, with the `$top` that the request had.
    """
    href = f"{base}{service.path}/jobs?$filter="
    if service.encodes_next:
        href += quote(text, safe=_PLAIN) + (f"&$top={top}" if top else "")
        return href + (f"&continuationToken={quote(token, safe='')}" if token else "")
    return href + text + (f"&continuationToken={token}" if token else "")


def last_page_links(shape: LastPage, href: str) -> dict[str, object]:
    """The part of the last page that says so; `href` is a link without a token."""
    match shape:
        case "absent":
            return {}
        case "empty":
            return {"_links": {}}
        case "null":
            return {"_links": None}
        case "null-next":
            return {"_links": {"next": None}}
        case "tokenless":
            return {"_links": {"next": {"href": href}}}


def write_token(at: Position, bound_to: str) -> str:
    """An opaque token for the page at a position; good for nothing but the list that `bound_to` names."""
    packed = _POSITION.pack(at.offset, at.size, at.step, at.expirations, at.version)
    return b64encode(packed + _digest(bound_to)).decode("ascii")


def read_token(token: str, bound_to: str) -> Position | None:
    """None for a token that we did not write for this list."""
    try:
        raw = b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _POSITION.size + _DIGEST_SIZE or raw[_POSITION.size :] != _digest(bound_to):
        return None
    return Position(*_POSITION.unpack_from(raw))


def _digest(bound_to: str) -> bytes:
    return blake2b(bound_to.encode(), digest_size=_DIGEST_SIZE).digest()
