"""Pruning: a service is not asked for a type or a state that it does not have and another service does."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ..diagnostics import quoted
from ..nodes import And, Comparison, Literal, Membership, Node, Operator, Or, Text
from ..schema import normalise_enumeration
from ..services import Service, listed_values
from ..targets.text import write_literal
from .fold import NEVER
from .words import Words


def prune(node: Node, service: Service, words: Words) -> Node:
    """The filter for a service of which another service's values are true of no job; to be folded once more.

    A value that no service lists is asked for: services add values. `ne` and orderings are left as they are: without
    them a job that has the value after all would be returned, and nothing would hold it against the filter.
    """
    match node:
        case Comparison(name, Operator.EQ, literal):
            if _elsewhere(name, (literal,), service, words):
                return NEVER
        case Membership(name, literals):
            if gone := _elsewhere(name, literals, service, words):
                return Membership(name, tuple(x for x in literals if x not in gone))
        case And(operands) | Or(operands):
            return type(node)(tuple(prune(o, service, words) for o in operands))
    return node


def _elsewhere(property: str, literals: Iterable[Literal], service: Service, words: Words) -> set[Literal]:
    """Those that other services list for the property, where this one lists its own."""
    own = service.enumerations.get(property)
    if not own:
        return set()
    foreign = _foreign(property, own)
    found: set[Literal] = {x for x in literals if isinstance(x, Text) and normalise_enumeration(x.value) in foreign}
    for literal in literals:
        if literal in found:
            shown = property, quoted(write_literal(literal)), service.name, property
            words.add("{} {} is none of {}'s {}s; prune=False asks anyway", *shown)
    return found


@cache
def _foreign(property: str, own: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(normalise_enumeration, listed_values(property))) - frozenset(map(normalise_enumeration, own))
