"""`Job`: one record, whatever service it comes from, seen through one set of names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import field, frozen

from .. import services
from ..errors import InvalidRecord
from ..instants import read_ticks
from ..schema import PROPERTIES
from ..services import Service
from .reading import read
from .recognition import recognise

if TYPE_CHECKING:
    from .models import JobModel


@frozen(hash=False)
class Job:
    """A tolerant, lazy view of one job: unknown types, states and keys are kept, in `raw`.

    `service` is the name of the API it came from; None for a mapping of no known shape, which is read by the nine wire
    names. Values are as the service wrote them (case included); a missing one is None. Reading an attribute raises
    InvalidRecord where the record holds a value of the wrong type.
    """

    service: str | None
    raw: Mapping[str, object] = field(repr=False)

    @classmethod
    def of(cls, record: Mapping[str, object], service: str | None = None) -> Job:
        """View a raw record; without a service it is recognised by its shape (see `records.recognise`)."""
        if service is None:
            known = recognise(record)
            return cls(known.name if known else None, record)
        return cls(services.get(service).name, record)

    def _scalar(self, property: str) -> str | None:
        known = self._service
        if known is not None and not known.answers(property):
            return None
        value = read(self.raw, property, known)
        if isinstance(value, tuple):
            raise TypeError(f"{property} is a collection")
        return value

    @property
    def _service(self) -> Service | None:
        return None if self.service is None else services.get(self.service)

    def _members(self, property: str) -> tuple[str, ...]:
        value = read(self.raw, property, self._service)
        if not isinstance(value, tuple):
            raise TypeError(f"{property} is no collection")
        return value

    @property
    def id(self) -> str | None:
        return self._scalar("id")

    @property
    def itwin_id(self) -> str | None:
        return self._scalar("iTwinId")

    @property
    def name(self) -> str | None:
        return self._scalar("name")

    @property
    def email(self) -> str | None:
        """None for every v2 job: v2 records carry a `user_id` instead."""
        return self._scalar("email")

    @property
    def user_id(self) -> str | None:
        """The creator's id in v2 records; v1 records have an `email` instead."""
        known = self._service
        value = self.raw.get(known.user_key if known and known.user_key else "userId")
        return value if isinstance(value, str) else None

    @property
    def type(self) -> str | None:
        return self._scalar("type")

    @property
    def state(self) -> str | None:
        return self._scalar("state")

    @property
    def created_ticks(self) -> int | None:
        """The exact moment of creation: 100 ns ticks since 1970-01-01T00:00:00Z."""
        text = self._scalar("createdDateTime")
        if text is None:
            return None
        try:
            return read_ticks(text)
        except ValueError as error:
            known = self._service
            path = known.scalars["createdDateTime"] if known else PROPERTIES["createdDateTime"].name
            raise InvalidRecord(str(error), f"$.{path}") from error

    @property
    def created_date_time(self) -> datetime | None:
        """In UTC, cut to microseconds, since `datetime` holds no more; `created_ticks` is exact."""
        ticks = self.created_ticks
        return None if ticks is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)

    @property
    def input_ids(self) -> tuple[str, ...]:
        """Reality data ids only: bucket paths, presets and constraint ids are none."""
        return self._members("inputId")

    @property
    def output_ids(self) -> tuple[str, ...]:
        """Reality data ids (or `fdb:` indexes); outputs that have no id yet are left out."""
        return self._members("outputId")

    @cached_property
    def details(self) -> JobModel:
        """The typed model of the whole record, made at the first reading.

        Raises InvalidRecord for a record that its service's schema does not allow, with every wrong path; so it does
        for a record of no known shape. What is not published yet is kept, see `records.models`.
        """
        from .models import structure

        if self.service is None:
            raise InvalidRecord("a record of no known shape has no typed model; name its service")
        return structure(self.raw, self.service)

    def __hash__(self) -> int:
        return hash((self.service, self.raw.get("id") if isinstance(self.raw.get("id"), str) else None))

    def __str__(self) -> str:
        return f"{self.service or '?'}/{self.raw.get('id')}"
