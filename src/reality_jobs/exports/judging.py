"""A filter over the raw records of a file: no more is decoded than decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import length_hint
from typing import TYPE_CHECKING, Final

from .. import services
from ..errors import InvalidRecord, RealityJobsError, Unanswerable
from ..records import recognise
from ..schema import Missing
from ..services import Service
from ..targets.anchors import anchors
from ..targets.projection import Run, compile_run
from .decoding import HOLDER, decode_plain
from .search import Search

if TYPE_CHECKING:
    from ..filters import Filter

Hits = list[bytes]

SAMPLE: Final = 1 << 18
"""Bytes that are all decoded before a search begins to pass records over."""

_WORTH_IT: Final = 0.4
"""With more of the text than this in candidates, the search costs more than it spares."""


class Judge:
    """Tells the matching ones of many records; one is made for all files, since what it learns holds for the next.

    `strict`: every record is decoded whole. Otherwise only what the filter reads is, and where the filter allows it
    (`targets.anchors`) text that cannot match is not decoded at all.
    """

    def __init__(self, where: Filter, service: str | None, missing: Missing, strict: bool = False) -> None:
        self.holds: Final = where.predicate(service, missing)
        self.node: Final = where.node
        self.service: Final = service
        self.missing: Final = missing
        self.strict: Final = strict
        self._service = None if service is None else services.get(service)
        self._runs: list[Run] = []
        self._known: set[Service] = set()
        found = None if strict else anchors(where.node, self._service, missing)
        self._search = None if found is None else Search(found)
        self.decoded = 0
        """Bytes that were decoded without a search."""
        self._matched = self._searched = self._candidates = 0
        if self._service is not None and not strict:
            self._learn(self._service)

    def through(self, records: list[bytes]) -> tuple[Hits, int]:
        """The matching ones of records in order, and how many were decided.

        One that is not is no plain record, or cannot be judged: a blank, a page, broken, refused.
        """
        hits: Hits = []
        keep = hits.append
        rest = iter(records)
        while (odd := self._through(rest, keep)) is not None:
            answer = self._exactly(odd)
            if answer is None:
                decided = len(records) - length_hint(rest) - 1
                return self._sound(hits, records, decided)
            if answer:
                keep(odd)
        if self._search is not None and not self._searched:
            self._matched += sum(map(len, hits))
        return self._sound(hits, records, len(records))

    def candidates(self, data: bytes, begin: int, end: int, records: list[bytes]) -> list[int] | None:
        """Which of the records between two places may match; None if all must be decoded.

        Each stands where the next `{` behind the one before it is. The others may be anything, broken or not.
        """
        places = self._search.places(data, begin, end) if self._search is not None and self.searches() else None
        if places is None:
            self.decoded += end - begin
            return None
        numbers = list(_holding(data, begin, records, places))
        self._learned(end - begin, sum([len(records[number]) for number in numbers]))
        return numbers

    def holds_at(
        self, record: dict[str, object], file: str, line: Callable[[], int], refuse: Callable[[InvalidRecord], object]
    ) -> bool:
        """What the whole record says; one that cannot be judged goes to `refuse`. Raises Unanswerable."""
        try:
            return self.holds(record)
        except Unanswerable as error:
            raise Unanswerable(error.property, error.service, file, line()) from error
        except InvalidRecord as error:
            refuse(error.at(file, line()))
            return False

    def search(self, data: bytes, begin: int, end: int, ended: bool) -> tuple[Hits, list[int], int] | None:
        """The matching lines between these places without a look at the others, where each begins, and the place that
        was reached; None if all must be decoded.

        `begin` is known to stand outside of any value. At a line break between `}` and `{` text stands outside of any
        value too, since nothing in JSON puts one behind the other, so the search ends at one, and a candidate line
        that does not begin at one is left to the reader, which knows what is round it.
        """
        if self._search is None or not self.searches():
            return None
        reached = end if ended else data.rfind(b"\n{", begin, end) + 1
        if reached <= begin or data[max(begin, reached - 64) : reached].rstrip()[-1:] not in (b"}", b"]"):
            return None
        spans = self._search.lines(data, begin, reached)
        if spans is None:
            self._search = None
            return None
        self._learned(reached - begin, sum([stop - start for start, stop in spans]))
        if ended:
            # Where the text was cut off shows only in what begins last.
            last = data.rfind(b"\n{", begin, end) + 1 or begin
            spans = [*(span for span in spans if span[0] < last), (last, end)]
        for start, _ in spans:
            if start != begin and data[start - 2 : start + 1] != b"}\n{" and not _stands_alone(data, begin, start):
                return None
        lines = [data[start:stop] for start, stop in spans]
        hits, decided = self.through(lines)
        if decided < len(lines):
            return None
        return hits, _starts(hits, lines, spans), reached

    def searches(self) -> bool:
        """Whether text that cannot match is passed over by now."""
        if self._search is None or self.decoded < SAMPLE:
            return False
        if not self._searched and self._matched > self.decoded * _WORTH_IT:
            self._search = None  # what matches is a candidate too
        return self._search is not None

    def _learned(self, searched: int, candidates: int) -> None:
        self._searched += searched
        self._candidates += candidates
        if self._candidates > self._searched * _WORTH_IT:
            self._search = None

    def _through(self, rest: Iterator[bytes], keep: Callable[[bytes], object]) -> bytes | None:
        """Go on as long as some known service's run decides; the last one that did goes first."""
        runs = self._runs
        if not runs:
            return next(rest, None)
        while (odd := runs[0](rest, keep)) is not None:
            for i in range(1, len(runs)):
                if runs[i](iter((odd,)), keep) is None:
                    runs.insert(0, runs.pop(i))
                    break
            else:
                return odd
        return None

    def _exactly(self, raw: bytes) -> bool | None:
        """What the whole record says; None where there is none, or no answer."""
        if not raw or raw.isspace():
            return False
        record = None if HOLDER.match(raw) else decode_plain(raw)
        if record is None:
            return None
        try:
            answer = self.holds(record)
        except RealityJobsError:
            return None
        if self._service is None and not self.strict and (known := recognise(record)) is not None:
            self._learn(known)
        return answer

    def _learn(self, service: Service) -> None:
        if service not in self._known:
            self._known.add(service)
            proven = self._service is None
            self._runs.insert(0, compile_run(self.node, service, missing=self.missing, proven=proven))

    @staticmethod
    def _sound(hits: Hits, records: list[bytes], decided: int) -> tuple[Hits, int]:
        """Without the hits from the first that is no UTF-8 on: where nothing reads a text, nothing checks it."""
        for hit in [hit for hit in hits if not hit.isascii()]:
            try:
                hit.decode()
            except UnicodeDecodeError:
                first = hits.index(hit)
                return hits[:first], indexes(hits[: first + 1], records)[-1]
        return hits, decided


def _stands_alone(data: bytes, begin: int, start: int) -> bool:
    """Whether a line opens an object right behind the end of another value, or of nothing."""
    before = data[max(begin, start - 64) : start].rstrip()
    return data[start : start + 64].lstrip(b" \t")[:1] == b"{" and (
        before[-1:] in (b"}", b"]") or not data[begin:start].strip()
    )


def _holding(data: bytes, begin: int, records: list[bytes], places: list[int]) -> Iterator[int]:
    """Which of the records hold one of the places, which are in order."""
    rest = iter(places)
    place = next(rest, None)
    stop = begin
    for number, record in enumerate(records):
        if place is None:
            return
        start = data.index(b"{", stop)
        stop = start + len(record)
        if place < stop:
            yield number
            while place is not None and place < stop:
                place = next(rest, None)


def indexes(hits: Hits, records: list[bytes]) -> list[int]:
    """Which of the records the hits are: equal ones match alike, so the next equal one it is."""
    found: list[int] = []
    at = -1
    for hit in hits:
        at = records.index(hit, at + 1)
        found.append(at)
    return found


def _starts(hits: Hits, lines: list[bytes], spans: list[tuple[int, int]]) -> list[int]:
    return [spans[i][0] for i in indexes(hits, lines)]
