"""`reality-jobs index`."""

from __future__ import annotations

from pathlib import Path

import pytest

from .program import Ended, run, usage
from .saved import RECORDS, guid, line, v1


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.ndjson"
    path.write_bytes(b"".join(line(record) + b"\n" for record in RECORDS))
    return path


def index_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.index")


def test_it_says_what_it_wrote(tmp_path: Path) -> None:
    many, one = tmp_path / "many.ndjson", tmp_path / "one.ndjson"
    many.write_bytes(b"".join(line(v1(number % 28 + 1, "x" * 2_000)) + b"\n" for number in range(1_500)))
    one.write_bytes(line(v1(1, "one")))
    shown = run("index", many, one)
    size, of, small = index_of(many).stat().st_size, many.stat().st_size, index_of(one).stat().st_size
    assert (shown.code, shown.out) == (0, "")
    assert shown.err.splitlines() == [
        f"{index_of(many)}: 1,500 records, {size:,} bytes ({size / of:.0%} of the file's)",
        f"{index_of(one)}: 1 record, {small:,} bytes",
    ]


def test_a_filter_prints_the_same_with_an_index(export: Path) -> None:
    queries = [f"inputId eq {guid(7)}", f"id eq {guid(3)}", "state eq 'FAILED'", "name ne 'plain'", "state in ()"]
    before = [run("filter", query, export) for query in queries]
    assert run("index", export).code == 0
    assert [run("filter", query, export) for query in queries] == before
    assert [shown.err for shown in before] == [""] * len(queries)


def test_a_filter_refuses_the_same_with_an_index(export: Path) -> None:
    before = run("filter", "email eq 'x'", export)
    assert before.code == 2
    assert run("index", export).code == 0
    assert run("filter", "email eq 'x'", export) == before


def test_dropping(export: Path) -> None:
    assert run("index", export).code == 0
    assert run("index", "--drop", export) == Ended(0, "", f"{index_of(export)} removed\n")
    assert run("index", "--drop", export) == Ended(0, "", f"{export} has no index\n")
    assert [*export.parent.iterdir()] == [export]


def test_what_cannot_be_indexed(export: Path, tmp_path: Path) -> None:
    assert run("index") == Ended(2, "", usage("index", "FILE...", "Missing argument 'FILE...'."))
    absent = tmp_path / "absent"
    assert run("index", absent) == Ended(2, "", f"{absent}: no such file or directory\n")
    message = "<stdin>: standard input cannot be indexed; save it in a file first\n"
    assert run("index", "-", stdin=b"{}") == Ended(2, "", message)
    export.write_bytes(b'{"id": 1}\n{"id": 2\n')
    shown = run("index", export)
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.startswith(f"{export}:2: column ")
    assert [*export.parent.iterdir()] == [export]


def test_what_has_the_name_of_the_index(export: Path) -> None:
    index_of(export).write_text("my notes")
    message = f"{index_of(export)}: it is no index of reality-jobs; move it elsewhere\n"
    for arguments in (("index",), ("index", "--drop")):
        assert run(*arguments, export) == Ended(1, "", message)
    assert index_of(export).read_text() == "my notes"
