"""`exports.parquet`: records in, the same bytes out, and no candidate lost on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pytest

from reality_jobs import InvalidRecord, parse
from reality_jobs.exports import Saved, replacing
from reality_jobs.exports.compression import UnreadableError
from reality_jobs.exports.parquet import read, write
from reality_jobs.schema import Missing
from tests.e2e.program import environment
from tests.e2e.saved import RECORDS, guid, line, v1, v2

RAWS = (
    line(v1(1, "one", state="Failed", iTwinId=guid(800).upper())),
    json.dumps(v1(2, "\ud800 half", "failed"), indent=2).encode(),
    b'{"id" : "x", "name":"\\u0000 \\/ \\u00e9 \xc3\xa9 \\ud83d\\ude00","n":[1e2,1.0,12345678901234567890], "e":-0}',
    line(v2(3, "three")),
)


def made(path: Path, raws: Iterable[bytes], service: str | None = None) -> Path:
    with replacing(path) as file:
        write((Saved(raw, "a.ndjson", n) for n, raw in enumerate(raws, 1)), file, stop, service)
    return path


def stop(error: InvalidRecord) -> None:
    raise error


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return made(tmp_path / "a.parquet", RAWS)


def numbers(path: Path, text: str, missing: Missing = "error", service: str | None = None) -> list[int]:
    return [number for _, number in read(str(path), parse(text).node, missing, service)]


def test_records_come_back_byte_for_byte_and_numbered(path: Path) -> None:
    assert list(read(str(path))) == [(raw, number) for number, raw in enumerate(RAWS, 1)]


def test_nothing(tmp_path: Path) -> None:
    assert list(read(str(made(tmp_path / "a", [])))) == []
    assert numbers(tmp_path / "a", "state eq 'failed'") == []


def test_what_other_tools_see(path: Path) -> None:
    described = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    assert {name: kind for name, kind, *_ in described} == {
        **dict.fromkeys(("service", "id", "itwin_id", "name", "email", "type", "state"), "VARCHAR"),
        "created_ticks": "BIGINT",
        "created_at": "TIMESTAMP",
        "input_ids": "VARCHAR[]",
        "output_ids": "VARCHAR[]",
        "odd": "BOOLEAN",
        "raw": "VARCHAR",
    }
    shown = duckdb.execute("SELECT * EXCLUDE raw, created_at::VARCHAR FROM read_parquet(?)", [str(path)]).fetchall()
    ids = ([guid(101), guid(7)], [guid(201)], False)
    common = (guid(1), guid(800), "one", "surveyor@example.com", "full", "failed")
    assert shown[0][:8] == ("modeling-v1", *common, 17672616000000000)
    assert shown[0][9:] == (*ids, "2026-01-01 10:00:00")
    assert [row[3] for row in shown] == ["one", "\ufffd half", "\0 / é é 😀", "three"]
    assert [row[11] for row in shown] == [False, True, False, False]
    assert shown[3][-1] == "2026-01-03 10:00:00.123456"


def test_the_microsecond_of_a_moment_before_1970(tmp_path: Path) -> None:
    early = v1(1, None) | {"createdDateTime": "1969-12-31T23:59:59.9999999Z"}
    made(tmp_path / "a", [line(early)])
    shown = duckdb.execute("SELECT created_ticks, created_at::VARCHAR FROM read_parquet(?)", [str(tmp_path / "a")])
    assert shown.fetchall() == [(-1, "1969-12-31 23:59:59.999999")]


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("state eq 'FAILED'", [1, 2]),
        ("state eq 'failed' and type eq 'Full'", [1, 2]),
        ("createdDateTime gt 2026-01-02T10:00:00Z", [2, 4]),
        ("createdDateTime gt 2026-01-02T10:00:00Z or name eq 'one'", [1, 2, 4]),
        (f"id eq {guid(3)}", [2, 4]),
        (f"id in ('{guid(3)}', '{guid(1)}')", [1, 2, 4]),
        (f"inputId eq {guid(101)}", [1, 2]),
        (f"inputId in ('{guid(101)}', '{guid(5)}', '{guid(6)}')", [1, 2]),
        (f"outputId in ('{guid(5)}', '{guid(6)}')", [2]),
        ("iTwinId in ()", [2]),
        ("name ne 'one'", [1, 2, 3, 4]),
        ("email eq 'nobody'", [2, 4]),
    ],
)
def test_candidates_are_few_and_in_order(path: Path, text: str, candidates: list[int]) -> None:
    # The second is always one: no column can hold its name. The fourth is of a service without e-mail addresses.
    assert numbers(path, text) == candidates


def test_missing_null_needs_no_unanswerable_row(path: Path) -> None:
    assert numbers(path, "email eq 'nobody'", "null") == [2]


def test_rows_of_other_services_are_read_anew_as_the_one_that_is_named(path: Path) -> None:
    assert numbers(path, "state eq 'unheard of'", service="modeling-v1") == [2, 3, 4]


def test_a_file_of_one_named_service_says_nothing_to_those_who_name_another_or_none(tmp_path: Path) -> None:
    path = made(tmp_path / "a", RAWS, "analysis-v1")
    assert numbers(path, "state eq 'unheard of'", service="analysis-v1") == [2]
    assert numbers(path, "state eq 'unheard of'") == [1, 2, 3, 4]
    assert numbers(path, "state eq 'unheard of'", service="modeling-v1") == [1, 2, 3, 4]


def test_many_records_keep_their_order_over_row_groups(tmp_path: Path) -> None:
    raws = [line(v1(n % 28 + 1, str(n), ("success", "failed")[n % 3 == 0])) for n in range(30_000)]
    path = made(tmp_path / "a", raws)
    assert row_groups(path) > 1
    assert list(read(str(path))) == [(raw, number) for number, raw in enumerate(raws, 1)]
    assert numbers(path, "state eq 'failed'") == list(range(1, 30_001, 3))
    both = [n for n in range(1, 30_001) if (n - 1) % 28 in (0, 2)]
    assert numbers(path, f"inputId in ('{guid(101)}', '{guid(103)}')") == both


def test_row_groups_of_large_records_hold_fewer(tmp_path: Path) -> None:
    small = made(tmp_path / "small", (line(v1(1, "x")) for _ in range(4_200)))
    large = made(tmp_path / "large", (line(v1(1, "x" * 8_000)) for _ in range(4_200)))
    assert row_groups(small) == 1
    assert row_groups(large) > 1


def row_groups(path: Path) -> int:
    found = duckdb.execute("SELECT num_row_groups FROM parquet_file_metadata(?)", [str(path)]).fetchall()
    return int(found[0][0])


NAMES = (
    "a*",
    "[a]",
    "a?",
    "**",
    "a'b",
    'a"b',
    "{a,b}",
    "a\\b",
    "~",
    "%20",
    "a\nb",
    " a ",
    "é",
    "service=x",
    "$1",
    "http:",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_that_very_file(tmp_path: Path, name: str) -> None:
    for other in ("a", "ab", "abc", "x"):
        made(tmp_path / other, [line(v1(2, "another"))])
    made(tmp_path / name, RAWS[:1])
    assert list(read(str(tmp_path / name), parse("state ne null").node)) == [(RAWS[0], 1)]


def test_names_that_duckdb_cannot_be_told(tmp_path: Path) -> None:
    made(tmp_path / "a\\*", RAWS)
    with pytest.raises(UnreadableError) as caught:
        list(read(str(tmp_path / "a\\*")))
    assert str(caught.value) == "parquet in a file with a backslash and one of *?[ in its path; rename it"
    (tmp_path / "a\\*").rename(tmp_path / "a\udcff")
    with pytest.raises(UnreadableError) as caught:
        list(read(str(tmp_path / "a\udcff")))
    assert str(caught.value) == "parquet in a file whose path is no UTF-8; rename it"


def test_a_path_from_the_working_directory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    assert next(read("a.parquet")) == (RAWS[0], 1)


@pytest.mark.parametrize("keep", [4, 8, 1_000, -1])
def test_a_file_that_was_cut_off(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    whole = "the parquet data end too early (truncated?)" if keep != 4 else None
    with pytest.raises(UnreadableError) as caught:
        list(read(str(path)))
    if whole:
        assert str(caught.value) == whole
    else:
        assert str(caught.value).startswith("damaged parquet data (")


def test_a_file_that_was_damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for place in range(4, len(data) - 4, 97):
        path.write_bytes(data[:place] + bytes(255 - byte for byte in data[place : place + 8]) + data[place + 8 :])
        try:
            list(read(str(path), parse("state eq 'failed'").node))
        except UnreadableError as error:
            assert isinstance(error.__cause__, duckdb.Error) or "column 'raw'" in str(error)  # noqa: PT017


@pytest.mark.parametrize("data", [b"", b"P", b'{"id":"a"}\n', b"\x1f\x8b"])
def test_what_is_no_parquet(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(UnreadableError) as caught:
        list(read(str(tmp_path / "a")))
    assert str(caught.value) == "no parquet file"


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read(str(tmp_path / "a")))
    with pytest.raises(IsADirectoryError):
        list(read(str(tmp_path)))


def test_parquet_of_others(tmp_path: Path) -> None:
    target = str(tmp_path / "a")
    duckdb.execute("COPY (SELECT 1 AS id, 2 AS raw) TO $1 (FORMAT parquet)", [target])
    with pytest.raises(UnreadableError) as caught:
        list(read(target))
    assert str(caught.value) == (
        "parquet without the records in a column 'raw'; reality-jobs convert makes it with them"
    )


COPY = "COPY (FROM read_parquet($1) LIMIT $2) TO $3 (FORMAT parquet{})"


@pytest.mark.parametrize(
    ("metadata", "rows"),
    [
        ("", 4),
        (", KV_METADATA {'reality-jobs': '{}'}", 4),
        (
            ", KV_METADATA {'reality-jobs': "
            '\'{"format":1,"rows":4,"service":null,"services":["modeling-v1"],"odd":false}\'}',
            3,
        ),
    ],
)
def test_without_metadata_that_fit_every_row_is_a_candidate(path: Path, metadata: str, rows: int) -> None:
    copied = path.with_name("copy")
    duckdb.execute(COPY.format(metadata), [str(path), rows, str(copied)])
    assert numbers(copied, "state eq 'unheard of'") == list(range(1, rows + 1))


def test_a_record_without_a_place_in_columns(tmp_path: Path) -> None:
    odd = [Saved(line(v1(n, name)), "a.ndjson", n) for n, name in enumerate(("one", 2, "three"), 1)]
    with pytest.raises(InvalidRecord) as caught, replacing(tmp_path / "a") as file:
        write(odd, file, stop)
    assert str(caught.value) == "a.ndjson:2: $.name: expected text, found the number 2"
    assert isinstance(caught.value.__cause__, InvalidRecord)
    assert list(tmp_path.iterdir()) == []
    refused: list[InvalidRecord] = []
    with replacing(tmp_path / "a") as file:
        assert write(odd, file, refused.append) == 2
    assert [error.line for error in refused] == [2]
    assert [raw for raw, _ in read(str(tmp_path / "a"))] == [odd[0].raw, odd[2].raw]
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_an_error_of_the_source_leaves_the_old_file_alone(path: Path) -> None:
    def broken() -> Iterator[Saved]:
        yield Saved(RAWS[0], "a", 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), replacing(path) as file:
        write(broken(), file, stop)
    assert [raw for raw, _ in read(str(path))] == list(RAWS)
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk() -> None:
    with (
        Path("/dev/full").open("wb") as file,
        pytest.raises(OSError, match=r"^\[Errno 5\] parquet cannot be written \("),
    ):
        write([Saved(RAWS[0], "a", 1)], file, stop)


def test_a_reader_that_is_left_early_and_two_at_once(path: Path) -> None:
    one, two = read(str(path)), read(str(path))
    assert [next(one), next(two), next(one)] == [(RAWS[0], 1), (RAWS[0], 1), (RAWS[1], 2)]
    one.close()  # type: ignore[attr-defined]
    assert next(two) == (RAWS[1], 2)


def test_without_duckdb(path: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    absent.mkdir()
    (absent / "duckdb.py").write_text("raise ModuleNotFoundError('no duckdb', name='duckdb')")
    code = f"from reality_jobs.exports.parquet import read\nlist(read({str(path)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=environment(PYTHONPATH=str(absent)),
    )
    assert done.stderr.splitlines()[-1] == (
        "reality_jobs.exports.compression.UnreadableError: parquet; pip install 'reality-jobs[parquet]' to read it"
    )


INTERRUPTED = """
import os, signal, threading
from reality_jobs.exports._duckdb import connected, failing_as

connection = connected()
threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
with failing_as(OSError):
    connection.execute("SELECT count(*) FROM range(1_000_000_000_000) AS t(n) WHERE n % 7 = 3").fetchall()
"""


def test_ctrl_c_while_duckdb_works() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr.splitlines()[-1] == "KeyboardInterrupt"


def test_every_record_of_the_samples(tmp_path: Path) -> None:
    raws = [line(record) for record in RECORDS]
    assert [raw for raw, _ in read(str(made(tmp_path / "a", raws)))] == raws
