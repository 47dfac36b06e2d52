"""Looking for a filter's anchors in raw text: which lines are worth decoding."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ..targets.anchors import Anchors

_FEW: Final = 4
"""Literals that are looked for one by one; more would cost as much as decoding."""

_LONGEST: Final = 1000
"""Bytes of a literal that are looked for; its beginning will do where hyperscan takes no pattern of any length."""

_IN_VAIN: Final = 4_096
"""Bytes of text for each beginning of an escape that is none to be looked at."""

Spans = list[tuple[int, int]]
_Places = Callable[[bytes, int, int], list[int]]
"""Places in a text between two others, in order."""


class Search:
    """Finds what holds one of the literals, or an escape that may hide one."""

    def __init__(self, anchors: Anchors) -> None:
        self._anchors = anchors
        self._places: _Places | None = None
        self._begun = False

    def places(self, data: bytes, begin: int, end: int) -> list[int] | None:
        """Where between two places something is found, in order; None if there is no fast way."""
        if not self._begun:
            self._begun = True
            self._places = _together(self._anchors) or _one_by_one(self._anchors)
        return None if self._places is None else self._places(data, begin, end)

    def lines(self, data: bytes, begin: int, end: int) -> Spans | None:
        """Beginning and end (behind the line break) of the candidate lines, in order; None if there is no fast way."""
        places = self.places(data, begin, end)
        if places is None:
            return None
        spans: Spans = []
        reached = begin
        for place in places:
            if place < reached:
                continue
            if place >= end:
                break
            start = data.rfind(b"\n", reached, place) + 1 or reached
            reached = data.find(b"\n", place, end) + 1 or end
            spans.append((start, reached))
        return spans


def _one_by_one(anchors: Anchors) -> _Places | None:
    literals, escapes, fold = anchors.literals, re.compile(anchors.escapes), anchors.fold
    if len(literals) > _FEW:
        return None

    def places(text: bytes, begin: int, end: int) -> list[int]:
        found = [match.start() for match in escapes.finditer(text, begin, end)]
        text = text[begin:end].lower() if fold else text
        # Where `text` begins, and what of it is looked at.
        offset, first, last = (begin, 0, end - begin) if fold else (0, begin, end)
        for literal in literals:
            at = text.find(literal, first, last)
            while at >= 0:
                found.append(offset + at)
                at = text.find(literal, at + 1, last)
        found.sort()
        return found

    return places


def _together(anchors: Anchors) -> _Places | None:
    """All literals in one pass, where the extra `speed` is installed."""
    try:
        import hyperscan
    except ImportError:
        return None
    fold = hyperscan.HS_FLAG_CASELESS if anchors.fold else 0
    literals = [(number, re.escape(literal[:_LONGEST]), fold) for number, literal in enumerate(anchors.literals)]
    last = len(literals)

    def compiled(escape: bytes) -> list[Callable[..., object]]:
        # One text alone is found so much faster that two such passes take half the time of one for both.
        begun = [(last, escape, 0)]
        return [_scan(*group) for group in ((literals, begun) if last == 1 else ([*literals, *begun],))]

    # A class of characters is dear to look for: what follows is looked at where the rest is found, unless it is found
    # all the time, as in names that are written in escapes throughout.
    escapes, escape = re.compile(anchors.escapes), anchors.escapes.partition(b"[")[0]
    width = len(escape) - 1  # its backslash is written as two
    passes = compiled(escape)

    def places(text: bytes, begin: int, end: int) -> list[int]:
        nonlocal passes, width
        found: list[int] = []
        in_vain = 0

        def hit(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            nonlocal in_vain
            if number < last or escapes.match(text, end - width):
                found.append(end - 1)
            else:
                in_vain += 1

        # As a rule the text begins there, and is not copied for its last, unfinished line.
        text = text[begin:end] if begin else text
        for scan in passes:
            scan(text, match_event_handler=hit)
        if in_vain * _IN_VAIN > len(text):
            # What is found then ends with the class: one byte further on.
            passes, width = compiled(anchors.escapes), len(escape)
        found.sort()
        return [begin + place for place in found] if begin else found

    return places


def _scan(*patterns: tuple[int, bytes, int]) -> Callable[..., object]:
    """One pass that looks for patterns, each with its number and flags."""
    import hyperscan

    ids, expressions, flags = zip(*patterns, strict=True)
    database = hyperscan.Database()
    database.compile(ids=ids, expressions=expressions, flags=flags, elements=len(patterns))
    return database.scan
