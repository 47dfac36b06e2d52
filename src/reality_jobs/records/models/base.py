"""What every model has: room for what no page lists, and values that are written back as they were read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar

from attrs import field, frozen

from ...instants import read_ticks
from .rules import Matches


@frozen(kw_only=True)
class Model:
    """One JSON object. An optional attribute is None where its key is missing, and where it is null.

    `unknown` holds the keys that the published schema does not have, as they came. `nulls` names the attributes whose
    key is there and null: written back as null, while other Nones are left out.
    """

    closed: ClassVar[bool] = False
    """Whether its published list of keys is complete; `check` refuses any other key then."""
    nullable: ClassVar[bool] = True
    """Whether an optional key may be null in what is sent; False where its schema calls none of them nullable."""

    unknown: Mapping[str, object] = field(factory=dict, repr=False, hash=False)
    nulls: frozenset[str] = field(default=frozenset(), repr=False)


@frozen(kw_only=True)
class Closed(Model):
    """An object whose published list of keys is complete."""

    closed: ClassVar = True


@frozen(kw_only=True)
class Unlisted(Model):
    """An object of a type that no page describes, or describes only by example: all its keys are in `unknown`."""


@frozen(kw_only=True)
class Creation(Closed):
    """The body of a POST; what is wrong with one is an InvalidSpec, while of a record it is an InvalidRecord."""

    service: ClassVar[str]


class Bare(tuple[str, ...]):
    """A list that came as one bare text, and is written back so.

    A published example of the cancel operation of Reality Conversion v2 has one where the schema has an array.
    """

    __slots__ = ()


class Instant(str):
    """A date-time as its service wrote it, so that no digit is lost."""

    __slots__ = ()

    @property
    def ticks(self) -> int:
        """The exact moment: 100 ns ticks since 1970-01-01T00:00:00Z."""
        return read_ticks(self)

    @property
    def date_time(self) -> datetime:
        """In UTC, cut to microseconds."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.ticks // 10)


BucketPath = Annotated[str, Matches(r"bkt:[\s\S]+", "a path in the bucket like bkt:folder/file.json")]
"""A file in the iTwin's bucket: `bkt:` and its path (the pattern is that of Bentley's Python client)."""
