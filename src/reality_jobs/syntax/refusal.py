"""Why the grammar refuses a text, looked at as a whole and then token by token."""

from __future__ import annotations

import re

from ..diagnostics import Problem
from ..nodes import Span
from .grammar import Refused, read
from .scan import explain
from .tokens import scan
from .whole import pasted

_MOST_QUOTES = 40
_LIKE_A_FILTER = re.compile(r"[ \t](?:eq|ne|lt|le|gt|ge|in)[ \t]")


def why(text: str, start: int, end: int, nesting: int) -> tuple[Problem, ...]:
    """At least one error of a text that is refused, between two places."""
    found = pasted(text) or _undoubled(text, start, end, nesting) or explain(text, start, end, nesting)
    if not found:  # the property test says that this cannot happen; a filter is never taken for valid by mistake
        found = [Problem("syntax", "error", "this is no filter", Span(start, end))]
    return tuple(found)


def _undoubled(text: str, start: int, end: int, nesting: int) -> list[Problem]:
    """One quote that should have been doubled, if doubling exactly one makes the text valid."""
    quotes = [i for i in range(start, end) if text[i] == "'"]
    if len(quotes) % 2 == 0 or len(quotes) > _MOST_QUOTES or end - start > 4_000:
        return []
    valid = []
    for at in quotes:
        try:
            read(f"{text[:at]}'{text[at:]}", nesting)
        except Refused:
            continue
        valid.append(at)
    if len(valid) != 1:
        return []
    at = valid[0]
    whole = f"{text[:at]}'{text[at:]}"
    literal = next(t for t in scan(whole, start) if t.start <= at < t.end)
    if literal.text == "''":
        return []  # not a quote inside text: a text that was begun and not finished
    span = Span(literal.start, literal.end - 1)
    if _LIKE_A_FILTER.search(literal.text):
        hint = "either that or a quote is missing before it: a text that holds a whole condition is rare"
        return [Problem("unescaped-quote", "error", "a quote inside text is doubled", span, hint)]
    return [Problem("unescaped-quote", "error", "a quote inside text is doubled", span, None, literal.text)]
