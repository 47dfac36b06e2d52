"""One iteration over the answer to a filter: which requests are due, and what comes out. No I/O.

A client sends what is `due`, hands each outcome to `take`, and takes pages from `pop` until it is `done`.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Final

from attrs import field, frozen

from ..errors import BadRequest, InvalidRecord, PagingError, ServiceError
from ..records import Job
from ..schema import GUID
from .addresses import Base
from .judging import Judge
from .responses import Answer
from .resume import NONE_OF_THIS, Position, fingerprint, read_point, write_point
from .steps import Asked, Step
from .walk import Fetched, Walk

_TOO_LONG: Final = (413, 414)
_GONE: Final = 410


@frozen
class Page:
    """Jobs that came in one answer; may be empty though more follow. Iterating over it gives the jobs."""

    service: str
    jobs: tuple[Job, ...]
    records: int
    """How many records the answer held; some may be no match, or have come out before."""
    own: bool
    """Whether no iTwin was asked for: then they are jobs that the caller created."""
    _positions: tuple[Position, ...] = field(repr=False)
    _about: str = field(repr=False)

    @property
    def resume(self) -> str:
        """Where to go on after this page: give it to `pages(resume=...)`. Printable; holds the filter, no token."""
        return write_point(self._positions, self._about)

    @property
    def seen(self) -> tuple[str, ...]:
        """What tells jobs from others, for `pages(seen=...)`: `service/id`, as `str(job)` is, where there is an id."""
        return tuple(f"{self.service}/{_key(job.raw)}" for job in self.jobs)

    def __iter__(self) -> Iterator[Job]:
        return iter(self.jobs)

    def __len__(self) -> int:
        return len(self.jobs)


class Listing:
    """Walks lists side by side, at most `limit` pages of them in flight or waiting to come out.

    Of one list a page is asked for when the one before it has come out: so one page is ahead of the caller, no more. A
    job comes out once, however many requests and pages of its service return it. That costs about 100 bytes for each
    job that came out, until its service is done; nothing else outlives its page.
    """

    def __init__(
        self,
        base: Base,
        asked: Asked,
        steps: Sequence[Step],
        judge: Judge,
        *,
        limit: int = 4,
        resume: str | None = None,
        seen: Iterable[str] = (),
    ) -> None:
        self._walks = [Walk(base, step, asked.page_size) for step in steps]
        self._judge = judge
        self._order = asked.order
        self._limit = limit
        self._about = fingerprint(base, steps)
        self._arrived: deque[Walk] = deque()
        if resume is not None:
            self._go_to(resume)
        self._out: dict[str, set[int | str]] = {}
        for job in seen:
            service, _, job_id = job.partition("/")
            self._out.setdefault(service, set()).add(_compact(job_id))

    @property
    def done(self) -> bool:
        return all(walk.done for walk in self._lists())

    def due(self) -> list[Walk]:
        """The lists whose `request` is to be sent now; they are in flight from here on."""
        room = self._limit - sum(walk.in_flight or walk.outcome is not None for walk in self._lists())
        # From the first on: so few lists are open at a time.
        chosen = [walk for walk in self._lists() if walk.idle][: max(room, 0)]
        for walk in chosen:
            walk.in_flight = True
        return chosen

    def take(self, walk: Walk, outcome: Fetched | BaseException) -> None:
        """What became of a request. An error that is not dealt with here comes out of `pop` when it is its turn."""
        walk.in_flight = False
        if isinstance(outcome, ServiceError) and self._dealt_with(walk, outcome):
            return
        walk.outcome = outcome
        self._arrived.append(walk)

    def pop(self) -> Page | None:
        """The next page, if it is there.

        Raises what became of its request instead, PagingError, or InvalidRecord where a residual meets a value that it
        cannot read.
        """
        walk = self._next()
        if walk is None or walk.outcome is None:
            return None
        self._arrived.remove(walk)
        outcome, walk.outcome = walk.outcome, None
        if isinstance(outcome, BaseException):
            raise outcome
        records = walk.pager.take(outcome.value, outcome.answer.shown)
        if outcome.answer.echoed(walk.pager.target or ""):
            # Followed, it would stand in logs and resume points.
            raise PagingError(walk.step.service.name, "a next link holds the access token; it was not followed")
        jobs = tuple(self._new(walk.step, records, outcome.answer))
        walk.got_on(bool(jobs))
        name = walk.step.service.name
        if walk.done and not any(w.step.service.name == name and not w.done for w in self._lists()):
            self._out.pop(name, None)
        own = walk.step.request.itwin_id is None
        return Page(name, jobs, len(records), own, tuple(walk.position for walk in self._walks), self._about)

    def _next(self) -> Walk | None:
        if self._order == "arrival":
            return self._arrived[0] if self._arrived else None
        return next((walk for walk in self._lists() if not walk.done), None)

    def _dealt_with(self, walk: Walk, error: ServiceError) -> bool:
        """A request that was too long is cut; a continuation token that is no longer good begins its list again.

        How the services say the latter is on no page: taken for it is any refusal of a page but the first (our choice).
        """
        if error.status in _TOO_LONG:
            return walk.cut()
        stale = isinstance(error, BadRequest) or error.status == _GONE
        return stale and walk.pager.begun and walk.begin_again()

    def _new(self, step: Step, records: Iterable[Mapping[str, object]], answer: Answer) -> Iterator[Job]:
        name = step.service.name
        out = self._out.setdefault(name, set())
        for record in records:
            if step.checked is not None and not self._judge.keeps(step, record, answer):
                continue
            if step.residual is not None and not _holds(step, record):
                continue
            # Only what came out counts as seen: another request's residual may hold of a job that this one's drops.
            key = _compact(_key(record))
            if key not in out:
                out.add(key)
                yield Job(name, record)

    def _lists(self) -> Iterator[Walk]:
        for walk in self._walks:
            yield from walk.lists

    def _go_to(self, resume: str) -> None:
        positions = read_point(resume, self._about)
        if len(positions) != len(self._walks):
            raise ValueError(NONE_OF_THIS)
        for walk, position in zip(self._walks, positions, strict=True):
            walk.go_to(position)


def _holds(step: Step, record: Mapping[str, object]) -> bool:
    try:
        return step.residual is None or step.residual(record)
    except InvalidRecord as error:
        raise InvalidRecord(error.reason, error.path, str(Job(step.service.name, record))) from error


def _key(record: Mapping[str, object]) -> str:
    """What tells a job from the others of its service. One without a text id, which no schema allows, is told by all
    that it holds."""
    job_id = record.get("id")
    if isinstance(job_id, str):
        return job_id
    # json, since msgspec refuses what no UTF-8 can hold.
    text = json.dumps(record, sort_keys=True)
    return f"#{blake2b(text.encode(), digest_size=16).hexdigest()}"


def _compact(job_id: str) -> int | str:
    """A set of 128-bit numbers takes half the memory of one of GUID texts, and the case of the digits is gone."""
    return int(job_id.replace("-", ""), 16) if GUID.fullmatch(job_id) else job_id
