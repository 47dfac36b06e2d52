"""A filter as `$filter` text: service-neutral, or spelled as one service documents it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from ..instants import MIN_TICKS, format_ticks
from ..nodes import And, Comparison, Guid, Instant, Literal, Membership, Node, Null, Operator, Or, Text
from ..schema import PROPERTIES, Kind
from ..services import Service


def write(node: Node, service: Service | None = None) -> str:
    """The text of a tree; parsing it gives the tree back, or for a service, one that is true of the same records.

    As in the published examples: a GUID bare after an operator and quoted in a list, strings quoted, instants in UTC
    with `Z`, single blanks, parentheses only where precedence needs them.
    """
    parts: list[str] = []
    _write(node if service is None else spell(node, service), parts)
    return "".join(parts)


def spell(node: Node, service: Service) -> Node:
    """The tree in a service's dialect: its own enumeration spellings, `in` as `eq` and `or` where it has no `in`."""
    match node:
        case Comparison(name, operator, literal):
            return Comparison(name, operator, _spelled(name, literal, service))
        case Membership(name, literals):
            spelled = tuple(_spelled(name, literal, service) for literal in literals)
            if service.has_in:
                return Membership(name, spelled)
            return _chain(name, spelled)
        case And(operands):
            return And(tuple(spell(o, service) for o in operands))
        case Or(operands):
            return Or(tuple(_flat(spell(o, service) for o in operands)))
        case _:
            assert_never(node)


def write_literal(literal: Literal, *, in_list: bool = False) -> str:
    """One literal; a GUID is quoted inside a list."""
    match literal:
        case Guid(value):
            return f"'{value}'" if in_list else value
        case Text(value):
            return "'" + value.replace("'", "''") + "'"
        case Instant(ticks):
            return format_ticks(ticks)
        case Null():
            return "null"
        case _:
            assert_never(literal)


def _write(node: Node, parts: list[str]) -> None:
    match node:
        case Comparison(name, operator, literal):
            parts.append(f"{name} {operator} {write_literal(literal)}")
        case Membership(name, literals):
            parts.append(f"{name} in ({', '.join([write_literal(x, in_list=True) for x in literals])})")
        case And(operands):
            for i, operand in enumerate(operands):
                if i:
                    parts.append(" and ")
                if isinstance(operand, Or):
                    parts.append("(")
                    _write(operand, parts)
                    parts.append(")")
                else:
                    _write(operand, parts)
        case Or(operands):
            for i, operand in enumerate(operands):
                if i:
                    parts.append(" or ")
                _write(operand, parts)
        case _:
            assert_never(node)


def _spelled(name: str, literal: Literal, service: Service) -> Literal:
    if isinstance(literal, Text) and PROPERTIES[name].kind is Kind.ENUMERATION:
        return Text(service.spelling(name, literal.value))
    return literal


def _chain(name: str, literals: tuple[Literal, ...]) -> Node:
    if not literals:
        # True of no job, in the documented operators: nothing comes before the empty text or the first moment.
        first = Instant(MIN_TICKS) if PROPERTIES[name].kind is Kind.INSTANT else Text("")
        return Comparison(name, Operator.LT, first)
    terms = tuple(Comparison(name, Operator.EQ, literal) for literal in literals)
    return terms[0] if len(terms) == 1 else Or(terms)


def _flat(nodes: Iterator[Node]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, Or):
            yield from node.operands
        else:
            yield node
