"""Compiled predicates beside lambdas written by hand with the same null and case rules.

`python -m tests.benchmarks.predicates [records]`: decoded Modeling v1 dicts, the service given. `call` is the predicate
called for each record beside the lambda called for each record; `loop` is `f.select` beside a comprehension over the
lambda. Above 1.00 ours is faster. Ours also finds values of the wrong type, which the lambdas do not.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

from reality_jobs import parse
from reality_jobs.emulator.generate import generate

Record = Mapping[str, object]
_SINCE = datetime(2025, 6, 1, tzinfo=UTC)


def _cases(records: list[dict[str, object]]) -> list[tuple[str, str, Callable[[dict], bool]]]:  # type: ignore[type-arg]
    some = random.Random(1).choice([r for r in records if r["inputs"]])
    guid = str(some["inputs"][0]["id"]).lower()  # type: ignore[index]
    guids = frozenset(str(r["id"]).lower() for r in records[:1_000])
    members = ", ".join(f"'{g}'" for g in sorted(guids))
    return [
        ("Q1 state", "state eq 'Success'", lambda r: (r.get("state") or "").lower() == "success"),
        (
            "Q2 one input guid",
            f"inputId eq {guid}",
            lambda r: any((i.get("id") or "").lower() == guid for i in r.get("inputs") or ()),
        ),
        (
            "Q3 state and date",
            "state eq 'failed' and createdDateTime ge 2025-06-01T00:00:00Z",
            lambda r: (
                (r.get("state") or "").lower() == "failed"
                and r.get("createdDateTime") is not None
                and datetime.fromisoformat(r["createdDateTime"]) >= _SINCE
            ),
        ),
        ("Q4 1,000 guids", f"id in ({members})", lambda r: (r.get("id") or "").lower() in guids),
        (
            "Q5 nested",
            "(state eq 'failed' or state eq 'cancelled') and (type eq 'Full' or name eq 'x') and email ne 'y'",
            lambda r: (
                ((r.get("state") or "").lower() == "failed" or (r.get("state") or "").lower() == "cancelled")
                and ((r.get("type") or "").lower() == "full" or r.get("name") == "x")
                and r.get("email") != "y"
            ),
        ),
        ("Q6 name", "name eq 'x'", lambda r: r.get("name") == "x"),
        (
            "Q7 date alone",
            "createdDateTime ge 2025-06-01T00:00:00Z",
            lambda r: r.get("createdDateTime") is not None and datetime.fromisoformat(r["createdDateTime"]) >= _SINCE,
        ),
    ]


def main(count: int) -> None:
    made = [dict(job.raw) for job in generate(20_000, 1) if job.service == "modeling-v1"]
    records = (made * (count // len(made) + 1))[:count]
    print(f"{count} records\n{'':<20}{'matching':>10}{'call':>8}{'loop':>8}")
    for name, text, by_hand in _cases(records):
        f = parse(text)
        predicate = f.predicate("modeling-v1")
        assert [predicate(r) for r in made] == [bool(by_hand(r)) for r in made], text
        call, hand = _medians(
            lambda p=predicate: sum(map(p, records)),  # type: ignore[misc]
            lambda h=by_hand: sum(map(h, records)),  # type: ignore[misc]
        )
        loop, hand_loop = _medians(
            lambda f=f: len(list(f.select(records, "modeling-v1"))),  # type: ignore[misc]
            lambda h=by_hand: len([r for r in records if h(r)]),  # type: ignore[misc]
        )
        print(f"{name:<20}{sum(map(predicate, records)):>10}{hand / call:>8.2f}{hand_loop / loop:>8.2f}")


def _medians(*functions: Callable[[], object]) -> list[float]:
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(7):
        for function, taken in zip(functions, times, strict=True):
            start = perf_counter()
            function()
            taken.append(perf_counter() - start)
    return [median(taken) for taken in times]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
