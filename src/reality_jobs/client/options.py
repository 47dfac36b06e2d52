"""What both clients take by keyword, checked."""

from __future__ import annotations

import os
from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING, TypedDict

from attrs import field, frozen

from .clock import Clock
from .events import PageEvent, RequestEvent
from .judging import Judge, OnMismatch
from .rate import Limiter, Rate, windows
from .retrying import Patience, positive

if TYPE_CHECKING:
    from ..cache import Cache


class Options(TypedDict, total=False):
    """Keyword arguments of `Client` and `AsyncClient`, where they are described."""

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
    cache: Cache | None
    max_age: float


@frozen
class Settings:
    """The same with their defaults. Raises ValueError for a value that makes no sense."""

    timeout: float | None = 30.0
    retries: int = 4
    deadline: float | None = 300.0
    max_retry_after: float = 120.0
    max_in_flight: int = 4
    rate: Rate = field(default=None, converter=windows)
    on_mismatch: OnMismatch = "warn"
    on_request: Callable[[RequestEvent], object] | None = None
    on_page: Callable[[PageEvent], object] | None = None
    clock: Clock = field(factory=Clock)
    cache: Cache | None = field(default=None, repr=False)
    max_age: float = 300.0

    def __attrs_post_init__(self) -> None:
        count = self.max_in_flight
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(f"max_in_flight must be a whole number, 1 or more, not {count!r}")
        if self.timeout is not None and not positive(self.timeout):
            raise ValueError(f"timeout must be a positive number of seconds, or None, not {self.timeout!r}")
        if not positive(self.max_age):
            raise ValueError(f"max_age must be a positive number of seconds, not {self.max_age!r}")
        if isinstance(self.cache, str | PathLike):
            raise TypeError(f"cache is a Cache: cache=Cache({os.fspath(self.cache)!r})")
        for name, hook in (("on_request", self.on_request), ("on_page", self.on_page)):
            if hook is not None and not callable(hook):
                raise TypeError(f"{name} must be a callable that takes an event, not {type(hook).__name__}")
        _ = self.patience, Judge(self.on_mismatch)

    @property
    def patience(self) -> Patience:
        return Patience(self.retries, self.deadline, self.max_retry_after)

    def limiter(self) -> Limiter:
        return Limiter(windows(self.rate), self.clock)
