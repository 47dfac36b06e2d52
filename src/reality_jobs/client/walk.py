"""One list on its way through its pages. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import field, frozen

from ..errors import ServiceError
from .addresses import MAX_URL, Base
from .pager import Pager
from .requests import Request
from .responses import Answer
from .resume import NONE_OF_THIS, Position
from .steps import Step

_VAIN_RESTARTS: Final = 2
"""How often a list is begun again without getting any further."""


@frozen
class Fetched:
    """A page as it came: its JSON value, and the answer that it came in."""

    value: object = field(repr=False)
    answer: Answer


class Walk:
    """One list on its way: idle, in flight, with an outcome that waits to come out, done, or cut into halves."""

    def __init__(self, base: Base, step: Step, page_size: int) -> None:
        self.step = step
        self.in_flight = False
        self.outcome: Fetched | BaseException | None = None
        self.halves: tuple[Walk, ...] = ()
        self._base = base
        self._page_size = page_size
        self._vain = self._furthest = 0
        self.begin()

    def begin(self) -> None:
        self.pager = Pager(self._base, self.step.service, self.step.request.filter, self._page_size)

    def begin_again(self) -> bool:
        """Whether it makes sense; what has come out before will not come out again."""
        self._vain += 1
        if self._vain > _VAIN_RESTARTS:
            return False
        self.begin()
        return True

    def cut(self) -> bool:
        """Whether the request could be cut into shorter ones, which take its place."""
        self.halves = tuple(Walk(self._base, part, self._page_size) for part in self.step.halved())
        return bool(self.halves)

    def got_on(self, new: bool) -> None:
        """A page came out: with new jobs, or further on than any before it."""
        if new or self.pager.pages > self._furthest:
            self._vain = 0
        self._furthest = max(self._furthest, self.pager.pages)

    @property
    def position(self) -> Position:
        if self.halves:
            return [half.position for half in self.halves]
        return self.pager.target if self.pager.begun or self.pager.target is None else 0

    def go_to(self, position: Position) -> None:
        """Raises ValueError where the position is none of this list."""
        if isinstance(position, list):
            if not self.cut() or len(self.halves) != len(position):
                raise ValueError(NONE_OF_THIS)
            for half, part in zip(self.halves, position, strict=True):
                half.go_to(part)
        elif position is None or isinstance(position, str):
            self.pager.go_to(position)
        elif type(position) is not int or position != 0:
            raise ValueError(NONE_OF_THIS)

    @property
    def lists(self) -> Iterator[Walk]:
        """This one, or what it was cut into, in order."""
        if not self.halves:
            yield self
        for half in self.halves:
            yield from half.lists

    @property
    def idle(self) -> bool:
        return not self.in_flight and self.outcome is None and self.pager.target is not None

    @property
    def done(self) -> bool:
        return not self.in_flight and self.outcome is None and self.pager.target is None

    @property
    def request(self) -> Request:
        """Raises ServiceError for a filter that no address can hold."""
        service = self.step.service
        url = f"{self._base.origin}{self.pager.target}"
        if len(url) > MAX_URL:
            raise ServiceError(
                service.name,
                f"the filter makes an address of {len(url):,} characters; at most {MAX_URL:,} can be sent",
            )
        return Request.to(service, url)
