"""Filters over the reality job APIs: build, check, run live, run over saved jobs; the same answer everywhere.

Importing this loads next to nothing: each name comes with what it needs when it is first asked for (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from . import services
    from .diagnostics import Problem
    from .errors import (
        BadRequest,
        CacheError,
        Conflict,
        FilterRefused,
        InvalidFilter,
        InvalidRecord,
        InvalidSpec,
        NotFound,
        OutcomeUnknown,
        PagingError,
        PlanTooLarge,
        RateLimited,
        RealityJobsError,
        ServiceError,
        ServiceUnavailable,
        Unanswerable,
        Unauthorized,
    )
    from .exports import read_export
    from .filters import F, Filter, complete, parse, problems
    from .records import Job

__all__ = [
    "BadRequest",
    "CacheError",
    "Conflict",
    "F",
    "Filter",
    "FilterRefused",
    "InvalidFilter",
    "InvalidRecord",
    "InvalidSpec",
    "Job",
    "NotFound",
    "OutcomeUnknown",
    "PagingError",
    "PlanTooLarge",
    "Problem",
    "RateLimited",
    "RealityJobsError",
    "ServiceError",
    "ServiceUnavailable",
    "Unanswerable",
    "Unauthorized",
    "complete",
    "parse",
    "problems",
    "read_export",
    "services",
]

_HOMES: Final = ("errors", "diagnostics", "records", "filters", "exports")
"""Where the names are. Imports go down, to the left, so looking from the left loads nothing that is not needed."""

# Hidden from type checkers: they would take any name whatsoever for one of ours.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name == "services":
            return import_module(".services", __name__)
        value = next(vars(home)[name] for home in map(_home, _HOMES) if name in vars(home))
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})

    def _home(name: str) -> object:
        return import_module(f".{name}", __name__)
