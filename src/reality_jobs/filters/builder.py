"""`F`: filters in Python. `(F.state == "Success") & F.input_id.in_(ids)`.

The operators of the properties build filters, so they return no truth values; what a type checker cannot see raises
TypeError with the mend.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final, Generic, NoReturn, TypeVar
from uuid import UUID

from ..instants import read_ticks, ticks_of
from ..nodes import Comparison, Guid, Instant, Literal, Membership, Null, Operator, Text
from ..schema import GUID, PROPERTIES, Kind
from .filter import Filter

T = TypeVar("T")


class _Property(Generic[T]):
    """A property that compares with values of type T; null only with `==`, `!=` and `in_`."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __eq__(self, value: T | None) -> Filter:  # type: ignore[override]
        return self._compared(Operator.EQ, value)

    def __ne__(self, value: T | None) -> Filter:  # type: ignore[override]
        return self._compared(Operator.NE, value)

    def __lt__(self, value: T) -> Filter:
        return self._compared(Operator.LT, value)

    def __le__(self, value: T) -> Filter:
        return self._compared(Operator.LE, value)

    def __gt__(self, value: T) -> Filter:
        return self._compared(Operator.GT, value)

    def __ge__(self, value: T) -> Filter:
        return self._compared(Operator.GE, value)

    def in_(self, values: Iterable[T | None]) -> Filter:
        """Equal to any of the values; true of no job when there are none. None stands for null."""
        if isinstance(values, str | UUID | datetime) or values is None:
            raise TypeError(f"in_ takes a list of values: F.{self._attribute}.in_([{values!r:.60}])")
        if isinstance(values, bytes) or not isinstance(values, Iterable):
            raise TypeError(f"in_ takes a list of values, not {type(values).__name__} {values!r:.60}")
        return Filter(Membership(self._name, tuple([self._literal(value) for value in values])))

    def _compared(self, operator: Operator, value: object) -> Filter:
        if value is None and operator not in (Operator.EQ, Operator.NE):
            raise TypeError(f"no order holds of null: write F.{self._attribute} == None or F.{self._attribute} != None")
        return Filter(Comparison(self._name, operator, self._literal(value)))

    def _literal(self, value: object) -> Literal:
        return Null() if value is None else self._of(value)

    def _of(self, value: object) -> Literal:
        raise NotImplementedError

    @property
    def _attribute(self) -> str:
        return PROPERTIES[self._name].attribute

    def _wrong(self, value: object, wanted: str) -> TypeError:
        return TypeError(f"F.{self._attribute} compares with {wanted}, not with {type(value).__name__} {value!r:.60}")

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f"F.{self._attribute}"

    def __contains__(self, value: object) -> NoReturn:
        raise TypeError(
            f"'in' asks Python, not the filter: write F.{self._attribute}.in_([...]) for membership; "
            "the job APIs cannot search inside text"
        )

    def __bool__(self) -> NoReturn:
        raise TypeError(f"F.{self._attribute} is no condition yet: compare it, as in F.{self._attribute} != None")

    if not TYPE_CHECKING:  # a type checker finds these by itself

        def __and__(self, other: object) -> NoReturn:
            raise TypeError(
                f"F.{self._attribute} is no condition yet: & and | bind tighter than a comparison, "
                "so put each in parentheses: (F.x == 'a') & (F.y == 'b')"
            )

        __rand__ = __or__ = __ror__ = __and__


class _Identifier(_Property[str | UUID]):
    """id, iTwinId, inputId, outputId: GUIDs compare without case, other ids (`fdb:...`) to the letter."""

    __slots__ = ()

    def _of(self, value: object) -> Literal:
        if isinstance(value, UUID):
            return Guid(str(value))
        if not isinstance(value, str):
            raise self._wrong(value, "a str or a uuid.UUID")
        text = _plain(value)
        return Guid(text.lower()) if GUID.fullmatch(text) else Text(text)


class _Text(_Property[str]):
    """name, email, and the enumerations type and state (which compare without case, unlike the other two)."""

    __slots__ = ()

    def _of(self, value: object) -> Literal:
        if not isinstance(value, str):
            kind = PROPERTIES[self._name].kind
            raise self._wrong(value, "a str or a StrEnum" if kind is Kind.ENUMERATION else "a str")
        return Text(_plain(value))


class _Instant(_Property[datetime | str]):
    """createdDateTime: an aware datetime, or a date-time text for more than microseconds."""

    __slots__ = ()

    def _of(self, value: object) -> Literal:
        if isinstance(value, datetime):
            if value.utcoffset() is None:
                raise TypeError(
                    f"F.{self._attribute} needs a datetime with a time zone: "
                    f"{value!r:.60} could be any of 24 hours; add tzinfo=UTC"
                )
            try:
                return Instant(ticks_of(value))
            except OverflowError:
                raise ValueError(f"{value!r:.60}: the year in UTC must be between 0001 and 9999") from None
        if isinstance(value, str):
            try:
                return Instant(read_ticks(value))
            except ValueError as error:
                raise ValueError(f"{value[:60]!r}: {error}") from None
        raise self._wrong(value, "an aware datetime or a text like '2024-06-24T13:00:00Z'")


class _Properties:
    """The nine properties, by the snake_case of their wire names."""

    __slots__ = ()

    id: Final = _Identifier("id")
    itwin_id: Final = _Identifier("iTwinId")
    name: Final = _Text("name")
    email: Final = _Text("email")
    type: Final = _Text("type")
    state: Final = _Text("state")
    created_date_time: Final = _Instant("createdDateTime")
    input_id: Final = _Identifier("inputId")
    output_id: Final = _Identifier("outputId")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            known = {p.name: p.attribute for p in PROPERTIES.values()}
            if name in known:
                raise AttributeError(f"in Python it is F.{known[name]}")
            from ..syntax.words import nearest

            guess = nearest(name, known.values())
            raise AttributeError(
                f"there is no property {name!r}"
                + (f"; did you mean F.{guess}?" if guess else f"; there are {', '.join(known.values())}")
            )


F: Final = _Properties()
"""The nine filterable properties of a job."""


def _plain(text: str) -> str:
    """Exactly `str` (an enum member is its value), and text that can be sent."""
    plain = str.__str__(text)
    if not plain.isascii():
        try:
            plain.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"half of a surrogate pair at {error.start} is no text: {plain[:60]!a}") from None
    return plain
