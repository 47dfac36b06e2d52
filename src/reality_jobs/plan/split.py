"""One filter as alternatives that are asked one by one: a request speaks of one iTwin, or of the caller's own jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from ..nodes import And, Comparison, Guid, Membership, Node, Null, Operator, Or, Text
from ..services import Service
from .push import ITWIN, conjunction, push


@frozen
class Alternative:
    """Jobs of one iTwin (None: the caller's own) that satisfy a condition (None: all of them)."""

    itwin_id: str | None
    condition: Node | None


class TooMany(Exception):
    """The filter falls into more alternatives than the caller allows."""


def alternatives(
    node: Node, service: Service, limit: int, unanswered: Callable[[Node], str | None]
) -> list[Alternative]:
    """The alternatives whose union is the filter; empty where it is true of no job. Raises TooMany.

    `unanswered` names what a residual asks for and the service's records never hold.
    """

    def must_split(choice: Or) -> bool:
        """Whether a branch names the iTwin whose jobs it means, or what is left could not be judged by the records."""
        left = push(choice, service).left
        return _scoped(choice) or (left is not None and unanswered(left) is not None)

    found: dict[Alternative, None] = {}
    for conjuncts in _branches([node], must_split, limit):
        if any(c == Membership(c.property, ()) for c in conjuncts if isinstance(c, Membership)):
            continue
        scopes = [s for s in map(_scope, conjuncts) if s is not None]
        rest = conjunction([c for c in conjuncts if _scope(c) is None])
        itwins: list[str | None] = [None]
        if scopes:
            itwins = [i for i in scopes[0] if all(i in s for s in scopes[1:])]
        found.update(dict.fromkeys(Alternative(itwin, rest) for itwin in itwins))
        if len(found) > limit:
            raise TooMany
    return list(found)


def _branches(conjuncts: list[Node], must_split: Callable[[Or], bool], limit: int) -> Iterator[list[Node]]:
    """Lists of conjuncts without a disjunction that must be asked branch by branch."""
    pending = [conjuncts]
    made = 0
    while pending:
        flat = [x for c in pending.pop() for x in (c.operands if isinstance(c, And) else (c,))]
        at = next((i for i, c in enumerate(flat) if isinstance(c, Or) and must_split(c)), None)
        if at is None:
            yield flat
            made += 1
        else:
            choice = flat[at]
            branches = choice.operands if isinstance(choice, Or) else ()
            pending.extend([*flat[:at], branch, *flat[at + 1 :]] for branch in reversed(branches))
        if made + len(pending) > 16 * limit:
            raise TooMany


def _scoped(node: Node) -> bool:
    if isinstance(node, And | Or):
        return any(map(_scoped, node.operands))
    return _scope(node) is not None


def _scope(node: Node) -> tuple[str, ...] | None:
    """The iTwins that `eq` or `in` on iTwinId names; None for any other condition."""
    match node:
        case Comparison(name, Operator.EQ, Guid(value) | Text(value)) if name == ITWIN:
            return (value,)
        case Membership(name, literals) if name == ITWIN and literals and Null() not in literals:
            return tuple(dict.fromkeys(x.value for x in literals if isinstance(x, Guid | Text)))
    return None
