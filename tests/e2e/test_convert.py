"""`reality-jobs convert`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from backports import zstd

from reality_jobs.exports.parquet import read

from .program import Ended, run, usage
from .saved import RECORDS, line, v1, v2

WHERE = "FILE..."
LINES = b"".join(line(record) + b"\n" for record in RECORDS)
ODD = (
    b'{"state" :"success",\t"unknown":[1.0, 1e2, 12345678901234567890, "\\u00e9\\/\\ud800 \\n "] ,'
    b'"jobSettings":{}, "id":"a"}'
)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.ndjson"
    path.write_bytes(LINES)
    return path


def written(jobs: int, path: Path) -> Ended:
    return Ended(0, "", f"{jobs} job{'' if jobs == 1 else 's'} written to {path}\n")


def test_parquet_holds_the_same_bytes(export: Path, tmp_path: Path) -> None:
    pretty = json.dumps(v1(2, "x"), indent=2).encode()
    page = tmp_path / "page.json"
    page.write_bytes(b'{"jobs": [ ' + ODD + b" , " + pretty + b"]}")
    target = tmp_path / "jobs.parquet"
    assert run("convert", export, page, "-o", target) == written(8, target)
    assert [raw for raw, _ in read(str(target))] == [*LINES.splitlines(), ODD, pretty]


def test_ndjson_is_a_record_a_line(export: Path, tmp_path: Path) -> None:
    target = tmp_path / "all.ndjson"
    pretty = ODD.replace(b"[", b"[\r\n\t ").replace(b"]", b" \r]").replace(b'"id"', b'\n\n  "id"')
    assert run("convert", export, "-", "-o", target, stdin=pretty) == written(7, target)
    assert target.read_bytes() == LINES + ODD.replace(b"]", b" ]") + b"\n"


@pytest.mark.parametrize("ending", ["ndjson", "jsonl", "csv", "NDJSON"])
def test_text_is_what_filter_writes(export: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"all.{ending}"
    assert run("convert", export, "-o", target) == written(6, target)
    form = "csv" if ending == "csv" else "ndjson"
    assert target.read_bytes() == run("filter", "state ne null", export, "--format", form).out.encode()


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_compressed(export: Path, tmp_path: Path, form: str) -> None:
    plain, gz, zst = (tmp_path / f"all.{form}{ending}" for ending in ("", ".gz", ".zst"))
    for target in (plain, gz, zst):
        assert run("convert", export, "-o", target) == written(6, target)
    assert gzip.decompress(gz.read_bytes()) == zstd.decompress(zst.read_bytes()) == plain.read_bytes()


@pytest.mark.parametrize("ending", ["parquet", "ndjson"])
def test_only_what_matches(export: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"some.{ending}"
    shown = run("convert", "--filter", "state eq 'FAILED'", "-o", target, export)
    assert shown == written(1, target)
    raws = [raw for raw, _ in read(str(target))] if ending == "parquet" else target.read_bytes().splitlines()
    assert raws == [line(RECORDS[5])]


def test_a_filter_from_stdin(export: Path, tmp_path: Path) -> None:
    target = tmp_path / "some.ndjson"
    assert run("convert", export, "--filter", "-", "-o", target, stdin=b"state eq 'FAILED'\n") == written(1, target)
    both = run("convert", "-", "--filter", "-", "-o", target)
    assert both == Ended(2, "", usage("convert", WHERE, "FILTER and FILE cannot both be stdin ('-')"))


def test_service_and_missing(export: Path, tmp_path: Path) -> None:
    target = tmp_path / "some.parquet"
    shown = run("convert", export, "--filter", "email eq 'x'", "-o", target)
    assert shown == Ended(
        2,
        "",
        f"{export}:5: records of modeling-v2 never hold 'email', so they cannot answer the filter; "
        "--missing null reads it as null\n",
    )
    assert not target.exists()
    assert run("convert", export, "--filter", "email eq 'x'", "--missing", "null", "-o", target) == written(0, target)
    assert run("convert", export, "--service", "analysis-v1", "-o", target) == written(6, target)
    assert len(list(read(str(target)))) == 6


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_broken_places(tmp_path: Path, ending: str) -> None:
    path, target = tmp_path / "a", tmp_path / f"all.{ending}"
    path.write_bytes(line(v1(1, 5)) + b"\n" + b'{"id":\n' + line(v2(2, "fine")) + b"\n")
    target.write_bytes(b"old")
    odd = f"{path}:1: $.name: expected text, found the number 5\n"
    assert run("convert", path, "-o", target) == Ended(2, "", odd)
    assert target.read_bytes() == b"old"
    skipped = run("convert", path, "-o", target, "--on-error", "skip")
    cut = f"{path}:2: column 7: the line ends inside a record (truncated?)\n"
    assert skipped == Ended(0, "", f"{odd}{cut}2 broken places skipped\n1 job written to {target}\n")
    assert sorted(tmp_path.iterdir()) == [path, target]


@pytest.mark.parametrize("name", ["jobs", "jobs.json", "jobs.parquet.gz", "jobs.gz", "-", "jobs.ndjson.zip"])
def test_endings_that_say_nothing(export: Path, name: str) -> None:
    message = (
        f"Invalid value for '-o' / '--output': '{name}' has to end in "
        ".parquet, .ndjson, .jsonl or .csv; behind the last three, .gz or .zst"
    )
    assert run("convert", export, "-o", name) == Ended(2, "", usage("convert", WHERE, message))


def test_what_has_to_be_said(export: Path) -> None:
    assert run("convert", export) == Ended(2, "", usage("convert", WHERE, "Missing option '-o' / '--output'."))
    assert run("convert", "-o", "a.csv") == Ended(2, "", usage("convert", WHERE, "Missing argument 'FILE...'."))


def test_a_file_into_itself(export: Path) -> None:
    assert run("convert", export, "-o", export, "--filter", "state eq 'Failed'") == written(1, export)
    assert export.read_bytes() == line(RECORDS[5]) + b"\n"


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_where_nothing_can_be_written(export: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / "nowhere" / f"a.{ending}"
    assert run("convert", export, "-o", target) == Ended(2, "", f"{target}: no such file or directory\n")


def test_nothing_is_written_but_the_target(export: Path, tmp_path: Path) -> None:
    home, work, temporary, out = (tmp_path / name for name in ("home", "work", "temporary", "out"))
    for folder in (home, work, temporary, out):
        folder.mkdir()
    target = out / "a.parquet"
    env = {"HOME": str(home), "TMPDIR": str(temporary)}
    assert run("convert", export, "-o", target, cwd=work, **env) == written(6, target)
    left = [path for folder in (home, work, temporary, out) for path in folder.rglob("*")]
    assert left == [target]


@pytest.mark.parametrize(
    ("ending", "absent", "message"),
    [
        ("parquet", "duckdb", "writing parquet needs duckdb; pip install 'reality-jobs[parquet]'"),
        ("ndjson.zst", "backports", "writing .zst needs backports; pip install 'reality-jobs[zstd]'"),
    ],
)
def test_a_package_that_is_not_there(export: Path, tmp_path: Path, ending: str, absent: str, message: str) -> None:
    folder = tmp_path / "absent"
    folder.mkdir()
    (folder / f"{absent}.py").write_text(f"raise ModuleNotFoundError('none', name='{absent}')")
    target = tmp_path / f"a.{ending}"
    shown = run("convert", export, "-o", target, PYTHONPATH=str(folder))
    assert shown == Ended(1, "", f"Error: {message}\n")
    assert not target.exists()
