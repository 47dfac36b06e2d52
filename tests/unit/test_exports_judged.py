"""Saved records with a filter: the default way through a file and the strict one say the same."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from reality_jobs import InvalidRecord, parse, read_export
from reality_jobs.exports import judging, records
from reality_jobs.exports.judging import SAMPLE
from reality_jobs.exports.values import Reader

GUID = "dc720f05-e5f7-448b-ae06-765de46f0af1"
WHERE = parse(f"inputId eq {GUID}")


def row(number: int, hit: bool = False, **more: object) -> bytes:
    record = {
        "id": f"{number:08x}-0000-4000-8000-000000000000",
        "name": f"job {number}",
        "type": "Full",
        "state": "success",
        "createdDateTime": "2026-03-01T08:00:00Z",
        "location": "East US",
        "email": "a@example.com",
        "inputs": [{"id": GUID if hit else f"{number:08x}-0000-4000-9000-000000000000"}],
        "jobSettings": {"outputs": []},
    }
    return json.dumps(record | more).encode()


ENOUGH = 2 * SAMPLE // len(row(0))


def outcome(path: Path, where: object = WHERE, *, strict: bool) -> tuple[list[tuple[bytes, int]], list[str]]:
    errors: list[InvalidRecord] = []
    found = [(each.raw, each.line) for each in records(path, where, on_error=errors.append, strict=strict)]  # type: ignore[arg-type]
    return found, [str(error).removeprefix(str(path)) for error in errors]


@pytest.mark.parametrize("cut", [10, 200, 3_000])
def test_what_came_before_a_cut_in_gzip_is_judged(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "jobs.gz"
    lines = [row(i, hit=True) for i in range(ENOUGH)]
    path.write_bytes(gzip.compress(b"\n".join(lines), 1, mtime=0)[:-cut])
    default = outcome(path, strict=False)
    assert default == outcome(path, strict=True)
    assert default[1] == [": the gzip data end too early (truncated?)"]


def test_the_line_of_a_last_record_behind_blanks(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    lines = [row(i) for i in range(ENOUGH)]
    path.write_bytes(b"\n".join(lines) + b"\n" + row(1, hit=True) + b"\n\n\n " + row(2, hit=True))
    wanted = [(row(1, hit=True), ENOUGH + 1), (row(2, hit=True), ENOUGH + 4)]
    assert outcome(path, strict=False) == outcome(path, strict=True) == (wanted, [])


@pytest.mark.parametrize("number", [b"1e999", b"-1e400", b"9" * 5_000])
def test_a_number_of_any_size_is_no_fault_where_nothing_reads_it(tmp_path: Path, number: bytes) -> None:
    path = tmp_path / "jobs"
    odd = row(2, hit=True)[:-1] + b',"extra":' + number + b"}"
    path.write_bytes(row(1, hit=True) + b"\n" + odd + b"\n" + row(3, hit=True))
    wanted = [(row(1, hit=True), 1), (odd, 2), (row(3, hit=True), 3)]
    assert outcome(path, strict=False) == outcome(path, strict=True) == (wanted, [])
    assert [job.name for job in read_export(path, WHERE)] == ["job 1", "job 2", "job 3"]


def test_a_number_that_nothing_here_can_hold_is_told_where_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    path.write_bytes(
        row(1, hit=True) + b"\n" + row(2, hit=True).replace(b'"outputs"', b'"n": 1e99999999999999999999, "outputs"')
    )
    found, errors = outcome(path, strict=True)
    assert (len(found), errors) == (1, [":2: column 1: a number with an exponent that is too large"])


@pytest.mark.parametrize("accent", ["\u00e9", "\u01e9", "e"])
@pytest.mark.parametrize("literals", [f"'{GUID}'", f"'{GUID}', '{GUID[::-1]}'"])
def test_names_full_of_escapes_hide_no_record(tmp_path: Path, accent: str, literals: str) -> None:
    """What looks like an escape of the literal all the time must neither be taken for one nor end the search for it."""
    path = tmp_path / "jobs"
    spelt = GUID.replace("d", "\\u0064")
    rows = [row(i, hit=i % 500 == 7, name=accent * 60) for i in range(ENOUGH)]
    rows = [line.replace(GUID.encode(), spelt.encode()) if i % 1_000 == 7 else line for i, line in enumerate(rows)]
    path.write_bytes(b"\n".join(rows))
    where = parse(f"inputId in ({literals})")
    wanted = [(line, i) for i, line in enumerate(rows, 1) if i % 500 == 8]
    assert outcome(path, where, strict=False) == outcome(path, where, strict=True) == (wanted, [])


@pytest.mark.parametrize("value", ["\0", "", None, [], {}])
def test_any_mark_of_another_service_leaves_the_glance_undecided(tmp_path: Path, value: object) -> None:
    path = tmp_path / "jobs"
    strange = json.loads(row(2, type="Calibration", executionInfo=value, specifications=value))
    del strange["location"], strange["inputs"]
    path.write_bytes(row(1) + b"\n" + json.dumps(strange).encode())
    where = parse("createdDateTime ge 2020-01-01T00:00:00Z")
    assert outcome(path, where, strict=False) == outcome(path, where, strict=True)


def test_records_behind_a_long_one_are_not_split_anew_for_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reality_jobs.exports.judging import Judge

    given = 0
    through = Judge.through

    def counted(self: Judge, some: list[bytes]) -> tuple[list[bytes], int]:
        nonlocal given
        given += sum(map(len, some))
        return through(self, some)

    monkeypatch.setattr(Judge, "through", counted)
    path = tmp_path / "jobs"
    pretty = json.dumps(json.loads(row(1, hit=True)), indent=1).encode()
    path.write_bytes(row(0, note="x" * 1_500_000) + b"\n" + b"\n".join([pretty] * 2_000))
    assert len(outcome(path, strict=False)[0]) == 2_000
    assert given < 10 * path.stat().st_size


def test_parquet_of_others_with_no_record_in_a_row(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "jobs.parquet"
    rows = [row(1, hit=True), None, row(2, hit=True), b'{"id":', b"hello", b'{"jobs":[]}', row(3, hit=True)]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (raw VARCHAR)")
        connection.executemany("INSERT INTO t VALUES (?)", [(each and each.decode(),) for each in rows])
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    wanted = [(row(1, hit=True), 1), (row(2, hit=True), 3), (row(3, hit=True), 7)]
    told = [
        ":2: expected a job record (an object), found null",
        ":4: no JSON",
        ":5: no JSON",
        ":6: expected a job record, found a page",
    ]
    for where in (WHERE, None):
        assert outcome(path, where, strict=False) == outcome(path, where, strict=True) == (wanted, told)


ENVELOPES = (b'{"jobs": [%s]}', b'{"job": %s}', b'{"job":%s}', b'{"jobs":[%s,%s]}', b'{"id": "e", "jobs": [%s]}')


def failed(value: object) -> list[object]:
    """The ids of the failed records in a value, which may hold others."""
    if isinstance(value, list):
        return [job_id for each in value for job_id in failed(each)]
    assert isinstance(value, dict)
    if "id" in value:
        return [value["id"]] if value.get("state") == "failed" else []
    return failed(value.get("jobs", value.get("job")))


@pytest.mark.parametrize("searched", [False, True])
@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("every", [1, 2, 3, 50, 899])
def test_envelopes_among_records(every: int, envelope: bytes, searched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever they stand among records that are split at once: at the front of a batch as well."""
    if searched:
        monkeypatch.setattr(judging, "SAMPLE", 0)
        monkeypatch.setattr(judging, "_WORTH_IT", 2)
    raws = [b'{"id": "%d", "state": "%s"}' % (n, b"failed" if n % 3 else b"success") for n in range(900)]
    members = [raw if n % every else envelope.replace(b"%s", raw) for n, raw in enumerate(raws)]
    content = b"[\n" + b",\n".join(members) + b"\n]"
    judge = judging.Judge(parse("state eq 'failed'"), "modeling-v1", "error")
    found = Reader("x", iter([content]), refuse, judge).read()
    assert [json.loads(saved.raw)["id"] for saved in found] == failed(json.loads(content))


def refuse(error: InvalidRecord) -> None:
    raise error
