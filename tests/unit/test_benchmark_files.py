"""The files of the benchmarks are what they say, and the rivals mean the same by each query."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from reality_jobs import parse, read_export
from tests.benchmarks.engines import ENGINES
from tests.benchmarks.queries import Query, Wanted, choose, queries
from tests.benchmarks.race import Answer, answer
from tests.benchmarks.rivals import PACKAGES, rivals
from tests.benchmarks.saved import SHAPES, blocks, write

RECORDS = 3_000


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "jobs.ndjson"
    write(path, RECORDS)
    return path


@pytest.fixture(scope="module")
def wanted(jobs: Path) -> Wanted:
    return choose(jobs, RECORDS)


@pytest.fixture(scope="module")
def expected(jobs: Path, wanted: Wanted) -> dict[str, Answer]:
    records = list(read_export(jobs))
    found: dict[str, Answer] = {}
    for query in queries(wanted):
        matches = parse(query.text).matches
        matching = [int(str(job.id).replace("-", ""), 16) for job in records if matches(job)]
        found[query.name] = (len(matching), sum(matching))
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_file_for_the_same_seed(shape: str, tmp_path: Path) -> None:
    first, again = ("".join(blocks(1_500, shape, 7)) for _ in range(2))
    assert first == again
    (tmp_path / "jobs").write_text(first, encoding="utf-8")
    served = [job.service for job in read_export(tmp_path / "jobs")]
    assert len(served) == 1_500
    assert set(served) == ({"modeling-v2", "conversion-v2"} if shape == "v2" else {"modeling-v1"})


def test_another_file_for_another_seed() -> None:
    assert next(blocks(10, seed=7)) != next(blocks(10, seed=8))


def test_a_compressed_file_holds_the_same(jobs: Path, tmp_path: Path) -> None:
    packed = tmp_path / "jobs.ndjson.gz"
    write(packed, RECORDS)
    assert gzip.decompress(packed.read_bytes()) == jobs.read_bytes()


def test_no_records_are_a_file_too() -> None:
    assert {shape: "".join(blocks(0, shape)) for shape in SHAPES} == dict.fromkeys(SHAPES, "") | {"array": "[]\n"}


def test_the_proportions_are_those_that_are_stated(jobs: Path) -> None:
    lines = jobs.read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    states = [record["state"] for record in records]
    assert states.count("success") / RECORDS == pytest.approx(0.6, abs=0.03)
    assert states.count("failed") / RECORDS == pytest.approx(0.16, abs=0.02)
    assert sum("\\" in line for line in lines) / RECORDS == pytest.approx(1 / 6, abs=0.02)
    ids = [record["id"] for record in records] + [each["id"] for record in records for each in record["inputs"]]
    assert len(set(ids)) == len(ids)
    assert any('"state":"failed"' in record["name"] for record in records)


def test_the_queries_find_what_they_are_for(expected: dict[str, Answer]) -> None:
    counts = {name: count for name, (count, _) in expected.items()}
    assert counts["Q1"] / RECORDS == pytest.approx(0.6, abs=0.03)
    assert counts["Q2"] == 1
    assert counts["Q3"] / RECORDS == pytest.approx(0.01, abs=0.005)
    assert counts["Q4"] == 300
    assert 0 < counts["Q5"] < counts["Q3"]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_gives_the_same_answer(
    engine: str, jobs: Path, wanted: Wanted, expected: dict[str, Answer], tmp_path: Path
) -> None:
    pytest.importorskip(PACKAGES.get(engine, engine))
    given: dict[str, Answer] = {}
    for name in expected:
        ENGINES[engine](name, wanted, jobs, tmp_path / name, 1)
        given[name] = answer(tmp_path / name)
    assert given == expected


def test_jq_gives_the_same_answer(jobs: Path, wanted: Wanted, expected: dict[str, Answer], tmp_path: Path) -> None:
    if not shutil.which("jq"):
        pytest.skip("jq is not installed")
    by_name = {rival.name: rival for rival in rivals(wanted, tmp_path)}
    given: dict[tuple[str, str], Answer] = {}
    asked: list[Query] = queries(wanted)
    for query in asked:
        for rival in ("jq", "grep -F | jq"):
            command = by_name[rival].command(query, jobs, tmp_path / "out")
            if command is not None:
                with (tmp_path / "out").open("wb") as out:
                    subprocess.run(command, stdout=out, check=True)
                given[rival, query.name] = answer(tmp_path / "out")
    assert given == {key: expected[key[1]] for key in given}
    assert len(given) == len(asked) + 2
