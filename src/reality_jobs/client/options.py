"""What both clients take by keyword, checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from attrs import field, frozen

from .clock import Clock
from .events import PageEvent, RequestEvent
from .judging import Judge, OnMismatch
from .rate import Limiter, Rate, windows
from .retrying import Patience, positive


class Options(TypedDict, total=False):
    """Keyword arguments of `Client` and `AsyncClient`; their meanings and defaults are those of `Settings`."""

    timeout: float | None
    retries: int
    deadline: float | None
    max_retry_after: float
    max_in_flight: int
    rate: Rate
    on_mismatch: OnMismatch
    on_request: Callable[[RequestEvent], object] | None
    on_page: Callable[[PageEvent], object] | None
    clock: Clock


@frozen
class Settings:
    """How a client behaves. Raises ValueError for a value that makes no sense."""

    timeout: float | None = 30.0
    """Seconds for connecting, and for each stretch of silence; None waits for ever."""
    retries: int = 4
    """How often a request is tried again after 429, 500, 502, 503, 504, a broken connection, a timeout or a body that
    was cut off; 0 asks once."""
    deadline: float | None = 300.0
    """Seconds for one page, with all its attempts and the waiting between them; None for no end. Waiting for `rate`
    does not count."""
    max_retry_after: float = 120.0
    """A service that asks to wait longer gets its way: RateLimited at once."""
    max_in_flight: int = 4
    """Pages on their way or waiting to be taken, over all lists of one loop."""
    rate: Rate = field(default=None, converter=windows)
    """`(requests, seconds)` pairs that are kept over any such stretch, or "community": the published 500 a minute and
    5,000 an hour. None keeps no rate of its own."""
    on_mismatch: OnMismatch = "warn"
    """Of a job that the service returned though its record does not match what was sent: "warn" logs it and yields it,
    "drop" logs it and leaves it out, "raise" raises ServiceError, "off" does not look. Jobs that a service wrongly
    left out cannot be seen."""
    on_request: Callable[[RequestEvent], object] | None = None
    """Called after every request, on the loop's thread; it must not block. What it raises ends the loop."""
    on_page: Callable[[PageEvent], object] | None = None
    """Called for every page that comes out, likewise."""
    clock: Clock = field(factory=Clock)

    def __attrs_post_init__(self) -> None:
        count = self.max_in_flight
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"max_in_flight must be a whole number, 1 or more, not {count!r}")
        if self.timeout is not None and not positive(self.timeout):
            raise ValueError(f"timeout must be a positive number of seconds, or None, not {self.timeout!r}")
        _ = self.patience, Judge(self.on_mismatch)

    @property
    def patience(self) -> Patience:
        return Patience(self.retries, self.deadline, self.max_retry_after)

    def limiter(self) -> Limiter:
        return Limiter(windows(self.rate), self.clock)
