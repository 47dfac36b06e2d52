"""`Client` against a server that lies: what is asked, what comes out, what never leaves."""

from __future__ import annotations

import gzip
import inspect
import json
import logging
import pickle
import socket
import sys
import traceback
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from reality_jobs import F, Job, parse, services
from reality_jobs.client import Client
from reality_jobs.client.addresses import Base
from reality_jobs.client.listing import Listing, Step
from reality_jobs.client.responses import Answer
from reality_jobs.errors import (
    FilterRefused,
    InvalidFilter,
    NotFound,
    PagingError,
    RateLimited,
    RealityJobsError,
    ServiceError,
    ServiceUnavailable,
    Unanswerable,
    Unauthorized,
)
from tests.contract.liar import Asked, Liar, Reply, json_reply, liar, page

TOKEN = "eyJhbGciOiJSUzI1NiJ9.c2VjcmV0.dG9rZW4"  # noqa: S105
EVERYTHING = "createdDateTime%20ge%201970-01-01T00:00:00Z"
V1 = ["modeling-v1"]
GUIDS = [f"dc720f05-e5f7-448b-ae06-765de46f0af{digit}" for digit in "0123456789"]


def job(job_id: object, **more: object) -> dict[str, object]:
    return {"id": job_id, "type": "Full", "state": "success"} | more


def client(server: Liar, token: Any = TOKEN) -> Client:
    return Client(token, base_url=server.url)


def ids(server: Liar, f: Any = None, **options: Any) -> list[str | None]:
    with client(server) as c:
        return [found.id for found in c.jobs(f, **{"services": V1} | options)]


def link(server: Liar | Asked, token: str, path: str = "/contextcapture/jobs") -> str:
    base = server.url if isinstance(server, Liar) else f"http://{server.headers['host']}"
    return f"{base}{path}?$filter=state eq 'success'&continuationToken={token}"


def paged(*pages: list[object]) -> Callable[[Asked], Reply]:
    """A script that answers with these pages, linked one to the next."""
    left = list(pages)

    def script(asked: Asked) -> Reply:
        jobs = left.pop(0)
        return page(*jobs, next_link=link(asked, f"t{len(left)}", asked.path) if left else None)

    return script


class TestAsking:
    def test_nothing_is_asked_before_the_first_job_is_taken(self) -> None:
        with liar([page(job("a"))]) as server, client(server) as c:
            jobs = c.jobs(services=V1)
            pages = c.pages(services=V1)
            walk = iter(jobs)
            assert server.asked == []
            assert next(walk).id == "a"
            assert len(server.asked) == 1
            pages.close()  # type: ignore[attr-defined]

    def test_the_request(self) -> None:
        with liar([page()]) as server:
            assert ids(server) == []
            (asked,) = server.asked
        assert asked.method == "GET"
        assert asked.target == f"/contextcapture/jobs?$filter={EVERYTHING}&$top=100"
        assert asked.headers["accept"] == "application/vnd.bentley.itwin-platform.v1+json"
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        assert asked.headers["user-agent"].startswith("reality-jobs/")
        assert "cookie" not in asked.headers

    def test_the_three_default_services_each_with_its_own_version(self) -> None:
        with liar(lambda asked: page(job(asked.path))) as server, client(server) as c:
            found = [(found.service, found.id) for found in c.jobs()]
            accepts = [asked.headers["accept"][-7:] for asked in server.asked]
        assert found == [
            ("modeling-v1", "/contextcapture/jobs"),
            ("modeling-v2", "/reality-modeling/jobs"),
            ("conversion-v2", "/reality-conversion/jobs"),
        ]
        assert accepts == ["v1+json", "v2+json", "v2+json"]

    def test_a_filter_as_text_and_as_filter_are_sent_alike_and_encoded(self) -> None:
        text = "name eq 'R&D+1% #\u00e9'"
        with liar(lambda asked: page()) as server:
            assert ids(server, text) == ids(server, parse(text)) == ids(server, F.name == "R&D+1% #\u00e9") == []
            targets = {asked.target for asked in server.asked}
        assert targets == {"/contextcapture/jobs?$filter=name%20eq%20'R%26D%2B1%25%20%23%C3%A9'&$top=100"}

    @pytest.mark.parametrize("size", [1, 2, 1000])
    def test_page_size(self, size: int) -> None:
        with liar([page()]) as server:
            ids(server, page_size=size)
            assert server.asked[0].query.endswith(f"&$top={size}")

    @pytest.mark.parametrize("size", [0, -1, 1001, 1.0, True, "5", None])
    def test_page_size_refused(self, size: Any) -> None:
        with Client(TOKEN) as c, pytest.raises(ValueError, match="page_size") as raised:
            c.jobs(page_size=size)
        assert str(raised.value) == f"page_size must be a whole number from 1 to 1000, not {size!r}"

    def test_what_is_wrong_with_the_call_is_said_at_once(self) -> None:
        with liar([]) as server, client(server) as c:
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

    def test_every_iteration_asks_anew(self) -> None:
        with liar(lambda asked: page(job("a"))) as server, client(server) as c:
            jobs = c.jobs(services=V1)
            assert [found.id for found in jobs] == [found.id for found in jobs] == ["a"]
            assert len(server.asked) == 2

    def test_a_closed_client_asks_nothing(self) -> None:
        with liar([page(job("a"))]) as server:
            with client(server) as c:
                jobs = c.jobs(services=V1)
            with pytest.raises(RuntimeError, match="the client is closed"):
                next(iter(jobs))
            assert server.asked == []

    def test_no_proxy_of_the_environment_gets_the_token_in_clear(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with liar([]) as proxy, liar([page(job("a"))]) as server:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            monkeypatch.setenv("ALL_PROXY", proxy.url)
            assert ids(server) == ["a"]
            assert proxy.asked == []

    def test_a_transport_of_the_caller(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, json={"jobs": [job(str(request.url.host))]})

        with Client(TOKEN, transport=httpx.MockTransport(answer)) as c:
            assert [found.id for found in c.jobs(services=V1)] == ["api.bentley.com"]


class TestFollowing:
    def test_raw_blanks_and_plus_signs_of_next_links(self) -> None:
        with liar(lambda asked: page(job("b"))) as server:
            first = page(job("a"), next_link=link(server, "ab+c/d=="))
            replies = iter([first, page(job("b"))])
            server.script = lambda asked: next(replies)
            assert ids(server) == ["a", "b"]
            assert server.asked[1].query == "$filter=state%20eq%20'success'&continuationToken=ab%2Bc/d=="
            assert server.asked[1].headers["authorization"] == f"Bearer {TOKEN}"

    def test_empty_pages_go_on(self) -> None:
        with liar([]) as server:
            replies = iter(
                [page(next_link=link(server, "1")), json_reply({"_links": {"next": {"href": link(server, "2")}}})]
            )
            server.script = lambda asked: next(replies, page(job("a")))
            assert ids(server) == ["a"]
            assert len(server.asked) == 3
        with liar(paged([], [job("a")], [])) as server, client(server) as c:
            assert [[found.id for found in found_page] for found_page in c.pages(services=V1)] == [[], ["a"], []]

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
    def test_a_foreign_next_link_never_gets_a_request(self, form: str) -> None:
        with liar([]) as foreign, liar([]) as server:
            href = form.format(port=server.port, foreign=foreign.port)
            replies = iter([page(job("a"), next_link=href)])
            server.script = lambda asked: next(replies)
            with pytest.raises(PagingError):
                ids(server)
            assert foreign.asked == []
            assert len(server.asked) == 1

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, status: int) -> None:
        with (
            liar([page(job("a"))]) as foreign,
            liar([Reply(status, b"", {"Location": f"{foreign.url}/x?y"})]) as server,
        ):
            with pytest.raises(ServiceError) as raised:
                ids(server)
            assert foreign.asked == []
            assert len(server.asked) == 1
        assert str(raised.value) == (
            f"modeling-v1: redirects to '{foreign.url}/x'; redirects are not followed, for the token would go along "
            f"({status})"
        )

    def test_a_token_that_loops(self) -> None:
        tokens = iter("abcabcabc")
        with liar(lambda asked: page(job(asked.target), next_link=link(asked, next(tokens)))) as server:
            with pytest.raises(PagingError) as raised:
                ids(server)
            assert len(server.asked) == 4
        assert str(raised.value) == (
            "modeling-v1: page 4 of the list repeats the continuation token of an earlier page, so the list would "
            "never end"
        )

    def test_what_came_before_an_error_came_out(self) -> None:
        out = []
        with liar([]) as server, client(server) as c:
            replies = iter([page(job("a"), next_link=link(server, "1"))])
            server.script = lambda asked: next(replies, Reply(502, b"<html>", {"Content-Type": "text/html"}))
            with pytest.raises(ServiceUnavailable):
                out.extend(found.id for found in c.jobs(services=V1))
            walk = iter(c.jobs(services=V1))
            replies = iter([page(job("a"), next_link=link(server, "1"))])
            assert next(walk).id == "a"
            with pytest.raises(ServiceUnavailable):
                next(walk)


class TestOut:
    def test_a_job_that_comes_twice_in_a_list_comes_out_once(self) -> None:
        upper = GUIDS[0].upper()
        with liar(paged([job("a"), job("b"), job("a"), job(GUIDS[0])], [job("b"), job("c"), job(upper)])) as server:
            assert ids(server) == ["a", "b", GUIDS[0], "c"]

    def test_the_same_id_of_two_services_is_two_jobs(self) -> None:
        with liar(lambda asked: page(job("a"))) as server:
            assert ids(server, services=["modeling-v1", "modeling-v2"]) == ["a", "a"]

    def test_what_has_no_id_comes_out_as_often_as_it_comes(self) -> None:
        with liar([page({}, {}, job(None), job(7), job(7))]) as server, client(server) as c:
            assert len(list(c.jobs(services=V1))) == 5

    def test_unknown_types_states_and_keys_are_kept(self) -> None:
        odd = job("a", type="Teleportation", state="Pondering", future={"x": [1, None]}, inputs=None)
        with liar([page(odd)]) as server, client(server) as c:
            (found,) = c.jobs(services=V1)
        assert isinstance(found, Job)
        assert (found.service, found.type, found.state, found.raw) == ("modeling-v1", "Teleportation", "Pondering", odd)

    def test_what_the_service_cannot_be_asked_is_decided_here(self) -> None:
        wanted = job("a", type="Calibration", specifications={"inputs": {"scene": GUIDS[1]}})
        other = job("b", type="Calibration", specifications={"inputs": {"scene": GUIDS[2]}})
        with liar([page(wanted, other)]) as server:
            assert ids(server, F.input_id == GUIDS[1], services=["modeling-v2"]) == ["a"]
            assert "inputId" not in server.asked[0].query

    def test_a_filter_that_one_service_refuses_is_refused_before_anything_is_asked(self) -> None:
        refused = F.email == None  # noqa: E711 - no service is sent a null, and v2 records hold no e-mail address
        with liar([]) as server, client(server) as c:
            with pytest.raises(Unanswerable) as raised:
                c.jobs(refused, services=["modeling-v1", "modeling-v2"])
            assert (raised.value.property, raised.value.service) == ("email", "modeling-v2")
            assert server.asked == []

    def test_no_more_than_one_page_is_held(self) -> None:
        held: list[weakref.ref[Job]] = []
        alive: list[int] = []

        def token() -> str:
            alive.append(sum(ref() is not None for ref in held))
            return TOKEN

        with (
            liar(paged(*[[job(f"{n}-{k}") for k in range(50)] for n in range(4)])) as server,
            client(server, token) as c,
        ):
            for found in c.jobs(services=V1):
                held.append(weakref.ref(found))
                del found
        assert len(held) == 200
        assert alive == [0, 0, 0, 0]


class TestListing:
    """Several requests of one service: which the plan decides, so here the steps are given."""

    SERVICE = services.get("modeling-v1")

    def walk(self, steps: tuple[Step, ...], pages: list[list[object]]) -> list[str | None]:
        listing = Listing(Base.parse("https://api.bentley.com"), steps, 100)
        out: list[str | None] = []
        for jobs in pages:
            assert listing.request is not None
            body = json.dumps({"jobs": jobs}).encode()
            out += [found.id for found in listing.take(Answer(200, {}, body), datetime.now(UTC))]
        assert listing.request is None
        with pytest.raises(RuntimeError, match="the listing is done"):
            listing.take(Answer(200, {}, b"{}"), datetime.now(UTC))
        return out

    def test_a_job_comes_out_once_over_all_requests(self) -> None:
        steps = (Step(self.SERVICE, "a", None), Step(self.SERVICE, "b", None))
        assert self.walk(steps, [[job("1"), job("2")], [job("2"), job("3")]]) == ["1", "2", "3"]

    def test_a_residual_that_drops_a_job_does_not_drop_it_for_the_next_request(self) -> None:
        steps = (Step(self.SERVICE, "a", lambda r: r["id"] == "1"), Step(self.SERVICE, "b", None))
        assert self.walk(steps, [[job("1"), job("2")], [job("2"), job("1")]]) == ["1", "2"]

    def test_nothing_to_ask(self) -> None:
        assert self.walk((), []) == []

    def test_a_filter_that_no_address_holds(self) -> None:
        listing = Listing(Base.parse("https://api.bentley.com"), (Step(self.SERVICE, "x" * 60_000, None),), 100)
        with pytest.raises(ServiceError) as raised:
            _ = listing.request
        assert str(raised.value) == (
            "modeling-v1: the filter makes an address of 60,061 characters; at most 60,000 can be sent"
        )

    def test_what_is_kept_of_a_job_that_came_out_is_about_a_hundred_bytes(self) -> None:
        steps = (Step(self.SERVICE, "a", None),)
        listing = Listing(Base.parse("https://api.bentley.com"), steps, 1000)
        count = 20_000
        for start in range(0, count, 1000):
            jobs = [job(f"{n:08x}-e5f7-448b-ae06-765de46f0af1") for n in range(start, start + 1000)]
            href = f"https://api.bentley.com/contextcapture/jobs?continuationToken={start}"
            body = json.dumps({"jobs": jobs, "_links": {"next": {"href": href}}}).encode()
            listing.take(Answer(200, {}, body), datetime.now(UTC))
        seen = listing._out
        assert len(seen) == count
        assert (sys.getsizeof(seen) + sum(map(sys.getsizeof, seen))) / count < 160


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [(400, FilterRefused), (422, FilterRefused), (401, Unauthorized), (404, NotFound), (503, ServiceUnavailable)],
    )
    def test_what_the_service_says(self, status: int, kind: type[ServiceError]) -> None:
        body = {
            "error": {"code": "Odd", "message": "No.", "details": [{"code": "X", "message": "Why.", "target": "$Top"}]}
        }
        with liar([json_reply(body, status, x_correlation_id="c-7")]) as server, pytest.raises(kind) as raised:
            ids(server)
        assert str(raised.value) == f"modeling-v1: No. ({status} Odd)\n  Why. [$Top]\n  correlation id c-7"

    @pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("Sun, 22 Nov 2020 12:01:30 GMT", 0.0), ("soon", None)])
    def test_rate_limited(self, value: str, seconds: float | None) -> None:
        body = {"error": {"code": "RateLimitExceeded", "message": "Slow."}}
        with liar([json_reply(body, 429, Retry_After=value)]) as server, pytest.raises(RateLimited) as raised:
            ids(server)
        assert raised.value.retry_after == seconds

    def test_an_html_error_page_with_status_200(self) -> None:
        reply = Reply(200, b"<html>Log in</html>", {"Content-Type": "text/html"})
        with liar([reply]) as server, pytest.raises(ServiceUnavailable) as raised:
            ids(server)
        assert (
            str(raised.value) == "modeling-v1: answered with text/html: '<html>Log in</html>' where JSON was due (200)"
        )

    def test_gzip(self) -> None:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        with liar([Reply(200, gzip.compress(b'{"jobs": [{"id": "a"}]}'), headers)]) as server:
            assert ids(server) == ["a"]

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
                "answered with a body that is not the JSON it says: ",
            ),
            (Reply(200, b'{"jobs": ['), "answered with a body that is not the JSON it says: "),
        ],
    )
    def test_bodies_that_are_not_what_they_say(self, reply: Reply, start: str) -> None:
        with liar([reply]) as server, pytest.raises(ServiceUnavailable) as raised:
            ids(server)
        assert str(raised.value).startswith(f"modeling-v1: {start.format(server.url)}")
        assert raised.value.__cause__ is not None
        check_clean(raised.value)

    def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with Client(TOKEN, base_url=f"http://127.0.0.1:{port}") as c, pytest.raises(ServiceUnavailable) as raised:
            next(iter(c.jobs(services=V1)))
        assert str(raised.value).startswith(f"modeling-v1: no connection to http://127.0.0.1:{port}: ")
        assert isinstance(raised.value.__cause__, httpx.ConnectError)
        check_clean(raised.value)

    def test_nobody_answers(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            impatient = Client(TOKEN, base_url=f"http://127.0.0.1:{port}", timeout=0.05)
            with impatient as c, pytest.raises(ServiceUnavailable) as raised:
                next(iter(c.jobs(services=V1)))
        assert str(raised.value).startswith(f"modeling-v1: no answer from http://127.0.0.1:{port} in time")
        check_clean(raised.value)

    @pytest.mark.parametrize(
        "kind",
        [
            kind
            for _, kind in inspect.getmembers(httpx, inspect.isclass)
            if issubclass(kind, httpx.HTTPError | httpx.InvalidURL | httpx.StreamError)
        ],
    )
    def test_no_exception_of_httpx_leaves(self, kind: type[Exception]) -> None:
        def fail(request: httpx.Request) -> httpx.Response:
            inner = httpx.ReadError(f"got {request.headers['authorization']}", request=request)
            try:
                raise inner
            except httpx.ReadError as low:
                if kind is httpx.HTTPStatusError:
                    raise kind(f"x {TOKEN}", request=request, response=httpx.Response(500)) from low
                message = (
                    () if issubclass(kind, httpx.StreamError) and kind is not httpx.StreamError else (f"x {TOKEN}",)
                )
                raise kind(*message) from low

        with Client(TOKEN, transport=httpx.MockTransport(fail)) as c, pytest.raises(ServiceUnavailable) as raised:
            next(iter(c.jobs(services=V1)))
        assert isinstance(raised.value.__cause__, kind)
        check_clean(raised.value)


class TestToken:
    @pytest.mark.parametrize("token", [TOKEN, f"Bearer {TOKEN}", f"  bearer  {TOKEN}\n", lambda: TOKEN])
    def test_forms(self, token: Any) -> None:
        with liar([page()]) as server, client(server, token) as c:
            assert list(c.jobs(services=V1)) == []
            assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"

    def test_the_environment_is_read_when_it_is_needed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("ITWIN_ACCESS_TOKEN", raising=False)
        with liar([page()]) as server, client(server, None) as c:
            walk = iter(c.jobs(services=V1))
            monkeypatch.setenv("ITWIN_ACCESS_TOKEN", TOKEN)
            assert list(walk) == []
            assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"

    def test_a_callable_is_asked_before_every_request(self) -> None:
        tokens = iter("abc")
        with liar(paged([], [], [])) as server, client(server, lambda: next(tokens)) as c:
            assert list(c.jobs(services=V1)) == []
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
        self, token: Any, message: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("ITWIN_ACCESS_TOKEN", raising=False)
        with liar([]) as server, client(server, token) as c:
            with pytest.raises(Unauthorized) as raised:
                next(iter(c.jobs(services=V1)))
            assert server.asked == []
        assert str(raised.value) == f"modeling-v1: {message}"
        assert "hunter" not in "".join(traceback.format_exception(raised.value))

    def test_a_bad_token_of_the_environment_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ITWIN_ACCESS_TOKEN", "a b")
        with Client() as c, pytest.raises(Unauthorized) as raised:
            next(iter(c.jobs(services=V1)))
        assert str(raised.value) == (
            "modeling-v1: ITWIN_ACCESS_TOKEN holds a blank or a character that no access token has"
        )

    def test_a_callable_that_returns_no_text(self) -> None:
        token: Any = lambda: b"x"  # noqa: E731
        with Client(token) as c, pytest.raises(TypeError) as raised:
            next(iter(c.jobs(services=V1)))
        assert str(raised.value) == "token() must return the access token as text, not bytes"

    def test_reprs(self) -> None:
        with Client(TOKEN, base_url="https://qa-api.bentley.com/") as c:
            assert repr(c) == "Client(base_url='https://qa-api.bentley.com')"
            assert TOKEN not in repr(c.jobs()) + repr(vars(c.jobs()))
        assert TOKEN not in repr(Answer(200, {}, TOKEN.encode(), TOKEN))

    def test_logs_hold_neither_the_token_nor_what_is_asked(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG), liar(paged([job("a")], [])) as server:
            ids(server, "email eq 'ada@example.com'")
            with pytest.raises(ServiceError):
                ids(server)
        assert TOKEN not in caplog.text
        ours = [record.getMessage() for record in caplog.records if record.name.startswith("reality_jobs")]
        assert "modeling-v1: GET contextcapture/jobs -> 200" in ours
        assert not any("ada" in line or "filter" in line or "t1" in line for line in ours)

    @pytest.mark.parametrize(
        "echo",
        [
            lambda asked: json_reply(
                {"error": {"code": asked, "message": asked, "details": [{"message": asked}]}}, 500
            ),
            lambda asked: json_reply({"error": {"message": "x"}}, 429, x_correlation_id=asked, Retry_After=asked),
            lambda asked: Reply(502, f"<html>{asked}".encode(), {"Content-Type": "text/html"}),
            lambda asked: Reply(200, asked.encode()),
            lambda asked: Reply(200, b"{}", {"Content-Type": asked}),
            lambda asked: Reply(302, b"", {"Location": f"https://{asked}.example/{asked}"}),
            lambda asked: Reply(200, b"{}", {f"{asked} ": "x"}),
            lambda asked: Reply(200, b"{}", {"Content-Encoding": "gzip", "X-Echo": asked}),
            lambda asked: page(
                next_link=f"https://{asked.split()[-1]}.example/contextcapture/jobs?continuationToken=x"
            ),
            lambda asked: page(next_link=asked),
            lambda asked: json_reply({asked: 1}),
            lambda asked: json_reply({"jobs": asked}),
        ],
    )
    def test_a_server_that_echoes_the_token(self, echo: Callable[[str], Reply]) -> None:
        echoing = liar(lambda asked: echo(asked.headers["authorization"]))
        with echoing as server, pytest.raises(RealityJobsError) as raised:
            ids(server)
        check_clean(raised.value)


def check_clean(error: BaseException) -> None:
    """No token in the whole chain: text, repr, fields, requests, and the locals of the frames below ours."""
    pickle.loads(pickle.dumps(error))  # noqa: S301
    texts = ["".join(traceback.format_exception(error))]
    link: BaseException | None = error
    while link is not None:
        texts += [str(link), repr(link), repr(link.args), repr(vars(link))]
        if isinstance(link, httpx.RequestError):
            texts.append(repr(link.request.headers.raw))
        if type(link).__module__.startswith("http"):
            summary = traceback.TracebackException.from_exception(link, capture_locals=True)
            texts.append("".join(summary.format(chain=False)))
        link = link.__cause__ or link.__context__
    assert not any(TOKEN in text for text in texts)
