"""What is wrong with a filter text: where, why, and what would be right."""

from __future__ import annotations

import unicodedata
from typing import Literal

from attrs import frozen

from .nodes import Span

_WINDOW = 100
_LONGEST_LINE = 300


@frozen
class Problem:
    """One diagnostic. `span` counts code points of the text as typed; `replacement` is there only if it is certain."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    span: Span
    hint: str | None = None
    replacement: str | None = None

    def render(self, source: str) -> str:
        """The message, the text round the place, a caret line, and what would be right. Safe for a terminal."""
        start, end = self.span.start, self.span.end
        left = max(0, min(start, len(source) - _WINDOW // 2) - _WINDOW // 2)
        right = min(len(source), max(left + _WINDOW, start + _WINDOW // 2))
        if left < 4:
            left = 0
        before = ("..." if left else "") + printable(source[left:start])
        marked = printable(source[start : min(end, right)])
        after = printable(source[min(end, right) : right]) + ("..." if right < len(source) else "")
        severity = "warning: " if self.severity == "warning" else ""
        lines = [severity + _cut(self.message), f"  {before}{marked}{after}".rstrip()]
        lines.append(f"  {' ' * _columns(before)}{'^' * max(1, _columns(marked))}")
        if self.hint:
            lines.append(f"  hint: {printable(_cut(self.hint))}")
        if self.replacement is not None and self.replacement.strip() not in f"{self.message} {self.hint}":
            lines.append(f"  write {printable(_cut(self.replacement.strip()))}")
        elif self.replacement == "":
            lines.append("  leave it out")
        return "\n".join(lines)


def printable(text: str) -> str:
    """The text with control, format and surrogate characters escaped, so that a terminal shows and does not obey."""
    return "".join(
        c if c.isprintable() else " " if c == "\t" else c.encode("unicode_escape", "surrogatepass").decode("ascii")
        for c in text
    )


def quoted(text: str, limit: int = 60) -> str:
    """User text inside a message: escaped, cut when long, in quotes unless it brings its own."""
    end = "...'" if text.startswith("'") else "..."
    shown = printable(text if len(text) <= limit else text[: limit - len(end)] + end)
    return shown if shown.startswith("'") and len(shown) > 1 else f"'{shown}'"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 3] + "..."


def _columns(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)
