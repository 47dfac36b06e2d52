"""`reality-jobs filter`."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest

from reality_jobs.exports.judging import SAMPLE
from reality_jobs.exports.parts import RANGE

from .program import Ended, on_terminal, run, usage
from .saved import NAMES, RECORDS, guid, line, v1, v2

WHERE = "FILTER FILE..."
EVERY = "state ne null"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.ndjson"
    path.write_bytes(b"".join(line(record) + b"\n" for record in RECORDS))
    return path


def test_records_come_out_byte_for_byte(tmp_path: Path) -> None:
    odd = b'{"state" :"success",\t"unknown":[1.0, 1e2, 12345678901234567890, "\\u00e9\\/"] ,"jobSettings":{}, "id":"a"}'
    pretty = json.dumps(v1(2, "x"), indent=2).encode()
    page = b'{"jobs": [ ' + odd + b" , " + line(v1(3, "y", "failed")) + b'], "_links": null}'
    path = tmp_path / "mixed.json"
    path.write_bytes(odd + b"\r\n" + page + b"\n" + pretty + b"[" + odd + b"]")
    shown = run("filter", "state eq 'Success'", path, "--service", "modeling-v1")
    assert shown == Ended(0, "\n".join([odd.decode(), odd.decode(), pretty.decode(), odd.decode(), ""]), "")


def test_files_in_order_and_stdin_and_gzip(tmp_path: Path) -> None:
    one, two = line(v1(1, "one")), line(v2(2, "two"))
    packed = tmp_path / "b"
    packed.write_bytes(gzip.compress(two))
    shown = run("filter", EVERY, packed, "-", packed, stdin=one)
    assert shown == Ended(0, f"{two.decode()}\n{one.decode()}\n{two.decode()}\n", "")


def test_a_filter_from_stdin(export: Path) -> None:
    assert run("filter", "-", export, "--count", stdin=b"state eq 'FAILED'\n") == Ended(0, "1\n", "")


def test_count(export: Path) -> None:
    assert run("filter", "inputId eq " + guid(7), export, export, "--count") == Ended(0, "12\n", "")
    assert run("filter", "name eq 'nobody'", export, "--count") == Ended(0, "0\n", "")


def test_ids(export: Path) -> None:
    wanted = "".join(f"modeling-v{1 if i < 5 else 2}/{guid(i)}\n" for i in range(1, 7))
    assert run("filter", EVERY, export, "--format", "ids") == Ended(0, wanted, "")


def test_group_by(export: Path) -> None:
    counted = run("filter", EVERY, export, export, "--group-by", "service,state")
    assert counted.err == ""
    rows = [json.loads(row) for row in counted.out.splitlines()]
    assert [list(row) for row in rows] == [["service", "state", "count"]] * len(rows)
    assert sum(row["count"] for row in rows) == 12
    assert [row["count"] for row in rows] == sorted((row["count"] for row in rows), reverse=True)
    shown = run("filter", "name eq 'nobody'", export, "--group-by", "type", "--format", "csv")
    assert shown == Ended(0, "type,count\n", "")


def test_several_processes_give_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "large.ndjson"
    states = ("failed", "success", "Failed")
    lines = [line(v1(i % 28 + 1, f"job {i} \u00e9", states[i % 3])) for i in range(20_000)]
    path.write_bytes(b"\r\n".join(lines))
    assert path.stat().st_size > 2 * RANGE
    wanted = b"".join(lines[i] + b"\n" for i in range(20_000) if i % 3 != 1).decode()
    for jobs in ("1", "2", "3"):
        assert run("filter", "state eq 'failed'", path, "--jobs", jobs) == Ended(0, wanted, "")
    count = run("filter", "state eq 'failed'", path, path, "--count", "--jobs", "2")
    assert count == Ended(0, f"{2 * wanted.count(chr(10))}\n", "")


def test_a_broken_line_that_cannot_match_is_told_in_strict_mode(tmp_path: Path) -> None:
    path = tmp_path / "broken.ndjson"
    sound = line(v1(1, "x")) + b"\n"
    rows = 2 * SAMPLE // len(sound)
    path.write_bytes(sound * rows + b'{"id": "cut\n' + sound * 9)
    where = f"id eq {guid(2)}"
    assert run("filter", where, path, "--jobs", "1") == Ended(0, "", "")
    told = f"{path}:{rows + 1}: column 12: the line ends inside a text (truncated?)\n"
    assert run("filter", where, path, "--strict") == Ended(2, "", told)


def test_csv_is_read_back_by_python(export: Path) -> None:
    shown = run("filter", EVERY, export, "--format", "csv")
    assert (shown.code, shown.err) == (0, "")
    # Decoded by run(): line ends inside cells are as they were.
    rows = list(csv.DictReader(io.StringIO(shown.out, newline="")))
    assert [row["name"] for row in rows] == [*NAMES, "", "plain"]
    assert rows[0] == {
        "service": "modeling-v1",
        "id": guid(1),
        "itwin_id": "",
        "name": NAMES[0],
        "email": "surveyor@example.com",
        "user_id": "",
        "type": "Full",
        "state": "success",
        "created_date_time": "2026-01-01T10:00:00Z",
        "input_ids": f"{guid(101)} {guid(7)}",
        "output_ids": guid(201),
    }
    assert rows[4]["created_date_time"] == "2026-01-05T10:00:00.1234567Z"
    assert rows[4]["user_id"] == guid(700)


@pytest.mark.parametrize("name", ["a\rb", "a\nb", "a\r\nb", 'a"b', "a,b", " a ", "", "\ufeffa", "\x00"])
def test_csv_keeps_every_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(line(v1(1, name)))
    shown = run("filter", EVERY, path, "--format", "csv")
    assert [row["name"] for row in csv.DictReader(io.StringIO(shown.out, newline=""))] == [name]


TABLE = r"""
service      id                                    name                                     type                 state    created
modeling-v1  00000000-0000-4000-8000-000000000001  [bold]Zürich[/bold]                      Full                 success  2026-01-01T10:00:00
modeling-v1  00000000-0000-4000-8000-000000000002  東京, "駅"                               Full                 success  2026-01-02T10:00:00
modeling-v1  00000000-0000-4000-8000-000000000003  \x1b[31mred\x1b[0m\u202e\r\nsecond line  Full                 success  2026-01-03T10:00:00
modeling-v1  00000000-0000-4000-8000-000000000004  O'Brien; =1+1                            Full                 success  2026-01-04T10:00:00
modeling-v2  00000000-0000-4000-8000-000000000005                                           FillImageProperties  Success  2026-01-05T10:00:00
modeling-v2  00000000-0000-4000-8000-000000000006  plain                                    FillImageProperties  Failed   2026-01-06T10:00:00
"""[1:]  # noqa: E501

NARROW = r"""
modeling-v1/00000000-0000-4000-8000-000000000001
  2026-01-01T10:00:00  success  Full  [bold]Zürich[/bold]
modeling-v1/00000000-0000-4000-8000-000000000002
  2026-01-02T10:00:00  success  Full  東京, "駅"
modeling-v1/00000000-0000-4000-8000-000000000003
  2026-01-03T10:00:00  success  Full  \x1b[31mred\x1b[0m\u202e\r\nsecond line
modeling-v1/00000000-0000-4000-8000-000000000004
  2026-01-04T10:00:00  success  Full  O'Brien; =1+1
modeling-v2/00000000-0000-4000-8000-000000000005
  2026-01-05T10:00:00  Success  FillImageProperties
modeling-v2/00000000-0000-4000-8000-000000000006
  2026-01-06T10:00:00  Failed  FillImageProperties  plain
"""[1:]


def test_a_table_where_no_terminal_sets_the_width(export: Path, tmp_path: Path) -> None:
    assert run("filter", EVERY, export, "--format", "table", COLUMNS="40", FORCE_COLOR="1") == Ended(0, TABLE, "")
    target = tmp_path / "table.txt"
    run("filter", EVERY, export, "--format", "table", "-o", target)
    assert target.read_text() == TABLE


@pytest.mark.parametrize(("columns", "shown"), [(200, TABLE), (80, NARROW), (20, NARROW)])
def test_a_table_on_a_terminal(export: Path, columns: int, shown: str) -> None:
    assert on_terminal(columns, "filter", EVERY, export, env={"NO_COLOR": "1"}) == (0, shown)


def test_a_long_name_is_folded_before_the_table_gives_up(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(line(v1(1, "North abutment of the bridge over the river")))
    code, shown = on_terminal(112, "filter", EVERY, path, env={"NO_COLOR": "1"})
    service, job_id, *_ = shown.splitlines()[1].split()
    assert (code, service, job_id) == (0, "modeling-v1", guid(1))
    assert all(len(text) <= 112 for text in shown.splitlines())
    assert shown.count("\n") == 3


def test_colours_on_a_terminal_only_and_not_with_no_color(export: Path) -> None:
    assert "\x1b[1m" in on_terminal(200, "filter", EVERY, export, env={})[1]
    assert "\x1b" not in on_terminal(200, "filter", EVERY, export, env={"NO_COLOR": "1"})[1]


def test_a_terminal_gets_the_records_if_it_asks(export: Path) -> None:
    _, shown = on_terminal(80, "filter", "name eq 'plain'", export, "--format", "ndjson", env={})
    assert shown == f"{line(RECORDS[-1]).decode()}\n"


def test_output_replaces_the_file_and_leaves_nothing_beside(export: Path) -> None:
    assert run("filter", "state eq 'Failed'", export, "-o", export) == Ended(0, "", "")
    assert export.read_bytes() == line(RECORDS[-1]) + b"\n"
    assert [path.name for path in export.parent.iterdir()] == [export.name]


def test_output_to_a_dash_is_stdout(export: Path) -> None:
    shown = run("filter", "state eq 'Failed'", export, "-o", "-", cwd=export.parent)
    assert shown == Ended(0, f"{line(RECORDS[-1]).decode()}\n", "")
    assert [path.name for path in export.parent.iterdir()] == [export.name]


def test_a_failure_leaves_the_old_output(tmp_path: Path) -> None:
    path, target = tmp_path / "jobs", tmp_path / "out"
    path.write_bytes(line(v1(1, "a")) + b"\n{broken\n")
    target.write_text("old")
    shown = run("filter", EVERY, path, "-o", target)
    message = f"{path}:2: column 2: expected a key in double quotes or '}}', found 'broken'\n"
    assert shown == Ended(2, "", message)
    assert target.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["jobs", "out"]


def test_broken_places_stop_or_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    good = line(v1(1, "a"))
    path.write_bytes(good + b"\n{broken\n7\n" + line(v1(2, "b", state=5)) + b"\n" + good + b"\n")  # type: ignore[arg-type]
    places = [
        f"{path}:2: column 2: expected a key in double quotes or '}}', found 'broken'\n",
        f"{path}:3: column 1: expected a job record (an object), found the number 7\n",
        f"{path}:4: $.state: expected text, found the number 5\n",
    ]
    record = good.decode() + "\n"
    assert run("filter", "state eq 'Success'", path) == Ended(2, record, places[0])
    shown = run("filter", "state eq 'Success'", path, "--on-error", "skip")
    assert shown == Ended(0, record * 2, "".join(places) + "3 broken places skipped\n")
    shown = run("filter", "state eq 'Success'", path, "--on-error", "skip", "--count")
    assert shown == Ended(0, "2\n", "".join(places) + "3 broken places skipped\n")


@pytest.mark.parametrize("form", ["csv", "table"])
def test_a_value_that_fits_no_cell_is_a_broken_place(tmp_path: Path, form: str) -> None:
    path = tmp_path / "jobs"
    path.write_bytes(line(v1(1, 5)) + b"\n" + line(v1(2, "good")) + b"\n")
    place = f"{path}:1: $.name: expected text, found the number 5\n"
    shown = run("filter", EVERY, path, "--format", form)
    assert (shown.code, shown.err) == (2, place)
    shown = run("filter", EVERY, path, "--format", form, "--on-error", "skip")
    assert (shown.code, shown.err) == (0, f"{place}1 broken place skipped\n")
    assert "good" in shown.out


def test_a_job_without_an_id_has_no_line_among_ids(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    path.write_bytes(line(v1(1, "a", id=None)))
    assert run("filter", EVERY, path, "--format", "ids") == Ended(2, "", f"{path}:1: $.id: the record has no id\n")


def test_what_records_never_hold(export: Path) -> None:
    why = "records of modeling-v2 never hold 'email', so they cannot answer the filter; --missing null reads it as null"
    text = "email eq null"
    assert run("filter", text, export, "--count") == Ended(2, "", f"{export}:5: {why}\n")
    assert run("filter", text, export, "--count", "--on-error", "skip") == Ended(2, "", f"{export}:5: {why}\n")
    assert run("filter", text, export, "--count", "--service", "modeling-v2") == Ended(2, "", f"{why}\n")
    assert run("filter", text, export, "--count", "--missing", "null") == Ended(0, "2\n", "")


def test_missing_files_are_found_before_anything_is_read(export: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    assert run("filter", EVERY, export, absent) == Ended(2, "", f"{absent}: no such file or directory\n")
    absent.mkdir()
    why = "no file in it ends with .ndjson, .jsonl, .json (each also with .gz or .zst) or .parquet"
    assert run("filter", EVERY, export, absent) == Ended(2, "", f"{absent}: {why}\n")
    assert run("filter", EVERY, export, absent / "*.json") == Ended(2, "", f"{absent}/*.json: matches no file\n")


def test_directories_and_patterns_stand_for_the_files_in_them(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name, number in (("b.json", 2), ("a.ndjson", 1), ("sub/c.jsonl", 3), ("notes.txt", 4), (".hidden.json", 5)):
        (tmp_path / name).write_bytes(line(v1(number, "x")))
    ids = "".join(f"modeling-v1/{guid(i)}\n" for i in (1, 2, 3))
    assert run("filter", EVERY, tmp_path, "--format", "ids") == Ended(0, ids, "")
    assert run("filter", EVERY, tmp_path / "**/*.json*", "--count") == Ended(0, "2\n", "")


def test_files_that_are_no_export(tmp_path: Path) -> None:
    path = tmp_path / "jobs.bz2"
    path.write_bytes(b"BZh9....")
    message = f"{path}: compressed with bzip2, which is not read; decompress it first (bunzip2)\n"
    assert run("filter", EVERY, path) == Ended(2, "", message)


def test_outputs_that_cannot_be_written(export: Path, tmp_path: Path) -> None:
    folder = tmp_path / "absent" / "out"
    assert run("filter", EVERY, export, "-o", folder) == Ended(2, "", f"{folder}: no such file or directory\n")
    assert run("filter", EVERY, export, "-o", export / "out") == Ended(2, "", f"{export}/out: not a directory\n")
    wrong = f"Invalid value for '-o' / '--output': File '{tmp_path}' is a directory."
    assert run("filter", EVERY, export, "-o", tmp_path) == Ended(2, "", usage("filter", WHERE, wrong))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("-", "-"), "FILTER and FILE cannot both be stdin ('-')"),
        (("x", "-", "--count", "--format", "csv"), "--count prints a number; leave out --format csv"),
        (("x",), "Missing argument 'FILE...'."),
    ],
)
def test_wrong_arguments(args: tuple[str, ...], message: str) -> None:
    assert run("filter", *args) == Ended(2, "", usage("filter", WHERE, message))
