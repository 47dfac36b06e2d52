"""A list, page by page: continuation tokens, next links, and the faults of pages. No I/O."""

from __future__ import annotations

from collections import Counter

from attrs import evolve

from ..services import Service
from ._replies import (
    LastPage,
    Position,
    RefusedError,
    Reply,
    bad_request,
    json_reply,
    last_page_links,
    next_link,
    read_token,
    write_token,
)
from ._store import Store, User
from .faults import Dice

_FOREIGN = "jobs.invalid"  # a name that never resolves (RFC 2606, 2)


class Pages:
    """The pages of all lists of one store.

    The pages of a walk are those of the list as it was when its first page was asked for, whatever has become of its
    jobs since. Of so many lists only the last are kept: the token of one that is forgotten has expired, so that a
    client starts again rather than leave a job out. The jobs of the fault `added` come in while a list is walked: a
    position counts from its front as it is by then. They only ever come in there, so what a position names moves
    towards the start: pages overlap and leave nothing out.
    """

    def __init__(self, store: Store, dice: Dice, default_top: int, last_page: LastPage | None) -> None:
        self._store = store
        self._dice = dice
        self._default_top = default_top
        self._last_page = last_page
        self._expirations: Counter[str] = Counter()

    def page(self, service: Service, base: str, user: User, text: str, top: int | None, token: str | None) -> Reply:
        """Raises RefusedError."""
        bound_to = "\n".join((service.name, user.id, text))
        at = self._position(service, token, bound_to) if token else None
        found = self._store.find(service, user, text, at.version if at else None)
        if found is None:
            raise _expired(service)
        if at is None:
            at = Position(0, top or self._default_top, 0, self._expirations[bound_to], found.version)
        else:
            at = evolve(at, size=top or at.size)
            self._store.grow(service, found, self._dice.faults.added)
        front = self._store.front(service, found)
        start, end = self._span(at)
        jobs = (*front[start:end], *found.records[max(0, start - len(front)) : max(0, end - len(front))])
        page: dict[str, object] = {"jobs": jobs}
        if end < len(front) + len(found.records):
            following = write_token(evolve(at, offset=end, step=at.step + 1), bound_to)
            if token and self._dice.strikes("loop"):
                following = token
            href = next_link(service, self._base(base), text, top, following)
            return json_reply(200, page | {"_links": {"next": {"href": href}}})
        shape = self._last_page or ("absent" if service.encodes_next else "empty")
        return json_reply(200, page | last_page_links(shape, next_link(service, base, text, top, None)))

    def _position(self, service: Service, token: str, bound_to: str) -> Position:
        at = read_token(token, bound_to)
        if at is None:
            raise bad_request(service, "continuationToken", "The continuationToken query parameter is invalid.")
        if at.expirations < self._expirations[bound_to]:
            raise _expired(service)
        if at.expirations < self._dice.faults.expirations and self._dice.strikes("continuation_expired"):
            self._expirations[bound_to] += 1
            raise RefusedError(evolve(_expired(service).reply, fault="continuation_expired"))
        return at

    def _span(self, at: Position) -> tuple[int, int]:
        """Where the page starts and ends: after `at.offset` unless it is empty, so that every list ends."""
        if self._dice.strikes("empty"):
            return at.offset, at.offset
        start, size = at.offset, at.size
        if self._dice.strikes("short"):
            size = self._dice.stream("short").randint(1, max(1, size - 1))
        if self._dice.strikes("shift"):
            start -= self._dice.stream("shift").randint(0, min(start, size - 1))
        return start, start + size

    def _base(self, base: str) -> str:
        if not self._dice.strikes("foreign"):
            return base
        scheme, _, authority = base.partition("://")
        other = "http" if scheme == "https" else "https"
        return self._dice.stream("foreign").choice(
            (f"{scheme}://{_FOREIGN}", f"{base}@{_FOREIGN}", f"{other}://{authority}", f"//{_FOREIGN}")
        )


def _expired(service: Service) -> RefusedError:
    """Which error an expired token gets is not published: our choice, as for one that is none."""
    return bad_request(service, "continuationToken", "The continuationToken query parameter has expired.")
