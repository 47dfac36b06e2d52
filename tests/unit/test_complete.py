"""What is proposed at the cursor, by where it stands."""

from __future__ import annotations

import pytest

from reality_jobs import complete, parse, problems, services
from reality_jobs.schema import PROPERTIES

NAMES = list(PROPERTIES)
OPERATORS = ["eq", "ne", "lt", "le", "gt", "ge", "in"]
STATES = [f"'{value}'" for value in services.listed_values("state")]
TYPES = [f"'{value}'" for value in services.listed_values("type")]

# The cursor is the | in the text; it is taken out.
CASES: list[tuple[str, list[str]]] = [
    # at the start of a condition
    ("|", [*NAMES, "("]),
    ("   |", [*NAMES, "("]),
    ("\n|", [*NAMES, "("]),
    ("(|", [*NAMES, "("]),
    ("( |", [*NAMES, "("]),
    ("(((|", [*NAMES, "("]),
    ("state eq 'a' and |", [*NAMES, "("]),
    ("state eq 'a' OR\t|", [*NAMES, "("]),
    ("state eq 'a' and (|", [*NAMES, "("]),
    ("(state eq 'a') or (name eq 'b' and |", [*NAMES, "("]),
    # in the middle of a word
    ("s|", ["state"]),
    ("st|", ["state"]),
    ("State|", ["state"]),
    ("state|", ["state"]),
    ("i|", ["id", "iTwinId", "inputId"]),
    ("ITW|", ["iTwinId"]),
    ("inputI|", ["inputId"]),
    ("state eq 'a' and cr|", ["createdDateTime"]),
    ("(na|", ["name"]),
    ("x|", []),
    ("statex|", []),
    # after a property
    ("state |", OPERATORS),
    ("createdDateTime\t|", OPERATORS),
    ("state e|", ["eq"]),
    ("state EQ|", ["eq"]),
    ("state l|", ["lt", "le"]),
    ("inputId i|", ["in"]),
    ("(name g|", ["gt", "ge"]),
    ("state q|", []),
    # after an operator
    ("state eq |", [*STATES, "null"]),
    ("state NE  |", [*STATES, "null"]),
    ("type ne |", [*TYPES, "null"]),
    ("state lt |", STATES),
    ("name eq |", ["null"]),
    ("id ne |", ["null"]),
    ("createdDateTime eq |", ["null"]),
    ("name eq n|", ["null"]),
    ("name lt |", []),
    ("createdDateTime gt |", []),
    ("id le |", []),
    # in a value that is begun
    ("state eq S|", ["'success'", "'Success'"]),
    ("state eq 's|", ["'success'", "'Success'"]),
    ("state eq 'Succ|", ["'success'", "'Success'"]),
    ("state eq 'x|", []),
    ("type eq 'Til|", ["'Tiling'", "'TileMapOptimization'"]),
    ("state eq 'n|", []),
    ("name eq 'n|", []),
    ("state eq 'a' and type eq 'ful|", ["'Full'"]),
    # in a list
    ("state in (|", [*STATES, "null", ")"]),
    ("state IN ( |", [*STATES, "null", ")"]),
    ("name in (|", ["null", ")"]),
    ("state in ('|", STATES),
    ("state in ('a'|", [",", ")"]),
    ("state in ('a' |", [",", ")"]),
    ("state in ('a',|", [*STATES, "null"]),
    ("state in ('a', |", [*STATES, "null"]),
    ("state in ('a', 'f|", ["'failed'", "'Failed'"]),
    ("name eq 'x' and (state in ('a'|", [",", ")"]),
    # after a condition
    ("state eq 'a' |", ["and", "or"]),
    ("state eq 'a' a|", ["and"]),
    ("state eq 'a' O|", ["or"]),
    ("state in ('a') |", ["and", "or"]),
    ("name eq null |", ["and", "or"]),
    ("createdDateTime gt 2025-02-03T04:05:06Z |", ["and", "or"]),
    ("state eq 'a' and name eq 'b' |", ["and", "or"]),
    # after, and before, a parenthesis
    ("(state eq 'a'|", [")"]),
    ("(state eq 'a' |", ["and", "or", ")"]),
    ("((state eq 'a') |", ["and", "or", ")"]),
    ("((state eq 'a')|", [")"]),
    ("(state eq 'a') |", ["and", "or"]),
    ("state eq 'a'|", []),
    ("(state eq 'a')|", []),
    # after garbage there is nothing to propose
    ("foo |", []),
    ("foo eq |", []),
    ("and |", []),
    ("state eq 5 |", []),
    ("state eq 'a' ) |", []),
    ("state eq 'a' , |", []),
    ("state = |", []),
    ("not |", []),
    ("contains(|", []),
    ("\x00|", []),
    ("\ud800|", []),
    ("🌉 |", []),
    # what stands behind the cursor does not count
    ("|state eq 'a'", [*NAMES, "("]),
    ("st|ate eq 'a'", ["state"]),
    ("state | 'a'", OPERATORS),
    ("state eq 'a' and | name eq 'b'", [*NAMES, "("]),
    ("state eq | garbage ' (", [*STATES, "null"]),
]


@pytest.mark.parametrize(("marked", "expected"), CASES)
def test_proposals(marked: str, expected: list[str]) -> None:
    text, position = cut(marked)
    assert [proposal.text for proposal in complete(text, position)] == expected


def cut(marked: str) -> tuple[str, int]:
    position = marked.index("|")
    return marked.replace("|", "", 1), position


@pytest.mark.parametrize("marked", [marked for marked, expected in CASES if expected])
def test_spans_end_at_the_cursor_and_begin_at_the_word(marked: str) -> None:
    text, position = cut(marked)
    for proposal in complete(text, position):
        assert proposal.span.end == position
        begun = text[proposal.span.start : position]
        assert begun == begun.strip()
        assert proposal.text.lstrip("'").lower().startswith(begun.lstrip("'").lower())


@pytest.mark.parametrize("marked", [marked for marked, expected in CASES if expected])
def test_what_is_proposed_can_be_typed(marked: str) -> None:
    """A proposal in its place leaves a text whose only fault, if any, is that it is not finished."""
    text, position = cut(marked)
    unfinished = {"missing-operator", "missing-literal", "missing-operand", "unclosed-parenthesis", "unclosed-list"}
    for proposal in complete(text, position):
        typed = text[: proposal.span.start] + proposal.text
        assert {p.code for p in problems(typed) if p.severity == "error"} <= unfinished, typed


@pytest.mark.parametrize(
    ("text", "position", "start", "end"),
    [
        ("", 0, 0, 0),
        ("  st", None, 2, 4),
        ("state eq 'Succ", None, 9, 14),
        ("state in ('a', 'f", None, 15, 17),
        ("state eq 'a' and name", 20, 17, 20),
        ("(st", None, 1, 3),
        ("state ", None, 6, 6),
    ],
)
def test_spans(text: str, position: int | None, start: int, end: int) -> None:
    spans = {(p.span.start, p.span.end) for p in complete(text, position)}
    assert spans == {(start, end)}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("", {"property", "punctuation"}),
        ("state ", {"operator"}),
        ("state eq ", {"value"}),
        ("state in (", {"value", "punctuation"}),
        ("(state eq 'a' ", {"connector", "punctuation"}),
    ],
)
def test_kinds(text: str, kinds: set[str]) -> None:
    assert {proposal.kind for proposal in complete(text)} == kinds


def test_a_position_outside_of_the_text_is_its_nearest_end() -> None:
    assert complete("state ", -3) == complete("state ", 0)
    assert complete("state ", 99) == complete("state ", 6) == complete("state ")


def test_a_filter_can_be_written_with_proposals_alone() -> None:
    text = ""
    for wanted in ("(", "state", "eq", "'Success'", "or", "type", "ne", "null", ")", "and", "name", "eq", "null"):
        if text and not text.endswith("("):
            text += " "
        assert wanted in [proposal.text for proposal in complete(text)]
        text += wanted
    assert str(parse(text)) == "(state eq 'Success' or type ne null) and name eq null"
