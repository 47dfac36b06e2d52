"""Every engine of dataframes finds the rows whose records the oracle says match, and no row comes out unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import dask.dataframe
import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reality_jobs import Filter, InvalidRecord, Unanswerable
from reality_jobs.nodes import Node
from reality_jobs.records.columns import Columns, columns
from reality_jobs.schema import Missing
from tests import oracle
from tests.property.tables import Row, lacks, matches
from tests.strategies import SERVICES, Record, any_records, filters, redundant_filters

pytestmark = pytest.mark.filterwarnings("ignore:Dask support is moving out of Narwhals:FutureWarning")

_TYPES = {"created_ticks": pa.int64(), "input_ids": pa.list_(pa.string()), "output_ids": pa.list_(pa.string())}
_SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in Columns._fields])


def table(rows: Sequence[Row], absent: str = "") -> pa.Table:
    """Rows as an Arrow table of two chunks; ids that are `absent` as null lists or with null members."""
    values = [dict(row._asdict()) for _, row in rows]
    for value in values:
        for name in ("input_ids", "output_ids"):
            if absent == "list":
                value[name] = value[name] or None
            elif absent == "member":
                value[name] = [None, *value[name], None]
    half = len(values) // 2
    parts = [pa.Table.from_pylist(part, schema=_SCHEMA) for part in (values[:half], values[half:])]
    return pa.concat_tables(parts)


def _pandas(made: pa.Table) -> pd.DataFrame:
    return made.to_pandas(types_mapper=pd.ArrowDtype)


ENGINES: dict[str, tuple[int, Callable[[pa.Table], Any]]] = {
    "polars": (20, pl.from_arrow),
    "polars, lazy": (20, lambda made: pl.from_arrow(made).lazy()),
    "pyarrow": (20, lambda made: made),
    "duckdb": (15, lambda made: duckdb.connect(config={"threads": 1}).from_arrow(made)),
    "pandas": (10, _pandas),
    "dask": (3, lambda made: dask.dataframe.from_pandas(_pandas(made), npartitions=2)),
}

# A frame takes longer to make than a filter to be answered.
_ROWS = st.lists(any_records().map(lambda drawn: drawn[1]), min_size=10, max_size=40)
_NODES = st.lists(filters() | redundant_filters(), min_size=10, max_size=10)
_SERVICE = st.none() | st.sampled_from(SERVICES)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_agrees_with_the_oracle(engine: str) -> None:
    examples, made = ENGINES[engine]

    @settings(max_examples=examples)
    @given(_ROWS, _NODES, _SERVICE, st.sampled_from(("error", "null")), st.sampled_from(("", "list", "member")))
    def agrees(records: list[Record], nodes: list[Node], service: str | None, missing: Missing, absent: str) -> None:
        rows = [row for record in records if (row := _row(record)) is not None]
        frame = nw.from_native(made(table(rows, absent)))
        for node in nodes:
            if lacks(node, service, missing):
                with pytest.raises(Unanswerable) as caught:
                    Filter(node).frame(service=service, missing=missing)
                assert (caught.value.property, caught.value.service) == ("email", service or oracle.V2[0])
                continue
            expression = Filter(node).frame(service=service, missing=missing)
            expected = [matches(node, row, service) for row in rows]
            assert _values(frame, expression) == expected
            assert _values(frame, ~expression) == [not match for match in expected]

    agrees()


def _row(record: Record) -> Row | None:
    """A record that has a place in columns, and text that UTF-8 can hold."""
    try:
        row = columns(record)
        for value in row:
            "".join(value if isinstance(value, tuple) else str(value)).encode()
    except (InvalidRecord, UnicodeEncodeError):
        return None
    return record, row


def _values(frame: Any, expression: nw.Expr) -> list[object]:
    found = frame.select(found=expression)
    return (found.collect() if isinstance(found, nw.LazyFrame) else found)["found"].to_list()
