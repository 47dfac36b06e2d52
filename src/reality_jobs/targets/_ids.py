"""The ids of a usual record, fast; any other record trips, and is then read exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ..records import guids, members, read
from ..services import Places, Service

Ids = Callable[[Mapping[str, object]], Iterable[str]]


def ids_reader(property: str, service: Service | None) -> Ids:
    """A function from a record to the ids of a collection, in no order; raises where `read` must judge."""
    places = None if service is None else service.collections.get(property)
    if places is None or places.container is None:
        return lambda record: read(record, property, service) or ()
    return _by_type(places, places.container)


def _by_type(places: Places, container: str) -> Ids:
    outer, *inner = container.split(".")
    # A path that is a key alone (the usual) maps to None, any other to itself.
    tables = {job_type: {_root(path): _longer(path) for path in paths} for job_type, paths in places.by_type.items()}
    otherwise = tables.get("*", {})
    never = places.never or frozenset()

    def ids(record: Mapping[str, object]) -> Iterable[str]:
        holder: object = record[outer]
        for key in inner:
            holder = holder[key]  # type: ignore[index]
        listed = tables.get(record.get("type"), otherwise)  # type: ignore[call-overload]
        found: list[str] = []
        for key in holder.keys() if places.never is not None else listed:  # type: ignore[attr-defined]
            value = holder.get(key)  # type: ignore[attr-defined]
            if key in listed:
                if listed[key] is not None:
                    found += [item for item in members(holder, listed[key]) if not item.startswith("bkt:")]
                elif value.__class__ is str:
                    if not value.startswith("bkt:"):
                        found.append(value)
                elif value.__class__ is list:
                    found += [item for item in value if item is not None and not item.startswith("bkt:")]
                elif value is not None:
                    raise TypeError(value)
            elif key not in never:
                found.extend(guids(value))
        return found

    return ids


def _root(path: str) -> str:
    return path.split(".")[0].removesuffix("[]")


def _longer(path: str) -> str | None:
    return None if path == _root(path) else path
