"""Request lines that are too long for a server: the list in them is halved until they fit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from reality_jobs import F, Filter, Job, services
from reality_jobs.errors import ServiceError
from tests.contract.both import V1, Make, client, each, jobs, take
from tests.contract.fake_clock import FakeClock

pytest.importorskip("uvicorn")
from reality_jobs.emulator.app import App
from reality_jobs.emulator.generate import generate

API = "https://api.example"
JOBS = generate(300, seed=5)
USER, _ = Counter(job.user_id for job in JOBS).most_common(1)[0]
IDS = [str(job.raw["id"]) for job in JOBS]
OWN = [Job(job.service, job.raw) for job in JOBS if job.user_id == USER]
ALL = tuple(services.ALL)


class Narrow(httpx.ASGITransport):
    """The emulator behind a gateway that answers `status` to request lines of more than `limit` bytes."""

    def __init__(self, limit: int, status: int = 414) -> None:
        super().__init__(App(JOBS, max_request_line=100_000))
        self.refused: list[str] = []
        self.taken: list[str] = []
        self._limit = limit
        self._status = status

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        line = f"GET {request.url.raw_path.decode()} HTTP/1.1"
        if len(line) > self._limit:
            self.refused.append(line)
            body = {"error": {"code": "TooLong", "message": "the request is too long"}}
            return httpx.Response(self._status, content=json.dumps(body))
        self.taken.append(line)
        return await super().handle_async_request(request)


def walk(make: Make, transport: Narrow, f: Filter | None, names: Sequence[str] = ALL, **call: Any) -> list[Job]:
    clock = FakeClock()
    c = client(make, API, USER, transport=transport, retries=4, clock=clock.clock)
    found = jobs(c, f, services=names, **call)
    assert clock.slept == []
    return found


def expected(f: Filter, names: Sequence[str] = ALL) -> list[str]:
    """By the predicate, of the caller's own jobs."""
    return sorted(str(job) for job in OWN if job.service in names and f.matches(job))


def refusal(make: Make, transport: Narrow, f: Filter | None, names: Sequence[str] = ALL, **call: Any) -> ServiceError:
    with pytest.raises(ServiceError) as raised:
        walk(make, transport, f, names, **call)
    return raised.value


@each
class TestHalved:
    @pytest.mark.parametrize(("limit", "status"), [(300, 414), (600, 413), (1500, 414)])
    @pytest.mark.parametrize("page_size", [2, 100])
    def test_every_job_once(self, make: Make, status: int, limit: int, page_size: int) -> None:
        f = F.id.in_(IDS[:120]) & (F.state != "Active")
        transport = Narrow(limit, status)
        found = walk(make, transport, f, page_size=page_size)
        assert sorted(map(str, found)) == expected(f)
        assert len(found) > 20
        assert transport.refused
        # Halving costs no more refusals than there are halves.
        assert len(transport.refused) < len(transport.taken)

    def test_a_short_enough_request_is_sent_once(self, make: Make) -> None:
        transport = Narrow(2048)
        f = F.id.in_(IDS)
        assert sorted(map(str, walk(make, transport, f))) == expected(f)
        assert transport.refused == []
        assert len(transport.taken) == len(set(transport.taken))

    def test_only_the_next_links_are_too_long(self, make: Make) -> None:
        """What came before comes again with the halves, and comes out once."""
        f = F.id.in_([job.id for job in OWN if job.service == "modeling-v1"])
        transport = Narrow(4096)
        whole = walk(make, transport, f, V1, page_size=1)
        longest = max(len(line) for line in transport.taken if "continuationToken" not in line)
        transport = Narrow(longest)
        assert sorted(map(str, walk(make, transport, f, V1, page_size=1))) == sorted(map(str, whole))
        assert transport.refused
        assert all("continuationToken" in line for line in transport.refused)

    def test_in_the_order_of_the_plan(self, make: Make) -> None:
        f = F.id.in_(IDS)
        names = ("modeling-v2", "modeling-v1")
        first, second = (
            list(map(str, walk(make, Narrow(400), f, names, order="service", page_size=3))) for _ in range(2)
        )
        assert first == second
        assert sorted(first, key=lambda name: not name.startswith("modeling-v2")) == first

    def test_without_a_list_the_longest_condition_is_decided_here(self, make: Make) -> None:
        name = next(str(job.name) for job in OWN if job.name)
        f = (F.name != "x" * 300) & (F.name == name)
        transport = Narrow(300)
        found = walk(make, transport, f)
        assert found
        assert sorted(map(str, found)) == expected(f)
        assert all("x" * 300 in line for line in transport.refused)

    def test_what_no_request_can_ask_is_decided_here(self, make: Make) -> None:
        name = next(str(job.name) for job in OWN if job.name)
        f = F.name.in_([*(f"{n}" * 300 for n in range(8)), name])
        transport = Narrow(300)
        assert sorted(map(str, walk(make, transport, f, V1))) == expected(f, V1)

    def test_all_services_know_how(self, make: Make) -> None:
        f = F.id.in_(IDS[:60]) | F.name.in_(["a", "b"])
        for name in ALL:
            transport = Narrow(300)
            assert sorted(map(str, walk(make, transport, f, (name,)))) == expected(f, (name,))
            assert transport.refused


@each
class TestHopeless:
    @pytest.mark.parametrize("status", [413, 414])
    def test_a_server_that_finds_everything_too_long(self, make: Make, status: int) -> None:
        transport = Narrow(0, status)
        error = refusal(make, transport, F.id.in_(IDS), V1)
        assert (error.status, str(error)) == (status, f"modeling-v1: the request is too long ({status} TooLong)")
        assert len(transport.refused) < 50

    @pytest.mark.parametrize("f", [None, F.email == "ada@example.com"])
    def test_nothing_to_cut(self, make: Make, f: Filter | None) -> None:
        transport = Narrow(0)
        # Records of this service hold no e-mail address, so they cannot decide.
        assert refusal(make, transport, f, ["modeling-v2"]).status == 414
        assert len(transport.refused) == 1

    def test_one_condition(self, make: Make) -> None:
        transport = Narrow(0)
        assert refusal(make, transport, F.state == "Success", V1).status == 414
        assert len(transport.refused) == 1

    def test_what_came_before_came_out(self, make: Make) -> None:
        """The first service answers, the second one never."""

        class Half(Narrow):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                self._limit = 0 if request.url.path.startswith("/reality-") else 4096
                return await super().handle_async_request(request)

        out: list[Job] = []
        c = client(make, API, USER, transport=Half(4096))
        with pytest.raises(ServiceError):
            take(c, out.append, F.id.in_(IDS), services=("modeling-v1", "modeling-v2"), order="service")
        assert sorted(map(str, out)) == expected(F.id.in_(IDS), V1)

    def test_an_address_that_nothing_can_send(self, make: Make) -> None:
        transport = Narrow(100_000)
        with pytest.raises(ServiceError) as raised:
            walk(make, transport, F.id.in_(IDS) | F.name.in_([f"n{n}" * 30 for n in range(900)]), V1, max_url=10**6)
        assert str(raised.value).startswith("modeling-v1: the filter makes an address of ")
        assert str(raised.value).endswith(" characters; at most 60,000 can be sent")
        assert transport.taken == []
