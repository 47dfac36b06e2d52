"""What a plan costs and what it saves: `python -m tests.benchmarks.planning`.

Planning for one service beside parsing the same text, in turn, so that a noisy machine hits both alike: medians of CPU
time and their ratio. Then the requests of whole plans for the three default services, pages aside, beside those of the
naive loop: one request for each service, iTwin, value of a list and branch of an `or`.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from math import prod
from statistics import median
from time import process_time

from reality_jobs import parse, services
from reality_jobs.nodes import And, Membership, Node, Or

_SERVICE = "modeling-v1"
_MOST_TEXT = 1 << 21
_GUIDS = [str(uuid.UUID(int=random.Random(i).getrandbits(128))) for i in range(10_000)]


def _listed(property: str, count: int) -> str:
    return f"{property} in ({', '.join(map(repr, _GUIDS[:count]))})"


def _deep(count: int) -> str:
    """100 levels of `and` and `or` by turns."""
    terms = [f"name ne 'n{i}'" for i in range(count)]
    width = count // 100
    text = " and ".join(terms[:width])
    for level in range(1, 100):
        word = (" and ", " or ")[level % 2]
        text = word.join([*terms[level * width : (level + 1) * width], f"({text})"])
    return text


def _moment(ticks: int) -> str:
    return f"2026-01-01T00:00:00.{ticks:07}Z"


SHAPES: dict[str, Callable[[int], str]] = {
    "or of eq": lambda n: " or ".join(f"name eq 'n{i}'" for i in range(n)),
    "and of ne": lambda n: " and ".join(f"name ne 'n{i}'" for i in range(n)),
    "or of ands": lambda n: " or ".join(f"name eq 'n{i}' and state eq 'Failed'" for i in range(n // 2)),
    "and of ors": lambda n: " and ".join(f"(name eq 'n{i}' or email eq 'm{i}')" for i in range(n // 2)),
    "or of the same": lambda n: " or ".join(["name eq 'n' and state ne 'Failed'"] * (n // 2)),
    "or of ranges": lambda n: " or ".join(
        f"createdDateTime ge {_moment(2 * i)} and createdDateTime lt {_moment(2 * i + 1)}" for i in range(n // 2)
    ),
    "product, one iTwin": lambda n: " and ".join(f"(iTwinId eq 't' or name ge 'n{i}')" for i in range(n // 2)),
    "product, many iTwins": lambda n: " and ".join(f"(iTwinId eq 't{i}' or name ge 'n{i}')" for i in range(n // 2)),
    "product, too large": lambda n: " and ".join(
        f"(iTwinId eq 't' and id ne 'i{i}' or name ge 'n{i}')" for i in range(n // 3)
    ),
    "one list": lambda n: _listed("id", n),
    "100 levels": _deep,
}
SIZES = (100, 1_000, 10_000)

FILTERS = {
    "200 inputs": _listed("inputId", 200),
    "1,000 known jobs": _listed("id", 1_000),
    "unfinished": "state in ('unsubmitted', 'Queued', 'Active', 'TerminatingOnCancel', 'TerminatingOnFailure')",
    "three types of job": "type in ('Full', 'Tiling', 'MeshSampling') and state eq 'Success'",
    "failures in 5 iTwins": f"{_listed('iTwinId', 5)} and state in ('Failed', 'Cancelled') and "
    "createdDateTime ge 2026-01-01T00:00:00Z",
    "an iTwin's, or mine": f"iTwinId eq {_GUIDS[0]} and (state eq 'Failed' or type eq 'Tiling') or name eq 'a' or "
    "name eq 'b'",
    "two conditions at odds": "state eq 'Failed' and state eq 'Success' or id in ('a', 'b') and id in ('b', 'c')",
}


def main() -> None:
    print(f"{'plan for one service':<24}{'terms':>8}{'parse ms':>10}{'plan ms':>10}{'plan/parse':>12}")
    for name, shape in SHAPES.items():
        for size in SIZES:
            parsing, planning = _medians(shape(size), max(3, 3_000 // size))
            print(f"{name:<24}{size:>8,}{parsing * 1e3:>10.1f}{planning * 1e3:>10.1f}{planning / parsing:>12.2f}")
    print(f"\n{'requests, pages aside':<24}{'naive loop':>12}{'planned':>10}{'saved':>8}")
    for name, text in FILTERS.items():
        f = parse(text, max_length=_MOST_TEXT)
        naive = len(services.DEFAULT) * _branches(f.node)
        planned = sum(len(part.requests) for part in f.plan().services)
        print(f"{name:<24}{naive:>12,}{planned:>10,}{1 - planned / naive:>8.1%}")


def _medians(text: str, rounds: int) -> tuple[float, float]:
    parsing: list[float] = []
    planning: list[float] = []
    for _ in range(rounds + 1):
        start = process_time()
        f = parse(text, max_length=_MOST_TEXT)
        parsed = process_time()
        f.plan([_SERVICE])
        planning.append(process_time() - parsed)
        parsing.append(parsed - start)
    return median(parsing[1:]), median(planning[1:])


def _branches(node: Node) -> int:
    match node:
        case And(operands):
            return prod(map(_branches, operands))
        case Or(operands):
            return sum(map(_branches, operands))
        case Membership(_, literals):
            return len(literals)
        case _:
            return 1


if __name__ == "__main__":
    main()
