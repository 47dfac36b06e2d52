"""Filter texts: `parse`, `problems`, `complete`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import services
from ..diagnostics import Problem
from ..errors import InvalidFilter
from ..syntax import MAX_LENGTH, MAX_NESTING, analyse
from .filter import Filter

if TYPE_CHECKING:
    from ..syntax.completion import Completion


def parse(text: str, *, max_length: int = MAX_LENGTH, max_nesting: int = MAX_NESTING) -> Filter:
    """The filter that a text says. Raises InvalidFilter with every problem that was found.

    Operators may be in any case, properties and `null` may not (OData 4.01, URL Conventions 5.1.1.1). The text is
    decoded text, not a piece of a URL. Limits are in code points and in levels of alternating `and`/`or`; redundant
    parentheses cost nothing.
    """
    if not isinstance(text, str):
        raise TypeError(f"a filter text is a str, not {type(text).__name__} {text!r:.60}")
    node, found = analyse(text, max_length=max_length, max_nesting=max_nesting)
    if node is None:
        raise InvalidFilter(text, found)
    return Filter(node)


def problems(
    text: str, service: str | None = None, *, max_length: int = MAX_LENGTH, max_nesting: int = MAX_NESTING
) -> tuple[Problem, ...]:
    """What is wrong with a text, in the order of the text; empty for a filter without errors and warnings.

    Never raises, whatever the text. With a service also warns of what that service lists, sends or carries differently;
    an unknown service name is a ValueError, being no text of a user's.
    """
    known = None if service is None else services.get(service)
    node, found = analyse(text, max_length=max_length, max_nesting=max_nesting)
    if node is None:
        return found
    from ..syntax.checks import check

    return check(node, text, known)


def mend(text: str, *, max_length: int = MAX_LENGTH, max_nesting: int = MAX_NESTING) -> str:
    """The text with every certain mend applied, and those that come to light then; problems may remain."""
    for _ in range(_MOST_ROUNDS):
        _, found = analyse(text, max_length=max_length, max_nesting=max_nesting)
        mended = _applied(text, found)
        if mended == text:
            break
        text = mended
    return text


_MOST_ROUNDS = 10


def _applied(text: str, found: tuple[Problem, ...]) -> str:
    """The replacements in the order of the text; one that overlaps the one before waits for the next round."""
    parts: list[str] = []
    at = 0
    for problem in found:
        if problem.replacement is not None and problem.span.start >= at:
            parts += text[at : problem.span.start], problem.replacement
            at = problem.span.end
    return "".join(parts) + text[at:]


def complete(text: str, position: int | None = None) -> tuple[Completion, ...]:
    """What may stand at the cursor (a code point offset; the end by default), each with the span that it replaces."""
    from ..syntax import completion

    return completion.complete(text, len(text) if position is None else position)
