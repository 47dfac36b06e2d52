"""Why the grammar refuses a text: a tolerant walk over its tokens that finds, places and mends the problems.

The walk follows the shape of the language (operand, connector, operand, parentheses) and goes on after a problem as if
it were mended, so that one text can hold many. A property test holds it to the grammar: it finds an error exactly
where the grammar refuses.
"""

from __future__ import annotations

from attrs import define, field

from ..diagnostics import Problem, quoted
from ..schema import PROPERTIES
from .cursor import Tokens
from .limits import MAX_NESTING, MAX_PROBLEMS
from .nesting import Nesting
from .terms import Terms
from .tokens import Shape, Token, scan
from .whole import blanks, surrogates
from .words import CONNECTORS, SYMBOL_CONNECTORS, neighbours

_JOINED = "conditions are joined by 'and' or 'or'"

_SKIPPED = (Shape.BLANK, Shape.BREAK, Shape.FOREIGN_BLANK, Shape.SURROGATE)


def explain(text: str, start: int, end: int, max_nesting: int) -> list[Problem]:
    """The errors of a text between two places, in its order."""
    found = [*surrogates(text), *blanks(text)]
    tokens = Tokens(t for t in scan(text, start, end) if t.shape not in _SKIPPED)
    walk = _Walk(tokens, [], max_nesting=max_nesting)
    walk.run()
    found.extend(walk.problems)
    return sorted(found, key=lambda p: (p.span.start, p.span.end))[:MAX_PROBLEMS]


@define
class _Walk(Terms):
    max_nesting: int = MAX_NESTING
    at: int = 0
    wants_operand: bool = True
    opened: list[Token] = field(factory=list)

    def run(self) -> None:
        nesting = Nesting(self.max_nesting)
        connector: Token | None = None
        while (token := self._token(self.at)) is not None and len(self.problems) < MAX_PROBLEMS:
            if not self.wants_operand:
                connector = self._after_operand(token, nesting)
            elif token.shape is Shape.OPEN:
                self.opened.append(token)
                nesting.open()
                self.at += 1
                connector = None
            elif token.shape is Shape.CLOSE:
                self._closed_too_early(token, connector, nesting)
            elif token.shape is Shape.COMMA:
                self._add("stray-comma", "a comma only separates the members of a list", token)
                self.at += 1
            elif self._connects(token):
                self._dangling(token, connector)
                connector = token
                self.at += 1
            elif token.lower == "not" or token.text == "!":
                after = self.negation(self.at)
                self.at = self.at + 1 if after is None else after
                connector = None if after is not None else token
                if after is not None:
                    nesting.leaf()
                    self.wants_operand = False
            else:
                connector = None
                self.at = self.read(self.at)
                nesting.leaf()
                self.wants_operand = False
        if len(self.problems) < MAX_PROBLEMS:
            self._finish(connector, nesting)

    def _after_operand(self, token: Token, nesting: Nesting) -> Token | None:
        """After an operand: a connector, a closing parenthesis, or something that has no business here."""
        if token.shape is Shape.CLOSE:
            self._close(token, nesting)
            self.at += 1
            return None
        word = token.lower if token.lower in CONNECTORS else SYMBOL_CONNECTORS.get(token.text)
        if word is not None:
            self._connect(token, word)
            nesting.connect(word)
            self.wants_operand = True
            self.at += 1
            return token
        if token.shape in (Shape.COMMA, Shape.CLOSE_BRACKET, Shape.OPEN_BRACKET, Shape.STRAY, Shape.SYMBOL):
            if token.shape is Shape.COMMA:
                self._add("stray-comma", "a comma only separates the members of a list", token, _JOINED)
            else:
                self._add("stray-character", f"{quoted(token.text)} has no meaning here", token, _JOINED)
            self.at += 1
            following = self._token(self.at)
            if following is None or following.shape is Shape.CLOSE or self._connects(following):
                return None
        else:
            self._unconnected(token)
        nesting.connect("and")
        self.wants_operand = True
        return None

    def _connects(self, token: Token) -> bool:
        return token.lower in CONNECTORS or token.text in SYMBOL_CONNECTORS

    def _connect(self, token: Token, word: str) -> None:
        after = self._token(self.at + 1)
        # A stray character before it is a problem of its own.
        left = token.gap or self.tokens[self.at - 1].shape is Shape.STRAY
        right = after is None or after.gap or after.shape is Shape.CLOSE
        mend = f"{'' if left else ' '}{word}{'' if right else ' '}"
        if token.text in SYMBOL_CONNECTORS:
            self._add("symbol-connector", f"{quoted(token.text)} is written {word}", token, None, mend)
        elif not (left and right):
            self._add("missing-space", f"{quoted(token.text)} needs a blank on either side", token, None, mend)

    def _unconnected(self, token: Token) -> None:
        following = self._token(self.at + 1)
        if (
            token.shape is Shape.WORD
            and token.text not in PROPERTIES
            and following is not None
            and (following.text in PROPERTIES or following.shape is Shape.OPEN or following.lower == "not")
        ):
            near = neighbours(token.text, CONNECTORS)
            guess = f"; did you mean {near[0]}?" if len(near) == 1 else ""
            mend = near[0] if len(near) == 1 else None
            message = f"unknown operator {quoted(token.text)}{guess}"
            self._add("unknown-operator", message, token, None if guess else _JOINED, mend)
            self.at += 1
            return
        self._add("missing-connector", f"'and' or 'or' is missing before {quoted(token.text)}", token, _JOINED)

    def _close(self, token: Token, nesting: Nesting) -> None:
        if not self.opened:
            self._add("unopened-parenthesis", "this ) closes nothing", token)
            return
        opened = self.opened.pop()
        if nesting.close():
            self._too_deep(opened)

    def _closed_too_early(self, token: Token, connector: Token | None, nesting: Nesting) -> None:
        if connector is not None:
            self._add("missing-operand", f"nothing follows {quoted(connector.text)}", connector)
        elif self.opened:
            self._add("empty-parentheses", "there is no condition in these parentheses", self.opened[-1], to=token)
        nesting.leaf()
        self.wants_operand = False
        if self.opened or connector is None:
            self._close(token, nesting)
        else:
            self._add("unopened-parenthesis", "this ) closes nothing", token)
        self.at += 1

    def _dangling(self, token: Token, connector: Token | None) -> None:
        if connector is None:
            self._add("missing-operand", f"a condition is missing before {quoted(token.text)}", token)
        else:
            self._add(
                "missing-operand",
                f"a condition is missing between {quoted(connector.text)} and {quoted(token.text)}",
                token,
            )

    def _finish(self, connector: Token | None, nesting: Nesting) -> None:
        if self.wants_operand and self._token(0) is not None:
            if connector is not None:
                self._add("missing-operand", f"nothing follows {quoted(connector.text)}", connector)
            elif not self.problems:
                last = self.tokens[self.at - 1]
                self._add("missing-operand", "a condition is missing here", last)
        if self.opened:
            count = len(self.opened)
            what = (
                "this ( is never closed"
                if count == 1
                else f"{count} parentheses are never closed; the last one is this"
            )
            self._add("unclosed-parenthesis", what, self.opened[-1])
        while self.opened:
            opened = self.opened.pop()
            if nesting.close():
                self._too_deep(opened)
        if nesting.close() and self._token(0) is not None:
            self._too_deep(self.tokens[0])

    def _too_deep(self, token: Token) -> None:
        if not any(p.code == "too-deep" for p in self.problems):
            self._add(
                "too-deep",
                f"the filter nests deeper than {self.max_nesting} levels of alternating and/or",
                token,
                "a or (b and (a or ...)) can be written flatter: and binds tighter than or",
            )
