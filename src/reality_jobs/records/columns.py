"""The canonical columns of a record: what a database or a table of saved jobs holds beside the record itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from .. import services
from ..instants import read_ticks
from ..schema import PROPERTIES, normalise_enumeration, normalise_identifier
from ..services import Service
from .job import Job
from .reading import fields_of, read
from .recognition import recognise


class Columns(NamedTuple):
    """One row. Identifiers and enumerations are normalised, so values compare as a filter compares them.

    `service` is None for a mapping of no known shape; `created_ticks` counts 100 ns since 1970 in UTC; ids keep their
    order and repeat as often as the record repeats them.
    """

    service: str | None
    id: str | None
    itwin_id: str | None
    name: str | None
    email: str | None
    type: str | None
    state: str | None
    created_ticks: int | None
    input_ids: tuple[str, ...]
    output_ids: tuple[str, ...]


_Place = tuple[list[str], str]
"""The keys of the objects round a value, and its own."""
_Ids = Callable[[Mapping[str, object]], tuple[str, ...]]


def columns(record: Mapping[str, object], service: str | None = None) -> Columns:
    """The row of a raw record; without a service it is recognised by its shape, as `Job.of` does.

    What the service's records never carry is null. Raises InvalidRecord, with the path, for a value of the wrong type
    or an unreadable date-time. Text may hold halves of surrogate pairs, which no UTF-8 can.
    """
    known = recognise(record) if service is None else services.get(service)
    shape = None if known is None else known.name
    ids: Sequence[tuple[str, ...]]
    try:
        (job_id, itwin_id, name, email, job_type, state, created), ids = _usual(record, known)
        ticks = None if created is None else read_ticks(created)
    except (LookupError, TypeError, AttributeError, ValueError):
        job = Job(shape, record)
        job_id, itwin_id, name, email, job_type, state = job.id, job.itwin_id, job.name, job.email, job.type, job.state
        ticks, ids = job.created_ticks, (job.input_ids, job.output_ids)
    return Columns(
        shape,
        job_id and normalise_identifier(job_id),
        itwin_id and normalise_identifier(itwin_id),
        name,
        email,
        job_type and normalise_enumeration(job_type),
        state and normalise_enumeration(state),
        ticks,
        tuple(map(normalise_identifier, ids[0])),
        tuple(map(normalise_identifier, ids[1])),
    )


def _usual(record: Mapping[str, object], service: Service | None) -> tuple[list[str | None], list[tuple[str, ...]]]:
    """The texts and the ids of a usual record, fast; any other trips, and is then read exactly."""
    scalars, collections = _places(service)
    texts = [None if place is None else _text(record, *place) for place in scalars]
    return texts, [place(record) for place in collections]


@cache
def _places(service: Service | None) -> tuple[list[_Place | None], list[_Ids]]:
    """Where the single values are, None for what is never carried; how the ids are read."""
    scalars: list[_Place | None] = []
    collections: list[_Ids] = []
    for name, property in PROPERTIES.items():
        path = fields_of(name, service) if service is None or service.answers(name) else None
        if not property.collection:
            scalars.append(None if path is None else _place(path))
        elif path is not None and path.endswith("[].id"):
            collections.append(partial(_listed, *_place(path.removesuffix("[].id"))))
        else:
            collections.append(partial(_read, name, service))
    return scalars, collections


def _place(path: str) -> _Place:
    *holders, key = path.split(".")
    return holders, key


def _text(record: Mapping[str, object], holders: list[str], key: str) -> str | None:
    text = _value(record, holders, key)
    if text.__class__ is not str and text is not None:
        raise TypeError(text)
    return text


def _listed(holders: list[str], key: str, record: Mapping[str, object]) -> tuple[str, ...]:
    items = _value(record, holders, key)
    if items is None:
        return ()
    if not isinstance(items, list):
        raise TypeError(items)
    return tuple([text for item in items if (text := _text(item, [], "id")) is not None])


def _value(record: Mapping[str, object], holders: list[str], key: str) -> object:
    holder: Any = record
    for name in holders:
        holder = holder[name]
    value: object = holder.get(key)
    return value


def _read(name: str, service: Service | None, record: Mapping[str, object]) -> tuple[str, ...]:
    return read(record, name, service)  # type: ignore[return-value]
