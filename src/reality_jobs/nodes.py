"""The frozen tree that a filter is: comparisons and memberships under flat `and` and `or`.

Nodes are dumb: any tree can be built, the syntax builds only checked ones. Equality is structural and looks at
normalised literals, never at spans: `id eq 'AB...'` and `id eq ab...` are the same node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from attrs import field, frozen


class Operator(StrEnum):
    """The six comparison operators of the job APIs; `in` is a node of its own."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


OPPOSITE: Final = {
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.LT: Operator.GE,
    Operator.GE: Operator.LT,
    Operator.GT: Operator.LE,
    Operator.LE: Operator.GT,
}
"""The operator that holds of the other values; null, which no ordering holds of, left aside."""


@frozen
class Span:
    """A half-open range of code points in the text as the user typed it."""

    start: int
    end: int


@frozen
class Guid:
    """A GUID literal; `value` is lower case with hyphens."""

    value: str


@frozen
class Text:
    """A string literal, unescaped. On an identifier property, text that is no GUID."""

    value: str


@frozen
class Instant:
    """A point in time; `ticks` counts 100 ns since 1970-01-01T00:00:00Z, leap seconds left out."""

    ticks: int


@frozen
class Null:
    """The literal `null`: a missing key and a JSON null alike."""


Literal = Guid | Text | Instant | Null


@frozen
class Comparison:
    """`property operator literal`; the property is a wire name of `schema`."""

    property: str
    operator: Operator
    literal: Literal
    span: Span | None = field(default=None, eq=False, repr=False)


@frozen
class Membership:
    """`property in (literal, ...)`; true of no job when there are no literals."""

    property: str
    literals: tuple[Literal, ...]
    span: Span | None = field(default=None, eq=False, repr=False)


@frozen
class And:
    """True when every operand is; flat: no operand is an `And`."""

    operands: tuple[Node, ...]


@frozen
class Or:
    """True when some operand is; flat: no operand is an `Or`."""

    operands: tuple[Node, ...]


Node = Comparison | Membership | And | Or


def join(kind: type[And] | type[Or], nodes: Iterable[Node]) -> Node:
    """`and` or `or` of the nodes, flat; a single one stays itself."""
    operands: list[Node] = []
    for node in nodes:
        if isinstance(node, kind):
            operands.extend(node.operands)
        else:
            operands.append(node)
    return operands[0] if len(operands) == 1 else kind(tuple(operands))


def leaves(node: Node) -> Iterator[Comparison | Membership]:
    """The terms of a tree, in order, with repetitions."""
    if isinstance(node, And | Or):
        for operand in node.operands:
            yield from leaves(operand)
    else:
        yield node


def depth(node: Node) -> int:
    """Levels of alternating `and` and `or` above the terms."""
    return 1 + max(map(depth, node.operands), default=0) if isinstance(node, And | Or) else 0


def merged(operands: tuple[Node, ...]) -> Iterator[Node]:
    """The operands of an `or`, what each property may equal in one `in`: engines plan a list better than many terms."""
    lists: dict[str, list[Literal]] = {}
    for operand in operands:
        match operand:
            case Comparison(name, Operator.EQ, literal):
                lists.setdefault(name, []).append(literal)
            case Membership(name, literals):
                lists.setdefault(name, []).extend(literals)
            case _:
                yield operand
    for name, found in lists.items():
        yield Membership(name, tuple(found))
