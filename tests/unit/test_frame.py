"""Filters as expressions over dataframes: what is refused, and how much fits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dask.dataframe
import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reality_jobs import F, Filter, InvalidFilter, Unanswerable, parse
from reality_jobs.nodes import And, Comparison, Membership, Operator, Text
from tests.e2e.program import environment

pytestmark = pytest.mark.filterwarnings("ignore:Dask support is moving out of Narwhals:FutureWarning")

BASE = 17_192_340_000_000_000  # 2024-06-24T13:00:00Z
TABLE = pa.table(
    {
        "service": ["modeling-v1", "modeling-v2", None],
        "id": ["a", "b", "c"],
        "email": ["ann@example.com", None, None],
        "name": ["a", "b\0", "c"],
        "state": ["success", "failed", None],
        "created_ticks": pa.array([BASE, BASE + 1, None], pa.int64()),
        "input_ids": pa.array([["x", "y"], [], None], pa.list_(pa.string())),
    }
)
ARROW = TABLE.to_pandas(types_mapper=pd.ArrowDtype)
FRAMES: dict[str, Callable[[], Any]] = {
    "polars": lambda: pl.from_arrow(TABLE),
    "polars, lazy": lambda: pl.from_arrow(TABLE).lazy(),
    "pyarrow": lambda: TABLE,
    "duckdb": lambda: duckdb.connect(config={"threads": 1}).from_arrow(TABLE),
    "pandas": lambda: ARROW,
    "dask": lambda: dask.dataframe.from_pandas(ARROW, npartitions=1),
}


def ids(frame: Any, expression: nw.Expr) -> list[str]:
    found = nw.from_native(frame).filter(expression).select("id")
    return [str(x) for x in (found.collect() if isinstance(found, nw.LazyFrame) else found)["id"].to_list()]


def test_a_service_and_what_its_records_never_hold() -> None:
    by_email = parse("email eq null or state eq 'SUCCESS'")
    with pytest.raises(Unanswerable) as caught:
        by_email.frame()
    assert str(caught.value) == (
        "records of modeling-v2 never hold 'email', so no saved record can answer the filter; "
        'missing="null" reads it as null'
    )
    with pytest.raises(Unanswerable) as caught:
        by_email.frame(service="analysis-v2")
    assert (caught.value.property, caught.value.service) == ("email", "analysis-v2")
    assert ids(TABLE, by_email.frame(missing="null")) == ["a", "b", "c"]
    assert ids(TABLE, by_email.frame(service="modeling-v1")) == ["a"]
    assert ids(TABLE, by_email.frame(service="modeling-v2", missing="null")) == ["b"]
    assert ids(TABLE, ~by_email.frame(service="modeling-v1")) == ["b", "c"]
    with pytest.raises(ValueError, match=r"^unknown service 'nope'; the services are modeling-v1, "):
        by_email.frame(service="nope")
    with pytest.raises(ValueError, match=r"^missing is 'error' or 'null', not 'skip'$"):
        by_email.frame(missing="skip")  # type: ignore[arg-type]


def test_expressions_are_combined_with_others() -> None:
    expression = parse("state ne 'failed'").frame()
    assert ids(TABLE, expression & (nw.col("id") > "a")) == ["c"]
    assert ids(TABLE, (nw.col("id") == "b") | expression) == ["a", "b", "c"]
    assert ids(TABLE, parse("inputId in ('x','z')").frame() & expression) == ["a"]
    assert "id in (null)" in repr(parse("id  in (null)").frame())


@pytest.mark.filterwarnings("ignore:Found complex group-by expression:UserWarning")
@pytest.mark.parametrize("engine", FRAMES)
@pytest.mark.parametrize("text", ["createdDateTime ge 1970-01-01T00:00:00Z", "id in ('a','b')"])
def test_groups(engine: str, text: str) -> None:
    frame = nw.from_native(FRAMES[engine]())
    hit = parse(text).frame()
    groups = nw.col("id") < "c"
    found = [frame.with_columns(hit=hit).group_by(groups).agg(matching=nw.col("hit").sum())]
    if engine in ("pyarrow", "dask"):
        with pytest.raises(ValueError, match=r"^Non-trivial complex aggregation found\."):
            frame.group_by(groups).agg(matching=hit.sum())
    else:
        found.append(frame.group_by(groups).agg(matching=hit.sum()))
    for grouped in found:
        rows = grouped.collect() if isinstance(grouped, nw.LazyFrame) else grouped
        assert dict(rows.select("id", "matching").iter_rows()) == {True: 2, False: 0}


@pytest.mark.parametrize("engine", FRAMES)
def test_many_values(engine: str) -> None:
    many = [f"{number:08x}-0000-0000-0000-000000000000" for number in range(20_000)]
    frame = FRAMES[engine]()
    assert ids(frame, F.id.in_([*many, "b"]).frame()) == ["b"]
    assert ids(frame, F.input_id.in_([*many, "y"]).frame()) == ["a"]


MANY = {"duckdb": 1_999}


@pytest.mark.parametrize("engine", ["polars, lazy", "pyarrow", "duckdb"])
def test_many_terms(engine: str) -> None:
    alternatives = " or ".join(f"(email eq '{number}' and state eq 'x')" for number in range(MANY.get(engine, 5_000)))
    assert ids(FRAMES[engine](), parse(f"{alternatives} or id eq 'b'").frame(missing="null")) == ["b"]


def test_more_terms_than_duckdb_plans() -> None:
    many = parse(" and ".join(f"name gt '{number}'" for number in range(4_001)))
    with pytest.raises(InvalidFilter) as caught:
        ids(FRAMES["duckdb"](), many.frame())
    (problem,) = caught.value.problems
    assert (problem.code, problem.message, problem.hint) == (
        "too-many-terms",
        "the filter has 4,001 terms, and DuckDB plans no more than 4,000",
        "read_export(...) judges records by filters of any size",
    )


@pytest.mark.parametrize("engine", FRAMES)
def test_values_with_u_0000(engine: str) -> None:
    for values, found in ((["b\0", "z"], ["b"]), (["b", "\0"], []), (["b\0c", "a"], ["a"]), (["", "c\0"], [])):
        assert ids(FRAMES[engine](), F.name.in_(values).frame()) == found


def test_half_of_a_character() -> None:
    for node in (Comparison("name", Operator.LT, Text("b\ud800")), Membership("name", (Text("a"), Text("b\ud800")))):
        with pytest.raises(InvalidFilter) as caught:
            (~Filter(And((node, Comparison("id", Operator.EQ, Text("a")))))).frame()
        (problem,) = caught.value.problems
        assert problem.message == "a frame has no text with half of a character (U+D800) in it"


@pytest.mark.parametrize("engine", FRAMES)
@pytest.mark.parametrize("type", [pa.int8(), pa.int32(), pa.uint64()])
def test_ticks_of_few_bits(engine: str, type: pa.DataType) -> None:
    narrow = _MADE[engine](TABLE.set_column(5, "created_ticks", pa.array([7, 0, None], type)))
    for moment in ("2024-01-01T00:00:00Z", "1960-01-01T00:00:00Z"):
        assert ids(narrow, parse(f"createdDateTime in ({moment},1970-01-01T00:00:00.0000007Z)").frame()) == ["a"]
        assert ids(narrow, parse(f"createdDateTime eq {moment}").frame()) == []
        assert ids(narrow, parse(f"createdDateTime ne {moment}").frame()) == ["a", "b", "c"]


PANDAS_ADVICE = "dtype_backend='pyarrow' where the frame is read, or types_mapper=pd.ArrowDtype"
DASK_ADVICE = (
    "arrow_to_pandas={'types_mapper': pd.ArrowDtype} where Parquet is read, or .astype(...) with pd.ArrowDtype"
)


def _partitioned(frame: pd.DataFrame) -> Any:
    with dask.config.set({"dataframe.convert-string": False}):
        return dask.dataframe.from_pandas(frame, npartitions=1)


@pytest.mark.parametrize(("made", "advice"), [(pd.DataFrame, PANDAS_ADVICE), (_partitioned, DASK_ADVICE)])
def test_types_that_lose_ticks_are_refused(made: Callable[[pd.DataFrame], Any], advice: str) -> None:
    later = parse("createdDateTime gt 2024-06-24T13:00:00Z")
    assert ids(made(ARROW), later.frame()) == ["b"]
    lossy = TABLE.to_pandas()
    assert lossy["created_ticks"][0] == lossy["created_ticks"][1]  # which are 100 ns apart
    for filter, name, found in ((later, "created_ticks", "float64"), (parse("inputId eq null"), "input_ids", "object")):
        with pytest.raises(TypeError) as caught:
            ids(made(lossy), filter.frame())
        assert str(caught.value) == (
            f"the column '{name}' is of type {found}, and only Arrow's types keep what a filter compares (numbers with "
            f"nulls among them become floats, which round ticks): {advice}"
        )


@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.reset_index")
def test_what_makes_dask_read_parquet_right(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pq.write_table(TABLE, file)
    wanted = parse("name gt 'a' and inputId eq null").frame()
    with pytest.raises(TypeError):
        ids(dask.dataframe.read_parquet(file, dtype_backend="pyarrow"), wanted)
    mended = dask.dataframe.read_parquet(file, arrow_to_pandas={"types_mapper": pd.ArrowDtype})
    assert ids(mended, wanted) == ["b", "c"]
    mended = dask.dataframe.read_parquet(file, dtype_backend="pyarrow").astype(dict(ARROW.dtypes))
    assert ids(mended, wanted) == ["b", "c"]


def _in_pandas(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas(types_mapper=pd.ArrowDtype)


_MADE: dict[str, Callable[[pa.Table], Any]] = {
    "polars": pl.from_arrow,
    "polars, lazy": lambda table: pl.from_arrow(table).lazy(),
    "pyarrow": lambda table: table,
    "duckdb": lambda table: duckdb.connect(config={"threads": 1}).from_arrow(table),
    "pandas": _in_pandas,
    "dask": lambda table: dask.dataframe.from_pandas(_in_pandas(table), npartitions=1),
}
_WRONG = (
    ("created_ticks", pa.decimal128(38, 0), "createdDateTime ne null", "integers"),
    ("created_ticks", pa.string(), "createdDateTime gt 1970-01-01T00:00:00Z", "integers"),
    ("state", pa.bool_(), "id eq 'a' or state lt 'x'", "text"),
    ("name", pa.binary(), "name in ('a','b')", "text"),
    ("input_ids", pa.list_(pa.binary()), "inputId in ('x','y')", "lists of text"),
)


@pytest.mark.parametrize("engine", _MADE)
@pytest.mark.parametrize(("column", "type", "text", "wanted"), _WRONG)
def test_columns_of_the_wrong_type(engine: str, column: str, type: pa.DataType, text: str, wanted: str) -> None:
    values = pa.nulls(3, type) if type == pa.bool_() else TABLE[column].cast(type)
    wrong = _MADE[engine](TABLE.set_column(TABLE.column_names.index(column), column, values))
    if engine.startswith("polars") and " in " in text:
        # Its planner comes first there, and names the types.
        with pytest.raises(nw.exceptions.InvalidOperationError, match=r"Binary values in List\(String\)"):
            ids(wrong, parse(text).frame())
        return
    for frame in (wrong, nw.from_native(wrong).head(0).to_native()):
        with pytest.raises(
            TypeError, match=f"^the column '{column}' is of type .*, and a filter compares {wanted} there"
        ):
            ids(frame, parse(text).frame())


@pytest.mark.parametrize("engine", _MADE)
def test_ticks_that_are_floats(engine: str) -> None:
    rounded = pa.array([1.0, 2.0, None], pa.float64())
    wrong = _MADE[engine](TABLE.set_column(TABLE.column_names.index("created_ticks"), "created_ticks", rounded))
    with pytest.raises(
        TypeError, match=r"^the column 'created_ticks' is of type .*, and a filter compares integers there"
    ):
        ids(wrong, ~parse("createdDateTime gt 1970-01-01T00:00:00Z").frame())


@pytest.mark.parametrize("engine", ["pyarrow", "pandas"])
@pytest.mark.parametrize(("column", "type"), [("state", pa.string_view()), ("input_ids", pa.list_(pa.string_view()))])
def test_views_of_text(engine: str, column: str, type: pa.DataType) -> None:
    values = pa.array(TABLE[column].to_pylist(), type)
    views = _MADE[engine](TABLE.set_column(TABLE.column_names.index(column), column, values))
    for text in ("state eq 'x' or inputId eq 'x'", "inputId in ('x','y') and state in ('x','y')"):
        with pytest.raises(TypeError) as caught:
            ids(views, parse(text).frame())
        assert str(caught.value) == (
            f"the column '{column}' is of type {type}, and Arrow does not compare views of text; cast it to string"
        )


def test_text_that_is_ordered_by_its_position() -> None:
    for type in (pl.Enum(["success", "failed"]), pl.Categorical()):
        frame = pl.from_arrow(TABLE).with_columns(pl.col("state").cast(type))  # type: ignore[union-attr]
        with pytest.raises(TypeError, match=r"^the column 'state' is of type (enum|cat), and a filter compares text"):
            ids(frame, parse("state lt 'success'").frame())
    relation = duckdb.connect().sql("SELECT 'a' AS id, 'b'::ENUM ('b', 'a') AS name")
    with pytest.raises(TypeError, match=r"^the column 'name' is of type Enum"):
        ids(relation, parse("name lt 'a'").frame())


def test_polars_reads_no_more_of_parquet_than_it_has_to(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    lazy = nw.from_native(pl.scan_parquet(tmp_path / "a.parquet")).filter(parse("state eq 'failed'").frame())
    plan = lazy.to_native().explain()
    assert plan.startswith("Parquet SCAN")
    assert "python_udf" not in plan


@pytest.mark.parametrize("engine", _MADE)
def test_a_column_that_is_not_there(engine: str) -> None:
    with pytest.raises(nw.exceptions.ColumnNotFoundError) as caught:
        ids(_MADE[engine](TABLE.select(["id", "state"])), parse("state eq 'x' or inputId eq 'y'").frame())
    said = (
        "unable to find column" if engine.startswith("polars") else "the frame has no input_ids, which the filter asks"
    )
    assert said in str(caught.value)
    assert "input_ids" in str(caught.value)


WITHOUT = """
import sys
sys.modules["narwhals"] = None
import reality_jobs
try:
    reality_jobs.parse("id eq 'a'").frame()
except ImportError as error:
    print(error.name, error, sep=": ")
"""


def test_without_narwhals() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout == "narwhals: frames need narwhals; pip install 'reality-jobs[frames]'\n"


FILTERED = 'import sys; sys.modules["pyspark"] = None; from reality_jobs.__main__ import main; main()'


def test_the_command_without_pyspark() -> None:
    command = [sys.executable, "-c", FILTERED, "filter", "id eq 'a'", "a.ndjson", "--engine", "spark"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert (done.returncode, done.stdout, done.stderr) == (
        1, "", "Error: the engine spark needs pyspark; pip install 'reality-jobs[spark]'\n",
    )  # fmt: skip
