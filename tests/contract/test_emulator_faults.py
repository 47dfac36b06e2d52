"""The emulator's faults and its token endpoint, seen on the wire by users that know nothing of this package."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain, groupby
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reality_jobs import services
from reality_jobs.emulator.faults import Faults
from reality_jobs.emulator.generate import generate
from reality_jobs.emulator.serve import Emulator, running
from tests.contract.test_emulator import ALL, BAD_TOKEN, JOBS, NAMES, USER, Caller, answer, bad_request
from tests.e2e.program import PROGRAM, environment, run, usage

TARGET = f"/contextcapture/jobs?$filter={quote(ALL)}"
FEW = generate(120, seed=5)
FORM = {"grant_type": "client_credentials", "scope": "itwin-platform", "client_id": "me", "client_secret": "s&c:r t"}


@contextmanager
def calling(emulator: Emulator) -> Iterator[Caller]:
    with emulator.running() as base:
        call = Caller(base)
        with call.http:
            yield call


def raw_answer(base: str, target: str = TARGET) -> tuple[bytes, bytes]:
    """Head and body, byte for byte, until the server ends the connection."""
    port = int(base.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: emulator\r\nAuthorization: Bearer x\r\n\r\n".encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return head.lower(), body


def walk(call: Caller, name: str, top: int, retries: int = 60) -> list[list[str]]:
    """A bare loop: pages of ids; asks again after what is no page, and starts again after an expired token."""
    first = f"$filter={quote(ALL)}&$top={top}"
    pages: list[list[str]] = []
    query: str | None = first
    while query:
        try:
            response = call(name, query)
            body = response.json() if response.status_code == 200 else None
        except (httpx.TransportError, ValueError):
            response, body = None, None
        if response is not None and response.status_code in (400, 422):
            query = first
        elif body is None:
            retries -= 1
            assert retries
        else:
            pages.append([job["id"] for job in body["jobs"]])
            query = next_query(body)
    return pages


def flat(pages: list[list[str]]) -> list[str]:
    return list(chain.from_iterable(pages))


def next_query(body: Any) -> str | None:
    href = ((body.get("_links") or {}).get("next") or {}).get("href")
    if href is None:
        return None
    return re.sub(r"(?<=continuationToken=).*", lambda token: quote(unquote(token[0])), href.partition("?")[2])


def statuses(faults: Faults, count: int) -> list[int | None]:
    emulator = Emulator(FEW, faults=faults)
    with calling(emulator) as call:
        for _ in range(count):
            try:
                call.raw(TARGET, authorization="Bearer x")
            except httpx.TransportError:
                continue
    return [exchange.status for exchange in emulator.requests]


class TestFaults:
    def test_off_by_default(self) -> None:
        assert str(Faults()) == ""
        assert set(statuses(Faults(), 20)) == {200}

    @pytest.mark.parametrize(
        ("text", "faults"),
        [
            ("reset=0.1", Faults(reset=0.1)),
            (" reset = .5 , burst=3,latency=2", Faults(reset=0.5, burst=3, latency=2)),
            ("all", Faults.all()),
            ("all,latency=0,expirations=0", Faults.parse("latency=0,all,expirations=0")),
        ],
    )
    def test_parse(self, text: str, faults: Faults) -> None:
        assert Faults.parse(text) == faults
        assert Faults.parse(text, 7).seed == 7

    def test_all_is_all_but_what_no_client_survives(self) -> None:
        faults = Faults.all(3)
        assert faults.seed == 3
        assert [word for word in Faults.words() if not getattr(faults, word)] == ["retry_after", "foreign", "loop"]
        assert max(faults.rate_limit, faults.server_error, faults.reset, faults.cut) < 0.03

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "resett=0.1",
                "unknown fault 'resett'; known are all, latency, rate_limit, burst, retry_after, server_error, reset, "
                "cut, access_expired, continuation_expired, expirations, shift, added, short, empty, foreign, loop",
            ),
            ("reset", "fault 'reset' needs a number, as in reset=0.1"),
            ("all,added", "fault 'added' needs a number, as in added=1"),
            ("reset=0.1,cut=0,reset=0.1", "fault 'reset' is given twice"),
            ("reset=often", "reset must be a number, not 'often'"),
            ("burst=0.5", "burst must be a whole number, not '0.5'"),
            ("cut=1.5", "cut must be a probability from 0 to 1, not 1.5"),
            ("cut=nan", "cut must be a probability from 0 to 1, not nan"),
            ("latency=-1", "latency must be 0 or a positive finite number, not -1"),
            ("latency=inf", "latency must be 0 or a positive finite number, not inf"),
        ],
    )
    def test_what_parse_refuses(self, text: str, message: str) -> None:
        with pytest.raises(ValueError, match=re.escape(message)) as raised:
            Faults.parse(text)
        assert str(raised.value) == message

    @pytest.mark.parametrize("text", ["", "all,", "seed=1"])
    def test_what_is_no_word(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"^unknown fault '(seed)?'; known are all, latency, "):
            Faults.parse(text)

    @given(
        st.builds(
            Faults,
            reset=st.sampled_from([0.001, 0.25, 1.0]),
            latency=st.sampled_from([0.0, 0.05, 3.0]),
            burst=st.integers(0, 9),
            added=st.integers(0, 500),
            loop=st.sampled_from([0.0, 0.5]),
            seed=st.integers(0, 99),
        )
    )
    def test_text_and_back(self, faults: Faults) -> None:
        assert Faults.parse(str(faults), faults.seed) == faults


class TestDecisions:
    def test_one_seed_one_sequence(self) -> None:
        faults = Faults(reset=0.2, rate_limit=0.1, server_error=0.2, cut=0.2, seed=4)
        first = statuses(faults, 80)
        assert first == statuses(faults, 80)
        assert {None, 200, 429, 503} <= set(first)
        assert first != statuses(Faults.parse(str(faults), seed=5), 80)

    def test_no_fault_moves_another(self) -> None:
        one, both = (statuses(Faults(reset=0.3, server_error=rate, seed=1), 60) for rate in (0.0, 1.0))
        assert [status is None for status in one] == [status is None for status in both]

    def test_what_was_asked_is_told(self) -> None:
        emulator = Emulator(FEW, faults=Faults(server_error=1.0))
        with calling(emulator) as call:
            call.raw("/nowhere?a=b")
            failed = call.raw(TARGET).status_code
        told = [(e.service, e.method, e.path, e.query, e.status, e.fault) for e in emulator.requests]
        path, _, query = TARGET.partition("?")
        assert told == [
            (None, "GET", "/nowhere", "a=b", 404, None),
            ("modeling-v1", "GET", path, query, failed, "server_error"),
        ]


class TestInsteadOfAnAnswer:
    def test_a_reset_is_one(self) -> None:
        emulator = Emulator(FEW, faults=Faults(reset=1.0))
        with emulator.running() as base:
            for _ in range(3):
                with pytest.raises(ConnectionResetError):
                    raw_answer(base)
            with closing(http.client.HTTPConnection(base.removeprefix("http://"), timeout=20)) as connection:
                connection.request("GET", "/")
                assert connection.getresponse().read()
                connection.request("GET", TARGET)
                with pytest.raises(ConnectionResetError):
                    connection.getresponse()
        assert [(e.status, e.fault) for e in emulator.requests if e.service] == [(None, "reset")] * 4

    def test_a_burst_of_429_and_its_retry_after(self) -> None:
        emulator = Emulator(FEW, faults=Faults(rate_limit=1.0, retry_after=90), now=lambda: 784111777.5)
        with calling(emulator) as call:
            answers = [call.raw(TARGET) for _ in range(4)]
        message = "The client sent more requests than allowed by this API for the current tier of the client."
        body = {"error": {"code": "RateLimitExceeded", "message": message}}
        assert [answer(a) for a in answers] == [(429, body)] * 4
        date = "Sun, 06 Nov 1994 08:51:07 GMT"
        assert [a.headers["retry-after"] for a in answers] == ["90", date, "90", date]

    def test_429_come_in_bursts(self) -> None:
        seen = statuses(Faults(rate_limit=0.02, burst=5, seed=0), 600)
        runs = [len(list(run)) for status, run in groupby(seen) if status == 429]
        assert set(runs) == {1, 2, 3, 4, 5}
        assert statuses(Faults(rate_limit=1.0, burst=0), 3) == [429] * 3

    def test_server_errors_of_every_kind(self) -> None:
        kinds = set()
        with calling(Emulator(FEW, faults=Faults(server_error=1.0, seed=1))) as call:
            for _ in range(80):
                response = call.raw(TARGET)
                if not response.content:
                    kinds.add((response.status_code, "empty"))
                elif response.headers["content-type"] == "application/json":
                    assert set(response.json()["error"]) == {"code", "message"}
                    kinds.add((response.status_code, "json"))
                else:
                    assert response.headers["content-type"] == "text/html; charset=utf-8"
                    assert response.text.startswith("<!DOCTYPE html>")
                    kinds.add((response.status_code, "html"))
        assert kinds == {(status, kind) for status in (500, 502, 503, 504) for kind in ("empty", "json", "html")}

    def test_other_addresses_are_spared(self) -> None:
        with calling(Emulator(FEW, faults=Faults(reset=1.0))) as call:
            assert call.raw("/").status_code == 404
            assert call.http.post(f"{call.base}/connect/token", data=FORM).status_code == 200


class TestBrokenOff:
    def test_the_three_forms_on_the_wire(self) -> None:
        with running(FEW) as base, httpx.Client(trust_env=False) as plain:
            whole = plain.get(base + TARGET, headers={"authorization": "Bearer x"}).content
        # Of another port, so that links differ in a few bytes; the records come before them.
        seen: Counter[str] = Counter()
        with running(FEW, faults=Faults(cut=1.0)) as base:
            for _ in range(40):
                head, body = raw_answer(base)
                assert head.startswith(b"http/1.1 200 ok\r\n")
                assert b"\r\ncontent-type: application/json\r\n" in head
                if length := re.search(rb"\r\ncontent-length: (\d+)", head):
                    form, content = "content-length", body
                    assert 0 < len(body) < int(length[1])
                elif b"\r\ntransfer-encoding: chunked" in head:
                    size, _, rest = body.partition(b"\r\n")
                    form, content = "chunked", rest.removesuffix(b"\r\n")
                    assert len(content) == int(size, 16)
                else:
                    form, content = "close", body
                    assert b"\r\nconnection: close" in head
                assert whole.startswith(content[: len(whole) - 400])
                with pytest.raises(json.JSONDecodeError):
                    json.loads(content)
                seen[form] += 1
        assert set(seen) == {"content-length", "chunked", "close"}

    def test_a_client_sees_it(self) -> None:
        outcomes: Counter[type[Exception]] = Counter()
        with calling(Emulator(FEW, faults=Faults(cut=1.0))) as call:
            for _ in range(20):
                try:
                    call.raw(TARGET, authorization="Bearer x").json()
                except (httpx.RemoteProtocolError, json.JSONDecodeError, UnicodeDecodeError) as error:
                    outcomes[type(error)] += 1
        assert outcomes.total() == 20
        assert {httpx.RemoteProtocolError, json.JSONDecodeError} <= set(outcomes)


class TestLatency:
    def test_waiting_blocks_nobody_and_ends_with_the_connection(self) -> None:
        """Four requests that wait for up to an hour each are in the house at once."""
        emulator = Emulator(FEW, faults=Faults(latency=3600.0))
        tick = threading.Event()
        with emulator.running() as base:
            port = int(base.rpartition(":")[2])
            connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
            for connection in connections:
                connection.sendall(f"GET {TARGET} HTTP/1.1\r\nHost: emulator\r\n\r\n".encode())
            while emulator.in_flight < 4:
                tick.wait(0.01)
            for connection in connections:
                connection.close()
            while emulator.in_flight:
                tick.wait(0.01)
        assert emulator.most_in_flight == 4


class TestPages:
    @pytest.mark.parametrize("name", NAMES)
    def test_expired_continuation_tokens(self, name: str) -> None:
        with calling(Emulator(JOBS, faults=Faults(continuation_expired=1.0))) as call:
            first = f"$filter={quote(ALL)}&$top=2"
            stale = next_query(call(name, first).json())
            assert stale is not None
            message = "The continuationToken query parameter has expired."
            assert answer(call(name, stale)) == bad_request(name, "continuationToken", message)
            assert answer(call(name, stale)) == bad_request(name, "continuationToken", message)
            fresh = next_query(call(name, first).json())
            assert fresh is not None
            assert call(name, fresh).status_code == 200  # once for each list, unless `expirations` says more
            assert call(name, stale).status_code == bad_request(name, "", "")[0]

    def test_foreign_next_links(self) -> None:
        with calling(Emulator(JOBS, faults=Faults(foreign=1.0))) as call:
            authority = call.base.removeprefix("http://")
            bodies = [call("modeling-v1", {"$filter": ALL, "$top": "1"}).json() for _ in range(40)]
        addresses = {body["_links"]["next"]["href"].partition("/contextcapture/jobs?")[0] for body in bodies}
        assert addresses == {
            "http://jobs.invalid",
            f"http://{authority}@jobs.invalid",
            f"https://{authority}",
            "//jobs.invalid",
        }

    def test_looping_next_links(self) -> None:
        with calling(Emulator(JOBS, faults=Faults(loop=1.0))) as call:
            second = next_query(call("conversion-v2", {"$filter": ALL, "$top": "2"}).json())
            assert second is not None
            assert next_query(call("conversion-v2", second).json()) == second

    def test_shift_repeats_jobs(self) -> None:
        with calling(Emulator(JOBS)) as call:
            straight = walk(call, "modeling-v2", 5)
        with calling(Emulator(JOBS, faults=Faults(shift=1.0, seed=1))) as call:
            shifted = walk(call, "modeling-v2", 5)
        assert sum(map(len, shifted)) > sum(map(len, straight))
        assert all(len(page) == 5 for page in shifted[:-1])
        assert list(dict.fromkeys(flat(shifted))) == flat(straight)

    def test_short_and_empty_pages(self) -> None:
        with calling(Emulator(JOBS)) as call:
            everything = flat(walk(call, "modeling-v2", 1000))
        with calling(Emulator(JOBS, faults=Faults(short=0.5, empty=0.5, seed=1))) as call:
            pages = walk(call, "modeling-v2", 4)
        assert {len(page) for page in pages} == {0, 1, 2, 3, 4}
        assert flat(pages) == everything

    @pytest.mark.parametrize("name", NAMES)
    def test_added_jobs_appear_in_front(self, name: str) -> None:
        emulator = Emulator(JOBS, faults=Faults(added=3))
        with calling(emulator) as call:
            during, afterwards = (flat(walk(call, name, 2)) for _ in range(2))
        added = [str(job.raw["id"]) for job in emulator.added if job.service == name]
        assert len(added) == 3
        assert afterwards[:3] == added
        # Each of the three moved the list on by one, and a page of two starts with what the last one ended with.
        assert during[:8] == [afterwards[i] for i in (3, 4, 4, 5, 5, 6, 6, 7)]
        assert set(during) == set(afterwards[3:])

    @settings(max_examples=25)
    @given(
        st.builds(
            Faults,
            shift=st.floats(0, 1),
            short=st.floats(0, 1),
            empty=st.floats(0, 0.5),
            added=st.integers(0, 30),
            reset=st.floats(0, 0.1),
            cut=st.floats(0, 0.1),
            rate_limit=st.floats(0, 0.1),
            server_error=st.floats(0, 0.1),
            continuation_expired=st.floats(0, 0.3),
            expirations=st.integers(0, 3),
            seed=st.integers(0, 1000),
        ),
        st.integers(1, 9),
        st.sampled_from(services.DEFAULT),
    )
    def test_whatever_goes_wrong_no_job_is_skipped(self, faults: Faults, top: int, name: str) -> None:
        emulator = Emulator(FEW, faults=faults)
        with calling(emulator) as call:
            seen = flat(walk(call, name, top, retries=10_000))
        own = {str(job.raw["id"]) for job in FEW if job.service == name and job.email == USER}
        assert own
        assert own <= set(seen) <= own | {str(job.raw["id"]) for job in emulator.added}
        pages = [e for e in emulator.requests if e.status == 200 and e.fault is None]
        tokens = [token for e in pages if (token := e.query.partition("continuationToken=")[2])]
        assert len(tokens) == len(set(tokens))


class TestTokens:
    def ask(self, call: Caller, form: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        return call.http.post(f"{call.base}/connect/token", data=FORM if form is None else form, **more)

    def test_a_token_is_issued(self) -> None:
        emulator = Emulator(FEW, clients={"me": "s&c:r t"}, token_lifetime=60)
        with calling(emulator) as call:
            by_form = self.ask(call)
            nameless = {key: FORM[key] for key in ("grant_type", "scope")}
            by_header = self.ask(call, nameless, auth=httpx.BasicAuth("me", quote("s&c:r t")))
            for response in (by_form, by_header):
                token = response.json()["access_token"]
                issued = {"access_token": token, "token_type": "Bearer", "expires_in": 60, "scope": "itwin-platform"}
                assert answer(response) == (200, issued)
                assert response.headers["cache-control"] == "no-store"
                assert call.raw(TARGET, authorization=f"Bearer {token}").status_code == 200
            assert emulator.token_requests == 2
            assert emulator.issued == (by_form.json()["access_token"], by_header.json()["access_token"])
            assert len(set(emulator.issued)) == 2

    @pytest.mark.parametrize(
        ("change", "status", "code", "description"),
        [
            (
                {"client_secret": "no"},
                401,
                "invalid_client",
                "client_id and client_secret are not those of a known client",
            ),
            (
                {"client_id": "you"},
                401,
                "invalid_client",
                "client_id and client_secret are not those of a known client",
            ),
            ({"client_id": None}, 401, "invalid_client", "client_id and client_secret are not those of a known client"),
            ({"grant_type": None}, 400, "invalid_request", "grant_type is missing"),
            ({"grant_type": "password"}, 400, "unsupported_grant_type", "grant_type must be client_credentials"),
            ({"scope": None}, 400, "invalid_scope", "scope must be itwin-platform"),
            ({"scope": "i t w i n"}, 400, "invalid_scope", "scope must be itwin-platform"),
            ({"scope": ["itwin-platform"] * 2}, 400, "invalid_request", "a parameter is given twice"),
        ],
    )
    def test_what_is_refused(self, change: dict[str, Any], status: int, code: str, description: str) -> None:
        emulator = Emulator(FEW, clients={"me": "s&c:r t"})
        with calling(emulator) as call:
            response = self.ask(call, {key: value for key, value in (FORM | change).items() if value is not None})
        assert answer(response) == (status, {"error": code, "error_description": description})
        assert "www-authenticate" not in response.headers
        assert emulator.token_requests == 1
        assert emulator.issued == ()

    @pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic bWU=", "Basic bWU6bm8=", "Bearer x"])
    def test_a_wrong_header_is_challenged(self, header: str) -> None:
        form = {key: FORM[key] for key in ("grant_type", "scope")}
        with calling(Emulator(FEW, clients={"me": "yes"})) as call:
            response = self.ask(call, form, headers={"authorization": header})
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
        assert response.headers["www-authenticate"] == 'Basic realm="token"'

    def test_other_wrong_requests(self) -> None:
        with calling(Emulator(FEW)) as call:
            twice = self.ask(call, auth=httpx.BasicAuth("me", "x"))
            assert answer(twice) == (
                400,
                {
                    "error": "invalid_request",
                    "error_description": "the client authenticates twice: by its header and in the form",
                },
            )
            no_form = call.http.post(f"{call.base}/connect/token", json=FORM)
            wanted = "the body must be application/x-www-form-urlencoded"
            assert answer(no_form) == (400, {"error": "invalid_request", "error_description": wanted})
            assert call.raw("/connect/token").status_code == 404

    def test_an_issued_token_stands_for_its_client_and_expires(self) -> None:
        clock = [1000.0]
        with calling(Emulator(JOBS, token_lifetime=60, now=lambda: clock[0])) as call:
            pilot = "pilot-1@example.com"
            token = self.ask(call, FORM | {"client_id": pilot}).json()["access_token"]
            clock[0] = 1059.9
            assert call.ids("modeling-v2", ALL, token) == call.ids("modeling-v2", ALL, pilot) != []
            clock[0] = 1060.0
            assert answer(call("modeling-v2", {"$filter": ALL}, token)) == (401, BAD_TOKEN)

    def test_tokens_of_other_making(self) -> None:
        for required, status in ((False, 200), (True, 401)):
            with calling(Emulator(FEW, require_issued=required)) as call:
                token = self.ask(call).json()["access_token"]
                assert call("modeling-v1", {"$filter": ALL}, "any").status_code == status
                assert call("modeling-v1", {"$filter": ALL}, token).status_code == 200

    def test_revoking(self) -> None:
        emulator = Emulator(FEW)
        with calling(emulator) as call:
            one, two = (self.ask(call).json()["access_token"] for _ in range(2))
            emulator.revoke(one, "any")
            tokens = (one, two, "any", "other")
            assert [call("modeling-v1", {"$filter": ALL}, t).status_code for t in tokens] == [401, 200, 401, 200]
            emulator.revoke()
            three = self.ask(call).json()["access_token"]
            assert [call("modeling-v1", {"$filter": ALL}, t).status_code for t in (two, three)] == [401, 200]

    def test_a_token_expires_by_chance_but_never_a_fresh_or_foreign_one(self) -> None:
        with calling(Emulator(FEW, faults=Faults(access_expired=1.0))) as call:
            for _ in range(2):
                token = self.ask(call).json()["access_token"]
                answers = [call("modeling-v1", {"$filter": ALL}, token) for _ in range(22)]
                assert [a.status_code for a in answers] == [200] * 20 + [401] * 2
                assert answers[-1].json() == answers[-2].json() == BAD_TOKEN
            assert {call("modeling-v1", {"$filter": ALL}, "any").status_code for _ in range(30)} == {200}


class TestCommand:
    def test_help_lists_every_word(self) -> None:
        shown = run("emulator", "--help").out
        assert all(f"  {word:<20}  {meaning}\n" in shown for word, meaning in Faults.words().items())

    def test_a_wrong_word(self) -> None:
        message = "Invalid value for '--faults': fault 'reset' needs a number, as in reset=0.1"
        ended = run("emulator", "--faults", "reset")
        assert (ended.code, ended.out, ended.err) == (2, "", usage("emulator", "", message))

    def test_what_goes_wrong_is_said(self) -> None:
        command = [
            *PROGRAM,
            "emulator",
            "--jobs",
            "20",
            "--port",
            "0",
            "--faults",
            "server_error=1",
            "--fault-seed",
            "7",
        ]
        with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment(), text=True) as program:
            assert program.stderr is not None
            first, _, third = (program.stderr.readline() for _ in range(3))
            assert third == "faults, by seed 7: server_error=1\n"
            base = re.search(r"http://127\.0\.0\.1:\d+", first)
            assert base is not None
            assert httpx.get(base[0] + TARGET, trust_env=False).status_code >= 500
            program.send_signal(signal.SIGINT)
            assert program.wait(60) == 0
