"""The hierarchy: every class pickles, copies and says the same afterwards."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator

import pytest

from reality_jobs import errors
from reality_jobs.diagnostics import Problem
from reality_jobs.nodes import Span

SERVICE = ("modeling-v1", "Cannot find jobs.", 422, "Invalid", ({"message": "no", "target": "$top"}, "x"), "c-1")
SERVICE_TEXT = "modeling-v1: Cannot find jobs. (422 Invalid)\n  no [$top]\n  correlation id c-1"
PROBLEM = Problem("unknown-property", "error", "unknown property 'stat'", Span(0, 4), "did you mean 'state'?", "state")
WARNING = Problem("unlisted", "warning", "odd", Span(5, 7))

SAMPLES: list[tuple[errors.RealityJobsError, str]] = [
    (errors.RealityJobsError("plain"), "plain"),
    (
        errors.InvalidFilter("stat eq 'x'", [WARNING, PROBLEM]),
        "unknown property 'stat'\n  stat eq 'x'\n  ^^^^\n  hint: did you mean 'state'?",
    ),
    (
        errors.Unanswerable("email", "modeling-v2"),
        "records of modeling-v2 never hold 'email', so no saved record can answer the filter; "
        'missing="null" reads it as null',
    ),
    (
        errors.Unanswerable("email", "modeling-v2", "jobs.ndjson", 3),
        "jobs.ndjson:3: records of modeling-v2 never hold 'email', so no saved record can answer the filter; "
        'missing="null" reads it as null',
    ),
    (
        errors.PlanTooLarge("modeling-v1", "requests", 1_000),
        "modeling-v1: the filter needs more requests than 1,000, one for each iTwin, branch or part of a long list; "
        "raise max_requests or ask for fewer at a time",
    ),
    (
        errors.PlanTooLarge("modeling-v2", "bytes", 2_048),
        "modeling-v2: a request line of 2,048 bytes has no room for what only the service can answer; "
        "raise max_url or ask for less at a time",
    ),
    (
        errors.PlanTooLarge("modeling-v2", "branches", 2_000),
        "modeling-v2: multiplied out into what can be asked for one by one, the filter has more than 2,000 branches; "
        "ask for fewer at a time",
    ),
    (
        errors.PlanTooLarge("modeling-v2", "terms", 50_000),
        "modeling-v2: multiplied out into what can be asked for one by one, the filter has more than 50,000 terms; "
        "ask for fewer at a time",
    ),
    (errors.InvalidRecord("expected text, found true"), "expected text, found true"),
    (errors.InvalidRecord("expected text", "$.id", None, 4), "line 4: $.id: expected text"),
    (errors.InvalidRecord("expected text", "$.id", "a.json"), "a.json: $.id: expected text"),
    (errors.InvalidRecord("expected text", None, "a.json", 7), "a.json:7: expected text"),
    (errors.ServiceError("modeling-v1", "no"), "modeling-v1: no"),
    (errors.ServiceError(*SERVICE), SERVICE_TEXT),
    (errors.Unauthorized(*SERVICE), SERVICE_TEXT),
    (errors.NotFound(*SERVICE), SERVICE_TEXT),
    (errors.RateLimited(*SERVICE), SERVICE_TEXT),
    (errors.RateLimited(*SERVICE, 1.5), f"{SERVICE_TEXT}\n  try again in 1.5 s"),
    (errors.ServiceUnavailable(*SERVICE), SERVICE_TEXT),
    (errors.BadRequest(*SERVICE), SERVICE_TEXT),
    (errors.FilterRefused(*SERVICE), SERVICE_TEXT),
    (errors.Conflict(*SERVICE), SERVICE_TEXT),
    (
        errors.OutcomeUnknown(*SERVICE),
        f"{SERVICE_TEXT}\n  the job may have been created, so the request was not sent again",
    ),
    (
        errors.OutcomeUnknown(*SERVICE, "name eq 'x'"),
        f"{SERVICE_TEXT}\n  the job may have been created, so the request was not sent again; asked of {SERVICE[0]}, "
        "this filter finds it if it was:\n  name eq 'x'",
    ),
    (
        errors.InvalidSpec([("$.name", "is missing"), ("$.type", "is unknown")]),
        "$.name: is missing\n$.type: is unknown",
    ),
    (errors.CacheError("jobs.db", "is no cache of jobs"), "jobs.db: is no cache of jobs"),
    (errors.PagingError("modeling-v1", "page 2 of the list repeats"), "modeling-v1: page 2 of the list repeats"),
]


def hierarchy(root: type[errors.RealityJobsError]) -> Iterator[type[errors.RealityJobsError]]:
    yield root
    for sub in root.__subclasses__():
        yield from hierarchy(sub)


def test_every_class_of_the_hierarchy_is_here() -> None:
    ours = {kind for kind in hierarchy(errors.RealityJobsError) if kind.__module__ == errors.__name__}
    assert ours == {type(error) for error, _ in SAMPLES}


@pytest.mark.parametrize(("error", "text"), SAMPLES, ids=lambda value: type(value).__name__)
def test_message_and_round_trips(error: errors.RealityJobsError, text: str) -> None:
    assert str(error) == text
    for other in (
        *(pickle.loads(pickle.dumps(error, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)),  # noqa: S301
        copy.copy(error),
        copy.deepcopy(error),
    ):
        assert type(other) is type(error)
        assert str(other) == text
        assert other.args == error.args
        assert vars(other) == vars(error)


def test_the_bases_that_callers_rely_on() -> None:
    assert issubclass(errors.InvalidFilter, ValueError)
    assert issubclass(errors.InvalidRecord, ValueError)
    assert issubclass(errors.FilterRefused, errors.BadRequest)
    for kind in (
        errors.Unauthorized,
        errors.NotFound,
        errors.RateLimited,
        errors.ServiceUnavailable,
        errors.BadRequest,
    ):
        assert issubclass(kind, errors.ServiceError)
    assert not issubclass(errors.PagingError, errors.ServiceError)
