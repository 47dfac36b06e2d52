"""What is wrong with a creation, by the published schemas, before it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ... import services
from ...errors import InvalidSpec
from . import modeling_v2
from .base import Creation, Model, Unlisted
from .rules import OneOf
from .shape import Kind, shape
from .structuring import structure_as, unstructure

Problem = tuple[str, str]
"""A path and a reason."""


def check(creation: Creation) -> tuple[Problem, ...]:
    """Every wrong place: a missing key, a wrong type, a value out of range or not listed, an unpublished key.

    What the service alone can tell is not looked at: whether ids exist, what an account may do. The published lists
    grow: what this refuses, a newer service may take.
    """
    wrong: dict[str, str] = {}
    raw = unstructure(creation)
    try:
        # Specifications made for another type show here.
        creation = structure_as(raw, type(creation))
    except InvalidSpec as error:
        wrong |= dict(error.problems)
    for path, reason in (*_walk(creation, "$"), *_by_type(raw, creation.service)):
        wrong.setdefault(path, reason)
    return tuple(wrong.items())


def _walk(model: Model, path: str) -> Iterator[Problem]:
    places = shape(type(model))
    if not isinstance(model, Unlisted):
        for key in model.unknown:
            yield f"{path}.{key}", f"is no published key; those are {', '.join(places)}"
    for place in places.values():
        yield from _value(getattr(model, place.name), place.kind, f"{path}.{place.wire}")


def _value(value: object, kind: Kind, path: str) -> Iterator[Problem]:
    if isinstance(value, Model):
        yield from _walk(value, path)
    elif isinstance(value, tuple) and kind.item is not None:
        for index, item in enumerate(value):
            yield from _value(item, kind.item, f"{path}[{index}]")
    elif value is not None:
        yield from ((path, reason) for rule in kind.rules if (reason := rule.problem(value)) is not None)


def _by_type(raw: Mapping[str, object], service: str) -> Iterator[Problem]:
    """The type itself, and the names of the outputs that a type of Modeling v2 has."""
    job_type = raw.get("type")
    reason = OneOf(services.get(service).enumerations["type"]).problem(job_type)
    if reason is not None:
        yield "$.type", reason
    elif service == "modeling-v2" and shape(modeling_v2.CREATIONS[str(job_type)])["outputs"].kind.core is tuple:
        specifications = raw.get("specifications")
        outputs = specifications.get("outputs") if isinstance(specifications, Mapping) else None
        made = shape(modeling_v2.SPECIFICATIONS[str(job_type)])["outputs"].kind.core
        names = OneOf(tuple(shape(made)))
        for index, name in enumerate(outputs if isinstance(outputs, list) else ()):
            if (reason := names.problem(name)) is not None:
                yield f"$.specifications.outputs[{index}]", reason
