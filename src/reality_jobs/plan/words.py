"""What was decided, in words, and never more of them than somebody reads."""

from __future__ import annotations

from attrs import define, field

from ..nodes import And, Node, Or
from ..targets.text import write

_MOST_SENTENCES = 5
_MOST_OPERANDS = 3
_LONGEST = 60


@define
class Words:
    """Sentences in the order in which they came, each once; beyond a few they are only counted."""

    _said: dict[str, None] = field(factory=dict, init=False)
    _more: int = field(default=0, init=False)

    def add(self, template: str, *parts: Node | str) -> None:
        """A sentence with its `{}` filled in, conditions as `brief` has them; nothing is written that nobody reads."""
        if len(self._said) < _MOST_SENTENCES:
            self._said[template.format(*(part if isinstance(part, str) else brief(part) for part in parts))] = None
        else:
            self._more += 1

    def all(self) -> tuple[str, ...]:
        return (*self._said, *([f"and {self._more:,} more"] if self._more else []))


def brief(node: Node) -> str:
    """A condition as text: the beginning of a long one, the first operands of many and how many more there are."""
    if not isinstance(node, And | Or):
        text = write(node)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    shown = ["(...)" if isinstance(o, And | Or) else brief(o) for o in node.operands[:_MOST_OPERANDS]]
    if len(node.operands) > _MOST_OPERANDS:
        shown.append(f"{len(node.operands) - _MOST_OPERANDS:,} more")
    return (" and " if isinstance(node, And) else " or ").join(shown)


def shortened(text: str, limit: int = _LONGEST) -> str:
    """The beginning of a long text, and how long all of it is."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters in all)"
