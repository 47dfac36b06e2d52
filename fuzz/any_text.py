"""Invariant: any text whatsoever is a filter or has problems, and nothing that looks at it raises anything else.

- `parse` returns a filter or raises InvalidFilter; it raises exactly when `problems` holds an error.
- `problems` (with a service and without, with other limits), `mend` and `complete` (at any position) never raise.
- Every span lies inside the text, and a rendered problem obeys no terminal.
- The span of a comparison holds just that comparison: it parses to the same node.
"""

from __future__ import annotations

import zlib
from collections.abc import Hashable

from driver import decoded, fuzz, instrumented

with instrumented():
    from reality_jobs import Filter, InvalidFilter, Problem, complete, parse, problems, services
    from reality_jobs.filters import mend
    from reality_jobs.nodes import Node, Span, leaves


def check(data: bytes) -> Hashable:
    text = decoded(data)
    found = problems(text)
    made = _parsed(text)
    errors = tuple(problem for problem in found if problem.severity == "error")
    if isinstance(made, Filter):
        assert not errors, f"parsed, and yet {errors}"
        _checkleaves(made.node, text)
    else:
        assert made.problems, "refused without a problem"
        assert [p for p in made.problems if p.severity == "error"] == list(errors), "parse and problems differ"
        assert str(made)
    _check_problems(found, text)
    draw = zlib.crc32(data)
    if draw % 2:
        problems(text, list(services.ALL)[draw % len(services.ALL)])
    else:
        problems(text, max_length=draw % 100, max_nesting=draw % 4)
    mend(text)
    kinds = [_completions(text, position) for position in (len(text), draw % (len(text) + 1))]
    return tuple(problem.code for problem in found), *kinds


def _parsed(text: str) -> Filter | InvalidFilter:
    try:
        return parse(text)
    except InvalidFilter as error:
        return error


def _checkleaves(node: Node, text: str) -> None:
    for leaf in leaves(node):
        assert leaf.span is not None
        _check_span(leaf.span, text)
        own = text[leaf.span.start : leaf.span.end]
        assert parse(own).node == leaf, f"the span of {leaf} holds {own!r}"


def _check_problems(found: tuple[Problem, ...], text: str) -> None:
    for problem in found:
        _check_span(problem.span, text)
        shown = problem.render(text)
        assert shown.replace("\n", "").isprintable(), f"not for a terminal: {shown!r}"


def _completions(text: str, position: int) -> Hashable:
    found = complete(text, position)
    for completion in found:
        _check_span(completion.span, text)
        assert completion.span.end <= position
    return frozenset(completion.kind for completion in found)


def _check_span(span: Span, text: str) -> None:
    assert 0 <= span.start <= span.end <= len(text), f"{span} lies outside of {len(text)} code points"


if __name__ == "__main__":
    fuzz(__file__, check)
