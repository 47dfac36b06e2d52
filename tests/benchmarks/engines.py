"""The rivals that run in Python, each on one query in a process of its own, importing nothing but itself.

`python -m tests.benchmarks.engines ENGINE THREADS QUERY WANTED FILE OUT` writes the matching lines of FILE to OUT as
they stand; WANTED is the JSON of `queries.Wanted`. Each is used in the way that was found fastest and keeps the line:

- orjson, simdjson: a lambda over each line; of simdjson's only what the lambda reads becomes a Python object.
- DuckDB: lines through the CSV reader as one column, faster by a fifth than `read_ndjson_objects`. Giving up the order
  of the file gains nothing that can be measured, nor does extracting all paths at once.
- ClickHouse: `LineAsString` and `JSONExtract`, which is simdjson. A tuple of all fields at once is no faster.
- Polars: `scan_lines` and `json_decode` of a struct of what the query reads, streaming. `json_path_match` and, with
  more than one field, `scan_ndjson` beside `scan_lines` are slower.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from .queries import LATE, NAME, OTHER_TYPE, SINCE, STATES, UNTIL, Wanted

Predicate = Callable[[Mapping[str, object]], bool]


def orjson(query: str, wanted: Wanted, file: Path, out: Path, threads: int) -> None:
    from orjson import loads

    matches = _lambda(query, wanted)
    with file.open("rb") as lines, out.open("wb") as found:
        found.writelines(line for line in lines if matches(loads(line)))


def simdjson(query: str, wanted: Wanted, file: Path, out: Path, threads: int) -> None:
    from simdjson import Parser

    parse = Parser().parse
    matches = _lambda(query, wanted)
    with file.open("rb") as lines, out.open("wb") as found:
        found.writelines(line for line in lines if matches(parse(line)))  # type: ignore[arg-type]


def duckdb(query: str, wanted: Wanted, file: Path, out: Path, threads: int) -> None:
    from duckdb import connect

    def text(key: str) -> str:
        return f"json_extract_string(line, '$.{key}')"

    def reads(ids: list[str]) -> str:
        return f"list_has_any({text('inputs[*].id')}, [{_quoted(ids)}])"

    # A separator that no line holds: the whole line is one column, and nothing in it is quoted.
    lines = (
        f"read_csv('{file}', columns = {{'line': 'VARCHAR'}}, auto_detect = false, "
        "delim = '\x01', quote = '', escape = '', header = false)"
    )
    where = _conditions(wanted, text, reads)[query]
    connect(config={"threads": threads}).execute(
        f"COPY (SELECT line FROM {lines} WHERE {where}) TO '{out}' "  # noqa: S608 - our own words
        "(FORMAT csv, DELIMITER '\x01', QUOTE '', ESCAPE '', HEADER false)"
    )


def clickhouse(query: str, wanted: Wanted, file: Path, out: Path, threads: int) -> None:
    from chdb import query as run

    def text(key: str) -> str:
        return f"JSONExtractString(line, '{key}')"

    def reads(ids: list[str]) -> str:
        return f"hasAny(JSONExtract(line, 'inputs', 'Array(Tuple(id String))').id, [{_quoted(ids)}])"

    where = _conditions(wanted, text, reads)[query]
    run(  # type: ignore[no-untyped-call]
        f"SELECT line FROM file('{file}', LineAsString) WHERE {where} "  # noqa: S608 - our own words
        f"INTO OUTFILE '{out}' FORMAT LineAsString SETTINGS max_threads = {threads}, max_parsing_threads = {threads}"
    )


def polars(query: str, wanted: Wanted, file: Path, out: Path, threads: int) -> None:
    """The number of threads comes from the environment, POLARS_MAX_THREADS."""
    import polars as pl

    inputs = pl.List(pl.Struct({"id": pl.String}))
    read = {
        "Q1": ["state"],
        "Q2": ["inputs"],
        "Q3": ["state", "createdDateTime"],
        "Q4": ["id"],
        "Q5": ["state", "type", "createdDateTime", "name", "inputs"],
    }[query]
    shape = pl.Struct({key: inputs if key == "inputs" else pl.String for key in read})

    def key(name: str) -> pl.Expr:
        return pl.col("job").struct.field(name)

    def reads(ids: list[str]) -> pl.Expr:
        return key("inputs").list.eval(pl.element().struct.field("id").is_in(ids)).list.any()

    where = {
        "Q1": lambda: key("state") == "success",
        "Q2": lambda: reads([wanted.input_id]),
        "Q3": lambda: (
            (key("state") == "failed") & key("createdDateTime").is_between(pl.lit(SINCE), pl.lit(UNTIL), "left")
        ),
        "Q4": lambda: key("id").is_in(wanted.ids),
        "Q5": lambda: (
            key("state").is_in(STATES)
            & (key("type") != OTHER_TYPE)
            & (key("createdDateTime") >= LATE)
            & ((key("name") == NAME) | reads(wanted.inputs))
        ),
    }[query]()
    decoded = pl.scan_lines(file).with_columns(job=pl.col("line").str.json_decode(shape))
    decoded.filter(where).select("line").sink_csv(out, include_header=False, quote_style="never", engine="streaming")


def _lambda(query: str, wanted: Wanted) -> Predicate:
    guid, ids, inputs = wanted.input_id, frozenset(wanted.ids), frozenset(wanted.inputs)
    written: dict[str, Callable[..., bool]] = {
        "Q1": lambda r: r["state"] == "success",
        "Q2": lambda r: any(i["id"] == guid for i in r["inputs"]),
        "Q3": lambda r: r["state"] == "failed" and SINCE <= r["createdDateTime"] < UNTIL,
        "Q4": lambda r: r["id"] in ids,
        "Q5": lambda r: (
            r["state"] in STATES
            and r["type"] != OTHER_TYPE
            and r["createdDateTime"] >= LATE
            and (r["name"] == NAME or any(i["id"] in inputs for i in r["inputs"]))
        ),
    }
    return written[query]


def _conditions(wanted: Wanted, text: Callable[[str], str], reads: Callable[[list[str]], str]) -> dict[str, str]:
    """The SQL of both engines; `text` extracts a key, `reads` tells whether one of some ids is an input."""
    state, created = text("state"), text("createdDateTime")
    return {
        "Q1": f"{state} = 'success'",
        "Q2": reads([wanted.input_id]),
        "Q3": f"{state} = 'failed' AND {created} >= '{SINCE}' AND {created} < '{UNTIL}'",
        "Q4": f"{text('id')} IN ({_quoted(wanted.ids)})",
        "Q5": f"{state} IN ({_quoted(STATES)}) AND {text('type')} <> '{OTHER_TYPE}' AND {created} >= '{LATE}' "
        f"AND ({text('name')} = {_quoted([NAME])} OR {reads(wanted.inputs)})",
    }


def _quoted(texts: tuple[str, ...] | list[str]) -> str:
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


ENGINES = {run.__name__: run for run in (orjson, simdjson, duckdb, clickhouse, polars)}


if __name__ == "__main__":
    engine, threads, query, wanted, file, out = sys.argv[1:]
    ENGINES[engine](query, Wanted(**json.loads(Path(wanted).read_text())), Path(file), Path(out), int(threads))
