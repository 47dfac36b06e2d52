"""What a service returns though its own record says otherwise: told, left out, refused or not looked at."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from reality_jobs import F
from reality_jobs.errors import ServiceError
from tests.contract.both import V1, Make, client, each, jobs, pages

API = "https://api.example"
GOOD = {"id": "good", "state": "success"}
BAD = {"id": "bad", "state": "failed"}
SUCCESS = F.state == "Success"
SAID = "modeling-v1: returned modeling-v1/bad for $filter='state eq 'success'', but its own record says otherwise"
ITWIN = "dc720f05-e5f7-448b-ae06-765de46f0af1"


def returning(*records: object, **headers: str) -> httpx.MockTransport:
    """A service that answers whatever it is asked with these records."""
    return httpx.MockTransport(lambda request: httpx.Response(200, json={"jobs": records}, headers=headers))


def asked(make: Make, mode: str | None, transport: httpx.MockTransport, f: Any = SUCCESS, **call: Any) -> list[Any]:
    """The ids that come out; without a mode the client is left to its own ways."""
    options = {} if mode is None else {"on_mismatch": mode}
    c = client(make, API, transport=transport, **options)
    return [job.raw.get("id") for job in jobs(c, f, **{"services": V1} | call)]


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The warnings so far; there is no louder word."""

    def warnings() -> list[str]:
        loud = [record for record in caplog.records if record.levelno > logging.INFO]
        assert {(record.name, record.levelno) for record in loud} <= {("reality_jobs.client", logging.WARNING)}
        return [record.getMessage() for record in loud]

    return warnings


Said = Callable[[], list[str]]


@each
class TestModes:
    @pytest.mark.parametrize("mode", ["warn", None])
    def test_warn(self, make: Make, mode: str | None, said: Said) -> None:
        assert asked(make, mode, returning(GOOD, BAD)) == ["good", "bad"]
        assert said() == [SAID]

    def test_drop(self, make: Make, said: Said) -> None:
        assert asked(make, "drop", returning(BAD, GOOD)) == ["good"]
        assert said() == [SAID]

    def test_raise(self, make: Make, said: Said) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if "continuationToken" in str(request.url):
                return httpx.Response(
                    200, json={"jobs": [GOOD | {"id": "late"}, BAD]}, headers={"X-Correlation-Id": "7"}
                )
            link = {"next": {"href": f"{request.url.path}?continuationToken=1"}}
            return httpx.Response(200, json={"jobs": [GOOD], "_links": link})

        out: list[Any] = []
        c = client(make, API, transport=httpx.MockTransport(answer), on_mismatch="raise", retries=4)
        with pytest.raises(ServiceError) as raised:
            pages(c, SUCCESS, lambda page: out.extend(job.id for job in page), services=V1)
        assert out == ["good"]
        assert str(raised.value) == (
            "modeling-v1: returned modeling-v1/bad for $filter='state eq 'success'', but its own record says otherwise "
            "(200)\n  correlation id 7"
        )
        assert said() == []

    def test_off(self, make: Make, said: Said) -> None:
        assert asked(make, "off", returning(GOOD, BAD)) == ["good", "bad"]
        assert said() == []

    @pytest.mark.parametrize("mode", ["WARN", "", None, True, "ignore"])
    def test_no_other(self, make: Make, mode: Any) -> None:
        with pytest.raises(ValueError, match="on_mismatch") as raised:
            make("token", on_mismatch=mode)
        assert str(raised.value) == f'on_mismatch must be "warn", "drop", "raise" or "off", not {mode!r}'


@each
class TestCounted:
    @pytest.mark.parametrize(("count", "last"), [(10, []), (11, [11]), (25, [25])])
    @pytest.mark.parametrize("mode", ["warn", "drop"])
    def test_ten_one_by_one_and_then_all(self, make: Make, mode: str, count: int, last: list[int], said: Said) -> None:
        records = [BAD | {"id": str(number)} for number in range(count)]
        assert len(asked(make, mode, returning(*records))) == (count if mode == "warn" else 0)
        lines = said()
        assert lines[:10] == [SAID.replace("bad", str(number)) for number in range(10)]
        assert lines[10:] == [f"modeling-v1: {n} such jobs in all for $filter='state eq 'success''" for n in last]

    def test_each_request_of_each_service_has_its_own(self, make: Make, said: Said) -> None:
        records = [BAD | {"id": str(number), "iTwinId": ITWIN} for number in range(12)]
        f = F.itwin_id.in_([ITWIN, ITWIN.replace("1", "2")]) & SUCCESS
        asked(make, "warn", returning(*records), f, services=["modeling-v1", "modeling-v2"])
        lines = said()
        assert len(lines) == 4 * 11
        assert sorted(line for line in lines if "in all" in line) == [
            f"{service}: 12 such jobs in all for $filter='iTwinId eq {itwin} and state eq '{success}''"
            for service, success in (("modeling-v1", "success"), ("modeling-v2", "Success"))
            for itwin in sorted([ITWIN, ITWIN.replace("1", "2")])
        ]

    def test_also_where_the_loop_is_left(self, make: Make, said: Said) -> None:
        class Enough(Exception):
            pass

        def enough(page: object) -> None:
            raise Enough

        records = [BAD | {"id": str(number)} for number in range(30)]
        c = client(make, API, transport=returning(*records))
        with pytest.raises(Enough):
            pages(c, SUCCESS, enough, services=V1)
        assert said()[10:] == ["modeling-v1: 30 such jobs in all for $filter='state eq 'success''"]

    def test_anew_for_each_loop(self, make: Make, said: Said) -> None:
        for _ in range(2):
            asked(make, "warn", returning(*[BAD] * 6))
        assert said() == [SAID] * 12


@each
class TestJudged:
    """What counts as a mismatch."""

    @pytest.mark.parametrize(
        ("f", "record"),
        [
            (SUCCESS, {"id": "a", "state": "SUCCESS"}),
            (F.state != "Failed", {"id": "a"}),
            (F.state.in_(["Success", "Active"]), {"id": "a", "state": "active"}),
            (F.itwin_id == ITWIN, {"id": "a", "iTwinId": ITWIN.upper()}),
            (
                F.created_date_time == "2026-01-01T00:00:00Z",
                {"id": "a", "createdDateTime": "2026-01-01T00:00:00.0000000+00:00"},
            ),
            (None, {"id": "a", "state": 7, "createdDateTime": "soon"}),
        ],
    )
    def test_none(self, make: Make, f: Any, record: dict[str, object], said: Said) -> None:
        assert asked(make, "raise", returning(record), f) == ["a"]
        assert said() == []

    @pytest.mark.parametrize(
        ("f", "text", "record"),
        [
            (SUCCESS, "state eq 'success'", {}),
            (F.name == "x", "name eq 'x'", {"name": "X"}),
            (F.state != "Failed", "state ne 'failed'", {"state": "failed"}),
            (F.itwin_id == ITWIN, f"iTwinId eq {ITWIN}", {"iTwinId": ITWIN.replace("1", "2")}),
            (F.email.in_(["x", "y"]), "email in ('x', 'y')", {"email": "z"}),
            (
                F.created_date_time >= "2026-01-01T00:00:00Z",
                "createdDateTime ge 2026-01-01T00:00:00Z",
                {"createdDateTime": "2025-12-31T23:59:59.9999999Z"},
            ),
        ],
    )
    def test_one(self, make: Make, f: Any, text: str, record: dict[str, object], said: Said) -> None:
        assert asked(make, "warn", returning({"id": "a"} | record), f) == ["a"]
        assert said() == [
            f"modeling-v1: returned modeling-v1/a for $filter='{text}', but its own record says otherwise"
        ]

    @pytest.mark.parametrize("mode", ["warn", "drop", "raise"])
    @pytest.mark.parametrize(
        ("f", "text", "record", "why"),
        [
            (
                F.created_date_time >= "2026-01-01T00:00:00Z",
                "createdDateTime ge 2026-01-01T00:00:00Z",
                {"createdDateTime": "soon"},
                "$.createdDateTime: not a date-time like 2024-06-24T13:00:00Z",
            ),
            (SUCCESS, "state eq 'success'", {"state": 7}, "$.state: expected text, found the number 7"),
        ],
    )
    def test_what_cannot_be_read_is_neither(
        self, make: Make, mode: str, f: Any, text: str, record: dict[str, object], why: str, said: Said
    ) -> None:
        assert asked(make, mode, returning({"id": "a"} | record), f) == ["a"]
        assert said() == [
            f"modeling-v1: returned modeling-v1/a for $filter='{text}', but whether that is right cannot be told: {why}"
        ]

    def test_what_cannot_be_read_and_is_not_looked_at(self, make: Make, said: Said) -> None:
        assert asked(make, "off", returning({"id": "a", "state": 7})) == ["a"]
        assert said() == []

    @pytest.mark.parametrize("f", [F.email == "ada@example.com", (F.email == "ada@example.com") | SUCCESS])
    def test_what_a_record_cannot_tell_is_the_services_word(self, make: Make, f: Any, said: Said) -> None:
        record = {"id": "a", "state": "Failed"}
        assert asked(make, "raise", returning(record), f, services=["modeling-v2"]) == ["a"]
        assert said() == []

    def test_beside_what_it_can_tell(self, make: Make, said: Said) -> None:
        f = (F.email == "ada@example.com") & SUCCESS
        records = {"id": "a", "state": "Failed"}, {"id": "b", "state": "Success"}
        assert asked(make, "drop", returning(*records), f, services=["modeling-v2"]) == ["b"]
        assert said() == [
            "modeling-v2: returned modeling-v2/a for $filter='email eq 'ada@example.com' and state eq 'Success'', but "
            "its own record says otherwise"
        ]

    def test_what_was_not_sent_is_no_mismatch(self, make: Make, said: Said) -> None:
        f = F.input_id == ITWIN
        assert asked(make, "raise", returning({"id": "a", "state": "Failed"}), f, services=["modeling-v2"]) == []
        assert said() == []

    def test_what_one_request_should_not_have_returned_may_be_right_of_another(self, make: Make, said: Said) -> None:
        f = (F.itwin_id == ITWIN) | SUCCESS
        assert asked(make, "drop", returning(GOOD), f) == ["good"]
        assert said() == [
            f"modeling-v1: returned modeling-v1/good for $filter='iTwinId eq {ITWIN}', but its own record says "
            "otherwise"
        ]


@each
class TestShown:
    def test_what_a_terminal_would_obey(self, make: Make, said: Said) -> None:
        asked(make, "warn", returning(BAD | {"id": "a\x1b[2J\r\nb"}))
        assert said() == [SAID.replace("/bad", "/a\\x1b[2J\\r\\nb")]

    def test_what_is_long_is_cut(self, make: Make, said: Said) -> None:
        asked(make, "warn", returning(BAD | {"id": "a" * 10_000}), F.state.in_(["Success", "x" * 700]))
        (line,) = said()
        assert len(line) < 900
        assert line.startswith(f"modeling-v1: returned modeling-v1/{'a' * 188} for $filter='state in (")

    @pytest.mark.parametrize("job_id", [None, 7, ["x"]])
    def test_an_id_that_is_none(self, make: Make, job_id: object, said: Said) -> None:
        assert len(asked(make, "warn", returning(BAD | {"id": job_id}))) == 1
        assert len(said()) == 1
