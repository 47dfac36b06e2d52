"""What is asked again, when, and when no more: no second of real time is waited for it."""

from __future__ import annotations

import gzip
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from reality_jobs.client import RequestEvent
from reality_jobs.errors import (
    FilterRefused,
    NotFound,
    PagingError,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
    Unauthorized,
)
from tests.contract.both import TOKEN, V1, Make, client, each, jobs
from tests.contract.fake_clock import FakeClock
from tests.contract.liar import Asked, Liar, Reply, json_reply, liar, page

JOB = {"id": "a", "type": "Full", "state": "success"}
FINE = page(JOB)
BODY = FINE.body


def ids(make: Make, url: str, services: Sequence[str] = V1, **options: Any) -> list[str | None]:
    """What comes out of a client that asks again as often as clients do."""
    return [job.id for job in jobs(client(make, url, **{"retries": 4} | options), services=services)]


def failing(status: int, **headers: str) -> Reply:
    return json_reply({"error": {"code": "Broken", "message": "not now"}}, status, **headers)


def links(server: Liar | Asked, token: str) -> str:
    base = server.url if isinstance(server, Liar) else f"http://{server.headers['host']}"
    return f"{base}/contextcapture/jobs?$filter=x&continuationToken={token}"


@contextmanager
def wire(*answers: Callable[[socket.socket], None], listening: bool = True) -> Iterator[tuple[str, Callable[[], None]]]:
    """A base URL where each connection gets one request read and the next of the answers; then only fine ones.

    With it comes what makes it listen, where it does not from the start.
    """
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    up, left = threading.Event(), iter(answers)

    def listen() -> None:
        listener.listen()
        up.set()

    def serve() -> None:
        up.wait()
        with suppress(OSError):  # the listener is shut down
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    received = b""
                    while b"\r\n\r\n" not in received and (some := connection.recv(65536)):
                        received += some
                    next(left, fine)(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    if listening:
        listen()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", listen
    finally:
        up.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def says(head: str, body: bytes = BODY) -> Callable[[socket.socket], None]:
    answer = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n{head}\r\n".encode() + body
    return lambda connection: connection.sendall(answer)


def resets(*before: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        for part in before:
            connection.sendall(part)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return answer


def drips(connection: socket.socket) -> None:
    """A fine answer, in four seconds, with never a long silence."""
    connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(BODY) + 400}\r\n\r\n".encode())
    for _ in range(400):
        connection.sendall(b" ")
        time.sleep(0.01)
    connection.sendall(BODY)


def is_silent(connection: socket.socket) -> None:
    connection.recv(1)


def stops(connection: socket.socket) -> None:
    says("Content-Length: 9\r\n", b"{")(connection)
    is_silent(connection)


fine = says(f"Content-Length: {len(BODY)}\r\n")
HALF = BODY[: len(BODY) // 2]
ZIPPED = gzip.compress(BODY)

BROKEN = {
    "closed without an answer": lambda connection: None,
    "reset before the answer": resets(),
    "reset in the body": resets(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
    "silence": is_silent,
    "silence in the body": stops,
    "less than Content-Length": says(f"Content-Length: {len(BODY)}\r\n", HALF),
    "no body of its Content-Length": says(f"Content-Length: {len(BODY)}\r\n", b""),
    "less than all chunks": says("Transfer-Encoding: chunked\r\n", b"%x\r\n%b\r\n" % (len(HALF), HALF)),
    "less than a chunk": says("Transfer-Encoding: chunked\r\n", b"%x\r\n%b" % (len(BODY), HALF)),
    "no length and half of the JSON": says("", HALF),
    "no length and nothing": says("", b""),
    "half of what is compressed": says("Content-Encoding: gzip\r\n", ZIPPED[: len(ZIPPED) // 2]),
    "no HTTP": lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "half of the head": lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le"),
}


class TestAgain:
    @each
    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    @pytest.mark.parametrize("body", [b"", b"<html>no</html>", failing(500).body], ids=["empty", "html", "json"])
    def test_a_status_that_may_pass(self, make: Make, status: int, body: bytes) -> None:
        clock = FakeClock()
        headers = {"Content-Type": "text/html" if body[:1] == b"<" else "application/json"}
        with liar([Reply(status, body, headers), FINE]) as server:
            assert ids(make, server.url, clock=clock.clock) == ["a"]
            assert len({(asked.method, asked.target) for asked in server.asked}) == 1
            assert len(server.asked) == 2
        assert clock.slept == [0.5]

    @each
    @pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
    def test_a_broken_answer(self, make: Make, broken: Callable[[socket.socket], None]) -> None:
        clock = FakeClock()
        with wire(broken, broken) as (url, _):
            assert ids(make, url, clock=clock.clock, timeout=0.2) == ["a"]
        assert clock.slept == [0.5, 1.0]

    @each
    @pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
    def test_an_answer_that_stays_broken(self, make: Make, broken: Callable[[socket.socket], None]) -> None:
        with wire(broken, broken) as (url, _), pytest.raises(ServiceUnavailable) as raised:
            ids(make, url, clock=FakeClock().clock, timeout=0.2, retries=1)
        assert raised.value.status in (None, 200)

    @each
    def test_a_refused_connection(self, make: Make) -> None:
        clock = FakeClock()
        events: list[RequestEvent] = []
        with wire(listening=False) as (url, listen):

            def look(event: RequestEvent) -> None:
                events.append(event)
                if event.attempt == 3:
                    listen()

            assert ids(make, url, clock=clock.clock, on_request=look) == ["a"]
        assert [(e.attempt, e.status, e.error, e.retry_in) for e in events] == [
            (1, None, "ServiceUnavailable", 0.5),
            (2, None, "ServiceUnavailable", 1.0),
            (3, None, "ServiceUnavailable", 2.0),
            (4, 200, None, None),
        ]

    @each
    @pytest.mark.parametrize("retries", [0, 1, 4])
    def test_attempts_are_counted(self, make: Make, retries: int) -> None:
        clock = FakeClock()
        with liar(lambda asked: failing(503, x_correlation_id="7")) as server:
            with pytest.raises(ServiceUnavailable) as raised:
                ids(make, server.url, clock=clock.clock, retries=retries)
            assert len(server.asked) == retries + 1
        assert len(clock.slept) == retries
        assert str(raised.value) == "modeling-v1: not now (503 Broken)\n  correlation id 7"

    @each
    def test_four_retries_unless_told_otherwise(self, make: Make) -> None:
        with liar([failing(500)] * 4 + [FINE]) as server:
            c = make(TOKEN, base_url=server.url, clock=FakeClock().clock)
            assert [job.id for job in jobs(c, services=V1)] == ["a"]

    @each
    def test_each_page_has_attempts_of_its_own_and_is_asked_for_again_as_it_was(self, make: Make) -> None:
        with liar([]) as server:
            first = page(JOB, next_link=links(server, "1"))
            replies = iter([failing(503), first, failing(502), FINE])
            server.script = lambda asked: next(replies)
            assert ids(make, server.url, clock=FakeClock().clock, retries=1) == ["a"]
            targets = [asked.target for asked in server.asked]
        assert targets[0] == targets[1] != targets[2] == targets[3]

    @each
    def test_the_error_of_the_last_attempt_comes_out(self, make: Make) -> None:
        with liar([failing(503), failing(404)]) as server:
            with pytest.raises(NotFound):
                ids(make, server.url, clock=FakeClock().clock)
            assert len(server.asked) == 2


class TestNotAgain:
    @each
    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (204, ServiceUnavailable),
            (302, ServiceError),
            (400, FilterRefused),
            (401, Unauthorized),
            (403, Unauthorized),
            (404, NotFound),
            (405, ServiceError),
            (409, ServiceError),
            (410, ServiceError),
            (413, ServiceError),
            (414, ServiceError),
            (422, FilterRefused),
            (501, ServiceUnavailable),
            (505, ServiceUnavailable),
        ],
    )
    def test_a_status_that_stays(self, make: Make, status: int, error: type[ServiceError]) -> None:
        clock = FakeClock()
        with liar(lambda asked: failing(status, Retry_After="1")) as server:
            with pytest.raises(ServiceError) as raised:
                ids(make, server.url, clock=clock.clock)
            assert len(server.asked) == 1
        assert (type(raised.value), raised.value.status, clock.slept) == (error, status, [])

    @each
    @pytest.mark.parametrize(
        "reply",
        [
            page(JOB, next_link="https://example.com/contextcapture/jobs?continuationToken=x"),
            json_reply([JOB]),
            json_reply({"jobs": "a"}),
            json_reply({"jobs": [JOB], "_links": []}),
        ],
    )
    def test_a_list_that_cannot_be_followed(self, make: Make, reply: Reply) -> None:
        with liar(lambda asked: reply) as server:
            with pytest.raises(PagingError):
                ids(make, server.url, clock=FakeClock().clock)
            assert len(server.asked) == 1

    @each
    def test_a_repeated_token(self, make: Make) -> None:
        with liar(lambda asked: page(JOB, next_link=links(asked, "1"))) as server:
            with pytest.raises(PagingError):
                ids(make, server.url, clock=FakeClock().clock)
            assert len(server.asked) == 2


class TestWaiting:
    @each
    @pytest.mark.parametrize("random", [0.0, 0.5, 1.0])
    def test_doubled_each_time_up_to_half_a_minute_and_half_of_it_is_chance(self, make: Make, random: float) -> None:
        clock = FakeClock(random)
        with liar([failing(500)] * 8 + [FINE]) as server:
            assert ids(make, server.url, clock=clock.clock, retries=8) == ["a"]
        full = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
        assert clock.slept == [seconds * (1 + random) / 2 for seconds in full]

    @each
    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize(
        ("value", "slept"),
        [
            ("7", [7.0]),
            (" 7 ", [7.0]),
            ("120", [120.0]),
            ("0", []),
            ("1.5", [1.5]),
            ("Thu, 01 Jan 2026 12:00:30 GMT", [30.0]),
            ("Thursday, 01-Jan-26 12:00:30 GMT", [30.0]),
            ("Thu Jan  1 12:00:30 2026", [30.0]),
            ("Thu, 01 Jan 2026 12:00:30 -0000", [30.0]),
            ("Thu, 01 Jan 2026 12:00:00 GMT", []),
            ("Mon, 01 Jan 1996 00:00:00 GMT", []),
            ("soon", [0.5]),
            ("-7", [0.5]),
            ("1e3", [0.5]),
            ("", [0.5]),
            ("Thu, 32 Jan 2026 12:00:30 GMT", [0.5]),
        ],
    )
    def test_as_long_as_the_service_asks_for(self, make: Make, status: int, value: str, slept: list[float]) -> None:
        clock = FakeClock()
        with liar([failing(status, Retry_After=value), FINE]) as server:
            assert ids(make, server.url, clock=clock.clock) == ["a"]
        assert clock.slept == slept

    @each
    @pytest.mark.parametrize(
        ("value", "seconds", "most"),
        [
            ("121", 121.0, 120.0),
            ("Thu, 01 Jan 2026 12:02:01 GMT", 121.0, 120.0),
            ("11", 11.0, 10.0),
            ("10000000000", 1e10, 120.0),
        ],
    )
    def test_too_long_is_for_the_caller_to_decide(self, make: Make, value: str, seconds: float, most: float) -> None:
        clock = FakeClock()
        with liar(lambda asked: failing(429, Retry_After=value)) as server:
            with pytest.raises(RateLimited) as raised:
                ids(make, server.url, clock=clock.clock, max_retry_after=most)
            assert len(server.asked) == 1
        assert (raised.value.retry_after, clock.slept) == (seconds, [])
        assert str(raised.value) == f"modeling-v1: not now (429 Broken)\n  try again in {seconds:g} s"

    @each
    def test_what_bounds_the_services_wish_does_not_bound_our_own_waiting(self, make: Make) -> None:
        clock = FakeClock()
        with liar([failing(500), failing(500), FINE]) as server:
            assert ids(make, server.url, clock=clock.clock, max_retry_after=0.1) == ["a"]
        assert clock.slept == [0.5, 1.0]

    @each
    def test_a_wait_beyond_the_deadline_is_not_begun(self, make: Make) -> None:
        clock = FakeClock()
        with liar(lambda asked: failing(429, Retry_After="5")) as server:
            with pytest.raises(RateLimited):
                ids(make, server.url, clock=clock.clock, deadline=5)
            assert len(server.asked) == 1
        assert clock.slept == []

    @each
    def test_the_deadline_is_for_all_attempts_together(self, make: Make) -> None:
        clock = FakeClock()

        def slow(asked: Asked) -> Reply:
            clock.pass_by(3)
            return failing(503)

        with liar(slow) as server:
            with pytest.raises(ServiceUnavailable) as raised:
                ids(make, server.url, clock=clock.clock, deadline=7.5, retries=100)
            assert len(server.asked) == 2
        # 3 + 0.5 + 3 s are gone, and another second would leave no time for an answer.
        assert clock.slept == [0.5]
        assert raised.value.status == 503

    @each
    def test_without_a_deadline_there_is_no_end(self, make: Make) -> None:
        clock = FakeClock()
        with liar([failing(503)] * 40 + [FINE]) as server:
            assert ids(make, server.url, clock=clock.clock, deadline=None, retries=40) == ["a"]
        assert clock.time > 900

    @each
    def test_the_deadline_cuts_an_answer_that_only_drips(self, make: Make) -> None:
        with wire(drips) as (url, _), pytest.raises(ServiceUnavailable) as raised:
            ids(make, url, clock=FakeClock().clock, deadline=0.3)
        assert str(raised.value) == "modeling-v1: no answer within 0.3 s"


class TestSaid:
    @each
    def test_nobody_but_us_speaks_of_it(self, make: Make, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG), liar([failing(503), failing(429, Retry_After="2"), FINE]) as server:
            ids(make, server.url, clock=FakeClock().clock)
        loud = [record for record in caplog.records if record.levelno >= logging.INFO]
        assert [record.getMessage() for record in loud] == [
            "modeling-v1: GET contextcapture/jobs -> 503 in 0.000 s; once more in 0.5 s",
            "modeling-v1: GET contextcapture/jobs -> 429 in 0.000 s; once more in 2.0 s",
            "modeling-v1: GET contextcapture/jobs -> 200 in 0.000 s",
        ]


class TestPause:
    @each
    def test_a_429_holds_back_the_other_lists_too(self, make: Make) -> None:
        """The list that is limited waits, and the other one has a page before and asks for none until then."""
        limited = threading.Event()
        asked_at: list[tuple[str, float]] = []

        def look(event: RequestEvent) -> None:
            if event.status == 429:
                limited.set()

        def script(asked: Asked) -> Reply:
            asked_at.append((asked.path, clock.time))
            if asked.path == "/contextcapture/jobs":
                return FINE if limited.is_set() else failing(429, Retry_After="7")
            if "continuationToken" in asked.target:
                return page({"id": "c"})
            limited.wait(10)
            base = f"http://{asked.headers['host']}{asked.path}"
            return page({"id": "b"}, next_link=f"{base}?$filter=x&continuationToken=1")

        def only_one_waits() -> bool:
            return len(clock.slept) < 2 and len(asked_at) < 3

        clock = FakeClock(hold=only_one_waits)
        with liar(script) as server:
            services = ["modeling-v1", "modeling-v2"]
            assert {*ids(make, server.url, services, clock=clock.clock, on_request=look)} == {"a", "b", "c"}
        assert sorted(asked_at) == [
            ("/contextcapture/jobs", 0.0),
            ("/contextcapture/jobs", 7.0),
            ("/reality-modeling/jobs", 0.0),
            ("/reality-modeling/jobs", 7.0),
        ]
        assert clock.slept == [7.0, 7.0]
