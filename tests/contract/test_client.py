"""`Client` and `AsyncClient` against a server that lies: what is asked, and what comes out."""

from __future__ import annotations

import gzip
import socket
from importlib.metadata import version
from typing import Any

import httpx
import pytest

from reality_jobs import F, Job, parse
from reality_jobs.client import AsyncClient, AsyncJobs, Client
from reality_jobs.client.options import Settings
from reality_jobs.errors import (
    FilterRefused,
    InvalidFilter,
    NotFound,
    PagingError,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
    Unanswerable,
    Unauthorized,
)
from tests.contract.both import TOKEN, V1, Make, client, each, jobs, pages, run
from tests.contract.fake_clock import FakeClock
from tests.contract.liar import Asked, Liar, Reply, job, json_reply, liar, link, numbered, page, paged

EVERYTHING = "createdDateTime%20ge%201970-01-01T00:00:00Z"
GUIDS = [f"dc720f05-e5f7-448b-ae06-765de46f0af{digit}" for digit in "0123456789"]


def ids(make: Make, server: Liar, f: Any = None, **call: Any) -> list[str | None]:
    return [found.id for found in jobs(client(make, server.url), f, **{"services": V1} | call)]


@each
class TestAsking:
    def test_nothing_is_asked_before_the_first_job_is_taken(self, make: Make) -> None:
        with liar([page(job("a"))]) as server:
            c = client(make, server.url)
            answer = c.jobs(services=V1)
            begin = iter if make is Client else aiter
            assert begin(answer) is not begin(answer.pages())
            assert server.asked == []
            assert [found.id for found in jobs(c, services=V1)] == ["a"]
            assert len(server.asked) == 1

    def test_the_request(self, make: Make) -> None:
        with liar([page()]) as server:
            assert ids(make, server) == []
            (asked,) = server.asked
        assert asked.method == "GET"
        assert asked.target == f"/contextcapture/jobs?$filter={EVERYTHING}&$top=1000"
        assert asked.headers["accept"] == "application/vnd.bentley.itwin-platform.v1+json"
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        assert asked.headers["user-agent"] == f"reality-jobs/{version('reality-jobs')}"
        assert "cookie" not in asked.headers

    def test_the_three_default_services_each_with_its_own_version(self, make: Make) -> None:
        with liar(lambda asked: page(job(asked.path))) as server:
            found = [(found.service, found.id) for found in jobs(client(make, server.url), order="service")]
            accepts = {asked.path: asked.headers["accept"][-7:] for asked in server.asked}
        assert found == [
            ("modeling-v1", "/contextcapture/jobs"),
            ("modeling-v2", "/reality-modeling/jobs"),
            ("conversion-v2", "/reality-conversion/jobs"),
        ]
        assert accepts == {
            "/contextcapture/jobs": "v1+json",
            "/reality-modeling/jobs": "v2+json",
            "/reality-conversion/jobs": "v2+json",
        }

    def test_a_filter_as_text_and_as_filter_are_sent_alike_and_encoded(self, make: Make) -> None:
        text = "name eq 'R&D+1% #\u00e9'"
        with liar(lambda asked: page()) as server:
            assert (
                ids(make, server, text)
                == ids(make, server, parse(text))
                == ids(make, server, F.name == "R&D+1% #\u00e9")
                == []
            )
            targets = {asked.target for asked in server.asked}
        assert targets == {"/contextcapture/jobs?$filter=name%20eq%20'R%26D%2B1%25%20%23%C3%A9'&$top=1000"}

    @pytest.mark.parametrize("size", [1, 2, 1000])
    def test_page_size(self, make: Make, size: int) -> None:
        with liar([page()]) as server:
            ids(make, server, page_size=size)
            assert server.asked[0].query.endswith(f"&$top={size}")

    @pytest.mark.parametrize("size", [0, -1, 1001, 1.0, True, "5", None])
    def test_page_size_refused(self, make: Make, size: Any) -> None:
        with pytest.raises(ValueError, match="page_size") as raised:
            make(TOKEN).jobs(page_size=size)
        assert str(raised.value) == f"page_size must be a whole number from 1 to 1000, not {size!r}"

    def test_what_is_wrong_with_the_call_is_said_at_once(self, make: Make) -> None:
        with liar([]) as server:
            c = client(make, server.url)
            with pytest.raises(InvalidFilter):
                c.jobs("stat eq")
            with pytest.raises(ValueError, match="unknown service 'modeling'"):
                c.jobs(services=["modeling"])
            wrong: Any = {"state": "Success"}
            with pytest.raises(TypeError, match="a filter is a Filter or its text, not dict"):
                c.jobs(wrong)
            with pytest.raises(TypeError, match="services is a list of names"):
                c.jobs(services="modeling-v1")
            assert server.asked == []

    def test_every_iteration_asks_anew(self, make: Make) -> None:
        async def twice(answer: AsyncJobs) -> list[str | None]:
            return [found.id async for found in answer] + [found.id async for found in answer]

        with liar(lambda asked: page(job("a"))) as server:
            answer = client(make, server.url).jobs(services=V1)
            found = run(twice(answer)) if make is AsyncClient else [job.id for job in (*answer, *answer)]
            assert found == ["a", "a"]
            assert len(server.asked) == 2

    def test_a_closed_client_asks_nothing(self, make: Make) -> None:
        with liar([page(job("a"))]) as server:
            c = client(make, server.url)
            jobs(c, services=V1)
            with pytest.raises(RuntimeError) as raised:
                jobs(c, services=V1)
            assert str(raised.value) == "the client is closed"
            assert len(server.asked) == 1

    def test_no_proxy_of_the_environment_gets_the_token_in_clear(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with liar([]) as proxy, liar([page(job("a"))]) as server:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("ALL_PROXY", proxy.url)
            assert ids(make, server) == ["a"]
            assert proxy.asked == []

    def test_a_transport_of_the_caller(self, make: Make) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json={"jobs": [job(str(request.url.host))]})

        c = make(TOKEN, transport=httpx.MockTransport(answer))
        assert [found.id for found in jobs(c, services=V1)] == ["api.bentley.com"]


@each
class TestFollowing:
    def test_raw_blanks_and_plus_signs_of_next_links(self, make: Make) -> None:
        with liar(lambda asked: page(job("b"))) as server:
            first = page(job("a"), next_link=link(server, "ab+c/d=="))
            replies = iter([first, page(job("b"))])
            server.script = lambda asked: next(replies)
            assert ids(make, server) == ["a", "b"]
            assert server.asked[1].query == "$filter=state%20eq%20'success'&continuationToken=ab%2Bc/d=="
            assert server.asked[1].headers["authorization"] == f"Bearer {TOKEN}"

    def test_empty_pages_go_on(self, make: Make) -> None:
        with liar([]) as server:
            replies = iter(
                [page(next_link=link(server, "1")), json_reply({"_links": {"next": {"href": link(server, "2")}}})]
            )
            server.script = lambda asked: next(replies, page(job("a")))
            assert ids(make, server) == ["a"]
            assert len(server.asked) == 3
        with liar(paged([], [job("a")], [])) as server:
            found = pages(client(make, server.url), services=V1)
            assert [[job.id for job in found_page] for found_page in found] == [[], ["a"], []]
            assert [(len(found_page), found_page.records) for found_page in found] == [(0, 0), (1, 1), (0, 0)]

    @pytest.mark.parametrize(
        "form",
        [
            "http://127.0.0.1:{foreign}/contextcapture/jobs?continuationToken=x",
            "http://127.0.0.1:{foreign}/contextcapture/jobs",
            "http://localhost:{port}/contextcapture/jobs?continuationToken=x",
            "https://127.0.0.1:{port}/contextcapture/jobs?continuationToken=x",
            "http://127.0.0.1:{port}@127.0.0.1:{foreign}/contextcapture/jobs?continuationToken=x",
            "http://127.0.0.1:{port}\\@127.0.0.1:{foreign}/contextcapture/jobs?continuationToken=x",
            "//127.0.0.1:{foreign}/contextcapture/jobs?continuationToken=x",
            "/\\127.0.0.1:{foreign}/contextcapture/jobs?continuationToken=x",
            "\\\\127.0.0.1:{foreign}/contextcapture/jobs?continuationToken=x",
            "http:127.0.0.1:{foreign}/contextcapture/jobs?continuationToken=x",
            "http://127.0.0.1:{port}/itwins?continuationToken=x",
            "http://127.0.0.1:{port}/contextcapture/jobs/../../itwins?continuationToken=x",
        ],
    )
    def test_a_foreign_next_link_never_gets_a_request(self, make: Make, form: str) -> None:
        with liar([]) as foreign, liar([]) as server:
            href = form.format(port=server.port, foreign=foreign.port)
            replies = iter([page(job("a"), next_link=href)])
            server.script = lambda asked: next(replies)
            with pytest.raises(PagingError):
                ids(make, server)
            assert foreign.asked == []
            assert len(server.asked) == 1

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, make: Make, status: int) -> None:
        with (
            liar([page(job("a"))]) as foreign,
            liar([Reply(status, b"", {"Location": f"{foreign.url}/x?y"})]) as server,
        ):
            with pytest.raises(ServiceError) as raised:
                ids(make, server)
            assert foreign.asked == []
            assert len(server.asked) == 1
        assert str(raised.value) == (
            f"modeling-v1: redirects to '{foreign.url}/x'; redirects are not followed, for the token would go along "
            f"({status})"
        )

    def test_a_token_that_loops(self, make: Make) -> None:
        tokens = iter("abcabcabc")
        with liar(lambda asked: page(job(asked.target), next_link=link(asked, next(tokens)))) as server:
            with pytest.raises(PagingError) as raised:
                ids(make, server)
            assert len(server.asked) == 4
        assert str(raised.value) == (
            "modeling-v1: page 4 of the list repeats the continuation token of an earlier page, so the list would "
            "never end"
        )

    def test_what_came_before_an_error_came_out(self, make: Make) -> None:
        out: list[str | None] = []
        with liar([]) as server:
            replies = iter([page(job("a"), next_link=link(server, "1"))])
            server.script = lambda asked: next(replies, Reply(502, b"<html>", {"Content-Type": "text/html"}))
            with pytest.raises(ServiceUnavailable):
                pages(client(make, server.url), services=V1, work=lambda page: out.extend(job.id for job in page))
        assert out == ["a"]


@each
class TestOut:
    def test_a_job_that_comes_twice_in_a_list_comes_out_once(self, make: Make) -> None:
        upper = GUIDS[0].upper()
        with liar(paged([job("a"), job("b"), job("a"), job(GUIDS[0])], [job("b"), job("c"), job(upper)])) as server:
            assert ids(make, server) == ["a", "b", GUIDS[0], "c"]

    def test_the_same_id_of_two_services_is_two_jobs(self, make: Make) -> None:
        with liar(lambda asked: page(job("a"))) as server:
            assert ids(make, server, services=["modeling-v1", "modeling-v2"]) == ["a", "a"]

    def test_what_has_no_id_is_told_by_all_that_it_holds(self, make: Make) -> None:
        with liar([page({}, {}, job(None), job(7), job(7), job(7, name="\ud800"))]) as server:
            found = jobs(client(make, server.url), services=V1)
        assert [found.raw for found in found] == [{}, job(None), job(7), job(7, name="\ud800")]

    def test_unknown_types_states_and_keys_are_kept(self, make: Make) -> None:
        odd = job("a", type="Teleportation", state="Pondering", future={"x": [1, None]}, inputs=None)
        with liar([page(odd)]) as server:
            (found,) = jobs(client(make, server.url), services=V1)
        assert isinstance(found, Job)
        assert (found.service, found.type, found.state, found.raw) == ("modeling-v1", "Teleportation", "Pondering", odd)

    def test_what_the_service_cannot_be_asked_is_decided_here(self, make: Make) -> None:
        wanted = job("a", type="Calibration", specifications={"inputs": {"scene": GUIDS[1]}})
        other = job("b", type="Calibration", specifications={"inputs": {"scene": GUIDS[2]}})
        with liar([page(wanted, other)]) as server:
            assert ids(make, server, F.input_id == GUIDS[1], services=["modeling-v2"]) == ["a"]
            assert "inputId" not in server.asked[0].query

    def test_a_filter_that_one_service_refuses_is_refused_before_anything_is_asked(self, make: Make) -> None:
        refused = F.email == None  # noqa: E711 - no service is sent a null, and v2 records hold no e-mail address
        with liar([]) as server:
            with pytest.raises(Unanswerable) as raised:
                client(make, server.url).jobs(refused, services=["modeling-v1", "modeling-v2"])
            assert (raised.value.property, raised.value.service) == ("email", "modeling-v2")
            assert server.asked == []


@each
class TestErrors:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [(400, FilterRefused), (422, FilterRefused), (401, Unauthorized), (404, NotFound), (503, ServiceUnavailable)],
    )
    def test_what_the_service_says(self, make: Make, status: int, kind: type[ServiceError]) -> None:
        body = {
            "error": {"code": "Odd", "message": "No.", "details": [{"code": "X", "message": "Why.", "target": "$Top"}]}
        }
        with liar([json_reply(body, status, x_correlation_id="c-7")]) as server, pytest.raises(kind) as raised:
            ids(make, server)
        assert str(raised.value) == f"modeling-v1: No. ({status} Odd)\n  Why. [$Top]\n  correlation id c-7"

    @pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("Sun, 22 Nov 2020 12:01:30 GMT", 0.0), ("soon", None)])
    def test_rate_limited(self, make: Make, value: str, seconds: float | None) -> None:
        body = {"error": {"code": "RateLimitExceeded", "message": "Slow."}}
        with liar([json_reply(body, 429, Retry_After=value)]) as server, pytest.raises(RateLimited) as raised:
            ids(make, server)
        assert raised.value.retry_after == seconds

    def test_an_html_error_page_with_status_200(self, make: Make) -> None:
        reply = Reply(200, b"<html>Log in</html>", {"Content-Type": "text/html"})
        with liar([reply]) as server, pytest.raises(ServiceUnavailable) as raised:
            ids(make, server)
        assert (
            str(raised.value) == "modeling-v1: answered with text/html: '<html>Log in</html>' where JSON was due (200)"
        )

    def test_gzip(self, make: Make) -> None:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        with liar([Reply(200, gzip.compress(b'{"jobs": [{"id": "a"}]}'), headers)]) as server:
            assert ids(make, server) == ["a"]

    @pytest.mark.parametrize(
        ("reply", "start"),
        [
            (Reply(200, b'{"jobs": [', claimed=1000), "{0} broke off its answer, or sent what is no HTTP: "),
            (Reply(drop=True), "{0} broke off its answer, or sent what is no HTTP: "),
            (Reply(200, b"{}", {"Bad Name": "x"}), "{0} broke off its answer, or sent what is no HTTP: "),
            (
                Reply(200, b'{"jobs": []}', {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
                "the body that {0} sent cannot be decompressed as its headers say: ",
            ),
            (
                Reply(200, gzip.compress(b'{"jobs": [{"id": "a"}]}' * 9)[:-20], {"Content-Encoding": "gzip"}),
                "the body that {0} sent cannot be decompressed as its headers say: it ends in the middle",
            ),
            (Reply(200, b'{"jobs": ['), "answered with a body that is not the JSON it says: "),
        ],
    )
    def test_bodies_that_are_not_what_they_say(self, make: Make, reply: Reply, start: str) -> None:
        with liar([reply]) as server, pytest.raises(ServiceUnavailable) as raised:
            ids(make, server)
        assert str(raised.value).startswith(f"modeling-v1: {start.format(server.url)}")
        assert raised.value.__cause__ is not None

    def test_nobody_listens(self, make: Make) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with pytest.raises(ServiceUnavailable) as raised:
            jobs(client(make, f"http://127.0.0.1:{port}"), services=V1)
        assert str(raised.value).startswith(f"modeling-v1: no connection to http://127.0.0.1:{port}: ")
        assert isinstance(raised.value.__cause__, httpx.ConnectError)

    def test_nobody_answers(self, make: Make) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            impatient = client(make, f"http://127.0.0.1:{port}", timeout=0.05)
            with pytest.raises(ServiceUnavailable) as raised:
                jobs(impatient, services=V1)
        assert str(raised.value).startswith(f"modeling-v1: no answer from http://127.0.0.1:{port} in time")


@each
class TestToken:
    @pytest.mark.parametrize("token", [TOKEN, f"Bearer {TOKEN}", f"  bearer  {TOKEN}\n", lambda: TOKEN])
    def test_forms(self, make: Make, token: Any) -> None:
        with liar([page()]) as server:
            assert jobs(client(make, server.url, token), services=V1) == []
            assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"

    def test_the_environment_is_read_when_it_is_needed(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("ITWIN_ACCESS_TOKEN", raising=False)
        with liar([page()]) as server:
            c = client(make, server.url, None)
            monkeypatch.setenv("ITWIN_ACCESS_TOKEN", TOKEN)
            assert jobs(c, services=V1) == []
            assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"

    def test_a_callable_is_asked_before_every_request(self, make: Make) -> None:
        tokens = iter("abc")
        with liar(paged([], [], [])) as server:
            assert jobs(client(make, server.url, lambda: next(tokens)), services=V1) == []
            assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer a", "Bearer b", "Bearer c"]

    @pytest.mark.parametrize(
        ("token", "message"),
        [
            (None, "no access token: give Client(token=...) or set ITWIN_ACCESS_TOKEN"),
            ("", "no access token: give Client(token=...) or set ITWIN_ACCESS_TOKEN"),
            ("Bearer ", "no access token: give Client(token=...) or set ITWIN_ACCESS_TOKEN"),
            (lambda: " ", "no access token: give Client(token=...) or set ITWIN_ACCESS_TOKEN"),
            ("hunter-1 hunter-2", "token holds a blank or a character that no access token has"),
            ("hunter-1\r\nX-Evil: 1", "token holds a blank or a character that no access token has"),
            ("hunter-\u00e9", "token holds a blank or a character that no access token has"),
        ],
    )
    def test_without_a_token_that_can_be_sent_nothing_is_asked(
        self, make: Make, token: Any, message: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("ITWIN_ACCESS_TOKEN", raising=False)
        with liar([]) as server:
            with pytest.raises(Unauthorized) as raised:
                jobs(client(make, server.url, token), services=V1)
            assert server.asked == []
        assert str(raised.value) == f"modeling-v1: {message}"

    def test_a_bad_token_of_the_environment_is_named(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ITWIN_ACCESS_TOKEN", "a b")
        with pytest.raises(Unauthorized) as raised:
            jobs(make(), services=V1)
        assert str(raised.value) == (
            "modeling-v1: ITWIN_ACCESS_TOKEN holds a blank or a character that no access token has"
        )

    def test_a_callable_that_returns_no_text(self, make: Make) -> None:
        token: Any = lambda: b"x"  # noqa: E731
        with pytest.raises(TypeError) as raised:
            jobs(make(token), services=V1)
        assert str(raised.value) == "token() must return the access token as text, not bytes"


class TestRate:
    @pytest.mark.parametrize(
        ("rate", "expected"),
        [
            ("community", [minute * 60.0 for minute in range(10) for _ in range(500)] + [3600.0]),
            ([(2, 10), (3, 60)], [0, 0, 10, 60, 60, 70, 120]),
            ([(3, 60), (2, 10)], [0, 0, 10, 60, 60, 70, 120]),
            ([(1, 0.5)], [0, 0.5, 1, 1.5]),
            ([], [0] * 1000),
            (None, [0] * 1000),
        ],
        ids=["community", "two", "two in another order", "parts of a second", "empty", "none"],
    )
    def test_it_waits_exactly_as_long_as_it_must(self, rate: Any, expected: list[float]) -> None:
        clock = FakeClock()
        limiter = Settings(rate=rate, clock=clock.clock).limiter()

        async def let_through() -> list[float]:
            times = []
            for _ in expected:
                await limiter.wait()
                times.append(clock.time)
            return times

        assert run(let_through()) == expected

    def test_time_that_passes_counts(self) -> None:
        clock = FakeClock()
        limiter = Settings(rate=[(2, 10)], clock=clock.clock).limiter()

        async def let_through() -> list[float]:
            waited = []
            for _ in range(6):
                waited.append(await limiter.wait())
                clock.pass_by(4)
            return waited

        # At 0, 4, 10, 14, 20, 24.
        assert run(let_through()) == [0, 0, 2, 0, 2, 0]

    @each
    def test_pairs_that_can_be_read_once_only(self, make: Make) -> None:
        clock = FakeClock()
        with liar(numbered(3)) as server:
            c = client(make, server.url, rate=iter([(1, 60)]), clock=clock.clock)
            assert len(jobs(c, services=V1)) == 3
        assert clock.slept == [60, 60]

    @each
    @pytest.mark.parametrize(
        ("rate", "expected"), [("community", (0, 0, 60)), ([(250, 7)], (0, 7, 14)), (None, (0, 0, 0))], ids=str
    )
    def test_all_lists_of_a_client_share_it(self, make: Make, rate: Any, expected: tuple[float, ...]) -> None:
        clock = FakeClock()
        times: list[float] = []
        pages_of = numbered(200)

        def script(asked: Asked) -> Reply:
            times.append(clock.time)
            return pages_of(asked)

        with liar(script) as server:
            # What is waited for the rate does not count against the deadline. One at a time, since while one request
            # waits, time passes for those that are on their way.
            c = client(make, server.url, rate=rate, deadline=5, max_in_flight=1, clock=clock.clock)
            assert len(jobs(c)) == 600
        assert (times[249], times[499], times[599]) == expected

    @pytest.mark.parametrize(
        "rate",
        [
            "fast",
            "",
            500,
            0,
            [500],
            [(500,)],
            [(500, 60, 1)],
            [("500", 60)],
            [(500, "60")],
            [(500.0, 60)],
            [(True, 60)],
            [(0, 60)],
            [(-1, 60)],
            [(500, 0)],
            [(500, -60)],
            [(500, float("nan"))],
            [(500, float("inf"))],
            [(500, 10**400)],
            [(500, True)],
            [(500, 60), (5_000, None)],
            {500: 60},
        ],
        ids=lambda rate: str(rate)[:30],
    )
    @each
    def test_what_is_none(self, make: Make, rate: Any) -> None:
        with pytest.raises(ValueError, match="rate") as raised:
            make(TOKEN, rate=rate)
        assert str(raised.value) == (
            f'rate must be "community" or (requests, seconds) pairs such as [(500, 60), (5_000, 3_600)], not {rate!r}'
        )


@each
@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        *(("max_in_flight", v, "a whole number, 1 or more") for v in (0, -1, 1.0, True, "4", None)),
        *(("timeout", v, "a positive number of seconds, or None") for v in (0, -1.5, float("nan"), "30", True)),
        *(("retries", v, "a whole number, 0 or more") for v in (-1, 1.0, True, "4", None)),
        *(("deadline", v, "a positive number of seconds, or None") for v in (0, -1, float("nan"), "300", True)),
        *(("max_retry_after", v, "a positive number of seconds") for v in (0, -1, float("inf"), None, "120", True)),
    ],
)
def test_options_that_make_no_sense(make: Make, option: str, value: Any, message: str) -> None:
    options: Any = {option: value}
    with pytest.raises(ValueError, match=option) as raised:
        make(TOKEN, **options)
    assert str(raised.value) == f"{option} must be {message}, not {value!r}"


@each
@pytest.mark.parametrize("order", ["", "Service", None, "fastest"])
def test_an_order_that_is_none(make: Make, order: Any) -> None:
    with pytest.raises(ValueError, match="order") as raised:
        make(TOKEN).jobs(order=order)
    assert str(raised.value) == f'order must be "arrival" or "service", not {order!r}'


@each
def test_a_keyword_argument_that_is_none(make: Make) -> None:
    wrong: Any = {"tiemout": 3}
    with pytest.raises(TypeError) as raised:
        make(TOKEN, **wrong)
    assert str(raised.value) == "Client() has no keyword argument 'tiemout'; did you mean 'timeout'?"
    wrong = {"x": 3}
    with pytest.raises(TypeError) as raised:
        make(TOKEN).jobs(**wrong)
    assert str(raised.value) == (
        "jobs() has no keyword argument 'x'; known are services, page_size, order, missing, prune, "
        "max_requests, max_url"
    )
    hook: Any = 5
    with pytest.raises(TypeError) as raised:
        make(TOKEN, on_page=hook)
    assert str(raised.value) == "on_page must be a callable that takes an event, not int"
