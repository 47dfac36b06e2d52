"""A cache beside the file that it was filled from: `python -m tests.benchmarks.cached [--records N] [--rounds N]`.

How long jobs take into an empty cache and, half of them changed, into the full one; then each query by
`reality-jobs query` and by `reality-jobs filter` over the file, processes and all, medians of some rounds in turn.
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

from reality_jobs import Job, read_export
from reality_jobs.cache import Cache
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


if __name__ == "__main__":
    main()
