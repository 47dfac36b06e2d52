"""Reading one property out of one record: the exact way, whatever the record looks like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from numbers import Number

from ..errors import InvalidRecord
from ..schema import GUID, PROPERTIES
from ..services import Places, Service


def read(record: Mapping[str, object], property: str, service: Service | None) -> str | tuple[str, ...] | None:
    """The property's value: text or None, for a collection the ids in it.

    A missing key and a JSON null are both None; null members of a collection are left out, and one value where a list
    belongs is a list of one. A mapping of no known shape (`service` None) is read by the nine wire names. Raises
    InvalidRecord, with the path, for a value of the wrong JSON type. The service must carry the property.
    """
    if service is None:
        if PROPERTIES[property].collection:
            return tuple(members(record, f"{property}[]"))
        return _scalar(record, property)
    places = service.collections.get(property)
    if places is None:
        return _scalar(record, service.scalars[property])
    return tuple(_collection(record, places))


def fields_of(property: str, service: Service | None) -> str | None:
    """The one dotted path of a scalar, or of a plain collection (`inputs[].id`); None where it depends on the type."""
    if service is None:
        return f"{property}[]" if PROPERTIES[property].collection else property
    places = service.collections.get(property)
    if places is None:
        return service.scalars[property]
    return places.paths[0] if places.container is None and len(places.paths) == 1 else None


def _scalar(record: object, path: str) -> str | None:
    value = record
    for key in _steps(path):
        value = _key(value, key, path)
        if value is None:
            return None
    if not isinstance(value, str):
        raise _odd(path, "text", value)
    return value


def _collection(record: Mapping[str, object], places: Places) -> Iterator[str]:
    for path in places.paths:
        yield from members(record, path)
    if places.container is not None:
        yield from _by_type(record, places, places.container)


def _by_type(record: Mapping[str, object], places: Places, container: str) -> Iterator[str]:
    holder: object = record
    for key in _steps(container):
        holder = _key(holder, key, container)
        if holder is None:
            return
    if not isinstance(holder, Mapping):
        raise _odd(container, "an object", holder)
    job_type = record.get("type")
    listed = places.by_type.get(job_type if isinstance(job_type, str) else "", places.by_type.get("*", ()))
    for path in listed:
        for value in members(holder, path, prefix=f"{container}."):
            if not value.startswith("bkt:"):
                yield value
    if places.never is None:
        return
    roots = {_steps(path)[0] for path in listed}
    for key, value in holder.items():
        if key not in roots and key not in places.never:
            yield from guids(value)


def guids(value: object) -> Iterator[str]:
    """GUID-shaped text in a key that nobody listed: itself, in a list, or as the `location` of an object."""
    for item in value if isinstance(value, list) else (value,):
        text = item.get("location") if isinstance(item, Mapping) else item
        if isinstance(text, str) and GUID.fullmatch(text):
            yield text


def members(holder: object, path: str, prefix: str = "") -> Iterator[str]:
    """The texts at a path (`exports[].location`), nulls left out; `prefix` is what stands before it in a message."""
    values = [holder]
    shown = prefix + path.removesuffix("[]")
    # One value where a list belongs is a list of one, and the other way round.
    for step in _steps(f"{path.removesuffix('[]')}[]"):
        if step == "[]":
            values = [item for v in values for item in (v if isinstance(v, list | tuple) else (v,))]
        else:
            values = [_key(v, step, shown) for v in values]
        values = [v for v in values if v is not None]
    for value in values:
        if not isinstance(value, str):
            raise _odd(shown, "text", value)
        yield value


def _key(value: object, key: str, path: str) -> object:
    if not isinstance(value, Mapping):
        raise _odd(path, "an object", value)
    return value.get(key)


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[str, ...]:
    """`inputs[].id` -> `inputs`, `[]`, `id`."""
    return tuple(path.replace("[]", ".[]").split("."))


def _odd(path: str, wanted: str, value: object) -> InvalidRecord:
    return InvalidRecord(f"expected {wanted}, found {json_kind(value)}", f"$.{path}")


def json_kind(value: object) -> str:
    """A JSON value's kind, as a user would name it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Number):
        return f"the number {value}"[:60]
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "an array"
    return "an object" if isinstance(value, Mapping) else "null" if value is None else type(value).__name__
