"""Canaries for every secret that a client is told, searched in everything that it shows, raises, logs and writes."""

from __future__ import annotations

import base64
import inspect
import logging
import os
import pickle
import signal
import subprocess
import traceback
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from reality_jobs.client import Client, ClientCredentials
from reality_jobs.client.options import Settings
from reality_jobs.client.responses import Answer
from reality_jobs.errors import PagingError, RealityJobsError, ServiceError, ServiceUnavailable
from tests.contract.both import V1, Make, client, each, jobs, pages, take
from tests.contract.liar import Asked, Reply, Script, job, json_reply, liar, link, numbered, page
from tests.e2e.program import PROGRAM, environment, run

TOKEN = "canary-token-4c1f"  # noqa: S105
ISSUED = "canary-issued-9b2e"
SECRET = "canary-secret-77d0"  # noqa: S105
KEY = "canary-key-e58a"
CANARIES = (TOKEN, ISSUED, SECRET, KEY)

_HERE = str(Path(__file__).parents[1])


class ApiKey(httpx.Auth):
    """A scheme of the caller's own, in a header of its own."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["X-Api-Key"] = KEY
        yield request


async def fetched() -> str:
    return TOKEN


SOURCES: dict[str, Callable[[str], Any]] = {
    "text": lambda url: TOKEN,
    "callable": lambda url: lambda: TOKEN,
    "async callable": lambda url: fetched,
    "environment": lambda url: None,
    "credentials": lambda url: ClientCredentials("app", SECRET, f"{url}/connect/token"),
    "auth": lambda url: ApiKey(),
}
every_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())


@pytest.fixture(autouse=True)
def _token_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITWIN_ACCESS_TOKEN", TOKEN)


def issuing(script: Script) -> Script:
    """The script, and a token endpoint beside it."""
    issued = json_reply({"access_token": ISSUED, "expires_in": 3600})
    return lambda asked: issued if asked.path == "/connect/token" else script(asked)


def clean(*shown: object) -> None:
    """No canary is in any of them, as text, in bytes or in base64."""
    text = "\n".join(part if isinstance(part, str) else repr(part) for part in shown)
    for canary in CANARIES:
        assert canary not in text
        assert base64.b64encode(canary.encode()).decode().rstrip("=")[:-1] not in text


def chain(error: BaseException) -> Iterator[BaseException]:
    """It, what caused it, and what was being dealt with, all the way down."""
    todo, seen = [error], set[int]()
    while todo:
        link = todo.pop()
        if id(link) not in seen:
            seen.add(id(link))
            yield link
            todo += [other for other in (link.__cause__, link.__context__) if other is not None]


def clean_error(error: BaseException) -> None:
    """Texts, fields and pickles of the whole chain."""
    clean("".join(traceback.format_exception(error)))
    for one in chain(error):
        clean(str(one), one.args, vars(one), pickle.dumps(one, 0) if isinstance(one, RealityJobsError) else b"")
        if isinstance(one, httpx.RequestError):
            clean(one.request.headers.raw, one.request.content)


def clean_frames(error: BaseException) -> None:
    """The locals of the frames of the whole chain, which tools that report errors show; the caller's are its own."""
    for one in chain(error):
        for frame in traceback.TracebackException.from_exception(one, capture_locals=True).stack:
            if not frame.filename.startswith(_HERE):
                clean(*(f"{frame.name}: {name} = {value}" for name, value in (frame.locals or {}).items()))


@contextmanager
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """All records of all loggers at DEBUG, searched."""
    with caplog.at_level(logging.DEBUG):
        yield
    assert {"httpcore.connection", "reality_jobs.client"} <= {record.name for record in caplog.records}
    clean(caplog.text, *(vars(record) for record in caplog.records))


@each
@every_source
class TestShown:
    def test_reprs(self, make: Make, source: Callable[[str], Any]) -> None:
        with liar(issuing(numbered(2))) as server:
            token = source(server.url)
            c = client(make, server.url, token)
            answer = c.jobs()
            out = pages(c, services=V1)
            assert isinstance(token, str) or repr(token) not in ("", None)
            for thing in (c, answer, *out, Settings()):
                clean(thing)
                for value in attributes(thing):
                    clean(value)
                    clean(*map(repr, attributes(value)))
            if isinstance(token, ClientCredentials):
                clean(token)

    def test_resume_points_and_events(self, make: Make, source: Callable[[str], Any]) -> None:
        events: list[object] = []
        with liar(issuing(numbered(3))) as server:
            c = client(make, server.url, source(server.url), on_request=events.append, on_page=events.append)
            points = [page.resume for page in pages(c)]
        assert len(events) == 18
        clean(*events, *points, *(zlib.decompress(base64.urlsafe_b64decode(point)) for point in points))

    def test_logs(self, make: Make, source: Callable[[str], Any], caplog: pytest.LogCaptureFixture) -> None:
        replies = iter([json_reply({}, 503), Reply(drop=True), json_reply({}, 429, Retry_After="0")])
        found = numbered(2)
        with everything_logged(caplog), liar(issuing(lambda asked: next(replies, None) or found(asked))) as server:
            patient = client(make, server.url, source(server.url), retries=4)
            assert len(jobs(patient, services=V1)) == 2


def attributes(thing: object) -> list[object]:
    return list(vars(thing).values()) if hasattr(thing, "__dict__") else []


def sent(asked: Asked) -> str:
    """What the client proved itself with, as a server sees it."""
    return asked.headers.get("authorization") or asked.headers.get("x-api-key") or asked.body.decode()


ECHOES: list[Callable[[str], Reply]] = [
    lambda told: json_reply({"error": {"code": told, "message": told, "details": [{"message": told}]}}, 500),
    lambda told: json_reply({"error": {"message": "x"}}, 429, x_correlation_id=told, Retry_After=told),
    lambda told: json_reply({"error": told, "error_description": told}, 400),
    lambda told: Reply(502, f"<html>{told}".encode(), {"Content-Type": "text/html"}),
    lambda told: Reply(200, told.encode()),
    lambda told: Reply(200, b"{}", {"Content-Type": told}),
    lambda told: Reply(302, b"", {"Location": f"https://{told}.example/{told}"}),
    lambda told: Reply(200, b"{}", {f"{told} ": "x"}),
    lambda told: Reply(200, b"{}", {"Content-Encoding": "gzip", "X-Echo": told}),
    lambda told: page(next_link=f"https://{told.split()[-1]}.example/contextcapture/jobs?continuationToken=x"),
    lambda told: page(next_link=told),
    lambda told: json_reply({told: 1}),
    lambda told: json_reply({"jobs": told}),
    lambda told: page(job(told), job("a", state=told)),
]


@each
@every_source
class TestErrors:
    @pytest.mark.parametrize(
        "reply",
        [
            Reply(drop=True),
            Reply(200, b"{", claimed=99),
            json_reply({}, 401),
            json_reply({}, 500),
            page(next_link="https://evil.example/contextcapture/jobs?continuationToken=x"),
        ],
        ids=["dropped", "cut", "401", "500", "foreign"],
    )
    def test_any(self, make: Make, source: Callable[[str], Any], reply: Reply) -> None:
        with liar(issuing(lambda asked: reply)) as server, pytest.raises(RealityJobsError) as raised:
            jobs(client(make, server.url, source(server.url)), services=V1)
        clean_error(raised.value)
        clean_frames(raised.value)

    @pytest.mark.parametrize("echo", ECHOES)
    def test_a_server_that_echoes(self, make: Make, source: Callable[[str], Any], echo: Callable[[str], Reply]) -> None:
        with liar(issuing(lambda asked: echo(sent(asked)))) as server:
            c = client(make, server.url, source(server.url), on_mismatch="raise")
            with pytest.raises(RealityJobsError) as raised:
                jobs(c, "state eq 'Success'", services=V1)
        clean_error(raised.value)

    def test_a_next_link_that_echoes(
        self, make: Make, source: Callable[[str], Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        """Followed, it would stand in logs and resume points."""

        def script(asked: Asked) -> Reply:
            if "continuationToken" in asked.query:
                return page()
            return page(next_link=link(asked, f"x&access={sent(asked).split()[-1]}"))

        with everything_logged(caplog), liar(issuing(script)) as server:
            with pytest.raises(PagingError) as raised:
                jobs(client(make, server.url, source(server.url)), services=V1)
            assert not any("continuationToken" in asked.query for asked in server.asked)
        assert str(raised.value) == "modeling-v1: a next link holds the access token; it was not followed"
        clean_error(raised.value)

    def test_what_a_caller_raises(self, make: Make, source: Callable[[str], Any]) -> None:
        """The traceback of an exception of the caller's goes through our frames as well."""

        def fail(_: object) -> None:
            raise ZeroDivisionError

        with liar(issuing(numbered(2))) as server:
            for hooks in ({"on_request": fail}, {"on_page": fail}):
                with pytest.raises(ZeroDivisionError) as raised:
                    jobs(client(make, server.url, source(server.url), **hooks))
                clean_frames(raised.value)
            with pytest.raises(ZeroDivisionError) as raised:
                take(client(make, server.url, source(server.url)), fail)
            clean_frames(raised.value)


@each
@pytest.mark.parametrize(
    "reply", [Reply(drop=True), Reply(200, b"{", claimed=99), json_reply({}, 400), json_reply({}, 503), json_reply({})]
)
def test_a_token_endpoint_that_fails(make: Make, reply: Reply) -> None:
    with liar(lambda asked: reply) as server, pytest.raises(ServiceError) as raised:
        jobs(client(make, server.url, SOURCES["credentials"](server.url)), services=V1)
    clean_error(raised.value)
    clean_frames(raised.value)


@each
@pytest.mark.parametrize("echo", ECHOES)
def test_a_token_endpoint_that_echoes(make: Make, echo: Callable[[str], Reply]) -> None:
    with liar(lambda asked: echo(asked.body.decode())) as server, pytest.raises(ServiceError) as raised:
        jobs(client(make, server.url, SOURCES["credentials"](server.url)), services=V1)
    clean_error(raised.value)


@each
@pytest.mark.parametrize("bad", [f"{TOKEN} {TOKEN}", f"{TOKEN}\r\nX-Evil: 1", f"{TOKEN}\u00e9"])
@pytest.mark.parametrize("form", [lambda bad: bad, lambda bad: lambda: bad], ids=["text", "callable"])
def test_a_token_that_cannot_be_sent(make: Make, bad: str, form: Callable[[str], Any]) -> None:
    with liar([]) as server, pytest.raises(ServiceError) as raised:
        jobs(client(make, server.url, form(bad)), services=V1)
    clean_error(raised.value)
    clean_frames(raised.value)


def test_a_token_endpoint_with_a_user_part() -> None:
    with pytest.raises(ValueError, match="user part") as raised:
        ClientCredentials("app", SECRET, f"https://app:{KEY}@ims.example/connect/token")
    clean(*(str(link) for link in chain(raised.value)))


@each
@pytest.mark.parametrize(
    "kind",
    [
        kind
        for _, kind in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(kind, httpx.HTTPError | httpx.InvalidURL | httpx.StreamError)
    ],
)
def test_no_exception_of_httpx_leaves(make: Make, kind: type[Exception]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        inner = httpx.ReadError(f"got {request.headers['authorization']}", request=request)
        try:
            raise inner
        except httpx.ReadError as low:
            if kind is httpx.HTTPStatusError:
                raise kind(f"x {TOKEN}", request=request, response=httpx.Response(500)) from low
            text = () if issubclass(kind, httpx.StreamError) and kind is not httpx.StreamError else (f"x {TOKEN}",)
            raise kind(*text) from low

    with pytest.raises(ServiceUnavailable) as raised:
        jobs(make(TOKEN, transport=httpx.MockTransport(fail), retries=0), services=V1)
    assert isinstance(raised.value.__cause__, kind)
    clean_error(raised.value)
    # The frames of httpx and below hold the headers.
    assert [one for one in chain(raised.value) if one.__traceback__ is not None] == [raised.value]


def test_what_is_shown_of_a_client() -> None:
    assert repr(Client(TOKEN, base_url="https://qa-api.bentley.com/")) == (
        "Client(base_url='https://qa-api.bentley.com')"
    )
    assert repr(ClientCredentials("app", SECRET)) == (
        "ClientCredentials(client_id='app', token_url='https://ims.bentley.com/connect/token', scope='itwin-platform')"
    )
    clean(Answer(200, {}, TOKEN.encode(), (TOKEN,)))


class TestCommands:
    """What the program prints and writes."""

    ENVIRONMENTS = pytest.mark.parametrize(
        "env",
        [{"ITWIN_ACCESS_TOKEN": TOKEN}, {"ITWIN_CLIENT_ID": "app", "ITWIN_CLIENT_SECRET": SECRET}],
        ids=["token", "credentials"],
    )

    def asked(self, tmp_path: Path, script: Script, env: dict[str, str], *args: str, code: int = 0) -> None:
        """Run it in an empty directory against this script, and search what it said and what it left there."""
        with liar(issuing(script)) as server:
            env = {**env, "ITWIN_TOKEN_URL": f"{server.url}/connect/token"}
            shown = run(*args, "--base-url", server.url, "--retries", "0", "-v", cwd=tmp_path, **env)
        assert shown.code == code
        clean(shown.out, shown.err, *(path.read_bytes() for path in tmp_path.rglob("*")))

    @ENVIRONMENTS
    @pytest.mark.parametrize(
        "args", [("list",), ("list", "-o", "found.csv"), ("export", "state ne 'x'", "-o", "found")]
    )
    def test_what_is_found(self, tmp_path: Path, env: dict[str, str], args: tuple[str, ...]) -> None:
        self.asked(tmp_path, numbered(3), env, *args)

    @ENVIRONMENTS
    @pytest.mark.parametrize("args", [("list",), ("export", "state ne 'x'", "-o", "found")])
    @pytest.mark.parametrize("status", [400, 401, 500])
    def test_what_is_refused(self, tmp_path: Path, env: dict[str, str], args: tuple[str, ...], status: int) -> None:
        def script(asked: Asked) -> Reply:
            if "continuationToken" not in asked.query:
                return page(job("a"), next_link=link(asked, "2", asked.path))
            return json_reply({"error": {"code": "Odd", "message": sent(asked)}}, status, x_correlation_id=sent(asked))

        self.asked(tmp_path, script, env, *args, code=1)

    def test_explain(self) -> None:
        for form in ("tree", "json"):
            shown = run("explain", "state eq 'Success'", "--format", form, ITWIN_ACCESS_TOKEN=TOKEN)
            assert shown.code == 0
            clean(shown.out, shown.err)

    def test_the_emulator(self) -> None:
        command = [*PROGRAM, "emulator", "--jobs", "20", "--port", "0", "--faults", "server_error=0.2,reset=0.2"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
        ) as emulator:
            assert emulator.stdout is not None
            first = emulator.stdout.readline()
            url = first.split()[4]
            for env in ({"ITWIN_ACCESS_TOKEN": TOKEN}, {"ITWIN_CLIENT_ID": "app", "ITWIN_CLIENT_SECRET": SECRET}):
                shown = run("list", "-v", "--base-url", url, ITWIN_TOKEN_URL=f"{url}/connect/token", **env)
                assert shown.code == 0
                clean(shown.out, shown.err)
            os.kill(emulator.pid, signal.SIGINT)
            rest = emulator.stdout.read()
            assert emulator.wait(timeout=10) == 0
        clean(first, rest)
