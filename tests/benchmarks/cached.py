"""A cache beside the file that it was filled from: `python -m tests.benchmarks.cached [--records N] [--rounds N]`.

How long jobs take into an empty cache and, half of them changed, into the full one; then each query by
`reality-jobs query` and by `reality-jobs filter` over the file, processes and all, medians of some rounds in turn, and
one guid asked of an open cache. At last what a sync costs in requests, against the emulator.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from attrs import evolve

from reality_jobs import F, Job, read_export
from reality_jobs.cache import Cache
from reality_jobs.client import Client
from reality_jobs.emulator.generate import generate
from reality_jobs.emulator.serve import Emulator
from reality_jobs.services import DEFAULT, get
from reality_jobs.sync import sync
from tests.e2e.program import PROGRAM, environment

from .measuring import measure
from .queries import choose, queries
from .saved import write


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cached")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        file, path = folder / "jobs.ndjson", folder / "jobs.cache"
        write(file, options.records)
        _fill(file, path, options.records)
        print(f"\n{'':24}{'query s':>10}{'filter s':>10}{'ratio':>8}{'jobs':>10}")
        for query in queries(choose(file, options.records)):
            _compare(query.title, query.text, file, path, folder, options.rounds)
        _one_guid(path, choose(file, options.records).ids)
    _sync_cost(options.records // 10)


def _fill(file: Path, path: Path, count: int) -> None:
    with Cache(path) as cache:
        _told("into an empty cache", count, lambda: cache.upsert(read_export(file)))
        changed = (Job(job.service, {**job.raw, "name": "changed"}) for job in islice(read_export(file), count // 2))
        _told("changed in it", count // 2, lambda: cache.upsert(changed))
        _told("put in as they were", count // 2, lambda: cache.upsert(islice(read_export(file), count // 2, None)))
        cache.upsert(read_export(file))
    print(f"{path.stat().st_size / file.stat().st_size:.2f} times the size of the file")


def _told(what: str, count: int, work: Callable[[], object]) -> None:
    start = perf_counter()
    work()
    seconds = perf_counter() - start
    print(f"{count:,} jobs {what}: {seconds:.1f} s, {seconds / count * 1e6:.0f} us each")


def _compare(title: str, text: str, file: Path, path: Path, folder: Path, rounds: int) -> None:
    out = folder / "out"
    commands = {
        "query": [*PROGRAM, "query", text, "--cache", str(path), "--offline-ok"],
        "filter": [*PROGRAM, "filter", text, str(file)],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    lines: dict[str, int] = {}
    for _ in range(rounds):
        for name, command in commands.items():
            seconds[name].append(measure(command, out, environment(), folder).seconds)
            lines[name] = out.read_bytes().count(b"\n")
    if len({*lines.values()}) > 1:
        sys.exit(f"{title}: {lines}")
    ours, theirs = (median(seconds[name]) for name in commands)
    print(f"{title:24}{ours:10.2f}{theirs:10.2f}{theirs / ours:8.1f}{lines['query']:10,}")


def _one_guid(path: Path, ids: list[str]) -> None:
    with Cache(path) as cache:
        seconds = []
        for job_id in ids[:50]:
            start = perf_counter()
            cache.count(F.id == job_id)
            seconds.append(perf_counter() - start)
    print(f"one job by its id, in an open cache: {median(seconds) * 1e3:.1f} ms")


def _sync_cost(count: int) -> None:
    """One day after all of somebody's jobs were synced, with one in a hundred new, and what was open still open."""
    jobs = generate(count, seed=1)
    mine = [evolve(job, user_id=jobs[0].user_id, email=jobs[0].email) for job in jobs if job.service in DEFAULT]
    created = sorted(Job(job.service, job.raw).created_ticks or 0 for job in mine)
    last = created[len(mine) * 99 // 100]
    before = [job for job in mine if (Job(job.service, job.raw).created_ticks or 0) < last]
    opened = sum(Job(job.service, job.raw).state not in get(job.service).final_states for job in before)
    with TemporaryDirectory() as folder, Cache(Path(folder, "cache")) as cache:
        for what, held in (("first", before), ("later", mine)):
            emulator = Emulator(held)
            with emulator.running() as url, Client(jobs[0].user_id, base_url=url) as client:
                sync(client, cache)
            print(f"{what} sync of {len(held):,} jobs: {len(emulator.requests)} requests")
    print(f"({len(mine) - len(before):,} new, {opened:,} of the others open, pages of 1,000)")


if __name__ == "__main__":
    main()
