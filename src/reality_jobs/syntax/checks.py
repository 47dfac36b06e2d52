"""Warnings about a tree: what its text says that is no error."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..diagnostics import Problem, quoted
from ..nodes import Comparison, Membership, Node, Null, Span, Text, leaves
from ..schema import PROPERTIES, Kind, normalise_enumeration
from ..services import Service, listed_values
from .tokens import Shape, scan
from .words import nearest

_DROPPED = re.compile(r"\.[0-9]{7}[0-9]*[1-9]")


def check(node: Node, text: str, service: Service | None) -> tuple[Problem, ...]:
    """Warnings about a valid filter: unknown enumeration values, digits that are dropped, what a service differs in."""
    found = [*_dropped_digits(text)]
    for leaf in leaves(node):
        found.extend(_unlisted(leaf, text, service))
        if service is not None:
            found.extend(_not_there(leaf, service))
    return tuple(sorted(found, key=lambda p: (p.span.start, p.span.end)))


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
