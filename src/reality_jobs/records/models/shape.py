"""The schema of a model class, read off its annotations: what `structure`, `unstructure` and `check` go by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from types import NoneType, UnionType
from typing import Annotated, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from attrs import NOTHING, fields, fields_dict, frozen

from ...schema import normalise_enumeration
from .base import Model, Unlisted
from .naming import wire_name
from .rules import OneOf, Rule

CHOICE: Final = "choice"
"""Key of a field's metadata."""

BOOKKEEPING: Final = tuple(fields_dict(Model))
"""Attributes that are no keys."""


@frozen
class Choice:
    """A field whose class depends on another field of the same object: the `type` of a job, the `format` of an export.

    A value that the table does not list, in any case, gives an Unlisted.
    """

    by: str
    """An attribute."""
    table: Mapping[str, type[Model]]
    """By values in lower case."""

    def model(self, value: object) -> type[Model]:
        return self.table.get(normalise_enumeration(value), Unlisted) if isinstance(value, str) else Unlisted


@frozen
class Kind:
    """A value's JSON type and rules. `core` is str, Instant, bool, int, float, object, tuple or a model class."""

    core: type
    rules: tuple[Rule, ...] = ()
    item: Kind | None = None
    """The kind of a tuple's elements; any sequence is one."""


@frozen
class Place:
    """One field of a model, and its key on the wire."""

    name: str
    wire: str
    kind: Kind
    required: bool
    choice: Choice | None


def shape(model: type[Model]) -> Mapping[str, Place]:
    """The published fields of a model class, by wire name."""
    known = _SHAPES.get(model)
    if known is None:
        known = _SHAPES[model] = {place.wire: place for place in _places(model)}
    return known


def chosen(by: str, table: Mapping[str, type[Model]]) -> Mapping[str, Choice]:
    """The metadata of a field that has a Choice."""
    return {CHOICE: Choice(by, {normalise_enumeration(value): model for value, model in table.items()})}


def is_enumeration(hint: object) -> bool:
    """Whether it is `Literal[...] | str`, perhaps with None: the listed values, and those of tomorrow."""
    arguments = get_args(hint)
    return _is_union(hint) and str in arguments and any(get_origin(a) is Literal for a in arguments)


def is_array(hint: object) -> bool:
    return get_origin(hint) is Sequence


_SHAPES: Final[dict[type[Model], Mapping[str, Place]]] = {}


def _places(model: type[Model]) -> Iterator[Place]:
    hints, variables = get_type_hints(model, include_extras=True), dict(_variables(model))
    for attribute in fields(model):
        if attribute.name not in BOOKKEEPING:
            yield Place(
                name=attribute.name,
                wire=wire_name(attribute.name),
                kind=_kind(_bound(hints[attribute.name], variables)),
                required=attribute.default is NOTHING,
                choice=attribute.metadata.get(CHOICE),
            )


def _kind(hint: object) -> Kind:
    if is_enumeration(hint):
        return Kind(str, (OneOf(next(get_args(a) for a in get_args(hint) if get_origin(a) is Literal)),))
    if get_origin(hint) is Annotated:
        inner = _kind(get_args(hint)[0])
        return Kind(inner.core, (*inner.rules, *hint.__metadata__), inner.item)  # type: ignore[attr-defined]
    if _is_union(hint):
        there = [a for a in get_args(hint) if a is not NoneType]
        # A union of classes is a choice; which of them, the field's metadata says.
        return _kind(there[0]) if len(there) == 1 else Kind(Model)
    if is_array(hint):
        return Kind(tuple, item=_kind(get_args(hint)[0]))
    if not isinstance(hint, type):
        raise TypeError(f"no JSON type: {hint!r}")
    return Kind(hint)


def _is_union(hint: object) -> bool:
    return get_origin(hint) in (Union, UnionType)


def _variables(model: type) -> Iterator[tuple[object, object]]:
    """What the type variables of generic bases stand for in this class."""
    known: dict[object, object] = {}
    for owner in model.__mro__:
        for base in owner.__dict__.get("__orig_bases__", ()):
            parameters = getattr(get_origin(base), "__parameters__", ())
            known |= dict(zip(parameters, (known.get(a, a) for a in get_args(base)), strict=False))
    yield from known.items()


def _bound(hint: object, variables: Mapping[object, object]) -> object:
    if isinstance(hint, TypeVar):
        return variables[hint]
    if _is_union(hint) and any(isinstance(a, TypeVar) for a in get_args(hint)):
        return reduce(or_, (_bound(a, variables) for a in get_args(hint)))
    return hint
