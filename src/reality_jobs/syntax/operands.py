"""What stands to the right of a comparison operator, read tolerantly."""

from __future__ import annotations

from ..diagnostics import Problem, quoted
from ..nodes import Span
from ..schema import PROPERTIES
from .cursor import BRACKETS, LITERALS, example, takes_text
from .foreign import function_hint, path_hint
from .lists import Lists
from .literals import complain, shown
from .tokens import Shape, Token
from .words import CONNECTORS

# What follows a bare word at once and so belongs to it.
_PIECES = (Shape.STRING, Shape.OPEN_STRING, Shape.SYMBOL, Shape.STRAY, Shape.ESCAPE)


class Operands(Lists):
    """Reads the literal of a comparison, or whatever stands in its place."""

    def _right(self, at: int, name: str | None, operator: str, sign: Token) -> int:
        token = self._token(at)
        if token is None or self._ends(token):
            self._missing_literal(sign, name)
            return at
        if token.shape in BRACKETS:
            return self._bracketed(at, name, operator, sign)
        if token.shape in LITERALS:
            if not (token.shape is Shape.WRONG_QUOTES and self._stuck(at)):
                self._judge(token, name, operator, sign)
            return self._after_literal(at, name)
        if token.text in ('"', "`", "\u201c", "\u2018"):
            self._add("unclosed-string", "this text is never closed", token, "text is written in single quotes")
            return self._to_the_end(at)
        if token.shape is not Shape.WORD:
            last = at
            while (more := self._token(last + 1)) is not None and not more.gap and not self._ends(more):
                last += 1
            self._add(
                "wrong-operand", f"{quoted(token.text)} is no literal", token, example(name), to=self.tokens[last]
            )
            return self._skip(last + 1)
        return self._word_operand(at, name, operator, sign)

    def _word_operand(self, at: int, name: str | None, operator: str, sign: Token) -> int:
        token, following = self.tokens[at], self._token(at + 1)
        if self._foreign(token):
            return at + 1
        if following is not None and following.shape is Shape.OPEN and not following.gap:
            hint = function_hint(token.text, [], [])
            self._add("function", f"the job APIs have no functions: {quoted(token.text)}", token, hint)
            return self._skip(self._closing(at + 1) + 1)
        if token.lower == "not":
            self._add("not-operator", "the job APIs have no 'not'", token, "say it with the opposite operator")
            return self._skip(at + 1)
        if following is not None and not following.gap and following.shape in _PIECES:
            self._add("bare-word", "text is written in quotes", token, "text stands between single quotes as a whole")
            return self._skip(at + 1)
        if token.text in PROPERTIES:
            self._add(
                "property-operand",
                f"a property is compared with a literal, not with the property {quoted(token.text)}",
                token,
                f"for that text write {shown(token.text)}" if takes_text(name) else None,
            )
            return at + 1
        if following is not None and following.shape in (Shape.WORD, Shape.NUMBER) and not self._ends(following):
            last = at + 1
            while (more := self._token(last + 1)) and more.shape in (Shape.WORD, Shape.NUMBER) and not self._ends(more):
                last += 1
            words = " ".join(t.text for t in self.tokens.part(at, last + 1))
            self._add("bare-word", "text is written in quotes", token, f"write {shown(words)}", to=self.tokens[last])
            return last + 1
        self._judge(token, name, operator, sign)
        return at + 1

    def _after_literal(self, at: int, name: str | None) -> int:
        """A quote that was not doubled leaves pieces behind its string: one problem, not one for each piece."""
        token = self.tokens[at]
        if token.shape is not Shape.OPEN_STRING and not self._stuck(at):
            return at + 1
        code, message = ("unescaped-quote", "the text ends here, and something follows it at once")
        if token.shape is Shape.OPEN_STRING:
            code, message = ("unclosed-string", "this text is never closed")
        self._add(code, message, token, "a quote inside text is doubled, as in 'O''Brien'")
        return self._skip(at + 1) if code == "unescaped-quote" else at + 1

    def _stuck(self, at: int) -> bool:
        """Whether something that is no connector follows a quoted text at once."""
        token, following = self.tokens[at], self._token(at + 1)
        if following is None or following.gap or following.lower in CONNECTORS:
            return False
        pieces = (Shape.WORD, Shape.STRING, Shape.OPEN_STRING, Shape.NUMBER, Shape.CAST, Shape.WRONG_QUOTES)
        if token.shape is Shape.WRONG_QUOTES:
            return following.shape in (*pieces, Shape.STRAY)
        return token.shape is Shape.STRING and following.shape in pieces

    def _judge(self, token: Token, name: str | None, operator: str, sign: Token) -> None:
        found = complain(token, name, operator)
        if found is None:
            return
        if found.right is not None and found.operator is not None and sign is not token:
            lead = "" if sign.gap else " "
            mend = f"{lead}{found.operator} {found.right}"
            self.problems.append(
                Problem(found.code, "error", found.message, Span(sign.start, token.end), found.hint, mend)
            )
        else:
            self._add(found.code, found.message, token, found.hint, found.right)

    def _bracketed(self, at: int, name: str | None, operator: str, sign: Token) -> int:
        """A comparison with something in parentheses: one literal too carefully wrapped, or a list."""
        after, items = self._list(at, name, operator)
        token, closing = self.tokens[at], self.tokens[after - 1]
        if items is not None and len(items) == 1:
            self._add("wrapped-literal", "a literal stands without parentheses", token, None, items[0], to=closing)
        else:
            hint = f"for any of several write {name or 'state'} in ({', '.join(items or ('...',))[:80]})"
            message = f"{quoted(operator)} compares with one literal, not with a list"
            self._add("wrong-operand", message, token, hint if operator == "eq" else None, to=closing)
        return after

    def _foreign(self, token: Token) -> bool:
        """`$it`, `@p1`: words of OData that the job APIs do not know."""
        if token.text.startswith("@"):
            self._add("parameter-alias", f"the job APIs have no parameter aliases: {quoted(token.text)}", token)
        elif token.text.startswith("$"):
            self._add("path", f"the job APIs have no paths: {quoted(token.text)}", token, path_hint(token.text))
        return token.text[0] in "@$"
