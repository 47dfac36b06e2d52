"""A text to a tree, or to its problems."""

from __future__ import annotations

from ..diagnostics import Problem
from ..nodes import Node, Span
from .grammar import BLANKS, Refused, read
from .limits import MAX_NESTING


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
        # Late: most texts are valid, and the tolerant scan is most of this room.
        from .refusal import why

        return None, why(text, start, end, nesting)


_EMPTY_HINT = "to ask for all jobs leave the filter out: client.jobs(), reality-jobs list"
