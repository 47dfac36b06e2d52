"""Makes `tables.py` of the grammar: `python -m reality_jobs.syntax.making`, run where `filter.lark` has changed.

Lark analyses the grammar and takes as long for it as starting Python several times; the tables are what comes of that.
A test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count, islice
from pathlib import Path
from pprint import pformat
from typing import TYPE_CHECKING, Any, NamedTuple

from .grammar import lark

if TYPE_CHECKING:
    from lark.grammar import Rule


class Tables(NamedTuple):
    """What `tables.py` holds, under these names in capitals."""

    terminals: dict[str, str]
    """Their patterns, in the order in which they are tried."""
    rules: list[tuple[str, str, str]]
    """Origin; callback, empty where a single child stands for itself; for each symbol `k`eep, `d`rop or `s`plice."""
    states: list[dict[str, int]]
    """What each symbol leads to: a state, or, as -1 and less, the reduction of a rule. The first state is the start."""
    end: int


def made() -> Tables:
    """The tables of the grammar, numbered in the order in which they are reached, so always the same."""
    from lark.parsers.lalr_analysis import Shift

    parser = lark()
    ordered = sorted(parser.terminals, key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    terminals = {terminal.name: terminal.pattern.to_regexp() for terminal in ordered}
    frontend: Any = parser.parser
    table = frontend.parser._parse_table  # there is no public way to it
    numbers = {table.start_states["start"]: 0}
    rules: dict[tuple[str, str, str], int] = {}
    states: list[dict[str, int]] = []
    for state in _in_order(numbers):
        row: dict[str, int] = {}
        for symbol, (action, target) in sorted(table.states[state].items()):
            if action is Shift:
                row[symbol] = numbers.setdefault(target, len(numbers))
            else:
                row[symbol] = -1 - rules.setdefault(_rule(target), len(rules))
        states.append(row)
    return Tables(terminals, list(rules), states, numbers[table.end_states["start"]])


def _in_order(numbers: Mapping[int, int]) -> Iterator[int]:
    """The keys, those too that come to it meanwhile."""
    for done in count():
        if done == len(numbers):
            return
        yield next(islice(numbers, done, None))


def _rule(rule: Rule) -> tuple[str, str, str]:
    origin = str(rule.origin.name)
    symbols = "".join(
        "s" if symbol.name.startswith("__") else "d" if getattr(symbol, "filter_out", False) else "k"
        for symbol in rule.expansion
    )
    callback = "" if origin.startswith("__") else str(rule.alias or origin)
    return origin, f"?{callback}" if rule.options.expand1 else callback, symbols


def written(tables: Tables) -> str:
    """The module."""
    parts = ['"""The tables of the LALR parser, made of `filter.lark` by `making.py`: not to be edited."""\n']
    for name, value in zip(Tables._fields, tables, strict=True):
        parts.append(f"{name.upper()} = {pformat(value, width=118, compact=True, sort_dicts=False)}\n")
    return "\n".join(parts)


def main() -> None:
    """Write it where it belongs."""
    Path(__file__).with_name("tables.py").write_text(written(made()), "utf-8")


if __name__ == "__main__":
    main()
