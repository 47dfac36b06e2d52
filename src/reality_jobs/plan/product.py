"""Conditions multiplied out: `(a or b) and (c or d)` as its branches, without those that add nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

from attrs import frozen

from ..errors import PlanTooLarge
from ..nodes import Node

_MOST_BRANCHES = 2_000
"""Of one multiplication: what adds nothing is looked for in all pairs of them."""

_MOST_TERMS = 50_000
"""Of all branches together, after each multiplication: the bound on time and memory."""

Scope = tuple[str, ...] | None
_Coded = frozenset[int]
_Grouped = dict[Scope, list[_Coded]]


@frozen
class Branch:
    """Terms that must all be true, of jobs in these iTwins (None: of the caller's own)."""

    scope: Scope
    terms: tuple[Node, ...]


def product(factors: Sequence[Sequence[Branch]], service: str) -> list[Branch]:
    """Every choice of a branch from each factor, but for those whose iTwins do not meet. Raises PlanTooLarge.

    Once two factors are multiplied, a branch that asks for all that another one in its scope asks for is left out.
    """
    several = [factor for factor in factors if len(factor) > 1]
    alone = [branch for factor in factors if len(factor) == 1 for branch in factor]
    scope = reduce(_met, (branch.scope for branch in alone), None)
    if not several:
        return [] if scope == () else [Branch(scope, tuple(term for branch in alone for term in branch.terms))]
    keys: dict[Node, int] = {term: 0 for factor in factors for branch in factor for term in branch.terms}
    keys = {term: i for i, term in enumerate(keys)}
    always = frozenset(keys[term] for branch in alone for term in branch.terms)
    found: _Grouped = {scope: [frozenset()]}
    for i, factor in enumerate(several):
        if i and sum(map(len, found.values())) * len(factor) > _MOST_BRANCHES:
            raise PlanTooLarge(service, "branches", _MOST_BRANCHES)
        grown = _times(found, [(b.scope, frozenset(keys[t] for t in b.terms) - always) for b in factor])
        found = {scope: _least(group) for scope, group in grown.items()} if i else grown
        if sum(len(terms) + len(always) for group in found.values() for terms in group) > _MOST_TERMS:
            raise PlanTooLarge(service, "terms", _MOST_TERMS)
    nodes = [*keys]
    return [
        Branch(scope, tuple(nodes[k] for k in sorted(terms | always)))
        for scope, group in found.items()
        for terms in group
    ]


def _times(found: _Grouped, factor: list[tuple[Scope, _Coded]]) -> _Grouped:
    grown: dict[Scope, dict[_Coded, None]] = {}
    for scope, group in found.items():
        for other, terms in factor:
            met = _met(scope, other)
            if met != ():
                grown.setdefault(met, {}).update((g | terms, None) for g in group)
    return {scope: [*group] for scope, group in grown.items()}


def _least(group: Iterable[_Coded]) -> list[_Coded]:
    """Those that ask for all of no other one; only a smaller one can be in another."""
    kept: list[_Coded] = []
    smaller: list[_Coded] = []
    for terms in sorted(group, key=len):
        if kept and len(kept[-1]) < len(terms):
            smaller = [*kept]
        if not any(other <= terms for other in smaller):
            kept.append(terms)
    return kept


def _met(one: Scope, other: Scope) -> Scope:
    if one is None or other is None:
        return other if one is None else one
    among = frozenset(other)
    return tuple(itwin for itwin in one if itwin in among)
