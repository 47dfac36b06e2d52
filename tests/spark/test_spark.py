"""Raw exports in Spark are the rows that records are everywhere, and a filter finds the same ones."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reality_jobs import F, Filter, InvalidFilter, InvalidRecord, Unanswerable, parse
from reality_jobs.exports import Saved, records
from reality_jobs.exports.parquet import write
from reality_jobs.nodes import Node
from reality_jobs.records.columns import Columns, columns
from reality_jobs.schema import Missing
from tests import oracle
from tests.property.files import File, files, saved_records
from tests.property.tables import rows
from tests.strategies import GUIDS, SERVICES, Record, any_records, filters, redundant_filters

GUID = GUIDS[0]
JOBS: tuple[dict[str, Any], ...] = (
    {"id": GUID.upper(), "state": "Success", "type": "Full", "createdDateTime": "1969-12-31T23:59:59.9999999Z",
     "inputs": [{"id": GUIDS[1].upper()}], "jobSettings": {"outputs": [{"id": "b"}, {"id": "c"}]}, "name": "\u00e9"},
    {"id": "b", "state": "failed", "type": "Calibration", "executionInfo": {"createdDateTime": "2024-06-24T13:00:00Z"},
     "specifications": {"inputs": {"scene": GUIDS[2]}, "outputs": {"scene": None}}},
    {"id": "c", "state": None, "name": "\U0001f600", "inputId": "x", "email": "ann@example.com"},
)  # fmt: skip
_ROWS: tuple[tuple[object, ...], ...] = (
    ("modeling-v1", GUID, None, "\u00e9", None, "full", "success", -1, (GUIDS[1],), ("b", "c"), False),
    ("modeling-v2", "b", None, None, None, "calibration", "failed", 17_192_340_000_000_000, (GUIDS[2],), (), False),
    (None, "c", None, "\U0001f600", "ann@example.com", None, None, None, ("x",), (), False),
)  # fmt: skip
NAMES = (*Columns._fields, "odd")
RAWS = tuple(json.dumps(job) for job in JOBS)


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """Every shape of file, each with these jobs."""
    folder = tmp_path / "jobs of [2024], all"
    folder.mkdir()
    lines = "".join(f"{raw}\n" for raw in RAWS).encode()
    (folder / "a.ndjson").write_bytes(lines)
    (folder / "b.ndjson.gz").write_bytes(gzip.compress(lines))
    (folder / "no ending").write_bytes(gzip.compress(lines))
    (folder / "page.json").write_text(json.dumps({"jobs": JOBS, "_links": {}}))
    (folder / "pretty.json").write_text(json.dumps({"_links": {}, "jobs": JOBS}, indent=2))
    (folder / "array.json").write_text("\ufeff" + json.dumps(JOBS, indent="\t"))
    (folder / "two pages.json").write_text(f'{{"jobs":[{RAWS[0]}]}}\n{{"jobs":[{RAWS[1]},{RAWS[2]}]}}')
    with (folder / "canonical.parquet").open("wb") as file:
        write(records(folder / "a.ndjson"), file, _raise)
    return folder


def _raise(error: InvalidRecord) -> None:
    raise error


def _rows(frame: Any) -> list[tuple[object, ...]]:
    found = frame.select(*NAMES).collect()
    return sorted((tuple(tuple(x) if isinstance(x, list) else x for x in row) for row in found), key=str)


@pytest.mark.parametrize("whole", [0, 1 << 20])
def test_every_shape_of_file(session: Any, spark: Any, exports: Path, whole: int) -> None:
    by_lines = ["a.ndjson", "b.ndjson.gz", "two pages.json", "page.json", "canonical.parquet"]
    paths = [exports] if whole else [exports.parent / "*" / name for name in by_lines]
    count = len(by_lines) if paths[1:] else len(list(exports.iterdir()))
    frame = spark.read_jobs(session, paths, whole=whole)
    assert _rows(frame) == sorted(_ROWS * count, key=str)
    moments = {str(row[0]) for row in frame.selectExpr("CAST(created_at AS string)").collect()}
    assert moments == {"1969-12-31 23:59:59.999999", "2024-06-24 13:00:00", "None"}
    raws = {row.raw for row in frame.where("id = 'b'").collect()}
    assert {json.dumps(json.loads(raw)) for raw in raws} == {RAWS[1]}


def test_rows_say_what_columns_say(session: Any, spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    path.write_text("\n".join(RAWS))
    assert _rows(spark.read_jobs(session, path)) == sorted(((*columns(job), False) for job in JOBS), key=str)
    named = spark.read_jobs(session, str(path), "analysis-v1")
    assert {row.service for row in named.collect()} == {"analysis-v1"}
    with pytest.raises(ValueError, match=r"^unknown service 'nope'; the services are modeling-v1, "):
        spark.read_jobs(session, path, "nope")


def test_text_that_utf_8_cannot_hold(session: Any, spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    path.write_text('{"id":"a","name":"x\\ud800"}')
    (row,) = spark.read_jobs(session, path).collect()
    assert (row.name, row.odd, row.raw) == ("x\ufffd", True, '{"id":"a","name":"x\\ud800"}')


def test_files_that_are_not_there(session: Any, spark: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        spark.read_jobs(session, tmp_path / "nope")
    assert str(caught.value) == f"[Errno 2] No such file or directory: '{tmp_path}/nope'"
    with pytest.raises(FileNotFoundError) as caught:
        spark.read_jobs(session, tmp_path)
    assert str(caught.value) == f"[Errno 2] there is no file: '{tmp_path}'"
    with pytest.raises(ValueError, match=r"^there are no paths$"):
        spark.read_jobs(session, [])


def _broken(path: Path, lines: int) -> None:
    path.write_text("".join(f'{{"id":"{number}","name":"{"x" * 80}"}}\n' for number in range(lines)) + '{"id":5,}\n')


def _refused(session: Any, spark: Any, path: Path, **options: Any) -> str:
    from pyspark.errors import PythonException

    with pytest.raises(PythonException) as caught:
        spark.read_jobs(session, path, **options).collect()
    (said,) = [line for line in str(caught.value).splitlines() if line.startswith("reality_jobs.errors.InvalidRecord")]
    return said.removeprefix("reality_jobs.errors.InvalidRecord: ")


def test_files_without_a_byte(session: Any, spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.touch()
    for named in (path, tmp_path):
        assert spark.read_jobs(session, named).columns == [*Columns._fields[:8], "created_at", *NAMES[8:], "raw"]
        assert spark.read_jobs(session, named).count() == 0
        assert list(spark.matching(session, named, parse("name eq null"))) == []


def test_parquet_of_another_kind(session: Any, spark: Any, exports: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign [1].parquet"
    said = {
        "id": "without the records in a column 'raw'",
        "raw": f"without the columns {', '.join(name for name in NAMES)}",
    }
    for column, reason in said.items():
        pq.write_table(pa.table({column: ["{}"]}), foreign)
        with pytest.raises(InvalidRecord) as caught:
            spark.read_jobs(session, [exports / "canonical.parquet", foreign])
        assert str(caught.value) == f"{foreign}: parquet {reason}; reality-jobs convert makes it with them"
        with pytest.raises(InvalidRecord):
            spark.count(session, foreign, parse("name eq null"))
        assert spark.count(session, exports.parent, parse("id eq 'b'"), refuse=lambda error: None) == 8


def test_a_broken_place(session: Any, spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "jobs %20 [x]"
    _broken(path, 2)
    expected = "column 9: expected a key in double quotes, found '}'"
    assert _refused(session, spark, path) == f"{path}:3: {expected}"
    by_line = "; what is larger than 9 bytes is read line by line"
    assert _refused(session, spark, path, whole=9) == f"{path}:3: {expected}{by_line}"
    path.write_text('{"id":5}')
    assert _refused(session, spark, path) == f"{path}:1: $.id: expected text, found the number 5"


@pytest.fixture
def small_blocks(session: Any) -> Iterator[None]:
    session.conf.set("spark.sql.files.maxPartitionBytes", "1000")
    yield
    session.conf.unset("spark.sql.files.maxPartitionBytes")


@pytest.mark.usefixtures("small_blocks")
def test_a_large_file_in_blocks(session: Any, spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    _broken(path, 50)
    size = path.stat().st_size
    said = _refused(session, spark, path, whole=9)
    start = max(range(0, size - 10, 1000))
    assert said.startswith(f"{path}: line ")
    assert f" of those that begin behind byte {start:,}: column 9: " in said
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    frame = spark.read_jobs(session, path, whole=9)
    assert frame.rdd.getNumPartitions() > 4
    assert sorted(int(row.id) for row in frame.collect()) == list(range(50))


def test_parquet_is_passed_over_where_it_cannot_match(session: Any, spark: Any, exports: Path) -> None:
    rows = spark.read_jobs(session, exports / "canonical.parquet")
    for text, pushed in {
        "state eq 'Success'": "EqualTo(state,success)",
        "createdDateTime gt 2024-01-01T00:00:00Z": "GreaterThan(created_ticks,17040672000000000)",
        f"id in ('b','{GUID}')": f"In(id, [b,{GUID}])",
    }.items():
        found = nw.from_native(rows).filter(parse(text).frame()).to_native()
        plan = found._jdf.queryExecution().executedPlan().toString()
        assert pushed in plan.partition("PushedFilters: ")[2].partition("ReadSchema")[0]
        assert found.count() == sum(parse(text).matches(job) for job in JOBS)


def test_many_values(session: Any, spark: Any, exports: Path) -> None:
    many = [f"{number:08x}-0000-0000-0000-000000000000" for number in range(1, 2_001)]
    rows = nw.from_native(spark.read_jobs(session, exports / "canonical.parquet"))
    for wanted in (F.id.in_([*many, GUID]), F.input_id.in_([*many, GUIDS[1]])):
        assert [row.id for row in rows.filter(wanted.frame()).to_native().collect()] == [GUID]


def test_many_terms(session: Any, spark: Any, exports: Path) -> None:
    node = parse(" or ".join(f"(name eq '{number}' and state eq 'x')" for number in range(1_500)) + " or id eq 'b'")
    with pytest.raises(InvalidFilter) as caught:
        nw.from_native(spark.read_jobs(session, exports / "canonical.parquet")).filter(node.frame())
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint) == (
        "the filter has 3,001 terms, and Spark plans no more than 2,000",
        "engines.spark.matching(...) judges records by filters of any size",
    )
    assert sorted(spark.matching(session, exports / "a.ndjson", node)) == [RAWS[1].encode()]


def test_text_that_spark_would_substitute(session: Any, spark: Any, tmp_path: Path) -> None:
    texts = ["${spark.app.name}", "${env:HOME}", "${nothing}", "$", "\\${a}'\0", "}${${b}}$", "$" * 1_000]
    (tmp_path / "jobs").write_text("".join(f"{json.dumps({'id': 'a', 'name': text})}\n" for text in texts))
    jobs = spark.read_jobs(session, tmp_path / "jobs")
    jobs.createOrReplaceTempView("jobs")
    for inline in (False, True):
        for wanted in (*([text] for text in texts), texts[:3]):
            sql = F.name.in_(wanted).sql("spark", inline=inline)
            asked = session.sql(sql.text, args=list(sql.params) or None)
            assert sorted(row.name for row in asked.collect()) == sorted(wanted)
    matching = F.name.in_(texts[:3]).frame().cast(nw.Int64)  # Spark adds no truths
    counted = nw.from_native(jobs).group_by("service").agg(n=matching.sum())
    assert [row.n for row in counted.to_native().collect()] == [3]


_MANY = st.lists(any_records().map(lambda drawn: drawn[1]), min_size=30, max_size=60)
_NODES = st.lists(filters() | redundant_filters(), min_size=20, max_size=20)


def test_the_frame_and_sql_agree_with_the_oracle(session: Any, spark: Any) -> None:
    @settings(max_examples=3, deadline=None)
    @given(_MANY, _NODES, st.none() | st.sampled_from(SERVICES))
    def agrees(drawn: list[Record], nodes: list[Node], service: str | None) -> None:
        held = [record for record, _ in rows(filter(_placed, drawn))]
        options: dict[str, Any] = {"service": service, "missing": "null"}
        expressions = {f"f{n}": Filter(node).frame(**options) for n, node in enumerate(nodes)}
        with tempfile.TemporaryDirectory() as folder, _tables(session, spark, Path(folder), held) as jobs:
            found = nw.from_native(jobs).select("raw", "service", **expressions).to_native().collect()
            assert len(found) == len(held)
            for number, node in enumerate(nodes):
                expected = {row.raw: _counts(node, row, service) for row in found}
                assert {row.raw: row[number + 2] for row in found} == expected
                matching = sorted(raw for raw, match in expected.items() if match)
                if number % 10:  # a query takes Spark far longer than one of many columns
                    continue
                for inline in (False, True):
                    sql = Filter(node).sql("spark", inline=inline, **options)
                    # Without created_at: pyspark hands out no timestamp of the first day of year 1.
                    asked = session.sql(sql.text, args=list(sql.params) or None).select("raw")
                    assert sorted(row.raw for row in asked.collect()) == matching, sql.text

    agrees()


@contextmanager
def _tables(session: Any, spark: Any, folder: Path, held: Sequence[Record]) -> Iterator[Any]:
    """The canonical tables as views, of records as they were saved; what is read from them as `jobs`."""
    path = folder / "jobs"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in held))
    jobs = spark.read_jobs(session, path).persist()
    jobs.createOrReplaceTempView("jobs")
    for one in ("input", "output"):
        members = jobs.selectExpr("service", "id AS job_id", f"explode({one}_ids) AS {one}_id")
        members.createOrReplaceTempView(f"job_{one}s")
    yield jobs
    jobs.unpersist()


def _counts(node: Node, row: Any, service: str | None) -> bool | None:
    return service in (None, row.service) and oracle.verdict(node, json.loads(row.raw), missing="null").answer


def _placed(record: Record) -> bool:
    try:
        columns(record)
    except InvalidRecord:
        return False
    return True


def test_matching_finds_what_is_found_without_spark(session: Any, spark: Any) -> None:
    @settings(max_examples=4, deadline=None)
    @given(st.data())
    def agrees(data: st.DataObject) -> None:
        drawn = data.draw(st.lists(saved_records(), min_size=1, max_size=8))
        several = data.draw(st.lists(files(drawn), min_size=1, max_size=4))
        node = data.draw(filters())
        missing = data.draw(st.sampled_from(("error", "null")))
        _agrees(session, spark, several, Filter(node), missing)

    agrees()


def _agrees(session: Any, spark: Any, several: Sequence[File], where: Filter, missing: Missing) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, file in enumerate(several):
            Path(folder, f"{number}.json").write_bytes(file.content)
        expected: list[bytes] = []
        refused: list[str] = []
        try:
            found = records(folder, where, missing=missing, on_error=lambda error: refused.append(str(error)))
            expected += [saved.raw for saved in found]
        except Unanswerable:
            with pytest.raises(Unanswerable):
                list(spark.matching(session, folder, where, missing=missing, refuse=lambda error: None))
            return
        said: list[str] = []
        options = {"missing": missing, "refuse": lambda error: said.append(str(error))}
        assert sorted(spark.matching(session, folder, where, **options)) == sorted(expected)
        assert sorted(said) == sorted(refused)
        assert spark.count(session, folder, where, **options) == len(expected)


def test_matching_of_parquet(session: Any, spark: Any, tmp_path: Path) -> None:
    jobs = [*JOBS, {"id": "d", "name": "x\ud800"}]
    path = tmp_path / "a.parquet"
    with path.open("wb") as file:
        write([Saved(json.dumps(job).encode(), "a", 1) for job in jobs], file, _raise)
    for text in (
        "name eq 'x\u0041'",
        "inputId ne null",
        "id in ('d','b')",
        "name ne null",
        "state ne null or id eq 'c'",
    ):
        where = parse(text)
        expected = sorted(json.dumps(job).encode() for job in jobs if where.matches(job))
        assert sorted(spark.matching(session, path, where)) == expected
    with pytest.raises(Unanswerable) as caught:
        spark.count(session, path, parse("email eq null"))
    assert (caught.value.property, caught.value.service, caught.value.file, caught.value.line) == (
        "email", "modeling-v2", str(path), 2,
    )  # fmt: skip
    assert spark.count(session, path, parse("email eq null"), missing="null") == 3
