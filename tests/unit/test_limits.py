"""Large and nasty filters: below the limits everything works, above them comes a problem; nothing hangs or crashes."""

from __future__ import annotations

import copy
import pickle
import uuid
from collections.abc import Callable

import pytest

from reality_jobs import F, Filter, InvalidFilter, parse, problems
from reality_jobs.nodes import Span

GUIDS = [str(uuid.UUID(int=i << 96 | i)) for i in range(20_000)]
JOB = {"id": GUIDS[-1], "name": "n9999", "state": "success", "jobSettings": {}}


def alternating(levels: int, leaf: str = "name eq 'n9999'") -> str:
    """`and` and `or` in turn, every level in parentheses of its own."""
    text = leaf
    for level in range(levels):
        text = f"({text}) and state eq 'Success'" if level % 2 else f"({text}) or name eq 'x'"
    return text


def deep(levels: int) -> str:
    """The same without building the text anew at every level."""
    connectors = [") and id ne 'x'" if level % 2 else ") or id eq 'x'" for level in range(levels)]
    return "(" * levels + "name eq 'x'" + "".join(connectors)


LARGE: dict[str, Callable[[], Filter]] = {
    "100,000 redundant parentheses": lambda: parse("(" * 100_000 + "name eq 'n9999'" + ")" * 100_000),
    "10,000 terms of or": lambda: parse(" or ".join(f"name eq 'n{i}'" for i in range(10_000))),
    "10,000 terms of and": lambda: parse(" and ".join(f"name ne 'm{i}'" for i in range(10_000))),
    "10,000 terms, each in parentheses": lambda: parse(" or ".join(f"((name eq 'n{i}'))" for i in range(10_000))),
    "20,000 guids": lambda: parse(f"id in ({', '.join(map(repr, GUIDS))})"),
    "20,000 guids, built": lambda: F.id.in_(GUIDS),
    "100 levels": lambda: parse(alternating(100)),
    "a string of 900,000 characters": lambda: parse(f"name ne '{'x' * 900_000}'"),
    "a string of 400,000 quotes": lambda: parse(f"name ne '{chr(39) * 800_000}'"),
}


@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
def test_everything_works_below_the_limits(make: Callable[[], Filter]) -> None:
    f = make()
    assert parse(str(f)) == f
    assert parse(f.text("modeling-v1")).text("modeling-v1") == f.text("modeling-v1")
    assert hash(pickle.loads(pickle.dumps(f))) == hash(f)  # noqa: S301
    assert Filter(copy.deepcopy(f.node)) == f
    assert eval(repr(f), {"parse": parse}) == f  # noqa: S307
    assert f != (F.name == "other")
    for service in (None, "modeling-v1"):
        assert f.matches(JOB, service)
        assert not (~f).matches(JOB, service)
        assert list(f.select([JOB, JOB], service)) == [JOB, JOB]
    assert [part.refused for part in f.plan().services] == [None, None, None]
    assert str(f.plan(["modeling-v2"])).startswith("modeling-v2: ")
    assert problems(str(f)) == ()


def test_a_narrow_dialect_takes_the_long_list_too() -> None:
    f = parse(F.id.in_(GUIDS).text("modeling-v2"), max_length=1 << 21)
    assert f.text("modeling-v2") == F.id.in_(GUIDS).text("modeling-v2")
    assert f.matches(JOB, "modeling-v1")


@pytest.mark.parametrize("levels", [101, 102, 20_000])
def test_too_deep(levels: int) -> None:
    text = deep(levels)
    assert len(text) < 1 << 20
    with pytest.raises(InvalidFilter) as caught:
        parse(text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.severity) == ("too-deep", "error")
    assert "100" in problem.message
    assert text[problem.span.start : problem.span.end].startswith("(") or problem.span == Span(0, len(text))
    assert problems(text) == caught.value.problems
    assert "RecursionError" not in str(caught.value)


def test_the_deepest_that_is_allowed() -> None:
    assert str(parse(deep(100))) == str(parse(str(parse(deep(100)))))


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("name eq 'x'", 0),
        ("((name eq 'x'))", 0),
        ("name eq 'x' and id eq 'y'", 1),
        ("name eq 'x' and (id eq 'y' and id eq 'z')", 1),
        ("name eq 'x' or id eq 'y' and id eq 'z'", 2),
        ("name eq 'x' and (id eq 'y' or ((id eq 'z' and id ne 'w')))", 3),
    ],
)
def test_a_lower_limit_counts_real_levels(text: str, levels: int) -> None:
    parse(text, max_nesting=levels)
    if levels:
        with pytest.raises(InvalidFilter) as caught:
            parse(text, max_nesting=levels - 1)
        (problem,) = caught.value.problems
        assert problem.code == "too-deep"
        assert f" {levels - 1} " in problem.message
    assert parse(text, max_nesting=5_000) == parse(text)


def test_nesting_cannot_be_raised_above_what_walks_bear() -> None:
    with pytest.raises(InvalidFilter):
        parse(deep(101), max_nesting=5_000)


def test_length() -> None:
    text = "name eq 'x'"
    assert parse(text, max_length=len(text)) == parse(text)
    (problem,) = problems(text, max_length=len(text) - 1)
    assert (problem.code, problem.message, problem.span, problem.hint) == (
        "too-long",
        "the filter has 11 characters, more than the 10 allowed",
        Span(10, 11),
        "max_length= raises the limit",
    )
    longest = f"name eq '{'x' * ((1 << 20) - 10)}'"
    assert len(longest) == 1 << 20
    assert str(parse(longest)) == longest
    (problem,) = problems(longest + " ")
    assert problem.code == "too-long"
    assert problem.message == "the filter has 1,048,577 characters, more than the 1,048,576 allowed"


# Long enough that a quadratic walk would be felt, short enough for every run.
LONG = 1 << 15
NASTY: dict[str, str] = {
    **{
        f"a run of {c!r}": c * LONG
        for c in "'\"()[]{},.;:+-*/=<>!&|%$\\ \t\n\r\0aAeEnN0_~^`#@?\u2019\u00a0\ud800\U0001f600"
    },
    "quotes and blanks": "' " * (LONG // 2),
    "open parentheses and a term": "(" * (LONG - 20) + "name eq 'x'",
    "closing parentheses and a term": "name eq 'x'" + ")" * (LONG - 20),
    "lists that never end": "id in (" * (LONG // 8),
    "one list that never ends": "id in (" + "'a', " * (LONG // 6),
    "not not not": "not " * (LONG // 4),
    "not (not (": "not (" * (LONG // 5),
    "connectors": "and or " * (LONG // 7),
    "words": "state eq " * (LONG // 9),
    "terms without connectors": "name eq 'x' " * (LONG // 12),
    "terms and a bad end": "name eq 'x' or " * (LONG // 15),
    "a bad start": "nam eq 'x'" + " or name eq 'x'" * (LONG // 15 - 1),
    "every term bad": "nam eq 'x' or " * (LONG // 14),
    "every value bare": "state eq Success or " * (LONG // 20),
    "every value double-quoted": 'state eq "Success" or ' * (LONG // 22),
    "quotes, an odd number": "name eq 'a'b' or " * (LONG // 17),
    "digits": "createdDateTime ge 2024" + "0" * (LONG - 30),
    "fraction digits": "createdDateTime ge 2024-01-01T00:00:00." + "0" * (LONG - 60) + "Z",
    "dates": "2024-01-01T00:00:00Z" * (LONG // 20),
    "hyphens and hex": "id eq " + "ab-" * (LONG // 3 - 10),
    "function calls": "contains(" * (LONG // 9),
    "escapes": "%20" * (LONG // 3),
    "plus signs": "state+eq+'x'+or+" * (LONG // 16),
    "pasted prefix": "$filter=" * (LONG // 8),
    "one long word": "s" * (LONG - 10) + " eq 'x'",
    "a long misspelt value": "state eq 'Success" + "s" * (LONG - 30) + "'",
    "line breaks": "name eq 'x'\nor\n" * (LONG // 15),
    "surrogates": "name eq '\udc00' or " * (LONG // 17),
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_nasty_texts_come_to_an_end(text: str) -> None:
    assert len(text) <= LONG
    found = problems(text)
    errors = [p for p in found if p.severity == "error"]
    assert all(0 <= p.span.start <= p.span.end <= len(text) for p in found)
    if not errors:
        assert str(parse(text))
        return
    with pytest.raises(InvalidFilter) as caught:
        parse(text)
    assert len(str(caught.value)) < 2_000
    assert caught.value.problems == found
