"""JSON to models and back. cattrs is loaded by the first `structure`, and its errors stay here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ... import services
from ...errors import InvalidRecord, InvalidSpec
from .base import Bare, Creation, Model
from .catalogue import JOBS, JobModel
from .shape import shape

M = TypeVar("M", bound=Model)


def structure(raw: Mapping[str, object], service: str) -> JobModel:
    """A job's record as its service's model.

    Unknown keys, enumeration values and types are kept. Raises InvalidRecord: where one place is wrong, with its path;
    where several are, its reason holds them all, a line each.
    """
    return structure_as(raw, JOBS[services.get(service).name])


def structure_as(raw: object, model: type[M]) -> M:
    """Any JSON object as a model: a `Progress`, `Messages`, or a creation (then what is wrong is an InvalidSpec)."""
    from .hooks import BaseValidationError, Mismatch, converter, problems

    try:
        return converter().structure(raw, model)
    except (BaseValidationError, Mismatch) as error:
        wrong = tuple(problems(error))
        if issubclass(model, Creation):
            raise InvalidSpec(wrong) from error
        if len(wrong) == 1:
            ((path, reason),) = wrong
            raise InvalidRecord(reason, path) from error
        raise InvalidRecord(str(InvalidSpec(wrong))) from error


def unstructure(model: Model) -> dict[str, object]:
    """The JSON object that a model was read from, or that is to be sent: None only where `nulls` has the attribute."""
    record = dict(model.unknown)
    for place in shape(type(model)).values():
        value = getattr(model, place.name)
        if value is not None or place.name in model.nulls:
            record[place.wire] = _plain(value)
    return record


def _plain(value: object) -> object:
    match value:
        case Model():
            return unstructure(value)
        case Bare():
            return value[0]
        case tuple() | list():
            return [_plain(item) for item in value]
        case str():
            return str(value)  # an Instant, too
        case _:
            return value
