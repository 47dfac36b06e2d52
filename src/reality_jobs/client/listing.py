"""What one call of `jobs()` asks and what comes out of it: all the decisions that clients share. No I/O.

A client asks `listing.request` until it is None and hands each answer to `listing.take`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final, Literal

from attrs import frozen

from .. import plan
from ..errors import ServiceError
from ..filters import Filter, parse
from ..records import Job
from ..schema import GUID
from ..services import Service, select
from .addresses import MAX_URL, Base
from .pager import Pager
from .responses import Answer, decode_page

MAX_PAGE_SIZE: Final = 1000
"""Published: "$top ... must be a positive integer that does not exceed 1000"."""

try:
    _VERSION = version("reality-jobs")
except PackageNotFoundError:
    _VERSION = "0"


@frozen
class Step:
    """One list to walk: the filter that is sent, and what is then asked of every record that comes back."""

    service: Service
    filter: str
    holds: Callable[[Mapping[str, object]], bool] | None


@frozen
class Request:
    """A GET: everything but the Authorization header."""

    service: Service
    url: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        """For logs: without the query, which may hold names and addresses."""
        return self.url.partition("?")[0].partition("://")[2].partition("/")[2]


def prepare(
    f: Filter | str | None, services: Iterable[str] | None, missing: Literal["error", "null"]
) -> tuple[Step, ...]:
    """The lists that answer the filter; None asks for all of the caller's own jobs.

    Raises what refuses the filter for any of the services: no other one is asked then.
    """
    chosen = select(services)
    if isinstance(f, str):
        f = parse(f)
    if not isinstance(f, Filter | None):
        raise TypeError(f"a filter is a Filter or its text, not {type(f).__name__}")
    planned = plan.everything(chosen) if f is None else f.plan([service.name for service in chosen], missing)
    for part in planned.services:
        if part.refused is not None:
            raise part.refused
    return tuple(
        Step(
            part.service,
            request.filter,
            None
            if request.residual is None
            else Filter(request.residual).predicate(service=part.service.name, missing=missing),
        )
        for part in planned.services
        for request in part.requests
    )


def check_page_size(page_size: int) -> int:
    if isinstance(page_size, bool) or not isinstance(page_size, int) or not 1 <= page_size <= MAX_PAGE_SIZE:
        raise ValueError(f"page_size must be a whole number from 1 to {MAX_PAGE_SIZE}, not {page_size!r}")
    return page_size


class Listing:
    """Walks the steps in order, page by page; `request` is what to ask now, None when all is answered.

    A job comes out once, however many requests and pages of its service return it. That costs about 100 bytes for each
    job that came out, until its service is done; nothing else outlives its page.
    """

    def __init__(self, base: Base, steps: Iterable[Step], page_size: int) -> None:
        self._base = base
        self._page_size = page_size
        self._steps = iter(steps)
        self._walk: tuple[Step, Pager] | None = None
        self._out: set[int | str] = set()
        self._begin_next()

    @property
    def request(self) -> Request | None:
        """Raises ServiceError for a filter that no address can hold."""
        if self._walk is None:
            return None
        step, pager = self._walk
        url = f"{self._base.origin}{pager.target}"
        if len(url) > MAX_URL:
            raise ServiceError(
                step.service.name,
                f"the filter makes an address of {len(url):,} characters; at most {MAX_URL:,} can be sent",
            )
        return Request(step.service, url, {"Accept": step.service.accept, "User-Agent": f"reality-jobs/{_VERSION}"})

    def take(self, answer: Answer, now: datetime) -> tuple[Job, ...]:
        """The jobs of the page that `request` asked for; may be none though more follow.

        Raises ServiceError, PagingError, or InvalidRecord where a residual meets a value that it cannot read.
        """
        if self._walk is None:
            raise RuntimeError("the listing is done; there is no request to answer")
        step, pager = self._walk
        records = pager.take(decode_page(step.service, answer, now), answer.shown)
        jobs = tuple(self._new(step, records))
        if pager.target is None:
            self._begin_next()
        return jobs

    def _new(self, step: Step, records: Iterable[Mapping[str, object]]) -> Iterator[Job]:
        for record in records:
            if step.holds is not None and not step.holds(record):
                continue
            # Only what came out counts as seen: another request's residual may hold of a job that this one's drops.
            job_id = record.get("id")
            if isinstance(job_id, str):
                key = _compact(job_id)
                if key in self._out:
                    continue
                self._out.add(key)
            yield Job(step.service.name, record)

    def _begin_next(self) -> None:
        step = next(self._steps, None)
        if step is None:
            self._walk = None
            self._out.clear()
            return
        if self._walk is not None and self._walk[0].service is not step.service:
            self._out.clear()
        self._walk = step, Pager(self._base, step.service, step.filter, self._page_size)


def _compact(job_id: str) -> int | str:
    """A set of 128-bit numbers takes half the memory of one of GUID texts, and the case of the digits is gone."""
    return int(job_id.replace("-", ""), 16) if GUID.fullmatch(job_id) else job_id
