"""When to ask for a job's progress again, and what an answer says of it. No I/O.

Source: "Retrieve job progress": "Client should query with backoff intervals [15,30,60,120] seconds ... If the
percentage changes the sequence is restarted." That it stays at the last interval is our choice.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from ..records import Job
from ..schema import normalise_enumeration
from .targets import Target

if TYPE_CHECKING:
    from ..records.models import Progress

INTERVALS: Final = (15.0, 30.0, 60.0, 120.0)
"""Seconds."""

MAX_SILENT: Final = 4
"""Polls in a row that may fail, each with all its attempts: a watch takes hours and a service may be down meanwhile."""

_RUNNING: Final = frozenset({"unsubmitted", "queued", "active", "terminatingoncancel", "terminatingonfailure"})
"""States of a progress that is worth believing: in any other one, such as `Over` of v1, the job tells how it ended."""


_SUCCESS: Final = "success"


@frozen
class Status:
    """What a poll found of a job; `str()` is its "service/id"."""

    service: str
    id: str
    state: str
    """As it was told: of a progress it is not always one of the job's states (`Over` of Reality Modeling v1)."""
    percentage: float | None
    """As told, which is to be 0 to 100; None where none is told, as of a job that is queued; 100 of a success."""
    step: str | None = None
    """What the job is at; v1 only."""
    job: Job | None = field(default=None, repr=False)
    """The record, where it was fetched: where no progress is told, and at the end."""
    ended: bool = False

    def __str__(self) -> str:
        return f"{self.service}/{self.id}"

    @classmethod
    def of_progress(cls, target: Target, progress: Progress) -> Status:
        return cls(target.service.name, target.id, progress.state, progress.percentage, progress.step)

    @classmethod
    def of_job(cls, target: Target, job: Job, progress: Progress | None = None) -> Status:
        state = job.state or ""
        percentage = None if progress is None else progress.percentage
        if normalise_enumeration(state) == _SUCCESS:
            percentage = 100  # its progress was asked for a moment before
        step = None if progress is None else progress.step
        return cls(target.service.name, target.id, state, percentage, step, job, is_final(target, state))


def is_final(target: Target, state: str) -> bool:
    return normalise_enumeration(state) in {normalise_enumeration(final) for final in target.service.final_states}


def may_have_ended(progress: Progress) -> bool:
    """Whether it is time to look at the job itself."""
    return normalise_enumeration(progress.state) not in _RUNNING or progress.percentage >= 100


class Schedule:
    """The back-off of one job."""

    def __init__(self, every: float | None = None) -> None:
        """`every` seconds in place of the published intervals."""
        if every is not None and not (isfinite(every) and every > 0):
            raise ValueError(f"every must be a positive number of seconds, not {every!r}")
        self._intervals = INTERVALS if every is None else (every,)
        self._next = self._same = 0
        self._percentage: float | None = None

    @property
    def stuck(self) -> bool:
        """Whether the percentage has not changed for a whole sequence: then the progress alone is not believed, since
        it "is deemed valid when the job is active"."""
        return self._same >= len(INTERVALS)

    def wait(self, percentage: float | None) -> float:
        """Seconds until the next poll, after one that told this percentage, or none.

        The first that is told is a change, too: our choice.
        """
        if percentage is not None:
            self._same = self._same + 1 if percentage == self._percentage else 0
            self._next = self._next if self._same else 0
            self._percentage = percentage
        seconds = self._intervals[min(self._next, len(self._intervals) - 1)]
        self._next += 1
        return seconds
