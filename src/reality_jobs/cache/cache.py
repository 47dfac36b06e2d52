"""`Cache`: what it keeps and what it promises; the work is done beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from sqlite3 import Connection
from threading import Lock
from types import TracebackType
from typing import Self

from .. import services as registry
from ..errors import CacheError, InvalidRecord
from ..filters import Filter, parse
from ..instants import ticks_of
from ..records import Job
from ..schema import Missing
from . import coverage, store
from .asking import Question, Refuse, present
from .coverage import Coverage
from .opening import opened, reading, translated
from .rows import Key, Row, read, row
from .store import BATCH, Stored

WAIT = 30.0
"""Seconds for which another process may hold the file."""


def _stop(error: InvalidRecord) -> None:
    raise error


class Cache:
    """Jobs in one SQLite file, with indexes for what filters ask, and a memory of what was synced when.

    The file is made where there is none. What is there and is no cache, or is damaged, or has a newer schema is a
    CacheError, and is left as it is. Several processes may use it at once, and several threads one Cache: readers wait
    for nobody, writers for each other, `wait` seconds at most, then CacheError. A process that is killed at any moment
    leaves a sound file behind, with whole batches in it (see `upsert`). It has to be on a disk of this machine, not on
    a network. One file holds the jobs that one caller sees; a Cache is not to be used on both sides of a fork.
    """

    def __init__(self, path: str | os.PathLike[str], *, wait: float = WAIT) -> None:
        self.path = Path(path)
        self._wait = wait
        self._connection: Connection | None = opened(self.path, wait)
        self._lock = Lock()

    def upsert(
        self,
        jobs: Iterable[Job | Mapping[str, object]],
        service: str | None = None,
        *,
        as_of: datetime | None = None,
        own: bool = False,
        on_error: Refuse = _stop,
    ) -> Stored:
        """Keep jobs by service and id, in place of what the cache had of them; says how many were new or changed.

        `as_of` is when they were fetched, by default when the call begins. A record that was fetched later is not
        replaced, whichever process writes first. Raw records are taken for those of `service`, or recognised by their
        shape. `own` says that a list of one's own jobs returned them, one without an iTwin; `answer` needs that, and it
        is not forgotten. They are taken 10,000 at a time and written in one transaction each, so no lock is held while
        `jobs` waits for a network, and a call that ends early has kept whole batches from the front, or nothing.

        A job with a value of a wrong type is kept, and a filter says of it what `Filter.predicate` says. One with no
        id, or of no known service, is an InvalidRecord, which `on_error` may take instead.
        """
        now = ticks_of(datetime.now(UTC))
        fetched = now if as_of is None else ticks_of(_aware(as_of))
        done = Stored()
        remaining = iter(jobs)
        more = True
        while more:
            rows: dict[Key, Row] = {}
            taken = 0
            # One by one: a batch of records is several times as large as its rows.
            for taken, job in enumerate(islice(remaining, BATCH), 1):  # noqa: B007
                try:
                    each = row(job if isinstance(job, Job) else Job.of(job, service))
                except InvalidRecord as error:
                    on_error(error)
                    continue
                rows[each.key] = each
            more = taken == BATCH
            if rows:
                with self._lock, translated(self.path, self._wait):
                    done = done.plus(store.put(self._open(), rows.values(), fetched, now, own))
        return done

    def remove(self, jobs: Iterable[Job]) -> int:
        """Forget jobs, which the service has no more; how many of them the cache had."""
        keys = [row(job).key for job in jobs]
        with self._lock, translated(self.path, self._wait):
            return store.remove(self._open(), keys)

    def jobs(
        self,
        f: Filter | str | None = None,
        services: Iterable[str] | None = None,
        *,
        missing: Missing = "error",
        own: bool = False,
        on_error: Refuse = _stop,
    ) -> Iterator[Job]:
        """The jobs of which the filter is true, lazily; of all services that are in the cache where none are named.

        By their time of creation, with 100 ns; of the same moment, or with none, in the order in which they came into
        the cache; odd ones, with a value of a wrong type, before all others. They are those of the moment of the first
        `next()`, whatever is written meanwhile. Until the loop is over, or collected, or the iterator is closed, the
        file cannot shrink what is written meanwhile into itself: do not leave one half-way for long.

        Raises Unanswerable at the first `next()` where the cache holds a job, of the services asked for, whose records
        never carry what the filter asks, unless `missing` is "null"; InvalidRecord, or what `on_error` does with it,
        where the answer rests on a value of a wrong type. `iTwinId` tests, and cannot widen the search here. `own`:
        only those that are known to be one's own (see `upsert`).
        """
        return self._jobs(self._question(f, services, missing, on_error, own))

    def records(
        self,
        f: Filter | str | None = None,
        services: Iterable[str] | None = None,
        *,
        missing: Missing = "error",
        on_error: Refuse = _stop,
    ) -> Iterator[tuple[str, str]]:
        """The same jobs undecoded: service, and the record as JSON on one line, equal to what came as a JSON value."""
        return self._answered(self._question(f, services, missing, on_error))

    def answer(
        self,
        f: Filter | str | None,
        services: Iterable[str] | None = None,
        *,
        since: datetime,
        until: datetime | None = None,
        missing: Missing = "error",
    ) -> tuple[tuple[str, ...], Iterator[Job]]:
        """Which of the services (the three default ones where none are named) need not be asked, and their jobs.

        They are those of which the cache holds what a live list would have returned at some moment from `since` to
        `until`, by default now: all of it was synced then (`covered`), and nothing else matches. What was synced later
        than that was synced by a wrong clock, and does not count; nor does a service with an odd job of which nobody
        can say whether the filter holds. So the filter names an iTwin in each of its branches, or in none: then it asks
        for one's own jobs, which are those that `upsert` was told to be. Jobs that were deleted since they were last
        seen are among them. They come as from `jobs`, lazily.
        """
        parsed, chosen = _parsed(f), registry.select(services)
        with self._lock, translated(self.path, self._wait):
            connection = self._open()
            within = ticks_of(_aware(since, "since")), ticks_of(_aware(until or datetime.now(UTC), "until"))
            sides = coverage.answerable(connection, parsed, chosen, *within)
            questions = [Question(parsed, (name,), missing, _stop, own) for name, own in sides.items()]
            sure = {name: own for (name, own), q in zip(sides.items(), questions, strict=True) if q.certain(connection)}
        return tuple(sure), self._sides(parsed, sure, missing)

    def _sides(self, f: Filter | None, sides: Mapping[str, bool], missing: Missing) -> Iterator[Job]:
        for own in (True, False):
            names = tuple(name for name, of_own in sides.items() if of_own is own)
            if names:
                yield from self._jobs(Question(f, names, missing, _stop, own))

    def count(
        self,
        f: Filter | str | None = None,
        services: Iterable[str] | None = None,
        *,
        missing: Missing = "error",
        on_error: Refuse = _stop,
    ) -> int:
        """How many jobs `jobs` would yield; nothing but odd ones is read for it."""
        question = self._question(f, services, missing, on_error)
        with self._reading() as connection:
            return question.count(connection)

    def record_coverage(
        self, f: Filter | str | None, service: str, as_of: datetime, *, newest: datetime | None = None
    ) -> None:
        """Remember that all jobs of this filter (None: all of one's own) are in the cache, as of a moment.

        For whoever has fetched them, all of them, from this service, and put them into the cache, those of lists
        without an iTwin as `own`; the moment is the one before the first request, and `newest` the latest time of
        creation that came.
        """
        chosen = registry.get(service)
        with self._lock, translated(self.path, self._wait), store.writing(connection := self._open()):
            moments = ticks_of(_aware(as_of)), None if newest is None else ticks_of(_aware(newest, "newest"))
            coverage.record(connection, _parsed(f), chosen, *moments, ticks_of(datetime.now(UTC)))

    def covered(self, f: Filter | str | None, services: Iterable[str] | None = None) -> Coverage:
        """Whether all that the filter asks for was synced, for each service, and as of when; see `Coverage`.

        Without services it is asked about the three that are asked live by default and those of which the cache has
        jobs. It says no where it cannot tell.
        """
        with self._lock, translated(self.path, self._wait):
            connection = self._open()
            if services is None:
                services = [*registry.DEFAULT, *present(connection, registry.ALL)]
            return coverage.covered(connection, _parsed(f), registry.select(services))

    def close(self) -> None:
        """Loops over its jobs go on."""
        with self._lock, translated(self.path, self._wait):
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Cache({str(self.path)!r})"

    def _question(
        self,
        f: Filter | str | None,
        services: Iterable[str] | None,
        missing: Missing,
        on_error: Refuse,
        own: bool = False,
    ) -> Question:
        self._open()
        chosen = registry.select(registry.ALL if services is None else services)
        return Question(_parsed(f), tuple(service.name for service in chosen), missing, on_error, own)

    def _jobs(self, question: Question) -> Iterator[Job]:
        with self._reading() as connection:
            for service, raw in question.records(connection):
                yield Job(service, read(raw))

    def _answered(self, question: Question) -> Iterator[tuple[str, str]]:
        with self._reading() as connection:
            yield from question.records(connection)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """What the file holds at one moment."""
        with translated(self.path, self._wait), closing(reading(self.path, self._wait)) as connection:
            connection.execute("BEGIN")
            yield connection

    def _open(self) -> Connection:
        if self._connection is None:
            raise CacheError(str(self.path), "it is closed")
        return self._connection


def _parsed(f: Filter | str | None) -> Filter | None:
    return parse(f) if isinstance(f, str) else f


def _aware(moment: datetime, name: str = "as_of") -> datetime:
    if moment.utcoffset() is None:
        raise TypeError(f"{name} needs a time zone, as datetime.now(UTC) has; {moment!r} has none")
    return moment
