"""`read_export` and `records`: what a file may look like, and what is said of one that is broken."""

from __future__ import annotations

import gzip
import io
import json
import logging
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from reality_jobs import InvalidRecord, Unanswerable, parse
from reality_jobs.exports import read_export, records
from reality_jobs.exports.values import Reader

BOM = b"\xef\xbb\xbf"
ITWIN = "7f2d3c1e-0b5a-4c8e-9d11-52a6f0e4b7a3"
V1 = {
    "id": "cc3d35cc-416a-4262-9714-b359da70b419",
    "name": "North quarry",
    "type": "Full",
    "state": "success",
    "createdDateTime": "2026-03-01T08:00:00Z",
    "lastModifiedDateTime": "2026-03-01T09:00:00Z",
    "location": "East US",
    "workspaceId": ITWIN,
    "email": "a@example.com",
    "inputs": [{"id": ITWIN, "description": "photos"}],
    "jobSettings": {"quality": "Medium", "outputs": []},
}
V2 = {
    "id": "9e2d8c11-77a0-4f0d-8c1e-0d6a2f3b4c5d",
    "iTwinId": ITWIN,
    "type": "Calibration",
    "state": "Success",
    "userId": ITWIN,
    "executionInfo": {"createdDateTime": "2026-03-02T08:00:00Z"},
    "specifications": {"inputs": {"scene": ITWIN}, "outputs": {"scene": ITWIN}},
}


def saved(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "jobs"
    path.write_bytes(content)
    return path


def outcome(path: Path) -> tuple[list[tuple[bytes, int]], list[str]]:
    errors: list[InvalidRecord] = []
    found = [(each.raw, each.line) for each in records(path, on_error=errors.append)]
    return found, [str(error).removeprefix(str(path)) for error in errors]


WELL_FORMED = [
    pytest.param(b"", [], id="empty"),
    pytest.param(b"\r\n \n\t", [], id="blank"),
    pytest.param(BOM, [], id="only a byte order mark"),
    pytest.param(b'{"a":1}\n{"b":2}\n', [(b'{"a":1}', 1), (b'{"b":2}', 2)], id="lines"),
    pytest.param(b'{"a":1}\r\n\r\n {"b":2} ', [(b'{"a":1}', 1), (b'{"b":2}', 3)], id="CRLF, blanks, no newline"),
    pytest.param(
        BOM + b'{"a":1}\n' + BOM + b'{"b":2}', [(b'{"a":1}', 1), (b'{"b":2}', 2)], id="a byte order mark a file"
    ),
    pytest.param(b'{"a":1}{"b":2} {"c":3}', [(b'{"a":1}', 1), (b'{"b":2}', 1), (b'{"c":3}', 1)], id="one line"),
    pytest.param(b'{\n "a": [\n  {}\n ]\n}\n{"b":2}', [(b'{\n "a": [\n  {}\n ]\n}', 1), (b'{"b":2}', 6)], id="pretty"),
    pytest.param(b'[{"a":1},\n{"b":{"c":[]}}]', [(b'{"a":1}', 1), (b'{"b":{"c":[]}}', 2)], id="array"),
    pytest.param(b"[]\n[ ]", [], id="empty arrays"),
    pytest.param(b'{"jobs":[{"a":1},{"b":2}],"_links":{}}', [(b'{"a":1}', 1), (b'{"b":2}', 1)], id="page"),
    pytest.param(b'{"_links":{"next":null},"jobs":[{"a":1}]}{"jobs":[]}', [(b'{"a":1}', 1)], id="pages"),
    pytest.param(
        b'{\n  "jobs": [\n    {\n      "a": 1\n    }\n  ],\n  "_links": null\n}', [(b'{\n      "a": 1\n    }', 3)]
    ),
    pytest.param(b'[{"jobs":[{"a":1}]},{"jobs":[{"b":2}]}]', [(b'{"a":1}', 1), (b'{"b":2}', 1)], id="array of pages"),
    pytest.param(b'{"job":{"a":1}}\n{"job":\n{"b":2}}', [(b'{"a":1}', 1), (b'{"b":2}', 3)], id="detail answers"),
    pytest.param(b'{"id":1,"jobs":[{"a":1}]}', [(b'{"id":1,"jobs":[{"a":1}]}', 1)], id="a record with jobs"),
    pytest.param(b'{"jobs":null}{"job":"x"}', [(b'{"job":"x"}', 1)], id="a page without a list"),
    pytest.param(b'{"_links":{}}\n{"jobs":null,"_links":null}\n{"a":1}', [(b'{"a":1}', 3)], id="last pages"),
    pytest.param(b'{"a":{"jobs":[{"b":1}]}}', [(b'{"a":{"jobs":[{"b":1}]}}', 1)], id="jobs further down"),
    pytest.param(b'{"a":"}{][\\"\\\\"}', [(b'{"a":"}{][\\"\\\\"}', 1)], id="brackets in a text"),
    pytest.param(
        b'{"a":1e999,"b":' + b"9" * 5000 + b"}",
        [(b'{"a":1e999,"b":' + b"9" * 5000 + b"}", 1)],
        id="numbers of any size",
    ),
    pytest.param(b'{"a":[\n"\\ud800"]}', [(b'{"a":[\n"\\ud800"]}', 1)], id="half a surrogate pair"),
]


@pytest.mark.parametrize(("content", "expected"), WELL_FORMED)
def test_well_formed(tmp_path: Path, content: bytes, expected: list[tuple[bytes, int]]) -> None:
    assert outcome(saved(tmp_path, content)) == (expected, [])


CUT = "the line ends inside a record (truncated?)"
BROKEN = [
    (b'{"a":1\n{"b":2}\n', [2], [f":1: column 7: {CUT}"]),
    (b'{"a":[\n{"b":2}\n{"c":3}\n', [2, 3], [f":1: column 7: {CUT}"]),
    (b'{"a":[{"x":1},\r\n{"b":2}', [2], [f":1: column 15: {CUT}"]),
    (b'{"a":\n{"b":\n{"c":3}\n', [3], [f":1: column 6: {CUT}", f":2: column 6: {CUT}"]),
    (b'{\n  "a": 1,\n{\n  "b": 2\n}\n', [3], [f":2: column 10: {CUT}"]),
    (b'{"n":"\xc3\xa9","a":"x\n{"b":2}\n', [2], [":1: column 16: the line ends inside a text (truncated?)"]),
    (b'{"a":"x\\\n{"b":2}\n', [2], [":1: column 8: the line ends inside a text (truncated?)"]),
    (b'{"a":tru\n{"b":2}\n', [2], [":1: column 6: expected a value, found 'tru'"]),
    (b'{"a":1}x\n{"b":2}', [1, 2], [":1: column 8: expected a job record (an object), found 'x'"]),
    (b'{"a":1},\n', [1], [":1: column 8: expected a job record (an object), found ','"]),
    (b'"id":1}\n{"b":2}', [2], [
        ":1: column 1: expected a job record (an object), found text",
        ":1: column 5: expected a job record (an object), found ':'",
    ]),
    (
        b"hello\nworld\n",
        [],
        [
            ":1: column 1: expected a job record (an object), found 'hello'",
            ":2: column 1: expected a job record (an object), found 'world'",
        ],
    ),
    (b"{'a':1}\n", [], [":1: column 2: expected a key in double quotes or '}', found 'a'"]),
    (b'{"a" 1}\n', [], [":1: column 6: expected ':' after the key, found '1'"]),
    (b'{"a":1,}\n', [], [":1: column 8: expected a key in double quotes, found '}'"]),
    (b'{"a":[1,]}\n', [], [":1: column 9: expected a value, found ']'"]),
    (b'{"a":[1}\n', [], [":1: column 8: expected a comma or ']', found '}'"]),
    (b'{"a":01}\n', [], [":1: column 6: expected a value, found '01'"]),
    (b'{"a":"\t"}\n', [], [":1: column 7: a control character (U+0009) inside a text; write it as an escape"]),
    (b'{"a":"\\q"}\n', [], [r":1: column 7: '\q' inside a text is no escape of JSON"]),
    (b'{"a":"\\u12x4"}\n', [], [r":1: column 7: '\u12x4' inside a text is no escape of JSON"]),
    (b'{"a":"\xff"}\n{"b":2}', [2], [":1: column 7: a byte that is no UTF-8 (0xff)"]),
    (b'{"a":NaN}\n{"b":2}', [2], [":1: column 1: NaN is no JSON value"]),
    (b'{"a":-Infinity}', [], [":1: column 1: -Infinity is no JSON value"]),
    (b'5\n"x" null\n', [], [":1: column 1: expected a job record (an object), found the number 5",
                           ":2: column 1: expected a job record (an object), found text",
                           ":2: column 5: expected a job record (an object), found null"]),
    (b'[[{"a":1}],{"b":1}]', [1], [":1: column 2: expected a job record (an object), found an array"]),
    (b'{"jobs":[{"a":NaN},{"b":1}]}', [1], [":1: column 10: NaN is no JSON value"]),
    (b'{"jobs":[{"a":1}],"id":1}\n{"b":1}', [1, 2],
     [":1: column 19: an object with both 'jobs' and 'id' is neither a page nor a record"]),
    (b'{"a":1', [], [":1: column 7: the file ends inside a record (truncated?)"]),
    (b'{"a":"x', [], [":1: column 8: the file ends inside a text (truncated?)"]),
    (b'{"a":"x\\', [], [":1: column 8: the file ends inside a text (truncated?)"]),
    (b'[{"a":1},', [1], [":1: column 10: the file ends inside an array of records (truncated?)"]),
    (b'{"jobs":[{"a":1}', [1], [":1: column 17: the file ends inside a page (truncated?)"]),
    (b'[\n{"a":1},\n{"b":2,\n{"c":3},\n{"d":4}\n]\n{"e":5}', [2, 4, 5, 7], [f":3: column 8: {CUT}"]),
    (b'[\n{"a":1},\n{"b":2,\n{"c":3}\n{"d":4}\n', [2, 4, 5], [f":3: column 8: {CUT}"]),
    (b'[\n{"a":1}\n{"b":2}\n]', [2, 3], [":3: column 1: expected a comma or ']', found '{'"]),
    (
        b'{\n  "jobs": [\n    {\n      "a": 1 2,\n      "x": [\n        {}\n      ]\n    },\n    {\n'
        b'      "b": 2\n    }\n  ]\n}\n{"c":3}',
        [9, 14],
        [":4: column 14: expected a comma or '}', found '2'"],
    ),
    (b"[" * 100_000, [], [":1: column 100001: the file ends inside a record (truncated?)"]),
    (b"[" * 100_000 + b"]" * 100_000 + b'\n{"b":1}', [2], [":1: column 2: a record that is nested too deeply"]),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, [], [":1: column 1: a record that is nested too deeply"]),
    (b'{"a":' + b"x" * 500 + b"}", [], [":1: column 6: expected a value, found '" + "x" * 37 + "...'"]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "lines", "errors"), BROKEN, ids=lambda value: repr(value)[:50])
def test_broken(tmp_path: Path, content: bytes, lines: list[int], errors: list[str]) -> None:
    path = saved(tmp_path, content)
    found, said = outcome(path)
    assert ([line for _, line in found], said) == (lines, errors)
    with pytest.raises(InvalidRecord) as caught:
        list(records(path))
    assert str(caught.value) == f"{path}{errors[0]}"


def test_the_last_of_two_equal_keys_wins(tmp_path: Path) -> None:
    (found,) = records(saved(tmp_path, b'{"a":1,"a":2}'))
    assert (found.raw, found.record) == (b'{"a":1,"a":2}', {"a": 2})


SHORT = [case.values[0] for case in WELL_FORMED] + [case[0] for case in BROKEN if len(case[0]) < 1000]


@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize("content", SHORT)
def test_how_the_bytes_arrive_changes_nothing(tmp_path: Path, content: bytes, size: int) -> None:
    errors: list[InvalidRecord] = []
    pieces = (content[at : at + size] for at in range(0, len(content), size))
    path = saved(tmp_path, content)
    found = [(each.raw, each.line) for each in Reader(str(path), pieces, errors.append).read()]
    assert (found, [str(error).removeprefix(str(path)) for error in errors]) == outcome(path)


def test_a_line_of_many_records_is_not_held() -> None:
    row = json.dumps(V1).encode() + b","

    def pieces() -> Iterator[bytes]:
        yield b'{"jobs":['
        for _ in range(400):
            yield row * 150
        yield json.dumps(V1).encode() + b"]}"

    tracemalloc.start()
    try:
        count = sum(1 for _ in Reader("x", pieces(), pytest.fail).read())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 60_001
    assert peak < 10_000_000


def test_lines_are_not_held() -> None:
    line = json.dumps({"id": "x", "name": "y" * 5000}).encode() + b"\n"
    tracemalloc.start()
    try:
        count = sum(1 for _ in Reader("x", (line * 50 for _ in range(200)), pytest.fail).read())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 10_000
    assert peak < 10_000_000


def test_a_record_may_be_long(tmp_path: Path) -> None:
    record = b'{"a":"' + b"x" * 3_000_000 + b'",\n"b":[' + b"1, " * 100_000 + b"1]}"
    found = list(records(saved(tmp_path, record + b"\n" + record.replace(b"\n", b"") + b'{"c":1}')))
    assert [(each.line, len(each.raw)) for each in found] == [(1, len(record)), (3, len(record) - 1), (3, 7)]


def test_nothing_is_opened_before_the_first_record(tmp_path: Path) -> None:
    path = tmp_path / "later"
    jobs = read_export([path])
    path.write_bytes(json.dumps(V1).encode())
    assert next(jobs).name == "North quarry"


def test_a_pipe_is_read_record_by_record() -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"a":1}\n{"b"'
        pytest.fail("read on too early")

    assert next(Reader("x", pieces(), pytest.fail).read()).record == {"a": 1}


def test_gzip(tmp_path: Path) -> None:
    content = gzip.compress(b'{"a":1}\n') + gzip.compress(b'{"b":2}') + b"\0" * 600
    assert outcome(saved(tmp_path, content)) == ([(b'{"a":1}', 1), (b'{"b":2}', 2)], [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(b'{"a":1}\n', mtime=0)[:-9], "the gzip data end too early (truncated?)"),
        (gzip.compress(b'{"a":1}\n', mtime=0)[:-1] + b"x", "damaged gzip data"),
        (gzip.compress(b"", mtime=0) + b"no gzip", "damaged gzip data"),
        (
            gzip.compress(gzip.compress(b'{"a":1}\n', mtime=0), mtime=0),
            "compressed with gzip twice; decompress it once first (gunzip)",
        ),
        (b"\x28\xb5\x2f\xfd.", "the zstd data end too early (truncated?)"),
        (b"PAR1....", "the parquet data end too early (truncated?)"),
        (
            "{}".encode("utf-16"),
            "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)",
        ),
        (
            '{"a":1}'.encode("utf-16-le"),
            "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16LE -t UTF-8)",
        ),
    ],
)
def test_files_that_are_something_else(tmp_path: Path, content: bytes, reason: str) -> None:
    path = saved(tmp_path, content)
    with pytest.raises(InvalidRecord) as caught:
        list(records(path))
    assert str(caught.value) == f"{path}: {reason}"
    assert caught.value.__cause__ is not None
    errors: list[InvalidRecord] = []
    after = tmp_path / "after"
    after.write_bytes(b'{"z":1}')
    assert [each.record for each in records([path, after], on_error=errors.append)][-1] == {"z": 1}
    assert [error.reason for error in errors] == [reason]


def test_what_came_before_the_gzip_data_ended_is_read(tmp_path: Path) -> None:
    lines = b"".join(b'{"a":%d}\n' % number for number in range(100_000))
    found, errors = outcome(saved(tmp_path, gzip.compress(lines)[:-20_000]))
    assert len(found) > 10_000
    assert errors == [": the gzip data end too early (truncated?)"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b'{"a":1}\n{'))))
    found = records("-")
    assert next(found).file == "<stdin>"
    with pytest.raises(InvalidRecord, match=r"^<stdin>:2: column 2: the file ends inside a record"):
        next(found)


def test_unreadable_files_raise_what_open_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        next(read_export(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match=r"no file in it ends with \.ndjson, \.jsonl, \.json"):
        next(read_export(tmp_path))


def test_where(tmp_path: Path) -> None:
    path = saved(tmp_path, json.dumps({"jobs": [V1, V2]}).encode())
    assert [job.service for job in read_export(path)] == ["modeling-v1", "modeling-v2"]
    assert [job.id for job in read_export(path, parse("type eq 'Calibration'"))] == [V2["id"]]
    assert [each.line for each in records([path, str(path)], parse(f"inputId eq {ITWIN}"))] == [1, 1, 1, 1]


def test_unanswerable_says_where_and_always_stops(tmp_path: Path) -> None:
    path = saved(tmp_path, json.dumps(V1).encode() + b"\n" + json.dumps(V2).encode())
    where = parse("email eq 'a@example.com'")
    jobs = read_export(path, where, on_error="skip")
    assert next(jobs).id == V1["id"]
    with pytest.raises(Unanswerable) as caught:
        next(jobs)
    assert (caught.value.property, caught.value.service) == ("email", "modeling-v2")
    assert (caught.value.file, caught.value.line) == (str(path), 2)
    assert len(list(read_export(path, where, missing="null"))) == 1
    with pytest.raises(Unanswerable):
        read_export(path, where, service="modeling-v2")


def test_a_record_that_the_filter_cannot_read_is_a_broken_place(tmp_path: Path) -> None:
    odd = json.dumps({**V1, "name": 5}).encode()
    path = saved(tmp_path, odd + b"\n" + json.dumps(V1).encode())
    where = parse("name eq 'North quarry'")
    with pytest.raises(InvalidRecord) as caught:
        list(read_export(path, where))
    assert str(caught.value) == f"{path}:1: $.name: expected text, found the number 5"
    errors: list[InvalidRecord] = []
    assert [each.line for each in records(path, where, on_error=errors.append)] == [2]
    assert [error.line for error in errors] == [1]


def test_skipping_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = saved(tmp_path, b'{"a":\n{"b":2}')
    with caplog.at_level(logging.WARNING):
        assert [job.raw for job in read_export(path, on_error="skip")] == [{"b": 2}]
    assert caplog.messages == [f"skipped: {path}:1: column 6: the line ends inside a record (truncated?)"]


def test_wrong_arguments_are_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"^where is a filter, not text: where=parse\('type eq null'\)$"):
        read_export("x", "type eq null")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^a path is text or os.PathLike, not bytes: b'x'$"):
        read_export(b"x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^on_error is 'stop', 'skip' or a function, not 'ignore'$"):
        read_export("x", on_error="ignore")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^unknown service 'modeling-v9'"):
        read_export("x", service="modeling-v9")
