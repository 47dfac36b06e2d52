"""Which job is meant, and the request that is made of it. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from attrs import frozen

from .. import services
from ..diagnostics import quoted
from ..records import Job
from ..services import Service
from .addresses import Base
from .requests import Request

_WANTED: Final = "a job is named by its service and id, as in 'modeling-v1/cc3d35cc-416a-4262-9714-b359da70b419'"

_LONGEST: Final = 1_000
"""Characters; an id is a GUID as far as is known."""


@frozen
class Target:
    """One job of one service; `str()` is "service/id", which `of` reads."""

    service: Service
    id: str

    @classmethod
    def of(cls, job: str | Job) -> Target:
        """Of a Job, or of "service/id" as `str(job)` writes it. Raises ValueError for what is neither."""
        if isinstance(job, Job):
            if job.service is None or job.id is None:
                missing = "of no known service" if job.service is None else "without an id"
                raise ValueError(f"a job {missing} cannot be asked for")
            name, id = job.service, job.id
        elif isinstance(job, str):
            name, slash, id = job.strip().partition("/")
            if not slash:
                raise ValueError(f"{_WANTED}, not {quoted(job)}")
        else:
            raise TypeError(f"a job is a Job or its 'service/id', not {type(job).__name__}")
        service = services.get(name)
        # What would name another address is none.
        if not 0 < len(id) <= _LONGEST or id in (".", "..") or "/" in id or not id.isprintable():
            raise ValueError(f"{_WANTED}, not {quoted(str(job))}")
        return cls(service, id)

    def request(
        self, base: Base, part: str = "", method: str = "GET", body: Mapping[str, object] | None = None
    ) -> Request:
        url = f"{base.origin}{base.jobs_path(self.service)}/{quote(self.id, safe='')}{part}"
        return Request.to(self.service, url, method, body)

    def __str__(self) -> str:
        return f"{self.service.name}/{self.id}"
