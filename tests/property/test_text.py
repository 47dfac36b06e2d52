"""Trees to text and back, in every spelling; and what is said of texts that are no filter."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.lark import from_lark
from lark import Lark

from reality_jobs import Filter, InvalidFilter, Problem, parse, problems
from reality_jobs.nodes import And, Comparison, Membership, Node, Or
from tests.oracle import V2, verdict
from tests.strategies import NAMES, SERVICES, Record, any_records, date_times, filters, records, texts, ticks

services = st.sampled_from(SERVICES)
in_many_words = filters().flatmap(lambda node: st.tuples(st.just(node), texts(node)))


def errors(text: str) -> list[Problem]:
    return [problem for problem in problems(text) if problem.severity == "error"]


@given(filters())
def test_the_neutral_text_gives_the_filter_back(node: Node) -> None:
    f = Filter(node)
    assert parse(str(f)) == f
    assert str(parse(str(f))) == str(f)
    assert errors(str(f)) == []


@given(in_many_words)
def test_every_legal_text_gives_the_node(pair: tuple[Node, str]) -> None:
    node, text = pair
    assert parse(text).node == node
    assert errors(text) == []


@given(in_many_words)
def test_spans_point_at_the_terms_of_the_text(pair: tuple[Node, str]) -> None:
    text = pair[1]
    for term in terms(parse(text).node):
        assert term.span is not None
        alone = text[term.span.start : term.span.end]
        assert parse(alone).node == term


def terms(node: Node) -> list[Comparison | Membership]:
    return [t for x in node.operands for t in terms(x)] if isinstance(node, And | Or) else [node]


@given(services, filters())
def test_a_service_text_says_the_same_again(service: str, node: Node) -> None:
    text = Filter(node).text(service)
    assert parse(text).text(service) == text
    assert errors(text) == []
    if service in ("modeling-v2", "analysis-v2"):
        assert not any(isinstance(term, Membership) for term in terms(parse(text).node))


@given(services, st.lists(any_records(), min_size=1, max_size=3), filters())
def test_a_service_text_is_true_of_the_same_records(
    service: str, pairs: list[tuple[str | None, Record]], node: Node
) -> None:
    again = parse(Filter(node).text(service)).node
    for _, record in pairs:
        for reader in (service, None):
            before, after = (verdict(tree, record, reader, missing="null") for tree in (node, again))
            # `in ()` needs no value, what stands for it in a dialect without lists may look at one.
            if before.odd:
                assert after.answer in (before.answer, None)
            else:
                assert after == before


@given(services.flatmap(lambda service: st.tuples(st.just(service), records(service))), filters())
def test_a_service_text_runs_as_the_filter_does(pair: tuple[str, Record], node: Node) -> None:
    service, record = pair
    assume(not verdict(node, record, service, missing="null").odd)
    f = Filter(node)
    assert parse(f.text(service)).matches(record, service, "null") == f.matches(record, service, "null")


@given(ticks().flatmap(lambda t: st.tuples(date_times(t), date_times(t))))
def test_texts_of_one_moment_are_one_literal(pair: tuple[str, str]) -> None:
    one, other = (parse(f"createdDateTime eq {text}") for text in pair)
    assert one == other
    assert str(one) == str(other)


# The grammar read as a generator: it must promise nothing that the calendar does not forbid.

GRAMMAR = Lark((Path(__file__).parents[2] / "grammar" / "filter.lark").read_text("utf-8"), parser="lalr")
REASONS_BEYOND_THE_GRAMMAR = {"bad-instant", "too-deep", "too-long"}


@settings(max_examples=50)
@given(from_lark(GRAMMAR, alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_the_grammar_generates_is_a_filter_or_no_date(text: str) -> None:
    found = errors(text)
    if found:
        assert "createdDateTime" in text
        assert {problem.code for problem in found} <= REASONS_BEYOND_THE_GRAMMAR
    else:
        f = parse(text)
        assert parse(str(f)) == f


# Texts that are no filter.

WORDS = (
    *("id", "name", "state", "createdDateTime", "inputId", "stat", "Name", "eq", "NE", "lt", "in", "and", "or", "not"),
    *("null", "NULL", "true", "5", "''", "'Success'", "'a''b'", '"x"', "\u2018x\u2019", "(", ")", "[", "]", ",", "'"),
    *("=", "==", "!=", "<", ">=", "&&", "||", "+", "%20", "$filter=", "contains(name,'a')", "in ()", "()", "a/b"),
    *("2024-06-24", "2024-06-24T13:00:00Z", "2024-02-30T00:00:00Z", "2024-06-24T13:00:00", "'2024-06-24T13:00:00Z'"),
    *("datetime'2024-06-24T13:00:00Z'", "guid'dc720f05-e5f7-448b-ae06-765de46f0af1'", "2024-06-24T13:00:00 02:00"),
    *("dc720f05-e5f7-448b-ae06-765de46f0af1", "dc720f05-e5f7-448b-ae06", "name eq 'lee's'", "\u00a0", "\n", "\t"),
    *("\x00", "\x1b[31m", "\u202e", "\ud800", "\U0001f600", "\u0130n", "\u017ftate", "\ufeff", "'Success' eq state"),
)
words = st.lists(st.sampled_from(WORDS), max_size=8).flatmap(
    lambda chosen: st.sampled_from((" ", " ", "", "  ")).map(lambda blank: blank.join(chosen))
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A legal text with a few cuts, copies, swaps and strange words in it."""
    _, text = draw(in_many_words)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        stop = draw(st.integers(start, min(len(text), start + 6)))
        put = draw(st.sampled_from(("", "", text[start:stop] * 2, text[start:stop][::-1])) | st.sampled_from(WORDS))
        text = text[:start] + put + text[stop:]
    return text


any_text = st.one_of(mutated(), mutated(), words, st.text(), st.sampled_from(NAMES))


@given(any_text)
def test_there_is_an_error_exactly_when_parse_refuses(text: str) -> None:
    found = problems(text)
    wrong = [problem for problem in found if problem.severity == "error"]
    if wrong:
        with pytest.raises(InvalidFilter) as caught:
            parse(text)
        assert caught.value.source == text
        assert caught.value.problems == found
        assert str(caught.value) == wrong[0].render(text)
    else:
        f = parse(text)
        assert parse(str(f)) == f


@given(any_text, services)
def test_problems_of_a_service_hold_those_of_the_language(text: str, service: str) -> None:
    assert set(errors(text)) <= set(problems(text, service))


@given(any_text)
def test_problems_lie_inside_the_text_in_order_and_once(text: str) -> None:
    found = problems(text)
    for problem in found:
        assert 0 <= problem.span.start <= problem.span.end <= len(text)
        assert problem.replacement != text[problem.span.start : problem.span.end]
        assert problem.message
        assert (
            problem.message[0].islower()
            or not problem.message[0].isalpha()
            or problem.message.startswith(("OData", "U+"))
        )
        assert not problem.message.endswith(".") or problem.message.endswith("...")
        shown = problem.render(text)
        assert all(line.isprintable() for line in shown.split("\n"))
    assert len(set(found)) == len(found)
    starts = [problem.span.start for problem in found]
    assert starts == sorted(starts)


@given(any_text)
def test_a_replacement_mends_its_problem(text: str) -> None:
    found = problems(text)
    for problem in found:
        if problem.replacement is None:
            continue
        mended = text[: problem.span.start] + problem.replacement + text[problem.span.end :]
        left = problems(mended)
        assert problem not in left
        same = [p for p in left if p.code == problem.code and p.severity == problem.severity]
        assert len(same) < sum(p.code == problem.code and p.severity == problem.severity for p in found)


@given(services, filters())
def test_only_what_a_service_lacks_is_a_problem_of_it(service: str, node: Node) -> None:
    text = str(Filter(node))
    found = problems(text, service)
    if service not in V2:
        assert [p for p in found if p.severity == "error"] == []
