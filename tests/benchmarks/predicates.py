"""Compiled predicates beside functions written by hand with the same rules, over decoded records in memory.

`python -m tests.benchmarks.predicates [records]`. By hand means with the same nulls and missing keys, the case of guids
and enumerations, the table of keys by job type, bucket paths left out, GUID-shaped text in keys that nobody listed;
only that a value of the wrong type is an error is left to ours. Above 1.00 ours is faster.

`call`: the predicate called for each dict. `loop`: `f.select` beside a comprehension. `jobs`: the same two over `Job`s,
by hand over their `raw`, without a service for `f.select`. `unnamed`: `f.select(records)`, which recognises every
record, beside by hand that looks at its type and marks too; `known`: beside by hand that knows the service without a
look. Last, three services mixed.
"""

from __future__ import annotations

import random
import re
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any

from reality_jobs import Job, parse, services
from reality_jobs.emulator.generate import generate

Record = dict[str, Any]
ByHand = Callable[[Record], bool]
Cases = list[tuple[str, str, ByHand]]

_ROUNDS = 41
"""Many short ones: on a machine that others use too, medians of few long ones tell little."""

_SINCE = datetime(2025, 6, 1, tzinfo=UTC)
_GUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def _since(r: Record) -> bool:
    return r.get("createdDateTime") is not None and datetime.fromisoformat(r["createdDateTime"]) >= _SINCE


def _ids(records: list[Record]) -> frozenset[str]:
    return frozenset(str(r["id"]).lower() for r in records[:1_000])


def _in(ids: frozenset[str]) -> str:
    return "id in (" + ", ".join(f"'{each}'" for each in sorted(ids)) + ")"


def _v1(records: list[Record]) -> Cases:
    some = random.Random(1).choice([r for r in records if r["inputs"]])
    guid = str(some["inputs"][0]["id"]).lower()
    guids = _ids(records)
    return [
        ("state", "state eq 'Success'", lambda r: (r.get("state") or "").lower() == "success"),
        (
            "one input guid",
            f"inputId eq {guid}",
            lambda r: guid in [(i.get("id") or "").lower() for i in r.get("inputs") or ()],
        ),
        (
            "state and date",
            "state eq 'failed' and createdDateTime ge 2025-06-01T00:00:00Z",
            lambda r: (r.get("state") or "").lower() == "failed" and _since(r),
        ),
        ("1,000 ids", _in(guids), lambda r: (r.get("id") or "").lower() in guids),
        (
            "nested",
            "(state eq 'failed' or state eq 'cancelled') and (type eq 'Full' or name eq 'x') and email ne 'y'",
            lambda r: (
                ((r.get("state") or "").lower() == "failed" or (r.get("state") or "").lower() == "cancelled")
                and ((r.get("type") or "").lower() == "full" or r.get("name") == "x")
                and r.get("email") != "y"
            ),
        ),
        ("name", "name eq 'x'", lambda r: r.get("name") == "x"),
        (
            "date alone",
            "createdDateTime ge 2025-06-01T00:00:00Z",
            _since,
        ),
    ]


def _v2(records: list[Record]) -> Cases:
    read = _held_ids("inputId", "inputs")
    written = _held_ids("outputId", "outputs")
    pick = random.Random(1)
    guid = pick.choice([each for r in records for each in read(r)])
    out = pick.choice([each for r in records for each in written(r)])
    guids = _ids(records)
    return [
        ("state", "state eq 'Success'", lambda r: (r.get("state") or "").lower() == "success"),
        (
            "date alone",
            "createdDateTime ge 2025-06-01T00:00:00Z",
            lambda r: _since(r.get("executionInfo") or {}),
        ),
        (
            "state and date",
            "state eq 'failed' and createdDateTime ge 2025-06-01T00:00:00Z",
            lambda r: (r.get("state") or "").lower() == "failed" and _since(r.get("executionInfo") or {}),
        ),
        ("1,000 ids", _in(guids), lambda r: (r.get("id") or "").lower() in guids),
        ("one input guid", f"inputId eq {guid}", lambda r: guid in read(r)),
        ("one output guid", f"outputId eq {out}", lambda r: out in written(r)),
        ("not that input", f"inputId ne {guid}", lambda r: guid not in read(r)),
        ("input by text", "inputId eq 'fdb:1'", lambda r: "fdb:1" in read(r)),
        ("no outputs", "outputId eq null", lambda r: not written(r)),
        (
            "guid and state",
            f"state eq 'success' and inputId eq {guid}",
            lambda r: (r.get("state") or "").lower() == "success" and guid in read(r),
        ),
    ]


def _held_ids(property: str, key: str) -> Callable[[Record], list[str]]:
    """The ids of Modeling v2 by hand: the listed keys of the type, and GUID-shaped text in the others."""
    places = services.ALL["modeling-v2"].collections[property]
    listed = {
        job_type: {path.split(".")[0].removesuffix("[]"): "." in path for path in paths}
        for job_type, paths in places.by_type.items()
    }
    never = places.never or frozenset()

    def ids(r: Record) -> list[str]:
        found = []
        own = listed.get(r.get("type") or "", {})
        for key_, value in ((r.get("specifications") or {}).get(key) or {}).items():
            if value is None or (key_ in never and key_ not in own):
                continue
            for item in value if isinstance(value, list) else (value,):
                if key_ in own:
                    text = item.get("location") if own[key_] and item is not None else item
                    if text is None or text.startswith("bkt:"):
                        continue
                else:
                    text = item.get("location") if isinstance(item, dict) else item
                    if not isinstance(text, str) or not _GUID.fullmatch(text):
                        continue
                found.append(text.lower() if _GUID.fullmatch(text) else text)
        return found

    return ids


def main(count: int) -> None:
    made: dict[str, list[Record]] = {}
    for job in generate(20_000, 1):
        made.setdefault(job.service, []).append(dict(job.raw))
    heads = ("matching", "call", "loop", "jobs", "loop", "unnamed", "known")
    print(f"{count} records\n{'':<32}{heads[0]:>10}" + "".join(f"{head:>8}" for head in heads[1:]))
    for service, cases in (("modeling-v1", _v1), ("modeling-v2", _v2)):
        own = made[service]
        for name, text, by_hand in cases(own):
            _compare(f"{service} {name}", service, text, by_hand, (own * (count // len(own) + 1))[:count])
    _mixed([r for name in services.DEFAULT for r in made[name]], count)


def _compare(title: str, service: str, text: str, by_hand: ByHand, records: list[Record]) -> None:
    f = parse(text)
    predicate = f.predicate(service)
    matching = [predicate(r) for r in records]
    assert matching == [bool(by_hand(r)) for r in records], text
    jobs = [Job(service, r) for r in records]
    told = _told_by_hand(service)
    call, hand, loop, hand_loop, unnamed, hand_unnamed = _medians(
        lambda: sum(map(predicate, records)),
        lambda: sum(map(by_hand, records)),
        lambda: _length(f.select(records, service)),
        lambda: len([r for r in records if by_hand(r)]),
        lambda: _length(f.select(records)),
        lambda: len([r for r in records if told(r) and by_hand(r)]),
    )
    of_job, hand_job, loop_job, hand_loop_job = _medians(
        lambda: sum(map(predicate, jobs)),  # type: ignore[arg-type]
        lambda: sum(map(lambda j: by_hand(j.raw), jobs)),  # type: ignore[arg-type]  # noqa: C417
        lambda: _length(f.select(jobs)),
        lambda: len([j for j in jobs if by_hand(j.raw)]),  # type: ignore[arg-type]
    )
    ratios = (hand / call, hand_loop / loop, hand_job / of_job, hand_loop_job / loop_job)
    shown = [f"{ratio:>8.2f}" for ratio in (*ratios, hand_unnamed / unnamed, hand_loop / unnamed)]
    print(f"{title:<32}{sum(matching):>10}" + "".join(shown), flush=True)


def _told_by_hand(service: str) -> ByHand:
    """Whether a record is the service's: of a type that it lists, with its mark, without a mark of the others."""
    types = frozenset(services.ALL[service].enumerations["type"])
    if service == "modeling-v1":
        return lambda r: r.get("type") in types and "jobSettings" in r and "specifications" not in r
    return lambda r: r.get("type") in types and "specifications" in r and "jobSettings" not in r


def _mixed(records: list[Record], count: int) -> None:
    """Three services at random; and what a list of jobs costs in memory beyond itself."""
    random.Random(1).shuffle(records)
    records = (records * (count // len(records) + 1))[:count]
    f = parse("state eq 'Success'")
    v1, v2, other = map(_told_by_hand, services.DEFAULT)

    def by_hand(r: Record) -> bool:
        if not (v1(r) or v2(r) or other(r)):
            raise ValueError(r)
        return bool((r.get("state") or "").lower() == "success")

    ours, hand = _medians(lambda: _length(f.select(records)), lambda: len([r for r in records if by_hand(r)]))
    print(f"three services mixed, unnamed: {hand / ours:.2f}")
    jobs = [Job.of(records[i % count]) for i in range(1_000_000)]
    tracemalloc.start()
    matching = sum(1 for _ in f.select(jobs))
    held = tracemalloc.get_traced_memory()[1]
    print(f"{matching:,} of {len(jobs):,} Jobs passed on; {held:,} bytes were held for it")


def _length(found: Iterator[object]) -> int:
    return len(list(found))


def _medians(*functions: Callable[[], object]) -> list[float]:
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(_ROUNDS):
        for function, taken in zip(functions, times, strict=True):
            start = perf_counter()
            function()
            taken.append(perf_counter() - start)
    return [median(taken) for taken in times]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
