"""`in` and its list, read tolerantly."""

from __future__ import annotations

from ..diagnostics import quoted
from ..schema import PROPERTIES
from .cursor import BRACKETS, LITERALS, Cursor
from .literals import complain
from .tokens import Shape, Token


class Lists(Cursor):
    """Reads memberships: what people write for `in ('a', 'b')`."""

    def _membership(self, at: int, name: str | None) -> int:
        sign, token = self.tokens[at], self._token(at + 1)
        if name is not None:
            self.last = (name, "in")
        if token is None or self._ends(token):
            self._missing_literal(sign, name)
            return at + 1
        if not (sign.gap and token.gap):
            mend = f"{'' if sign.gap else ' '}in{'' if token.gap else ' '}"
            self._add("missing-space", f"{quoted(sign.text)} needs a blank on either side", sign, None, mend)
        if token.shape in BRACKETS:
            after, items = self._list(at + 1, name, "in")
            if token.shape is Shape.OPEN_BRACKET and items is not None:
                mend = f"({', '.join(items)})"
                self._add("list-brackets", "a list stands in parentheses", token, None, mend, to=self.tokens[after - 1])
            return after
        return self._unwrapped(at + 1, name)

    def _unwrapped(self, at: int, name: str | None) -> int:
        """`in 'a'`: one literal has one mend; with a comma after it nobody knows where the list ends."""
        token = self.tokens[at]
        found = complain(token, name, "in") if token.shape in LITERALS or token.shape is Shape.WORD else None
        following = self._token(at + 1)
        single = following is None or self._ends(following)
        right = token.text if found is None else found.right
        if token.shape not in LITERALS and token.shape is not Shape.WORD:
            right = None
        mend = f"({right})" if single and right is not None else None
        self._add(
            "list-parentheses",
            "a list stands in parentheses",
            token,
            "write in ('a', 'b')" if mend is None else None,
            mend,
        )
        return at + 1 if single else self._skip(at + 1)

    def _list(self, at: int, name: str | None, operator: str) -> tuple[int, list[str] | None]:
        """A list from its opening bracket; where to go on, and its members as they should be (None if unsure)."""
        opened = self.tokens[at]
        items: list[str] = []
        sure, wants_item = True, True
        at += 1
        while (token := self._token(at)) is not None:
            if token.shape in (Shape.CLOSE, Shape.CLOSE_BRACKET):
                if (token.shape is Shape.CLOSE) != (opened.shape is Shape.OPEN):
                    self._add("list-brackets", f"{quoted(opened.text)} is closed by {quoted(token.text)}", token)
                if wants_item and items:
                    self._add("list-comma", "nothing follows the last comma", self.tokens[at - 1])
                    sure = False
                return at + 1, items if sure else None
            if token.shape is Shape.COMMA:
                if wants_item:
                    what = "this comma follows nothing" if not items else "nothing stands between two commas"
                    self._add("list-comma", what, token)
                    sure = False
                wants_item = True
                at += 1
                continue
            if token.shape in BRACKETS:
                closing = self._closing(at)
                self._add("list-member", "a list holds literals, not lists", token, to=self.tokens[closing])
                sure, wants_item, at = False, False, closing + 1
                continue
            if not (token.shape in LITERALS or token.shape is Shape.WORD) or (not wants_item and self._ends(token)):
                if not self._ends(token):
                    self._add("list-member", f"{quoted(token.text)} is no member of a list", token)
                    sure = False
                    at += 1
                    wants_item = False
                    continue
                break
            if not wants_item:
                self._add("list-comma", f"a comma is missing before {quoted(token.text)}", token)
                sure = False
            right = self._member(token, name, operator, self._apart(at))
            sure = sure and right is not None
            items.append(right or token.text)
            wants_item = False
            at += 1
        self._add("unclosed-list", "this list is never closed", opened)
        return at, None

    def _apart(self, at: int) -> bool:
        """Whether no text stands against a member: quotes round it would run into that one's."""
        token, before, following = self.tokens[at], self.tokens[at - 1], self._token(at + 1)
        return (token.gap or before.shape not in LITERALS) and (
            following is None or following.gap or following.shape not in (*LITERALS, Shape.OPEN_STRING)
        )

    def _member(self, token: Token, name: str | None, operator: str, apart: bool) -> str | None:
        if token.shape is Shape.WORD and token.text in PROPERTIES:
            self._add("property-operand", f"a list holds literals, not the property {quoted(token.text)}", token)
            return None
        if token.shape is Shape.OPEN_STRING:
            self._add(
                "unclosed-string",
                "this text is never closed",
                token,
                "a quote inside text is doubled, as in 'O''Brien'",
            )
            return None
        found = complain(token, name, operator)
        if found is None:
            return token.text
        right = None if found.operator or not apart else found.right
        self._add(found.code, found.message, token, found.hint, right)
        return right
