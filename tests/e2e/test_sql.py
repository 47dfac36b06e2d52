"""`reality-jobs sql`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from reality_jobs import parse

from .program import Ended, on_terminal, run, usage

TEXT = "name lt 'O''Neil' and state eq 'Success'"


def test_a_query_that_runs_as_it_stands() -> None:
    query = "SELECT jobs.* FROM jobs WHERE jobs.name < 'O''Neil' AND jobs.state = 'success'\n"
    assert run("sql", TEXT) == Ended(0, query, "")
    assert run("sql", "-", stdin=TEXT.encode()) == Ended(0, query, "")


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb", "postgres", "spark"])
def test_params(dialect: str) -> None:
    shown = run("sql", TEXT, "--params", "--dialect", dialect)
    sql = parse(TEXT).sql(dialect)
    assert (shown.code, shown.err) == (0, "")
    assert json.loads(shown.out) == {"text": sql.text, "params": ["O'Neil", "success"]}


def test_a_service() -> None:
    query = "SELECT jobs.* FROM jobs WHERE jobs.email IS NULL AND jobs.service = 'modeling-v1'\n"
    assert run("sql", "email eq null", "--service", "modeling-v1") == Ended(0, query, "")


def test_what_records_never_hold() -> None:
    message = (
        "records of modeling-v2 never hold 'email', so they cannot answer the filter; --missing null reads it as null\n"
    )
    assert run("sql", "email eq 'x'") == Ended(2, "", message)
    query = "SELECT jobs.* FROM jobs WHERE jobs.email = 'x'\n"
    assert run("sql", "email eq 'x'", "--missing", "null") == Ended(0, query, "")


def test_a_wrong_filter() -> None:
    message = "unknown property 'stat'; did you mean 'state'?\n  stat eq 'x'\n  ^^^^\n"
    assert run("sql", "stat eq 'x'") == Ended(2, "", message)


def test_text_that_the_dialect_cannot_hold() -> None:
    message = "postgres has no text with U+0000 in it\n  name eq 'a\\x00'\n  ^^^^^^^^^^^^^^^\n"
    assert run("sql", "-", "--dialect", "postgres", stdin=b"name eq 'a\0'") == Ended(2, "", message)


def test_an_unknown_dialect() -> None:
    names = "'sqlite', 'duckdb', 'postgres', 'spark', 'databricks', 'trino', 'bigquery', 'snowflake'"
    message = f"Invalid value for '--dialect': 'mysql' is not one of {names}."
    assert run("sql", "name eq 'x'", "--dialect", "mysql") == Ended(2, "", usage("sql", "FILTER", message))


def test_into_a_file(tmp_path: Path) -> None:
    path = tmp_path / "query.sql"
    assert run("sql", "name eq 'a\x1b\U0001f600'", "-o", path) == Ended(0, "", "")
    assert path.read_text("utf-8") == "SELECT jobs.* FROM jobs WHERE jobs.name = 'a\x1b\U0001f600'\n"


def test_nothing_that_a_terminal_would_obey() -> None:
    code, sent = on_terminal(80, "sql", "name eq 'a\x1b[31m'", env={})
    note = "shown with escapes, the query is another one; -o FILE or a pipe gets it as it is\n"
    query = "SELECT jobs.* FROM jobs WHERE jobs.name = 'a\\x1b[31m'\n"
    assert (code, sent) == (0, note + query)


def test_without_sqlglot(tmp_path: Path) -> None:
    (tmp_path / "sqlglot.py").write_text("raise ModuleNotFoundError(\"No module named 'sqlglot'\", name='sqlglot')\n")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    shown = run("sql", "name eq 'x'", PYTHONPATH=path)
    assert shown == Ended(1, "", "Error: SQL needs sqlglot; pip install 'reality-jobs[sql]'\n")
