"""Every error that leaves the package.

    RealityJobsError
    +- InvalidFilter (ValueError)      a text that is no filter; .source, .problems
    +- Unanswerable                    the filter asks what a service's records never hold; .property, .service
    +- PlanTooLarge                    the filter asks more of a service than is allowed; .service, .of, .limit
    +- InvalidRecord (ValueError)      a saved or returned record that cannot be read; .path, .file, .line, .problems
    +- InvalidSpec (ValueError)        a job to be created that cannot be valid; .problems: every (path, reason)
    +- CacheError                      a cache file that is not ours, is corrupt, or has a newer schema; .file
    +- ServiceError                    a job API said no, or nothing; .service .status .code .details .correlation_id
    |  +- Unauthorized                 401 and 403
    |  +- NotFound                     404: no such iTwin, no such job, or a wrong address
    |  +- RateLimited                  429; .retry_after in seconds
    |  +- ServiceUnavailable           5xx, no connection, a timeout, a body that is not what it says
    |  +- BadRequest                   400 and 422
    |  |  +- FilterRefused             ... of a list
    |  +- Conflict                     the job's state does not allow the change (`InvalidChange`)
    |  +- OutcomeUnknown               the answer to a creation was lost: the job may be there; .look_for
    +- PagingError                     a foreign next link, a repeated token, an envelope of another shape

Errors carry data and make their message from it; their fields are positional, so they pickle and copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .diagnostics import Problem


class RealityJobsError(Exception):
    """The root: catch this to catch everything the package raises about its inputs and its services."""


class InvalidFilter(RealityJobsError, ValueError):
    """A text that is no filter. `str()` is the first problem drawn with its caret; `problems` holds all of them."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        super().__init__(source, tuple(problems))
        self.source = source
        self.problems = tuple(problems)

    def __str__(self) -> str:
        first = next((p for p in self.problems if p.severity == "error"), self.problems[0])
        return first.render(self.source)


class Unanswerable(RealityJobsError):
    """The filter asks for a property that this service's records never carry."""

    def __init__(self, property: str, service: str, file: str | None = None, line: int | None = None) -> None:
        super().__init__(property, service, file, line)
        self.property = property
        self.service = service
        self.file = file
        self.line = line

    def __str__(self) -> str:
        return (
            f"{_place(self.file, self.line)}records of {self.service} never hold '{self.property}', so no saved record "
            f'can answer the filter; missing="null" reads it as null'
        )


class PlanTooLarge(RealityJobsError):
    """The filter cannot be asked within a limit, which counts what `of` says.

    "requests": `max_requests`. "bytes": `max_url`, and what is longer is a condition that only the service can answer.
    "branches" and "terms": what the filter comes to when it is multiplied out; fixed.
    """

    def __init__(self, service: str, of: Literal["requests", "bytes", "branches", "terms"], limit: int) -> None:
        super().__init__(service, of, limit)
        self.service = service
        self.of = of
        self.limit = limit

    def __str__(self) -> str:
        match self.of:
            case "requests":
                why = (
                    f"the filter needs more requests than {self.limit:,}, one for each iTwin, branch or part of a long "
                    "list; raise max_requests or ask for fewer at a time"
                )
            case "bytes":
                why = (
                    f"a request line of {self.limit:,} bytes has no room for what only the service can answer; "
                    "raise max_url or ask for less at a time"
                )
            case _:
                why = (
                    f"multiplied out into what can be asked for one by one, the filter has more than {self.limit:,} "
                    f"{self.of}; ask for fewer at a time"
                )
        return f"{self.service}: {why}"


class InvalidRecord(RealityJobsError, ValueError):
    """A record, or a line, that cannot be read. `path` is the place in the record, `line` counts from 1.

    `problems` holds every wrong place: (path, reason). Where there are several, `path` is None.
    """

    def __init__(
        self,
        reason: str,
        path: str | None = None,
        file: str | None = None,
        line: int | None = None,
        problems: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.problems = tuple(problems) or (() if path is None else ((path, reason),))
        super().__init__(reason, path, file, line, self.problems)
        self.reason = reason
        self.path = path
        self.file = file
        self.line = line

    @classmethod
    def of(cls, problems: Sequence[tuple[str, str]]) -> InvalidRecord:
        """What several wrong places of one record are, or one."""
        if len(problems) == 1:
            ((path, reason),) = problems
            return cls(reason, path)
        return cls(f"{len(problems)} places are wrong", problems=problems)

    def at(self, file: str, line: int | None = None) -> InvalidRecord:
        """The same with its place in a file, caused by this one."""
        placed = InvalidRecord(self.reason, self.path, file, line, self.problems)
        placed.__cause__ = self
        return placed

    def __str__(self) -> str:
        first = f"{_place(self.file, self.line)}{f'{self.path}: ' if self.path else ''}{self.reason}"
        return first if self.path or not self.problems else f"{first}\n{_listed(self.problems, '  ')}"


class InvalidSpec(RealityJobsError, ValueError):
    """A job to be created that cannot be valid. `problems` holds every wrong place: (path, reason)."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(tuple(problems))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return _listed(self.problems)


class CacheError(RealityJobsError):
    """A cache file that is not ours, is corrupt, or has a newer schema; it is never overwritten."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(file, reason)
        self.file = file
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


class ServiceError(RealityJobsError):
    """A job API answered with an error, or not at all (`status` is None then).

    `code` and `details` are the API's own (`details`: its list of {code, message, target} objects, as it came).
    """

    def __init__(
        self,
        service: str,
        message: str,
        status: int | None = None,
        code: str | None = None,
        details: Sequence[object] = (),
        correlation_id: str | None = None,
    ) -> None:
        super().__init__(service, message, status, code, tuple(details), correlation_id)
        self.service = service
        self.message = message
        self.status = status
        self.code = code
        self.details = tuple(details)
        self.correlation_id = correlation_id

    def __str__(self) -> str:
        text = f"{self.service}: {self.message}"
        known = [str(part) for part in (self.status, self.code) if part is not None]
        if known:
            text += f" ({' '.join(known)})"
        for detail in self.details:
            if isinstance(detail, dict):
                target = detail.get("target")
                text += f"\n  {detail.get('message', detail.get('code', ''))}{f' [{target}]' if target else ''}"
        if self.correlation_id:
            text += f"\n  correlation id {self.correlation_id}"
        return text


class Unauthorized(ServiceError):
    """401 or 403: no token, an expired one, or one without the right to see this."""


class NotFound(ServiceError):
    """404: `code` tells an unknown iTwin (`iTwinNotFound`) from a wrong address (`ResourceNotFound`)."""


class RateLimited(ServiceError):
    """429. `retry_after` is the number of seconds that the service asks to wait, None where it does not say."""

    def __init__(
        self,
        service: str,
        message: str,
        status: int | None = None,
        code: str | None = None,
        details: Sequence[object] = (),
        correlation_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(service, message, status, code, details, correlation_id)
        self.args = (*self.args, retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.retry_after in (None, inf) else f"{text}\n  try again in {self.retry_after:g} s"


class ServiceUnavailable(ServiceError):
    """5xx, no connection, a timeout, a cut-off body, or one that is not what its headers say."""


class BadRequest(ServiceError):
    """400 or 422: the two are one, since which API uses which is not published for all."""


class FilterRefused(BadRequest):
    """A list request that the service would not take."""


class Conflict(ServiceError):
    """The job's state does not allow the change; the services' code is `InvalidChange`."""


class OutcomeUnknown(ServiceError):
    """The answer to a creation was lost: the job may or may not be there, so nothing is sent again.

    `look_for` is a filter that finds the job if it is there, and perhaps others that are as old and of the same name;
    ask it of `service`, which `Client.jobs` does where it is named: `jobs(e.look_for, services=[e.service])`.
    """

    def __init__(
        self,
        service: str,
        message: str,
        status: int | None = None,
        code: str | None = None,
        details: Sequence[object] = (),
        correlation_id: str | None = None,
        look_for: str | None = None,
    ) -> None:
        super().__init__(service, message, status, code, details, correlation_id)
        self.args = (*self.args, look_for)
        self.look_for = look_for

    def __str__(self) -> str:
        text = f"{super().__str__()}\n  the job may have been created, so the request was not sent again"
        if self.look_for is None:
            return text
        return f"{text}; asked of {self.service}, this filter finds it if it was:\n  {self.look_for}"


class PagingError(RealityJobsError):
    """A list that cannot be followed to its end: a foreign next link, a repeated token, a malformed envelope."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(service, reason)
        self.service = service
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.service}: {self.reason}"


def _listed(problems: Sequence[tuple[str, str]], indent: str = "") -> str:
    return "\n".join(f"{indent}{path}: {reason}" for path, reason in problems)


def _place(file: str | None, line: int | None) -> str:
    if file is None:
        return "" if line is None else f"line {line}: "
    return f"{file}: " if line is None else f"{file}:{line}: "
