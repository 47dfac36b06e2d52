"""One request: made of what is sent and what is left, and made smaller where a service finds it too long."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from ..nodes import And, Comparison, Guid, Instant, Literal, Membership, Node, Operator, Or, Text, depth
from ..schema import CREATED_DATE_TIME, GUID, ITWIN_ID
from ..services import Service
from ..syntax import MAX_NESTING
from ..targets.text import write
from .domain import one_of
from .fit import encoded
from .model import Request
from .push import conjunction, disjunction, judged, unanswered, unpublished
from .words import brief

# The APIs demand a $filter; where there is nothing to say this is true of every job. Our choice.
_ALWAYS = Comparison(CREATED_DATE_TIME, Operator.GE, Instant(0))


def request(
    itwin_id: str | None, sent: Node | None, left: Node | None, service: Service, unsent: Sequence[str] = ()
) -> Request:
    """The request for the jobs of an iTwin (None: the caller's own) that satisfy what is sent, then what is left.

    `unsent` says of what could be sent why it is not.
    """
    notes = [*unsent, *([] if sent is None else unpublished(sent, service))]
    whole = conjunction([node for node in (scope(itwin_id), sent) if node is not None])
    if whole is None:
        can = "nothing of the filter can be sent" if left is not None else "there is nothing to filter by"
        if unsent:
            can = "nothing of the filter is sent"
        notes.append(f"{can}, but the service demands a filter: this one is true of every job")
    checked = None if whole is None else judged(whole, service)
    return Request(write(whole or _ALWAYS, service), whole, left, itwin_id, tuple(notes), checked)


def scope(itwin_id: str | None) -> Node | None:
    """The term that asks for the jobs of an iTwin."""
    if itwin_id is None:
        return None
    literal: Literal = Guid(itwin_id) if GUID.fullmatch(itwin_id) else Text(itwin_id)
    return Comparison(ITWIN_ID, Operator.EQ, literal)


def halved(whole: Request, service: Service) -> tuple[Request, ...]:
    """Shorter requests with the same answer, for a service that finds this one too long (414, 413); none if there is
    no shorter one.

    The longest list is cut into two requests. Where there is none, the costliest condition that records can answer is
    left to them, in one request. Each has a shorter filter than the one it came from, so repeating it ends.
    """
    conjuncts = _conjuncts(whole)
    costs = [encoded(write(c, service)) for c in conjuncts]
    order = sorted(range(len(conjuncts)), key=lambda i: -costs[i])

    def without(at: int, put: Node | None, left: Node | None, *unsent: str) -> Request:
        sent = [*conjuncts[:at], *([] if put is None else [put]), *conjuncts[at + 1 :]]
        return request(whole.itwin_id, conjunction(sent), left, service, unsent)

    for at in order:
        if halves := _halves(conjuncts[at], service):
            return tuple(without(at, half, whole.residual) for half in halves)
    for at in order:
        left = conjunction([*([] if whole.residual is None else [whole.residual]), conjuncts[at]])
        if left is not None and unanswered(conjuncts[at], service) is None and depth(left) <= MAX_NESTING:
            less = without(
                at, None, left, f"not sent, as the service finds the request too long: {brief(conjuncts[at])}"
            )
            # Without its only condition it says that it is true of every job, which may be longer.
            return (less,) if encoded(less.filter) < encoded(whole.filter) else ()
    return ()


def _conjuncts(whole: Request) -> list[Node]:
    """What is sent besides the scope."""
    if whole.pushed is None:
        return []
    sent = whole.pushed.operands if isinstance(whole.pushed, And) else (whole.pushed,)
    scoped = scope(whole.itwin_id)
    return [c for c in sent if c != scoped]


def _halves(node: Node, service: Service) -> tuple[Node, Node] | None:
    match node:
        case Membership(name, (_, _, *_) as literals):
            middle = len(literals) // 2
            return one_of(name, literals[:middle]), one_of(name, literals[middle:])
        case Or((_, _, *_) as operands):
            costs = list(accumulate(encoded(write(o, service)) for o in operands))
            middle = next(i for i, cost in enumerate(costs) if cost * 2 >= costs[-1])
            middle = min(max(middle, 1), len(operands) - 1)
            first, second = disjunction([*operands[:middle]]), disjunction([*operands[middle:]])
            return None if first is None or second is None else (first, second)
        case _:
            return None
