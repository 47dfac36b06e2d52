"""A cache kept up to date against the emulator: what is in it, what it says of itself, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from attrs import evolve

from reality_jobs import F, Filter, Job, services
from reality_jobs.cache import Cache
from reality_jobs.client import Client
from reality_jobs.sync import Synced, sync

pytest.importorskip("uvicorn")
pytest.importorskip("sqlglot")
from reality_jobs.emulator.generate import StoredJob, generate
from reality_jobs.emulator.serve import Emulator

JOBS = generate(400, seed=11)
ME, OTHER = JOBS[0], next(job for job in JOBS if job.user_id != JOBS[0].user_id)
MINE = [evolve(job, user_id=ME.user_id, email=ME.email) for job in JOBS]
DEFAULT = services.DEFAULT
FIRST = datetime(2026, 11, 1, tzinfo=UTC)
THEN = FIRST + timedelta(days=1)


def final(job: StoredJob) -> bool:
    return str(job.raw["state"]).lower() in {state.lower() for state in services.get(job.service).final_states}


def ended(job: StoredJob) -> StoredJob:
    if final(job):
        return job
    state = services.get(job.service).spelling("state", "success")
    return evolve(job, raw={**job.raw, "state": state})


def synced(
    jobs: Iterable[StoredJob], cache: Cache, f: Filter | None = None, now: datetime = FIRST, **more: object
) -> tuple[tuple[Synced, ...], Emulator]:
    emulator = Emulator(jobs)
    with emulator.running() as url, Client(ME.user_id, base_url=url, retries=0) as client:
        return sync(client, cache, f, now=lambda: now, **more), emulator  # type: ignore[arg-type]


def held(cache: Cache, f: Filter | None = None) -> list[str]:
    return sorted(f"{job} {job.state}" for job in cache.jobs(f))


def expected(jobs: Iterable[StoredJob], f: Filter | None = None, names: Iterable[str] = DEFAULT) -> list[str]:
    of = [Job(each.service, each.raw) for each in jobs if each.service in names]
    return sorted(f"{job} {job.state}" for job in of if f is None or f.matches(job))


@pytest.fixture
def cache(tmp_path: Path) -> Iterable[Cache]:
    with Cache(tmp_path / "jobs.cache") as cache:
        yield cache


def test_the_first_run_fetches_all(cache: Cache) -> None:
    done, emulator = synced(MINE, cache)
    assert held(cache) == expected(MINE)
    assert [(part.service, part.since, part.stored.new) for part in done] == [
        (name, None, len(expected(MINE, names=[name]))) for name in DEFAULT
    ]
    assert len(emulator.requests) == 3
    assert cache.covered(None, DEFAULT).synced == dict.fromkeys(DEFAULT, FIRST)


def test_a_later_run_fetches_what_is_new_and_what_was_open(cache: Cache) -> None:
    synced(MINE[:-40], cache)
    now = [*map(ended, MINE[:20]), *MINE[20:]]
    done, emulator = synced(now, cache, now=THEN)
    assert held(cache) == expected(now)
    still_open = [job for job in MINE[:-40] if job.service in DEFAULT and not final(job)]
    fetched = sum(part.stored.new + part.stored.changed + part.stored.same for part in done)
    # The overlap brings some that are there; of the others nothing but what was open, about 40 a request.
    assert fetched < len(still_open) + 60
    assert sum(part.refreshed for part in done) <= len(still_open)
    assert len(emulator.requests) <= 3 + 3 + len(still_open) / 33
    assert cache.covered(None, DEFAULT).synced == dict.fromkeys(DEFAULT, THEN)


def test_many_open_jobs_come_with_their_list(cache: Cache) -> None:
    """They would take more requests by their ids."""
    waiting = [evolve(job, raw={**job.raw, "state": "Queued"}) for job in MINE if job.service == "modeling-v2"]
    while len(waiting) < 300:
        waiting += [evolve(job, raw={**job.raw, "id": str(uuid4())}) for job in waiting]
    synced(waiting, cache)
    now = list(map(ended, waiting))
    done, emulator = synced(now, cache, now=THEN)
    assert held(cache) == expected(now)
    assert len(emulator.requests) == 3
    assert sum(part.refreshed for part in done) == 0


def test_nothing_new_costs_a_request_a_service(cache: Cache) -> None:
    done = [job for job in MINE if final(job)]
    synced(done, cache)
    _, emulator = synced(done, cache, now=THEN)
    assert len(emulator.requests) == 3


def test_a_filter_on_what_changes_fetches_all_that_match(cache: Cache) -> None:
    f = F.state == "Success"
    synced(MINE, cache, f)
    assert held(cache) == expected(MINE, f)
    now = list(map(ended, MINE))
    done, _ = synced(now, cache, f, THEN)
    assert {part.since for part in done} == {None}
    assert held(cache, f) == expected(now, f)


def test_a_job_that_no_longer_matches_is_seen_to(cache: Cache) -> None:
    f = F.state == "Active"
    synced(MINE, cache, f)
    now = list(map(ended, MINE))
    done, _ = synced(now, cache, f, THEN)
    assert held(cache, f) == []
    assert sum(part.refreshed for part in done) == len(expected(MINE, f))


def test_jobs_of_others_are_refreshed_under_their_itwin(cache: Cache) -> None:
    theirs = [job for job in JOBS if job.service == "modeling-v2" and not final(job) and job.user_id != ME.user_id]
    itwin = Job("modeling-v2", theirs[0].raw).itwin_id
    assert itwin is not None
    f = F.itwin_id == itwin
    synced(JOBS, cache, f)
    now = list(map(ended, JOBS))
    done, _ = synced(now, cache, f, THEN)
    assert held(cache, f) == expected(now, f)
    assert [part.unseen for part in done] == [[], [], []]


def test_an_open_job_that_is_gone_is_told_and_kept(cache: Cache) -> None:
    gone = next(job for job in MINE if job.service == "modeling-v1" and not final(job))
    synced(MINE, cache)
    done, _ = synced([job for job in MINE if job is not gone], cache, now=THEN)
    assert [part.unseen for part in done] == [[gone.raw["id"]], [], []]
    assert held(cache) == expected(MINE)


def test_open_jobs_of_others_are_left_to_the_filter_they_came_for(cache: Cache) -> None:
    theirs = [evolve(job, raw={**job.raw, "state": "Queued"}) for job in JOBS if job.service == "modeling-v2"]
    itwin = Job("modeling-v2", next(job for job in theirs if job.user_id != ME.user_id).raw).itwin_id
    assert itwin is not None
    synced(theirs, cache, F.itwin_id == itwin)
    synced(theirs, cache)
    done, emulator = synced(theirs, cache, now=THEN)
    assert [part.unseen for part in done] == [[], [], []]
    assert len(emulator.requests) <= 4


def test_a_clock_ahead_counts_only_for_what_came(cache: Cache) -> None:
    """A job that another sync has brought is no sign of what this one has seen."""
    last = next(job for job in reversed(MINE) if job.service in DEFAULT)
    synced(MINE[:-40], cache, now=FIRST + timedelta(days=400))
    cache.upsert([Job(last.service, last.raw)], as_of=FIRST)
    synced(MINE, cache, now=FIRST)
    assert held(cache) == expected(MINE)


def test_this_machines_clock_may_be_ahead(cache: Cache) -> None:
    synced(MINE[:-40], cache, now=FIRST + timedelta(days=400))
    synced(MINE, cache, now=FIRST)
    assert held(cache) == expected(MINE)


def test_a_run_that_fails_leaves_what_came_and_says_nothing_of_it(cache: Cache) -> None:
    def stop(service: str, count: int) -> None:
        raise LookupError(service)

    with pytest.raises(LookupError):
        synced(MINE, cache, on_jobs=stop, page_size=20)
    assert 0 < cache.count() < len(expected(MINE))
    assert cache.covered(None, DEFAULT).missing == DEFAULT
    synced(MINE, cache, now=THEN)
    assert held(cache) == expected(MINE)


def test_what_records_never_hold_is_asked_of_the_service_every_time(cache: Cache) -> None:
    f = F.email == ME.email
    theirs = [job for job in MINE if job.service in DEFAULT]
    for now in (FIRST, THEN):
        done, _ = synced(theirs, cache, f, now)
        assert {part.since for part in done if part.service != "modeling-v1"} == {None}
    assert cache.covered(f, ["modeling-v2"]).missing == ("modeling-v2",)


def test_a_type_that_its_service_does_not_list_is_fetched(cache: Cache) -> None:
    """Services add types; what is written down is all of the filter."""
    jobs = [job for job in MINE if job.service == "modeling-v2"]
    jobs[0] = evolve(jobs[0], raw={**jobs[0].raw, "type": "Full"})
    for f in (F.type == "Full", F.type.in_(["Full", "Calibration"])):
        synced(jobs, cache, f, services=["modeling-v2"], prune=True)
        assert held(cache, f) == expected(jobs, f)
        assert cache.covered(f, ["modeling-v2"]).complete


@pytest.mark.parametrize("first", [0, 1])
def test_a_filter_that_nests_as_deep_as_one_may(cache: Cache, first: int) -> None:
    deep = F.id == JOBS[0].raw["id"]
    for n in range(first, 100 + first):
        deep = (deep & (F.type != f"t{n}")) if n % 2 else (deep | (F.id == str(uuid4())))
    synced(MINE, cache, deep)
    synced(list(map(ended, MINE)), cache, deep, THEN)
    assert held(cache, deep) == expected(map(ended, MINE), deep)


def test_whole_fetches_all_again(cache: Cache) -> None:
    synced(MINE, cache)
    done, _ = synced(MINE, cache, now=THEN, whole=True)
    assert sum(part.stored.same for part in done) == len(expected(MINE))
