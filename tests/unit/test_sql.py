"""Queries: how they read, what every engine takes, what is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from sqlite3 import Connection
from typing import Any
from uuid import UUID

import pytest

from reality_jobs import F, Filter, InvalidFilter, Unanswerable, parse
from reality_jobs.nodes import And, Comparison, Guid, Instant, Membership, Node, Operator, Or, Text
from reality_jobs.targets._balanced import balanced
from reality_jobs.targets.dialects import DIALECTS
from tests.property.tables import ENGINES, answers, connected, fill, rows

GUID = "dc720f05-e5f7-448b-ae06-765de46f0af1"


@pytest.fixture
def connection(dialect: str) -> Iterator[Any]:
    made = connected(dialect)
    yield made
    made.close()


# How they read.

# Stands for the child rows of a job in what follows.
_CHILD = "@"


def _whole(condition: str, same: str) -> str:
    child = f"job_inputs.job_id = jobs.id AND job_inputs.service {same} jobs.service AND job_inputs.input_id"
    return condition.replace(_CHILD, f"SELECT 1 FROM job_inputs WHERE {child}")  # noqa: S608 - nothing runs it


def test_the_query_and_its_condition() -> None:
    sql = parse("state eq 'Success' and createdDateTime ge 1970-01-01T00:00:01Z").sql()
    assert sql.condition == "jobs.state = ? AND jobs.created_ticks >= ?"
    assert sql.text == "SELECT jobs.* FROM jobs WHERE jobs.state = ? AND jobs.created_ticks >= ?"
    assert (sql.params, sql.dialect) == (("success", 10_000_000), "duckdb")


@pytest.mark.parametrize(
    ("text", "condition", "params"),
    [
        ("name eq 'a'", "jobs.name = ?", ("a",)),
        ("name ne 'a'", "jobs.name IS DISTINCT FROM ?", ("a",)),
        ("name eq null", "jobs.name IS NULL", ()),
        ("name ne null", "jobs.name IS NOT NULL", ()),
        ("name in ()", "FALSE", ()),
        ("name in ('a', 'a')", "jobs.name = ?", ("a",)),
        ("name in ('a', null, 'b')", "jobs.name IN (?, ?) OR jobs.name IS NULL", ("a", "b")),
        ("name eq 'a' or name eq 'b'", "jobs.name IN (?, ?)", ("a", "b")),
        ("name ne 'a' and name ne 'b'", "NOT jobs.name IN (?, ?) OR jobs.name IS NULL", ("a", "b")),
        ("name ne 'a' and name ne null", "jobs.name IS DISTINCT FROM ? AND jobs.name IS NOT NULL", ("a",)),
        ("type lt 'B' or id eq 'x' and id gt 'y'", "jobs.type < ? OR jobs.id = ? AND jobs.id > ?", ("b", "x", "y")),
        ("(id lt 'a' or id gt 'b') and name le 'c'", "(jobs.id < ? OR jobs.id > ?) AND jobs.name <= ?", (*"abc",)),
        ("inputId eq 'a'", "EXISTS(@ = ?)", ("a",)),
        ("inputId ne 'a'", "NOT EXISTS(@ = ?)", ("a",)),
        ("inputId ge 'a'", "EXISTS(@ >= ?)", ("a",)),
        ("inputId eq null", "NOT EXISTS(@ IS NOT NULL)", ()),
        ("inputId ne null", "EXISTS(@ IS NOT NULL)", ()),
    ],
)  # fmt: skip
def test_conditions(text: str, condition: str, params: tuple[object, ...]) -> None:
    sql = parse(text).sql("duckdb")
    assert (sql.condition, sql.params) == (_whole(condition, "IS NOT DISTINCT FROM"), params)


LONG = tuple(f"n{i}" for i in range(40))


@pytest.mark.parametrize(
    ("dialect", "few", "many", "param"),
    [
        ("sqlite", "jobs.name < ?", "jobs.name IN (SELECT value FROM JSON_EACH(?))", str(list(LONG)).replace("'", '"')),
        ("duckdb", "jobs.name < ?", "jobs.name IN (SELECT UNNEST(?))", list(LONG)),
        ("postgres", 'jobs.name COLLATE "C" < %s', "jobs.name = ANY(%s)", list(LONG)),
        *((name, "jobs.name < ?", f"jobs.name IN ({', '.join('?' * 40)})", None) for name in ("spark", "databricks")),
        *((name, "jobs.name < ?", f"jobs.name IN ({', '.join('?' * 40)})", None) for name in ("trino", "bigquery")),
        ("snowflake", "jobs.name < %s", f"jobs.name IN ({', '.join(['%s'] * 40)})", None),
    ],
)
def test_dialects(dialect: str, few: str, many: str, param: object) -> None:
    assert (F.name < "x").sql(dialect).condition == few
    sql = F.name.in_(LONG).sql(dialect)
    assert (sql.condition, sql.params) == (many, LONG if param is None else (param,))


def test_sqlite_seeks_jobs_by_their_inputs() -> None:
    same = "job_inputs.job_id = job.id AND job_inputs.service IS job.service"
    found = f"SELECT job.rowid FROM job_inputs JOIN jobs AS job ON {same}"  # noqa: S608 - nothing runs it
    sql = parse("inputId eq 'a' and inputId ne 'b' and name ne 'c'").sql("sqlite")
    sought, others = sql.condition.split(" AND NOT ")
    assert sought == f"jobs.rowid IN ({found} WHERE job_inputs.input_id = ?)"
    assert others == _whole("EXISTS(@ = ?) AND jobs.name IS NOT ?", "IS")
    assert sql.params == ("a", "b", "c")


def test_rows_of_one_service() -> None:
    sql = parse("email eq 'x' or name eq 'y'").sql(service="modeling-v1")
    assert sql.condition == "(jobs.email = ? OR jobs.name = ?) AND jobs.service = ?"
    assert sql.params == ("x", "y", "modeling-v1")


def test_many_terms_are_a_shallow_tree() -> None:
    operands = tuple(Comparison("name", Operator.LT, Text(str(i))) for i in range(1_000))
    depth = deepest = 0
    for c in Filter(Or(operands)).sql().text:
        depth += (c == "(") - (c == ")")
        deepest = max(deepest, depth)
    assert deepest == 9


def test_what_is_deep_already_is_joined_last() -> None:
    def depth(text: str) -> int:
        return text.count("(")

    joined = balanced(["((a))", *"bcde"], lambda left, right: f"({left}{right})", lambda text: depth(text) // 1)
    assert joined == "(((a))((bc)(de)))"


# Text that is not what it seems.

HOSTILE = (
    "", "'", "''", "\\", "\\'", "'\\", "\\\\'", "\\n", "\n", "\r\n", "\t", "\"", "`", "%", "%s", "%%s", "%(x)s", "\\%",
    "?", "??", ":x", "$1", "@x", "--", "/*", "*/ --", "; DROP TABLE jobs", "' OR 1=1 --", "{x}", "x'00'", "E'\\n'",
    "\x00", "a\x00b", "\x00'\x00", "\x01\x1b\x7f\x85", "\u2028", "\ufeff", "\ufffe", "\uffff", "\U0001f600",
    "\U0010ffff", "e\u0301", "\u00e9", "\u0130", "null", "NULL", " a ", "a ", "0", "1e5", "[1]", '["a"]',
)  # fmt: skip


def _named(names: tuple[str, ...]) -> list[dict[str, object]]:
    return [{"id": f"job {number}", "name": name} for number, name in enumerate(names)]


@pytest.mark.parametrize("dialect", ENGINES)
def test_hostile_text_comes_back_as_it_was(dialect: str, connection: Any) -> None:
    names = tuple(name for name in HOSTILE if DIALECTS[dialect].nul or "\0" not in name)
    fill(connection, rows(_named(names)))
    found = {
        (name, inline): [names[n] for n in answers(connection, (F.name == name).sql(dialect, inline=inline))]
        for name in names
        for inline in (False, True)
    }
    assert found == {key: [key[0]] for key in found}
    for inline in (False, True):
        assert answers(connection, F.name.in_(names).sql(dialect, inline=inline)) == [*range(len(names))]
        others = F.name.in_([f"{name}x" for name in names]) & (F.name != "")
        assert answers(connection, others.sql(dialect, inline=inline)) == [
            n for n, name in enumerate(names) if name and name in {f"{other}x" for other in names}
        ]


@pytest.mark.parametrize("dialect", ENGINES)
def test_text_is_in_the_order_of_code_points(dialect: str, connection: Any) -> None:
    names = (
        "",
        "A",
        "Z",
        "_",
        "a",
        "a ",
        "aA",
        "a_",
        "b",
        "\u00e9",
        "\u0130",
        "\ud7ff",
        "\ue000",
        "\uffff",
        "\U00010000",
    )
    assert [*names] == sorted(names)
    fill(connection, rows(_named(names)))
    for number, name in enumerate(names):
        assert answers(connection, (F.name < name).sql(dialect)) == [*range(number)]
        assert answers(connection, (F.name >= name).sql(dialect, inline=True)) == [*range(number, len(names))]


@pytest.mark.parametrize(
    ("dialect", "literal"),
    [
        ("sqlite", "'\\''%s' || CHAR(0) || '\n'"),
        ("duckdb", "'\\''%s' || CHR(0) || '\n'"),
        ("trino", "CONCAT('\\''%s', CHR(0), '\n')"),
        # A backslash begins an escape there.
        *((name, r"CONCAT('\\\'%s', CHR(0), '\n')") for name in ("spark", "databricks", "snowflake")),
        ("bigquery", r"CONCAT('\\\'%s', CAST(CODE_POINTS_TO_BYTES([0]) AS STRING), '\n')"),
    ],
)
def test_literals(dialect: str, literal: str) -> None:
    sql = (F.name == "\\'%s\0\n").sql(dialect, inline=True)
    assert (sql.condition, sql.params) == (f"jobs.name = ({literal})", ())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_text_with_a_dollar_sign(dialect: str) -> None:
    literal = "(CONCAT('a', CHR(36), '{b}', CHR(36), ''))" if dialect in ("spark", "databricks") else "'a${b}$'"
    assert (F.name == "a${b}$").sql(dialect, inline=True).condition == f"jobs.name = {literal}"
    assert (F.name == "a${b}$").sql(dialect).params == ("a${b}$",)


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_half_of_a_character_is_refused(dialect: str, inline: bool) -> None:
    node = Membership("name", (Text("a"), Text("b\ud800")))
    with pytest.raises(InvalidFilter) as caught:
        Filter(node).sql(dialect, inline=inline)
    assert str(caught.value) == (
        f"{dialect} has no text with half of a character (U+D800) in it\n  name eq 'b\\ud800'\n  ^^^^^^^^^^^^^^^^^"
    )


@pytest.mark.parametrize("inline", [False, True])
def test_postgres_has_no_nul(inline: bool) -> None:
    with pytest.raises(InvalidFilter) as caught:
        (F.name.in_(["a", "\0"]) | (F.state == "x")).sql("postgres", inline=inline)
    assert str(caught.value) == "postgres has no text with U+0000 in it\n  name eq '\\x00'\n  ^^^^^^^^^^^^^^"


# Child rows.


@pytest.mark.parametrize("dialect", ENGINES)
def test_a_child_row_is_of_the_job_of_its_service_and_id(dialect: str, connection: Any) -> None:
    fill(connection, [])
    cursor = connection.cursor()
    # Of two services and of none, all with the same id; the last has no child row that counts.
    services = ["'modeling-v1'", "'modeling-v2'", "NULL", "'conversion-v2'"]
    for number, service in enumerate(services):
        cursor.execute(f"INSERT INTO jobs (service, id, number) VALUES ({service}, 'a', {number})")  # noqa: S608
        member = f"'in {number}'" if number < 3 else "NULL"
        cursor.execute(f"INSERT INTO job_inputs VALUES ({service}, 'a', {member})")  # noqa: S608
    for inline in (False, True):
        for number in range(3):
            assert answers(connection, (F.input_id == f"in {number}").sql(dialect, inline=inline)) == [number]
            others = [n for n in range(4) if n != number]
            assert answers(connection, (F.input_id != f"in {number}").sql(dialect, inline=inline)) == others
        assert answers(connection, (F.input_id == None).sql(dialect, inline=inline)) == [3]  # noqa: E711
        assert answers(connection, (F.input_id != None).sql(dialect, inline=inline)) == [0, 1, 2]  # noqa: E711
        assert answers(connection, (F.input_id > "in 1").sql(dialect, inline=inline)) == [2]
        assert answers(connection, F.input_id.in_(["in 0", "in 2"]).sql(dialect, inline=inline)) == [0, 2]


# Much of it.


def _guid(number: int) -> Guid:
    return Guid(str(UUID(int=number)))


def _mixed(number: int) -> Node:
    """Four kinds of terms, none like another."""
    return (
        Comparison("id", Operator.EQ, _guid(number)),
        Comparison("name", Operator.LT, Text(f"a{number}")),
        Comparison("inputId", Operator.EQ, _guid(number)),
        Comparison("createdDateTime", Operator.GE, Instant(number + 10**18)),
    )[number % 4]


def _nested(levels: int) -> Node:
    """As deep as a filter may be, the deep operand now first, now last."""
    node: Node = Comparison("id", Operator.EQ, _guid(1))
    for level in range(levels):
        term = Comparison("name", Operator.LT if level % 2 else Operator.GE, Text("a"))
        node = (And, Or)[level % 2]((node, term) if level % 4 < 2 else (term, node))
    return node


LARGE: dict[str, Node] = {
    "terms": Or(tuple(map(_mixed, range(10_000)))),
    "conjuncts": And(tuple(Comparison("name", Operator.GT, Text(f"\0{i}"[i % 2 :])) for i in range(10_000))),
    "none of them": And(tuple(Comparison("inputId", Operator.NE, _guid(i)) for i in range(10_000))),
    "ids": Membership("id", tuple(map(_guid, range(20_000)))),
    "inputs": Membership("inputId", tuple(map(_guid, range(1, 20_001)))),
    "instants": Membership("createdDateTime", tuple(map(Instant, range(20_000)))),
    "deep": _nested(100),
}


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("dialect", ENGINES)
def test_large_filters(dialect: str, connection: Any, name: str, inline: bool) -> None:
    f = Filter(LARGE[name])
    if dialect == "postgres" and name == "conjuncts":
        f = Filter(And(LARGE[name].operands[1::2]))  # type: ignore[union-attr]
    held = rows(
        {"id": str(UUID(int=i)), "name": f"{i}", "createdDateTime": "1970-01-01T00:00:00Z", "inputId": str(UUID(int=j))}
        for i, j in ((1, 1), (2, 30_000), (30_000, 2), (30_001, 40_000))
    )
    fill(connection, held)
    expected = [number for number, (record, _) in enumerate(held) if f.matches(record)]
    assert answers(connection, f.sql(dialect, inline=inline)) == expected


@pytest.mark.parametrize(("dialect", "most"), [("sqlite", 32_766), ("postgres", 65_535)])
def test_more_parameters_than_an_engine_takes(dialect: str, most: int) -> None:
    f = Filter(Or((Comparison("name", Operator.LT, Text("x")),) * (most + 1)))
    with pytest.raises(InvalidFilter) as caught:
        f.sql(dialect)
    (problem,) = caught.value.problems
    assert problem.code == "too-many-parameters"
    assert problem.message == f"the filter takes {most + 1:,} parameters, and {dialect} has room for {most:,}"
    assert problem.hint == "values that are inline in the text are no parameters"


def test_more_subqueries_than_duckdb_plans() -> None:
    operands = [Comparison("inputId", Operator.LT, Text("x"))] * 301
    assert Filter(Or(tuple(operands[1:]))).sql("duckdb").text.count("EXISTS") == 300
    with pytest.raises(InvalidFilter) as caught:
        Filter(Or(tuple(operands))).sql("duckdb")
    (problem,) = caught.value.problems
    assert problem.code == "too-many-subqueries"
    assert problem.message == "the filter asks for inputs and outputs in 301 places, and duckdb plans 300"
    assert Filter(Or(tuple(operands))).sql("postgres").text.count("EXISTS") == 301


# Plans.

_HUNDRED = ", ".join([f"'{i}'" for i in range(100)])


@pytest.fixture
def indexed() -> Iterator[Connection]:
    made: Connection = connected("sqlite")
    fill(made, [])
    made.executescript("""
        CREATE UNIQUE INDEX jobs_key ON jobs (service, id);
        CREATE INDEX jobs_id ON jobs (id);
        CREATE INDEX jobs_state ON jobs (state);
        CREATE INDEX jobs_created ON jobs (created_ticks);
        CREATE INDEX inputs_key ON job_inputs (service, job_id, input_id);
        CREATE INDEX inputs_id ON job_inputs (input_id);
        CREATE INDEX outputs_id ON job_outputs (output_id);
    """)
    yield made
    made.close()


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        f"id eq {GUID}",
        f"id in ({GUID}, 'x')",
        f"id in ({_HUNDRED})",
        f"inputId eq {GUID}",
        f"inputId in ({GUID}, 'x')",
        f"inputId in ({_HUNDRED})",
        f"inputId eq {GUID} or outputId eq {GUID}",
        f"inputId eq {GUID} and state eq 'Success'",
        f"state ne 'Success' and name lt 'x' and inputId eq {GUID} and outputId ne {GUID}",
        "createdDateTime ge 2024-01-01T00:00:00Z",
        "createdDateTime ge 2024-01-01T00:00:00Z and createdDateTime lt 2024-02-01T00:00:00Z and state eq 'Success'",
        f"id eq {GUID} or state eq 'Success' and (createdDateTime ge 2024-01-01T00:00:00Z or inputId eq 'x')",
    ],
)
def test_sqlite_uses_its_indexes(indexed: Connection, text: str, inline: bool) -> None:
    sql = parse(text).sql("sqlite", inline=inline)
    plan = [row[3] for row in indexed.execute(f"EXPLAIN QUERY PLAN {sql.text}", sql.params)]
    assert [step for step in plan if step.startswith("SCAN") and "JSON_EACH" not in step] == []


# What is refused.


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sqllite", "unknown dialect 'sqllite'; did you mean 'sqlite'? the dialects are {}"),
        ("postgresql", "unknown dialect 'postgresql'; did you mean 'postgres'? the dialects are {}"),
        ("x", "unknown dialect 'x'; the dialects are {}"),
        ("mysql", "a filter does not keep its meaning in 'mysql': its collations decide even which texts are equal; "
         "the dialects are {}"),
        ("oracle", "a filter does not keep its meaning in 'oracle': it takes the empty text for null; "
         "the dialects are {}"),
    ],
)  # fmt: skip
def test_an_unknown_dialect(name: str, message: str) -> None:
    with pytest.raises(ValueError, match="dialect") as caught:
        parse("name eq 'x'").sql(name)
    names = "sqlite, duckdb, postgres, spark, databricks, trino, bigquery, snowflake"
    assert str(caught.value) == message.format(names)


@pytest.mark.parametrize(
    ("service", "named"), [(None, "modeling-v2"), ("modeling-v2", "modeling-v2"), ("analysis-v2", "analysis-v2")]
)
def test_what_rows_never_hold(service: str | None, named: str) -> None:
    f = parse("state eq 'Success' or email eq 'x'")
    with pytest.raises(Unanswerable) as caught:
        f.sql(service=service)
    assert (caught.value.property, caught.value.service) == ("email", named)
    assert f.sql(service=service, missing="null").params[:2] == ("success", "x")


def test_wrong_arguments() -> None:
    f = parse("name eq 'x'")
    with pytest.raises(ValueError, match=r"^unknown service 'x'; the services are modeling-v1, "):
        f.sql(service="x")
    with pytest.raises(ValueError, match=r"^missing is 'error' or 'null', not 'x'$"):
        f.sql(missing="x")  # type: ignore[arg-type]


WITHOUT = """
import sys
sys.modules["sqlglot"] = None
from reality_jobs import parse
try:
    parse("name eq 'x'").sql()
except ModuleNotFoundError as error:
    print(error.name, error)
"""


def test_without_sqlglot() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout == "sqlglot SQL needs sqlglot; pip install 'reality-jobs[sql]'\n"
