"""Rivals by turns over the same queries, each answer compared."""

from __future__ import annotations

import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path
from statistics import median

from attrs import define, field, frozen

from . import saved
from .measuring import Failed, Measured, measure
from .queries import Query
from .rivals import HAND_WRITTEN, ONE, Rival, environment

CHECKOUT = Path(__file__).parents[2]
_SAMPLE = 50_000

Answer = tuple[int, int]
"""How many records, and the sum of their ids: the same for the same records in any order."""


@frozen
class Files:
    """The jobs, the sample that slow rivals read, nothing at all, and the folder where everything else goes."""

    jobs: Path
    sample: Path
    empty: Path
    folder: Path

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def scale(self) -> float:
        return self.jobs.stat().st_size / self.sample.stat().st_size

    def of(self, rival: Rival) -> Path:
        return self.sample if rival.sampled else self.jobs


@define
class Cell:
    """One rival on one query: its runs, or the word for why they do not count."""

    scaled: bool
    runs: list[Measured] = field(factory=list)
    inexact: bool = False
    trouble: str = ""

    def time(self, clock: str) -> float | None:
        return None if self.trouble or not self.runs else median(getattr(run, clock) for run in self.runs)


Table = dict[str, dict[str, Cell]]


def files(folder: Path, records: int) -> Files:
    """Write the files; jobs of that number that the folder holds already are taken as they are."""
    found = Files(folder / f"v1-{records}.ndjson", folder / "sample.ndjson", folder / "empty.ndjson", folder)
    if not found.jobs.exists():
        print(f"writing {records:,} records", file=sys.stderr)
        unfinished = folder / "unfinished"
        saved.write(unfinished, records)
        unfinished.rename(found.jobs)
    with found.jobs.open("rb") as lines, found.sample.open("wb") as file:
        file.writelines(islice(lines, max(_SAMPLE, records // 10)))
    found.empty.touch()
    return found


def race(asked: list[Query], rivals: list[Rival], files: Files, rounds: int) -> Table:
    """Measure every rival on every query that it has a command for; an interrupt ends it with what there is."""
    # Over nothing first: it leaves compiled bytecode behind, and says what of a sample's time is start-up.
    starts = {rival.name: _start(rival, asked[0], files) for rival in rivals}
    expected = _expected(asked, rivals, files)
    table: Table = {rival.name: {query.name: Cell(rival.sampled) for query in asked} for rival in rivals}
    with suppress(KeyboardInterrupt):
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            first = number * len(rivals) // rounds
            for query in asked:
                for rival in rivals[first:] + rivals[:first]:
                    cell = table[rival.name][query.name]
                    if not cell.trouble:
                        _turn(rival, query, files, starts[rival.name], cell, expected[files.of(rival), query.name])
    return table


def _turn(rival: Rival, query: Query, files: Files, start: Measured | None, cell: Cell, expected: Answer) -> None:
    try:
        measured = _run(rival, query, files.of(rival), files)
    except Failed as error:
        cell.trouble = "failed"
        print(f"{rival.name}, {query.name}: {error}", file=sys.stderr)
        return
    if measured is None:
        return
    cell.runs.append(_scaled(measured, start, files.scale) if start and rival.sampled else measured)
    if answer(files.out) != expected:
        cell.inexact, cell.trouble = True, "" if rival.floor else "differs"


def _start(rival: Rival, query: Query, files: Files) -> Measured | None:
    try:
        return _run(rival, query, files.empty, files)
    except Failed:
        return None  # what fails here fails again where it is told


def _run(rival: Rival, query: Query, file: Path, files: Files) -> Measured | None:
    command = rival.command(query, file, files.out)
    if command is None:
        return None
    files.out.unlink(missing_ok=True)
    return measure(command, files.out if rival.prints else None, environment(files.folder) | rival.env, CHECKOUT)


def _expected(asked: list[Query], rivals: list[Rival], files: Files) -> dict[tuple[Path, str], Answer]:
    """What is right, by an untimed run of a reference, which warms the page cache too."""
    reference = next((rival for name in (ONE, HAND_WRITTEN) for rival in rivals if rival.name == name), None)
    if reference is None:
        raise ValueError(f"neither {ONE!r} nor {HAND_WRITTEN!r} takes part: no answer to compare with")
    expected: dict[tuple[Path, str], Answer] = {}
    for file in {files.of(rival) for rival in rivals}:
        for query in asked:
            _run(reference, query, file, files)
            expected[file, query.name] = answer(files.out)
    return expected


def _scaled(measured: Measured, start: Measured, scale: float) -> Measured:
    def whole(taken: float, starting: float) -> float:
        return starting + max(0.0, taken - starting) * scale

    return Measured(whole(measured.seconds, start.seconds), whole(measured.cpu, start.cpu), measured.peak)


def answer(out: Path) -> Answer:
    """Of a file of records, each on a line that starts with its id."""
    count = total = 0
    if out.exists():
        with out.open("rb") as lines:
            for line in lines:
                count += 1
                total += int(line[7:43].replace(b"-", b""), 16)
    return count, total
