"""The jobs behind the emulator: who sees which, and which of them a filter finds. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import assert_never
from uuid import NAMESPACE_URL, uuid5

from attrs import evolve, frozen

from .. import services
from ..errors import InvalidFilter
from ..filters import parse
from ..nodes import And, Comparison, Guid, Membership, Node, Null, Operator, Or, Text
from ..records import Job, read
from ..schema import PROPERTIES, normalise_identifier
from ..services import Service
from ._replies import bad_request, refuse
from .generate import StoredJob

View = Mapping[str, object]

_ITWIN = next(p.name for p in PROPERTIES.values() if p.attribute == "itwin_id")
_UNSUPPORTED = "$filter contains an invalid or unsupported statement."


@frozen(eq=False)
class _Shelved:
    job: StoredJob
    view: View
    """What a live filter sees: the nine properties by their wire names."""
    itwin: str | None
    created: int


@frozen(eq=False)
class Found:
    """What a list held at first, and which jobs belong to it."""

    shelved: tuple[_Shelved, ...]
    records: tuple[Mapping[str, object], ...]
    has: Callable[[_Shelved], bool]


class Store:
    """All jobs, each list in order of creation, then of id (our choice: the order is not published).

    Jobs that are added later stand in front, the newest first, whenever they were created.
    """

    def __init__(self, jobs: Iterable[StoredJob]) -> None:
        shelved = [_shelve(job) for job in jobs]
        shelved.sort(key=lambda s: (s.created, str(s.job.raw.get("id"))))
        self._shelves = {name: [s for s in shelved if s.job.service == name] for name in services.ALL}
        self._itwins = {s.itwin for s in shelved if s.itwin is not None}
        creators = Counter(s.job.user_id for s in shelved)
        self._users = {s.job.user_id: s.job.user_id for s in shelved} | {s.job.email: s.job.user_id for s in shelved}
        self._most_jobs = creators.most_common(1)[0][0] if creators else ""
        self._added: dict[str, list[_Shelved]] = {name: [] for name in services.ALL}
        # A list is asked for page by page, so the last few answers are kept; what is added stands beside them.
        self.find = lru_cache(maxsize=64)(self._find)

    @property
    def added(self) -> tuple[StoredJob, ...]:
        return tuple(s.job for shelf in self._added.values() for s in shelf)

    def grow(self, service: Service, found: Found, most: int) -> None:
        """Add a job to the service, up to so many in all: the first one of this list again, with an id of its own."""
        shelf = self._added[service.name]
        if found.shelved and len(shelf) < most:
            job = found.shelved[0].job
            record = dict(job.raw) | {"id": str(uuid5(NAMESPACE_URL, f"{service.name}/{len(shelf)}"))}
            shelf.insert(0, _shelve(evolve(job, raw=record)))

    def front(self, service: Service, found: Found) -> list[Mapping[str, object]]:
        """The records of this list that were added, the newest first."""
        return [s.job.raw for s in self._added[service.name] if found.has(s)]

    def user(self, token: str) -> str:
        """The user whom an access token stands for (our choice).

        A known e-mail address or user id is that user; any other token is the user with most jobs.
        """
        return self._users.get(token, self._most_jobs)

    def _find(self, service: Service, user: str, text: str) -> Found:
        """The jobs that the filter finds for this user; raises RefusedError.

        Published: without an iTwinId only the user's own jobs, with one all jobs of that iTwin. Our choice: it widens
        the search only where every job must have it; under an `or` with something else it is a plain comparison over
        the user's own jobs.
        """
        try:
            found = parse(text)
        except InvalidFilter:
            raise bad_request(service, "$filter", _UNSUPPORTED) from None
        if not _speaks(service, found.node):
            raise bad_request(service, "$filter", _UNSUPPORTED)
        itwins = _itwins(found.node)
        if itwins is not None and not itwins <= self._itwins:
            raise refuse(404, "iTwinNotFound", "Requested iTwin is not available.")
        holds = found.predicate()

        def has(s: _Shelved) -> bool:
            return (s.job.user_id == user if itwins is None else s.itwin in itwins) and holds(s.view)

        shelved = tuple(filter(has, self._shelves[service.name]))
        return Found(shelved, tuple(s.job.raw for s in shelved), has)


def _shelve(job: StoredJob) -> _Shelved:
    service = services.get(job.service)
    # The record's own value wherever records carry the property: live and saved jobs then answer alike.
    view = {p: read(job.raw, p, service) if service.answers(p) else job.email for p in PROPERTIES}
    itwin = view[_ITWIN]
    scope = normalise_identifier(itwin) if isinstance(itwin, str) else None
    return _Shelved(job, view, scope, Job(job.service, job.raw).created_ticks or 0)


def _speaks(service: Service, node: Node) -> bool:
    """Whether the service's dialect has all of this; a `null` literal, which no page documents, is in none."""
    match node:
        case And(operands) | Or(operands):
            return all(_speaks(service, operand) for operand in operands)
        case Comparison(property, _, literal):
            return property in service.filterable and not isinstance(literal, Null)
        case Membership(property, literals):
            known = service.has_in and property in service.filterable
            return known and not any(isinstance(literal, Null) for literal in literals)
        case _:
            assert_never(node)


def _itwins(node: Node) -> frozenset[str] | None:
    """The iTwins of which every job found must have one; None where a job may have any."""
    match node:
        case Comparison(property, Operator.EQ, Guid(value) | Text(value)) if property == _ITWIN:
            return frozenset({value})
        case Membership(property, literals) if property == _ITWIN:
            return frozenset(literal.value for literal in literals if isinstance(literal, Guid | Text))
        case And(operands):
            scopes = [scope for scope in map(_itwins, operands) if scope is not None]
            return frozenset.intersection(*scopes) if scopes else None
        case Or(operands):
            branches = [_itwins(operand) for operand in operands]
            scopes = [scope for scope in branches if scope is not None]
            return frozenset.union(*scopes) if scopes and len(scopes) == len(branches) else None
        case _:
            return None
