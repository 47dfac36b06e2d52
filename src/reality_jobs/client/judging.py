"""Trust, but look: what a service returns is judged by what it was sent. No I/O.

The pages say nothing of how the services treat null, case or `ne`, so a user should learn where they differ from the
published rules. Jobs that a service wrongly leaves out cannot be seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, Literal, get_args

from ..diagnostics import printable, quoted
from ..errors import InvalidRecord, ServiceError
from ..records import Job
from .events import log
from .responses import Answer
from .steps import Step

OnMismatch = Literal["warn", "drop", "raise", "off"]
"""Of a job that should not have been returned: log it, log it and leave it out, stop, or do not look."""

_LOGGED: Final = 10
"""Mismatches that are logged one by one for each request; then they are counted."""


class Judge:
    """Looks at every record that comes back."""

    def __init__(self, on_mismatch: OnMismatch) -> None:
        if on_mismatch not in get_args(OnMismatch):
            raise ValueError(f'on_mismatch must be "warn", "drop", "raise" or "off", not {on_mismatch!r}')
        self._on_mismatch = on_mismatch
        self._counts: Counter[tuple[str, str]] = Counter()

    def keeps(self, step: Step, record: Mapping[str, object], answer: Answer) -> bool:
        """Whether the record may come out. Raises ServiceError for a mismatch where that is wanted."""
        if self._on_mismatch == "off" or step.checked is None:
            return True
        why = "its own record says otherwise"
        try:
            if step.checked(record):
                return True
            certain = True
        except InvalidRecord as error:
            # Neither right nor wrong: said, and kept.
            why = f"whether that is right cannot be told: {printable(str(error))}"
            certain = False
        self._report(step, record, why, answer if certain and self._on_mismatch == "raise" else None)
        return not (certain and self._on_mismatch == "drop")

    def done(self) -> None:
        """Log how many mismatches were only counted."""
        for (service, text), count in self._counts.items():
            if count > _LOGGED:
                log.warning("%s: %d such jobs in all for $filter=%s", service, count, quoted(text, 500))
        self._counts.clear()

    def _report(self, step: Step, record: Mapping[str, object], why: str, raised: Answer | None) -> None:
        text = step.request.filter
        job_id = printable(str(Job(step.service.name, record)))
        message = f"returned {job_id[:200]} for $filter={quoted(text, 500)}, but {why}"
        if raised is not None:
            raise ServiceError(step.service.name, message, raised.status, correlation_id=raised.correlation_id)
        key = (step.service.name, text)
        self._counts[key] += 1
        if self._counts[key] <= _LOGGED:
            log.warning("%s: %s", step.service.name, message)
