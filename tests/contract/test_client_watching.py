"""What a client tells those who look on: the events of its hooks, and its log lines."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from typing import Any

import pytest
from attrs import evolve

from reality_jobs import F
from reality_jobs.client import Client, PageEvent, RequestEvent
from reality_jobs.errors import ServiceError, Unauthorized
from tests.contract.both import TOKEN, V1, Make, client, each, jobs, pages
from tests.contract.fake_clock import FakeClock
from tests.contract.liar import Asked, Reply, job, json_reply, liar, link, numbered, page

PATH = "contextcapture/jobs"
CANARY = "ada.lovelace@example.com"


def request_event(**more: Any) -> RequestEvent:
    """A page that came at the first attempt."""
    whole = RequestEvent("modeling-v1", "GET", PATH, 1, 200, 0.0, 0, None, None, None)
    return evolve(whole, **more)


def watched(make: Make, url: str, **options: Any) -> tuple[Any, list[RequestEvent]]:
    """A client whose time stands still unless it sleeps, and the events of its requests."""
    events: list[RequestEvent] = []
    return client(make, url, on_request=events.append, clock=FakeClock().clock, **options), events


@each
class TestRequests:
    def test_a_page(self, make: Make) -> None:
        reply = json_reply({"jobs": [job("a")]}, x_correlation_id="c-1")
        with liar([reply]) as server:
            c, events = watched(make, server.url)
            jobs(c, services=V1)
        assert events == [request_event(size=len(reply.body), correlation_id="c-1")]

    def test_the_size_is_that_of_the_body_when_it_is_unpacked(self, make: Make) -> None:
        body = json.dumps({"jobs": [job("a")] * 100}).encode()
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        with liar([Reply(200, gzip.compress(body), headers)]) as server:
            c, events = watched(make, server.url)
            jobs(c, services=V1)
        assert events == [request_event(size=len(body))]

    def test_every_attempt(self, make: Make) -> None:
        busy = json_reply({"error": {"message": "x"}}, 503, Retry_After="7", x_correlation_id="c-1")
        limited = json_reply({}, 429, Retry_After="11")
        with liar([busy, Reply(drop=True), limited, page(job("a"))]) as server:
            c, events = watched(make, server.url, retries=3)
            jobs(c, services=V1)
        assert events == [
            request_event(
                attempt=1,
                status=503,
                size=len(busy.body),
                error="ServiceUnavailable",
                retry_in=7.0,
                correlation_id="c-1",
            ),
            request_event(attempt=2, status=None, error="ServiceUnavailable", retry_in=1.0),
            request_event(attempt=3, status=429, size=len(limited.body), error="RateLimited", retry_in=11.0),
            request_event(attempt=4, size=len(page(job("a")).body)),
        ]

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            (json_reply({}, 401), "Unauthorized"),
            (json_reply({}, 404), "NotFound"),
            (json_reply({}, 422), "FilterRefused"),
            (json_reply({}, 302), "ServiceError"),
            (Reply(200, b"{"), "ServiceUnavailable"),
        ],
    )
    def test_what_is_not_tried_again(self, make: Make, reply: Reply, error: str) -> None:
        with liar([reply]) as server:
            c, events = watched(make, server.url)
            with pytest.raises(ServiceError):
                jobs(c, services=V1)
        assert events == [request_event(status=reply.status, size=len(reply.body), error=error)]

    def test_seconds_are_those_of_the_exchange_and_not_of_waiting(self, make: Make) -> None:
        clock = FakeClock()
        events: list[RequestEvent] = []
        pages_of = numbered(2)

        def slow(asked: Asked) -> Reply:
            clock.pass_by(3)
            return pages_of(asked)

        with liar(slow) as server:
            c = client(make, server.url, rate=[(1, 60)], on_request=events.append, clock=clock.clock)
            jobs(c, services=V1)
        assert [event.seconds for event in events] == [3.0, 3.0]
        # Counted from when the first was let through.
        assert clock.slept == [57.0]

    def test_a_request_that_was_left_is_none_that_succeeded(self, make: Make) -> None:
        came = threading.Event()

        def script(asked: Asked) -> Reply:
            if "continuationToken" in asked.query:
                came.set()
                asked.gone()
                return Reply(drop=True)
            return page(job("a"), next_link=link(asked, "2"))

        def leave(page: object) -> None:
            assert came.wait(10)
            raise ZeroDivisionError

        with liar(script) as server:
            c, events = watched(make, server.url)
            with pytest.raises(ZeroDivisionError):
                pages(c, services=V1, work=leave)
        assert [event.error for event in events] == [None]

    def test_where_nothing_was_sent(self, make: Make) -> None:
        with liar([]) as server:
            c, events = watched(make, server.url, token=" ")  # noqa: S106
            with pytest.raises(Unauthorized):
                jobs(c, services=V1)
        assert events == [request_event(status=None, error="Unauthorized")]

    def test_what_a_hook_raises_ends_the_loop(self, make: Make) -> None:
        def hook(event: RequestEvent) -> None:
            raise ZeroDivisionError

        with liar(numbered(3)) as server:
            with pytest.raises(ZeroDivisionError):
                jobs(client(make, server.url, on_request=hook))
            assert server.deserted()


@each
class TestPages:
    def test_each_page_as_it_comes_out(self, make: Make) -> None:
        """Records as they came; jobs without those that came before, or that the filter does not hold of."""
        wanted, other = ({"type": "Calibration", "specifications": {"inputs": {"scene": guid}}} for guid in GUIDS)
        replies = {
            "": page(job("a", **wanted), job("b", **other), next_link="/reality-modeling/jobs?continuationToken=2"),
            "2": page(job("a", **wanted), job("c", **wanted), next_link="/reality-modeling/jobs?continuationToken=3"),
            "3": page(),
        }
        order: list[object] = []
        with liar(lambda asked: replies[asked.query.partition("continuationToken=")[2]]) as server:
            c = client(make, server.url, on_page=order.append)
            f = F.input_id == GUIDS[0]
            pages(c, f, work=lambda page: order.append(len(page)), services=["modeling-v2"])
        v2 = "modeling-v2"
        assert order == [PageEvent(v2, 2, 1), 1, PageEvent(v2, 2, 1), 1, PageEvent(v2, 0, 0), 0]

    def test_what_a_hook_raises_ends_the_loop(self, make: Make) -> None:
        def hook(event: PageEvent) -> None:
            raise ZeroDivisionError

        out: list[object] = []
        with liar(numbered(3)) as server:
            with pytest.raises(ZeroDivisionError):
                pages(client(make, server.url, on_page=hook), work=out.append)
            assert server.deserted()
        assert out == []


GUIDS = ["dc720f05-e5f7-448b-ae06-765de46f0af1", "dc720f05-e5f7-448b-ae06-765de46f0af2"]


def found(asked: Asked) -> Reply:
    """Two pages; the link to the second repeats what was asked."""
    if "continuationToken" in asked.query:
        return page(job("b", email=CANARY))
    href = f"http://{asked.headers['host']}{asked.target}&continuationToken=hidden"
    return page(job("a", email=CANARY), next_link=href)


@each
class TestLogs:
    def lines(self, make: Make, caplog: pytest.LogCaptureFixture, level: int) -> list[tuple[str, int, str]]:
        clock = FakeClock()
        replies = iter([json_reply({}, 503, Retry_After="5"), Reply(drop=True)])
        with liar(lambda asked: next(replies, None) or found(asked)) as server, caplog.at_level(level):
            # Time stands still in the client, so what it measures is 0.
            c = client(make, server.url, clock=clock.clock, retries=2)
            jobs(c, f"email eq '{CANARY}'", services=V1)
            self.url = server.url
        return [(record.name, record.levelno, record.getMessage()) for record in caplog.records]

    def test_at_info_nothing_that_was_asked_for(self, make: Make, caplog: pytest.LogCaptureFixture) -> None:
        """With the root logger at INFO: the libraries below have nothing to add."""
        lines = self.lines(make, caplog, logging.INFO)
        start = f"modeling-v1: GET {PATH} ->"
        assert lines == [
            ("reality_jobs.client", logging.INFO, f"{start} 503 in 0.000 s; once more in 5.0 s"),
            ("reality_jobs.client", logging.INFO, f"{start} ServiceUnavailable in 0.000 s; once more in 1.0 s"),
            ("reality_jobs.client", logging.INFO, f"{start} 200 in 0.000 s"),
            ("reality_jobs.client", logging.INFO, f"{start} 200 in 0.000 s"),
        ]

    def test_at_info_no_value_that_a_service_is_not_asked_for(
        self, make: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        with liar([]) as server, caplog.at_level(logging.INFO):
            assert jobs(client(make, server.url), F.state == "Queued", services=V1) == []
            assert server.asked == []
        assert {record.name for record in caplog.records} <= {"reality_jobs.client"}
        assert "Queued" not in caplog.text

    def test_at_debug_the_address(self, make: Make, caplog: pytest.LogCaptureFixture) -> None:
        lines = self.lines(make, caplog, logging.DEBUG)
        ours = [text for name, level, text in lines if name == "reality_jobs.client" and level == logging.DEBUG]
        first = f"modeling-v1: GET {self.url}/{PATH}?$filter=email%20eq%20'ada.lovelace%40example.com'&$top=1000"
        assert ours == [first, first, first, f"{first}&continuationToken=hidden"]

    def test_no_token_at_any_level(self, make: Make, caplog: pytest.LogCaptureFixture) -> None:
        self.lines(make, caplog, logging.DEBUG)
        assert {record.name.partition(".")[0] for record in caplog.records} >= {"reality_jobs", "httpcore"}
        for record in caplog.records:
            assert TOKEN not in repr(vars(record)) + record.getMessage()

    def test_other_users_of_httpx_keep_their_lines(self, make: Make, caplog: pytest.LogCaptureFixture) -> None:
        self.lines(make, caplog, logging.INFO)
        caplog.clear()
        with caplog.at_level(logging.INFO):
            logging.getLogger("httpx").info("theirs")
            logging.getLogger("stamina").info("theirs")
        assert [record.name for record in caplog.records] == ["httpx", "stamina"]


def test_hooks_of_a_client_in_a_thread_run_on_that_thread() -> None:
    seen: set[str] = set()
    with liar(numbered(1)) as server:
        look = lambda event: seen.add(threading.current_thread().name)  # noqa: E731
        jobs(client(Client, server.url, on_request=look, on_page=look))
    assert seen == {"reality-jobs"}
