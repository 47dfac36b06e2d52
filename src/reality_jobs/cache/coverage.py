"""What a cache was synced for, and whether a question is within that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import compress
from operator import not_
from sqlite3 import Connection
from typing import Final

from attrs import field, frozen

from ..errors import InvalidFilter
from ..filters import Filter, parse
from ..nodes import And, Node, Or, join
from ..plan.fold import ALWAYS, NEVER
from ..plan.implication import implies
from ..plan.sides import Sides, sides
from ..schema import PROPERTIES
from ..services import Service
from ..targets.predicate import mentioned


@frozen
class Coverage:
    """Which services a question was synced for, and as of when; `missing` are the others that were asked about.

    As of that moment the cache holds every job that a live list of the same question would have returned, in the state
    that it had then or later. It may hold more: jobs of other people that were synced for their iTwin, where the
    question names no iTwin.
    """

    synced: Mapping[str, datetime]
    missing: tuple[str, ...]
    newest: Mapping[str, datetime] = field(factory=dict, repr=False)
    """The latest time of creation of the jobs that came, by the services' clocks; of services where some came."""

    @property
    def complete(self) -> bool:
        """Whether it is all of it."""
        return not self.missing

    @property
    def as_of(self) -> datetime | None:
        """The oldest moment; None where nothing was synced."""
        return min(self.synced.values(), default=None)


def record(
    connection: Connection, f: Filter | None, service: Service, as_of: int, newest: int | None, now: int
) -> None:
    """Within a transaction: keep it, and nothing of the same filter, and nothing within it that is older.

    What seems to be of the future counts as older: some clock was wrong then.
    """
    text = None if f is None else str(f)
    fresh = _Synced.of(text, service, as_of, newest)
    for row, other, *moments in connection.execute(_ENTRIES, (service.name,)).fetchall():
        known = _Synced.of(other, service, *moments)
        within = fresh and known and not as_of < known.as_of <= now and _within(known.sides, [fresh], service)
        if other == text or within:
            connection.execute("DELETE FROM coverage WHERE rowid = ?", (row,))
    connection.execute("INSERT INTO coverage VALUES (?, ?, ?, ?)", (service.name, text, as_of, newest))


def covered(connection: Connection, f: Filter | None, services: Iterable[Service]) -> Coverage:
    """By the rule of this module; None is the question for all of one's own jobs.

    What a live list of a filter returns is in two parts (`plan.sides`), one's own jobs and those of iTwins. A question
    is within what was synced if its own part is within the own part of what was synced, and its scoped part within the
    scoped one.

    One synced filter has to do that alone, as a rule: a job may be `Active` while the failed ones are fetched and
    `Failed` while the active ones are. Several do it together as far as they were fetched at the same moment, or say
    nothing but what no job ever changes: id, iTwin, creator, type, time of creation. A filter that asks what the
    service's records never hold is answered by the service's word alone, so it covers nothing, and nothing covers it.
    """
    synced: dict[str, datetime] = {}
    newest: dict[str, datetime] = {}
    missing: list[str] = []
    for service in services:
        found = _within(_sides(_text(f), service), _known(connection, service), service)
        if found is None:
            missing.append(service.name)
            continue
        synced[service.name] = moment(found.as_of)
        if found.newest is not None:
            newest[service.name] = moment(found.newest)
    return Coverage(synced, tuple(missing), newest)


def answerable(
    connection: Connection, f: Filter | None, services: Iterable[Service], since: int, until: int
) -> dict[str, bool]:
    """The services of which everything was synced between two moments, and whether the question is for one's own jobs.

    What was synced later, by a clock that was ahead, does not count. For a question for both, one's own jobs and those
    of iTwins, there is none.
    """
    found: dict[str, bool] = {}
    for service in services:
        asked = _sides(_text(f), service)
        if asked is None or NEVER not in (asked.own, asked.scoped):
            continue
        known = [entry for entry in _known(connection, service) if entry.as_of <= until]
        held = _within(asked, known, service)
        if held is not None and held.as_of >= since:
            found[service.name] = asked.own != NEVER
    return found


def moment(ticks: int) -> datetime:
    """In UTC, cut to microseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)


_ENTRIES: Final = "SELECT rowid, filter, as_of, newest FROM coverage WHERE service = ? ORDER BY as_of DESC"
_MOST_BRANCHES: Final = 16


@frozen
class _Held:
    """As of when, and the latest time of creation of the jobs that came then, None where none did."""

    as_of: int
    newest: int | None

    def earlier(self, other: _Held) -> _Held:
        newest = None if self.newest is None or other.newest is None else min(self.newest, other.newest)
        return _Held(min(self.as_of, other.as_of), newest)


@frozen
class _Synced:
    """What was written down of one filter."""

    sides: Sides
    held: _Held

    @classmethod
    def of(cls, text: str | None, service: Service, as_of: int, newest: int | None) -> _Synced | None:
        """None for what this release cannot read, or nothing can be told of."""
        found = _sides(text, service)
        return None if found is None else cls(found, _Held(as_of, newest))

    @property
    def as_of(self) -> int:
        return self.held.as_of


def _known(connection: Connection, service: Service) -> list[_Synced]:
    rows = connection.execute(_ENTRIES, (service.name,)).fetchall()
    return [entry for _, *columns in rows if (entry := _Synced.of(columns[0], service, *columns[1:])) is not None]


def _text(f: Filter | None) -> str | None:
    return None if f is None else str(f)


@lru_cache(maxsize=256)
def _sides(text: str | None, service: Service) -> Sides | None:
    """Of a filter's text, since the same few are looked at again and again."""
    try:
        return sides(ALWAYS if text is None else parse(text, max_length=len(text)).node, service)
    except InvalidFilter:
        return None


def _within(asked: Sides | None, known: Sequence[_Synced], service: Service) -> _Held | None:
    """Since when it is within what was synced, the newest first; None where it is not."""
    if asked is None or not known:
        return None
    found: _Held | None = None
    for name in ("own", "scoped"):
        side = getattr(asked, name)
        if side != NEVER:
            held = _since(side, [(getattr(entry.sides, name), entry.held) for entry in known], service)
            if held is None:
                return None
            found = held if found is None else found.earlier(held)
    return found or known[0].held


def _since(asked: Node, known: Iterable[tuple[Node, _Held]], service: Service) -> _Held | None:
    fixed: list[Node] = []
    alike: list[Node] = []
    together: _Held | None = None
    for node, held in known:
        if implies(asked, node, service):
            return held
        if together is None or held.as_of != together.as_of:
            alike = []
        together = held if together is None else together.earlier(held)
        parts = list(map(_parted, _branches(node)))
        fixed += [stays for stays, rest in parts if rest == ALWAYS]
        alike += [stays for stays, rest in parts if rest != ALWAYS and implies(asked, rest, service)]
        if len(fixed) + len(alike) > 1 and implies(asked, join(Or, [*fixed, *alike]), service):
            return together
    return None


def _branches(node: Node) -> tuple[Node, ...]:
    """Few enough to be looked at one by one."""
    return node.operands if isinstance(node, Or) and len(node.operands) <= _MOST_BRANCHES else (node,)


def _parted(node: Node) -> tuple[Node, Node]:
    """A condition as the `and` of one about what no job changes, and the rest."""
    parts = node.operands if isinstance(node, And) else (node,)
    fixed = [all(PROPERTIES[name].fixed for name in mentioned(part)) for part in parts]
    return join(And, compress(parts, fixed)), join(And, compress(parts, map(not_, fixed)))
