"""Which jobs a list's filter finds, and who sees them. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never

from attrs import frozen

from .. import services
from ..errors import InvalidFilter
from ..filters import parse
from ..nodes import And, Comparison, Guid, Membership, Node, Null, Operator, Or, Text
from ..records import Job, read
from ..schema import ITWIN_ID, PROPERTIES, normalise_identifier
from ..services import Service
from ._replies import bad_request, refuse
from .generate import StoredJob

View = Mapping[str, object]

_UNSUPPORTED = "$filter contains an invalid or unsupported statement."


@frozen(eq=False)
class Shelved:
    """A job as lists see it at one time."""

    job: StoredJob
    view: View
    """What a live filter sees: the nine properties by their wire names."""
    itwin: str | None
    created: int

    @property
    def place(self) -> tuple[int, str]:
        """Lists are in order of creation, then of id (our choice: the order is not published)."""
        return self.created, str(self.job.raw.get("id"))


Has = Callable[[Shelved], bool]


def shelve(job: StoredJob) -> Shelved:
    service = services.get(job.service)
    # The record's own value wherever records carry the property: live and saved jobs then answer alike.
    view = {p: read(job.raw, p, service) if service.answers(p) else job.email for p in PROPERTIES}
    itwin = view[ITWIN_ID]
    scope = normalise_identifier(itwin) if isinstance(itwin, str) else None
    return Shelved(job, view, scope, Job(job.service, job.raw).created_ticks or 0)


def search(service: Service, user: str, text: str, known_itwins: set[str]) -> Has:
    """Whether a list of this user holds a job; raises RefusedError.

    Published: without an iTwinId only the user's own jobs, with one all jobs of that iTwin. Our choice: it widens
    the search only where every job must have it; under an `or` with something else it is a plain comparison over
    the user's own jobs.
    """
    try:
        found = parse(text)
    except InvalidFilter:
        raise bad_request(service, "$filter", _UNSUPPORTED) from None
    if not _speaks(service, found.node):
        raise bad_request(service, "$filter", _UNSUPPORTED)
    itwins = _itwins(found.node)
    if itwins is not None and not itwins <= known_itwins:
        raise refuse(404, "iTwinNotFound", "Requested iTwin is not available.")
    holds = found.predicate()

    def has(s: Shelved) -> bool:
        return (s.job.user_id == user if itwins is None else s.itwin in itwins) and holds(s.view)

    return has


def _speaks(service: Service, node: Node) -> bool:
    """Whether the service's dialect has all of this; a `null` literal, which no page documents, is in none."""
    match node:
        case And(operands) | Or(operands):
            return all(_speaks(service, operand) for operand in operands)
        case Comparison(property, _, literal):
            return property in service.filterable and not isinstance(literal, Null)
        case Membership(property, literals):
            known = service.has_in and property in service.filterable
            return known and not any(isinstance(literal, Null) for literal in literals)
        case _:
            assert_never(node)


def _itwins(node: Node) -> frozenset[str] | None:
    """The iTwins of which every job found must have one; None where a job may have any."""
    match node:
        case Comparison(property, Operator.EQ, Guid(value) | Text(value)) if property == ITWIN_ID:
            return frozenset({value})
        case Membership(property, literals) if property == ITWIN_ID:
            return frozenset(literal.value for literal in literals if isinstance(literal, Guid | Text))
        case And(operands):
            scopes = [scope for scope in map(_itwins, operands) if scope is not None]
            return frozenset.intersection(*scopes) if scopes else None
        case Or(operands):
            branches = [_itwins(operand) for operand in operands]
            scopes = [scope for scope in branches if scope is not None]
            return frozenset.union(*scopes) if scopes and len(scopes) == len(branches) else None
        case _:
            return None
