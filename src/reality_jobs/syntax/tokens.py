"""The tolerant scan: cuts any text whatsoever into tokens, broken ones included. It never fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from ..schema import PROPERTIES


class Shape(StrEnum):
    """What a piece of text looks like."""

    STRING = "STRING"
    OPEN_STRING = "OPEN_STRING"
    WRONG_QUOTES = "WRONG_QUOTES"
    CAST = "CAST"
    GUID = "GUID"
    DATE = "DATE"
    NUMBER = "NUMBER"
    WORD = "WORD"
    SYMBOL = "SYMBOL"
    OPEN = "OPEN"
    CLOSE = "CLOSE"
    OPEN_BRACKET = "OPEN_BRACKET"
    CLOSE_BRACKET = "CLOSE_BRACKET"
    COMMA = "COMMA"
    BLANK = "BLANK"
    BREAK = "BREAK"
    FOREIGN_BLANK = "FOREIGN_BLANK"
    ESCAPE = "ESCAPE"
    SURROGATE = "SURROGATE"
    STRAY = "STRAY"


class Token(NamedTuple):
    """A piece of text. `gap`: white space of any sort, or the start of the text, stands before it."""

    shape: Shape
    text: str
    start: int
    end: int
    gap: bool

    @property
    def lower(self) -> str:
        return self.text.lower()


BREAKS = "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
FOREIGN_BLANKS = "\xa0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"

# Words of the language itself that may stand before a string without a blank: a missing blank, not a cast.
_OWN = "(?i:" + "|".join(["eq|ne|lt|le|gt|ge|in|and|or|not", *PROPERTIES]) + ")"

# Order matters: the first alternative that fits is taken. Only single-character classes repeat inside repetitions, so
# no text makes this backtrack for long.
_TOKEN = re.compile(
    rf"""
      (?P<BLANK>[ \t]+)
    | (?P<BREAK>[{BREAKS}]+)
    | (?P<FOREIGN_BLANK>[{FOREIGN_BLANKS}]+)
    | (?P<STRING>'[^']*(?:''[^']*)*'(?!'))
    | (?P<OPEN_STRING>'[\s\S]*)
    | (?P<WRONG_QUOTES>"[^"]*" | [\u201c\u201d\u201e][^\u201c\u201d\u201e"]*[\u201c\u201d"]
        | [\u2018\u2019\u201a][^\u2018\u2019\u201a']*[\u2018\u2019'] | `[^`']*[`'] | \u00b4[^\u00b4]*\u00b4
        | \u00ab[^\u00bb]*\u00bb)
    | (?P<CAST>(?!{_OWN}')[^\W\d][\w.]*'[^']*(?:''[^']*)*'(?!'))
    | (?P<GUID>[0-9a-fA-F]{{8}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{12}}(?![\w-]))
    | (?P<DATE>[0-9]{{4,6}}-[0-9]{{1,2}}-[0-9]{{1,2}}(?:[ ](?=[0-9]{{1,2}}:))?[\w:.+-]*
        (?:[ ][+-]?[0-9]{{2}}:[0-9]{{2}}(?![\w:]))?)
    | (?P<NUMBER>[+-]?[0-9][\w.:+/-]*)
    | (?P<WORD>[$@]?[^\W\d]\w*(?:[-.:@/]\$?\w+)*)
    | (?P<SYMBOL>[=!]==?|=[<>~]|!~|<>|[<>]=|&&?|\|\|?|[=!<>+*/~-])
    | (?P<OPEN>\()
    | (?P<CLOSE>\))
    | (?P<OPEN_BRACKET>[\[{{])
    | (?P<CLOSE_BRACKET>[\]}}])
    | (?P<COMMA>,)
    | (?P<ESCAPE>%[0-9A-Fa-f]{{2}})
    | (?P<SURROGATE>[\ud800-\udfff])
    | (?P<STRAY>[\s\S])
    """,
    re.VERBOSE,
)


def scan(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Every token of a part of the text, white space included."""
    gap = True
    for found in _TOKEN.finditer(text, start, len(text) if end is None else end):
        shape = Shape(found.lastgroup or "STRAY")
        yield Token(shape, found.group(), found.start(), found.end(), gap)
        gap = shape in (Shape.BLANK, Shape.BREAK, Shape.FOREIGN_BLANK, Shape.SURROGATE)
