"""Literals that are not what their property takes: what is wrong with one, and what would be right."""

from __future__ import annotations

import re
from datetime import date, timedelta

from attrs import frozen

from ..diagnostics import quoted
from ..instants import read_ticks
from ..schema import GUID, PROPERTIES, Kind
from .tokens import Shape, Token
from .words import ORDERS

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_LOST_PLUS = re.compile(r"(.*[Tt][0-9:.]+) ([0-9]{2}:[0-9]{2})")
_BLANK_FOR_T = re.compile(r"([0-9-]{10}) ([0-9]{2}:[0-9]{2}.*)")
_NAIVE = re.compile(r"[0-9-]{10}[Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?")


@frozen
class Complaint:
    """What is wrong with a literal. `right` is the literal to write instead, `operator` another operator with it."""

    code: str
    message: str
    hint: str | None = None
    right: str | None = None
    operator: str | None = None


def complain(token: Token, name: str | None, operator: str | None) -> Complaint | None:
    """What is wrong with a literal where `name operator` stands before it; None if nothing is.

    An unknown property takes any literal: its own problem is enough.
    """
    kind = PROPERTIES[name].kind if name is not None else None
    match token.shape:
        case Shape.STRING | Shape.OPEN_STRING | Shape.GUID | Shape.DATE:
            return _plain(token.shape, token.text, kind, operator)
        case Shape.WRONG_QUOTES:
            return _requoted(token, kind, operator)
        case Shape.CAST:
            return _cast(token, kind, operator)
        case Shape.NUMBER:
            return _number(token, kind)
        case _:
            return _word(token, kind, operator)


def quote(text: str) -> str:
    """Text as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def shown(text: str) -> str:
    """Text as a string literal inside a message or a hint."""
    return quoted(quote(text))


def _plain(shape: Shape, text: str, kind: Kind | None, operator: str | None) -> Complaint | None:
    match kind, shape:
        case _, Shape.OPEN_STRING:
            return None  # that it is never closed is problem enough
        case (None, _) | (Kind.IDENTIFIER, Shape.STRING | Shape.GUID) | (Kind.TEXT | Kind.ENUMERATION, Shape.STRING):
            return None if shape is not Shape.DATE else _date_shape(text)
        case Kind.INSTANT, Shape.STRING:
            return _quoted_instant(text, operator)
        case Kind.INSTANT, Shape.DATE:
            return _instant(text, operator)
        case Kind.INSTANT, _:
            return Complaint("wrong-type", "a creation time is compared with a date-time", _INSTANT_HINT)
        case _:
            what = "a GUID" if shape is Shape.GUID else "a date-time"
            return Complaint("wrong-type", f"text is written in quotes, and this is {what}", f"write {shown(text)}")


_INSTANT_HINT = "write a date-time with a zone: 2024-06-24T13:00:00Z"


def _date_shape(text: str) -> Complaint | None:
    try:
        read_ticks(text)
    except ValueError as error:
        return _bad_instant(text, str(error))
    return None


def _bad_instant(text: str, reason: str) -> Complaint:
    hint = _INSTANT_HINT if reason.startswith("not a date-time") else None
    return Complaint("bad-instant", f"{quoted(text)}: {reason}", hint)


def _instant(text: str, operator: str | None) -> Complaint | None:
    try:
        read_ticks(text)
    except ValueError as error:
        return _unreadable(text, operator, str(error))
    return None


def _unreadable(text: str, operator: str | None, reason: str) -> Complaint:
    if _DATE.fullmatch(text):
        return _bare_date(text, operator)
    if found := _LOST_PLUS.fullmatch(text):
        right = f"{found[1]}+{found[2]}"
        if _instant(right, None) is None:
            return Complaint("lost-plus", "a + was lost from the offset: in a URL it is written %2B", None, right)
    if " +" in text or " -" in text:
        right = text.replace(" +", "+").replace(" -", "-")
        if _instant(right, None) is None:
            return Complaint("bad-instant", "no blank stands before the offset", None, right)
    if found := _BLANK_FOR_T.fullmatch(text):
        right = f"{found[1]}T{found[2]}"
        if _instant(right, None) is None:
            return Complaint("bad-instant", "date and time are joined by a T", None, right)
        text = right
    if _NAIVE.fullmatch(text):
        try:
            read_ticks(text + "Z")
        except ValueError as error:
            return _bad_instant(text, str(error))
        return Complaint(
            "naive-instant",
            f"{quoted(text)} has no zone, so it could be any of 24 hours",
            f"for UTC write {text}Z, else the offset, as in {text}+02:00",
        )
    return _bad_instant(text, reason)


def _bare_date(text: str, operator: str | None) -> Complaint:
    """A whole day where a moment belongs: with an order there is one reading, with `eq` there is a range to show."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return Complaint("bad-instant", f"there is no day {quoted(text)}")
    message = "a date alone is no moment; a date-time has a time and a zone"
    this = f"{day.isoformat()}T00:00:00Z"
    if day == date.max:
        right = this if operator in ("lt", "ge") else None
        return Complaint("bare-date", message, None if right else "no day follows this one: write a date-time", right)
    following = f"{(day + timedelta(days=1)).isoformat()}T00:00:00Z"
    match operator:
        case "lt" | "ge":
            return Complaint("bare-date", message, None, this)
        case "le":
            return Complaint("bare-date", message, None, following, "lt")
        case "gt":
            return Complaint("bare-date", message, None, following, "ge")
        case "ne":
            wanted = f"createdDateTime lt {this} or createdDateTime ge {following}"
        case _:
            wanted = f"createdDateTime ge {this} and createdDateTime lt {following}"
    return Complaint("bare-date", message, f"for that whole day in UTC write {wanted}")


def _quoted_instant(text: str, operator: str | None) -> Complaint:
    inner = text[1:-1]
    message = "a date-time is written without quotes"
    if not re.match(r"[0-9]{4}-[0-9]", inner):
        return Complaint("wrong-type", "a creation time is compared with a date-time, not with text", _INSTANT_HINT)
    worse = _instant(inner, operator)
    if worse is None:
        return Complaint("quoted-instant", message, None, inner)
    if worse.right is not None:
        return Complaint("quoted-instant", message, None, worse.right, worse.operator)
    return Complaint(worse.code, worse.message, worse.hint)


def _fitting(text: str, kind: Kind | None, operator: str | None) -> Complaint:
    """The right way to write quoted text on a property of this kind; code and message are the caller's."""
    if kind is Kind.INSTANT:
        return _quoted_instant(quote(text), operator)
    return Complaint("", "", None, quote(text))


def _requoted(token: Token, kind: Kind | None, operator: str | None) -> Complaint:
    inner = token.text[1:-1]
    fitting = _fitting(inner, kind, operator)
    return Complaint("wrong-quotes", "text is written in single quotes", fitting.hint, fitting.right, fitting.operator)


def _cast(token: Token, kind: Kind | None, operator: str | None) -> Complaint:
    word, inner = token.text[:-1].split("'", 1)
    if word.lower() not in ("guid", "datetime", "datetimeoffset"):
        return _typed(word, inner, kind)
    message = f"{word}'...' is OData 2; since OData 4 the value stands bare"
    if word.lower() == "guid":
        if GUID.fullmatch(inner) and kind in (None, Kind.IDENTIFIER):
            return Complaint("odata2-literal", message, None, inner)
        return Complaint("odata2-literal", message, "write a GUID like dc720f05-e5f7-448b-ae06-765de46f0af1")
    if kind not in (None, Kind.INSTANT):
        return Complaint("odata2-literal", message, f"for text write {shown(inner)}")
    worse = _instant(inner, operator)
    if worse is None:
        return Complaint("odata2-literal", message, None, inner)
    return Complaint("odata2-literal", message, worse.hint, worse.right, worse.operator)


def _typed(word: str, inner: str, kind: Kind | None) -> Complaint:
    """OData literals that carry their type: `duration'P1D'`, `Namespace.Enumeration'Member'`."""
    right = f"'{inner}'"
    if kind is Kind.ENUMERATION and "." in word:
        return Complaint("typed-literal", f"the value stands without its type {quoted(word)}", None, right)
    hint = None if kind is Kind.INSTANT else f"for text write {quoted(right)}"
    return Complaint("typed-literal", f"the job APIs have no literals of the type {quoted(word)}", hint)


def _number(token: Token, kind: Kind | None) -> Complaint:
    if kind is Kind.INSTANT and not token.text.isdecimal():
        return _bad_instant(token.text, "not a date-time like 2024-06-24T13:00:00Z")
    if kind is Kind.INSTANT:
        return Complaint("number", "the job APIs have no numbers; a creation time is a date-time", _INSTANT_HINT)
    if kind is Kind.IDENTIFIER:
        return Complaint(
            "number",
            f"{quoted(token.text)} is neither a GUID nor quoted text",
            f"write a GUID like dc720f05-e5f7-448b-ae06-765de46f0af1, or another id in quotes: {shown(token.text)}",
        )
    return Complaint("number", "the job APIs have no numbers to compare with", f"for text write {shown(token.text)}")


def _word(token: Token, kind: Kind | None, operator: str | None) -> Complaint | None:
    text = token.text
    if text == "null":
        if operator in ORDERS:
            return Complaint("null-order", f"'{operator}' with null is true of no job", "write eq null or ne null")
        return None
    if text.lower() in ("null", "none", "nil"):
        return Complaint("null-case", f"null is written in lower case, not {quoted(text)}", _null_hint(kind, text))
    if text.lower() in ("true", "false"):
        return Complaint("boolean", "the job APIs have no booleans to compare with", _text_hint(kind, text))
    if kind in (Kind.TEXT, Kind.ENUMERATION):
        return Complaint("bare-word", f"text is written in quotes: {shown(text)}", None, quote(text))
    if kind is Kind.INSTANT:
        return Complaint("bare-word", f"{quoted(text)} is no date-time", _INSTANT_HINT)
    if kind is Kind.IDENTIFIER:
        return Complaint(
            "bare-word",
            f"{quoted(text)} is no GUID",
            f"a GUID is 8-4-4-4-12 hexadecimal digits; any other id is written in quotes: {shown(text)}",
        )
    return Complaint("bare-word", f"{quoted(text)} is no literal", f"for text write {shown(text)}")


def _null_hint(kind: Kind | None, text: str) -> str:
    return "write null" if kind in (Kind.IDENTIFIER, Kind.INSTANT) else f"write null, or {shown(text)} for that text"


def _text_hint(kind: Kind | None, text: str) -> str | None:
    return f"for text write {shown(text)}" if kind in (None, Kind.TEXT, Kind.ENUMERATION) else None
