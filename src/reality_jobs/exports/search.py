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

Spans = list[tuple[int, int]]
_Places = Callable[[bytes, int, int], list[int]]
"""Places in a text between two others, in order; some may lie behind the second."""


class Search:
    """Finds the lines that hold one of the literals, or an escape that may hide one."""

    def __init__(self, anchors: Anchors) -> None:
        self._anchors = anchors
        self._places: _Places | None = None
        self._begun = False

    def lines(self, data: bytes, begin: int, end: int) -> Spans | None:
        """Beginning and end (behind the line break) of the candidate lines, in order; None if there is no fast way."""
        if not self._begun:
            self._begun = True
            self._places = _together(self._anchors) or _one_by_one(self._anchors)
        if self._places is None:
            return None
        spans: Spans = []
        reached = begin
        for place in self._places(data, begin, end):
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
        if fold:
            text = text.lower()
        for literal in literals:
            at = text.find(literal, begin, end)
            while at >= 0:
                found.append(at)
                at = text.find(literal, at + 1, end)
        found.sort()
        return found

    return places


def _together(anchors: Anchors) -> _Places | None:
    """All literals in one pass, where the extra `speed` is installed."""
    try:
        import hyperscan
    except ImportError:
        return None
    patterns = [*(re.escape(literal[:_LONGEST]) for literal in anchors.literals), anchors.escapes]
    flags = [hyperscan.HS_FLAG_CASELESS if anchors.fold else 0] * len(anchors.literals) + [0]
    database = hyperscan.Database()
    database.compile(expressions=patterns, ids=range(len(patterns)), elements=len(patterns), flags=flags)
    scan = database.scan
    found: list[int] = []

    def hit(_pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
        found.append(end - 1)

    def places(text: bytes, begin: int, end: int) -> list[int]:
        found.clear()
        # As a rule the text begins there, and is not copied for its last, unfinished line.
        scan(text[begin:end] if begin else text, match_event_handler=hit)
        found.sort()
        return [begin + place for place in found] if begin else found

    return places
