"""The jobs behind the emulator: those that came, those that were created, and what has become of them. No I/O."""

from __future__ import annotations

from bisect import insort
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from uuid import NAMESPACE_URL, uuid5

from attrs import define, evolve, frozen

from .. import services
from ..schema import normalise_identifier
from ..services import Service
from ._finding import Has, Shelved, search, shelve
from ._lives import Life
from ._living import Record, record_at
from .generate import StoredJob

_SNAPSHOTS = 128
_ADDRESS = "nobody@example.com"


@frozen
class User:
    id: str
    email: str


_NOBODY = User(str(uuid5(NAMESPACE_URL, f"mailto:{_ADDRESS}")), _ADDRESS)
"""Who asks where no job tells of any user."""


@define(eq=False)
class Entry:
    """One job. Without a life it stays as it came."""

    came: Shelved
    seen: Shelved
    """As lists show it now."""
    life: Life | None = None
    deleted: bool = False

    @classmethod
    def of(cls, job: StoredJob) -> Entry:
        shelved = shelve(job)
        return cls(shelved, shelved)

    @property
    def record(self) -> Mapping[str, object]:
        return self.seen.job.raw


@frozen(eq=False)
class Found:
    """What a list held at one version of its service's jobs, and which jobs belong to it."""

    version: int
    shelved: tuple[Shelved, ...]
    records: tuple[Mapping[str, object], ...]
    has: Has
    added: int
    """How many jobs the fault `added` had made by then; they are among these."""


class Store:
    """All jobs, each list in its order (see `Shelved.place`); those that the fault `added` makes stand in front.

    Each change of a service's jobs, also one that time makes, is a new version of them.
    """

    def __init__(self, jobs: Iterable[StoredJob]) -> None:
        entries = sorted((Entry.of(job) for job in jobs), key=_place)
        self._shelves = {name: [e for e in entries if e.came.job.service == name] for name in services.ALL}
        self._added: dict[str, list[Entry]] = {name: [] for name in services.ALL}
        self._versions = dict.fromkeys(services.ALL, 0)
        self._living: dict[str, list[Entry]] = {name: [] for name in services.ALL}
        self._known = {key: entry for entry in entries if (key := _key(entry))}
        self._itwins = {e.came.itwin for e in entries if e.came.itwin is not None}
        owners = [e.came.job for e in entries]
        users = {job.user_id: User(job.user_id, job.email) for job in reversed(owners)}
        self._users = users | {job.email: users[job.user_id] for job in owners}
        busiest = Counter(job.user_id for job in owners).most_common(1)
        self._busiest = users[busiest[0][0]] if busiest else _NOBODY
        self._snapshots: OrderedDict[tuple[str, str, str, int], Found] = OrderedDict()

    @property
    def added(self) -> tuple[StoredJob, ...]:
        return tuple(e.came.job for entries in self._added.values() for e in reversed(entries))

    def user(self, token: str) -> User:
        """The user whom an access token stands for (our choice).

        A known e-mail address or user id is that user; any other token is the user with most jobs.
        """
        return self._users.get(token, self._busiest)

    def examples(self) -> Mapping[str, str]:
        """The id of one job of each service that has any."""
        return {name: str(shelf[0].record.get("id")) for name, shelf in self._shelves.items() if shelf}

    def get(self, service: Service, job_id: str) -> Entry | None:
        """A job by its id. Our choice: whoever asks."""
        return self._known.get((service.name, normalise_identifier(job_id)))

    def add(self, job: StoredJob) -> Entry:
        """A job that was created. Our choice: from then on its iTwin is known."""
        entry = Entry.of(job)
        insort(self._shelves[job.service], entry, key=_place)
        self._enter(entry)
        return entry

    def remove(self, entry: Entry) -> None:
        name = entry.came.job.service
        entry.deleted = True
        self._shelves[name] = [e for e in self._shelves[name] if e is not entry]
        self._known = {key: known for key, known in self._known.items() if known is not entry}
        self._versions[name] += 1

    def give_life(self, entry: Entry, life: Life, now: float) -> None:
        """The job lives this life from now on."""
        if entry.life is None:
            self._living[entry.came.job.service].append(entry)
        entry.life = life
        self._look_at(entry, now)

    def pass_time(self, service: Service, now: float) -> None:
        """See what has become of the service's living jobs."""
        living = self._living[service.name]
        for entry in living:
            self._look_at(entry, now)
        self._living[service.name] = [e for e in living if e.life is not None and now < e.life.ended]

    def find(self, service: Service, user: User, text: str, version: int | None = None) -> Found | None:
        """What a list holds now, or held at a version; None for one that is forgotten. Raises RefusedError.

        A list is asked for page by page while its jobs change, so the last few answers are kept. Of a service whose
        jobs have not changed any answer can be found again.
        """
        current = self._versions[service.name]
        wanted = current if version is None else version
        key = (service.name, user.id, text, wanted)
        found = self._snapshots.get(key)
        if found is None:
            if wanted != current:
                return None
            found = self._snapshots[key] = self._find(service, user, text, current)
            if len(self._snapshots) > _SNAPSHOTS:
                self._snapshots.popitem(last=False)
        self._snapshots.move_to_end(key)
        return found

    def grow(self, service: Service, found: Found, most: int) -> None:
        """Add a job to the service, up to so many in all: the first one of this list again, with an id of its own."""
        added = self._added[service.name]
        if found.shelved and len(added) < most:
            job = found.shelved[0].job
            record = dict(job.raw) | {"id": str(uuid5(NAMESPACE_URL, f"{service.name}/{len(added)}"))}
            entry = Entry.of(evolve(job, raw=record))
            added.append(entry)
            self._enter(entry)

    def front(self, service: Service, found: Found) -> list[Mapping[str, object]]:
        """The records of this list that were added since, the newest first, as they came: none of them ever leaves."""
        since = self._added[service.name][found.added :]
        return [e.came.job.raw for e in reversed(since) if found.has(e.came)]

    def _find(self, service: Service, user: User, text: str, version: int) -> Found:
        has = search(service, user.id, text, self._itwins)
        added = self._added[service.name]
        entries = (*(e for e in reversed(added) if not e.deleted), *self._shelves[service.name])
        shelved = tuple(e.seen for e in entries if has(e.seen))
        return Found(version, shelved, tuple(s.job.raw for s in shelved), has, len(added))

    def _enter(self, entry: Entry) -> None:
        key = _key(entry)
        if key:
            self._known[key] = entry
        if entry.came.itwin is not None:
            self._itwins.add(entry.came.itwin)
        self._versions[entry.came.job.service] += 1

    def _look_at(self, entry: Entry, now: float) -> None:
        if entry.life is None:
            return
        job = entry.came.job
        record: Record = record_at(services.get(job.service), job.raw, entry.life, now)
        if record != entry.record:
            entry.seen = shelve(evolve(job, raw=record))
            self._versions[job.service] += 1


def _place(entry: Entry) -> tuple[int, str]:
    return entry.came.place


def _key(entry: Entry) -> tuple[str, str] | None:
    job = entry.came.job
    job_id = job.raw.get("id")
    return (job.service, normalise_identifier(job_id)) if isinstance(job_id, str) else None
