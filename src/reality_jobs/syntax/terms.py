"""One condition of a filter text, read tolerantly: `property operator literal` and everything people write instead."""

from __future__ import annotations

from ..diagnostics import quoted
from ..schema import PROPERTIES
from .cursor import BRACKETS, LITERALS, example, takes_text
from .foreign import function_hint, operator_hint, path_hint
from .literals import complain
from .operands import Operands
from .tokens import Shape, Token
from .words import (
    ARITHMETIC,
    COMPARISONS,
    MIRRORED,
    OPPOSITE,
    ORDERS,
    OTHER_NAMES,
    OTHER_OPERATORS,
    SYMBOLS,
    nearest,
    neighbours,
)

_STRAY = (Shape.STRAY, Shape.SYMBOL, Shape.ESCAPE, Shape.COMMA, Shape.CLOSE_BRACKET)


class Terms(Operands):
    """Reads conditions out of a list of tokens and adds what is wrong with them to `problems`."""

    def read(self, at: int) -> int:
        """Read the condition that starts at this token; where to go on."""
        token = self.tokens[at]
        if token.shape is Shape.WORD and token.text != "null" and token.lower not in ("true", "false"):
            return self._from_word(at)
        if token.shape in LITERALS or token.shape is Shape.WORD:
            return self._from_literal(at)
        inner, closing = self._token(at + 1), self._token(at + 2)
        bracketed = token.shape is Shape.OPEN_BRACKET and closing is not None and closing.shape is Shape.CLOSE_BRACKET
        if bracketed and inner is not None and inner.text in PROPERTIES:
            self._add("quoted-property", "a property stands without brackets", token, None, inner.text, to=closing)
            return self._from_operator(at + 3, inner.text, inner)
        return self._stray(at)

    def _stray(self, at: int) -> int:
        """A run of characters that mean nothing is one problem; a condition may follow it."""
        first = last = self.tokens[at]
        while (following := self._token(at + 1)) is not None and not following.gap and following.shape in _STRAY:
            at, last = at + 1, following
        run = first.text if first is last else f"{first.text}..."
        self._add("stray-character", f"{quoted(run)} has no meaning here", first, to=last)
        if following is None or self._ends(following) or following.shape in (*BRACKETS, *_STRAY):
            return at + 1
        return self.read(at + 1)

    def negation(self, at: int) -> int | None:
        """`not` at this token. Where to go on if the whole negated condition was mended, else None."""
        token = self.tokens[at]
        message = "the job APIs have no 'not'"
        inner, opened = at + 1, self._token(at + 1)
        enclosed = opened is not None and opened.shape is Shape.OPEN
        condition = self._clean(inner + 1 if enclosed else inner)
        if condition is None:
            self._add("not-operator", message, token, "say it with the opposite operators: eq/ne, lt/ge, gt/le")
            return None
        text, after = condition
        if enclosed and (closing := self._token(after)) is not None and closing.shape is Shape.CLOSE:
            self._add("not-operator", message, token, None, text, to=closing)
            return after + 1
        hint = f"write {text}" if not enclosed else "say it with the opposite operators: eq/ne, lt/ge, gt/le"
        self._add("not-operator", message, token, hint)
        return None

    def _from_word(self, at: int) -> int:
        token = self.tokens[at]
        following = self._token(at + 1)
        if token.lower in (*COMPARISONS, "in") and following is not None and not self._ends(following):
            return self._without_property(at)
        if self._foreign(token):
            return self._skip(at + 1)
        if "/" in token.text:
            is_lambda = token.lower.endswith(("/any", "/all"))
            code, what = ("lambda", "lambdas such as any and all") if is_lambda else ("path", "paths")
            self._add(code, f"the job APIs have no {what}: {quoted(token.text)}", token, path_hint(token.text))
            return self._skip(at + 1)
        if following is not None and following.shape is Shape.OPEN and not following.gap and token.lower != "in":
            closing = self._closing(at + 1)
            arguments = self.tokens.part(at + 2, closing)
            rest = self.tokens.part(closing + 1, closing + 3)
            hint = function_hint(token.text, arguments, rest)
            self._add("function", f"the job APIs have no functions: {quoted(token.text)}", token, hint)
            return self._skip(closing + 1)
        alone = following is None or self._ends(following)
        if alone and self.last is not None and token.text not in PROPERTIES and takes_text(self.last[0]):
            self._lone(token)
            return at + 1
        name = self._property(token)
        return self._from_operator(at + 1, name, token)

    def _without_property(self, at: int) -> int:
        """`createdDateTime gt X and lt Y`: the property must be said again."""
        token = self.tokens[at]
        name = None if self.last is None else self.last[0]
        mend = None if name is None else f"{name} {token.lower}"
        hint = "say the property again" if name is None else None
        self._add("missing-property", f"a property is missing before {quoted(token.text)}", token, hint, mend)
        if token.lower == "in":
            return self._membership(at, name)
        return self._right(at + 1, name, token.lower, token)

    def _property(self, token: Token) -> str | None:
        """The property that a word names or nearly names; None where nobody can tell."""
        if token.text in PROPERTIES:
            return token.text
        near = neighbours(token.text, PROPERTIES)
        guess = near[0] if near else OTHER_NAMES.get(token.lower) or nearest(token.text.split(".")[-1], PROPERTIES)
        message = f"unknown property {quoted(token.text)}"
        if len(near) > 1:
            self._add("unknown-property", f"{message}; did you mean {' or '.join(map(quoted, near))}?", token)
            return None
        if guess is None:
            self._add("unknown-property", message, token, f"the properties are {', '.join(PROPERTIES)}")
            return None
        self._add("unknown-property", f"{message}; did you mean '{guess}'?", token, None, guess if near else None)
        return guess

    def _from_operator(self, at: int, name: str | None, left: Token) -> int:
        token = self._token(at)
        if token is not None and token.shape is Shape.OPEN_BRACKET and not token.gap:
            closing = self._closing(at)
            self._add("path", "the job APIs have no paths and no indexes", token, None, to=self.tokens[closing])
            at = closing + 1
            token = self._token(at)
        if token is None or self._ends(token):
            if name is not None and left.text in PROPERTIES:
                self._add("missing-operator", f"{quoted(left.text)} is compared with nothing", left, example(name))
            return at
        if token.lower == "in":
            return self._membership(at, name)
        operator = self._operator(at, name)
        if operator is None:
            after = self._skip(at)
            # The `and` of `between x and y` joins no conditions.
            return self._skip(after + 1) if token.lower == "between" and self._token(after) else after
        word, after = operator
        if name is not None:
            self.last = (name, word)
        return self._right(after, name, word, self.tokens[after - 1])

    def _operator(self, at: int, name: str | None) -> tuple[str, int] | None:
        """The comparison operator at this token and where its literal stands; None where there is no telling."""
        token = self.tokens[at]
        following = self._token(at + 1)
        after_gap = following is None or following.gap or following.shape is Shape.CLOSE
        word = token.lower if token.lower in COMPARISONS else SYMBOLS.get(token.text)
        if word is not None:
            mend = f"{'' if token.gap else ' '}{word}{'' if after_gap else ' '}"
            if token.text in SYMBOLS:
                self._add("symbol-operator", f"{quoted(token.text)} is written {word}", token, None, mend)
            elif not (token.gap and after_gap):
                self._add("missing-space", f"{quoted(token.text)} needs a blank on either side", token, None, mend)
            return word, at + 1
        if token.shape in LITERALS or token.shape in BRACKETS:
            self._add("missing-operator", f"an operator is missing before {quoted(token.text)}", token, example(name))
            return "eq", at
        if token.lower in ARITHMETIC:
            self._add("arithmetic", f"the job APIs have no arithmetic: {quoted(token.text)}", token)
            return None
        if token.lower == "not" and following is not None and following.lower == "in":
            self._not_in(at, name)
            return None
        if token.lower == "not" and following is not None and following.lower in COMPARISONS:
            condition = self._clean(at + 1, name)
            hint = f"write {condition[0]}" if condition else "say it with the opposite operator"
            self._add("not-operator", "the job APIs have no 'not'", token, hint)
            return following.lower, at + 2
        near = neighbours(token.text, (*COMPARISONS, "in")) if token.shape is Shape.WORD else []
        if token.lower in OTHER_OPERATORS or token.lower in ("has", "not") or len(near) != 1:
            choice = f"; did you mean {' or '.join(near)}?" if 1 < len(near) < 4 else ""
            code = "unsupported-operator" if token.lower == "has" else "unknown-operator"
            message = (
                "the job APIs have no operator 'has'"
                if code[2] == "s"
                else f"unknown operator {quoted(token.text)}{choice}"
            )
            self._add(code, message, token, operator_hint(token.lower, name))
            return None
        self._add(
            "unknown-operator", f"unknown operator {quoted(token.text)}; did you mean {near[0]}?", token, None, near[0]
        )
        if near[0] == "in":
            return None
        return near[0], at + 1

    def _not_in(self, at: int, name: str | None) -> None:
        token, to = self.tokens[at], self.tokens[at + 1]
        condition = self._clean(at + 1, name)
        chain = f"write {condition[0]}" if condition and len(condition[0]) < 200 else "write ne for each, joined by and"
        self._add("not-operator", "the job APIs have no 'not in'", token, chain, to=to)

    def _from_literal(self, at: int) -> int:
        token, sign, right = self.tokens[at], self._token(at + 1), self._token(at + 2)
        if token.shape is Shape.WRONG_QUOTES and token.text[1:-1] in PROPERTIES and sign is not None:
            return self._quoted_property(at)
        operator = None
        if sign is not None:
            operator = sign.lower if sign.lower in (*COMPARISONS, "in") else SYMBOLS.get(sign.text)
        if token.shape is Shape.OPEN_STRING:
            self._after_literal(at, None)
            return at + 1
        if operator is None or sign is None:
            self._lone(token)
            return self._after_literal(at, None) if token.shape is Shape.STRING else at + 1
        if right is not None and right.shape is Shape.WORD and right.text in PROPERTIES:
            self._reversed(token, operator, right)
            return at + 3
        message = "a literal is compared with a literal; one side must be a property"
        if right is None or self._ends(right):
            self._add("literal-operand", message, token, to=sign)
            return at + 2
        if right.shape in BRACKETS:
            self._add("literal-operand", message, token, "write the property to the left", to=sign)
            return self._closing(at + 2) + 1
        near = neighbours(right.text, PROPERTIES) if right.shape is Shape.WORD and right.text != "null" else []
        if near:
            self._add(
                "unknown-property",
                f"unknown property {quoted(right.text)}; did you mean '{near[0]}'?",
                right,
                None,
                near[0] if len(near) == 1 else None,
            )
            return at + 3
        self._add("literal-operand", message, token, f"the properties are {', '.join(PROPERTIES)}", to=right)
        return at + 3

    def _quoted_property(self, at: int) -> int:
        token = self.tokens[at]
        name = token.text[1:-1]
        self._add("quoted-property", "a property is written without quotes", token, None, name)
        return self._from_operator(at + 1, name, token)

    def _reversed(self, token: Token, operator: str, right: Token) -> None:
        message = "the property stands to the left of the operator"
        if operator == "in":
            found = complain(token, right.text, "eq")
            literal = token.text if found is None else found.right
            hint = f"a property is in a list of literals; to ask for one write {right.text} eq {literal or '...'}"
            self._add("reversed-comparison", message, token, hint, to=right)
            return
        mirrored = MIRRORED[operator]
        found = complain(token, right.text, mirrored)
        literal = token.text if found is None else found.right
        if literal is None:
            self._add("reversed-comparison", message, token, found.hint if found else None, to=right)
            return
        if found is not None and found.operator is not None:
            mirrored = found.operator
        self._add("reversed-comparison", message, token, None, f"{right.text} {mirrored} {literal}", to=right)

    def _lone(self, token: Token) -> None:
        hint = "a condition is a property, an operator and a literal: state eq 'Success'"
        if self.last is not None:
            name, operator = self.last
            found = complain(token, name, operator)
            literal = token.text if found is None else found.right
            if literal is not None and operator == "eq":
                hint = f"say the property again: {name} eq {literal}, or use a list: {name} in (..., {literal})"
            elif literal is not None and operator in COMPARISONS:
                hint = f"say the property again: {name} {operator} {literal}"
        self._add("lone-literal", f"{quoted(token.text)} is compared with nothing", token, hint)

    def _clean(self, at: int, name: str | None = None) -> tuple[str, int] | None:
        """The negation of the faultless condition at this token, as text, and where it ends; None if it has faults."""
        if name is None:
            first = self._token(at)
            if first is None or first.text not in PROPERTIES:
                return None
            name, at = first.text, at + 1
        sign, literal = self._token(at), self._token(at + 1)
        if sign is None or literal is None:
            return None
        if sign.lower == "in" and literal.shape is Shape.OPEN:
            trial = Terms(self.tokens, [])
            after, items = trial._list(at + 1, name, "in")
            if trial.problems or not items:
                return None
            chain = " and ".join(f"{name} ne {item}" for item in items)
            return (chain if len(items) == 1 else f"({chain})"), after
        word = sign.lower
        if word not in COMPARISONS or not (literal.shape in LITERALS or literal.shape is Shape.WORD):
            return None
        if complain(literal, name, word) is not None or literal.shape is Shape.OPEN_STRING:
            return None
        if word not in ORDERS:
            return f"{name} {OPPOSITE[word]} {literal.text}", at + 2
        if PROPERTIES[name].collection:
            return None
        return f"({name} {OPPOSITE[word]} {literal.text} or {name} eq null)", at + 2
