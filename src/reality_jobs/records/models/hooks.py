"""cattrs, taught our models: strict types, unknown keys and nulls kept, classes chosen by another field.

Imported by the first `structure` only, since it loads cattrs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import get_args

from attrs import evolve
from cattrs import AttributeValidationNote, BaseValidationError, Converter, IterableValidationNote
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.gen import make_dict_structure_fn, override

from ...instants import read_ticks
from ..reading import json_kind
from .base import Bare, Instant, Model
from .naming import wire_name
from .shape import BOOKKEEPING, is_array, is_enumeration, shape

__all__ = ["BaseValidationError", "Mismatch", "converter", "problems"]


class Mismatch(ValueError):
    """A value of the wrong type: its message is the reason."""

    def __init__(self, wanted: str, value: object) -> None:
        super().__init__(f"expected {wanted}, found {json_kind(value)}")


@cache
def converter() -> Converter:
    """Strict where cattrs by itself would convert: a number is no text."""
    made = Converter()
    for kind, hook in ((str, _text), (Instant, _instant), (bool, _boolean), (int, _integer), (float, _number)):
        made.register_structure_hook(kind, hook)
    made.register_structure_hook_func(lambda hint: hint is object, lambda value, _: value)
    made.register_structure_hook_func(is_enumeration, _text)
    made.register_structure_hook_factory(is_array, _array_hook)
    made.register_structure_hook_factory(lambda hint: isinstance(hint, type) and issubclass(hint, Model), _hook)
    return made


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise Mismatch("text", value)
    return value


def _instant(value: object, _: object) -> Instant:
    text = Instant(_text(value, str))
    try:
        read_ticks(text)
    except ValueError as error:
        raise ValueError(f"{error}, found {str(text)!r}") from error
    return text


def _boolean(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise Mismatch("true or false", value)
    return value


def _number(value: object, _: object) -> float:
    # An integer stays one: as JSON, 56 is to come back as 56.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Mismatch("a number", value)
    return value


def _integer(value: object, _: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise Mismatch("a whole number", value)
    return int(value)


def _array_hook(hint: type, cattrs: Converter) -> Callable[[object, object], object]:
    (item,) = get_args(hint)
    many = tuple[item, ...]  # type: ignore[valid-type]
    structured = homogenous_tuple_structure_factory(many, cattrs)
    of_texts = item is str

    def array(value: object, _: object) -> object:
        if of_texts and isinstance(value, str):
            return Bare((value,))
        if not isinstance(value, list | tuple):
            raise Mismatch("an array", value)
        return structured(value, many)

    return array


def _hook(model: type[Model], cattrs: Converter) -> Callable[[object, object], Model]:
    """Published keys by cattrs; nulls and unknown keys beside them."""
    places = shape(model)
    choice = next((place.choice for place in places.values() if place.choice is not None), None)
    functions: dict[type[Model] | None, Callable[..., Model]] = {}

    def structured(value: object, _: object) -> Model:
        if not isinstance(value, Mapping):
            raise Mismatch("an object", value)
        known: dict[str, object] = {}
        unknown: dict[str, object] = {}
        nulls: set[str] = set()
        for key, item in value.items():
            place = places.get(key)
            if place is None:
                unknown[key] = item
            elif item is None and not place.required:
                nulls.add(place.name)
            else:
                known[key] = item
        picked = None if choice is None else choice.model(value.get(wire_name(choice.by)))
        if picked not in functions:
            functions[picked] = _published(model, picked, cattrs)
        made = functions[picked](known, model)
        return evolve(made, unknown=unknown, nulls=frozenset(nulls)) if unknown or nulls else made

    return structured


def _published(model: type[Model], picked: type[Model] | None, cattrs: Converter) -> Callable[..., Model]:
    """What cattrs makes for a class, one for each choice of a field that depends on another."""
    overrides = {name: override(omit=True) for name in BOOKKEEPING}
    for place in shape(model).values():
        hook = partial(_as, cattrs, picked) if place.choice and picked else None
        overrides[place.name] = override(rename=place.wire, struct_hook=hook)
    return make_dict_structure_fn(model, cattrs, **overrides)  # type: ignore[arg-type]


def _as(cattrs: Converter, model: type[Model], value: object, _: object) -> Model:
    return cattrs.structure(value, model)


def problems(error: Exception, path: str = "$") -> Iterator[tuple[str, str]]:
    """Every wrong place in what cattrs raised: its path, by wire names, and the reason."""
    if not isinstance(error, BaseValidationError):
        yield path, "is missing" if isinstance(error, KeyError) else str(error)
        return
    for inner in error.exceptions:
        place = path
        for note in getattr(inner, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                place = f"{path}.{wire_name(note.name)}"
            elif isinstance(note, IterableValidationNote):
                place = f"{path}[{note.index}]"
        yield from problems(inner, place)
