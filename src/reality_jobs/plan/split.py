"""One filter as alternatives that are asked one by one: a request speaks of one iTwin, or of the caller's own jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized

from attrs import frozen

from ..errors import PlanTooLarge
from ..nodes import And, Comparison, Guid, Membership, Node, Null, Operator, Or, Text, depth
from ..schema import ITWIN_ID, normalise_identifier
from ..services import Service
from ..syntax import MAX_NESTING
from .product import Branch, product
from .push import conjunction, disjunction, names_itwin, push


@frozen
class Alternative:
    """Jobs of one iTwin (None: the caller's own) that satisfy a condition (None: all of them)."""

    itwin_id: str | None
    condition: Node | None


@frozen
class Split:
    """How a filter is taken apart for a service, into at most `limit` alternatives."""

    service: Service
    limit: int
    judged: Callable[[Node], bool]
    """Whether the service's records hold all that a condition asks for."""
    apart: bool = False
    """Whether what they hold is asked for apart, though one request could say it all: each may be cut on its own."""

    def alternatives(self, node: Node) -> list[Alternative]:
        """Those whose union is the folded filter; none where no job can satisfy it. Raises PlanTooLarge."""
        conditions: dict[str | None, list[Node | None]] = {}
        for branch in self._branches(node):
            condition = conjunction([*branch.terms])
            for itwin in (None,) if branch.scope is None else branch.scope:
                conditions.setdefault(itwin, []).append(condition)
            self._check(conditions)
        found: list[Alternative] = []
        merged: dict[tuple[int, ...], list[Node | None]] = {}  # several iTwins share their conditions
        for itwin, among in conditions.items():
            key = tuple(map(id, among))
            if key not in merged:
                merged[key] = self._together(among)
            found += [Alternative(itwin, condition) for condition in merged[key]]
            self._check(found)
        return found

    def _check(self, found: Sized) -> None:
        if len(found) > self.limit:
            raise PlanTooLarge(self.service.name, "requests", self.limit)

    def _branches(self, node: Node) -> list[Branch]:
        """The filter multiplied out, only as far as it must be asked branch by branch."""
        match node:
            case And(operands):
                return product([self._branches(o) for o in operands], self.service.name)
            case Or(operands) if _scoped(node):
                apart = [branch for o in operands if _scoped(o) for branch in self._branches(o)]
                others = disjunction([o for o in operands if not _scoped(o)])
                return apart if others is None else apart + self._branches(others)
            case Or(operands) if not self._settled(node):
                return [branch for c in self._groups(operands) for branch in self._parts(c)]
            case Membership(name, literals) if name == ITWIN_ID and Null() in literals and len(literals) > 1:
                some = Branch(_itwins(Membership(name, tuple(x for x in literals if x != Null()))), ())
                none = Branch(None, (Comparison(name, Operator.EQ, Null()),))
                return [some, none] if some.scope else [none]
            case Comparison() | Membership() if (named := _itwins(node)) is not None:
                return [Branch(named, ())]
            case _:
                return [Branch(None, (node,))]

    def _parts(self, condition: Node) -> list[Branch]:
        return [Branch(None, (condition,))] if isinstance(condition, Or) else self._branches(condition)

    def _settled(self, condition: Or) -> bool:
        """Whether one request answers it: what is not sent can be judged by the records."""
        if self.apart and len({*map(self.judged, condition.operands)}) > 1:
            return False
        left = push(condition, self.service).left
        return left is None or self.judged(left)

    def _groups(self, conditions: Iterable[Node]) -> list[Node]:
        """Disjunctions that are settled, two at most; and, each alone, the conditions that fit in neither."""
        exact: list[Node] = []
        judged: list[Node] = []
        relaxed = False
        alone: list[Node] = []
        for condition in conditions:
            whole = push(condition, self.service).left is None
            if self.judged(condition):
                judged.append(condition)
                relaxed = relaxed or not whole
            else:
                (exact if whole else alone).append(condition)
        if not relaxed and not self.apart:
            exact, judged = [*judged, *exact], []
        return [*(g for g in (disjunction(exact), disjunction(judged)) if g is not None), *alone]

    def _together(self, conditions: list[Node | None]) -> list[Node | None]:
        """Conditions on the jobs of one scope, in as few as the records can judge."""
        if len(conditions) == 1:
            return conditions
        some = [c for c in dict.fromkeys(conditions) if c is not None]
        if any(c is None for c in conditions):
            return [None]
        if len(some) == 1:
            return [*some]
        groups = self._groups(some)
        # One level is left free for the `and` with the scope.
        return [*groups] if all(depth(g) < MAX_NESTING for g in groups) else [*some]


def _scoped(node: Node) -> bool:
    """Whether some branch names the iTwin whose jobs it means."""
    match node:
        case And(operands) | Or(operands):
            return any(map(_scoped, operands))
        case _:
            return names_itwin(node)


def _itwins(node: Node) -> tuple[str, ...] | None:
    """The iTwins that `eq` or `in` on iTwinId names; None for any other condition."""
    match node:
        case Comparison(name, Operator.EQ, Guid(value) | Text(value)) if name == ITWIN_ID:
            return (normalise_identifier(value),)
        case Membership(name, literals) if name == ITWIN_ID and literals and Null() not in literals:
            return tuple(dict.fromkeys(normalise_identifier(x.value) for x in literals if isinstance(x, Guid | Text)))
    return None
