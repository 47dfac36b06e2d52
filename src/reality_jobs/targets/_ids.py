"""The ids of a usual record, fast; any other record trips, and is then read exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..records import guids, read
from ..services import Places, Service

Ids = Callable[[Mapping[str, object]], Iterable[str]]


def ids_reader(property: str, service: Service | None) -> Ids:
    """A function from a record to the ids of a collection, in no order; raises where `read` must judge."""
    places = None if service is None else service.collections.get(property)
    if places is None or places.container is None:
        return lambda record: read(record, property, service) or ()
    outer, *inner = places.container.split(".")
    held = ids_held(places)

    def ids(record: Mapping[str, object]) -> Iterable[str]:
        holder: object = record[outer]
        for key in inner:
            holder = holder[key]  # type: ignore[index]
        return held(record.get("type"), holder)

    return ids


def ids_held(places: Places) -> Callable[[object, Any], list[str]]:
    """A function from a job's type and what its container holds to the ids there; raises where `read` must judge."""
    tables = {job_type: {_root(path): _inner(path) for path in paths} for job_type, paths in places.by_type.items()}
    otherwise = tables.get("*", {})
    never = places.never or frozenset()

    def ids(job_type: object, holder: Any) -> list[str]:
        listed = tables.get(job_type, otherwise)  # type: ignore[call-overload]
        found: list[str] = []
        for key in holder.keys() if places.never is not None else listed:
            value = holder.get(key)
            if key in listed:
                below = listed[key]
                if value.__class__ is str and below is None:
                    if not value.startswith("bkt:"):
                        found.append(value)
                elif value is not None:
                    many, inside = below or (True, None)
                    for item in _items(value, many):
                        text = item if inside is None or item is None else item.get(inside)
                        if text is not None and not text.startswith("bkt:"):
                            found.append(text)
            elif key not in never:
                found.extend(guids(value))
        return found

    return ids


def _items(value: object, many: bool) -> Iterable[Any]:
    if value.__class__ is list and many:
        return value
    if isinstance(value, Mapping):
        return (value,)
    raise TypeError(value)


def _root(path: str) -> str:
    return path.split(".")[0].removesuffix("[]")


def _inner(path: str) -> tuple[bool, str] | None:
    """Whether a list may stand at the root, and the key below it; None for a path that is a key alone."""
    root, _, key = path.partition(".")
    return (root.endswith("[]"), key) if key else None
