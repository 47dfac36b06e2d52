"""What a filter finds in a cache: by SQL, and odd jobs by their records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from sqlite3 import Connection, DatabaseError
from typing import Final

from ..errors import InvalidRecord, Unanswerable
from ..filters import Filter
from ..records import Job
from ..schema import Missing
from ..services import ALL
from ..targets.predicate import check_answerable, mentioned
from .rows import read

Refuse = Callable[[InvalidRecord], object]

_THERE: Final = "SELECT 1 FROM jobs WHERE service = ?1 UNION ALL SELECT 1 FROM odd_jobs WHERE service = ?1 LIMIT 1"
_RECORD: Final = "SELECT raw FROM records WHERE n = ?"


class Question:
    """A filter (None: every job) over the jobs of these services; ready to be asked within a transaction.

    `own`: over those jobs only that are known to be one's own.
    """

    def __init__(
        self, f: Filter | None, names: tuple[str, ...], missing: Missing, refuse: Refuse, own: bool = False
    ) -> None:
        self._filter = f
        self._names = names
        self._missing: Missing = missing
        self._refuse = refuse
        if f is not None:
            check_answerable(f.node, None, missing)
        self._where, self._params = _condition(f, names)
        self._and_own = " AND own" if own else ""

    def records(self, connection: Connection) -> Iterator[tuple[str, str]]:
        """Service and record, as JSON: of odd jobs, then of the others by their time of creation; what came into the
        cache earlier first."""
        self._check(connection)
        yield from self._odd(connection)
        # Sorted, where that is needed, without the records.
        found = f"SELECT service, n FROM jobs WHERE ({self._where}){self._and_own} ORDER BY created_ticks, n"  # noqa: S608
        for service, n in connection.execute(found, self._params):
            yield service, _record(connection, n)

    def count(self, connection: Connection) -> int:
        self._check(connection)
        asked = f"SELECT count(*) FROM jobs WHERE ({self._where}){self._and_own}"  # noqa: S608
        usual: int = connection.execute(asked, self._params).fetchone()[0]
        return usual + sum(1 for _ in self._odd(connection))

    def certain(self, connection: Connection) -> bool:
        """Whether the filter is true or false of each odd job."""
        try:
            return all(True for _ in self._odd(connection))
        except InvalidRecord:
            return False

    def _check(self, connection: Connection) -> None:
        """Raises Unanswerable where there is a job that the filter cannot be true or false of."""
        if self._filter is None or self._missing == "null":
            return
        asked = [*dict.fromkeys(mentioned(self._filter.node))]
        for name in self._names:
            never = next((property for property in asked if not ALL[name].answers(property)), None)
            if never is not None and present(connection, [name]):
                raise Unanswerable(never, name)

    def _odd(self, connection: Connection) -> Iterator[tuple[str, str]]:
        found = f"SELECT service, n FROM odd_jobs WHERE TRUE{self._and_own} ORDER BY n"  # noqa: S608
        for service, n in connection.execute(found):
            if service in self._names:
                raw = _record(connection, n)
                job = Job(service, read(raw))
                try:
                    if self._filter is None or self._filter.predicate(service, self._missing)(job):
                        yield service, raw
                except InvalidRecord as error:
                    self._refuse(error.at(str(job)))


def present(connection: Connection, names: Iterable[str]) -> list[str]:
    """Those of the services of which there are jobs."""
    return [name for name in names if connection.execute(_THERE, (name,)).fetchone()]


def _record(connection: Connection, n: int) -> str:
    found: tuple[str] | None = connection.execute(_RECORD, (n,)).fetchone()
    if found is None:
        raise DatabaseError("a record is missing")
    return found[0]


def _condition(f: Filter | None, names: Iterable[str]) -> tuple[str, tuple[object, ...]]:
    among = tuple(names)
    # The plus keeps their index out of it: any other one leads to fewer jobs.
    theirs = f"+service IN ({', '.join('?' * len(among))})"
    if f is None:
        return theirs, among
    # Null where they cannot answer: by then it is known that there are none, or that null is what is wanted.
    sql = f.sql("sqlite", missing="null")
    if among == tuple(ALL):
        return sql.condition, sql.params
    return f"({sql.condition}) AND {theirs}", (*sql.params, *among)
