"""20,000 jobs a service, under all faults that a client can survive: every job exactly once, and little memory."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Unpack
from uuid import UUID

import httpx
import pytest
from attrs import evolve

from reality_jobs import Job, services
from reality_jobs.client import AsyncClient, Client, ClientCredentials, PageEvent
from reality_jobs.client.steps import Call
from tests.contract.both import V1, Make, client, each, run
from tests.contract.fake_clock import FakeClock

pytest.importorskip("uvicorn")
from reality_jobs.emulator.faults import Faults
from reality_jobs.emulator.generate import StoredJob, generate
from reality_jobs.emulator.serve import Emulator

COUNT = 20_000
SECRET = "open sesame 0123"  # noqa: S105


@pytest.fixture(scope="module")
def stored() -> list[StoredJob]:
    """That many jobs of each of the three services, all of one user: some hundred real ones, again and again."""
    models = [job for job in generate(1_500, seed=2) if job.service in services.DEFAULT]
    found = []
    for name in services.DEFAULT:
        mine = [job for job in models if job.service == name]
        for number in range(COUNT):
            model = mine[number % len(mine)]
            raw = dict(model.raw) | {"id": str(UUID(int=number * 2**64 + 1))}
            found.append(evolve(model, raw=raw, user_id="ada", email="ada@example.com"))
    return found


def walk(c: Client | AsyncClient, work: Callable[[Job], object], **call: Unpack[Call]) -> None:
    """Each job to `work`, on the loop itself: a thread for each of them would take longer than all the rest."""
    if isinstance(c, Client):
        with c:
            for job in c.jobs(**call):
                work(job)
        return

    async def awaited() -> None:
        async with c:
            async for job in c.jobs(**call):
                work(job)

    run(awaited())


@each
def test_every_job_once_under_all_faults(make: Make, stored: list[StoredJob]) -> None:
    clock = FakeClock(random=0.5)
    faults = evolve(Faults.all(seed=1), latency=0)
    emulator = Emulator(
        stored, faults=faults, clients={"me": SECRET}, require_issued=True, now=lambda: clock.now().timestamp()
    )
    with emulator.running() as url:
        credentials = ClientCredentials("me", SECRET, f"{url}/connect/token")
        c = client(make, url, credentials, retries=8, deadline=None, on_mismatch="raise", clock=clock.clock)
        out: Counter[str] = Counter()
        walk(c, lambda job: out.update([str(job)]), page_size=100)
    added = {f"{job.service}/{job.raw['id']}" for job in emulator.added}
    assert set(out.values()) == {1}
    assert set(out) - added == {f"{job.service}/{job.raw['id']}" for job in stored}
    met = {exchange.fault for exchange in emulator.requests}
    assert met == {None, "reset", "rate_limit", "server_error", "cut", "access_expired", "continuation_expired"}
    assert added


def in_pages(count: int, size: int, weight: int) -> httpx.MockTransport:
    """So many jobs in pages that overlap, all made beforehand; each record has a name of so many bytes."""
    name = "x" * weight
    records = [b'{"id": "%b", "name": "%b"}' % (str(UUID(int=n << 64)).encode(), name.encode()) for n in range(count)]
    bodies = {}
    for start in range(0, count, size):
        link = f"/contextcapture/jobs?$filter=x&continuationToken={start + size}"
        more = b', "_links": {"next": {"href": "%b"}}' % link.encode() if start + size < count else b""
        jobs_text = b", ".join(records[max(0, start - 5) : start + size])
        bodies[start] = b'{"jobs": [%b]%b}' % (jobs_text, more)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=bodies[int(request.url.params.get("continuationToken", "0"))])

    return httpx.MockTransport(answer)


def held(make: Make, count: int, weight: int = 50, size: int = 100) -> int:
    """Bytes that a walk holds on to when its last page is on its way."""
    transport = in_pages(count, size, weight)
    left = count // size - 1
    found: list[int] = []

    def look(event: PageEvent) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            found.append(tracemalloc.get_traced_memory()[0])

    c = client(make, "https://api.example", transport=transport, on_page=look)
    tracemalloc.start()
    try:
        walk(c, lambda job: None, services=V1)
    finally:
        tracemalloc.stop()
    (bytes_held,) = found
    return bytes_held


@each
def test_what_is_kept_of_a_job_that_came_out_is_its_id(make: Make) -> None:
    some = held(make, 2_000)
    # 160 bytes right after the set has grown, as here; about 100 for most other counts.
    assert held(make, COUNT) - some < 160 * COUNT
    # A page and the next one, as text and decoded.
    assert held(make, 2_000, weight=5_000) - some < 4 * 100 * 5_000
