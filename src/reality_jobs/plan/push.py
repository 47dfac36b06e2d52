"""Pushdown: the strongest condition that a service's dialect can say and that no matching job fails."""

from __future__ import annotations

from typing import assert_never

from attrs import frozen

from ..nodes import And, Comparison, Membership, Node, Null, Operator, Or, join
from ..schema import ITWIN_ID, PROPERTIES, Kind
from ..services import Service


@frozen
class Pushed:
    """`sent` is implied by the condition (None: nothing can be said); `left` is what it does not settle.

    Where both are there, `left` implies `sent`, unless the condition is an `and`.
    """

    sent: Node | None
    left: Node | None


def push(node: Node, service: Service) -> Pushed:
    """Relax, never strengthen: a conjunct may be dropped, a disjunction goes only if every branch has something."""
    match node:
        case Comparison() | Membership():
            return Pushed(node, None) if sendable(node, service) else Pushed(None, node)
        case And(operands):
            parts = [push(o, service) for o in operands]
            return Pushed(
                conjunction([p.sent for p in parts if p.sent is not None]),
                conjunction([p.left for p in parts if p.left is not None]),
            )
        case Or(operands):
            parts = [push(o, service) for o in operands]
            if all(p.left is None for p in parts):
                return Pushed(node, None)
            if any(p.sent is None for p in parts):
                return Pushed(None, node)
            return Pushed(disjunction([p.sent for p in parts if p.sent is not None]), node)
        case _:
            assert_never(node)


def sendable(leaf: Comparison | Membership, service: Service) -> bool:
    """Whether the live filter knows such a term. `null` is on no page, so it is never sent; nor is iTwinId, which
    sets whose jobs are searched and so is placed by the plan alone."""
    if leaf.property not in service.filterable or leaf.property == ITWIN_ID:
        return False
    literals = (leaf.literal,) if isinstance(leaf, Comparison) else leaf.literals
    return bool(literals) and Null() not in literals


def names_itwin(leaf: Comparison | Membership) -> bool:
    """Whether the term names an iTwin, and so searches that one's jobs instead of the caller's own."""
    if isinstance(leaf, Membership):
        return leaf.property == ITWIN_ID and any(x != Null() for x in leaf.literals)
    return leaf.property == ITWIN_ID and leaf.operator is Operator.EQ and leaf.literal != Null()


def unpublished(node: Node, service: Service) -> list[str]:
    """Terms whose answer rests on behaviour of the service that no page describes."""
    match node:
        case And(operands) | Or(operands):
            return list(dict.fromkeys(note for o in operands for note in unpublished(o, service)))
        case Comparison(name, Operator.NE, _) if PROPERTIES[name].collection:
            return [f"unpublished: whether '{name} ne' means that none of a job's ids is that one, as it is meant here"]
        case Comparison(name, Operator.NE, _) if name not in service.required:
            return [f"unpublished: whether '{name} ne' also returns jobs that have no {name}, as it is meant here"]
        case Comparison(name, Operator.LT | Operator.LE | Operator.GT | Operator.GE, _):
            if PROPERTIES[name].kind is not Kind.INSTANT:
                return [f"unpublished: how the service orders '{name}'; here it is by code point"]
    return []


def unanswered(node: Node | None, service: Service) -> Comparison | Membership | None:
    """The first term that asks for what this service's records never hold."""
    if isinstance(node, And | Or):
        return next((leaf for o in node.operands if (leaf := unanswered(o, service)) is not None), None)
    return None if node is None or service.answers(node.property) else node


def judged(node: Node, service: Service) -> Node | None:
    """The strongest condition that it implies and that a record of the service can answer; None where there is none."""
    match node:
        case And(operands):
            return conjunction([j for o in operands if (j := judged(o, service)) is not None])
        case Or(operands):
            parts = [judged(o, service) for o in operands]
            return None if None in parts else disjunction([p for p in parts if p is not None])
        case _:
            return node if service.answers(node.property) else None


def conjunction(nodes: list[Node]) -> Node | None:
    return join(And, nodes) if nodes else None


def disjunction(nodes: list[Node]) -> Node | None:
    return join(Or, nodes) if nodes else None
