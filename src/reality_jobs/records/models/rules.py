"""What the published schemas say of a value beyond its type; read by `check`, never by `structure`."""

from __future__ import annotations

import re
from typing import Protocol

from attrs import frozen

from ...schema import normalise_enumeration


class Rule(Protocol):
    def problem(self, value: object) -> str | None:
        """Why a value of the right type is not allowed; None where it is."""


@frozen
class OneOf:
    """The values of an enumeration, in the service's spelling.

    Case does not count: an example of "Create job" of Reality Conversion v2 has a `3DTilesPNTS`, the schema has none.
    """

    values: tuple[str, ...]

    def problem(self, value: object) -> str | None:
        if isinstance(value, str) and normalise_enumeration(value) in map(normalise_enumeration, self.values):
            return None
        return f"expected one of {', '.join(self.values)}, found {value!r}"


@frozen
class Between:
    """A number's range, both ends included; None is no end."""

    minimum: float
    maximum: float | None = None

    def problem(self, value: object) -> str | None:
        if not isinstance(value, int | float):
            return None
        if self.maximum is None:
            return None if value >= self.minimum else f"expected a number from {self.minimum}, found {value}"
        if self.minimum <= value <= self.maximum:
            return None
        return f"expected a number from {self.minimum} to {self.maximum}, found {value}"


@frozen
class Matches:
    """A text's pattern, anchored at both ends, and what to call it in a message."""

    pattern: str
    shown: str

    def problem(self, value: object) -> str | None:
        if isinstance(value, str) and re.fullmatch(self.pattern, value):
            return None
        return f"expected {self.shown}, found {value!r}"


@frozen
class Length:
    """How many characters a text may have."""

    minimum: int
    maximum: int

    def problem(self, value: object) -> str | None:
        if isinstance(value, str) and self.minimum <= len(value) <= self.maximum:
            return None
        return f"expected {self.minimum} to {self.maximum} characters, found {len(str(value))}"
