"""`reality-jobs filter --engine spark`: the same records as without it; stdout, stderr and exit code compared whole."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.e2e.program import Ended, run, usage

pytestmark = pytest.mark.usefixtures("java")

FILTER = "state eq 'failed'"
RAWS = tuple(f'{{"id":"{number}","state":"{state}"}}' for number, state in enumerate(("failed", "active", "Failed")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "lines.ndjson").write_text("".join(f"{raw}\n" for raw in RAWS))
    (folder / "page.json").write_text(json.dumps({"jobs": [json.loads(raw) for raw in RAWS]}))
    return folder


def test_records_and_their_number(folder: Path, tmp_path: Path) -> None:
    plain = run("filter", FILTER, folder)
    found = run("filter", FILTER, folder, "--engine", "spark", "--master", "local[2]")
    assert (found.code, sorted(found.out.splitlines()), found.err) == (0, sorted(plain.out.splitlines()), "")
    out = tmp_path / "count"
    counted = run("filter", FILTER, folder, "--engine", "spark", "--count", "-o", out)
    assert (counted.code, counted.out, counted.err, out.read_text()) == (0, "", "", "4\n")


def test_a_broken_place(folder: Path) -> None:
    broken = folder / "broken.ndjson"
    broken.write_text(f"{RAWS[0]}\n{{'id': 5}}\n")
    assert (stopped := run("filter", FILTER, folder, "--engine", "spark")).err == run("filter", FILTER, broken).err
    assert (stopped.code, stopped.out) == (2, "")
    skipped = run("filter", FILTER, folder, "--engine", "spark", "--on-error", "skip", "--count")
    assert (skipped.code, skipped.out, skipped.err) == (0, "5\n", f"{stopped.err}1 broken place skipped\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--master", "local"], "--master goes with --engine spark"),
        (["--engine", "spark", "--master", ""], "--master is a URL, as in local[2], not empty"),
        (["--engine", "spark", ""], "FILE is empty"),
        (["--engine", "spark", "-"], "--engine spark reads files, not stdin ('-')"),
        (["--engine", "spark", "--strict"], "leave out --strict with --engine spark"),
        (["--engine", "spark", "--group-by", "state"], "leave out --group-by with --engine spark"),
        (["--engine", "spark", "--format", "csv"], "leave out --format csv with --engine spark"),
        (["--engine", "spark", "--jobs", "2"], "leave out --jobs with --engine spark"),
    ],
)
def test_options_that_do_not_go_together(options: list[str], message: str) -> None:
    ended = run("filter", FILTER, "a.ndjson", *options)
    assert (ended.code, ended.out, ended.err) == (2, "", usage("filter", "FILTER FILE...", message))


def test_files_without_a_byte_and_parquet_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "empty.ndjson").touch()
    assert run("filter", FILTER, tmp_path, "--engine", "spark", "--count") == Ended(0, "0\n", "")
    foreign = tmp_path / "foreign.parquet"
    pq.write_table(pa.table({"id": ["a"]}), foreign)
    ended = run("filter", FILTER, foreign, "--engine", "spark")
    said = "parquet without the records in a column 'raw'; reality-jobs convert makes it with them"
    assert ended == run("filter", FILTER, foreign) == Ended(2, "", f"{foreign}: {said}\n")
    skipped = run("filter", FILTER, tmp_path, "--engine", "spark", "--on-error", "skip", "--count")
    assert skipped == Ended(0, "0\n", f"{foreign}: {said}\n1 broken place skipped\n")


def test_what_spark_cannot_do(folder: Path) -> None:
    for options, env, code, said in (
        ([folder / "nope"], {}, 2, f"{folder}/nope: no such file or directory\n"),
        ([folder], {"JAVA_HOME": "/nowhere"}, 1, "Error: Spark: it needs Java 17 or newer, in JAVA_HOME or PATH\n"),
        ([folder, "--master", "lokal"], {}, 1,
         "Error: Spark: Master must either be yarn or start with spark, k8s, or local\n"),
    ):  # fmt: skip
        ended = run("filter", FILTER, *options, "--engine", "spark", **env)
        assert (ended.code, ended.out, ended.err) == (code, "", said)
