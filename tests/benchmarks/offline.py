"""`reality-jobs filter` beside other ways to filter saved jobs: `python -m tests.benchmarks.offline`.

A file of Modeling v1 records (see `saved`), five queries (`queries`), each rival (`rivals`) in a process of its own
that writes the matching lines to a file; the page cache is warm. A round is one run of each rival on each query, and
each round starts with another rival, so that a noisy machine hits all alike. Printed are medians of the rounds; ratios
count, not seconds. Times are of the whole process, imports included, from compiled bytecode. How memory is counted
stands in `measuring`.

Every answer is compared with ours (the orjson loop's where ours is left out) as a set of ids; one that differs is
`differs` in the table. A floor that lets more through than match has `~`. jq reads the first tenth of the file, at
least 50,000 records; its time beyond its start is scaled up and marked `*`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from attrs import asdict

from .measuring import measure
from .queries import Query, choose, queries
from .race import CHECKOUT, Cell, Files, Table, files, race
from .rivals import HAND_WRITTEN, INDEXED, ONE, OURS, TWO, environment, rivals

_STARTS = 9
_SHOWN = 100
CLOCKS = {"seconds": "seconds", "cpu": "seconds of processor time"}

# What is divided by what: above 1.00 the second is faster.
RATIOS = (
    ("jq", ONE),
    (HAND_WRITTEN, ONE),
    ("simdjson loop", ONE),
    ("grep -F", ONE),
    ("grep -F | jq", ONE),
    ("DuckDB, 1 thread", ONE),
    ("ClickHouse, 1 thread", ONE),
    ("DuckDB, 2 threads", TWO),
    ("ClickHouse, 2 threads", TWO),
    ("Polars, 2 threads", TWO),
    (ONE, TWO),
    ("cat to nowhere", INDEXED),
)


def main() -> None:
    options = _options()
    with _folder(options.keep) as folder:
        found = files(folder, options.records)
        wanted = choose(found.jobs, options.records)
        asked = [query for query in queries(wanted) if not options.only or query.name in options.only]
        left_out = tuple(options.without)
        here = [rival for rival in rivals(wanted, folder) if not left_out or not rival.name.startswith(left_out)]
        starts = _starts(found)
        table = race(asked, here, found, options.rounds)
    if options.json:
        print(json.dumps(_as_json(table, starts, options), indent=2))
    else:
        _print(table, asked, starts, options)


def _starts(files: Files) -> tuple[float, float]:
    """Median seconds of an empty Python process and of `reality-jobs filter` over an empty file, by turns."""
    env = environment(files.folder)
    commands = (
        [sys.executable, "-c", "pass"],
        [sys.executable, "-m", "reality_jobs", "filter", "state eq 'Success'", str(files.empty), "-o", str(files.out)],
    )
    runs = [[measure(command, None, env, CHECKOUT).seconds for command in commands] for _ in range(_STARTS + 1)]
    nothing, ours = zip(*runs[1:], strict=True)
    return median(nothing), median(ours)


def ratios(table: Table, clock: str) -> dict[str, dict[str, float]]:
    """Of each pair in RATIOS that took part, for each query that both answered."""
    found: dict[str, dict[str, float]] = {}
    for over, under in RATIOS:
        for query, cell in table.get(over, {}).items():
            upper, lower = cell.time(clock), table.get(under, {}).get(query, Cell(False)).time(clock)
            if upper and lower:
                found.setdefault(f"{over} / {under}", {})[query] = upper / lower
    return found


def _print(table: Table, asked: list[Query], starts: tuple[float, float], options: argparse.Namespace) -> None:
    names = [query.name for query in asked]
    for clock in options.clock or ["seconds"]:
        print(f"\n{options.records:,} records, medians of {options.rounds} rounds, {CLOCKS[clock]}; peak memory in MB")
        print(f"{'':<28}" + "".join(f"{name:>9}" for name in names) + f"{'memory':>9}")
        for rival, cells in table.items():
            shown = "".join(f"{_shown(cells[name], clock):>9}" for name in names)
            peak = max((run.peak for cell in cells.values() for run in cell.runs), default=0)
            print(f"{rival:<28}{shown}{peak / 1e6:>9.0f}")
        print(f"\n{'ratios, above 1 the second is faster':<48}" + "".join(f"{name:>8}" for name in names))
        for pair, by_query in ratios(table, clock).items():
            print(f"{pair:<48}" + "".join(f"{by_query[n]:>8.2f}" if n in by_query else f"{'':>8}" for n in names))
    print("\n*: scaled up from a sample; ~: a floor, no exact answer")
    for query in asked:
        text = query.text if len(query.text) <= _SHOWN else f"{query.text[:_SHOWN]} ..."
        print(f"{query.name} {query.title}: {text}")
    nothing, ours = starts
    print(f"start: python {nothing * 1e3:.0f} ms, {OURS} filter {ours * 1e3:.0f} ms, ratio {ours / nothing:.1f}")


def _shown(cell: Cell, clock: str) -> str:
    seconds = cell.time(clock)
    if seconds is None:
        return cell.trouble or "-"
    return f"{seconds:.2f}{'*' * cell.scaled}{'~' * cell.inexact}"


def _as_json(table: Table, starts: tuple[float, float], options: argparse.Namespace) -> dict[str, object]:
    return {
        "records": options.records,
        "rivals": {name: {query: asdict(cell) for query, cell in cells.items()} for name, cells in table.items()},
        "ratios": {clock: ratios(table, clock) for clock in CLOCKS},
        "start": {"python": starts[0], OURS: starts[1]},
    }


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.absolute()
        return
    with TemporaryDirectory() as folder:
        yield Path(folder)


def _options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.offline")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", metavar="QUERY", help="Q1 to Q5; may be repeated")
    parser.add_argument("--without", action="append", default=[], metavar="RIVAL", help="a name or how it starts")
    parser.add_argument("--clock", action="append", choices=CLOCKS, help="wall (default) or processor time")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the files there, and use them again")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
