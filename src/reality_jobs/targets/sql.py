"""A filter as a query in SQL, built as a tree of expressions and never as text.

The canonical tables are `jobs` (service, id, itwin_id, name, email, type, state, created_ticks, ...), and for the ids
`job_inputs(service, job_id, input_id)` and `job_outputs(service, job_id, output_id)`. They hold what
`records.columns` says: identifiers and enumerations normalised, ticks of 100 ns since 1970.

AND and OR alone join the terms of a condition, and where a filter is false a term may be unknown. Nothing negates it,
so that comes to the same, and a plain comparison lets an engine use its indexes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from typing import Final, assert_never

from attrs import frozen

from .. import services
from ..diagnostics import Problem
from ..errors import InvalidFilter
from ..nodes import And, Comparison, Literal, Membership, Node, Operator, Or, Span, merged
from ..schema import PROPERTIES, Missing, Property
from ._balanced import balanced
from ._values import Parameter, Values, exp, parameters
from .dialects import Dialect, named
from .evaluate import Comparable, constant
from .predicate import check_answerable
from .text import write


@frozen
class Sql:
    """A query over the canonical tables; `params` are for `text` and for `condition` alike, in order.

    `condition` is what stands behind WHERE, for a query of one's own over `jobs`. It may come out unknown where it is
    not true, so nothing may negate it: the complement is `(~f).sql(...)`.
    """

    text: str
    params: tuple[Parameter, ...]
    condition: str
    dialect: str


def compile_sql(node: Node, dialect: str, *, service: str | None, missing: Missing, inline: bool) -> Sql:
    """The query in a dialect; `Filter.sql` says what the arguments mean."""
    target = named(dialect)
    for known in services.ALL.values() if service is None else (services.get(service),):
        check_answerable(node, known, missing)
    values = Values(target, inline=inline)
    made = _Terms(target, values).part(node)
    if service is not None:
        made = _joined(exp.And, [made, _Part(exp.EQ(this=_column("jobs", "service"), expression=values(service)))])
    params = parameters(made.expression)
    if target.most_parameters is not None and len(params) > target.most_parameters:
        reason = f"the filter takes {len(params):,} parameters, and {dialect} has room for {target.most_parameters:,}"
        raise _refused(node, "too-many-parameters", reason, "values that are inline in the text are no parameters")
    if target.most_exists is not None:
        asks = sum(1 for _ in made.expression.find_all(exp.Exists))
        if asks > target.most_exists:
            reason = (
                f"the filter asks for inputs and outputs in {asks:,} places, and {dialect} plans {target.most_exists:,}"
            )
            raise _refused(node, "too-many-subqueries", reason, "ask with fewer of them at a time")
    condition = made.expression.sql(dialect, copy=False)
    query = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("jobs"))).from_("jobs").sql(dialect)
    return Sql(f"{query} WHERE {condition}", params, condition, dialect)


_FEW: Final = 16
"""So many terms stand as they were written, with no more brackets than they need: a person may want to read them."""

_ORDERINGS: Final[dict[Operator, type[exp.Binary]]] = {
    Operator.LT: exp.LT,
    Operator.LE: exp.LTE,
    Operator.GT: exp.GT,
    Operator.GE: exp.GTE,
}


@frozen
class _Part:
    """A condition: how deep it is, and of how many terms."""

    expression: exp.Expr
    depth: int = 0
    terms: int = 1


def _joined(kind: type[exp.And | exp.Or], parts: Sequence[_Part]) -> _Part:
    few = sum(part.terms for part in parts) <= _FEW
    pair = partial(_pair, kind, few)
    return reduce(pair, parts) if few else balanced(parts, pair, lambda part: part.depth)


def _pair(kind: type[exp.And | exp.Or], chained: bool, left: _Part, right: _Part) -> _Part:
    """Both joined. A parser takes `a AND b AND c` for a chain, as deep as it is long; OR binds less than AND."""

    def bracketed(expression: exp.Expr, chained: bool) -> exp.Expr:
        plain = chained if isinstance(expression, kind) else not isinstance(expression, exp.Or)
        return expression if plain else exp.Paren(this=expression)

    return _Part(
        kind(this=bracketed(left.expression, chained), expression=bracketed(right.expression, False)),
        1 + max(left.depth, right.depth),
        left.terms + right.terms,
    )


class _Terms:
    """The nodes of a filter as conditions of one dialect."""

    def __init__(self, dialect: Dialect, values: Values) -> None:
        self._dialect = dialect
        self._values = values

    def part(self, node: Node) -> _Part:
        match node:
            case And(operands):
                return _joined(exp.And, list(self._conjuncts(operands)))
            case Or(operands):
                return _joined(exp.Or, [self.part(operand) for operand in merged(operands)])
            case Comparison(name, Operator.EQ | Operator.NE as operator, literal):
                return self._listed(name, operator, (literal,))
            case Membership(name, literals):
                return self._listed(name, Operator.EQ, literals)
            case Comparison(name, operator, literal):
                return _Part(self._ordered(PROPERTIES[name], operator, self._constant(name, literal)))
            case _:
                assert_never(node)

    def _conjuncts(self, operands: Sequence[Node]) -> Iterator[_Part]:
        """The operands of an `and`; what a property may not equal in one list."""
        unequal: list[Node] = []
        for operand in operands:
            match operand:
                case Comparison(name, Operator.NE, literal):
                    unequal.append(Comparison(name, Operator.EQ, literal))
                case _:
                    yield self.part(operand)
        for alternative in merged(tuple(unequal)):
            if isinstance(alternative, Membership):
                yield self._listed(alternative.property, Operator.NE, alternative.literals)

    def _constant(self, name: str, literal: Literal) -> Comparable | None:
        value = constant(name, literal)
        if isinstance(value, str) and (reason := self._dialect.unfit(value)):
            raise _refused(Comparison(name, Operator.EQ, literal), "not-in-dialect", reason)
        return value

    def _listed(self, name: str, operator: Operator, literals: Sequence[Literal]) -> _Part:
        """Whether the property equals one of the literals, or with `ne` none of them."""
        property = PROPERTIES[name]
        members = dict.fromkeys([self._constant(name, literal) for literal in literals])
        values = [value for value in members if value is not None]
        parts: list[_Part] = []
        if values:
            parts.append(self._one_of(property, values) if operator is Operator.EQ else self._none_of(property, values))
        if None in members:
            parts.append(_Part(self._null(property, operator)))
        if not parts:
            return _Part(exp.false())
        return _joined(exp.Or if operator is Operator.EQ else exp.And, parts)

    def _one_of(self, property: Property, values: Sequence[Comparable]) -> _Part:
        if property.collection:
            return _Part(self._any(property, lambda member: self._values.one_of(member, values)))
        return _Part(self._values.one_of(_column("jobs", property.column), values))

    def _none_of(self, property: Property, values: Sequence[Comparable]) -> _Part:
        if property.collection:
            # Each row of jobs is looked at anyway, so its child rows are looked up.
            return _Part(exp.Not(this=self._exists(property, lambda member: self._values.one_of(member, values))))
        column = _column("jobs", property.column)
        if len(values) == 1:
            return _Part(exp.NullSafeNEQ(this=column, expression=self._values(values[0])))
        others = exp.Not(this=self._values.one_of(column, values))
        return _joined(exp.Or, [_Part(others), _Part(_is_null(column.copy()))])

    def _null(self, property: Property, operator: Operator) -> exp.Expr:
        if property.collection:
            found = self._exists(property, _not_null)
            return exp.Not(this=found) if operator is Operator.EQ else found
        column = _column("jobs", property.column)
        return _is_null(column) if operator is Operator.EQ else _not_null(column)

    def _ordered(self, property: Property, operator: Operator, value: Comparable | None) -> exp.Expr:
        if value is None:
            return exp.false()
        if property.collection:
            return self._any(property, lambda member: self._compare(member, operator, value))
        return self._compare(_column("jobs", property.column), operator, value)

    def _compare(self, column: exp.Expr, operator: Operator, value: Comparable) -> exp.Expr:
        if isinstance(value, str) and self._dialect.collation is not None:
            column = exp.Collate(this=column, expression=exp.to_identifier(self._dialect.collation, quoted=True))
        return _ORDERINGS[operator](this=column, expression=self._values(value))

    def _any(self, property: Property, test: _Test) -> exp.Expr:
        """Whether a member satisfies the test."""
        if not self._dialect.seeks_rowids:
            return self._exists(property, test)
        table, member = _children(property)
        jobs = exp.to_table("jobs", alias="job")
        leading = exp.select(_column("job", "rowid")).from_(table).join(jobs, on=exp.and_(*_same_job(table, "job")))
        found = leading.where(test(_column(table, member)))
        return exp.In(this=_column("jobs", "rowid"), query=exp.Subquery(this=found))

    def _exists(self, property: Property, test: _Test) -> exp.Expr:
        table, member = _children(property)
        found = exp.select("1").from_(table).where(*_same_job(table, "jobs"), test(_column(table, member)))
        return exp.Exists(this=found)


_Test = Callable[[exp.Column], "exp.Expr"]


def _column(table: str, name: str) -> exp.Column:
    return exp.Column(this=exp.to_identifier(name), table=exp.to_identifier(table))


def _children(property: Property) -> tuple[str, str]:
    """The table of a collection and its column of members."""
    return f"job_{property.attribute.removesuffix('_id')}s", property.attribute


def _same_job(table: str, jobs: str) -> tuple[exp.Expr, exp.Expr]:
    """What a child row shares with its job; a record of no known shape has no service, and ids for all that."""
    return (
        exp.EQ(this=_column(table, "job_id"), expression=_column(jobs, "id")),
        exp.NullSafeEQ(this=_column(table, "service"), expression=_column(jobs, "service")),
    )


def _is_null(column: exp.Column) -> exp.Expr:
    return exp.Is(this=column, expression=exp.null())


def _not_null(column: exp.Column) -> exp.Expr:
    return exp.Is(this=column, expression=exp.Not(this=exp.null()))


def _refused(node: Node, code: str, message: str, hint: str | None = None) -> InvalidFilter:
    source = write(node)
    return InvalidFilter(source, (Problem(code, "error", message, Span(0, len(source)), hint),))
