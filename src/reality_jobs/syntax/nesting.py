"""How deep `and` and `or` really alternate, counted without a tree: one frame for each open parenthesis."""

from __future__ import annotations

from attrs import define, field

_LEAF, _AND, _OR = "leaf", "and", "or"


@define
class _Frame:
    """Operands so far: of the current run of `and`, and of the `or` that joins such runs."""

    conjuncts: int = 0
    and_depth: int = 0
    last: tuple[str, int] = (_LEAF, 0)
    disjuncts: int = 0
    or_depth: int = 0

    def add(self, kind: str, depth: int) -> None:
        self.conjuncts += 1
        self.last = (kind, depth)
        self.and_depth = max(self.and_depth, depth if kind == _AND else depth + 1)

    def end_run(self) -> None:
        kind, depth = self.last if self.conjuncts < 2 else (_AND, self.and_depth)
        self.disjuncts += 1
        self.last = (kind, depth)
        self.or_depth = max(self.or_depth, depth if kind == _OR else depth + 1)
        self.conjuncts = self.and_depth = 0

    def result(self) -> tuple[str, int]:
        if self.conjuncts:
            self.end_run()
        return self.last if self.disjuncts < 2 else (_OR, self.or_depth)


@define
class Nesting:
    """Feed it operands, connectors and parentheses; it says when the limit is passed."""

    limit: int
    frames: list[_Frame] = field(factory=lambda: [_Frame()])

    def open(self) -> None:
        self.frames.append(_Frame())

    def leaf(self) -> None:
        self.frames[-1].add(_LEAF, 0)

    def connect(self, word: str) -> None:
        if word == "or":
            self.frames[-1].end_run()

    def close(self) -> bool:
        """Close the innermost parenthesis, or the whole text; True if what it holds is too deep."""
        kind, depth = self.frames.pop().result()
        if self.frames:
            self.frames[-1].add(kind, depth)
        return depth > self.limit
