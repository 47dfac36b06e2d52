"""JSON to models and back. cattrs is loaded by the first `structure`, and its errors stay here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ... import services
from ...errors import InvalidRecord, InvalidSpec
from .base import Bare, Creation, Model
from .catalogue import JOBS, JobModel
from .checking import Problem, in_order, misplaced, wrong_values
from .shape import Kind, shape

M = TypeVar("M", bound=Model)


def structure(raw: Mapping[str, object], service: str) -> JobModel:
    """A job's record as its service's model.

    Unknown keys, enumeration values and types are kept. Raises InvalidRecord with every wrong place.
    """
    return structure_as(raw, JOBS[services.get(service).name])


def structure_as(raw: object, model: type[M]) -> M:
    """Any JSON object as a model: a `Progress`, `Messages`, or a creation.

    A creation that cannot be read is an InvalidSpec with all that `check` finds, too; one that can is not checked.
    """
    from .hooks import BaseValidationError, Mismatch, converter, problems

    try:
        return converter().structure(raw, model)
    except (BaseValidationError, Mismatch) as error:
        wrong = dict(problems(error))
        if issubclass(model, Creation):
            raise InvalidSpec(in_order(dict(wrong_values(raw, model)) | wrong)) from error
        raise InvalidRecord.of(in_order(wrong)) from error


def unstructure(model: Model) -> dict[str, object]:
    """The JSON object that a model was read from, or that is to be sent: None only where `nulls` has the attribute."""
    record = dict(model.unknown)
    for place in shape(type(model)).values():
        value = getattr(model, place.name)
        if value is not None or place.name in model.nulls:
            record[place.wire] = _plain(value, place.kind)
    return record


def check(creation: Creation) -> tuple[Problem, ...]:
    """Every wrong place of a creation: a missing key, a wrong type, a value out of range or not listed, an
    unpublished key, a null where none may be.

    Only what is published is refused. Of Reality Modeling v2 and Reality Analysis v2 no complete list of keys is: in
    their specifications, and all that these hold, other keys are let through. The names of the outputs that a creation
    asks for are not listed either. What the service alone can tell is not looked at: whether ids exist, what an account
    may do. The published lists grow: what this refuses, a newer service may take.
    """
    raw = unstructure(creation)
    others = dict(misplaced(creation))
    try:
        structure_as(raw, type(creation))
        wrong = dict(wrong_values(raw, type(creation)))
    except InvalidSpec as error:
        wrong = dict(error.problems)
    # What is in the wrong place is wrong all over.
    below = tuple(f"{path}." for path in others)
    return in_order({path: reason for path, reason in wrong.items() if not path.startswith(below)} | others)


def _plain(value: object, kind: Kind) -> object:
    if kind.core is object:
        return value
    match value:
        case Model():
            return unstructure(value)
        case Bare():
            return value[0]
        case list() | tuple():
            return [_plain(item, kind.item or kind) for item in value]
        case Mapping():  # in place of a model: published keys, that is
            return {key: _plain(item, kind) for key, item in value.items()}
        case str():
            return str.__str__(value)  # an Instant, or a member of an enumeration
        case _:
            return value
