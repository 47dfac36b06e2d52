"""Records in parquet are the records, and what is passed over for a filter does not match it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reality_jobs import Filter, InvalidRecord, Unanswerable
from reality_jobs.exports import Saved
from reality_jobs.exports.parquet import read, write
from reality_jobs.nodes import Node
from reality_jobs.schema import Missing
from reality_jobs.targets.predicate import Predicate
from tests import oracle
from tests.strategies import SERVICES, any_records, filters

# A database takes longer to begin than a record to be judged.
_MANY = st.lists(any_records().map(lambda drawn: drawn[1]), min_size=20, max_size=60)
_NAMED = st.none() | st.sampled_from(SERVICES)


@settings(max_examples=12, deadline=None)
@given(_MANY, st.lists(filters(), min_size=6, max_size=6), _NAMED, _NAMED, st.sampled_from(("error", "null")))
def test_parquet(
    records: list[dict[str, Any]], nodes: list[Node], written_as: str | None, read_as: str | None, missing: Missing
) -> None:
    saved = [Saved(json.dumps(record).encode(), "a", n) for n, record in enumerate(records, 1)]
    refused: list[InvalidRecord] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a")
        with path.open("wb") as file:
            count = write(saved, file, refused.append, written_as)
        lines = {error.line for error in refused}
        kept = [each for each in saved if each.line not in lines]
        assert count == len(kept)
        assert list(read(str(path))) == [(each.raw, n) for n, each in enumerate(kept, 1)]
        for node in nodes:
            _judge(node, kept, list(read(str(path), node, missing, read_as)), missing, read_as)


def _judge(
    node: Node, kept: list[Saved], candidates: list[tuple[bytes, int]], missing: Missing, service: str | None
) -> None:
    """What is no candidate is surely false; what is one gets from the predicate the answer that it has anywhere."""
    held = [number for _, number in candidates]
    assert candidates == [(kept[number - 1].raw, number) for number in sorted(set(held))]
    try:
        holds = Filter(node).predicate(service, missing)
    except Unanswerable:
        return
    for number, saved in enumerate(kept, 1):
        try:
            expected = oracle.verdict(node, saved.record, service, missing)
        except oracle.Unanswerable:
            assert number in held
            continue
        if number in held:
            assert oracle.allowed(expected, _outcome(holds, saved))
        else:
            assert expected.answer is False


def _outcome(holds: Predicate, saved: Saved) -> bool | None:
    try:
        return holds(saved.record)
    except InvalidRecord:
        return None
