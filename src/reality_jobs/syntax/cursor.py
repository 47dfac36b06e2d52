"""Looking about in a list of tokens, and noting problems at them."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define

from ..diagnostics import Problem, quoted
from ..nodes import Span
from ..schema import PROPERTIES, Kind
from .tokens import Shape, Token
from .words import CONNECTORS, SYMBOL_CONNECTORS

LITERALS = (
    Shape.STRING,
    Shape.OPEN_STRING,
    Shape.WRONG_QUOTES,
    Shape.CAST,
    Shape.GUID,
    Shape.DATE,
    Shape.NUMBER,
)
BRACKETS = (Shape.OPEN, Shape.OPEN_BRACKET)


class Tokens:
    """The tokens of a text, scanned as they are asked for: a hopeless text is left long before its end."""

    def __init__(self, source: Iterable[Token]) -> None:
        self._source = iter(source)
        self._read: list[Token] = []

    def get(self, at: int) -> Token | None:
        """The token at this place; None behind the last one."""
        while at >= len(self._read):
            token = next(self._source, None)
            if token is None:
                return None
            self._read.append(token)
        return self._read[at]

    def __getitem__(self, at: int) -> Token:
        """One that is known to be there."""
        token = self.get(at)
        if token is None:
            raise IndexError(at)
        return token

    def part(self, start: int, end: int) -> list[Token]:
        """Those from one place up to another, as far as they go."""
        self.get(end - 1)
        return self._read[start:end]


@define
class Cursor:
    """A text's tokens, and the problems found in them so far. `last` is the property and operator read last."""

    tokens: Tokens
    problems: list[Problem]
    last: tuple[str, str] | None = None

    def _token(self, at: int) -> Token | None:
        return self.tokens.get(at)

    def _ends(self, token: Token) -> bool:
        return token.shape is Shape.CLOSE or token.lower in CONNECTORS or token.text in SYMBOL_CONNECTORS

    def _closing(self, at: int) -> int:
        """The token that closes the parenthesis at this one; the last token if none does."""
        level = 0
        last = at
        while (token := self.tokens.get(last)) is not None:
            shape = token.shape
            level += (shape in BRACKETS) - (shape in (Shape.CLOSE, Shape.CLOSE_BRACKET))
            if level <= 0:
                return last
            last += 1
        return last - 1

    def _to_the_end(self, at: int) -> int:
        while self._token(at) is not None:
            at += 1
        return at

    def _skip(self, at: int) -> int:
        """To the end of a condition that cannot be understood."""
        while (token := self._token(at)) is not None and not self._ends(token):
            at = self._closing(at) + 1 if token.shape in BRACKETS else at + 1
        return at

    def _missing_literal(self, sign: Token, name: str | None) -> None:
        self._add("missing-literal", f"nothing follows {quoted(sign.text)}", sign, example(name))

    def _add(
        self,
        code: str,
        message: str,
        token: Token,
        hint: str | None = None,
        mend: str | None = None,
        to: Token | None = None,
    ) -> None:
        self.problems.append(Problem(code, "error", message, Span(token.start, (to or token).end), hint, mend))


def takes_text(name: str | None) -> bool:
    """Whether the property compares with quoted text."""
    return name is not None and PROPERTIES[name].kind in (Kind.TEXT, Kind.ENUMERATION)


def example(name: str | None) -> str:
    """A whole comparison with the property, for a hint."""
    match PROPERTIES[name].kind if name else Kind.ENUMERATION:
        case Kind.INSTANT:
            return f"as in {name} ge 2024-06-24T13:00:00Z"
        case Kind.IDENTIFIER:
            return f"as in {name} eq dc720f05-e5f7-448b-ae06-765de46f0af1"
        case Kind.TEXT:
            return f"as in {name} eq 'some text'"
        case _:
            return f"as in {name or 'state'} eq '{'Full' if name == 'type' else 'Success'}'"
