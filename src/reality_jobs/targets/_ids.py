"""The ids of a usual record, fast; any other record trips, and is then read exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ..records import guids, read
from ..schema import GUID
from ..services import Places, Service

Ids = Callable[[Any], list[str]]
"""From what a container holds to the ids there; raises where `read` must judge."""

_MOST: Final = 100


def ids_by_type(places: Places, *, lax: bool) -> Mapping[object, Ids]:
    """For each type of a job how its ids are read; a type that nobody listed has an entry too.

    `lax` leaves other text among the ids, as long as it is shaped like no GUID: it equals none.
    """
    tables = _ByType({job_type: _reader(paths, places.never, lax) for job_type, paths in places.by_type.items()})
    tables.setdefault("*", _reader((), places.never, lax))
    return tables


def ids_exactly(property: str, service: Service | None) -> Callable[[Mapping[str, object]], Iterable[str]]:
    """From a record to the ids of a collection that no container holds."""
    return lambda record: read(record, property, service) or ()


class _ByType(dict[object, Ids]):
    """Remembers which types nobody listed; bounded, since records are other people's data."""

    def __missing__(self, job_type: object) -> Ids:
        ids = self["*"]
        if len(self) < _MOST:
            self[job_type] = ids
        return ids


def _reader(paths: Iterable[str], never: frozenset[str] | None, lax: bool) -> Ids:
    plain = frozenset(path.removesuffix("[]") for path in paths if "." not in path)
    nested = dict(map(_nested, (path for path in paths if "." in path)))
    skipped = (never or frozenset()) - plain - nested.keys()
    sole = next(iter(plain)) if len(plain) == 1 and not nested else None

    def ids(holder: Any) -> list[str]:
        found: list[str] = []
        if holder is None:
            return found
        for key, value in holder.items():
            if value.__class__ is str:
                if key in plain:
                    if lax or not value.startswith("bkt:"):
                        found.append(value)
                elif key in nested:
                    raise TypeError(value)
                elif key not in skipped and (lax or (len(value) == 36 and GUID.fullmatch(value))):
                    found.append(value)
            elif value is None or key in skipped:
                pass
            elif key in plain:
                found += _texts(_items(value, True), lax)
            elif key in nested:
                many, inside = nested[key]
                found += _texts([None if x is None else x.get(inside) for x in _items(value, many)], lax)
            else:
                found.extend(guids(value))
        return found

    def listed(holder: Any) -> list[str]:
        """Where only listed keys count, no other is looked at; mostly there is one, and text in it."""
        value = holder.get(sole)
        if value.__class__ is str and (lax or not value.startswith("bkt:")):
            return [value]
        return ids({key: holder.get(key) for key in (*plain, *nested)})

    return listed if never is None else ids


def _nested(path: str) -> tuple[str, tuple[bool, str]]:
    """The key at the root, whether a list may stand there, and the key below it."""
    root, _, key = path.partition(".")
    return root.removesuffix("[]"), (root.endswith("[]"), key)


def _items(value: object, many: bool) -> Iterable[Any]:
    if value.__class__ is list and many:
        return value
    if isinstance(value, Mapping):
        return (value,)
    raise TypeError(value)


def _texts(values: Iterable[Any], lax: bool) -> list[str]:
    return [x for x in values if x is not None and (lax or not x.startswith("bkt:"))]
