"""What may stand at the cursor, asked of the parser's own state."""

from __future__ import annotations

import re
from typing import Literal

from attrs import frozen

from ..nodes import Span
from ..schema import PROPERTIES
from ..services import listed_values
from .grammar import BLANKS, lark
from .literals import quote
from .tokens import Shape, Token, scan

Sort = Literal["property", "operator", "value", "connector", "punctuation"]


@frozen
class Completion:
    """One proposal: `text` to put in the place of `span` (empty at the cursor, or the word begun before it)."""

    text: str
    kind: Sort
    span: Span


_LIST_BEGUN = re.compile(r"[ \t]+[iI][nN][ \t]+\($")


def complete(text: str, position: int) -> tuple[Completion, ...]:
    """Properties, operators, enumeration values, `null`, `and`, `or` and `)` that the grammar takes at the cursor.

    Only the text before the cursor counts. Nothing is proposed where that text already has a problem.
    """
    before = text[: max(0, position)].lstrip(BLANKS)
    offset = len(text[: max(0, position)]) - len(before)
    stable, begun = _split(before)
    span = Span(offset + len(stable), offset + len(before))
    proposals = _in_list(stable) or _at(stable)
    typed = begun.lstrip("'").lower()
    return tuple(
        Completion(proposal, sort, span)
        for sort, proposal in proposals
        if proposal.lstrip("'").lower().startswith(typed) and (not begun.startswith("'") or proposal.startswith("'"))
    )


def _split(before: str) -> tuple[str, str]:
    """The text whose words are finished, and the word or string that the cursor is in."""
    last: Token | None = None
    for token in scan(before):
        last = token
    if last is None or last.shape not in (Shape.WORD, Shape.OPEN_STRING):
        return before, ""
    return before[: last.start], last.text


def _at(stable: str) -> list[tuple[Sort, str]]:
    from lark.exceptions import UnexpectedInput

    state = lark().parse_interactive(stable)
    name, consumed = "", 0
    try:
        for token in state.iter_parse():
            consumed = token.end_pos or 0
            name = str(token) if token in PROPERTIES else name
    except UnexpectedInput:
        pass
    except ValueError:
        return []
    rest = stable[consumed:]
    if rest.strip(" \t"):
        return []
    blank = not stable or bool(rest) or stable[-1] in " \t("
    return _proposals(set(state.accepts()), name, blank)  # type: ignore[no-untyped-call]


def _proposals(accepted: set[str], name: str, blank: bool) -> list[tuple[Sort, str]]:
    found: list[tuple[Sort, str]] = []
    if blank and "IDENTIFIER" in accepted:
        found.extend(("property", p.name) for p in PROPERTIES.values())
    if blank and "_OPEN" in accepted:
        found.append(("punctuation", "("))
    if blank and "EQUALITY" in accepted:
        found.extend(("operator", word) for word in ("eq", "ne", "lt", "le", "gt", "ge", "in"))
    if blank and "STRING" in accepted and name:
        found.extend(("value", quote(value)) for value in listed_values(name))
    if blank and "NULL_VALUE" in accepted:
        found.append(("value", "null"))
    if blank and "_AND" in accepted:
        found.extend((("connector", "and"), ("connector", "or")))
    if "_CLOSE" in accepted:
        found.append(("punctuation", ")"))
    return found


def _in_list(stable: str) -> list[tuple[Sort, str]]:
    """A list is one terminal, so the parser cannot stop inside it: look for one that is begun and not closed."""
    tokens = list(scan(stable))
    opened = next((i for i in range(len(tokens) - 1, -1, -1) if tokens[i].shape is Shape.OPEN), None)
    if opened is None or not _LIST_BEGUN.search(stable, 0, tokens[opened].end):
        return []
    inside = [t for t in tokens[opened + 1 :] if t.shape is not Shape.BLANK]
    if any(t.shape is Shape.CLOSE for t in inside):
        return []
    head = _LIST_BEGUN.sub("", stable[: tokens[opened].end])
    name = next((n for n in sorted(PROPERTIES, key=len, reverse=True) if head.endswith(n)), None)
    if name is None or not any(sort == "operator" for sort, _ in _at(f"{head} ")):
        return []
    if inside and inside[-1].shape is not Shape.COMMA:
        return [("punctuation", ","), ("punctuation", ")")]
    values: list[tuple[Sort, str]] = [("value", quote(value)) for value in listed_values(name)]
    closing: list[tuple[Sort, str]] = [] if inside else [("punctuation", ")")]
    return [*values, ("value", "null"), *closing]
