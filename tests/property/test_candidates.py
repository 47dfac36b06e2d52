"""An index finds every record that matters: what it leaves out, the filter is false of."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from reality_jobs import Filter, InvalidRecord, Job, Unanswerable
from reality_jobs.exports.index import found
from reality_jobs.exports.indexing import build
from reality_jobs.nodes import Node
from reality_jobs.records.columns import columns
from reality_jobs.schema import Missing, normalise_enumeration, normalise_identifier
from tests import oracle
from tests.strategies import SERVICES, Record, any_records, filters

services = st.none() | st.sampled_from(SERVICES)
missings: st.SearchStrategy[Missing] = st.sampled_from(("error", "null"))


def candidates(saved: list[Record], node: Node, missing: Missing, service: str | None) -> set[int] | None:
    """The records that an index of them finds, by number; None where it cannot tell."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "jobs.ndjson"
        path.write_text("".join(json.dumps(record) + "\n" for record in saved))
        os.utime(path, (0, 0))  # of a file that is new, building waits until its date can tell a change
        build(str(path))
        result = found(str(path), node, missing=missing, service=service, most=len(saved))
        assert result.reason is None
        if result.records is None:
            return None
        numbers = []
        for raw, line in result.records:
            assert json.loads(raw) == saved[line - 1]
            numbers.append(line - 1)
    assert numbers == sorted(set(numbers))
    return set(numbers)


def verdict(node: Node, record: Record, service: str | None, missing: Missing) -> oracle.Verdict | None:
    """None for a record that cannot answer."""
    try:
        return oracle.verdict(node, record, service, missing)
    except oracle.Unanswerable:
        return None


def outcome(f: Filter, record: Record, service: str | None, missing: Missing) -> bool | str | None:
    try:
        return f.predicate(service, missing)(record)
    except InvalidRecord:
        return None
    except Unanswerable:
        return "unanswerable"


@given(st.lists(any_records(), max_size=8), filters(), missings, services)
def test_what_is_left_out_is_false_and_what_is_found_is_judged_exactly(
    pairs: list[tuple[str | None, Record]], node: Node, missing: Missing, service: str | None
) -> None:
    if service in oracle.V2 and "email" in oracle.mentioned(node):
        missing = "null"  # else the filter is refused before any record is looked at
    saved = [record for _, record in pairs]
    numbers = candidates(saved, node, missing, service)
    f = Filter(node)
    for number, record in enumerate(saved):
        expected = verdict(node, record, service, missing)
        if numbers is not None and number not in numbers:
            assert expected is not None
            assert expected.answer is False
        elif expected is None:
            assert outcome(f, record, service, missing) == "unanswerable"
        else:
            got = outcome(f, record, service, missing)
            assert not isinstance(got, str)
            assert oracle.allowed(expected, got)


@given(any_records(), services)
def test_columns_are_what_a_job_says_normalised(pair: tuple[str | None, Record], service: str | None) -> None:
    job = Job.of(pair[1], service)
    try:
        wanted = (job.service, *_values(job))
    except InvalidRecord as odd:
        try:
            columns(pair[1], service)
        except InvalidRecord as error:
            assert (str(error), error.path) == (str(odd), odd.path)  # noqa: PT017
        else:
            raise AssertionError("an odd value went unnoticed") from odd
    else:
        assert columns(pair[1], service) == wanted


def _values(job: Job) -> Iterator[object]:
    yield from (None if text is None else normalise_identifier(text) for text in (job.id, job.itwin_id))
    yield from (job.name, job.email)
    yield from (None if text is None else normalise_enumeration(text) for text in (job.type, job.state))
    yield job.created_ticks
    yield from (tuple(map(normalise_identifier, ids)) for ids in (job.input_ids, job.output_ids))
