"""`reality-jobs list`, against the emulator and against a server that lies."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from reality_jobs import Job, parse, services
from reality_jobs.emulator.generate import generate
from reality_jobs.emulator.serve import Emulator, running

from ..contract.liar import Asked, Reply, json_reply, liar, page
from .program import TOKEN, Ended, on_terminal, run, usage
from .saved import NAMES, guid, v1

JOBS = generate(400, seed=11)
USER, _ = Counter(job.user_id for job in JOBS).most_common(1)[0]
OWN = [Job(stored.service, stored.raw) for stored in JOBS if stored.user_id == USER]
DEFAULT = [job for name in services.DEFAULT for job in OWN if job.service == name]
SUCCESS = "state eq 'Success'"
ONCE = ("--retries", "0")
CORRELATION = re.compile(r"\n  correlation id [0-9a-f-]{36}$", re.MULTILINE)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(JOBS) as base:
        yield base


def listed(*args: str | Path, token: str = TOKEN) -> Ended:
    shown = run("list", *args, ITWIN_ACCESS_TOKEN=token)
    assert token not in shown.out + shown.err
    return shown


def ids(*args: str) -> list[str]:
    """Sorted, since the order of a list is not published."""
    shown = listed(*args, "--format", "ids")
    assert (shown.code, shown.err) == (0, "")
    return sorted(shown.out.splitlines())


def told(shown: Ended) -> Ended:
    return Ended(shown.code, shown.out, CORRELATION.sub("", shown.err))


def test_all_own_jobs_of_the_three_apis(url: str) -> None:
    shown = listed("--base-url", url)
    assert (shown.code, shown.err) == (0, "")
    found = [json.loads(text) for text in shown.out.splitlines()]
    assert sorted(found, key=str) == sorted((job.raw for job in DEFAULT), key=str)


@pytest.mark.parametrize("size", [2, 7, 1000])
def test_a_filter_and_pages(url: str, size: int) -> None:
    f = parse(SUCCESS)
    wanted = sorted(str(job) for job in DEFAULT if f.matches(job))
    assert ids(SUCCESS, "--base-url", url, "--page-size", str(size)) == wanted


def test_chosen_services_and_a_filter_from_stdin(url: str) -> None:
    args = ("list", "-", "--base-url", url, "--format", "ids", "--service", "analysis-v2", "--service", "conversion-v1")
    shown = run(*args, stdin=b"state ne 'none'\n", ITWIN_ACCESS_TOKEN=TOKEN)
    wanted = sorted(str(job) for job in OWN if job.service in ("analysis-v2", "conversion-v1"))
    assert (shown.code, sorted(shown.out.splitlines()), shown.err) == (0, wanted, "")
    assert shown.out.startswith("analysis-v2/")


@pytest.mark.parametrize("limit", [1, 3, 100_000])
def test_limit(url: str, limit: int) -> None:
    every = listed("--base-url", url, "--format", "ids").out
    wanted = "".join(every.splitlines(keepends=True)[:limit])
    assert listed("--limit", str(limit), "--base-url", url, "--format", "ids") == Ended(0, wanted, "")


def test_output(url: str, tmp_path: Path) -> None:
    target = tmp_path / "jobs.ndjson"
    assert listed("--base-url", url, "-o", target) == Ended(0, "", f"{len(DEFAULT)} jobs written to {target}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["jobs.ndjson"]
    wanted = sum(parse(SUCCESS).matches(job) for job in DEFAULT)
    assert run("filter", SUCCESS, target, "--count") == Ended(0, f"{wanted}\n", "")


@pytest.mark.parametrize("token", ["", "  "])
def test_without_a_token(url: str, token: str) -> None:
    message = "no access token: put one into ITWIN_ACCESS_TOKEN; `reality-jobs demo` needs none\n"
    assert run("list", "--base-url", url) == Ended(1, "", message)
    assert run("list", "--base-url", url, ITWIN_ACCESS_TOKEN=token) == Ended(1, "", message)


def test_a_refused_token(url: str, tmp_path: Path) -> None:
    message = "modeling-v1: Access denied due to invalid access_token. (401 Unauthorized)\n"
    shown = run("list", "--base-url", url, "-o", tmp_path / "out", ITWIN_ACCESS_TOKEN="expired")  # noqa: S106
    assert told(shown) == Ended(1, "", message)
    assert list(tmp_path.iterdir()) == []


def test_a_token_that_is_none(url: str) -> None:
    shown = listed("--base-url", url, token=f"{TOKEN}\nX-Evil: 1")
    message = "modeling-v1: ITWIN_ACCESS_TOKEN holds a blank or a character that no access token has\n"
    assert shown == Ended(1, "", message)
    assert TOKEN not in shown.err


def test_no_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    shown = listed("--base-url", nobody, *ONCE)
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith(f"modeling-v1: no connection to {nobody}: ")
    assert shown.err.count("\n") == 1


def test_an_unknown_itwin(url: str) -> None:
    shown = told(listed(f"iTwinId eq {guid(1)}", "--base-url", url))
    assert shown == Ended(1, "", "modeling-v1: Requested iTwin is not available. (404 iTwinNotFound)\n")


def test_the_rate_limit(tmp_path: Path) -> None:
    with running(JOBS, rate=2) as base:
        shown = listed("--base-url", base, "--page-size", "5", "-o", tmp_path / "out", *ONCE)
    assert (shown.code, shown.out) == (1, "")
    first, *_, last = shown.err.splitlines()
    assert first.startswith("modeling-v1: ")
    assert first.endswith(" (429 RateLimitExceeded)")
    assert re.fullmatch(r"  try again in \d+ s", last)
    assert list(tmp_path.iterdir()) == []


def test_what_no_service_can_be_asked_is_refused_before_any_request() -> None:
    with liar([]) as server:
        shown = listed("email eq null", "--base-url", server.url)
        assert server.asked == []
    why = "records of modeling-v2 never hold 'email', so they cannot answer the filter; --missing null reads it as null"
    assert shown == Ended(2, "", f"{why}\n")


def test_limits_are_options(url: str) -> None:
    twins = sorted({job.itwin_id for job in DEFAULT if job.itwin_id is not None})[:2]
    text = f"iTwinId in ({', '.join(map(repr, twins))})"
    args = (text, "--service", "modeling-v1", "--base-url", url)
    why = (
        "more requests than 1, one for each iTwin, branch or part of a long list; raise --max-requests or ask for fewer"
    )
    assert listed(*args, "--max-requests", "1") == Ended(2, "", f"modeling-v1: the filter needs {why} at a time\n")
    assert ids(*args, "--max-requests", "2") == ids(*args)
    long = f"email eq '{'x' * 400}@example.com'"
    why = "has no room for what only the service can answer; raise --max-url or ask for less at a time"
    args = (long, "--service", "modeling-v2", "--base-url", url)
    assert listed(*args, "--max-url", "500") == Ended(2, "", f"modeling-v2: a request line of 500 bytes {why}\n")
    assert ids(*args) == []


def test_missing_null(url: str) -> None:
    wanted = sorted(str(job) for job in DEFAULT if job.service != "modeling-v1")
    assert ids("email eq null", "--missing", "null", "--base-url", url) == wanted


def test_a_filter_that_is_none(url: str) -> None:
    shown = listed("state eq Success", "--base-url", url)
    assert shown == Ended(2, "", "text is written in quotes: 'Success'\n  state eq Success\n           ^^^^^^^\n")


def test_a_server_that_echoes_the_token_and_speaks_to_the_terminal() -> None:
    body = {"error": {"code": "Evil", "message": f"\x1b[31m{TOKEN}\u202e", "details": []}}
    with liar(lambda asked: json_reply(body, 400)) as server:
        shown = listed("--base-url", server.url)
    assert shown == Ended(1, "", "modeling-v1: \\x1b[31m[token]\\u202e (400 Evil)\n")


def test_a_body_that_is_no_json() -> None:
    with liar(lambda asked: Reply(200, b"<html>", {"Content-Type": "text/html"})) as server:
        shown = listed("--base-url", server.url, *ONCE)
    assert shown == Ended(1, "", "modeling-v1: answered with text/html: '<html>' where JSON was due (200)\n")


@pytest.fixture
def hostile() -> Iterator[str]:
    jobs = [v1(i, name) for i, name in enumerate(NAMES, 1)]
    with liar(lambda asked: page(*jobs)) as server:
        yield server.url


def test_hostile_names_on_a_terminal(hostile: str) -> None:
    args = ("list", "--service", "modeling-v1", "--base-url", hostile)
    env = {"ITWIN_ACCESS_TOKEN": TOKEN, "NO_COLOR": "1"}
    for more in ((), ("--format", "ndjson"), ("--format", "csv"), ("--format", "ids")):
        code, shown = on_terminal(160, *args, *more, env=env)
        assert code == 0
        assert [c for c in shown if not c.isprintable() and c != "\n"] == []
        assert len(shown.splitlines()) == len(NAMES) + (more in ((), ("--format", "csv")))


def test_a_job_that_fits_no_cell_is_named_and_left_out() -> None:
    with liar(lambda asked: page(v1(1, 5), v1(2, "good"))) as server:
        args = ("--service", "modeling-v1", "--base-url", server.url)
        shown = listed(*args, "--format", "csv")
        assert shown.code == 1
        assert [text.split(",")[3] for text in shown.out.splitlines()] == ["name", "good"]
        place = f"modeling-v1/{guid(1)}: $.name: expected text, found the number 5\n"
        assert shown.err == f"{place}1 job left out; --format ndjson shows all\n"
        assert listed(*args).out.count("\n") == 2


def test_a_filter_that_meets_a_job_that_it_cannot_read() -> None:
    with liar(lambda asked: page(v1(1, "odd", inputs=5))) as server:
        shown = listed("inputId eq null", "--service", "modeling-v1", "--base-url", server.url)
    message = f"modeling-v1/{guid(1)}: $.inputs[].id: expected an object, found the number 5"
    assert shown == Ended(1, "", f"Error: the filter meets a job that it cannot read: {message}\n")


def test_a_job_that_should_not_have_been_returned_is_told_and_shown() -> None:
    with liar(lambda asked: page(v1(1, "one", "failed"), v1(2, "two"))) as server:
        shown = listed(SUCCESS, "--service", "modeling-v1", "--base-url", server.url)
    assert (shown.code, shown.out.count("\n")) == (0, 2)
    assert shown.err == (
        f"warning: modeling-v1: returned modeling-v1/{guid(1)} for $filter='state eq 'success'', "
        "but its own record says otherwise\n"
    )


def test_verbose_tells_of_requests_and_not_what_was_asked(url: str) -> None:
    told_of = listed("name eq 'canary-name'", "--service", "modeling-v1", "--base-url", url, "-v")
    assert (told_of.code, told_of.out) == (0, "")
    assert re.fullmatch(r"modeling-v1: GET contextcapture/jobs -> 200 in \d+\.\d{3} s\n", told_of.err)


def test_a_service_that_is_not_asked_unless_it_is_wanted() -> None:
    f = "type eq 'Full'"  # which modeling-v2 does not list
    with liar(lambda asked: page()) as server:
        args = (f, "--service", "modeling-v2", "--base-url", server.url)
        assert listed(*args) == Ended(0, "", "")
        assert server.asked == []
        assert listed(*args, "--no-prune") == Ended(0, "", "")
        assert len(server.asked) == 1
        told_of = listed(*args, "-v").err
    assert told_of.startswith("modeling-v2: ")
    assert told_of.count("\n") == 1


def test_a_limit_that_is_reached_ends_at_once() -> None:
    go = threading.Event()

    def script(asked: Asked) -> Reply:
        if "continuationToken" in asked.query:
            go.wait(60)
        return page(v1(1, "a"), v1(2, "b"), next_link=f"http://{asked.headers['host']}{asked.path}?continuationToken=x")

    with liar(script) as server:
        shown = listed("--limit", "2", "--service", "modeling-v1", "--base-url", server.url, "--format", "ids")
        go.set()
    assert shown == Ended(0, "".join(f"modeling-v1/{guid(i)}\n" for i in (1, 2)), "")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ((), ""),
        (("-v",), r"modeling-v1: GET contextcapture/jobs -> 503 in \d\.\d{3} s; once more in \d\.\d s\n"
         r"modeling-v1: GET contextcapture/jobs -> 200 in \d\.\d{3} s\n"),
    ],
)  # fmt: skip
def test_requests_that_failed_are_sent_again(more: tuple[str, ...], message: str) -> None:
    replies = iter([Reply(503), page(v1(1, "one"))])
    with liar(lambda asked: next(replies)) as server:
        args = ("--service", "modeling-v1", "--base-url", server.url, "--rate", "community")
        shown = listed(*args, "--retries", "1", *more)
    assert (shown.code, shown.out.count("\n")) == (0, 1)
    assert re.fullmatch(message, shown.err)


CLIENT = {"ITWIN_CLIENT_ID": "me", "ITWIN_CLIENT_SECRET": TOKEN}


@pytest.mark.parametrize(
    ("env", "code", "message"),
    [
        ({"ITWIN_CLIENT_ID": "me"}, 1, "no access token: ITWIN_CLIENT_ID is set, ITWIN_CLIENT_SECRET is not\n"),
        ({"ITWIN_CLIENT_SECRET": TOKEN}, 1, "no access token: ITWIN_CLIENT_SECRET is set, ITWIN_CLIENT_ID is not\n"),
        (CLIENT | {"ITWIN_TOKEN_URL": "ftp://x"}, 2,
         "ITWIN_TOKEN_URL: token_url must start with https://, as in 'https://api.bentley.com'\n"),
    ],
)  # fmt: skip
def test_client_credentials_that_are_not_whole(url: str, env: dict[str, str], code: int, message: str) -> None:
    assert run("list", "--base-url", url, **env) == Ended(code, "", message)


def test_client_credentials_and_a_token_that_goes_before_them() -> None:
    emulator = Emulator(JOBS)
    with emulator.running() as base:
        env = CLIENT | {"ITWIN_CLIENT_ID": USER, "ITWIN_TOKEN_URL": f"{base}/connect/token"}
        args = ("list", "--base-url", base, "--format", "ids")
        shown = run(*args, **env)
        assert sorted(shown.out.splitlines()) == sorted(map(str, DEFAULT))
        assert emulator.token_requests == 1
        assert run(*args, **env, ITWIN_ACCESS_TOKEN=TOKEN) == shown
        assert emulator.token_requests == 1


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("ftp://x", "base_url must start with https://, as in 'https://api.bentley.com'"),
        (f"https://me:{TOKEN}@x", "base_url must not hold a user part (...@); the token alone tells who asks"),
        ("http://x", "base_url 'http://x' would send the token in clear; plain http is for loopback only, so write "
         "https://"),
    ],
)  # fmt: skip
def test_base_urls_that_must_not_be(base: str, message: str) -> None:
    wrong = usage("list", "[FILTER]", f"Invalid value for '--base-url': {message}")
    assert listed("--base-url", base) == Ended(2, "", wrong)
