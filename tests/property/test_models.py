"""Records of every type, drawn from the models' own schemas: read and written back the same; every wrong path told."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reality_jobs import InvalidRecord, InvalidSpec, services
from reality_jobs.records.models import (
    CREATIONS,
    JOBS,
    Creation,
    Model,
    Unlisted,
    check,
    structure,
    structure_as,
    unstructure,
)
from reality_jobs.records.models.base import Instant
from reality_jobs.records.models.rules import OneOf
from reality_jobs.records.models.shape import Kind, Place, shape
from tests.strategies import date_times, ticks

TEXTS = st.text(max_size=8)
NUMBERS = st.integers() | st.floats(allow_nan=False) | st.sampled_from([10**400, 1.0, -0.0])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
# Among them what the models call their own attributes.
KEYS = st.sampled_from(["unknown", "nulls", "created_date_time", "itwinId", "iTwinID", "self", "", "$"]) | TEXTS
WRONG: dict[type, tuple[object, ...]] = {
    str: (5, True, [], {}),
    Instant: ("soon", "2024-06-24", 5),
    bool: ("true", 0),
    int: (1.5, False, "1"),
    float: (True, "1", [1]),
    tuple: ({}, 5),
    Model: (7, "{}", [], False),
}


class Drawn:
    """One JSON object in the making; where it is to be wrong, `wrong` holds the paths."""

    def __init__(self, draw: st.DrawFn, spoiled: bool) -> None:
        self.draw = draw
        self.spoiled = spoiled
        self.wrong: set[str] = set()

    def chance(self, one_in: int) -> bool:
        return self.draw(st.integers(1, one_in)) == one_in

    def spoils(self, path: str) -> bool:
        if not self.spoiled or not self.chance(12):
            return False
        self.wrong.add(path)
        return True

    def model(self, model: type[Model], path: str, job_type: str | None = None) -> object:
        if model is Unlisted:
            return self.draw(st.dictionaries(KEYS, JSON, max_size=3))
        places = shape(model)
        record: dict[str, object] = {}
        # What others depend on comes first.
        for place in sorted(places.values(), key=lambda place: place.choice is not None):
            self.field(place, record, f"{path}.{place.wire}", job_type)
        unlisted = self.draw(st.dictionaries(KEYS, JSON, max_size=2))
        return {key: value for key, value in unlisted.items() if key not in places} | record

    def field(self, place: Place, record: dict[str, object], path: str, job_type: str | None) -> None:
        if not place.required and self.chance(2):
            if self.chance(3):
                record[place.wire] = None
        elif place.required and self.spoils(path):
            if self.chance(2):
                record[place.wire] = None
        elif place.wire == "type" and job_type is not None:
            record["type"] = job_type
        elif place.choice is not None:
            if self.spoils(path):
                record[place.wire] = self.draw(st.sampled_from(WRONG[Model]))
            else:
                record[place.wire] = self.model(place.choice.model(record.get(place.choice.by)), path)
        else:
            record[place.wire] = self.value(place.kind, path)

    def value(self, kind: Kind, path: str) -> object:
        if kind.core is object:
            return self.draw(JSON.filter(lambda value: value is not None))
        if self.spoils(path):
            return self.draw(st.sampled_from(WRONG.get(kind.core, WRONG[Model])))
        if issubclass(kind.core, Model):
            return self.model(kind.core, path)
        if kind.item is not None:
            if kind.item.core is str and not kind.item.rules and self.chance(5):
                return self.draw(TEXTS)
            item = kind.item
            return [self.value(item, f"{path}[{index}]") for index in range(self.draw(st.integers(0, 2)))]
        listed = [st.sampled_from(rule.values) for rule in kind.rules if isinstance(rule, OneOf)]
        return self.draw(st.one_of(*listed, self.plain(kind.core)))

    def plain(self, core: type) -> st.SearchStrategy[object]:
        if core is Instant:
            return ticks().flatmap(date_times)
        whole = st.integers() | st.integers(-99, 99).map(float) | st.just(10**400)
        return {str: TEXTS, bool: st.booleans(), int: whole, float: NUMBERS}[core]


def types(service: str) -> st.SearchStrategy[str]:
    return st.sampled_from(services.get(service).enumerations["type"]) | TEXTS


@st.composite
def documents(draw: st.DrawFn, model: type[Model], service: str, spoiled: bool = False) -> tuple[Any, set[str]]:
    drawn = Drawn(draw, spoiled)
    return drawn.model(model, "$", draw(types(service))), drawn.wrong


ALL = [(name, model) for table in (JOBS, CREATIONS) for name, model in table.items()]
every_model = pytest.mark.parametrize(("service", "model"), ALL, ids=lambda value: getattr(value, "__name__", value))


@every_model
@given(data=st.data())
def test_a_round_trip_changes_nothing(service: str, model: type[Model], data: st.DataObject) -> None:
    record, _ = data.draw(documents(model, service))
    before = copy.deepcopy(record)
    read = structure_as(record, model)
    assert unstructure(read) == before == record
    assert json.loads(json.dumps(unstructure(read))) == json.loads(json.dumps(record))
    assert pickle.loads(pickle.dumps(read)) == read  # noqa: S301
    assert structure_as(unstructure(read), model) == read


@every_model
@given(data=st.data())
def test_every_wrong_path_is_told(service: str, model: type[Model], data: st.DataObject) -> None:
    record, wrong = data.draw(documents(model, service, spoiled=True))
    try:
        creation = structure_as(record, model)
    except InvalidRecord as error:
        told = [path for path, _ in error.problems]
        assert (sorted(told), model in JOBS.values()) == (sorted(wrong), True)
    except InvalidSpec as error:
        told = [path for path, _ in error.problems]
        assert (len({*told}), wrong - {*told}) == (len(told), set())
    else:
        assert wrong == set()
        assert not isinstance(creation, Creation) or check(creation) is not None


@pytest.mark.parametrize("service", CREATIONS)
@given(data=st.data())
def test_what_a_check_refuses_is_told_of_json_and_of_models_alike(service: str, data: st.DataObject) -> None:
    record, _ = data.draw(documents(CREATIONS[service], service))
    told = check(structure_as(record, CREATIONS[service]))
    assert all(path.startswith("$.") and reason for path, reason in told)
    # What cannot be read is told of with all that a check would have found.
    with pytest.raises(InvalidSpec) as caught:
        structure_as(record | {"name": 5}, CREATIONS[service])
    assert {path for path, _ in caught.value.problems} == {path for path, _ in told} | {"$.name"}


@pytest.mark.parametrize(
    ("service", "job_type"),
    [(name, job_type) for name in JOBS for job_type in services.get(name).enumerations["type"]],
)
@settings(max_examples=settings.default.max_examples // 10)  # for each of some fifty types
@given(data=st.data())
def test_every_listed_type_has_a_model_of_its_own(service: str, job_type: str, data: st.DataObject) -> None:
    record = Drawn(data.draw, spoiled=False).model(JOBS[service], "$", job_type)
    assert isinstance(record, dict)
    job = structure(record, service)
    assert unstructure(job) == record
    assert not isinstance(getattr(job, "specifications", None), Unlisted)
