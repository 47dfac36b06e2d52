"""`Filter`: one compiled filter for every place it can run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NoReturn, TypeVar

from .. import services as service_registry
from ..diagnostics import Problem
from ..errors import InvalidFilter
from ..nodes import And, Node, Or, Span, depth, join
from ..records import Job
from ..schema import Missing
from ..services.limits import MAX_REQUESTS, MAX_URL
from ..syntax import MAX_NESTING
from ..targets.predicate import compile_predicate, compile_recognising, compile_select
from ..targets.text import write
from .negation import negate

if TYPE_CHECKING:
    import narwhals as nw

    from ..plan import Plan
    from ..targets.sql import Sql

Record = Mapping[str, object]
T = TypeVar("T", bound=Record | Job)


class Filter:
    """An immutable filter over jobs: make one with `F` or `parse`, combine with `&`, `|` and `~`.

    Equality is structural, after GUIDs and instants are normalised: `a & b` and `b & a` are not equal though they
    mean the same. An enumeration keeps the user's spelling, and equality counts it.
    """

    __slots__ = ("_compiled", "_depth", "node")

    node: Node
    _depth: int
    _compiled: dict[tuple[str, str | None, str], object]

    def __init__(self, node: Node) -> None:
        self._set(node, depth(node))

    def _set(self, node: Node, levels: int) -> None:
        if levels > MAX_NESTING:
            source = write(node)
            problem = Problem(
                "too-deep",
                "error",
                f"the filter nests deeper than {MAX_NESTING} levels of alternating and/or",
                Span(0, len(source)),
            )
            raise InvalidFilter(source, (problem,))
        object.__setattr__(self, "node", node)
        object.__setattr__(self, "_depth", levels)
        object.__setattr__(self, "_compiled", {})

    def text(self, service: str | None = None) -> str:
        """The `$filter` text as that service documents it: its enumeration spellings, `eq`/`or` where it has no `in`.

        Without a service the neutral text, which is `str(f)`; `parse(str(f)) == f`. Raises ValueError for an unknown
        service. What is really sent (a live filter may not know every property) is `f.plan(...)`'s to say.
        """
        return write(self.node, None if service is None else service_registry.get(service))

    def predicate(self, service: str | None = None, missing: Missing = "error") -> Callable[[Record | Job], bool]:
        """A function from a raw record (or a `Job`) to true or false; compiled once, safe between threads.

        With a service every mapping is read as that service's record, and a filter that asks what its records never
        carry raises Unanswerable here. Without one each mapping is recognised by its shape (see
        `reality_jobs.records.recognise`), a mapping of no known shape is read by the nine wire names, and Unanswerable
        comes at the first record that cannot answer. `missing="null"` reads such properties as null instead. The
        function raises InvalidRecord where the answer depends on a value of the wrong type. Null, case and collections:
        every filter is true or false of every record, `ne` is the complement of `eq`, and case counts for `name` and
        `email` only.
        """
        key = ("predicate", service, missing)
        found = self._compiled.get(key)
        if found is None:
            if service is None:
                found, _ = compile_recognising(self.node, missing=missing)
            else:
                found = compile_predicate(self.node, service_registry.get(service), missing=missing)
            self._compiled[key] = found
        return found  # type: ignore[return-value]

    def select(self, records: Iterable[T], service: str | None = None, missing: Missing = "error") -> Iterator[T]:
        """The very records and jobs that match, lazily and in order: `predicate` in a loop, so faster over many.

        Raises what the predicate raises, Unanswerable of a named service at once. Fastest with the service named:
        without one each mapping is recognised.
        """
        key = ("select", service, missing)
        found = self._compiled.get(key)
        if found is None:
            if service is None:
                _, found = compile_recognising(self.node, missing=missing)
            else:
                found = compile_select(self.node, service_registry.get(service), missing=missing)
            self._compiled[key] = found
        return found(records)  # type: ignore[operator,no-any-return]

    def matches(self, job: Record | Job, service: str | None = None, missing: Missing = "error") -> bool:
        """Whether the filter is true of one job or raw record; see `predicate`."""
        return self.predicate(service, missing)(job)

    def plan(
        self,
        services: Iterable[str] | None = None,
        missing: Missing = "error",
        prune: bool = True,
        *,
        max_requests: int = MAX_REQUESTS,
        max_url: int = MAX_URL,
    ) -> Plan:
        """Per service the requests that answer the filter, each with what is left to evaluate locally.

        For the three default services where none are named. Sends nothing and refuses nothing: a service that cannot
        answer is `refused` in the plan. A value of `type` or `state` that only other services list is not asked for,
        unless `prune=False`. `max_requests` is per service, `max_url` in bytes of a request line. Raises TypeError or
        ValueError for a parameter that makes no sense.
        """
        from ..plan import make  # late: most filters are never planned

        chosen = service_registry.select(services)
        return make(self.node, chosen, missing=missing, prune=prune, max_requests=max_requests, max_url=max_url)

    def sql(
        self, dialect: str = "duckdb", *, service: str | None = None, missing: Missing = "error", inline: bool = False
    ) -> Sql:
        """The query for the filter over the canonical tables, and its parameters; see `reality_jobs.targets.sql`.

        `cursor.execute(sql.text, sql.params)` for sqlite, duckdb and postgres (psycopg), which the tests run;
        `session.sql(sql.text, args=list(sql.params))` for spark; databricks, trino, bigquery and snowflake are printed
        with the same care and never were run. `inline=True` writes the values into the text and leaves no parameters;
        run that as `execute(sql.text)` alone, since psycopg looks for `%` where it is given parameters, even none.

        SQL cannot raise for a row, so a property that some service's records never carry is Unanswerable here. Name a
        `service`, and the rows of other services do not count, nor do those of no known shape (service NULL); or say
        `missing="null"`. Child rows belong to the job of the same service (NULL included) and id: a job without an id
        has none. Raises ValueError for an unknown dialect, InvalidFilter for text that the dialect cannot hold and for
        more parameters than it takes, ModuleNotFoundError without the extra `sql`.
        """
        from ..targets.sql import compile_sql  # late: it loads sqlglot

        return compile_sql(self.node, dialect, service=service, missing=missing, inline=inline)

    def frame(self, *, service: str | None = None, missing: Missing = "error") -> nw.Expr:
        """The filter as a narwhals expression over the canonical columns: `nw.from_native(df).filter(f.frame())`.

        One expression for Polars, PyArrow, DuckDB, pandas, Dask and PySpark, never null, so `~` is its complement. The
        columns are those of `reality-jobs convert` and `engines.spark.read_jobs`: text with identifiers and
        enumerations normalised, `created_ticks` as 64-bit integers, `input_ids` and `output_ids` as lists.

        With a service only its rows count, and Unanswerable is raised for what its records never carry; without one for
        what any service's never carry, since an expression cannot raise for a row; `missing="null"` takes it for null.
        Where the expression is used, TypeError refuses engines that are not listed, and pandas' columns whose types are
        not Arrow's: a number with nulls beside it is a float there, and ticks are lost. Raises ImportError without
        narwhals.
        """
        from ..targets.frame import compile_frame  # late: narwhals is an extra

        return compile_frame(self.node, service=service, missing=missing)

    def __and__(self, other: Filter) -> Filter:
        return self._joined(And, other)

    def __or__(self, other: Filter) -> Filter:
        return self._joined(Or, other)

    def __invert__(self) -> Filter:
        """The complement, in the listed operators; TypeError for an ordering on inputId or outputId."""
        return Filter(negate(self.node))

    def _joined(self, kind: type[And] | type[Or], other: Filter) -> Filter:
        if not isinstance(other, Filter):
            return NotImplemented
        made = object.__new__(Filter)
        levels = max(x._depth if isinstance(x.node, kind) else x._depth + 1 for x in (self, other))
        made._set(join(kind, (self.node, other.node)), levels)
        return made

    def __eq__(self, other: object) -> bool:
        return self.node == other.node if isinstance(other, Filter) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.node)

    def __str__(self) -> str:
        return write(self.node)

    def __repr__(self) -> str:
        return f"parse({str(self)!r})"

    def __reduce__(self) -> tuple[type[Filter], tuple[Node]]:
        return Filter, (self.node,)

    def __copy__(self) -> Filter:
        return self

    def __deepcopy__(self, memo: object) -> Filter:
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Filter is immutable; {name!r} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Filter is immutable; {name!r} cannot be deleted")

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a filter has no truth value of its own: combine filters with & and | and ~ (not and, or, not), write "
            "(F.x >= lo) & (F.x < hi) for lo <= F.x < hi, and ask f.matches(job) about a job"
        )
