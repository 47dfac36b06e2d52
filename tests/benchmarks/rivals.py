"""Who runs beside whom in `tests.benchmarks.offline`, and the command of each for a query.

A rival that is not installed is not in the list. `cat` and `grep -F` are floors, not answers: what reading, copying and
searching cost at least.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from os import environ
from pathlib import Path

from attrs import field, frozen

from .queries import LATE, NAME, OTHER_TYPE, SINCE, STATES, UNTIL, Query, Wanted

OURS = "reality-jobs"
ONE, TWO, INDEXED = f"{OURS}, 1 process", f"{OURS}, 2 processes", f"{OURS}, index"
HAND_WRITTEN = "orjson loop"

Command = Callable[[Query, Path, Path], list[str] | None]
"""Of a query, the file and where the matching lines go; None: not for this query."""

_ENGINES = {
    "orjson": "orjson",
    "simdjson": "simdjson",
    "duckdb": "DuckDB",
    "clickhouse": "ClickHouse",
    "polars": "Polars",
}
PACKAGES = {"clickhouse": "chdb"}
_THREADED = {"duckdb": (1, 2), "clickhouse": (1, 2), "polars": (2,)}


@frozen
class Rival:
    """`prints`: its answer is what it prints. `sampled`: too slow for the whole file."""

    name: str
    command: Command
    prints: bool = True
    floor: bool = False
    sampled: bool = False
    env: dict[str, str] = field(factory=dict)


def rivals(wanted: Wanted, folder: Path) -> Iterator[Rival]:
    """All that are installed; `folder` takes the files that they read beside the jobs."""
    yield Rival("cat to nowhere", lambda query, file, out: _shell("cat", file, ">/dev/null"), floor=True)
    yield Rival("cat to a file", lambda query, file, out: ["cat", str(file)], floor=True)
    yield Rival("grep -F", lambda query, file, out: [*_grep(query, folder), str(file)], floor=True, env={"LC_ALL": "C"})
    yield from _ours(folder)
    if shutil.which("jq"):
        jq = _jq(wanted, folder)
        yield Rival("grep -F | jq", lambda query, file, out: _grep_jq(query, file, folder, jq), env={"LC_ALL": "C"})
        yield Rival("jq", lambda query, file, out: [*jq[query.name], str(file)], sampled=True)
    yield from _engines(wanted, folder)


def _ours(folder: Path) -> Iterator[Rival]:
    command = [sys.executable, "-m", "reality_jobs"]

    def filtered(*options: str) -> Command:
        return lambda query, file, out: [*command, "filter", query.text, str(file), "-o", str(out), *options]

    def indexed(query: Query, file: Path, out: Path) -> list[str] | None:
        return filtered()(query, _beside_index(file, folder, command), out) if query.name == "Q2" else None

    if "--jobs" not in _help(*command, "filter"):
        yield Rival(ONE, filtered(), prints=False)
        return
    yield Rival(ONE, filtered("--jobs", "1"), prints=False)
    yield Rival(TWO, filtered("--jobs", "2"), prints=False)
    if "  index " in _help(*command):
        yield Rival(INDEXED, indexed, prints=False)


def _help(*command: str) -> str:
    return subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout


def _beside_index(file: Path, folder: Path, command: list[str]) -> Path:
    """The same file in a folder of its own, so that the other runs find no index beside it."""
    linked = folder / "indexed" / file.name
    if not linked.exists():
        linked.parent.mkdir(exist_ok=True)
        linked.hardlink_to(file)
        subprocess.run([*command, "index", str(linked)], capture_output=True, check=True)
    return linked


def _grep(query: Query, folder: Path) -> list[str]:
    """The lines that hold one of the query's literals: all that match, and in Q3 and Q5 others."""
    listed = folder / f"{query.name}.literals"
    listed.write_text("\n".join(query.literals) + "\n")
    return ["grep", "-F", "-f", str(listed)]


def _grep_jq(query: Query, file: Path, folder: Path, jq: dict[str, list[str]]) -> list[str] | None:
    """What people do who know that jq is slow. It pays where the literals let few lines through."""
    if query.name not in ("Q2", "Q4"):
        return None
    return _shell(*_grep(query, folder), file, "|", *jq[query.name])


def _jq(wanted: Wanted, folder: Path) -> dict[str, list[str]]:
    """jq 1.6 knows no sets: ids are looked up as the keys of an object that is read once."""
    listed = {"ids": wanted.ids, "inputs": wanted.inputs}
    options: list[str] = []
    for name, ids in listed.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(dict.fromkeys(ids, True)))
        options += ["--slurpfile", name, str(path)]
    programs = {
        "Q1": '.state == "success"',
        "Q2": f'any(.inputs[]; .id == "{wanted.input_id}")',
        "Q3": f'.state == "failed" and .createdDateTime >= "{SINCE}" and .createdDateTime < "{UNTIL}"',
        "Q4": "$ids[0][.id]",
        "Q5": f"({' or '.join(f'.state == {json.dumps(state)}' for state in STATES)}) "
        f'and .type != "{OTHER_TYPE}" and .createdDateTime >= "{LATE}" '
        f"and (.name == {json.dumps(NAME)} or any(.inputs[]; $inputs[0][.id]))",
    }
    return {name: ["jq", "-c", *options, f"select({program})"] for name, program in programs.items()}


def _engines(wanted: Wanted, folder: Path) -> Iterator[Rival]:
    path = folder / "wanted.json"
    path.write_text(json.dumps(wanted._asdict()))
    for engine, shown in _ENGINES.items():
        if find_spec(PACKAGES.get(engine, engine)) is None:
            continue
        for threads in _THREADED.get(engine, (0,)):
            name = f"{shown}, {threads} thread{'s' * (threads > 1)}" if threads else f"{shown} loop"
            command = _engine(engine, threads or 1, path)
            yield Rival(name, command, prints=False, env={"POLARS_MAX_THREADS": str(threads)} if threads else {})


def _engine(engine: str, threads: int, wanted: Path) -> Command:
    start = [sys.executable, "-m", "tests.benchmarks.engines", engine, str(threads)]
    return lambda query, file, out: [*start, query.name, str(wanted), str(file), str(out)]


def environment(folder: Path) -> dict[str, str]:
    """Bytecode is written, into the folder, whatever the shell says; nothing else differs from the shell's."""
    kept = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def _shell(*words: object) -> list[str]:
    return ["sh", "-c", " ".join(word if word in ("|", ">/dev/null") else shlex.quote(str(word)) for word in words)]
