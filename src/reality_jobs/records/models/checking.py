"""What is wrong with a creation beyond the types of its values, by the published schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite

from ...diagnostics import printable
from .base import Model, Unlisted
from .naming import wire_name
from .shape import Kind, Place, shape

Problem = tuple[str, str]
"""A path and a reason."""


def wrong_values(raw: object, model: type[Model], path: str = "$") -> Iterator[Problem]:
    """Values out of range or not listed, nulls and keys where the schema has none, and what is no JSON.

    Values of a wrong type are passed over, or told of with the reason that reading gives.
    """
    if not isinstance(raw, Mapping):
        return
    places = shape(model)
    for key, value in raw.items():
        place = places.get(key)
        if place is None:
            yield from _unpublished(key, value, model, f"{path}.{printable(str(key))}")
        elif value is not None:
            yield from _value(value, _kind(place, raw), f"{path}.{key}")
        elif not (place.required or model.nullable):
            yield f"{path}.{key}", "may not be null; leave it out"


def misplaced(model: Model, path: str = "$") -> Iterator[Problem]:
    """Models of another class than their place has: what is inherited from a class does not make it one."""
    for place in shape(type(model)).values():
        value, due, why = getattr(model, place.name), place.kind.core, ""
        if place.choice is not None:
            by = getattr(model, place.choice.by)
            due, why = place.choice.model(by), f" for the {place.choice.by} {by}"
        if place.kind.item is not None and isinstance(value, Sequence):
            for index, item in enumerate(value):
                yield from _other(item, place.kind.item.core, "", f"{path}.{place.wire}[{index}]")
        else:
            yield from _other(value, due, why, f"{path}.{place.wire}")


def in_order(problems: Mapping[str, str]) -> tuple[Problem, ...]:
    """What is told of one object stands together, and element 9 before element 10."""
    return tuple(sorted(problems.items(), key=lambda problem: _pieces(problem[0])))


def _pieces(path: str) -> list[str | int]:
    # Nine digits at most: a key may be one endless number.
    return [int(piece) if index % 2 else piece for index, piece in enumerate(re.split(r"([0-9]{1,9})", path))]


def _kind(place: Place, raw: Mapping[str, object]) -> Kind:
    return place.kind if place.choice is None else Kind(place.choice.model(raw.get(wire_name(place.choice.by))))


def _value(value: object, kind: Kind, path: str) -> Iterator[Problem]:
    if issubclass(kind.core, Model):
        yield from wrong_values(value, kind.core, path)
    elif kind.item is not None:
        if isinstance(value, list | tuple):
            for index, item in enumerate(value):
                yield from _value(item, kind.item, f"{path}[{index}]")
        elif isinstance(value, str):  # which is read from records
            yield path, "expected an array, found text"
    elif reasons := [reason for rule in kind.rules if (reason := rule.problem(value)) is not None]:
        yield path, "; ".join(reasons)
    else:
        yield from _foreign(value, path)


def _unpublished(key: str, value: object, model: type[Model], path: str) -> Iterator[Problem]:
    places = shape(model).values()
    spelt = next((place.wire for place in places if place.name == key), None)
    if spelt is not None:
        yield path, f"is spelt {spelt}"
    elif model.closed:
        yield path, f"is no published key; those are {', '.join(shape(model))}"
    else:
        yield from _foreign(value, path)


def _foreign(value: object, path: str) -> Iterator[Problem]:
    if isinstance(value, float) and not isfinite(value):
        yield path, f"expected a finite number, found {value}"
        return
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        yield path, "expected whole characters, found half of one"
    except (TypeError, ValueError, RecursionError) as error:
        yield path, f"cannot be sent: {error}"


def _other(value: object, due: type, why: str, path: str) -> Iterator[Problem]:
    if not isinstance(value, Model):
        return
    if due in (Model, Unlisted) or type(value) in (due, Unlisted):
        yield from misplaced(value, path)
    else:
        yield path, f"expected {due.__name__}{why}, found {type(value).__name__}"
