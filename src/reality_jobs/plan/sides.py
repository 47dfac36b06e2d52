"""Whose jobs a live list of a filter returns."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from ..errors import PlanTooLarge
from ..nodes import And, Node, Or, join
from ..services import Service
from .fold import NEVER, fold
from .push import unanswered
from .request import scope
from .split import Split
from .words import Words

_MOST_PARTS: Final = 10_000


@frozen
class Sides:
    """Branches that name an iTwin (`iTwinId eq X and ...`) return jobs of that iTwin, whoever created them; the others
    return jobs that the caller created (filter-language.md 3.10)."""

    own: Node
    scoped: Node


def sides(node: Node, service: Service) -> Sides | None:
    """None where that cannot be told, or rests on what records never hold."""
    if unanswered(node, service) is not None:
        return None
    whole = fold(node, service.required, Words())
    if whole == NEVER:
        return Sides(NEVER, NEVER)
    try:
        alternatives = Split(service, _MOST_PARTS, lambda _: True).alternatives(whole)
    except PlanTooLarge:
        return None
    own: list[Node] = []
    scoped: list[Node] = []
    for each in alternatives:
        parts = [part for part in (scope(each.itwin_id), each.condition) if part is not None]
        (own if each.itwin_id is None else scoped).append(join(And, parts))
    return Sides(join(Or, own), join(Or, scoped))
