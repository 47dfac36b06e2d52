"""What an answer means: pages, and the error for everything else, without any I/O."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from reality_jobs import services
from reality_jobs.client.responses import Answer, decode_page, refusal, retry_after
from reality_jobs.errors import (
    BadRequest,
    FilterRefused,
    NotFound,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
    Unauthorized,
)

V1 = services.get("modeling-v1")
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
JSON = {"content-type": "application/json; charset=utf-8"}
SECRET = "eyJhbGciOiJSUzI1NiJ9.c2VjcmV0"  # noqa: S105


def refused(status: int, body: object, headers: dict[str, str] | None = None) -> ServiceError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(ServiceError) as raised:
        decode_page(V1, Answer(status, JSON if headers is None else headers, raw, (SECRET,)), NOW)
    return raised.value


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON", "application/vnd.x.v1+json;a=b", "text/json", ""]
)
@pytest.mark.parametrize("body", [b'{"jobs": []}', b'\xef\xbb\xbf{"jobs": []}', b' {"jobs": []}\n'])
def test_a_page(kind: str, body: bytes) -> None:
    assert decode_page(V1, Answer(200, {"content-type": kind} if kind else {}, body), NOW) == {"jobs": []}


TOP = {
    "code": "InvalidParameter",
    "message": "The $top query parameter value must be a positive integer that does not exceed 1000.",
    "target": "$Top",
}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, FilterRefused),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, NotFound),
        (405, ServiceError),
        (408, ServiceUnavailable),
        (409, ServiceError),
        (413, ServiceError),
        (414, ServiceError),
        (422, FilterRefused),
        (429, RateLimited),
        (500, ServiceUnavailable),
        (502, ServiceUnavailable),
        (503, ServiceUnavailable),
        (599, ServiceUnavailable),
        (201, ServiceUnavailable),
        (204, ServiceUnavailable),
        (206, ServiceUnavailable),
        (304, ServiceError),
        (302, ServiceError),
    ],
)
def test_every_status_has_its_error(status: int, kind: type[ServiceError]) -> None:
    body = {"error": {"code": "InvalidRealityModelingRequest", "message": "Cannot find jobs.", "details": [TOP]}}
    error = refused(status, body, JSON | {"x-correlation-id": "c-1"})
    assert type(error) is kind
    assert (error.service, error.status, error.code) == ("modeling-v1", status, "InvalidRealityModelingRequest")
    assert (error.message, error.details, error.correlation_id) == ("Cannot find jobs.", (TOP,), "c-1")
    assert str(error) == (
        f"modeling-v1: Cannot find jobs. ({status} InvalidRealityModelingRequest)\n"
        f"  The $top query parameter value must be a positive integer that does not exceed 1000. [$Top]\n"
        f"  correlation id c-1"
    )


def test_a_bad_request_of_no_list_is_no_refused_filter() -> None:
    assert type(refusal(V1, Answer(422, JSON, b"{}"), NOW)) is BadRequest


@pytest.mark.parametrize(
    ("status", "headers", "body", "text"),
    [
        (401, JSON, {"error": {"code": "HeaderNotFound", "message": "No."}}, "modeling-v1: No. (401 HeaderNotFound)"),
        # Other shapes of error bodies.
        (500, JSON, {"error": {"message": "No."}}, "modeling-v1: No. (500)"),
        (500, JSON, {"code": "X", "message": "No."}, "modeling-v1: No. (500 X)"),
        (401, JSON, {"statusCode": 401, "message": "No key."}, "modeling-v1: No key. (401)"),
        (
            400,
            JSON,
            {"error": "invalid_token", "error_description": "It expired."},
            "modeling-v1: It expired. (400 invalid_token)",
        ),
        (
            400,
            JSON,
            {"error": "invalid_token"},
            'modeling-v1: answered with application/json: \'{"error": "invalid_token"}\' (400 invalid_token)',
        ),
        (500, JSON, {"error": {"code": 7, "message": ["x"], "details": {"a": 1}}}, None),
        (500, JSON, {"error": None}, "modeling-v1: answered with application/json: '{\"error\": null}' (500)"),
        (500, JSON, [], "modeling-v1: answered with application/json: '[]' (500)"),
        (500, JSON, b"{", "modeling-v1: answered with application/json: '{' (500)"),
        (500, JSON, b"", "modeling-v1: answered with an empty body (500)"),
        (500, {}, b"oops", "modeling-v1: answered with a body of no stated type: 'oops' (500)"),
        (
            502,
            {"content-type": "text/html; charset=utf-8"},
            b"<html>\r\n<body>\r\n<h1>Bad \x1b[31mGateway</h1>\xff" + b" x" * 100,
            "modeling-v1: answered with text/html: '<html> <body> <h1>Bad \\x1b[31mGateway</h1>\ufffd"
            + " x" * 28
            + " ...' (502)",
        ),
        (
            200,
            {"content-type": "text/html"},
            b"<html>Please log in</html>",
            "modeling-v1: answered with text/html: '<html>Please log in</html>' where JSON was due (200)",
        ),
        (
            200,
            {"content-type": "application/octet-stream"},
            {"jobs": []},
            "modeling-v1: answered with application/octet-stream: '{\"jobs\": []}' where JSON was due (200)",
        ),
        (200, JSON, b"", "modeling-v1: answered with an empty body where a page of jobs was due (200)"),
        (204, {}, b"", "modeling-v1: answered with an empty body (204)"),
        (
            302,
            {"location": "https://login.example/\x1b?back=1"},
            b"",
            "modeling-v1: redirects to 'https://login.example/\\x1b'; redirects are not followed, for the token would "
            "go along (302)",
        ),
        (
            307,
            {"content-type": "text/html"},
            b"<html>",
            "modeling-v1: redirects; redirects are not followed, for the token would go along (307)",
        ),
        # What the server says never obeys in a terminal, and is cut.
        (
            500,
            JSON,
            {
                "error": {
                    "code": "\x1b[2J",
                    "message": "a\nb\x07" + "x" * 600,
                    "details": [{"message": "\x1b]0;", "target": "\r"}],
                }
            },
            "modeling-v1: a b\\x07" + "x" * 493 + "... (500 \\x1b[2J)\n  \\x1b]0;",
        ),
        # A server that echoes the token.
        (
            401,
            JSON | {"x-correlation-id": SECRET},
            {
                "error": {
                    "code": SECRET,
                    "message": f"bad {SECRET}!",
                    "details": [{"message": SECRET, SECRET: SECRET}, SECRET],
                }
            },
            "modeling-v1: bad [token]! (401 [token])\n  [token]\n  correlation id [token]",
        ),
        (
            500,
            {"content-type": "text/html"},
            b"<html>" + b" " * 500 + b"Authorization: Bearer " + SECRET.encode(),
            "modeling-v1: answered with text/html: '<html> Authorization: Bearer [token]' (500)",
        ),
    ],
)
def test_the_whole_message(status: int, headers: dict[str, str], body: object, text: str | None) -> None:
    error = refused(status, body, headers)
    if text is not None:
        assert str(error) == text
    assert SECRET not in str(error) + repr(error)


@pytest.mark.parametrize(
    "body", [b"not json", b"{", b'{"jobs": [', b"\xff\xfe", b"[" * 100_000, b"NaN", b'{"a": Infinity}']
)
def test_a_body_that_is_not_the_json_it_says(body: bytes) -> None:
    error = refused(200, body)
    assert type(error) is ServiceUnavailable
    assert str(error).startswith("modeling-v1: answered with a body that is not the JSON it says: ")
    assert error.__cause__ is not None


def test_what_nests_in_details_is_clean_too() -> None:
    deep: object = SECRET
    for _ in range(50):
        deep = [deep]
    details = [{"inner": {"echo": [f"Bearer {SECRET}", {"x": SECRET}]}}, {"deep": deep}]
    error = refused(400, {"error": {"code": "X", "message": "m", "details": details}})
    assert error.details[0] == {"inner": {"echo": ["Bearer [token]", {"x": "[token]"}]}}
    assert SECRET not in repr(error.details)


def test_a_flood_of_details_is_cut() -> None:
    assert len(refused(500, {"error": {"code": "X", "message": "m", "details": [{}] * 10_000}}).details) == 20


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("\u0661", None),
        ("inf", None),
        ("nan", None),
        ("9" * 400, float("inf")),
        ("Sun, 22 Nov 2026 12:01:30 GMT", 90.0),
        ("Sun, 22 Nov 2026 12:01:30 -0000", 90.0),
        ("Sun, 22 Nov 2026 13:01:30 +0100", 90.0),
        ("Sunday, 22-Nov-26 12:01:30 GMT", 90.0),
        ("Sun Nov 22 12:01:30 2026", 90.0),
        ("Sun, 22 Nov 2020 12:01:30 GMT", 0.0),
        ("Sun, 99 Nov 2026 12:01:30 GMT", None),
        ("Sun, 22 Nov 99999999999 12:01:30 GMT", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds
    error = refused(
        429, {"error": {"code": "RateLimitExceeded", "message": "Slow."}}, {"retry-after": value} if value else {}
    )
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds
    wait = "" if seconds in (None, float("inf")) else f"\n  try again in {seconds:g} s"
    assert str(error) == f"modeling-v1: Slow. (429 RateLimitExceeded){wait}"
