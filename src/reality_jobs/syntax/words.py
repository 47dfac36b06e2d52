"""Words: the language's own, what others say for them, and what a misspelt one was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
ORDERS = frozenset({"lt", "le", "gt", "ge"})
CONNECTORS = ("and", "or")
MIRRORED = {"eq": "eq", "ne": "ne", "lt": "gt", "gt": "lt", "le": "ge", "ge": "le"}
OPPOSITE = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}

SYMBOLS = {
    "=": "eq",
    "==": "eq",
    "===": "eq",
    "!=": "ne",
    "!==": "ne",
    "<>": "ne",
    "<": "lt",
    "<=": "le",
    "=<": "le",
    ">": "gt",
    ">=": "ge",
    "=>": "ge",
}
SYMBOL_CONNECTORS = {"&&": "and", "||": "or"}
ARITHMETIC = frozenset({"add", "sub", "mul", "div", "divby", "mod", "+", "-", "*", "/"})
# Operators of other languages, with what they mean here, for a hint.
OTHER_OPERATORS = {
    "equals": "eq",
    "equal": "eq",
    "is": "eq",
    "like": "eq",
    "before": "lt",
    "after": "gt",
    "under": "lt",
    "over": "gt",
    "gte": "ge",
    "lte": "le",
    "neq": "ne",
    "between": "ge",
}
# Names that people give the nine properties; no mend, since the user may mean something the job APIs do not filter by.
OTHER_NAMES = {
    "jobid": "id",
    "guid": "id",
    "projectid": "iTwinId",
    "itwin": "iTwinId",
    "title": "name",
    "displayname": "name",
    "jobname": "name",
    "mail": "email",
    "user": "email",
    "useremail": "email",
    "owner": "email",
    "jobtype": "type",
    "kind": "type",
    "status": "state",
    "jobstate": "state",
    "created": "createdDateTime",
    "createdat": "createdDateTime",
    "creationtime": "createdDateTime",
    "creationdatetime": "createdDateTime",
    "date": "createdDateTime",
    "input": "inputId",
    "inputs": "inputId",
    "inputids": "inputId",
    "output": "outputId",
    "outputs": "outputId",
    "outputids": "outputId",
}


def neighbours(word: str, words: Iterable[str]) -> list[str]:
    """Those that differ in case only, else those that are one edit away (a swap of two letters counts as one)."""
    known = list(words)
    same = [w for w in known if w.lower() == word.lower()]
    return same or [w for w in known if _one_edit(word, w)]


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The best guess, however sure; None where nothing is near."""
    known = list(words)
    near = neighbours(word, known)
    if near:
        return near[0] if len(near) == 1 else None
    lowered = {w.lower(): w for w in known}
    found = get_close_matches(word.lower()[:60], lowered, n=1, cutoff=0.7)
    return lowered[found[0]] if found else None


def _one_edit(a: str, b: str) -> bool:
    if abs(len(a) - len(b)) > 1 or a == b:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    x, y = a[start:], b[start:]
    return x[1:] == y[1:] or x[1:] == y or x == y[1:] or (x[:2] == y[:2][::-1] and len(x) > 1 and x[2:] == y[2:])
