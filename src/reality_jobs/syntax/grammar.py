"""The grammar at work: text to nodes, or a refusal. Why it refuses is the business of `scan`."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..instants import read_ticks
from ..nodes import And, Comparison, Guid, Instant, Literal, Membership, Node, Null, Operator, Or, Span, Text
from ..schema import GUID
from .parsing import Token, UnexpectedError, parse

if TYPE_CHECKING:
    from lark import Lark

BLANKS = " \t\r\n"
"""Trimmed at either end of a text; inside it only SP and HTAB are white space."""

_ITEM = re.compile(r"'[^']*(?:''[^']*)*'|[^ \t,()']+")
_OPERATORS = {f" {operator}": operator for operator in Operator} | {f" {operator} ": operator for operator in Operator}


class Refused(Exception):
    """The text is not a sentence of the grammar, or holds a date that no calendar has, or nests too deep."""


def read(text: str, max_nesting: int) -> Node:
    """The tree of a text. Raises Refused."""
    trimmed = text.strip(BLANKS)
    try:
        tree: Node | _Junction = parse(trimmed, _Nodes)
    except UnexpectedError as error:
        raise Refused from error
    except ValueError as error:  # a date that no calendar has
        raise Refused from error
    node = tree.freeze() if isinstance(tree, _Junction) else tree
    if isinstance(tree, _Junction) and tree.depth > max_nesting:
        raise Refused
    return node if trimmed == text or len(trimmed) == len(text.rstrip(BLANKS)) else _shifted(node, text)


@cache
def lark() -> Lark:
    """The grammar as Lark reads it, which takes long: for what the tables do not tell. Threads may share it."""
    from lark import Lark

    return Lark(
        grammar_file().read_text("utf-8"),
        parser="lalr",
        propagate_positions=False,
        maybe_placeholders=False,
    )


def grammar_file() -> Path:
    """`filter.lark`: inside the installed package, or at the top of the checkout that the code runs from."""
    package = Path(__file__).parents[1]
    for place in (package / "grammar", package.parents[1] / "grammar"):
        if (place / "filter.lark").is_file():
            return place / "filter.lark"
    raise FileNotFoundError("filter.lark is neither in the package nor in a checkout; reinstall reality-jobs")


class _Junction:
    """An `and` or `or` under construction, open at both ends, so that nested ones of a kind merge without copying."""

    __slots__ = ("depth", "kind", "operands")

    def __init__(self, kind: type[And] | type[Or], operands: deque[Node], depth: int) -> None:
        self.kind = kind
        self.operands = operands
        self.depth = depth

    def freeze(self) -> Node:
        return self.kind(tuple(self.operands))


# No walk over the tree may recurse deeper than this, whatever limit a caller asks for.
_HARD_NESTING = 100


def _join(kind: type[And] | type[Or], children: list[Node | _Junction]) -> _Junction:
    same = [c for c in children if isinstance(c, _Junction) and c.kind is kind]
    largest = max(same, key=lambda j: len(j.operands), default=None)
    depth = 1
    before: list[Node] = []
    after: list[Node] = []
    target = before
    for child in children:
        if child is largest:
            depth = max(depth, largest.depth)
            target = after
        elif isinstance(child, _Junction):
            if child.kind is kind:
                depth = max(depth, child.depth)
                target.extend(child.operands)
            else:
                depth = max(depth, child.depth + 1)
                target.append(child.freeze())
        else:
            target.append(child)
    if depth > _HARD_NESTING:
        raise Refused
    if largest is None:
        return _Junction(kind, deque(before), depth)
    largest.operands.extendleft(reversed(before))
    largest.operands.extend(after)
    largest.depth = depth
    return largest


class _Nodes:
    """Callbacks of the LALR parser, one a rule: they make nodes while it parses, so no parse tree is ever built."""

    @staticmethod
    def start(children: list[Node | _Junction]) -> Node | _Junction:
        return children[0]

    @staticmethod
    def or_expr(children: list[Node | _Junction]) -> _Junction:
        return _join(Or, children)

    @staticmethod
    def and_expr(children: list[Node | _Junction]) -> _Junction:
        return _join(And, children)

    @staticmethod
    def identifier_comparison(children: list[Token]) -> Comparison:
        return _comparison(children, identifier_literal)

    @staticmethod
    def text_comparison(children: list[Token]) -> Comparison:
        return _comparison(children, text_literal)

    @staticmethod
    def instant_comparison(children: list[Token]) -> Comparison:
        return _comparison(children, instant_literal)

    @staticmethod
    def identifier_membership(children: list[Token]) -> Membership:
        return _membership(children, identifier_literal)

    @staticmethod
    def text_membership(children: list[Token]) -> Membership:
        return _membership(children, text_literal)

    @staticmethod
    def instant_membership(children: list[Token]) -> Membership:
        return _membership(children, instant_literal)


def _comparison(children: list[Token], literal: Callable[[str], Literal]) -> Comparison:
    name, sign, value = children
    operator = _OPERATORS.get(sign) or Operator(sign.strip(" \t").lower())
    return Comparison(str(name), operator, literal(value), Span(name.start_pos, value.end_pos))


def _membership(children: list[Token], literal: Callable[[str], Literal]) -> Membership:
    name, members = children
    items = _ITEM.findall(members, members.index("(") + 1)
    return Membership(str(name), tuple([literal(item) for item in items]), Span(name.start_pos, members.end_pos))


def identifier_literal(text: str) -> Literal:
    """A quoted GUID is the same literal as a bare one."""
    if text[0] != "'":
        return Null() if text == "null" else Guid(text.lower())
    value = text[1:-1]
    if len(value) == 36 and GUID.fullmatch(value):
        return Guid(value.lower())
    return Text(value.replace("''", "'"))


def text_literal(text: str) -> Literal:
    return Text(text[1:-1].replace("''", "'")) if text[0] == "'" else Null()


def instant_literal(text: str) -> Literal:
    return Null() if text == "null" else Instant(read_ticks(text))


def _shifted(node: Node, text: str) -> Node:
    """The tree with its spans moved by the blanks that were trimmed at the start."""
    by = len(text) - len(text.lstrip(BLANKS))

    def shift(n: Node) -> Node:
        match n:
            case Comparison(p, o, literal, Span(start, end)):
                return Comparison(p, o, literal, Span(start + by, end + by))
            case Membership(p, literals, Span(start, end)):
                return Membership(p, literals, Span(start + by, end + by))
            case And(operands):
                return And(tuple(map(shift, operands)))
            case Or(operands):
                return Or(tuple(map(shift, operands)))
        return n

    return shift(node)
