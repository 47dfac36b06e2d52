"""Folding: the same filter with less to ask, found before anything else is decided.

`ALWAYS` is true of every job and `NEVER` of none. A condition that names an iTwin widens what is searched besides being
true or false (filter-language.md 3.10), so it is never swallowed by what is true anyway.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from attrs import field, frozen

from ..nodes import And, Comparison, Guid, Instant, Node, Operator, Or, Text
from .domain import Leaf, conjoined, disjoined
from .push import names_itwin
from .words import Words

ALWAYS: Final = And(())
NEVER: Final = Or(())


def fold(node: Node, required: frozenset[str], words: Words) -> Node:
    """The filter, simplified: true of the same jobs, where none of them lacks a `required` property.

    Flat, each condition once, those on one property merged. `ALWAYS` and `NEVER` are left inside nowhere but where
    `ALWAYS` stands beside branches that name an iTwin. Linear in the filter's size; `words` takes what was done.
    """
    return _Fold(required, words).part(node).node


@frozen(eq=False)
class _Part:
    """A folded condition; equal ones have equal keys, so that no tree is hashed twice."""

    node: Node
    key: int
    scoped: bool = False
    """Whether some branch names an iTwin."""
    parts: tuple[_Part, ...] = ()


@frozen
class _Fold:
    required: frozenset[str]
    words: Words
    always: _Part = field(factory=lambda: _Part(ALWAYS, -1), init=False)
    never: _Part = field(factory=lambda: _Part(NEVER, -2), init=False)
    keys: dict[Hashable, int] = field(factory=dict, init=False)

    def part(self, node: Node) -> _Part:
        match node:
            case And(operands) | Or(operands):
                return self._joined(type(node), [self.part(o) for o in operands])
            case Comparison(_, Operator.EQ | Operator.NE, Guid() | Text() | Instant()):
                return self._leaf(node)
            case _:
                terms = conjoined((node,), node.property in self.required)
                self._say(And, (node,), terms)
                return self.never if terms is None else self._leaf(terms[0]) if terms else self.always

    def _joined(self, kind: type[And] | type[Or], parts: Sequence[_Part]) -> _Part:
        flat = [p for part in parts for p in (part.parts if isinstance(part.node, kind) else (part,))]
        kept = self._merged(kind, self._once(flat))
        neutral, decisive = (self.always, self.never) if kind is And else (self.never, self.always)
        if decisive in kept:
            # What is true anyway swallows the rest, but for the branches that look at an iTwin's jobs.
            kept = [p for p in kept if kind is Or and p.scoped] + [decisive]
        kept = self._unabsorbed(kept)
        if len(kept) < 2:
            return kept[0] if kept else neutral
        key = self._key((kind, frozenset(p.key for p in kept)))
        return _Part(kind(tuple(p.node for p in kept)), key, any(p.scoped for p in kept), tuple(kept))

    def _once(self, parts: list[_Part]) -> list[_Part]:
        seen: dict[int, _Part] = {}
        for part in parts:
            if seen.setdefault(part.key, part) is not part:
                self.words.add("{} is said more than once", part.node)
        return [*seen.values()]

    def _merged(self, kind: type[And] | type[Or], parts: list[_Part]) -> list[_Part]:
        """With one set of terms for each property; what names an iTwin widens the search, so `or` keeps it apart."""
        groups: dict[tuple[str, bool], list[int]] = {}
        for i, part in enumerate(parts):
            if not isinstance(part.node, And | Or):
                groups.setdefault((part.node.property, kind is Or and part.scoped), []).append(i)
        slots = [[part] for part in parts]
        for (name, _), places in groups.items():
            if len(places) > 1:
                leaves: list[Leaf] = [p.node for i in places if not isinstance((p := parts[i]).node, And | Or)]
                terms = _RULES[kind](leaves, name in self.required)
                self._put(kind, terms, {parts[i].key: i for i in places}, slots)
                self._say(kind, leaves, terms)
        return [part for slot in slots for part in slot]

    def _put(
        self, kind: type[And] | type[Or], terms: list[Leaf] | None, places: dict[int, int], slots: list[list[_Part]]
    ) -> None:
        """The terms in place of those they came from: each where it stood, new ones where the first stood."""
        found = [self.never if kind is And else self.always] if terms is None else [self._leaf(t) for t in terms]
        for i in places.values():
            slots[i] = []
        first = next(iter(places.values()))
        for part in found:
            slots[places.get(part.key, first)].append(part)

    def _unabsorbed(self, parts: list[_Part]) -> list[_Part]:
        """Without what a term beside it covers: `a or a and b` is `a`, and `a and (a or b)` is, too."""
        terms = {p.key: p for p in parts if not p.parts}
        kept: list[_Part] = []
        for part in parts:
            covering = None if part.scoped else next((terms[p.key] for p in part.parts if p.key in terms), None)
            if covering is None:
                kept.append(part)
            else:
                self.words.add("{} adds nothing to {}", part.node, covering.node)
        return kept

    def _leaf(self, leaf: Leaf) -> _Part:
        return _Part(leaf, self._key(leaf), names_itwin(leaf))

    def _key(self, of: Hashable) -> int:
        return self.keys.setdefault(of, len(self.keys))

    def _say(self, kind: type[And] | type[Or], before: Sequence[Leaf], after: list[Leaf] | None) -> None:
        """What became of terms on one property, unless it is the same terms."""
        if after:
            if len(before) > 1 and {*map(self._key, before)} != {*map(self._key, after)}:
                self.words.add("{} is the same as {}", kind(tuple(before)), kind(tuple(after)))
            return
        which = "no" if (kind is And) == (after is None) else "every"
        always = _RULES[kind](before, False) == after
        reason = "" if always else f", as no job is without {before[0].property}"
        self.words.add(f"{{}} is true of {which} job{reason}", kind(tuple(before)))


_RULES = {And: conjoined, Or: disjoined}
