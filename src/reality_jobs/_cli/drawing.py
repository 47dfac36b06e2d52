"""A filter's tree, drawn: in box characters, as a Mermaid flowchart, as SVG."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from xml.sax.saxutils import escape

from attrs import frozen

from ..diagnostics import printable
from ..nodes import And, Membership, Node, Or
from ..targets.text import write, write_literal

_SHOWN_MEMBERS = 3
_LONGEST = 100
_ROW, _INDENT, _CHARACTER = 34, 28, 7.3


@frozen
class _Row:
    """One node on one line: its label, its level, and the row of its parent."""

    label: str
    level: int
    parent: int | None
    last: bool


def tree(node: Node) -> str:
    """One line a node, with box characters."""
    lines: list[str] = []
    open_levels: list[bool] = []
    for row in _rows(node):
        del open_levels[row.level :]
        lead = "".join("│  " if more else "   " for more in open_levels[1:])
        branch = "" if row.parent is None else "└─ " if row.last else "├─ "
        lines.append(f"{lead}{branch}{row.label}")
        open_levels.append(not row.last)
    return "\n".join(lines)


def mermaid(node: Node) -> str:
    """A flowchart; quotes and brackets in labels are written as entities."""
    lines = ["flowchart TD"]
    for i, row in enumerate(_rows(node)):
        label = "".join(c if c.isalnum() or c in " ,.:-_@" else f"#{ord(c)};" for c in row.label)
        shape = ("{{", "}}") if row.label in ("and", "or") else ("[", "]")
        lines.append(f'  n{i}{shape[0]}"{label}"{shape[1]}')
        if row.parent is not None:
            lines.append(f"  n{row.parent} --> n{i}")
    return "\n".join(lines)


def svg(node: Node) -> str:
    """A picture of the tree, one row a node; needs no font or script from elsewhere."""
    rows = list(_rows(node))
    boxes: list[str] = []
    width = 0.0
    for i, row in enumerate(rows):
        x, y, w = 10 + row.level * _INDENT, 10 + i * _ROW, 20 + _columns(row.label) * _CHARACTER
        width = max(width, x + w + 10)
        if row.parent is not None:
            top = 10 + row.parent * _ROW + 24
            boxes.append(f'<path d="M{x - _INDENT + 12} {top} V{y + 12} H{x}" fill="none" stroke="#888"/>')
        fill = "#e8eefc" if row.label in ("and", "or") else "#f6f6f6"
        boxes.append(f'<rect x="{x}" y="{y}" width="{w:.0f}" height="24" rx="4" fill="{fill}" stroke="#888"/>')
        boxes.append(f'<text x="{x + 10}" y="{y + 16}">{escape(row.label)}</text>')
    height = 10 + len(rows) * _ROW
    size = f'width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}" role="img"'
    body = "\n".join(boxes)
    style = 'font-family="monospace" font-size="12" xml:space="preserve"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n<title>filter tree</title>\n{body}\n</svg>'


def _rows(node: Node) -> Iterator[_Row]:
    pending: list[tuple[Node, int, int | None, bool]] = [(node, 0, None, True)]
    number = 0
    while pending:
        current, level, parent, last = pending.pop()
        yield _Row(_label(current), level, parent, last)
        if isinstance(current, And | Or):
            final = len(current.operands) - 1
            children = [(operand, level + 1, number, i == final) for i, operand in enumerate(current.operands)]
            pending.extend(reversed(children))
        number += 1


def _columns(label: str) -> int:
    """East Asian characters and pictures are two columns wide."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in label)


def _label(node: Node) -> str:
    """A condition as text, a long list cut to its first members and their number."""
    if isinstance(node, And | Or):
        return "and" if isinstance(node, And) else "or"
    if isinstance(node, Membership) and len(node.literals) > _SHOWN_MEMBERS:
        first = ", ".join(write_literal(x, in_list=True) for x in node.literals[:_SHOWN_MEMBERS])
        return printable(f"{node.property} in ({first}, ...)  {len(node.literals)} members")
    text = write(node)
    return printable(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}...")
