"""What differs between the engines of dataframes: which there are, their types, and how many values are looked for.

narwhals can ask whether a list holds one value; for 20,000 it would have to be asked 20,000 times. And what it makes of
`is_in` hides from DuckDB and Spark that parts of a file cannot match. So this is the place that reaches below its
public names, and the only one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from attrs import frozen

from .evaluate import Comparable

try:
    import narwhals as nw
except ImportError as error:
    raise ModuleNotFoundError("frames need narwhals; pip install 'reality-jobs[frames]'", name=error.name) from error
if not hasattr(nw.Expr, "_to_compliant_expr"):
    # Told here; else what depends on the engine would silently be left out.
    raise ImportError(f"frames do not know narwhals {nw.__version__} yet; pip install 'reality-jobs[frames]'")

__all__ = ["known", "nw", "one_of", "typed"]

Test = Callable[[Any, str, Sequence[Comparable]], Any]
"""From narwhals' own column, its name and some values to its own expression: whether it is, or holds, one of them."""


@frozen
class Engine:
    """`checked`: its columns may be of types that lose ticks. `most` terms, where more are planned for minutes."""

    holds: Test
    one_of: Test
    checked: bool = False
    most: int | None = None


def one_of(name: str, values: Sequence[Comparable], *, collection: bool) -> nw.Expr:
    """Whether a column is, or a list in it holds, one of the values; of null it may be null.

    Only an operand, never the beginning of an expression.
    """
    return _OneOf(name, values, collection)


def known(backend: nw.Implementation) -> Engine:
    """Raises TypeError for an engine of which nobody knows here how it orders text."""
    try:
        return _ENGINES[backend]
    except KeyError:
        names = ", ".join(engine.value for engine in _ENGINES)
        raise TypeError(
            f"a filter does not run on frames of {backend.value}, only of {names}; f.sql(...) is for databases"
        ) from None


def typed(expression: Any, names: Iterable[str]) -> Any:
    """narwhals' own expression, which looks at the types of the columns before it runs on pandas or Dask.

    Anywhere else integers stay integers where some are null.
    """
    if not known(expression._implementation).checked:
        return expression
    run = expression._call

    def call(frame: Any) -> Any:
        _check_types(frame.native.dtypes, names)
        return run(frame)

    expression._call = call
    return expression


class _OneOf(nw.Expr):
    def __init__(self, name: str, values: Sequence[Comparable], collection: bool) -> None:
        super().__init__(*nw.col(name)._nodes)
        self._name = name
        self._values = values
        self._collection = collection

    def _to_compliant_expr(self, ns: Any) -> Any:
        column: Any = super()._to_compliant_expr(ns)
        engine = known(ns._implementation)
        test = engine.holds if self._collection else engine.one_of
        made = test(column, self._name, self._values)
        made._opt_metadata = column._metadata
        return made


def _is_in(column: Any, name: str, values: Sequence[Comparable]) -> Any:
    return column.is_in(values)


def _duckdb_is_in(column: Any, name: str, values: Sequence[Comparable]) -> Any:
    duckdb: Any = nw.Implementation.DUCKDB.to_native_namespace()
    listed = list(map(duckdb.ConstantExpression, values))
    return column._with_elementwise(lambda one: one.isin(*listed))


def _spark_is_in(column: Any, name: str, values: Sequence[Comparable]) -> Any:
    return column._with_elementwise(lambda one: one.isin(values))


def _polars(column: Any, name: str, values: Sequence[Comparable]) -> Any:
    pl: Any = nw.Implementation.POLARS.to_native_namespace()
    return column._with_native(pl.col(name).list.eval(pl.element().is_in(values)).list.any())


def _duckdb(column: Any, name: str, values: Sequence[Comparable]) -> Any:
    """Member by member: `list_has_any` builds the whole of a long list anew for each row."""
    duckdb: Any = nw.Implementation.DUCKDB.to_native_namespace()
    call, constant = duckdb.FunctionExpression, duckdb.ConstantExpression
    wanted = duckdb.LambdaExpression("one", call("list_contains", constant(values), duckdb.ColumnExpression("one")))
    return column._with_elementwise(lambda ids: call("len", call("list_filter", ids, wanted)) > constant(0))


def _spark(column: Any, name: str, values: Sequence[Comparable]) -> Any:
    return column._with_elementwise(lambda ids: column._F.exists(ids, lambda one: one.isin(values)))


def _arrow(column: Any, name: str, values: Sequence[Comparable]) -> Any:
    def one_of(ids: Any) -> Any:
        return ids._with_native(_any_member(ids.native, values))

    return column.map_batches(one_of, None, returns_scalar=False)


def _pandas(column: Any, name: str, values: Sequence[Comparable]) -> Any:
    return column.map_batches(_of_pandas(values), None, returns_scalar=False)


def _dask(column: Any, name: str, values: Sequence[Comparable]) -> Any:
    return column.list._map_partitions(_of_pandas(values))


def _of_pandas(values: Sequence[Comparable]) -> Callable[[Any], Any]:
    def one_of(ids: Any) -> Any:
        return ids._with_native(ids._apply_pyarrow_compute_func(ids.native, lambda array: _any_member(array, values)))

    return one_of


def _any_member(lists: Any, values: Sequence[Comparable]) -> Any:
    """Of an Arrow array of lists, which of them hold one of the values."""
    pa: Any = nw.Implementation.PYARROW.to_native_namespace()
    pc = pa.compute
    members = pc.list_flatten(lists)
    hits = pc.list_parent_indices(lists).filter(pc.is_in(members, pa.array(values, members.type)))
    rows = pa.array(range(len(lists)), hits.type)
    return pa.chunked_array([pc.is_in(rows, hits.unique())])


_ENGINES: Final = {
    nw.Implementation.DUCKDB: Engine(_duckdb, _duckdb_is_in),
    nw.Implementation.POLARS: Engine(_polars, _is_in),
    nw.Implementation.PYARROW: Engine(_arrow, _is_in),
    nw.Implementation.PANDAS: Engine(_pandas, _is_in, checked=True),
    nw.Implementation.DASK: Engine(_dask, _is_in, checked=True),
    nw.Implementation.PYSPARK: Engine(_spark, _spark_is_in, most=2_000),
    nw.Implementation.PYSPARK_CONNECT: Engine(_spark, _spark_is_in, most=2_000),
}


def _check_types(types: Any, names: Iterable[str]) -> None:
    pd: Any = nw.Implementation.PANDAS.to_native_namespace()
    for name in names:
        found = types.get(name)
        if found is not None and not isinstance(found, pd.ArrowDtype):
            raise TypeError(
                f"the column '{name}' is of type {found}, and only Arrow's types keep what a filter compares (numbers "
                "with nulls among them become floats, which round ticks): dtype_backend='pyarrow' where the frame is "
                "read, or types_mapper=pd.ArrowDtype"
            )
