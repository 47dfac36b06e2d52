"""Jobs for the emulator: invented from a seed, or taken from an export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from random import Random
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5

from attrs import field, frozen

from .. import services
from ..errors import InvalidRecord
from ..instants import DAY, SECOND, read_ticks
from ..records import Job
from ._records_v1 import analysis_v1, conversion_v1, modeling_v1
from ._records_v2 import record_v2
from ._world import Draft, World

T = TypeVar("T")

# The three default services get four jobs in five. Of each service every type occurs in every state before any pair of
# them occurs again, but a job that went well is three times as common as a queued one.
_SHARES = ("modeling-v1", "modeling-v2", "conversion-v2") * 8 + ("conversion-v1", "analysis-v1", "analysis-v2") * 2
_COMMON = {"success": 3, "failed": 2}

_LATEST = read_ticks("2026-11-01T00:00:00Z")
_PERIOD = 730 * DAY


@frozen
class StoredJob:
    """A job as its service knows it: the record, and its creator, whose e-mail address v2 records leave out."""

    service: str
    raw: Mapping[str, object] = field(hash=False)
    email: str
    user_id: str


def generate(count: int, seed: int) -> list[StoredJob]:
    """`count` jobs of all six services, oldest first; the same for the same numbers, on every machine and day.

    They span the two years before November 2026. Some were created at the same moment or one tick apart, and reality
    data ids recur: what one job wrote, later ones read.
    """
    rng = Random(seed)  # noqa: S311 - invented data, nothing secret
    world = World(rng)
    names = _deal(rng, _SHARES)
    kinds = {name: _deal(rng, _pairs(name)) for name in sorted(set(_SHARES))}
    return [_job(world, next(names), ticks, kinds) for ticks in _moments(rng, count)]


def load(path: str | PathLike[str]) -> list[StoredJob]:
    """The jobs of an export. What its records do not tell of their creators is made up, the same each time.

    A v2 job gets an address made of its user id, a v1 job a user id made of its address. An export with just one
    address and one user id is taken to be one person's, as a list without an iTwin is.
    """
    from ..exports import read_export

    jobs = list(read_export(path))
    addresses = {job.email for job in jobs if job.email}
    user_ids = {job.user_id for job in jobs if job.user_id}
    known: dict[str, str] = {}
    if len(addresses) == len(user_ids) == 1:
        known = dict(zip(addresses, user_ids, strict=True))
    known |= {address: str(uuid5(NAMESPACE_URL, f"mailto:{address}")) for address in addresses - known.keys()}
    known |= {f"{user_id}@example.com": user_id for user_id in user_ids - set(known.values())}
    address_of = {user_id: address for address, user_id in known.items()}
    return [_stored(job, known, address_of, str(path)) for job in jobs]


def _stored(job: Job, known: Mapping[str, str], address_of: Mapping[str, str], file: str) -> StoredJob:
    if job.service is None:
        raise InvalidRecord("a record of no known job API", file=file)
    if job.email:
        return StoredJob(job.service, job.raw, job.email, known[job.email])
    user_id = job.user_id or "unknown"
    return StoredJob(job.service, job.raw, address_of.get(user_id, f"{user_id}@example.com"), user_id)


def _job(world: World, name: str, ticks: int, kinds: Mapping[str, Iterator[tuple[str, str]]]) -> StoredJob:
    job_type, state = next(kinds[name])
    email, user_id = world.user()
    draft = Draft(world.guid(), job_type, state, ticks, world.itwin(), email, user_id)
    match name:
        case "modeling-v1":
            raw = modeling_v1(world, draft)
        case "conversion-v1":
            raw = conversion_v1(world, draft)
        case "analysis-v1":
            raw = analysis_v1(world, draft, old=ticks < _LATEST - _PERIOD * 3 // 4)
        case _:
            raw = record_v2(world, draft, name)
    return StoredJob(name, raw, email, user_id)


def _pairs(name: str) -> list[tuple[str, str]]:
    listed = services.get(name).enumerations
    return [
        (job_type, state)
        for job_type in listed["type"]
        for state in listed["state"]
        for _ in range(_COMMON.get(state.lower(), 1))
    ]


def _deal(rng: Random, cards: Iterable[T]) -> Iterator[T]:
    """Deal a shuffled pack, then shuffle it again: for ever."""
    pack = list(cards)
    while True:
        rng.shuffle(pack)
        yield from pack


def _moments(rng: Random, count: int) -> list[int]:
    """Ascending ticks: most on a whole second, some with a fraction, some equal or one tick apart."""
    first = (_LATEST - _PERIOD) // SECOND
    moments: list[int] = []
    for second in sorted(rng.randrange(first, _LATEST // SECOND) for _ in range(count)):
        ticks = second * SECOND
        match rng.randrange(12):
            case 0 if moments:
                ticks = moments[-1]
            case 1 if moments:
                ticks = moments[-1] + 1
            case 2 | 3 | 4:
                ticks += rng.randrange(SECOND)
        moments.append(ticks)
    return sorted(moments)
