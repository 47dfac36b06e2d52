"""Invariant: the compiled predicate answers what the oracle of the tests allows, for every filter and every record.

The record is read as one of each service and of none (recognised by its shape then), now with `missing` one way, now
with the other.
`matches` of a Job and `select` give the same answer as the predicate of the mapping. InvalidRecord and Unanswerable
come where the oracle expects them, and nothing else ever comes.

Input: a filter, and behind the first line break a record; an input that is not both is passed over.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable
from typing import Literal

from cases import Record, case, mutate_case
from driver import fuzz, instrumented
from tests import oracle

with instrumented():
    from reality_jobs import Filter, InvalidRecord, Job, Unanswerable, services

Outcome = bool | None | str
"""True or false; None for InvalidRecord; the words of Unanswerable."""


def check(data: bytes) -> Hashable:
    found = case(data)
    if found is None or found[1] is None:
        return None
    made, record = found[0], found[1]
    draw = zlib.crc32(data)
    seen = []
    for number, service in enumerate((None, *services.ALL)):
        seen.append(_check_one(made, record, service, "null" if draw >> number & 1 else "error"))
    _check_select(made, record, list(services.ALL)[draw % len(services.ALL)])
    return frozenset(oracle.mentioned(made.node)), oracle.recognised(record), tuple(seen)


def _check_one(made: Filter, record: Record, service: str | None, missing: Literal["error", "null"]) -> Outcome:
    outcome = _outcome(lambda: made.predicate(service, missing)(record))
    expected = _expected(made, record, service, missing)
    if isinstance(expected, str):
        right = outcome == expected
    else:
        right = not isinstance(outcome, str) and oracle.allowed(expected, outcome)
    assert right, f"read as {service}, missing={missing!r}: {outcome} where {expected} was expected"
    of_job = _outcome(lambda: made.matches(Job.of(record, service), service, missing))
    # Another road may complain of an odd value where this one need not look at it.
    odd = not isinstance(expected, str) and expected.odd and None in (of_job, outcome)
    assert of_job == outcome or odd, f"{outcome}, and of a Job {of_job}"
    return outcome


def _check_select(made: Filter, record: Record, service: str) -> None:
    expected = oracle.verdict(made.node, record, service, "null")
    outcome = _outcome(lambda: bool(list(made.select([record], service, "null"))))
    right = not isinstance(outcome, str) and oracle.allowed(expected, outcome)
    assert right, f"selected as {service}: {outcome} where {expected} was expected"


def _expected(made: Filter, record: Record, service: str | None, missing: str) -> oracle.Verdict | str:
    try:
        return oracle.verdict(made.node, record, service, missing)
    except oracle.Unanswerable as error:
        return f"{error.property} of {error.service}"


def _outcome(answer: Callable[[], bool]) -> Outcome:
    try:
        given = answer()
    except InvalidRecord:
        return None
    except Unanswerable as error:
        return f"{error.property} of {error.service}"
    assert isinstance(given, bool), f"{given!r} is no answer"
    return given


if __name__ == "__main__":
    fuzz(__file__, check, mutate_case)
