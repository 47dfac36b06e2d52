"""A text to a tree, or to its problems; a tree to its warnings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..diagnostics import Problem, quoted
from ..nodes import And, Comparison, Membership, Node, Null, Or, Span, Text
from ..schema import PROPERTIES, Kind, normalise_enumeration
from ..services import Service, listed_values
from .grammar import BLANKS, Refused, read
from .limits import MAX_NESTING
from .scan import explain
from .tokens import Shape, scan
from .whole import pasted
from .words import nearest

_MOST_QUOTES = 40
_LIKE_A_FILTER = re.compile(r"[ \t](?:eq|ne|lt|le|gt|ge|in)[ \t]")
_DROPPED = re.compile(r"\.[0-9]{7}[0-9]*[1-9]")


def analyse(text: str, *, max_length: int, max_nesting: int) -> tuple[Node | None, tuple[Problem, ...]]:
    """The tree, or None and at least one error."""
    if len(text) > max_length:
        message = f"the filter has {len(text):,} characters, more than the {max_length:,} allowed"
        return None, (
            Problem("too-long", "error", message, Span(max_length, len(text)), "max_length= raises the limit"),
        )
    start, end = len(text) - len(text.lstrip(BLANKS)), len(text.rstrip(BLANKS))
    if start >= end:
        return None, (Problem("empty-filter", "error", "the filter is empty", Span(0, len(text)), _EMPTY_HINT),)
    nesting = min(max_nesting, MAX_NESTING)
    try:
        return read(text, nesting), ()
    except Refused:
        pass
    found = pasted(text) or _undoubled(text, start, end, nesting) or explain(text, start, end, nesting)
    if not found:  # the property test says that this cannot happen; a filter is never taken for valid by mistake
        found = [Problem("syntax", "error", "this is no filter", Span(start, end))]
    return None, tuple(found)


_EMPTY_HINT = "to ask for all jobs leave the filter out: client.jobs(), reality-jobs list"


def check(node: Node, text: str, service: Service | None) -> tuple[Problem, ...]:
    """Warnings about a valid filter: unknown enumeration values, digits that are dropped, what a service differs in."""
    found = [*_dropped_digits(text)]
    for leaf in _leaves(node):
        found.extend(_unlisted(leaf, text, service))
        if service is not None:
            found.extend(_not_there(leaf, service))
    return tuple(sorted(found, key=lambda p: (p.span.start, p.span.end)))


def _leaves(node: Node) -> Iterator[Comparison | Membership]:
    if isinstance(node, And | Or):
        for operand in node.operands:
            yield from _leaves(operand)
    else:
        yield node


def _dropped_digits(text: str) -> Iterator[Problem]:
    if not _DROPPED.search(text):
        return
    for token in scan(text):
        if token.shape is Shape.DATE and (found := _DROPPED.search(token.text)):
            yield Problem(
                "dropped-digits",
                "warning",
                "a moment is exact to 100 ns: digits after the seventh are dropped",
                Span(token.start + found.start() + 8, token.start + found.end()),
            )


def _unlisted(leaf: Comparison | Membership, text: str, service: Service | None) -> Iterator[Problem]:
    if PROPERTIES[leaf.property].kind is not Kind.ENUMERATION or leaf.span is None:
        return
    literals = (leaf.literal,) if isinstance(leaf, Comparison) else leaf.literals
    listed = listed_values(leaf.property, *(() if service is None else ((service.name,),)))
    known = {normalise_enumeration(value) for value in listed}
    if all(not isinstance(x, Text) or normalise_enumeration(x.value) in known for x in literals):
        return
    who = "no job API" if service is None else f"{service.name} does not"
    for token in scan(text, leaf.span.start, leaf.span.end):
        if token.shape is not Shape.STRING:
            continue
        value = token.text[1:-1].replace("''", "'")
        if normalise_enumeration(value) in known:
            continue
        guess = nearest(value, listed)
        what = f"{who} lists" if service is None else f"{who} list"
        yield Problem(
            "unknown-value",
            "warning",
            f"{what} the {leaf.property} {quoted(value)}" + (f"; did you mean '{guess}'?" if guess else ""),
            Span(token.start, token.end),
            None if guess else f"listed are {', '.join(listed)}" if service is not None else None,
        )


def _not_there(leaf: Comparison | Membership, service: Service) -> Iterator[Problem]:
    if leaf.span is None:
        return
    span = Span(leaf.span.start, leaf.span.start + len(leaf.property))
    if leaf.property not in service.filterable:
        yield Problem(
            "evaluated-locally",
            "warning",
            f"the live filter of {service.name} does not know '{leaf.property}'; it is evaluated on what comes back",
            span,
        )
    if not service.answers(leaf.property):
        yield Problem(
            "not-in-records",
            "warning",
            f"records of {service.name} never hold '{leaf.property}'; only the live filter can answer it",
            span,
        )
    if Null() in ((leaf.literal,) if isinstance(leaf, Comparison) else leaf.literals):
        yield Problem(
            "evaluated-locally",
            "warning",
            "no page documents null in a live filter, so it is never sent; it is evaluated on what comes back",
            leaf.span,
        )


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
