"""What a cache was synced for, and whether a question is within that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import compress
from operator import not_
from sqlite3 import Connection
from typing import Final

from attrs import frozen

from ..errors import InvalidFilter, PlanTooLarge
from ..filters import Filter, parse
from ..instants import ticks_of
from ..nodes import And, Node, Or, join
from ..plan.fold import ALWAYS, NEVER, fold
from ..plan.implication import implies
from ..plan.push import unanswered
from ..plan.request import scope
from ..plan.split import Split
from ..plan.words import Words
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

    @property
    def complete(self) -> bool:
        """Whether it is all of it."""
        return not self.missing

    @property
    def as_of(self) -> datetime | None:
        """The oldest moment; None where nothing was synced."""
        return min(self.synced.values(), default=None)


def record(connection: Connection, f: Filter | None, service: Service, as_of: datetime) -> None:
    """Within a transaction: keep it, and nothing older that is within it."""
    text, ticks = None if f is None else str(f), ticks_of(as_of)
    fresh = _Synced.of(_node(f), service, ticks)
    for row, other, before in connection.execute(_ENTRIES, (service.name,)).fetchall():
        if before <= ticks and (other == text or (fresh and _within(_read(other, service, before), [fresh], service))):
            connection.execute("DELETE FROM coverage WHERE rowid = ?", (row,))
    connection.execute("INSERT INTO coverage VALUES (?, ?, ?)", (service.name, text, ticks))


def covered(connection: Connection, f: Filter | None, services: Iterable[Service]) -> Coverage:
    """By the rule of this module; None is the question for all of one's own jobs.

    What a live list of a filter returns is in two parts. Branches that name an iTwin (`iTwinId eq X and ...`) return
    jobs of that iTwin, whoever created them; the others return jobs that the caller created (filter-language.md 3.10).
    So a question is within what was synced if

    - each own job that it asks for is one of which a synced filter is true, in whichever branch, and
    - each job that it asks for by its iTwin is one of which a synced branch that names its iTwin is true.

    One synced filter has to do that alone, as a rule: a job may be `Active` while the failed ones are fetched and
    `Failed` while the active ones are. Several do it together only as far as they differ in what no job ever changes:
    id, iTwin, creator, type, time of creation. A filter that asks what the service's records never hold is answered by
    the service's word alone, so it covers nothing, and nothing covers it.
    """
    synced: dict[str, datetime] = {}
    missing: list[str] = []
    for service in services:
        as_of = _within(_Synced.of(_node(f), service, 0), _known(connection, service), service)
        if as_of is None:
            missing.append(service.name)
        else:
            synced[service.name] = moment(as_of)
    return Coverage(synced, tuple(missing))


def answerable(connection: Connection, f: Filter | None, services: Iterable[Service], since: int) -> dict[str, bool]:
    """The services of which everything was synced since that moment, and whether the question is for one's own jobs.

    A question for both, one's own jobs and those of iTwins, is none of them.
    """
    found: dict[str, bool] = {}
    for service in services:
        asked = _Synced.of(_node(f), service, 0)
        if asked is None or (asked.own != NEVER and asked.scoped != NEVER):
            continue
        as_of = _within(asked, _known(connection, service), service)
        if as_of is not None and as_of >= since:
            found[service.name] = asked.own != NEVER
    return found


def moment(ticks: int) -> datetime:
    """In UTC, cut to microseconds."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)


_ENTRIES: Final = "SELECT rowid, filter, as_of FROM coverage WHERE service = ? ORDER BY as_of DESC"
_MOST_PARTS: Final = 10_000
_MOST_BRANCHES: Final = 16


@frozen
class _Synced:
    """What a live list of a filter returns: of one's own jobs, and of iTwins' jobs; and as of when it was fetched."""

    whole: Node
    scoped: Node
    own: Node
    as_of: int

    @classmethod
    def of(cls, node: Node, service: Service, as_of: int) -> _Synced | None:
        """None where that cannot be told, or rests on what records never hold."""
        if unanswered(node, service) is not None:
            return None
        whole = fold(node, service.required, Words())
        if whole == NEVER:
            return cls(NEVER, NEVER, NEVER, as_of)
        try:
            alternatives = Split(service, _MOST_PARTS, lambda _: True).alternatives(whole)
        except PlanTooLarge:
            return None
        own: list[Node] = []
        scoped: list[Node] = []
        for each in alternatives:
            parts = [part for part in (scope(each.itwin_id), each.condition) if part is not None]
            (own if each.itwin_id is None else scoped).append(join(And, parts))
        return cls(whole, join(Or, scoped), join(Or, own), as_of)


def _known(connection: Connection, service: Service) -> list[_Synced]:
    rows = connection.execute(_ENTRIES, (service.name,)).fetchall()
    return [entry for _, text, ticks in rows if (entry := _read(text, service, ticks)) is not None]


def _node(f: Filter | None) -> Node:
    return ALWAYS if f is None else f.node


def _read(text: str | None, service: Service, as_of: int) -> _Synced | None:
    """What was written down; None for what this release cannot read."""
    try:
        return _Synced.of(_node(None if text is None else parse(text, max_length=len(text))), service, as_of)
    except InvalidFilter:
        return None


def _within(asked: _Synced | None, known: Sequence[_Synced], service: Service) -> int | None:
    """Since when it is within what was synced, the newest first; None where it is not."""
    if asked is None:
        return None
    own = _since(asked.own, [(entry.whole, entry.as_of) for entry in known], service)
    scoped = _since(asked.scoped, [(entry.scoped, entry.as_of) for entry in known], service)
    return None if own is None or scoped is None else min(own, scoped)


def _since(asked: Node, known: Iterable[tuple[Node, int]], service: Service) -> int | None:
    together: list[Node] = []
    for node, as_of in known:
        if implies(asked, node, service):
            return as_of
        more = [fixed for fixed, rest in map(_parted, _branches(node)) if implies(asked, rest, service)]
        together += more
        if more and implies(asked, join(Or, together), service):
            return as_of
    return None


def _branches(node: Node) -> tuple[Node, ...]:
    """Few enough to be looked at one by one."""
    return node.operands if isinstance(node, Or) and len(node.operands) <= _MOST_BRANCHES else (node,)


def _parted(node: Node) -> tuple[Node, Node]:
    """A condition as the `and` of one about what no job changes, and the rest."""
    parts = node.operands if isinstance(node, And) else (node,)
    fixed = [all(PROPERTIES[name].fixed for name in mentioned(part)) for part in parts]
    return join(And, compress(parts, fixed)), join(And, compress(parts, map(not_, fixed)))
