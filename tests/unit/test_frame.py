"""Filters as expressions over dataframes: what is refused, and how much fits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import dask.dataframe
import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from reality_jobs import F, Unanswerable, parse
from tests.e2e.program import environment

pytestmark = pytest.mark.filterwarnings("ignore:Dask support is moving out of Narwhals:FutureWarning")

BASE = 17_192_340_000_000_000  # 2024-06-24T13:00:00Z
TABLE = pa.table(
    {
        "service": ["modeling-v1", "modeling-v2", None],
        "id": ["a", "b", "c"],
        "email": ["ann@example.com", None, None],
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
    assert repr(parse("id  in (null)").frame()) == "all_horizontal(id in (null), ignore_nulls=False)"


@pytest.mark.parametrize("engine", FRAMES)
def test_many_values(engine: str) -> None:
    many = [f"{number:08x}-0000-0000-0000-000000000000" for number in range(20_000)]
    frame = FRAMES[engine]()
    assert ids(frame, F.id.in_([*many, "b"]).frame()) == ["b"]
    assert ids(frame, F.input_id.in_([*many, "y"]).frame()) == ["a"]


@pytest.mark.parametrize("engine", ["polars, lazy", "pyarrow", "duckdb"])
def test_many_terms(engine: str) -> None:
    alternatives = " or ".join(f"(email eq '{number}' and state eq 'x')" for number in range(5_000))
    assert ids(FRAMES[engine](), parse(f"{alternatives} or id eq 'b'").frame(missing="null")) == ["b"]


def _partitioned(frame: pd.DataFrame) -> Any:
    with dask.config.set({"dataframe.convert-string": False}):
        return dask.dataframe.from_pandas(frame, npartitions=1)


@pytest.mark.parametrize("made", [pd.DataFrame, _partitioned])
def test_types_that_lose_ticks_are_refused(made: Callable[[pd.DataFrame], Any]) -> None:
    later = parse("createdDateTime gt 2024-06-24T13:00:00Z")
    assert ids(made(ARROW), later.frame()) == ["b"]
    lossy = TABLE.to_pandas()
    assert lossy["created_ticks"][0] == lossy["created_ticks"][1]  # which are 100 ns apart
    for filter, name, found in ((later, "created_ticks", "float64"), (parse("inputId eq null"), "input_ids", "object")):
        with pytest.raises(TypeError) as caught:
            ids(made(lossy), filter.frame())
        assert str(caught.value) == (
            f"the column '{name}' is of type {found}, and only Arrow's types keep what a filter compares (numbers with "
            "nulls among them become floats, which round ticks): dtype_backend='pyarrow' where the frame is read, or "
            "types_mapper=pd.ArrowDtype"
        )


def test_a_column_that_is_not_there() -> None:
    for frame in (TABLE.select(["id"]), ARROW[["id"]]):
        with pytest.raises(nw.exceptions.ColumnNotFoundError):
            ids(frame, parse("state eq 'x'").frame())


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
