"""The complement of a tree in the listed operators; the job APIs have no `not`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from ..nodes import And, Comparison, Membership, Node, Null, Operator, Or
from ..schema import PROPERTIES

_OPPOSITE = {
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.LT: Operator.GE,
    Operator.GE: Operator.LT,
    Operator.GT: Operator.LE,
    Operator.LE: Operator.GT,
}


def negate(node: Node) -> Node:
    """The tree that is true of exactly the other records.

    De Morgan; `eq` <-> `ne`; `lt` -> `ge` or null, since no order holds of null. An ordering on a collection asks for
    any member; its complement asks for all of them, which the language cannot say: TypeError.
    """
    match node:
        case Comparison(name, Operator.EQ | Operator.NE as operator, literal):
            return Comparison(name, _OPPOSITE[operator], literal)
        case Comparison(name, operator, literal):
            if PROPERTIES[name].collection:
                raise TypeError(
                    f"~ has no answer for '{name} {operator} ...': it holds if any of a job's ids satisfies it, and "
                    "the filter language cannot ask that all of them do not; negate in Python: not f.matches(job)"
                )
            return Or((Comparison(name, _OPPOSITE[operator], literal), Comparison(name, Operator.EQ, Null())))
        case Membership(name, ()):
            return Or((Comparison(name, Operator.EQ, Null()), Comparison(name, Operator.NE, Null())))
        case Membership(name, literals):
            return join(And, (Comparison(name, Operator.NE, literal) for literal in literals))
        case And(operands):
            return join(Or, map(negate, operands))
        case Or(operands):
            return join(And, map(negate, operands))
        case _:
            assert_never(node)


def join(kind: type[And] | type[Or], nodes: Iterable[Node]) -> Node:
    """`and` or `or` of the nodes, flat; a single one stays itself."""
    operands: list[Node] = []
    for node in nodes:
        if isinstance(node, kind):
            operands.extend(node.operands)
        else:
            operands.append(node)
    return operands[0] if len(operands) == 1 else kind(tuple(operands))


def depth(node: Node) -> int:
    """Levels of alternating `and` and `or` above the comparisons."""
    return 1 + max(map(depth, node.operands)) if isinstance(node, And | Or) else 0
