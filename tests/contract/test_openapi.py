"""The emulator against its own description, by schemathesis; and the description against records and creations."""

from __future__ import annotations

import itertools
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from reality_jobs import services
from reality_jobs.emulator.app import create_app
from reality_jobs.emulator.generate import StoredJob, generate
from tests.contract.desk import BODIES
from tests.contract.test_emulator import NAMES, PUBLISHED

JOBS = generate(600, seed=3)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BEARER = {"Authorization": "Bearer x"}
FILTERS = ("createdDateTime ge 1970-01-01T00:00:00Z", "state eq 'Success'", "name ne 'x' and type eq 'Full'")
DESCRIPTION: dict[str, Any] = create_app(JOBS).describe("http://emulator")
PATH = {name: path for name, path, *_ in PUBLISHED}

# The operations of the published pages; those on Analysis v1 jobs but for the creation, whose body is not published.
V1 = ("get", "post", "get {id}", "delete {id}", "patch {id}", "get {id}/progress")
V2 = ("get", "post", "get {id}", "delete {id}", "get {id}/progress", "get {id}/messages")
OPERATIONS = [
    (name, method, f"/{place}" if place else "")
    for name, _, version, *_ in PUBLISHED
    for method, _, place in (text.partition(" ") for text in (V1 if version == "v1" else V2))
    if (name, method) != ("analysis-v1", "post")
]


def stored(name: str) -> list[StoredJob]:
    return [job for job in JOBS if job.service == name]


def validator(name: str, method: str, part: str) -> jsonschema_rs.Validator:
    """Of what is sent with a method of the address of lists, or is answered with."""
    described = DESCRIPTION["paths"][f"{PATH[name]}/jobs"][method]
    holder = described["requestBody"] if part == "request" else described["responses"][part]
    schema = holder["content"]["application/json"]["schema"]
    return jsonschema_rs.validator_for(schema | {"components": DESCRIPTION["components"]})


def test_the_published_operations_are_described() -> None:
    described = [(m, p) for p, item in DESCRIPTION["paths"].items() for m in item if m != "parameters"]
    assert sorted(described) == sorted((method, f"{PATH[name]}/jobs{place}") for name, method, place in OPERATIONS)


@pytest.mark.parametrize(("name", "method", "place"), OPERATIONS)
def test_answers_are_as_described(name: str, method: str, place: str) -> None:
    # Each look at the clock is 20 s after the last one, so that jobs get on with their lives.
    ticking = itertools.count(1_795_000_000, 20)
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(JOBS, now=lambda: float(next(ticking))))
    schema.config.generation.update(with_security_parameters=False)
    operation = schema[f"{PATH[name]}/jobs{place}"][method.upper()]
    ended = services.get(name).final_states if method in ("patch", "delete") else ()
    ids = [str(job.raw["id"]) for job in stored(name) if job.raw["state"] not in ended]
    statuses = set()

    # The same examples each time, whichever they are: what gates a change must not fail by chance.
    @settings(max_examples=20, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        chosen: dict[str, Any] = {}
        wrong = data.draw(st.integers(0, 4)) == 0
        if place and not wrong:
            chosen["path_parameters"] = {"id": data.draw(st.sampled_from(ids))}
        elif method == "get" and not wrong:
            chosen["query"] = {"$filter": data.draw(st.sampled_from(FILTERS))}
        mode = GenerationMode.NEGATIVE if wrong and method in ("post", "patch") else GenerationMode.POSITIVE
        case = data.draw(operation.as_strategy(mode, **chosen))
        statuses.add(case.call_and_validate(headers=BEARER, checks=CHECKS).status_code)

    ask()
    assert min(statuses) < 300 <= max(statuses), statuses


def test_it_is_there_for_everyone() -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(JOBS))
    assert schema.raw_schema["paths"] == DESCRIPTION["paths"]
    assert schema.raw_schema["servers"] == [{"url": "http://testserver"}]


@pytest.mark.parametrize("name", NAMES)
def test_records_are_as_described(name: str) -> None:
    whole = validator(name, "get", "200")
    jobs = [job.raw for job in stored(name)]
    assert whole.is_valid({"jobs": jobs})
    assert not whole.is_valid({"jobs": [dict(jobs[0]) | {"state": "unheard of"}]})
    assert not whole.is_valid({"jobs": [{key: value for key, value in jobs[0].items() if key != "id"}]})


@pytest.mark.parametrize("name", BODIES)
def test_creations_are_as_described(name: str) -> None:
    body = validator(name, "post", "request")
    assert body.is_valid(BODIES[name])
    assert not body.is_valid(BODIES[name] | {"type": "unheard of"})
    assert not body.is_valid(BODIES[name] | {"nothing": "published"})
    assert not body.is_valid({key: value for key, value in BODIES[name].items() if key != "type"})


def test_with_no_jobs_there_is_no_example() -> None:
    described: Any = create_app([]).describe("http://emulator")
    parameters = described["paths"]["/contextcapture/jobs/{id}"]["parameters"]
    assert parameters == [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
