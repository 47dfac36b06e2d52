"""A client with a cache: what is covered and young is not asked for, and the answer is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reality_jobs import F, Filter, Job, services
from reality_jobs.cache import Cache
from reality_jobs.client import AsyncClient, Client
from reality_jobs.client.clock import Clock
from reality_jobs.sync import sync

pytest.importorskip("uvicorn")
pytest.importorskip("sqlglot")
from reality_jobs.emulator.generate import generate
from reality_jobs.emulator.serve import Emulator

JOBS = generate(300, seed=12)
ME = JOBS[0]
THEIRS = [job for job in JOBS if job.user_id != ME.user_id and job.service == "modeling-v2"]
ITWIN = str(THEIRS[0].raw["iTwinId"])
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache(tmp_path / "jobs.cache") as cache:
        yield cache


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(JOBS)


def fill(emulator: Emulator, cache: Cache, f: Filter | None, names: Iterable[str] = services.DEFAULT) -> None:
    with emulator.running() as url, Client(ME.user_id, base_url=url, retries=0) as client:
        sync(client, cache, f, now=lambda: NOW, services=names)


def listed(
    emulator: Emulator, cache: Cache | None, f: Filter | None, after: float = 60.0, **call: object
) -> tuple[list[str], int]:
    """What comes out so many seconds after the sync, and how many requests that took."""
    clock, before = Clock(now=lambda: NOW + timedelta(seconds=after)), len(emulator.requests)
    with (
        emulator.running() as url,
        Client(ME.user_id, base_url=url, retries=0, cache=cache, max_age=100, clock=clock) as client,
    ):
        found = sorted(f"{job} {job.state}" for job in client.jobs(f, **call))  # type: ignore[arg-type]
    return found, len(emulator.requests) - before


QUESTIONS = {
    "all of one's own": (None, None),
    "some of one's own": (None, F.state == "Success"),
    "some of what was synced": (F.created_date_time >= NOW - timedelta(days=4000), F.state == "Success"),
    "of an iTwin": (F.itwin_id == ITWIN, (F.itwin_id == ITWIN) & (F.state == "Success")),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_covered_is_not_asked_for(emulator: Emulator, cache: Cache, name: str) -> None:
    synced, asked = QUESTIONS[name]
    if name == "some of what was synced":
        assert asked is not None
        assert synced is not None
        asked = synced & asked
    fill(emulator, cache, synced)
    live, requests = listed(emulator, None, asked)
    assert live
    assert requests > 0
    assert listed(emulator, cache, asked) == (live, 0)


def test_what_is_old_is_asked_for(emulator: Emulator, cache: Cache) -> None:
    fill(emulator, cache, None)
    assert listed(emulator, cache, None, after=99) == (listed(emulator, None, None)[0], 0)
    assert listed(emulator, cache, None, after=101) == listed(emulator, None, None)


def test_what_was_synced_by_a_clock_ahead_is_asked_for(emulator: Emulator, cache: Cache) -> None:
    fill(emulator, cache, None)
    assert listed(emulator, cache, None, after=-1) == listed(emulator, None, None)


def test_a_service_with_an_odd_job_is_asked_where_it_matters(emulator: Emulator, cache: Cache) -> None:
    fill(emulator, cache, None)
    odd = next(job for job in JOBS if job.user_id == ME.user_id and job.service == "modeling-v2")
    cache.upsert([Job(odd.service, {**odd.raw, "name": 5})], own=True)
    assert listed(emulator, cache, F.name != "x") == (listed(emulator, None, F.name != "x")[0], 1)
    assert listed(emulator, cache, F.state != "x") == (listed(emulator, None, F.state != "x")[0], 0)


def test_the_other_services_are_asked(emulator: Emulator, cache: Cache) -> None:
    fill(emulator, cache, None, ["modeling-v1"])
    live, requests = listed(emulator, None, None)
    assert listed(emulator, cache, None) == (live, requests - 1)
    assert listed(emulator, cache, None, services=["modeling-v1"])[1] == 0


def test_jobs_of_others_are_told_apart(emulator: Emulator, cache: Cache) -> None:
    """They came for their iTwin, and a list of one's own does not return them."""
    fill(emulator, cache, F.itwin_id == ITWIN)
    assert listed(emulator, cache, F.state != "Exploded") == listed(emulator, None, F.state != "Exploded")
    fill(emulator, cache, None)
    assert cache.count(F.id == str(THEIRS[0].raw["id"])) == 1
    assert listed(emulator, cache, F.state != "Exploded") == (listed(emulator, None, F.state != "Exploded")[0], 0)
    both = (F.itwin_id == ITWIN) | (F.state == "Success")
    assert listed(emulator, cache, both) == listed(emulator, None, both)


def test_one_filter_for_both_sides(emulator: Emulator, cache: Cache) -> None:
    """Each job is one's own or not by the list that returned it."""
    fill(emulator, cache, (F.itwin_id == ITWIN) | (F.state == "Failed"))
    for asked in (F.state == "Failed", F.itwin_id == ITWIN):
        live, requests = listed(emulator, None, asked)
        assert requests > 0
        assert listed(emulator, cache, asked) == (live, 0)


def test_own_jobs_that_came_for_their_itwin(emulator: Emulator, cache: Cache) -> None:
    """Nobody knows that they are one's own: no list of those has returned them."""
    mine = next(job for job in JOBS if job.user_id == ME.user_id and job.service == "modeling-v2")
    itwin = str(mine.raw["iTwinId"])
    fill(emulator, cache, F.itwin_id == itwin)
    asked = (F.itwin_id >= itwin) & (F.itwin_id <= itwin)
    assert listed(emulator, cache, asked) == listed(emulator, None, asked)


def test_a_list_with_an_itwin_and_null(emulator: Emulator, cache: Cache) -> None:
    fill(emulator, cache, F.itwin_id.in_([ITWIN, None]))
    fill(emulator, cache, None)
    assert listed(emulator, cache, F.state != "Exploded") == (listed(emulator, None, F.state != "Exploded")[0], 0)


def test_pages_are_live(emulator: Emulator, cache: Cache) -> None:
    fill(emulator, cache, None)
    clock, before = Clock(now=lambda: NOW), len(emulator.requests)
    with emulator.running() as url, Client(ME.user_id, base_url=url, cache=cache, clock=clock) as client:
        assert len([*client.jobs().pages()]) == len(emulator.requests) - before == 3


def test_asyncio(emulator: Emulator, cache: Cache) -> None:
    fill(emulator, cache, None, ["modeling-v1", "conversion-v2"])
    expected, _ = listed(emulator, None, None)
    before = len(emulator.requests)

    async def go(url: str) -> list[str]:
        async with AsyncClient(ME.user_id, base_url=url, cache=cache, clock=Clock(now=lambda: NOW)) as client:
            return sorted([f"{job} {job.state}" async for job in client.jobs()])

    with emulator.running() as url:
        assert asyncio.run(go(url)) == expected
    assert len(emulator.requests) == before + 1


def test_options_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^max_age must be a positive number of seconds, not 0$"):
        Client("token", max_age=0)
    path = tmp_path / "jobs.cache"
    with pytest.raises(TypeError) as caught:
        Client("token", cache=str(path))  # type: ignore[arg-type]
    assert str(caught.value) == f"cache is a Cache: cache=Cache({str(path)!r})"
