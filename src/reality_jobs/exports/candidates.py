"""From a filter a necessary condition in SQL over the canonical columns: no row that matters is left out.

A row that satisfies it is only a candidate; the filter then judges the record itself. So the condition may be wide,
and is whenever SQL would be intricate: it speaks of `eq`, `in` and orderings, and leaves `ne`, null, and the rest out.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from attrs import frozen

from .. import services as registry
from ..instants import SECOND
from ..nodes import And, Comparison, Literal, Membership, Node, Operator, Or, merged
from ..schema import PROPERTIES, Missing, Property
from ..targets.evaluate import Comparable, constant
from ..targets.predicate import mentioned

_SYMBOLS: Final = {Operator.LT: "<", Operator.LE: "<=", Operator.GT: ">", Operator.GE: ">="}

_MOST: Final = 100
"""Parameters of a condition, a list counted once: with more, asking takes longer than reading what is asked about."""

_DEEPEST: Final = 20
"""Brackets in brackets; SQLite's parser has room for about 30 of them."""


@frozen
class Condition:
    """What stands behind WHERE, with a `?` for each parameter; `depth` counts brackets in brackets."""

    sql: str
    params: tuple[object, ...] = ()
    depth: int = 0


class Table(Protocol):
    """How the rows of an engine are asked. `None` says nothing of the rows."""

    odd: Condition
    """Rows whose record holds a value of the wrong type: nothing is known of them."""

    def service(self, name: str) -> Condition:
        """Rows of a service."""

    def equals(self, property: Property, values: Sequence[Comparable]) -> Condition | None:
        """Rows that hold one of the values; of a collection, one of them in it."""

    def ordered(self, property: Property, symbol: str, value: Comparable) -> Condition | None:
        """Rows whose single value compares so."""


def condition(
    node: Node,
    table: Table,
    missing: Missing = "error",
    service: str | None = None,
    present: Iterable[str | None] = (*registry.ALL, None),
) -> Condition | None:
    """What holds of every row whose record matches the filter or cannot be judged; None where that may be any row.

    `missing` and `service` are those of the predicate that will judge: rows of a service that cannot answer it are
    candidates, for Unanswerable to come as it would, and so are rows that were not read as the service that is named.
    `present` are the services of the rows, None for those of no known shape.
    """
    said = _said(node, table)
    if said is None:
        return None
    unread = [name for name in present if not _read_alike(name, node, missing, service)]
    others = [Condition("service IS NULL") if name is None else table.service(name) for name in unread]
    return _joined("OR", [said, table.odd, *others])


def _read_alike(name: str | None, node: Node, missing: Missing, service: str | None) -> bool:
    """Whether the columns of rows of that service say what the predicate will read."""
    if service is not None:
        return name == service
    return name is None or missing == "null" or all(map(registry.get(name).answers, mentioned(node)))


def _said(node: Node, table: Table) -> Condition | None:
    match node:
        case And(operands):
            parts = [part for o in operands if (part := _said(o, table)) is not None]
            return _joined("AND", parts) if parts else None
        case Or(operands):
            alternatives: list[Condition] = []
            for operand in merged(operands):
                part = _said(operand, table)
                if part is None:
                    return None
                alternatives.append(part)
            return _joined("OR", alternatives)
        case Membership(name, literals):
            return _equals(name, literals, table)
        case Comparison(name, Operator.EQ, literal):
            return _equals(name, (literal,), table)
        case Comparison(name, operator, literal) if operator in _SYMBOLS and not PROPERTIES[name].collection:
            value = constant(name, literal)
            return None if value is None else table.ordered(PROPERTIES[name], _SYMBOLS[operator], value)
        case _:
            return None


def _equals(name: str, literals: tuple[Literal, ...], table: Table) -> Condition | None:
    if not literals:
        return Condition("FALSE")
    values = [constant(name, literal) for literal in literals]
    plain = [value for value in dict.fromkeys(values) if value is not None]
    return None if None in values else table.equals(PROPERTIES[name], plain)


def _joined(word: str, parts: Sequence[Condition]) -> Condition | None:
    """The parts as a balanced tree: SQLite refuses a chain of 1,000. None where it would be too much for an engine."""
    if len(parts) < 2:
        return parts[0] if parts else Condition("FALSE")
    half = len(parts) // 2
    left, right = _joined(word, parts[:half]), _joined(word, parts[half:])
    if left is None or right is None:
        return None
    both = Condition(f"({left.sql} {word} {right.sql})", left.params + right.params, 1 + max(left.depth, right.depth))
    return None if both.depth > _DEEPEST or len(both.params) > _MOST else both


def key(text: str) -> int:
    """24 bits in place of a text, the fewest that tell most apart: equal texts have equal keys, others hardly ever.

    SQLite stores signed numbers in as many bytes as they need.
    """
    return (zlib.crc32(text.encode("utf-8", "surrogatepass")) >> 8) - (1 << 23)


def second(ticks: int) -> int:
    """The whole second of a moment, in place of its ticks: half as long."""
    return ticks // SECOND


class Keyed:
    """Rows of an index in SQLite: keys in place of texts, seconds in place of ticks; ids and odd rows in own tables."""

    odd = Condition("n IN (SELECT n FROM odd)")

    def service(self, name: str) -> Condition:
        return Condition("service = ?", (key(name),))

    def equals(self, property: Property, values: Sequence[Comparable]) -> Condition:
        keys = [key(value) if isinstance(value, str) else second(value) for value in values]
        # A list goes as one parameter: there may be more values than SQLite takes parameters.
        one = "= ?" if len(keys) == 1 else "IN (SELECT value FROM json_each(?))"
        params = (keys[0] if len(keys) == 1 else f"[{','.join(map(str, keys))}]",)
        if property.collection:
            return Condition(f"n IN (SELECT n FROM {property.column} WHERE id {one})", params)  # noqa: S608 - our names
        return Condition(f"{property.column} {one}", params)

    def ordered(self, property: Property, symbol: str, value: Comparable) -> Condition | None:
        """Keys have no order; what comes after a moment may lie within its second."""
        if isinstance(value, str):
            return None
        return Condition(f"{property.column} {symbol[0]}= ?", (second(value),))


class Columnar:
    """Rows with the canonical columns as they are, ids in columns of lists, and a column `odd`: DuckDB's SQL."""

    odd = Condition("odd")

    def service(self, name: str) -> Condition:
        return Condition("service = ?", (name,))

    def equals(self, property: Property, values: Sequence[Comparable]) -> Condition | None:
        if not all(map(_storable, values)):
            return None
        if property.collection:
            return Condition(f"list_has_any({property.column}, ?)", (list(values),))
        if len(values) == 1:
            return Condition(f"{property.column} = ?", (values[0],))
        return Condition(f"{property.column} IN (SELECT unnest(?))", (list(values),))

    def ordered(self, property: Property, symbol: str, value: Comparable) -> Condition | None:
        return Condition(f"{property.column} {symbol} ?", (value,)) if _storable(value) else None


def _storable(value: Comparable) -> bool:
    """Whether UTF-8 can hold it: halves of surrogate pairs it cannot."""
    try:
        str(value).encode()
    except UnicodeEncodeError:
        return False
    return True
