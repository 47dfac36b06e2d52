"""What is written into a cache: jobs, each with its child rows and its record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from sqlite3 import Connection
from typing import Final, NamedTuple

from .rows import Key, Row

BATCH: Final = 10_000
"""Jobs of one transaction."""


class Stored(NamedTuple):
    """How many jobs were not there before, are there as another record now, or as the same; and of how many a record
    that was fetched later stays."""

    new: int = 0
    changed: int = 0
    same: int = 0
    older: int = 0

    def plus(self, other: Stored) -> Stored:
        return Stored(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


@contextmanager
def writing(connection: Connection) -> Iterator[None]:
    """A transaction: all that the block writes, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def put(connection: Connection, rows: Collection[Row], as_of: int, now: int, own: bool) -> Stored:
    """Write rows that were fetched at a moment, each of another job.

    A record that was fetched later than that stays, unless that seems to be in the future: some clock was wrong then.
    """
    with writing(connection):
        known = _known(connection, [row.key for row in rows])
        fresh: list[tuple[int, bool, Row]] = []
        again: list[tuple[int]] = []
        replaced: list[int] = []
        late: list[tuple[int]] = []
        older = 0
        free = count(connection.execute("SELECT coalesce(max(n), 0) + 1 FROM records").fetchone()[0])
        for row in rows:
            if row.key not in known:
                fresh.append((next(free), own, row))
                continue
            n, fetched, was_own, raw = known[row.key]
            if as_of < fetched <= now:
                older += 1
                late.append((n,))
            elif raw == row.raw:
                again.append((n,))
            else:
                replaced.append(n)
                fresh.append((n, own or was_own, row))
        _remove(connection, replaced)
        _insert(connection, fresh, as_of)
        for table in ("jobs", "odd_jobs"):
            connection.executemany(
                f"UPDATE {table} SET as_of = {as_of:d}, own = max(own, {own:d}) WHERE n = ?",  # noqa: S608
                again,
            )
            if own:
                connection.executemany(f"UPDATE {table} SET own = 1 WHERE n = ?", late)  # noqa: S608
        return Stored(len(fresh) - len(replaced), len(replaced), len(again), older)


def remove(connection: Connection, keys: Iterable[Key]) -> int:
    """Remove jobs; how many were there."""
    with writing(connection):
        found = [n for n, *_ in _known(connection, keys).values()]
        _remove(connection, found)
        return len(found)


_AT_ONCE: Final = 500


def _known(connection: Connection, keys: Iterable[Key]) -> dict[Key, tuple[int, int, bool, str]]:
    """Of the jobs that are there: number, moment, whether it is one's own, record."""
    found: dict[Key, tuple[int, int, bool, str]] = {}
    wanted = {*keys}
    ids = [*{job_id for _, job_id in wanted}]
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        for table in ("jobs", "odd_jobs"):
            rows = connection.execute(
                f"SELECT service, id, n, as_of, own, raw FROM {table} JOIN records USING (n) "  # noqa: S608
                f"WHERE id IN ({', '.join('?' * len(some))})",
                some,
            )
            found.update(((service, job_id), tuple(rest)) for service, job_id, *rest in rows)
    return {key: found[key] for key in found.keys() & wanted}


def _remove(connection: Connection, numbers: Iterable[int]) -> None:
    gone = [(n,) for n in numbers]
    for table in ("jobs", "odd_jobs", "records", "inputs", "outputs"):
        connection.executemany(f"DELETE FROM {table} WHERE n = ?", gone)  # noqa: S608


def _insert(connection: Connection, rows: Collection[tuple[int, bool, Row]], as_of: int) -> None:
    usual = [(n, own, row.columns) for n, own, row in rows if row.columns is not None]
    odd = [(n, *row.key, as_of, own) for n, own, row in rows if row.columns is None]
    inputs = [(n, member) for n, _, columns in usual for member in dict.fromkeys(columns.input_ids)]
    outputs = [(n, member) for n, _, columns in usual for member in dict.fromkeys(columns.output_ids)]
    jobs = [(n, *columns[:8], as_of, own) for n, own, columns in usual]
    connection.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", jobs)
    connection.executemany("INSERT INTO odd_jobs VALUES (?, ?, ?, ?, ?)", odd)
    connection.executemany("INSERT INTO records VALUES (?, ?)", [(n, row.raw) for n, _, row in rows])
    connection.executemany("INSERT INTO inputs VALUES (?, ?)", inputs)
    connection.executemany("INSERT INTO outputs VALUES (?, ?)", outputs)
