"""The canonical tables, filled from records in any engine that speaks SQL, and a Postgres server to fill them in."""

from __future__ import annotations

import atexit
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from reality_jobs import InvalidRecord
from reality_jobs.nodes import Node
from reality_jobs.records.columns import Columns, columns
from reality_jobs.schema import Missing
from reality_jobs.targets.sql import Sql
from tests import oracle

Record = Mapping[str, object]
Row = tuple[Record, Columns]

TABLES = (
    """CREATE TABLE jobs (
        service TEXT, id TEXT, itwin_id TEXT, name TEXT, email TEXT, type TEXT, state TEXT, created_ticks BIGINT,
        raw TEXT, number INTEGER
    )""",
    "CREATE TABLE job_inputs (service TEXT, job_id TEXT, input_id TEXT)",
    "CREATE TABLE job_outputs (service TEXT, job_id TEXT, output_id TEXT)",
)


def rows(records: Iterable[Record], service: str | None = None) -> list[Row]:
    """The records that tables can hold, each with its columns.

    Left out: odd ones; text that is no UTF-8; a second one of the same service and id, since child rows would be those
    of both; and one without an id that has inputs or outputs, for which no child row can stand.
    """
    return list(_rows(records, service))


def _rows(records: Iterable[Record], service: str | None) -> Iterator[Row]:
    taken: set[tuple[str | None, str | None]] = set()
    for record in records:
        try:
            row = columns(record, service)
        except InvalidRecord:
            continue
        key = (row.service, row.id)
        if key in taken or not _encodable(row) or (row.id is None and (row.input_ids or row.output_ids)):
            continue
        if row.id is not None:
            taken.add(key)
        yield record, row


def texts(row: Columns) -> list[str]:
    """All text of a row."""
    values = [each for value in row for each in (value if isinstance(value, tuple) else (value,))]
    return [value for value in values if isinstance(value, str)]


def _encodable(row: Columns) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in "".join(texts(row)))


def lacks(node: Node, service: str | None, missing: Missing) -> bool:
    """Whether some row that counts could not answer."""
    return missing == "error" and "email" in oracle.mentioned(node) and (service is None or service in oracle.V2)


def matches(node: Node, row: Row, service: str | None = None) -> bool:
    record, held = row
    if service is not None and held.service != service:
        return False
    answer = oracle.verdict(node, record, missing="null").answer
    assert answer is not None
    return answer


def fill(connection: Any, found: Sequence[Row]) -> None:
    """Make the canonical tables anew and fill them; `number` counts the rows from 0."""
    cursor = connection.cursor()
    placeholder = "%s" if type(connection).__module__.startswith("psycopg") else "?"
    for name in ("jobs", "job_inputs", "job_outputs"):
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
    for table in TABLES:
        cursor.execute(table)
    jobs = [(*row[:8], json.dumps(record), number) for number, (record, row) in enumerate(found)]
    inputs = [(row.service, row.id, each) for _, row in found for each in row.input_ids]
    outputs = [(row.service, row.id, each) for _, row in found for each in row.output_ids]
    for name, values in (("jobs", jobs), ("job_inputs", inputs), ("job_outputs", outputs)):
        if values:
            places = ", ".join([placeholder] * len(values[0]))
            cursor.executemany(f"INSERT INTO {name} VALUES ({places})", values)  # noqa: S608 - our own names


def answers(connection: Any, sql: Sql) -> list[int]:
    """The numbers of the rows that a query finds, each as often as it comes."""
    cursor = connection.cursor()
    cursor.execute(sql.text, *([sql.params] if sql.params else []))
    place = [column[0] for column in cursor.description].index("number")
    return sorted(row[place] for row in cursor.fetchall())


ENGINES = ("sqlite", "duckdb", "postgres")
"""The dialects that tests run."""


def connected(dialect: str) -> Any:
    """A connection to an engine of that dialect; skips the test where Postgres is not found."""
    if dialect == "sqlite":
        import sqlite3

        return sqlite3.connect(":memory:")
    if dialect == "duckdb":
        import duckdb

        return duckdb.connect(config={"threads": 1})
    import psycopg

    # Tables are temporary there: the server may be somebody's.
    return psycopg.connect(postgres(), autocommit=True, options="-c search_path=pg_temp")


VARIABLE = "REALITY_JOBS_POSTGRES"


def postgres() -> str:
    """Where a Postgres server listens: what REALITY_JOBS_POSTGRES says, or one that is started for the tests."""
    given = os.environ.get(VARIABLE) or _started()
    if given is None:
        pytest.skip(
            f"NO POSTGRES: the server's programs are not in PATH or /usr/lib/postgresql; {VARIABLE} names a server"
        )
    return given


@cache
def _started() -> str | None:
    """A server of this process, on a socket in a directory of its own, its texts ordered unlike code points."""
    programs = _programs()
    if programs is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    account: dict[str, Any] = {}
    if os.geteuid() == 0:  # which initdb refuses
        user = pwd.getpwnam("nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
        account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    made = [programs / "initdb", "-D", folder / "data", "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*made, *_LOCALE], cwd=folder, check=True, capture_output=True, **account)
    settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=10", "-c", "shared_buffers=16MB"]
    server = subprocess.Popen(
        ["/bin/sh", "-c", _WHILE_READ, folder, programs / "postgres", "-D", folder / "data", "-k", folder, *settings],
        cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, **account,
    )  # fmt: skip
    atexit.register(server.communicate, timeout=60)
    conninfo = f"host={folder} user=tests dbname=postgres"
    _wait(conninfo, server)
    return conninfo


# However this process ends, the input of the shell ends with it.
_WHILE_READ = 'folder=$0; "$@" <&- & cat; kill -INT $!; wait; rm -rf "$folder"'
_LOCALE = ("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    return installed[-1] if installed else None


def _wait(conninfo: str, server: subprocess.Popen[bytes]) -> None:
    import psycopg

    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(conninfo).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
