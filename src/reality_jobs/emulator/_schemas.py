"""JSON Schemas of the typed models, as OpenAPI 3.1 has them. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .. import services
from ..records.models import Creation, Instant, Model
from ..records.models.parts import Job
from ..records.models.rules import Between, Length, Matches, OneOf, Rule
from ..records.models.shape import Kind, Place, shape

Schema = dict[str, object]

_TYPES: Mapping[type, Schema] = {
    str: {"type": "string"},
    Instant: {"type": "string", "format": "date-time"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    object: {},
}


class Schemas:
    """The schemas of one direction, by name: of what is sent to a service, or of what it answers with.

    An answer may hold keys that no page lists, null in place of what may be missing, and a bare text in place of a list
    of one; what is sent may hold what `check` lets through.
    """

    def __init__(self, sent: bool) -> None:
        self._sent = sent
        self._prefix = "Sent" if sent else ""
        self.named: dict[str, Schema] = {}

    def of(self, model: type[Model]) -> Schema:
        """A reference to the schema of a model class."""
        name = f"{self._prefix}{model.__name__.removeprefix('_')}"
        if name not in self.named:
            self.named[name] = {}
            self.named[name] = self._object(model)
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, model: type[Model]) -> Schema:
        places = shape(model)
        choice = next((place.choice for place in places.values() if place.choice is not None), None)
        if choice is None:
            return self._keys(model, {})
        by = next(place for place in places.values() if place.name == choice.by)
        values = _listed(model, by)
        return {"oneOf": [self._keys(model, {by.wire: value}) for value in values]}

    def _keys(self, model: type[Model], fixed: Mapping[str, str]) -> Schema:
        """An object; where a key's class depends on another key, for one value of that."""
        schema: Schema = {"type": "object", "properties": dict(self._properties(model, fixed))}
        required = [place.wire for place in shape(model).values() if place.required]
        if required:
            schema["required"] = required
        if self._sent and model.closed:
            schema["additionalProperties"] = False
        return schema

    def _properties(self, model: type[Model], fixed: Mapping[str, str]) -> Iterator[tuple[str, Schema]]:
        for wire, place in shape(model).items():
            if wire in fixed:
                schema: Schema = {"const": fixed[wire]}
            elif place.choice is not None:
                schema = self.of(place.choice.model(next(iter(fixed.values()))))
            else:
                schema = self._value(place.kind)
                if listed := _of_service(model, wire):
                    schema |= {"enum": list(listed)}
            null = not place.required and (model.nullable or not self._sent)
            yield wire, {"anyOf": [schema, {"type": "null"}]} if null else schema

    def _value(self, kind: Kind) -> Schema:
        if kind.item is not None:
            array: Schema = {"type": "array", "items": self._value(kind.item)}
            bare = kind.item.core is str and not self._sent
            return {"anyOf": [array, {"type": "string"}]} if bare else array
        if issubclass(kind.core, Model):
            return self.of(kind.core)
        schema = dict(_TYPES[kind.core])
        for rule in kind.rules:
            schema |= _ruled(rule)
        return schema


def _ruled(rule: Rule) -> Schema:
    """What JSON Schema says of a rule; nothing where it cannot."""
    match rule:
        case OneOf(values):
            return {"enum": list(values)}
        case Between(minimum, maximum):
            return {"minimum": minimum} if maximum is None else {"minimum": minimum, "maximum": maximum}
        case Matches(pattern):
            return {"pattern": f"^(?:{pattern})$"}
        case Length(minimum, maximum):
            return {"minLength": minimum, "maxLength": maximum}
        case _:
            return {}


def _listed(model: type[Model], place: Place) -> tuple[str, ...]:
    """The values of an enumeration on which the class of another key depends."""
    known = next((rule.values for rule in place.kind.rules if isinstance(rule, OneOf)), ())
    return known or _of_service(model, place.wire)


def _of_service(model: type[Model], wire: str) -> tuple[str, ...]:
    """What a service lists for the types and states of its jobs."""
    if issubclass(model, Job | Creation) and wire in ("type", "state"):
        return services.get(model.service).enumerations[wire]
    return ()
