"""A cache holds what was put into it, and a filter finds in it the jobs of which the oracle says that it is true."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from reality_jobs import Filter, InvalidRecord, Job, Unanswerable
from reality_jobs.cache import Cache
from reality_jobs.nodes import Node
from reality_jobs.schema import Missing, normalise_identifier
from tests import oracle
from tests.strategies import SERVICES, filters, records, redundant_filters

Key = tuple[str, str]

_JOBS = st.sampled_from(SERVICES).flatmap(lambda service: records(service).map(lambda record: Job(service, record)))
_NODES = st.lists(filters() | redundant_filters(), min_size=12, max_size=12)


def keyed(jobs: Iterable[Job]) -> dict[Key, Job]:
    """The last of each key; those that a cache cannot hold are left out."""
    found: dict[Key, Job] = {}
    for job in jobs:
        job_id = job.raw.get("id")
        if isinstance(job_id, str) and not any("\ud800" <= c <= "\udfff" for c in job_id):
            found[str(job.service), normalise_identifier(job_id)] = job
    return found


def key_of(job: Job) -> Key:
    return str(job.service), normalise_identifier(str(job.raw["id"]))


@settings(max_examples=25)
@given(
    st.lists(_JOBS, min_size=15, max_size=30),
    _NODES,
    st.none() | st.lists(st.sampled_from(SERVICES), max_size=3),
    st.sampled_from(("error", "null")),
)
def test_a_filter_finds_what_the_oracle_says(
    jobs: list[Job], nodes: list[Node], services: list[str] | None, missing: Missing
) -> None:
    with TemporaryDirectory() as folder, Cache(Path(folder) / "a") as cache:
        refused: list[InvalidRecord] = []
        cache.upsert(jobs, on_error=refused.append)
        held = keyed(jobs)
        assert {key_of(job): job for job in cache.jobs()} == held
        asked = [job for job in held.values() if services is None or job.service in services]
        for node in nodes:
            holds(cache, node, asked, services, missing)


def holds(cache: Cache, node: Node, asked: list[Job], services: list[str] | None, missing: Missing) -> None:
    refused: list[InvalidRecord] = []
    f = Filter(node)
    lacking = {job.service for job in asked if job.service in oracle.V2 and "email" in oracle.mentioned(node)}
    try:
        found = {key_of(job) for job in cache.jobs(f, services, missing=missing, on_error=refused.append)}
    except Unanswerable as error:
        refusal = error.property, error.service
    else:
        refusal = None
    assert (refusal is not None) == (missing == "error" and bool(lacking))
    if refusal is not None:
        assert refusal in {("email", name) for name in lacking}
        return
    among = len(refused)
    for job in asked:
        expected = oracle.verdict(node, job.raw, job.service, missing)
        if expected.odd:
            among -= not oracle.allowed(expected, key_of(job) in found)
            if expected.answer is None:
                assert key_of(job) not in found
        else:
            assert expected.answer == (key_of(job) in found), (str(f), job.raw)
    assert among >= 0
    assert cache.count(f, services, missing=missing, on_error=refused.append) == len(found)


@settings(max_examples=40)
@given(st.lists(st.tuples(_JOBS, st.integers(0, 3)), max_size=40), st.integers(0, 1 << 32))
def test_what_was_fetched_last_stays(drawn: list[tuple[Job, int]], seed: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    wanted: dict[Key, tuple[int, Job]] = {}
    with TemporaryDirectory() as folder, Cache(Path(folder) / "a") as cache:
        rest = drawn[:]
        chance = random.Random(seed)
        while rest:
            size = chance.randint(1, len(rest))
            hour = rest[0][1]
            batch = [job for job, _ in rest[:size]]
            del rest[:size]
            cache.upsert(batch, as_of=start + timedelta(hours=hour), on_error=lambda error: None)
            for key, job in keyed(batch).items():
                if key not in wanted or wanted[key][0] <= hour:
                    wanted[key] = hour, job
        assert {key_of(job): job for job in cache.jobs()} == {key: job for key, (_, job) in wanted.items()}
        gone = [job for _, job in list(wanted.values())[::2]]
        assert cache.remove(gone) == len(gone)
        assert cache.count() == len(wanted) - len(gone)
