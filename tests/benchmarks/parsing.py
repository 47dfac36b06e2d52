"""Parsing beside odata-query: `python -m tests.benchmarks.parsing`.

Ours is not cached and builds typed, checked nodes with spans; odata-query checks nothing. Each text is parsed by both
in turn, so that a noisy machine hits both alike; the table shows medians and their ratio.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from statistics import median
from time import perf_counter

from odata_query.grammar import ODataLexer, ODataParser

from reality_jobs import parse

_GUIDS = [str(uuid.UUID(int=random.Random(i).getrandbits(128))) for i in range(1_000)]
_SIX = [
    "state eq 'Success'",
    "type ne 'Full'",
    "createdDateTime gt 2024-01-01T00:00:00Z",
    "name eq 'a'",
    f"id eq {_GUIDS[0]}",
    "email eq 'surveyor@example.com'",
]
TEXTS = {
    "short": _SIX[0],
    "six terms": " and ".join(_SIX),
    "in of 1,000 guids": f"inputId in ({', '.join(repr(g) for g in _GUIDS)})",
}


def main() -> None:
    lexer, parser = ODataLexer(), ODataParser()

    def theirs(text: str) -> object:
        return parser.parse(lexer.tokenize(text))

    print(f"{'':<20}{'reality-jobs us':>18}{'odata-query us':>18}{'times as fast':>16}")
    for name, text in TEXTS.items():
        rounds = max(5, 400_000 // len(text) // 100)
        ours, other = _medians((parse, theirs), text, rounds)
        print(f"{name:<20}{ours * 1e6:>18.1f}{other * 1e6:>18.1f}{other / ours:>16.2f}")


def _medians(functions: tuple[Callable[[str], object], ...], text: str, rounds: int) -> list[float]:
    for function in functions:
        function(text)
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for function, taken in zip(functions, times, strict=True):
            start = perf_counter()
            function(text)
            taken.append(perf_counter() - start)
    return [median(taken) for taken in times]


if __name__ == "__main__":
    main()
