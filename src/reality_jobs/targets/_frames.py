"""What differs between the engines of dataframes: which there are, their types, and how values are looked for.

narwhals can ask whether a list holds one value; for 20,000 it would have to be asked 20,000 times. And what it makes of
`is_in` hides from DuckDB and Spark that parts of a file cannot match. So this is the place that reaches below its
public names, and the only one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial
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

__all__ = ["Held", "Limit", "known", "nw", "one_of", "typed"]

Test = Callable[[Any, str, Sequence[Comparable]], Any]
"""From narwhals' own column, its name and some values to its own expression: whether it is, or holds, one of them."""


class Held(Enum):
    """What a column has to hold for values to compare as a filter compares them."""

    TEXT = "text"
    TICKS = "integers"
    IDS = "lists of text"


@frozen
class Limit:
    """So many terms and no more, since planning takes longer and longer."""

    terms: int
    planner: str
    hint: str


@frozen
class Engine:
    """`arrow`: where nothing but Arrow's types will do, how a frame comes by them."""

    holds: Test
    one_of: Test
    arrow: str | None = None
    limit: Limit | None = None


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


def typed(expression: Any, columns: Mapping[str, Held]) -> Any:
    """narwhals' own expression, which looks for the columns and at their types before it runs.

    Raises TypeError there, and narwhals' ColumnNotFoundError.
    """
    if expression._implementation is nw.Implementation.POLARS:
        made = expression._with_native(_typed_in_polars(expression.native, columns))
        made._opt_metadata = expression._metadata
        return made
    run = expression._call

    def call(frame: Any) -> Any:
        _check_types(frame, columns)
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
    return column.map_batches(_of_pandas(values, _any_member), None, returns_scalar=False)


def _dask(column: Any, name: str, values: Sequence[Comparable]) -> Any:
    return column.list._map_partitions(_of_pandas(values, _any_member))


def _dask_is_in(column: Any, name: str, values: Sequence[Comparable]) -> Any:
    """Its own `isin` makes NumPy's texts of the values, which end before U+0000."""
    return column.list._map_partitions(_of_pandas(values, _is_member))


def _of_pandas(values: Sequence[Comparable], test: Callable[[Any, Sequence[Comparable]], Any]) -> Callable[[Any], Any]:
    def found(one: Any) -> Any:
        return one._with_native(one._apply_pyarrow_compute_func(one.native, lambda array: test(array, values)))

    return found


def _is_member(column: Any, values: Sequence[Comparable]) -> Any:
    pa: Any = nw.Implementation.PYARROW.to_native_namespace()
    return pa.compute.is_in(column, pa.array(values))  # values that the column's type cannot hold are in no row


def _any_member(lists: Any, values: Sequence[Comparable]) -> Any:
    """Of an Arrow array of lists, which of them hold one of the values."""
    pa: Any = nw.Implementation.PYARROW.to_native_namespace()
    pc = pa.compute
    members = pc.list_flatten(lists)
    hits = pc.list_parent_indices(lists).filter(pc.is_in(members, pa.array(values, members.type)))
    rows = pa.array(range(len(lists)), hits.type)
    return pa.chunked_array([pc.is_in(rows, hits.unique())])


_SPARK: Final = Limit(2_000, "Spark", "engines.spark.matching(...) judges records by filters of any size")
_ENGINES: Final = {
    nw.Implementation.DUCKDB: Engine(
        _duckdb,
        _duckdb_is_in,
        # Takes some 4 s to plan them, and three times as long for twice as many.
        limit=Limit(4_000, "DuckDB", "read_export(...) judges records by filters of any size"),
    ),
    nw.Implementation.POLARS: Engine(_polars, _is_in),
    nw.Implementation.PYARROW: Engine(_arrow, _is_in),
    nw.Implementation.PANDAS: Engine(
        _pandas, _is_in, "dtype_backend='pyarrow' where the frame is read, or types_mapper=pd.ArrowDtype"
    ),
    nw.Implementation.DASK: Engine(
        _dask,
        _dask_is_in,
        "arrow_to_pandas={'types_mapper': pd.ArrowDtype} where Parquet is read, or .astype(...) with pd.ArrowDtype",
    ),
    nw.Implementation.PYSPARK: Engine(_spark, _spark_is_in, limit=_SPARK),
    nw.Implementation.PYSPARK_CONNECT: Engine(_spark, _spark_is_in, limit=_SPARK),
}


def _check_types(frame: Any, columns: Mapping[str, Held]) -> None:
    schema = frame.collect_schema()
    if absent := columns.keys() - schema.keys():
        raise nw.exceptions.ColumnNotFoundError(f"the frame has no {', '.join(sorted(absent))}, which the filter asks")
    advice = known(frame._implementation).arrow
    for name, held in columns.items():
        if advice is not None:
            _check_views(name, _arrow_type(name, frame.native.dtypes[name], advice))
        elif frame._implementation is nw.Implementation.PYARROW:
            _check_views(name, frame.native.schema.field(name).type)
        if not _fits(schema[name], held):
            raise _unfit(name, schema[name], held)


def _arrow_type(name: str, found: Any, advice: str) -> object:
    pd: Any = nw.Implementation.PANDAS.to_native_namespace()
    if isinstance(found, pd.ArrowDtype):
        return found.pyarrow_dtype
    raise TypeError(
        f"the column '{name}' is of type {found}, and only Arrow's types keep what a filter compares (numbers with "
        f"nulls among them become floats, which round ticks): {advice}"
    )


def _check_views(name: str, found: object) -> None:
    """narwhals calls them text like any other."""
    if "string_view" in str(found):
        raise TypeError(
            f"the column '{name}' is of type {found}, and Arrow does not compare views of text; cast it to string"
        )


def _fits(found: Any, held: Held) -> bool:
    match held:
        case Held.TEXT:
            return bool(found == nw.String)
        case Held.TICKS:
            return bool(found.is_integer())
        case Held.IDS:
            return bool(found == nw.List(nw.String))


def _unfit(name: str, found: object, held: Held) -> TypeError:
    return TypeError(f"the column '{name}' is of type {found}, and a filter compares {held.value} there")


def _typed_in_polars(native: Any, columns: Mapping[str, Held]) -> Any:
    """Polars alone never shows its expressions the frame; where the types fit, its optimiser drops all of this."""
    pl: Any = nw.Implementation.POLARS.to_native_namespace()
    text = pl.selectors.string()
    fitting = {Held.TEXT: text, Held.TICKS: pl.selectors.integer(), Held.IDS: pl.selectors.list(text)}
    for name, held in columns.items():
        found = pl.dtype_of(name)
        fits = found.matches(fitting[held])
        wrong = pl.when(fits).then(None).otherwise(found.display())
        refused = wrong.map_batches(partial(_refuse, name, held), return_dtype=pl.Boolean, is_elementwise=True)
        native = pl.when(fits).then(native).otherwise(refused)
    return native


def _refuse(name: str, held: Held, wrong: Any) -> Any:
    """Both branches may run: nothing is wrong where there is a null."""
    for found in wrong.drop_nulls():
        raise _unfit(name, found, held)
    return wrong.is_null()
