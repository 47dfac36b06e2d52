"""The tables of the parser are those of the grammar, and the parser does with them what Lark does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from lark import Lark
from lark.exceptions import UnexpectedInput

from reality_jobs.nodes import And, Node, Or
from reality_jobs.syntax import grammar, tables
from reality_jobs.syntax.making import made
from reality_jobs.syntax.parsing import UnexpectedError, parse

from .. import strategies

BY_LARK = Lark(
    grammar.grammar_file().read_text("utf-8"), parser="lalr", transformer=grammar._Nodes(), maybe_placeholders=False
)


def test_the_tables_are_those_of_the_grammar() -> None:
    fresh = made()
    kept = (tables.TERMINALS, tables.RULES, tables.STATES, tables.END)
    why = "filter.lark has changed, or Lark has: python -m reality_jobs.syntax.making"
    assert tuple(fresh) == kept, why
    assert list(fresh.terminals) == list(tables.TERMINALS), why


def test_tables_are_written_as_they_are_read(tmp_path: Path) -> None:
    from reality_jobs.syntax.making import written

    names: dict[str, Any] = {}
    exec(written(made()), names)  # noqa: S102 - our own text
    assert (names["TERMINALS"], names["RULES"]) == (tables.TERMINALS, tables.RULES)
    assert (names["STATES"], names["END"]) == (tables.STATES, tables.END)


PIECES = (
    "state",
    "id",
    "createdDateTime",
    " eq ",
    " Ne ",
    " in ",
    "\tlt ",
    "'x'",
    "'a''b'",
    "null",
    "''",
    "(",
    ")",
    " (",
)
PIECES += (
    ") ",
    " and ",
    " or ",
    "('x', null)",
    "()",
    " ",
    ",",
    "2024-01-01T00:00Z",
    "2024-02-30T00:00Z",
    "name",
    "email",
)
PIECES += ("dc720f05-e5f7-448b-ae06-765de46f0af1", "'", "\u00a0", "\ud800", "x", "")
broken = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@st.composite
def torn(draw: st.DrawFn) -> str:
    text = draw(strategies.filters().flatmap(strategies.texts)).strip(grammar.BLANKS)
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from(PIECES)) + text[at + draw(st.integers(0, 2)) :]


@given(strategies.filters().flatmap(strategies.texts).map(lambda text: text.strip(grammar.BLANKS)) | broken | torn())
@example("")
@example("(" * 300 + "state eq 'x'" + ")" * 300)
@example(" or ".join(["(state eq 'x' and name ne null)"] * 300))
def test_the_parser_does_what_lark_does(text: str) -> None:
    assert _outcome(lambda: parse(text, grammar._Nodes)) == _outcome(lambda: BY_LARK.parse(text))


def _outcome(run: Any) -> object:
    try:
        tree = run()
    except (UnexpectedError, UnexpectedInput):
        return "unexpected"
    except (ValueError, grammar.Refused) as error:
        return type(error)
    return _spans(tree.freeze() if isinstance(tree, grammar._Junction) else tree)


def _spans(node: Node) -> object:
    if isinstance(node, And | Or):
        return type(node), [_spans(operand) for operand in node.operands]
    return node, node.span
