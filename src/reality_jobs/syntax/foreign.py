"""Things of OData and other languages that the job APIs lack, and what says the same in this language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from ..schema import PROPERTIES, Kind, normalise_enumeration
from .literals import quote
from .tokens import Shape, Token

_NO_SEARCH = "the job APIs cannot search inside text: filter by what you can, and match the rest in Python"


def function_hint(name: str, arguments: Sequence[Token], rest: Sequence[Token]) -> str | None:
    """What says the same as a function call followed by `rest` (an operator and a literal), where something does."""
    words = [t.text for t in arguments if t.shape is not Shape.COMMA]
    subject = words[0] if words and words[0] in PROPERTIES else None
    if len(rest) == 2 and rest[1].lower == "false":
        return None
    match name.lower():
        case "startswith" if _is_text(subject) and len(arguments) == 3 and arguments[2].shape is Shape.STRING:
            return _prefix_range(str(subject), arguments[2].text[1:-1].replace("''", "'"))
        case "contains" | "substringof" | "indexof" | "endswith" | "startswith" | "matchespattern":
            return _NO_SEARCH
        case "tolower" | "toupper" if subject in ("type", "state"):
            return f"{subject} compares without case as it is: {subject} eq 'Success'"
        case "year" if subject and len(rest) == 2 and rest[0].lower == "eq" and len(rest[1].text) == 4:
            return _span_of_years(rest[1].text)
        case "date" if subject and len(rest) == 2 and rest[0].lower == "eq":
            return _span_of_day(rest[1].text)
        case "now" | "maxdatetime" | "mindatetime":
            return "write the moment itself: 2024-06-24T13:00:00Z"
        case "any" | "all":
            return "inputId and outputId hold if any of a job's ids does: inputId eq ..."
        case _:
            return None


def operator_hint(word: str, name: str | None) -> str | None:
    """What to write for an operator of another language."""
    subject = name or "state"
    match word:
        case "not":
            return f"write {subject} ne ..., or another opposite operator"
        case "is":
            return f"for null write {subject} eq null or {subject} ne null"
        case "between":
            return f"write {subject} ge ... and {subject} le ..."
        case "like" | "contains" | "startswith" | "matches":
            return _NO_SEARCH
        case "has":
            return f"write {subject} eq ..."
        case "equals" | "equal":
            return "write eq"
        case "before" | "under":
            return "write lt"
        case "after" | "over":
            return "write gt"
        case "gte" | "lte" | "neq":
            return f"write {word[0]}e"
    return "the operators are eq, ne, lt, le, gt, ge, in, and, or"


def path_hint(text: str) -> str | None:
    """The property that a path means, where its end or its beginning is one."""
    parts = text.split("/")
    if parts[-1] in PROPERTIES:
        return f"write {parts[-1]}"
    if parts[0].lower() in ("inputs", "outputs"):
        return f"write {parts[0].lower()[:-1]}Id, which holds if any of a job's ids does"
    return None


def _is_text(name: str | None) -> bool:
    return name is not None and PROPERTIES[name].kind in (Kind.TEXT, Kind.ENUMERATION)


def _prefix_range(name: str, prefix: str) -> str:
    if PROPERTIES[name].kind is Kind.ENUMERATION:
        prefix = normalise_enumeration(prefix)
    if not prefix or ord(prefix[-1]) in (0xD7FF, 0x10FFFF):
        return _NO_SEARCH
    following = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return f"text is ordered by code point, so write {name} ge {quote(prefix)} and {name} lt {quote(following)}"


def _span_of_years(year: str) -> str | None:
    if not (year.isascii() and year.isdigit()) or not 1 <= int(year) <= 9998:
        return None
    following = f"{int(year) + 1:04}"
    return f"write createdDateTime ge {year}-01-01T00:00:00Z and createdDateTime lt {following}-01-01T00:00:00Z"


def _span_of_day(text: str) -> str | None:
    try:
        day = date.fromisoformat(text)
        following = day + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return f"write createdDateTime ge {day}T00:00:00Z and createdDateTime lt {following}T00:00:00Z"
