"""One run of a sync: what is new, what was not final yet, and then the word that the cache has it all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import reduce
from math import ceil
from operator import and_
from typing import Final, Unpack

from attrs import define, field

from .. import services as registry
from ..cache import Cache, Stored
from ..client import Client
from ..client.steps import MAX_PAGE_SIZE, Call
from ..errors import InvalidRecord
from ..filters import F, Filter, parse
from ..nodes import And, Or, depth, join
from ..plan.fold import ALWAYS, NEVER
from ..plan.sides import sides
from ..records import Job
from ..schema import PROPERTIES, normalise_identifier
from ..services import Service
from ..syntax import MAX_NESTING
from ..targets.predicate import mentioned

OVERLAP: Final = timedelta(hours=1)
"""By how much what is new is asked for from an earlier moment than the last one: clocks differ, and lists lag."""

_AT_ONCE: Final = 1_000
"""Open jobs that one filter asks for again."""

_A_REQUEST: Final = 40
"""Ids that fit into a request, about; by the plan's cut."""

OnJobs = Callable[[str, int], object]


@define
class Synced:
    """What a run did for one service."""

    service: str
    since: datetime | None
    """Jobs that were created before are in the cache from an earlier run; None where all were fetched."""
    stored: Stored = field(factory=Stored)
    refreshed: int = 0
    """Jobs that were in no final state in the cache, and that were fetched again by their ids."""
    unseen: list[str] = field(factory=list)
    """The ids of those that did not come back: deleted, or out of the caller's sight. The cache keeps them as they were
    last seen."""


def sync(
    client: Client,
    cache: Cache,
    f: Filter | str | None = None,
    *,
    whole: bool = False,
    overlap: timedelta = OVERLAP,
    on_jobs: OnJobs = lambda service, count: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    **call: Unpack[Call],
) -> tuple[Synced, ...]:
    """Bring what the cache has of a filter (None: of all of one's own jobs) up to date, for each of the services.

    Where the cache has all of it from an earlier run, only jobs created since then are fetched, less an `overlap`, and
    the jobs that were in no final state are fetched again: by their ids, about 40 a request, or with all that is newer,
    whichever takes fewer requests. That needs a filter about nothing but what a job keeps for life (id, iTwin, e-mail,
    type, time of creation); any other, say `state eq 'Failed'`, may become true of a job that the cache never saw, so
    all that match it are fetched every time. `whole` fetches all in any case.

    What has come is kept at once; when all has, the cache is told, so that `Cache.covered` knows. Ended early by
    whatever it may be, a run leaves a sound cache, and the next one begins its lists again. A job that the service has
    deleted stays in the cache, and one that was final is not asked for again: no page says that it changes. New jobs
    without a time of creation, which no schema allows, are found by `whole` alone, and odd jobs (a value is of a wrong
    type) refreshed by it alone.

    `on_jobs` is told how many have come of which service. `services` and the other keyword arguments are those of
    `Client.jobs`; but nothing is pruned, whatever `prune` says: the cache is to have all that matches, and services add
    types and states. Raises what `Client.jobs` and `Cache` raise, and so InvalidRecord for a job without an id.
    """
    chosen = registry.select(call.pop("services", None))
    call["prune"] = False
    return _Run(client, cache, parse(f) if isinstance(f, str) else f, now(), on_jobs, call).over(
        [Synced(service.name, None) for service in chosen], whole, overlap
    )


@define
class _Run:
    client: Client
    cache: Cache
    filter: Filter | None
    as_of: datetime
    on_jobs: OnJobs
    call: Call

    def over(self, parts: Sequence[Synced], whole: bool, overlap: timedelta) -> tuple[Synced, ...]:
        came = {part.service: _Came() for part in parts}
        for part in parts:
            part.since = None if whole else self._since(registry.get(part.service), overlap, came[part.service])
        for since in dict.fromkeys(part.since for part in parts):
            # Services that are asked the same are asked side by side.
            alike = {part.service: part for part in parts if part.since == since}
            self._fetch_sides(self._newer(since), alike, came)
        for part in parts:
            for itwin, ids in self._open(registry.get(part.service), came[part.service].ids).items():
                for first in range(0, len(ids), _AT_ONCE):
                    self._refresh(part, itwin, ids[first : first + _AT_ONCE])
            self.cache.record_coverage(self.filter, part.service, self.as_of, newest=came[part.service].newest)
        return tuple(parts)

    def _since(self, service: Service, overlap: timedelta, came: _Came) -> datetime | None:
        """From when on jobs are new to the cache; None where that cannot be told, so that all have to come."""
        f = self.filter
        if f is not None and not all(PROPERTIES[name].fixed for name in mentioned(f.node)):
            return None
        covered = self.cache.covered(f, [service.name])
        came.newest = covered.newest.get(service.name)
        if covered.as_of is None or came.newest is None:
            return None  # of nothing, a list from the beginning is as short as any
        # Nothing newer came then: where this machine's clock is ahead of the service's, the service's counts.
        return self._with_open(min(covered.as_of, came.newest) - overlap, service)

    def _with_open(self, since: datetime, service: Service) -> datetime:
        """An earlier moment, where the list from there on takes fewer requests than the ids of the open jobs in it."""
        moments = [job.created_date_time for _, job in self._open_jobs(service)]
        known = sorted((moment for moment in moments if moment is not None and moment < since), reverse=True)
        best, least = since, ceil(len(known) / _A_REQUEST)
        size = self.call.get("page_size", MAX_PAGE_SIZE)
        listed = _A_REQUEST
        while listed < 2 * len(known):
            among = min(listed, len(known))
            begin = known[among - 1]
            again = (F.created_date_time >= begin) & (F.created_date_time < since)
            jobs = self.cache.count(
                again if self.filter is None else _both(self.filter, again), [service.name], on_error=_ignore
            )
            cost = ceil(jobs / size) + ceil((len(known) - among) / _A_REQUEST)
            if cost < least:
                best, least = begin, cost
            listed *= 2
        return best

    def _newer(self, since: datetime | None) -> Filter | None:
        if since is None:
            return self.filter
        new = F.created_date_time >= since
        return new if self.filter is None else _both(self.filter, new)

    def _fetch_sides(self, wanted: Filter | None, parts: dict[str, Synced], came: dict[str, _Came]) -> None:
        """One's own jobs and those of iTwins apart: a job that is both comes out once of a list of both, and may then
        not be known for one's own."""
        both: dict[str, Synced] = {}
        for name, part in parts.items():
            found = None if wanted is None else sides(wanted.node, registry.get(name))
            if found is None or NEVER in (found.own, found.scoped):
                both[name] = part
                continue
            for side in (found.own, found.scoped):
                self._fetch(Filter(side), {name: part}, came)
        if both:
            self._fetch(wanted, both, came)

    def _fetch(self, wanted: Filter | None, parts: dict[str, Synced], came: dict[str, _Came]) -> None:
        call = self.call.copy()
        call["services"] = list(parts)
        with self.client.jobs(wanted, **call) as jobs:
            for page in jobs.pages():
                part = parts[page.service]
                part.stored = part.stored.plus(self.cache.upsert(page, page.service, as_of=self.as_of, own=page.own))
                came[page.service].take(page)
                self.on_jobs(page.service, len(page))

    def _open_jobs(self, service: Service) -> Iterator[tuple[str | None, Job]]:
        """Those that the cache has in no final state, and the iTwin under which they are listed; None for one's own.

        Those of others that came for another filter are not asked for.
        """
        f = reduce(and_, (F.state != state for state in sorted(service.final_states)))
        found = sides(ALWAYS if self.filter is None else self.filter.node, service)
        # What its records never hold only the service can say: any of its jobs may be one of those.
        asked = f if self.filter is None or found is None else _both(self.filter, f)
        own: set[str] = set()
        for job in self.cache.jobs(asked, [service.name], own=True, on_error=_ignore):
            own.add(_id(job))
            yield None, job
        if found is None or found.scoped == NEVER:
            return
        for job in self.cache.jobs(_both(Filter(found.scoped), f), [service.name], on_error=_ignore):
            if _id(job) not in own:
                yield job.itwin_id, job

    def _open(self, service: Service, came: set[str]) -> dict[str | None, list[str]]:
        """The ids of open jobs that did not come by themselves."""
        found: dict[str | None, list[str]] = {}
        for itwin, job in self._open_jobs(service):
            if (job_id := _id(job)) not in came:
                found.setdefault(itwin and normalise_identifier(itwin), []).append(job_id)
        return found

    def _refresh(self, part: Synced, itwin: str | None, ids: list[str]) -> None:
        wanted = F.id.in_(ids)
        came = {part.service: _Came()}
        self._fetch(wanted if itwin is None else (F.itwin_id == itwin) & wanted, {part.service: part}, came)
        returned = came[part.service].ids
        part.refreshed += len(returned)
        part.unseen += [job_id for job_id in ids if job_id not in returned]


@define
class _Came:
    """What came from a service in this run: the ids, and the latest time of creation, by the service's clock."""

    ids: set[str] = field(factory=set)
    newest: datetime | None = None

    def take(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            self.ids.add(_id(job))
            with suppress(InvalidRecord):
                created = job.created_date_time
                if created is not None and (self.newest is None or created > self.newest):
                    self.newest = created


def _both(f: Filter, more: Filter) -> Filter:
    """`f & more`, where `more` has no `or`; an `or` that may not nest deeper gets it into each of its branches."""
    if isinstance(f.node, Or) and depth(f.node) == MAX_NESTING:
        return Filter(Or(tuple(join(And, (branch, more.node)) for branch in f.node.operands)))
    return f & more


def _ignore(error: InvalidRecord) -> None:
    """An odd job of which nobody can say whether the filter holds is not refreshed."""


def _id(job: Job) -> str:
    return normalise_identifier(job.id or "")
