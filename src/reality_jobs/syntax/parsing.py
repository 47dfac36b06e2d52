"""The LALR parser at work on its tables: texts that are valid cost no more than their parse.

Lark has made the tables (`making.py`) and is loaded only where a text is refused or is to be completed. An LALR parser
reads from left to right, shifts a token or reduces what is on its stack by a rule, and never goes back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from .tables import END, RULES, STATES, TERMINALS

_END: Final = "$END"


class Token(str):
    """What a terminal matched, and where it begins."""

    __slots__ = ("start_pos",)
    start_pos: int

    @property
    def end_pos(self) -> int:
        return self.start_pos + len(self)


class UnexpectedError(Exception):
    """The text is no sentence of the grammar from this position on."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def parse(text: str, callbacks: type) -> Any:
    """What the callback of the start rule returns. Raises UnexpectedError, and what a callback raises.

    Callbacks have the names of rules, or of the alternatives that are named, and are given what their symbols came to.
    """
    states: list[int] = [0]
    values: list[Any] = []
    reductions = _reductions(callbacks)
    position = 0
    while True:
        match = _scanner(states[-1]).match(text, position)
        if match is not None:
            symbol = str(match.lastgroup)
        elif position == len(text):
            symbol = _END
        else:
            raise UnexpectedError(position)
        while (action := STATES[states[-1]].get(symbol)) is not None and action < 0:
            origin, size, build = reductions[-1 - action]
            children = values[-size:]
            del values[-size:], states[-size:]
            values.append(build(children))
            states.append(STATES[states[-1]][origin])
            if states[-1] == END and symbol == _END:
                return values[-1]
        if action is None or match is None:
            raise UnexpectedError(position)
        token = Token(match[0])
        token.start_pos = position
        states.append(action)
        values.append(token)
        position = match.end()


@cache
def _scanner(state: int) -> re.Pattern[str]:
    """The terminals that may come in a state, in the order in which they are tried; nothing matches where none may."""
    some = [f"(?P<{name}>{pattern})" for name, pattern in TERMINALS.items() if name in STATES[state]]
    return re.compile("|".join(some) or r"(?!)")


Build = Callable[[list[Any]], Any]


@cache
def _reductions(callbacks: type) -> list[tuple[str, int, Build]]:
    return [(origin, len(symbols), _build(name, symbols, callbacks)) for origin, name, symbols in RULES]


def _build(name: str, symbols: str, callbacks: type) -> Build:
    """How a rule's children become its value."""
    children = _children(symbols)
    if not name:
        return children
    callback = getattr(callbacks, name.removeprefix("?"), None)
    if name.startswith("?"):
        return lambda values: kept[0] if len(kept := children(values)) == 1 else callback(kept)  # type: ignore[misc]
    return lambda values: callback(children(values))  # type: ignore[misc]


def _children(symbols: str) -> Build:
    """Of the values those that are kept; a repetition's are taken in, the first one's without copying them."""
    if symbols[0] == "s":
        rest = [i for i, how in enumerate(symbols) if how == "k"]

        def grown(values: list[Any]) -> list[Any]:
            values[0] += [values[i] for i in rest]
            first: list[Any] = values[0]
            return first

        return grown
    if "s" in symbols:
        return lambda values: [
            each
            for value, how in zip(values, symbols, strict=True)
            if how != "d"
            for each in (value if how == "s" else (value,))
        ]
    indexes = [i for i, how in enumerate(symbols) if how == "k"]
    return lambda values: [values[i] for i in indexes]
