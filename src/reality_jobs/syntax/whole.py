"""Problems of a text as a whole: pasted from a URL, or over several lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote, unquote_plus

from ..diagnostics import Problem, quoted
from ..nodes import Span
from .grammar import BLANKS
from .limits import MAX_PROBLEMS
from .tokens import BREAKS, FOREIGN_BLANKS, Shape, Token, scan

_PREFIX = re.compile(
    r"(?:(?:https?://[^\s?#]*\?(?:[^\s&]*&)*?|[?&])?(?:\$|%24)?filter[ \t]*(?:=|%3[dD])[ \t]*)+", re.IGNORECASE
)
_ENCODED = re.compile(r"[%+&]")
_LONGEST_URL = 1 << 16
_SUFFIX = re.compile(r"&(?:\$|%24)?[A-Za-z][\w.]*=")
_BLANKS = re.compile(f"[{BREAKS}{FOREIGN_BLANKS}]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def pasted(text: str) -> list[Problem]:
    """A `$filter=` before the text, and a text that is still encoded for a URL; what is said then is all there is."""
    found: list[Problem] = []
    start = len(text) - len(text.lstrip(BLANKS))
    end = len(text.rstrip(BLANKS))
    if end - start > _LONGEST_URL:
        return found
    if prefix := _PREFIX.match(text, start):
        found.append(
            Problem(
                "pasted-prefix",
                "error",
                f"{quoted(prefix.group())} is part of the URL, not of the filter",
                Span(start, prefix.end()),
                None,
                "",
            )
        )
        start = prefix.end()
    if not _ENCODED.search(text, start, end):
        return found
    tokens = list(scan(text, start, end))
    suffix = next((t for t in tokens if t.text == "&" and _SUFFIX.match(text, t.start)), None)
    if suffix is not None:
        message = f"{quoted(text[suffix.start : end])} is another part of the URL, not of the filter"
        found.append(Problem("pasted-suffix", "error", message, Span(suffix.start, end), None, ""))
        end = suffix.start
        tokens = [t for t in tokens if t.start < end]
    if any(t.shape in (Shape.BLANK, Shape.BREAK) for t in tokens):
        found.extend(_escapes(tokens))
    elif decoded := _decoded(text[start:end], tokens):
        # A + inside a string may be a blank or a plus.
        sure = not any(t.shape is Shape.STRING and "+" in t.text for t in tokens)
        found.append(
            Problem(
                "url-encoded",
                "error",
                "the text is encoded for a URL; a filter is written plainly",
                Span(start, end),
                None if sure else "a + inside a text may stand for a blank or for itself",
                decoded if sure else None,
            )
        )
    return found


def blanks(text: str) -> Iterator[Problem]:
    """White space that is none here: all line breaks are one problem with one mend, other blanks one each."""
    start = len(text) - len(text.lstrip(BLANKS))
    end = len(text.rstrip(BLANKS))
    if not _BLANKS.search(text, start, end):
        return
    tokens = list(scan(text, start, end))
    breaks = [t for t in tokens if t.shape is Shape.BREAK]
    if breaks:
        first, last = breaks[0], breaks[-1]
        inside = "".join(
            " " if t.shape is Shape.BREAK else t.text for t in tokens if first.start <= t.start <= last.start
        )
        yield Problem(
            "line-break",
            "error",
            "a filter stands on one line; a line break is no blank",
            Span(first.start, last.end),
            None,
            inside,
        )
    for token in islice((t for t in tokens if t.shape is Shape.FOREIGN_BLANK), MAX_PROBLEMS):
        message = f"U+{ord(token.text[0]):04X} looks like a blank and is none"
        yield Problem("white-space", "error", message, Span(token.start, token.end), None, " ")


def surrogates(text: str) -> Iterator[Problem]:
    """Halves of surrogate pairs, which no encoding of text can carry."""
    for found in islice(_SURROGATE.finditer(text), MAX_PROBLEMS):
        yield Problem(
            "lone-surrogate",
            "error",
            f"U+{ord(found.group()):04X} is half of a character",
            Span(found.start(), found.end()),
            "the text was decoded wrongly before it came here",
        )


def _escapes(tokens: list[Token]) -> Iterator[Problem]:
    """Percent escapes between plain blanks: each run by itself, since the rest is plain."""
    run: list[Token] = []
    for token in [*tokens, None]:
        if token is not None and token.shape is Shape.ESCAPE:
            run.append(token)
        elif run:
            escaped = "".join(t.text for t in run)
            yield Problem(
                "url-encoded",
                "error",
                f"'{escaped}' is encoded for a URL; a filter is written plainly",
                Span(run[0].start, run[-1].end),
                None,
                unquote(escaped, errors="replace"),
            )
            run = []


def _decoded(text: str, tokens: list[Token]) -> str | None:
    """The text decoded, where it has no blanks but signs of encoding outside of strings."""
    shapes = {t.shape for t in tokens}
    # A + that joins words stands for a blank; the scan sees one after a date as part of the date.
    plus = any(t.text == "+" or (t.shape is Shape.NUMBER and t.text[0] == "+") for t in tokens) and len(tokens) > 2
    if Shape.ESCAPE not in shapes and not plus:
        return None
    decoded = unquote_plus(text, errors="replace") if plus else unquote(text, errors="replace")
    return decoded if decoded != text else None
