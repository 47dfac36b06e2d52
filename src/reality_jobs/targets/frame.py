"""A filter as one narwhals expression over the canonical columns, the same for every engine of dataframes.

Engines compare plain text by its UTF-8 bytes, which is the order of code points; a collation that somebody set for a
column or a connection would decide otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import and_, ge, gt, le, lt, or_
from typing import Any, Final, assert_never

from .. import services
from ..diagnostics import Problem
from ..errors import InvalidFilter
from ..nodes import And, Comparison, Literal, Membership, Node, Operator, Or, Span, merged
from ..schema import PROPERTIES, Kind, Missing, Property
from ._balanced import balanced
from ._frames import Held, Limit, known, nw, one_of, typed
from .dialects import halved
from .evaluate import Comparable, constant
from .predicate import check_answerable, mentioned
from .text import write

_ORDERINGS: Final[dict[Operator, Callable[[nw.Expr, Comparable], nw.Expr]]] = {
    Operator.LT: lt,
    Operator.LE: le,
    Operator.GT: gt,
    Operator.GE: ge,
}


def compile_frame(node: Node, *, service: str | None, missing: Missing) -> nw.Expr:
    """The expression; `Filter.frame` says what the arguments mean."""
    for each in services.ALL.values() if service is None else (services.get(service),):
        check_answerable(node, each, missing)
    for name, literal in _literals(node):
        value = constant(name, literal)
        if isinstance(value, str) and (reason := halved(value, "a frame")):
            raise _refused(Comparison(name, Operator.EQ, literal), "not-in-frame", reason)
    # Without a second operation narwhals takes a sum of it within groups, on pandas, PyArrow and Dask, for one of the
    # filter's first column.
    return nw.all_horizontal(_Late(node, service), ignore_nulls=False) & True


class _Late(nw.Expr):
    """Made where it is used, since only there the engine is known. Always an operand, so nothing is appended to it."""

    def __init__(self, node: Node, service: str | None) -> None:
        super().__init__(*nw.lit(True)._nodes)
        self._node = node
        self._service = service

    def _to_compliant_expr(self, ns: Any) -> Any:
        _check_size(self._node, known(ns._implementation).limit)
        made = _expression(self._node)
        asked = [PROPERTIES[name] for name in sorted(set(mentioned(self._node)))]
        columns = {property.column: _held(property) for property in asked}
        if self._service is not None:
            service = nw.col("service")
            made = (service == self._service) & ~service.is_null() & made
            columns["service"] = Held.TEXT
        return typed(made._to_compliant_expr(ns), columns)

    def __repr__(self) -> str:
        return write(self._node)


def _held(property: Property) -> Held:
    if property.collection:
        return Held.IDS
    return Held.TICKS if property.kind is Kind.INSTANT else Held.TEXT


def _literals(node: Node) -> Iterator[tuple[str, Literal]]:
    """Each with the name of the property that it is compared to."""
    match node:
        case And(operands) | Or(operands):
            for operand in operands:
                yield from _literals(operand)
        case Membership(name, literals):
            yield from ((name, literal) for literal in literals)
        case Comparison(name, _, literal):
            yield name, literal


def _check_size(node: Node, limit: Limit | None) -> None:
    if limit is not None and (terms := _terms(node)) > limit.terms:
        reason = f"the filter has {terms:,} terms, and {limit.planner} plans no more than {limit.terms:,}"
        raise _refused(node, "too-many-terms", reason, limit.hint)


def _refused(node: Node, code: str, reason: str, hint: str | None = None) -> InvalidFilter:
    source = write(node)
    return InvalidFilter(source, (Problem(code, "error", reason, Span(0, len(source)), hint),))


def _terms(node: Node) -> int:
    match node:
        case And(operands):
            return sum(map(_terms, operands))
        case Or(operands):
            return sum(map(_terms, merged(operands)))
        case _:
            return 1


def _expression(node: Node) -> nw.Expr:
    """Never null, so that it can be negated."""
    match node:
        case And(operands):
            return balanced(map(_expression, operands), and_)
        case Or(operands):
            return balanced(map(_expression, merged(operands)), or_)
        case Membership(name, literals):
            return _among(PROPERTIES[name], literals)
        case Comparison(name, Operator.EQ, literal):
            return _among(PROPERTIES[name], (literal,))
        case Comparison(name, Operator.NE, literal):
            return ~_among(PROPERTIES[name], (literal,))
        case Comparison(name, operator, literal):
            return _ordered(PROPERTIES[name], operator, constant(name, literal))
        case _:
            assert_never(node)


def _among(property: Property, literals: tuple[Literal, ...]) -> nw.Expr:
    """Whether the value, or a member, is one of these."""
    found = dict.fromkeys(constant(property.name, literal) for literal in literals)
    values = [value for value in found if value is not None]
    column = nw.col(property.column)
    null = _null(property)
    if not values:
        return null if found else null & ~null
    if len(values) > 1:
        held = one_of(property.column, values, collection=property.collection)
    else:
        held = column.list.contains(values[0]) if property.collection else column == values[0]
    held = ~column.is_null() & held
    return held | null if None in found else held


def _ordered(property: Property, operator: Operator, value: Comparable | None) -> nw.Expr:
    null = _null(property)
    if value is None:
        return null & ~null
    column = nw.col(property.column)
    if property.collection:
        # Some member is below a value if the lowest is.
        column = column.list.min() if operator in (Operator.LT, Operator.LE) else column.list.max()
    return _ORDERINGS[operator](column, value) & ~null


def _null(property: Property) -> nw.Expr:
    """Whether there is no value, or no member: members that are null themselves do not count."""
    column = nw.col(property.column)
    return (column.list.min() if property.collection else column).is_null()
