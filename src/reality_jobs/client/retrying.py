"""What is tried again, when, and for how long. No I/O.

Sources: RFC 9110 (10.2.3 Retry-After; 9.2.2: only what is idempotent may be repeated unasked, so GET).
"""

from __future__ import annotations

from math import isfinite
from typing import Final

from attrs import frozen

from ..errors import RateLimited, ServiceError, ServiceUnavailable
from .clock import Clock

_STATUSES: Final = frozenset({None, 200, 201, 408, 429, 500, 502, 503, 504})
"""None: no answer, or one that broke off. 200, 201: a body that is not what it says, most often a cut-off one."""

_FIRST: Final = 0.5
_LONGEST: Final = 30.0


@frozen
class Patience:
    """How often and how long a request is tried; the fields are parameters of the client."""

    retries: int = 4
    deadline: float | None = 300.0
    max_retry_after: float = 120.0

    def __attrs_post_init__(self) -> None:
        if isinstance(self.retries, bool) or not isinstance(self.retries, int) or self.retries < 0:
            raise ValueError(f"retries must be a whole number, 0 or more, not {self.retries!r}")
        if self.deadline is not None and not positive(self.deadline):
            raise ValueError(f"deadline must be a positive number of seconds, or None, not {self.deadline!r}")
        if not positive(self.max_retry_after):
            raise ValueError(f"max_retry_after must be a positive number of seconds, not {self.max_retry_after!r}")


def positive(value: object) -> bool:
    """A number of seconds; an integer too large for a float is none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return isfinite(value) and value > 0
    except OverflowError:
        return False


class Attempts:
    """The attempts at one request: how many there were, and whether and when there is another.

    One that is not `repeatable`, since twice is not the same as once, is sent again only where nothing can have come of
    it: the connection was never made, or the service said that it asks too often.
    """

    def __init__(self, patience: Patience, clock: Clock, repeatable: bool = True) -> None:
        self._patience = patience
        self._clock = clock
        self._repeatable = repeatable
        self._begun = clock.monotonic()
        self.made = 0
        self.wait: float | None = 0.0
        """Seconds until the next attempt; None where there is none."""
        self.on_its_way = False
        """Whether the request of this attempt may have reached the service."""
        self.lost = False
        """Whether something may have come of an attempt of which no answer tells."""

    def begin(self) -> None:
        self.made += 1
        self.on_its_way = False

    @property
    def left(self) -> float | None:
        """Seconds until the deadline; None where there is none."""
        if self._patience.deadline is None:
            return None
        return max(0.0, self._begun + self._patience.deadline - self._clock.monotonic())

    def excuse(self, seconds: float) -> None:
        """Time that the client waited on its own account does not count."""
        self._begun += seconds

    def failed(self, error: Exception, retry_after: float | None) -> None:
        """Decide whether there is another attempt, after `wait` seconds.

        What the service asks to wait is waited in full, and not at all where that is too long.
        """
        self.wait = None
        lost = self.on_its_way and not _refuses(error)
        self.lost = self.lost or lost
        again = isinstance(error, RateLimited | ServiceUnavailable) and error.status in _STATUSES
        if not again or (lost and not self._repeatable) or self.made > self._patience.retries:
            return
        if retry_after is not None and retry_after > self._patience.max_retry_after:
            return
        wait = self._backoff() if retry_after is None else retry_after
        if self.left is None or wait < self.left:
            self.wait = wait

    def _backoff(self) -> float:
        """Doubled each time; half of it is chance, so that clients that failed together do not come back together."""
        full = min(_LONGEST, _FIRST * 2.0 ** (self.made - 1))
        return float(full * (1 + self._clock.random()) / 2)


def _refuses(error: Exception) -> bool:
    """Whether an answer says that nothing was done; of 408 that is not sure."""
    status = error.status if isinstance(error, ServiceError) else None
    return status is not None and 400 <= status < 500 and status != 408
