"""One filter as alternatives that are asked one by one: a request speaks of one iTwin, or of the caller's own jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from math import prod

from attrs import frozen

from ..nodes import And, Comparison, Guid, Membership, Node, Null, Operator, Or, Text
from ..schema import normalise_identifier
from ..services import Service
from ..syntax import MAX_NESTING
from .push import ITWIN, conjunction, disjunction, names_itwin, push

_MOST_CONJUNCTS = 1_000_000
"""Of all branches together while they are multiplied out: the bound on time and memory."""


@frozen
class Alternative:
    """Jobs of one iTwin (None: the caller's own) that satisfy a condition (None: all of them)."""

    itwin_id: str | None
    condition: Node | None


class TooMany(Exception):
    """The filter falls into more alternatives than the caller allows."""


def alternatives(node: Node, service: Service, limit: int, judged: Callable[[Node], bool]) -> list[Alternative]:
    """The alternatives whose union is the folded filter; none where no job can satisfy it. Raises TooMany.

    `judged` says whether the service's records hold all that a condition asks for.
    """
    split = _Split(service, judged)
    conditions: dict[str | None, list[Node | None]] = {}
    for conjuncts in split.branches(node):
        itwins, condition = _scope(conjuncts)
        for itwin in itwins:
            conditions.setdefault(itwin, []).append(condition)
        if len(conditions) > limit:
            raise TooMany
    found: list[Alternative] = []
    merged: dict[tuple[int, ...], list[Node | None]] = {}  # several iTwins share their conditions
    for itwin, among in conditions.items():
        key = tuple(map(id, among))
        if key not in merged:
            merged[key] = split.together(among)
        found += [Alternative(itwin, condition) for condition in merged[key]]
        if len(found) > limit:
            raise TooMany
    return found


@frozen
class _Split:
    service: Service
    judged: Callable[[Node], bool]

    def branches(self, node: Node) -> list[tuple[Node, ...]]:
        """The filter as lists of conjuncts, multiplied out only as far as it must be asked branch by branch."""
        match node:
            case And(operands):
                parts = [self.branches(o) for o in operands]
                count = prod(map(len, parts))
                if sum(count // len(part) * len(branch) for part in parts for branch in part) > _MOST_CONJUNCTS:
                    raise TooMany
                return [tuple(c for branch in choice for c in branch) for choice in product(*parts)]
            case Or(operands) if _scoped(node):
                apart = [branch for o in operands if _scoped(o) for branch in self.branches(o)]
                others = disjunction([o for o in operands if not _scoped(o)])
                return apart if others is None else apart + self.branches(others)
            case Or(operands) if not self._settled(node):
                return [branch for c in self._groups(operands) for branch in self._parts(c)]
            case Membership(name, literals) if name == ITWIN and Null() in literals and len(literals) > 1:
                named = Membership(name, tuple(x for x in literals if x != Null()))
                none = (Comparison(name, Operator.EQ, Null()),)
                return [(named,), none] if named.literals else [none]
            case _:
                return [(node,)]

    def together(self, conditions: list[Node | None]) -> list[Node | None]:
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

    def _settled(self, condition: Node) -> bool:
        """Whether one request answers it: what is not sent can be judged by the records."""
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
        if not relaxed:
            exact, judged = [*judged, *exact], []
        return [*(g for g in (disjunction(exact), disjunction(judged)) if g is not None), *alone]

    def _parts(self, condition: Node) -> list[tuple[Node, ...]]:
        return [(condition,)] if isinstance(condition, Or) else self.branches(condition)


def _scope(conjuncts: tuple[Node, ...]) -> tuple[list[str | None], Node | None]:
    """Whose jobs are asked for, and what else they satisfy."""
    scopes = [s for s in map(_itwins, conjuncts) if s is not None]
    rest = conjunction([c for c in conjuncts if _itwins(c) is None])
    if not scopes:
        return [None], rest
    others = [frozenset(s) for s in scopes[1:]]
    return [itwin for itwin in scopes[0] if all(itwin in s for s in others)], rest


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
        case Comparison(name, Operator.EQ, Guid(value) | Text(value)) if name == ITWIN:
            return (normalise_identifier(value),)
        case Membership(name, literals) if name == ITWIN and literals and Null() not in literals:
            return tuple(dict.fromkeys(normalise_identifier(x.value) for x in literals if isinstance(x, Guid | Text)))
    return None


def depth(node: Node) -> int:
    """Levels of alternating `and` and `or` above the terms."""
    return 1 + max(map(depth, node.operands)) if isinstance(node, And | Or) else 0
