"""A query finds the rows whose records the oracle says match, in every engine that the tests can run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reality_jobs import Filter, InvalidFilter, Unanswerable
from reality_jobs.nodes import And, Comparison, Guid, Instant, Literal, Membership, Node, Null, Operator, Text
from reality_jobs.schema import Missing
from tests.strategies import (
    GUIDS,
    IDENTIFIER_TEXTS,
    NAMES,
    ORDERINGS,
    SERVICES,
    STATES,
    TICKS,
    Record,
    any_records,
    filters,
    redundant_filters,
)

from .tables import ENGINES, answers, connected, fill, lacks, matches, rows, texts

# Tables take longer to fill than a filter to be answered.
_MANY = st.lists(any_records().map(lambda drawn: drawn[1]), min_size=20, max_size=40)
_NODES = st.lists(filters() | redundant_filters(), min_size=12, max_size=12)


@pytest.fixture
def connection(dialect: str) -> Iterator[Any]:
    made = connected(dialect)
    yield made
    made.close()


@pytest.mark.parametrize("dialect", ENGINES)
def test_every_engine_agrees_with_the_oracle(dialect: str, connection: Any) -> None:
    @settings(max_examples=10)
    @given(_MANY, _NODES, st.none() | st.sampled_from(SERVICES), st.sampled_from(("error", "null")), st.booleans())
    def agrees(records: list[Record], nodes: list[Node], service: str | None, missing: Missing, inline: bool) -> None:
        held = [row for row in rows(records) if dialect != "postgres" or "\0" not in "".join(texts(row[1]))]
        fill(connection, held)
        for node in nodes:
            f = Filter(node)
            if dialect == "postgres" and "\0" in str(f):
                with pytest.raises(InvalidFilter):
                    f.sql(dialect, missing="null")
            elif lacks(node, service, missing):
                with pytest.raises(Unanswerable):
                    f.sql(dialect, service=service, missing=missing)
            else:
                sql = f.sql(dialect, service=service, missing=missing, inline=inline)
                expected = [number for number, row in enumerate(held) if matches(node, row, service)]
                assert answers(connection, sql) == expected, str(f)

    agrees()


# No luck needed: every operator, every value of the pools, as literal and in a row.


def _with(property: str, value: object, number: int) -> Record:
    """Of no known shape, and so of no service."""
    return {"id": f"job {number}", property: value}


VALUES: dict[str, tuple[object, ...]] = {
    "name": (None, *NAMES),
    "state": (None, *STATES),
    "id": (None, *GUIDS, *IDENTIFIER_TEXTS),
    "createdDateTime": (
        None,
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.9999999Z",
        "2024-06-24T13:00:00.0000001Z",
        "2024-06-24T13:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9999999Z",
    ),
    "inputId": (
        None,
        [],
        *([text] for text in IDENTIFIER_TEXTS),
        [GUIDS[0].upper(), "fdb:1"],
        list(GUIDS),
        ["fdb:1", "fdb:1"],
        list(IDENTIFIER_TEXTS),
    ),
}
IDENTIFIERS: tuple[Literal, ...] = (*map(Guid, GUIDS), *map(Text, IDENTIFIER_TEXTS))
LITERALS: dict[str, tuple[Literal, ...]] = {
    "name": tuple(map(Text, NAMES)),
    "state": tuple(map(Text, STATES)),
    "id": IDENTIFIERS,
    "createdDateTime": tuple(map(Instant, TICKS)),
    "inputId": IDENTIFIERS,
}


@pytest.mark.parametrize("dialect", ENGINES)
@pytest.mark.parametrize("property", VALUES)
def test_every_operator_on_every_value(dialect: str, connection: Any, property: str) -> None:
    recorded = [_with(property, value, number) for number, value in enumerate(VALUES[property])]
    held = rows(recorded)
    assert len(held) == len(recorded)
    fill(connection, held)
    literals = LITERALS[property]
    nullable = (*literals, Null())
    nodes: list[Node] = [Comparison(property, sign, x) for sign in ORDERINGS for x in literals]
    nodes += [Comparison(property, sign, x) for sign in (Operator.EQ, Operator.NE) for x in nullable]
    # Longer lists than are written out, and shorter ones.
    nodes += [Membership(property, x) for x in ((), literals, nullable, literals[:2], 9 * nullable, (Null(),))]
    unequal = [Comparison(property, Operator.NE, x) for x in nullable]
    nodes += [And(tuple(unequal[:2])), And(tuple(unequal[:-1])), And(tuple(unequal)), And(tuple(unequal[-2:]))]
    asked = [(node, inline) for node in nodes for inline in (False, True)]
    wrong = [
        (str(Filter(node)), inline, got, expected)
        for node, inline in asked
        if (got := answers(connection, Filter(node).sql(dialect, inline=inline)))
        != (expected := [number for number, row in enumerate(held) if matches(node, row)])
    ]
    assert wrong == []
