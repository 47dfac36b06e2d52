"""Constants of a filter in SQL: parameters, or literals that every engine reads back as they were."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from .dialects import Dialect, Listing
from .evaluate import Comparable

try:
    from sqlglot import exp
except ImportError as error:
    raise ModuleNotFoundError("SQL needs sqlglot; pip install 'reality-jobs[sql]'", name=error.name) from error

__all__ = ["Parameter", "Values", "exp", "parameters"]

Parameter = Comparable | list[Comparable]

_LONG: Final = 32
"""A list of more values is one parameter, where the dialect has a way."""

_VALUE: Final = "value"


def parameters(expression: exp.Expr) -> tuple[Parameter, ...]:
    """What its placeholders stand for, in the order of the text."""
    return tuple([place.meta[_VALUE] for place in expression.find_all(exp.Var, bfs=False)])


class Values:
    """Makes expressions of constants: placeholders, or where they are to be inline, literals."""

    def __init__(self, dialect: Dialect, *, inline: bool) -> None:
        self._dialect = dialect
        self._inline = inline

    def __call__(self, value: Comparable) -> exp.Expr:
        return _literal(value, self._dialect) if self._inline else self._place(value)

    def one_of(self, column: exp.Expr, values: Sequence[Comparable]) -> exp.Expr:
        """Whether the column holds one of the values, of which there is at least one."""
        if len(values) == 1:
            return exp.EQ(this=column, expression=self(values[0]))
        if not self._inline and len(values) > _LONG:
            match self._dialect.listing:
                case Listing.JSON if not any(isinstance(value, str) and "\0" in value for value in values):
                    text = self._place(json.dumps(values, ensure_ascii=False))
                    each = exp.Table(this=exp.Anonymous(this="json_each", expressions=[text]))
                    return _in(column, exp.select("value").from_(each))
                case Listing.UNNESTED:
                    return _in(column, exp.select(exp.Explode(this=self._place(list(values)))))
                case Listing.ANY:
                    return exp.EQ(this=column, expression=exp.Any(this=exp.Paren(this=self._place(list(values)))))
                case _:
                    pass
        return exp.In(this=column, expressions=[self(value) for value in values])

    def _place(self, value: Parameter) -> exp.Expr:
        place = exp.Var(this=self._dialect.placeholder)  # sqlglot's own placeholders are not what each driver takes
        place.meta[_VALUE] = value
        return place


def _in(column: exp.Expr, query: exp.Select) -> exp.Expr:
    return exp.In(this=column, query=exp.Subquery(this=query))


def _literal(value: Comparable, dialect: Dialect) -> exp.Expr:
    if isinstance(value, int):
        return exp.convert(value)
    pieces = re.split(f"([{re.escape(dialect.computed)}])", value)
    # Every second one is a character that the dialect has to compute.
    parts = [_character(piece, dialect) if n % 2 else exp.Literal.string(piece) for n, piece in enumerate(pieces)]
    return exp.Paren(this=exp.Concat(expressions=parts)) if parts[1:] else parts[0]


def _character(character: str, dialect: Dialect) -> exp.Expr:
    number = exp.Literal.number(ord(character))
    if character != "\0" or dialect.chr_nul:
        return exp.Chr(expressions=[number])
    of_bytes = exp.Anonymous(this="CODE_POINTS_TO_BYTES", expressions=[exp.Array(expressions=[number])])
    return exp.cast(of_bytes, exp.DataType.Type.TEXT)
