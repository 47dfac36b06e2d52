"""Compiled filters beside the same ones written by hand: `python -m tests.benchmarks.compiled [--records N]`.

Over one Parquet file, in DuckDB and, where pyspark is installed, in Spark, each asked how many records match, by turns
in one process. By hand is what somebody writes who knows this file: nothing that is read is null, all is normalised. A
frame has its ids in lists, SQL in tables beside the jobs, so there is a hand for each; the tables are views that take
the lists apart.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import duckdb
import narwhals as nw

from reality_jobs import Filter, parse
from reality_jobs.exports import parquet, records

from .queries import LATE, NAME, OTHER_TYPE, SINCE, STATES, UNTIL, Query, Wanted, choose, queries
from .saved import write

Ask = Callable[[], int]

_VIEWS = """
CREATE VIEW jobs AS FROM read_parquet('{0}');
CREATE VIEW job_inputs AS SELECT service, id AS job_id, unnest(input_ids) AS input_id FROM read_parquet('{0}');
CREATE VIEW job_outputs AS SELECT service, id AS job_id, unnest(output_ids) AS output_id FROM read_parquet('{0}');
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.compiled")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        lines, columns = Path(name, "jobs.ndjson"), Path(name, "jobs.parquet")
        write(lines, options.records)
        with columns.open("wb") as file:
            parquet.write(records(lines), file, _stop)
        wanted = choose(lines, options.records)
        print(
            f"{options.records:,} records, medians of {options.rounds} rounds, milliseconds; above 1 by hand is faster"
        )
        heads = ("f.frame()", "by hand", "ratio", "f.sql()", "by hand", "ratio", "jobs")
        print(f"\n{'':14}{''.join(f'{head:>11}' for head in heads)}")
        for query in queries(wanted):
            by_hand = _by_hand(query, wanted)
            with duckdb.connect() as connection:
                connection.execute(_VIEWS.format(columns))
                _compare(f"DuckDB {query.name}", _duckdb(connection, parse(query.text), by_hand), options.rounds)
        if find_spec("pyspark") is None:
            print("no pyspark: pip install 'reality-jobs[spark]'", file=sys.stderr)
            return
        with _session() as session:
            for query in queries(wanted):
                asked = _spark(session, columns, parse(query.text), _by_hand(query, wanted))
                _compare(f"Spark {query.name}", asked, options.rounds)


def _stop(error: Exception) -> None:
    raise error


def _by_hand(query: Query, wanted: Wanted) -> dict[str, str]:
    """A condition for the lists of each engine, and one for tables."""
    name = NAME.replace("'", "''")
    listed = {"Q4": wanted.ids, "Q5": wanted.inputs}.get(query.name, [])
    text = ", ".join(map(repr, listed))
    among = ", ".join(map(repr, STATES))
    holds = {
        "duckdb": (f"list_contains(input_ids, '{wanted.input_id}')", f"list_has_any(input_ids, [{text}])"),
        "spark": (f"array_contains(input_ids, '{wanted.input_id}')", f"arrays_overlap(input_ids, array({text}))"),
        "tables": (_joined(f"input_id = '{wanted.input_id}'"), _joined(f"input_id IN ({text})")),
    }
    return {
        where: {
            "Q1": "state = 'success'",
            "Q2": one,
            "Q3": f"state = 'failed' AND created_at >= {_moment(SINCE)} AND created_at < {_moment(UNTIL)}",
            "Q4": f"id IN ({text})",
            "Q5": f"state IN ({among}) AND ({several} OR name = '{name}') AND type <> '{OTHER_TYPE.lower()}' "
            f"AND created_at >= {_moment(LATE)}",
        }[query.name]
        for where, (one, several) in holds.items()
    }


def _joined(condition: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM job_inputs i WHERE i.service = jobs.service AND i.job_id = jobs.id "  # noqa: S608
        f"AND i.{condition})"
    )


def _moment(text: str) -> str:
    return f"TIMESTAMP '{text.removesuffix('Z').replace('T', ' ')}'"


def _duckdb(connection: Any, f: Filter, by_hand: dict[str, str]) -> dict[str, Ask]:
    sql, expression = f.sql("duckdb"), f.frame()
    frame = nw.from_native(connection.table("jobs"))

    def count(text: str, params: Any = ()) -> int:
        found = connection.execute(f"SELECT count(*) FROM jobs WHERE {text}", params).fetchall()  # noqa: S608
        return int(found[0][0])

    return {
        "frame": lambda: int(frame.filter(expression).to_native().aggregate("count(*)").fetchall()[0][0]),
        "sql": lambda: count(sql.condition, sql.params),
        "lists": lambda: count(by_hand["duckdb"]),
        "tables": lambda: count(by_hand["tables"]),
    }


@contextmanager
def _session() -> Iterator[Any]:
    from reality_jobs.engines import session

    with session.started("local[2]") as started:
        yield started


def _spark(session: Any, columns: Path, f: Filter, by_hand: dict[str, str]) -> dict[str, Ask]:
    from reality_jobs.engines import spark

    frame = spark.read_jobs(session, str(columns))
    frame.createOrReplaceTempView("jobs")
    for table, column in (("job_inputs", "input"), ("job_outputs", "output")):
        session.sql(
            f"SELECT service, id AS job_id, explode({column}_ids) AS {column}_id FROM jobs"  # noqa: S608
        ).createOrReplaceTempView(table)
    sql, expression = f.sql("spark", inline=True), f.frame()
    return {
        "frame": lambda: int(nw.from_native(frame).filter(expression).to_native().count()),
        "sql": lambda: int(session.sql(f"SELECT * FROM jobs WHERE {sql.condition}").count()),  # noqa: S608
        "lists": lambda: int(frame.filter(by_hand["spark"]).count()),
        "tables": lambda: int(session.sql(f"SELECT * FROM jobs WHERE {by_hand['tables']}").count()),  # noqa: S608
    }


def _compare(title: str, asked: dict[str, Ask], rounds: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in asked}
    found = {name: ask() for name, ask in asked.items()}
    if len({*found.values()}) > 1:
        sys.exit(f"{title}: {found}")
    for _ in range(rounds):
        for name, ask in asked.items():
            start = perf_counter()
            ask()
            seconds[name].append(perf_counter() - start)
    frame, sql, lists, tables = (median(seconds[name]) * 1e3 for name in ("frame", "sql", "lists", "tables"))
    print(
        f"{title:14}{frame:11.1f}{lists:11.1f}{frame / lists:11.2f}{sql:11.1f}{tables:11.1f}{sql / tables:11.2f}"
        f"{found['lists']:11,}"
    )


if __name__ == "__main__":
    main()
