"""What a filter's anchors promise: text without any of them is no matching record."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reality_jobs import parse, services
from reality_jobs.nodes import Membership, Node, Text
from reality_jobs.schema import Missing
from reality_jobs.targets.anchors import MOST, Anchors, anchors
from tests import oracle
from tests.property.files import Spelling, findable_filters, saved_records
from tests.strategies import SERVICES, Record, filters

GUID = "dc720f05-e5f7-448b-ae06-765de46f0af1"


def of(text: str, service: str | None = "modeling-v1", missing: Missing = "error") -> Anchors | None:
    return anchors(parse(text).node, services.get(service) if service else None, missing)


def found(text: bytes, sought: Anchors) -> bool:
    folded = text.lower() if sought.fold else text
    return any(literal in folded for literal in sought.literals) or re.search(sought.escapes, text) is not None


asked = saved_records().flatmap(lambda record: st.tuples(st.just(record), findable_filters([record]) | filters()))


@given(asked, st.integers(0, 1 << 32), st.none() | st.sampled_from(SERVICES), st.sampled_from(("error", "null")))
def test_the_text_of_a_record_that_matters_holds_one(
    case: tuple[Record, Node], seed: int, service: str | None, missing: Missing
) -> None:
    record, node = case
    if service in oracle.V2 and "email" in oracle.mentioned(node):
        missing = "null"
    sought = anchors(node, services.get(service) if service else None, missing)
    if sought is None or found(Spelling(seed, lines=True).written(record), sought):
        return
    # Unanswerable would be raised here: what is passed over must be able to answer.
    assert oracle.verdict(node, record, service, missing).answer is not True


@pytest.mark.parametrize(
    "text",
    [
        "name ne 'a'",
        "name ne null",
        "name eq null",
        "name in ('a', null)",
        "name eq ''",
        "name in ('a', '')",
        "name gt 'a'",
        "inputId le 'fdb:1'",
        "createdDateTime eq 2024-06-24T13:00:00Z",
        "createdDateTime in (2024-06-24T13:00:00Z)",
        "name eq 'a' or name lt 'b'",
        "name eq 'a' or (state ne 'Success' and type ne 'Full')",
        "name ne 'a' and createdDateTime ge 2024-06-24T13:00:00Z",
    ],
)
def test_nothing_to_look_for(text: str) -> None:
    assert of(text) is None


@pytest.mark.parametrize(
    ("text", "literals", "fold"),
    [
        ("name eq 'Ann'", [b'"Ann"'], False),
        ("state eq 'Success'", [b'"success"'], True),
        (f"id eq {GUID}", [f'"{GUID}"'.encode()], True),
        (f"id in ('{GUID.upper()}', 'FDB:1')", [f'"{GUID}"'.encode(), b'"fdb:1"'], True),
        ("id eq 'FDB:1'", [b'"FDB:1"'], False),
        ("name in ('b', 'a', 'a')", [b'"a"', b'"b"'], False),
        ("name in ()", [], False),
        ("name in () or name eq 'a'", [b'"a"'], False),
        ("name eq 'a' and name ne 'b'", [b'"a"'], False),
        ("state eq 'Success' and name eq 'Ann'", [b'"Ann"'], False),
        ("name in ('a', 'b') and email eq 'c'", [b'"c"'], False),
        ("name eq 'a' and name eq 'abc'", [b'"abc"'], False),
        ("name eq 'A' or state eq 'Z'", [b'"a"', b'"z"'], True),
        ("name eq '\u00c9'", ['"\u00c9"'.encode()], False),
        ("state eq '\u00c9T'", ['"\u00c9t"'.encode()], True),
    ],
)
def test_literals(text: str, literals: list[bytes], fold: bool) -> None:
    sought = of(text)
    assert sought is not None
    assert (sought.literals, sought.fold) == (tuple(sorted(literals)), fold)


@pytest.mark.parametrize("text", ["a", " ", "!", "#", "'", ".", "0", "[", "]", "~", "@"])
def test_plain_text_may_hide_in_escapes_that_name_it(text: str) -> None:
    doubled = text.replace("'", "''")
    sought = of(f"name eq '{doubled}'")
    assert sought is not None
    for spelt in (f"\\u{ord(text):04x}", f"\\u{ord(text):04X}"):
        assert re.search(sought.escapes, spelt.encode())
    assert not re.search(sought.escapes, rb"\u00e9\n\"\/\\")


@pytest.mark.parametrize("text", ['"', "/", "\\", "\t", "\x7f", "\u00e9", "\U0001f600"])
def test_other_text_may_hide_in_any_escape(text: str) -> None:
    sought = of(f"name in ('a', '{text}')")
    assert sought is not None
    assert re.search(sought.escapes, rb"\n")


def test_records_that_cannot_answer_are_looked_for_where_they_must_be_refused() -> None:
    text = "email eq 'a@example.com'"
    address = b'"a@example.com"'
    sought = of(text, None, "error")
    assert sought is not None
    assert set(sought.literals) == {address, b'"specifications"', b'"executionInfo"'}
    for alone in (
        of(text, None, "null"),
        of(text, "modeling-v1"),
        of("email eq 'a@example.com'", "modeling-v2", "null"),
    ):
        assert alone is not None
        assert alone.literals == (address,)


def test_more_literals_than_are_worth_a_search() -> None:
    names = tuple(Text(str(number)) for number in range(MOST + 1))
    assert anchors(Membership("name", names[1:]), None, "null") is not None
    assert anchors(Membership("name", names), None, "null") is None
