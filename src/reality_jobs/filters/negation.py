"""The complement of a tree in the listed operators; the job APIs have no `not`."""

from __future__ import annotations

from typing import assert_never

from ..nodes import OPPOSITE, And, Comparison, Membership, Node, Null, Operator, Or, join
from ..schema import PROPERTIES


def negate(node: Node) -> Node:
    """The tree that is true of exactly the other records.

    De Morgan; `eq` <-> `ne`; `lt` -> `ge` or null, since no order holds of null. An ordering on a collection asks for
    any member; its complement asks for all of them, which the language cannot say: TypeError.
    """
    match node:
        case Comparison(name, Operator.EQ | Operator.NE as operator, literal):
            return Comparison(name, OPPOSITE[operator], literal)
        case Comparison(name, operator, literal):
            if PROPERTIES[name].collection:
                raise TypeError(
                    f"~ has no answer for '{name} {operator} ...': it holds if any of a job's ids satisfies it, and "
                    "the filter language cannot ask that all of them do not; negate in Python: not f.matches(job)"
                )
            return Or((Comparison(name, OPPOSITE[operator], literal), Comparison(name, Operator.EQ, Null())))
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
