"""What a filter means, slowly and exactly: the ground that compiled predicates fall back to for unusual records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import assert_never

from ..errors import InvalidRecord
from ..instants import read_ticks
from ..nodes import And, Comparison, Guid, Instant, Literal, Membership, Node, Null, Operator, Or, Text
from ..records import fields_of, json_kind, read
from ..schema import PROPERTIES, Kind, normalise_enumeration, normalise_identifier
from ..services import Service

Comparable = str | int

_COMPARE: dict[Operator, Callable[[Comparable, Comparable], bool]] = {
    Operator.EQ: eq,
    Operator.NE: ne,
    Operator.LT: lt,
    Operator.LE: le,
    Operator.GT: gt,
    Operator.GE: ge,
}


def evaluate(node: Node, record: Mapping[str, object], service: Service | None) -> bool:
    """Whether the filter is true of the record. Raises InvalidRecord if that depends on a value of the wrong type."""
    if not isinstance(record, Mapping):
        raise InvalidRecord(f"expected a job record (an object), found {json_kind(record)}")
    outcome = _decide(node, record, service)
    if isinstance(outcome, InvalidRecord):
        raise outcome
    return outcome


def constant(property: str, literal: Literal) -> Comparable | None:
    """A literal as the value it is compared with; None for null."""
    match literal:
        case Guid(value):
            return value
        case Text(value):
            return normalise_enumeration(value) if PROPERTIES[property].kind is Kind.ENUMERATION else value
        case Instant(ticks):
            return ticks
        case Null():
            return None
        case _:
            assert_never(literal)


def _decide(node: Node, record: Mapping[str, object], service: Service | None) -> bool | InvalidRecord:
    """True, False, or the complaint about a value that the answer depends on (Kleene's third value)."""
    match node:
        case Comparison(name, operator, literal):
            try:
                return _compare(_value(record, name, service), operator, constant(name, literal))
            except InvalidRecord as odd:
                return odd
        case Membership(name, literals):
            try:
                value = _value(record, name, service)
            except InvalidRecord as odd:
                return odd
            return any(_compare(value, Operator.EQ, constant(name, literal)) for literal in literals)
        case And(operands):
            return _junction(operands, False, record, service)
        case Or(operands):
            return _junction(operands, True, record, service)
        case _:
            assert_never(node)


def _junction(
    operands: tuple[Node, ...], decisive: bool, record: Mapping[str, object], service: Service | None
) -> bool | InvalidRecord:
    odd: InvalidRecord | None = None
    for operand in operands:
        outcome = _decide(operand, record, service)
        if outcome is decisive:
            return decisive
        if isinstance(outcome, InvalidRecord):
            odd = odd or outcome
    return odd or (not decisive)


def _compare(value: Comparable | tuple[Comparable, ...] | None, operator: Operator, literal: Comparable | None) -> bool:
    if isinstance(value, tuple):
        if operator is Operator.NE:
            return not _compare(value, Operator.EQ, literal)
        if literal is None:
            return not value
        return any(_compare(member, operator, literal) for member in value)
    if value is None or literal is None:
        same = value is None and literal is None
        return same if operator is Operator.EQ else not same if operator is Operator.NE else False
    return _COMPARE[operator](value, literal)


def _value(
    record: Mapping[str, object], name: str, service: Service | None
) -> Comparable | tuple[Comparable, ...] | None:
    if service is not None and not service.answers(name):
        return None  # only where the caller said missing="null"
    value = read(record, name, service)
    if value is None:
        return None
    if isinstance(value, tuple):
        return tuple(map(normalise_identifier, value))
    match PROPERTIES[name].kind:
        case Kind.IDENTIFIER:
            return normalise_identifier(value)
        case Kind.TEXT:
            return value
        case Kind.ENUMERATION:
            return normalise_enumeration(value)
        case Kind.INSTANT:
            try:
                return read_ticks(value)
            except ValueError as error:
                raise InvalidRecord(str(error), f"$.{fields_of(name, service)}") from error
