"""Filters over the reality job APIs: build, check, run live, run over saved jobs; the same answer everywhere.

Importing this loads neither the parser generator nor an HTTP client: they come with their first use.
"""

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
