"""Where access tokens come from, how often they are fetched, and what becomes of a secret: nothing that can be read."""

from __future__ import annotations

import asyncio
import logging
import threading
import traceback
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import httpx
import pytest

from reality_jobs.client import ClientCredentials
from reality_jobs.errors import ServiceError, ServiceUnavailable, Unauthorized
from tests.contract.both import V1, Make, client, each, jobs, pages
from tests.contract.fake_clock import FakeClock
from tests.contract.liar import json_reply, liar

pytest.importorskip("uvicorn")
from reality_jobs.emulator.generate import generate
from reality_jobs.emulator.serve import Emulator

API = "https://api.example"
IMS = "https://ims.example/connect/token"
SECRET = "open/sesame+0123 &c"  # noqa: S105
CREDENTIALS = ClientCredentials("me", SECRET, IMS)
ALL_THREE = ("modeling-v1", "modeling-v2", "conversion-v2")


def issued(token: object, **more: object) -> httpx.Response:
    return httpx.Response(200, json={"access_token": token, "token_type": "Bearer"} | more)


class Platform:
    """A token endpoint, which gives out t1, t2 and so on, and the lists behind it, which take all but the `refused`.

    `before` are the endpoint's first answers; `pages` is how many pages each list has. `at_page` is told the number of
    each page that is asked for.
    """

    def __init__(
        self,
        *before: httpx.Response | Exception,
        pages: int = 1,
        refused: tuple[str, ...] = (),
        lifetime: float | None = 3600,
        at_page: Callable[[int], object] = lambda number: None,
    ) -> None:
        self.forms: list[dict[str, str]] = []
        self.sent: list[str] = []
        self.posts: list[httpx.Request] = []
        self._before = list(before)
        self._pages = pages
        self._refused = refused
        self._lifetime = lifetime
        self._at_page = at_page

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        # So that whoever else may ask has asked meanwhile.
        await asyncio.sleep(0.01)
        return self._token(request) if request.method == "POST" else self._page(request)

    def _token(self, request: httpx.Request) -> httpx.Response:
        self.posts.append(request)
        self.forms.append(dict(parse_qsl(request.content.decode())))
        if self._before:
            answer = self._before.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        lifetime = {} if self._lifetime is None else {"expires_in": self._lifetime}
        return issued(f"t{len(self.forms)}", **lifetime)

    def _page(self, request: httpx.Request) -> httpx.Response:
        authorization = request.headers["authorization"]
        self.sent.append(authorization.removeprefix("Bearer "))
        if self.sent[-1] in self._refused:
            return httpx.Response(401, json={"error": {"code": "Unauthorized", "message": "no"}})
        number = int(request.url.params.get("continuationToken", 1))
        self._at_page(number)
        found: dict[str, object] = {"jobs": [{"id": str(number)}]}
        if number < self._pages:
            found["_links"] = {"next": {"href": f"{API}{request.url.path}?continuationToken={number + 1}"}}
        return httpx.Response(200, json=found)


def walk(make: Make, platform: Platform, token: Any = CREDENTIALS, services: Any = V1, **options: Any) -> int:
    """How many jobs come out."""
    c = client(make, API, token, transport=platform.transport, **options)
    return len(jobs(c, services=services))


def refusal(make: Make, platform: Platform, token: Any = CREDENTIALS, **options: Any) -> ServiceError:
    with pytest.raises(ServiceError) as raised:
        walk(make, platform, token, **options)
    return raised.value


@each
class TestCallable:
    def test_sync_and_async_ones(self, make: Make) -> None:
        def plain() -> str:
            return "plain"

        async def coroutine() -> str:
            await asyncio.sleep(0)
            return "Bearer coroutine"

        class Object:
            async def __call__(self) -> str:
                return "object"

        async def given(token: str) -> str:
            return token

        platform = Platform()
        for source in (plain, coroutine, Object(), partial(given, "partial"), lambda: given("later")):
            walk(make, platform, source)
        assert platform.sent == ["plain", "coroutine", "object", "partial", "later"]

    def test_a_blocking_one_does_not_block_the_others(self, make: Make) -> None:
        came = threading.Event()
        calls: list[bool] = []

        def blocking() -> str:
            calls.append(came.wait(10) if calls else True)
            return "t"

        c = client(make, API, blocking, transport=Platform().transport)
        assert len(pages(c, services=("modeling-v1", "modeling-v2"), work=lambda _: came.set())) == 2
        assert calls == [True, True]

    def test_a_new_token_after_a_401(self, make: Make) -> None:
        tokens = ["old"]

        def token() -> str:
            return tokens[-1]

        def renew(number: int) -> None:
            tokens.append("new")

        platform = Platform(pages=3, refused=("stale",), at_page=renew)
        assert walk(make, platform, token) == 3
        stale = iter(["stale", "fresh", "fresh"])
        platform = Platform(refused=("stale",))
        assert walk(make, platform, lambda: next(stale)) == 1
        assert platform.sent == ["stale", "fresh"]

    def test_the_same_token_after_a_401_is_not_sent_again(self, make: Make) -> None:
        platform = Platform(refused=("stale",))
        error = refusal(make, platform, lambda: "stale", retries=4)
        assert (type(error), str(error)) == (Unauthorized, "modeling-v1: no (401 Unauthorized)")
        assert platform.sent == ["stale"]

    def test_a_token_as_text_is_sent_once(self, make: Make) -> None:
        platform = Platform(refused=("stale",))
        assert isinstance(refusal(make, platform, "stale", retries=4), Unauthorized)
        assert platform.sent == ["stale"]

    @pytest.mark.parametrize("error", [RuntimeError("the vault is sealed"), TimeoutError("the vault is slow")])
    def test_what_it_raises_comes_out(self, make: Make, error: Exception) -> None:
        def token() -> str:
            raise error

        with pytest.raises(type(error)) as raised:
            walk(make, Platform(), token, retries=4, clock=FakeClock().clock)
        assert (type(raised.value), raised.value.args) == (type(error), error.args)

    def test_an_iterator_that_ends(self, make: Make) -> None:
        with pytest.raises(RuntimeError, match="StopIteration"):
            walk(make, Platform(), partial(next, iter(())), deadline=2)


@each
class TestCredentials:
    def test_the_request(self, make: Make) -> None:
        platform = Platform()
        assert walk(make, platform) == 1
        (post,) = platform.posts
        assert str(post.url) == IMS
        assert post.headers["content-type"] == "application/x-www-form-urlencoded"
        assert post.headers["accept"] == "application/json"
        assert "authorization" not in post.headers
        assert platform.forms == [
            {
                "grant_type": "client_credentials",
                "client_id": "me",
                "client_secret": SECRET,
                "scope": "itwin-platform",
            }
        ]
        assert platform.sent == ["t1"]

    def test_one_token_for_all_who_ask_at_once(self, make: Make) -> None:
        platform = Platform(pages=3)
        assert walk(make, platform, services=ALL_THREE, max_in_flight=8) == 9
        assert platform.sent == ["t1"] * 9
        assert len(platform.forms) == 1

    @pytest.mark.parametrize(
        ("lifetime", "last"),
        [(3600, 3540), (121, 61), (120, 60), (100, 50), (10, 5), (1, 0.5), (0.5, 0.25)],
    )
    def test_renewed_a_minute_before_its_end_or_halfway(self, make: Make, lifetime: float, last: float) -> None:
        clock = FakeClock()

        def at_page(number: int) -> None:
            clock.time = {1: last - 0.125, 2: last, 3: last}[number]

        platform = Platform(pages=3, lifetime=lifetime, at_page=at_page)
        assert walk(make, platform, clock=clock.clock) == 3
        assert platform.sent == ["t1", "t1", "t2"]

    @pytest.mark.parametrize("lifetime", [None, 0, -5, "3600", True])
    def test_without_a_lifetime_it_is_kept_until_it_is_refused(self, make: Make, lifetime: Any) -> None:
        clock = FakeClock()
        platform = Platform(pages=3, lifetime=lifetime, at_page=lambda _: clock.pass_by(1e6), refused=("t1",))
        assert walk(make, platform, clock=clock.clock, deadline=None) == 3
        assert platform.sent == ["t1", "t2", "t2", "t2"]

    def test_a_lifetime_beyond_all_numbers(self, make: Make) -> None:
        answer = httpx.Response(200, content=b'{"access_token": "t0", "expires_in": 1' + b"0" * 400 + b"}")
        platform = Platform(answer)
        assert walk(make, platform) == 1

    def test_a_life_begins_when_it_was_asked_for(self, make: Make) -> None:
        clock = FakeClock()

        class Slow(Platform):
            def _token(self, request: httpx.Request) -> httpx.Response:
                clock.pass_by(100)
                return super()._token(request)

        platform = Slow(pages=2, lifetime=160)
        assert walk(make, platform, clock=clock.clock) == 2
        assert platform.sent == ["t1", "t2"]

    def test_once_after_a_401(self, make: Make) -> None:
        platform = Platform(pages=2, refused=("t1",))
        assert walk(make, platform) == 2
        assert platform.sent == ["t1", "t2", "t2"]

    def test_and_not_twice(self, make: Make) -> None:
        platform = Platform(refused=("t1", "t2", "t3"))
        error = refusal(make, platform, retries=4)
        assert (type(error), str(error)) == (Unauthorized, "modeling-v1: no (401 Unauthorized)")
        assert platform.sent == ["t1", "t2"]

    def test_one_new_token_for_all_who_were_refused_at_once(self, make: Make) -> None:
        platform = Platform(refused=("t1",))
        assert walk(make, platform, services=ALL_THREE) == 3
        assert sorted(platform.sent) == ["t1"] * 3 + ["t2"] * 3
        assert len(platform.forms) == 2

    def test_every_page_may_find_its_token_revoked(self, make: Make) -> None:
        revoked = ["t1"]
        platform = Platform(pages=3, at_page=lambda number: revoked.append(f"t{number + 1}"))
        platform._refused = revoked  # type: ignore[assignment]
        assert walk(make, platform) == 3
        assert platform.sent == ["t1", "t2", "t2", "t3", "t3", "t4"]

    def test_the_emulators_endpoint(self, make: Make) -> None:
        emulator = Emulator(generate(300, seed=3), clients={"me": SECRET}, require_issued=True)
        with emulator.running() as url:
            c = client(make, url, ClientCredentials("me", SECRET, f"{url}/connect/token"))
            revoke = iter([emulator.revoke])
            found = pages(c, work=lambda page: next(revoke, str)(), page_size=5)
            stranger = client(make, url, ClientCredentials("me", "guessed", f"{url}/connect/token"))
            with pytest.raises(Unauthorized) as raised:
                jobs(stranger, services=V1)
        assert len({str(job) for page in found for job in page}) > 30
        assert emulator.token_requests == 3
        assert raised.value.code == "invalid_client"


def oauth_error(status: int, code: str, description: str | None = None) -> httpx.Response:
    return httpx.Response(status, json={"error": code} | ({"error_description": description} if description else {}))


async def endless() -> AsyncIterator[bytes]:
    part = b" " * 2**24
    while True:
        yield part


@each
class TestRefusedCredentials:
    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            (
                oauth_error(401, "invalid_client", "unknown client"),
                f"no access token from {IMS}: unknown client (401 invalid_client)",
            ),
            (
                oauth_error(400, "invalid_client"),
                f"no access token from {IMS}: invalid_client (400 invalid_client)",
            ),
            (oauth_error(400, "invalid_scope", "no"), f"no access token from {IMS}: no (400 invalid_scope)"),
            (
                httpx.Response(404, text="nothing here"),
                f"no access token from {IMS}: it answered with status 404 (404)",
            ),
            (
                httpx.Response(302, headers={"Location": "https://evil.example/?x=y"}),
                f"no access token from {IMS}: it answered with status 302 (302)",
            ),
        ],
    )
    def test_for_good(self, make: Make, answer: httpx.Response, message: str) -> None:
        clock = FakeClock()
        platform = Platform(answer)
        error = refusal(make, platform, retries=4, clock=clock.clock)
        assert (type(error), str(error)) == (Unauthorized, f"modeling-v1: {message}")
        assert (len(platform.posts), platform.sent, clock.slept) == (1, [], [])

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            (oauth_error(500, "server_error", "oops"), f"no access token from {IMS}: oops (500 server_error)"),
            (httpx.Response(503), f"no access token from {IMS}: it answered with status 503 (503)"),
            (httpx.Response(200, text="<html>"), f"{IMS} answered with no access token (200)"),
            (httpx.Response(200), f"{IMS} answered with no access token (200)"),
            (httpx.Response(200, json={}), f"{IMS} answered with no access token (200)"),
            (httpx.Response(200, json=["t"]), f"{IMS} answered with no access token (200)"),
            (issued(None), f"{IMS} answered with no access token (200)"),
            (issued(7), f"{IMS} answered with no access token (200)"),
            (issued(""), f"{IMS} answered with no access token (200)"),
            (httpx.Response(200, content=b"[" * 100_000), f"{IMS} answered with no access token (200)"),
            (httpx.ConnectError("refused"), "no connection to https://ims.example: refused"),
            (httpx.ReadTimeout(""), "no answer from https://ims.example in time"),
        ],
        ids=lambda value: value[:40] if isinstance(value, str) else "",
    )
    def test_for_now(self, make: Make, answer: httpx.Response | Exception, message: str) -> None:
        error = refusal(make, Platform(answer))
        assert (type(error), str(error)) == (ServiceUnavailable, f"modeling-v1: {message}")
        clock = FakeClock()
        platform = Platform(answer, answer)
        assert walk(make, platform, retries=2, clock=clock.clock) == 1
        assert (len(platform.posts), platform.sent, clock.slept) == (3, ["t3"], [0.5, 1.0])

    def test_the_endpoint_may_ask_to_wait(self, make: Make) -> None:
        clock = FakeClock()
        platform = Platform(httpx.Response(429, headers={"Retry-After": "7"}))
        assert walk(make, platform, retries=1, clock=clock.clock) == 1
        assert clock.slept == [7.0]

    def test_a_token_that_cannot_be_sent(self, make: Make) -> None:
        error = refusal(make, Platform(issued(f"two words {SECRET}")))
        assert str(error) == f"modeling-v1: {IMS} holds a blank or a character that no access token has"

    def test_a_body_without_end(self, make: Make) -> None:
        error = refusal(make, Platform(httpx.Response(200, content=endless())))
        assert str(error) == "modeling-v1: answered with more than 268,435,456 bytes (200)"


class TestTokenUrl:
    @pytest.mark.parametrize("url", [IMS, "http://127.0.0.1:9/t", "http://localhost/t", "http://[::1]:9/t"])
    def test_https_and_loopback(self, url: str) -> None:
        assert ClientCredentials("me", SECRET, url).token_url == url

    @pytest.mark.parametrize(
        ("url", "message"),
        [
            (
                "http://ims.example/t",
                "token_url 'http://ims.example' would send the token in clear; plain http is for loopback only, so "
                "write https://",
            ),
            ("ims.example/t", "token_url must start with https://, as in 'https://api.bentley.com'"),
            ("https://a:b@ims.example/", "token_url must not hold a user part (...@); the token alone tells who asks"),
        ],
    )
    def test_nothing_else(self, url: str, message: str) -> None:
        with pytest.raises(ValueError, match="token_url") as raised:
            ClientCredentials("me", SECRET, url)
        assert str(raised.value) == message

    def test_published_defaults(self) -> None:
        plain = ClientCredentials("me", SECRET)
        assert (plain.token_url, plain.scope) == ("https://ims.bentley.com/connect/token", "itwin-platform")


def texts_of(error: BaseException) -> str:
    """All that an error and those it came from say of themselves."""
    texts = ["".join(traceback.format_exception(error))]
    link: BaseException | None = error
    while link is not None:
        texts += [str(link), repr(link), repr(link.args), repr(vars(link))]
        link = link.__cause__ or link.__context__
    return "\n".join(texts)


@each
class TestSecrets:
    @pytest.mark.parametrize(
        "echo",
        [
            lambda sent: oauth_error(400, sent, sent),
            lambda sent: oauth_error(500, "x", sent),
            lambda sent: httpx.Response(502, text=sent),
            lambda sent: httpx.Response(200, text=sent),
            lambda sent: httpx.Response(302, headers={"Location": f"https://x.example/{sent}"}),
            lambda sent: issued(f" {sent} {sent}"),
            lambda sent: httpx.ConnectError(sent),
        ],
    )
    @pytest.mark.parametrize("encode", [str, quote_plus])
    def test_an_endpoint_that_echoes(
        self,
        make: Make,
        echo: Callable[[str], httpx.Response | Exception],
        encode: Callable[[str], str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            error = refusal(make, Platform(echo(encode(SECRET))))
        said = texts_of(error) + caplog.text
        assert SECRET not in said
        assert quote_plus(SECRET) not in said

    def test_an_access_token_that_was_fetched(self, make: Make, caplog: pytest.LogCaptureFixture) -> None:
        token = "c2VjcmV0LmZldGNoZWQ"  # noqa: S105
        with caplog.at_level(logging.DEBUG):
            error = refusal(make, Platform(issued(token), refused=(token, "t2")))
            walk(make, Platform(issued(token)))
        assert token not in texts_of(error) + caplog.text

    def test_reprs(self, make: Make) -> None:
        c = client(make, API, CREDENTIALS, transport=Platform().transport)
        texts = [f"{CREDENTIALS!r} {CREDENTIALS} {c!r} {vars(c)!r} {c.jobs()!r}"]
        jobs(c, services=V1)
        assert SECRET not in "".join([*texts, repr(vars(c))])
        assert repr(CREDENTIALS) == f"ClientCredentials(client_id='me', token_url='{IMS}', scope='itwin-platform')"


class Flow(httpx.Auth):
    """Asks for a token with the first request, as httpx documents it for both kinds of clients."""

    requires_response_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = "Bearer old"
        response = yield request
        if response.status_code == 401:
            fetched = yield httpx.Request("POST", IMS, content=b"grant=x")
            request.headers["Authorization"] = f"Bearer {fetched.json()['access_token']}"
            yield request


class SyncFlow(httpx.Auth):
    """Knows no other loop than none; what it does may block."""

    requires_response_body = True

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        yield from Flow().auth_flow(request)


class AsyncFlow(httpx.Auth):
    """Knows nothing but an event loop."""

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        await asyncio.sleep(0)
        request.headers["Authorization"] = "Bearer async"
        yield request


@each
class TestAnyAuth:
    def test_basic(self, make: Make) -> None:
        platform = Platform()
        assert walk(make, platform, httpx.BasicAuth("ada", "lovelace")) == 1
        assert platform.sent == [f"Basic {b64encode(b'ada:lovelace').decode()}"]

    @pytest.mark.parametrize("auth", [Flow(), SyncFlow()])
    def test_a_flow_of_several_requests(self, make: Make, auth: httpx.Auth) -> None:
        platform = Platform(refused=("old",))
        assert walk(make, platform, auth) == 1
        assert platform.sent == ["old", "t1"]

    def test_an_async_flow(self, make: Make) -> None:
        platform = Platform(pages=2)
        assert walk(make, platform, AsyncFlow()) == 2
        assert platform.sent == ["async"] * 2

    def test_a_401_is_its_own_business(self, make: Make) -> None:
        platform = Platform(refused=("async",))
        assert isinstance(refusal(make, platform, AsyncFlow(), retries=4), Unauthorized)
        assert platform.sent == ["async"]

    def test_a_sync_flow_that_reads_what_came(self, make: Make) -> None:
        class Reading(httpx.Auth):
            def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
                request.headers["Authorization"] = "Bearer old"
                response = yield request
                response.read()
                request.headers["Authorization"] = f"Bearer {response.json()['fresh']}"
                yield request

        async def streamed() -> AsyncIterator[bytes]:
            yield b'{"fresh": "new", "jobs": []}'

        sent: list[str] = []

        def answer(request: httpx.Request) -> httpx.Response:
            sent.append(request.headers["authorization"])
            return httpx.Response(200, content=streamed())

        assert jobs(client(make, API, Reading(), transport=httpx.MockTransport(answer)), services=V1) == []
        assert sent == ["Bearer old", "Bearer new"]

    def test_a_sync_flow_that_raises(self, make: Make) -> None:
        class Broken(httpx.Auth):
            def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
                raise RuntimeError("the vault is sealed")
                yield request

        with pytest.raises(RuntimeError, match=r"\Athe vault is sealed\Z"):
            walk(make, Platform(), Broken())

    def test_its_secret_is_hidden_where_a_server_echoes_it(self, make: Make) -> None:
        secret = b64encode(b"ada:lovelace").decode()
        echoing = liar(lambda asked: json_reply({"error": {"message": asked.headers["authorization"]}}, 500))
        with echoing as server, pytest.raises(ServiceUnavailable) as raised:
            jobs(client(make, server.url, httpx.BasicAuth("ada", "lovelace")), services=V1)
        assert str(raised.value) == "modeling-v1: Basic [token] (500)"
        assert secret not in texts_of(raised.value)
