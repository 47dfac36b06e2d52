"""What the text of every matching record must hold: literals to look for before anything is decoded.

Sound, not exact: a record without any of them cannot match, one with them may not either. Literals come from `eq` and
`in` with text that is not empty; nothing comes from `ne`, an order, a date-time or null.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from .. import services
from ..nodes import And, Comparison, Guid, Literal, Membership, Node, Operator, Or, Text
from ..schema import PROPERTIES, Kind
from ..services import Service
from .predicate import mentioned

MOST: Final = 10_000
"""More literals are not worth a search."""

_SPELT: Final = rb"\\u00[2-7]"
_ANY_ESCAPE: Final = rb"\\"


@frozen
class Anchors:
    """`literals`: each within its quotes; `fold`: compare A-Z without case, in lower case; `escapes`: a pattern.

    JSON may spell any character as `\\u00XX`, so that text which `escapes` is found in may hold a literal unseen.
    """

    literals: tuple[bytes, ...]
    fold: bool
    escapes: bytes


def anchors(node: Node, service: Service | None, missing: str) -> Anchors | None:
    """The anchors of a filter over records of this service (None: of any), None if it has none.

    Where a record of some service could not answer at all, the keys that mark such a record are anchors too: it must be
    seen to be refused.
    """
    found = _of(node)
    if found is None:
        return None
    if service is None and missing == "error":
        found |= {_Text(f'"{key}"') for key in _unanswering(node)}
    if len(found) > MOST:
        return None
    fold = any(each.caseless for each in found)
    literals = {each.text.encode() for each in found}
    return Anchors(
        tuple(sorted({literal.lower() for literal in literals} if fold else literals)),
        fold,
        _SPELT if all(_PLAIN.fullmatch(each.text) for each in found) else _ANY_ESCAPE,
    )


@frozen
class _Text:
    """A literal within its quotes, whether it compares without case, and whether it is one of few values."""

    text: str
    caseless: bool = False
    common: bool = False


_PLAIN: Final = re.compile(r'"[ !#-.0-\[\]-~]*"')
"""Text that JSON holds as it is, or in escapes that name its characters: ASCII without quotes, slashes, controls."""

_Found = set[_Text]


def _of(node: Node) -> _Found | None:
    match node:
        case Comparison(name, Operator.EQ, literal):
            return _literals(name, (literal,))
        case Membership(name, literals):
            return _literals(name, literals)
        case And(operands):
            sides = [found for found in map(_of, operands) if found is not None]
            return min(sides, key=_cost) if sides else None
        case Or(operands):
            union: _Found = set()
            for operand in operands:
                found = _of(operand)
                if found is None:
                    return None
                union |= found
            return union
        case _:
            return None


def _literals(name: str, literals: tuple[Literal, ...]) -> _Found | None:
    common = PROPERTIES[name].kind is Kind.ENUMERATION
    found: _Found = set()
    for literal in literals:
        if not isinstance(literal, Guid | Text) or not literal.value:
            return None
        found.add(_Text(f'"{literal.value}"', common or isinstance(literal, Guid), common))
    return found


def _cost(found: _Found) -> tuple[bool, int, int]:
    """Few literals are found faster than many, and long ones are rarer than short ones."""
    shortest = min((len(each.text) for each in found), default=0)
    return any(each.common for each in found), len(found), -shortest


def _unanswering(node: Node) -> Iterator[str]:
    """The outermost keys of the marks of services that carry not all of what the filter mentions."""
    names = set(mentioned(node))
    for service in services.ALL.values():
        if not all(map(service.answers, names)):
            yield from {mark.partition(".")[0] for mark in service.marks}
