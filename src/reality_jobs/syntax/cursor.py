"""Looking about in a list of tokens, and noting problems at them."""

from __future__ import annotations

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


@define
class Cursor:
    """A text's tokens, and the problems found in them so far. `last` is the property and operator read last."""

    tokens: list[Token]
    problems: list[Problem]
    last: tuple[str, str] | None = None

    def _token(self, at: int) -> Token | None:
        return self.tokens[at] if at < len(self.tokens) else None

    def _ends(self, token: Token) -> bool:
        return token.shape is Shape.CLOSE or token.lower in CONNECTORS or token.text in SYMBOL_CONNECTORS

    def _closing(self, at: int) -> int:
        """The token that closes the parenthesis at this one; the last token if none does."""
        level = 0
        for i in range(at, len(self.tokens)):
            shape = self.tokens[i].shape
            level += (shape in BRACKETS) - (shape in (Shape.CLOSE, Shape.CLOSE_BRACKET))
            if level <= 0:
                return i
        return len(self.tokens) - 1

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
