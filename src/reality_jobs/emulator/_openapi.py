"""The description of the emulator that GET /openapi.json answers with: OpenAPI 3.1, made of services and models.

So it tells what this emulator does, not what the platform publishes. No I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from .. import services
from ..records.models import CREATIONS, JOBS, Messages, Progress
from ..services import Service
from ._living import is_v2
from ._operations import Name, operations
from ._schemas import Schema, Schemas

DESCRIPTION_PATH: Final = "/openapi.json"

_JSON = "application/json"
_TITLES: Mapping[Name, str] = {
    "list": "The jobs that a filter finds",
    "create": "Create a job",
    "get": "One job",
    "change": "Submit or cancel a job",
    "delete": "Delete a job that is not submitted",
    "progress": "How far a job is",
    "messages": "Errors and warnings of a job",
}
_REASONS = {
    "200": "OK",
    "201": "Created",
    "204": "Deleted",
    "400": "The request is no good",
    "401": "No access token, or one that is no good",
    "404": "No such job, iTwin or operation",
    "414": "The request line is too long",
    "422": "The request is no good, or the state of the job does not allow it",
    "429": "Too many requests",
}
_TEXT: Schema = {"type": "string"}
_DETAIL: Schema = {"type": "object", "properties": {"code": _TEXT, "message": _TEXT, "target": _TEXT}}
_ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {**_DETAIL["properties"], "details": {"type": "array", "items": _DETAIL}},  # type: ignore[dict-item]
        }
    },
}
_LINKS: Schema = {"type": ["object", "null"], "properties": {"next": {"type": ["object", "null"]}}}


def describe(base: str, examples: Mapping[str, str]) -> dict[str, object]:
    """The description for an emulator at this address; `examples` has the id of a job of each service."""
    paths, schemas = _described()
    return {
        "openapi": "3.1.0",
        "info": {"title": "Emulator of the reality job APIs", "version": "1"},
        "servers": [{"url": base}],
        "security": [{"bearer": []}],
        "paths": {path: item | _job_id(path, examples) for path, item in paths.items()},
        "components": {"schemas": schemas, "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    }


@cache
def _described() -> tuple[dict[str, Schema], Schema]:
    sent, told = Schemas(sent=True), Schemas(sent=False)
    paths: dict[str, Schema] = {}
    for service in services.ALL.values():
        for (method, place), name in operations(service).items():
            item = paths.setdefault(f"{service.path}/jobs{place}", {})
            item[method.lower()] = _operation(service, name, sent, told)
    return paths, {**sent.named, **told.named, "Error": _ERROR}


def _operation(service: Service, name: Name, sent: Schemas, told: Schemas) -> Schema:
    cancels = name == "delete" and is_v2(service)
    described: Schema = {
        "operationId": f"{service.name}-{name}",
        "tags": [service.title],
        "summary": "Cancel a job" if cancels else _TITLES[name],
        "responses": {status: _response(status, _answer(service, name, told)) for status in _statuses(service, name)},
    }
    if name == "list":
        described["parameters"] = _list_parameters()
    elif name == "create":
        described["requestBody"] = _content(sent.of(CREATIONS[service.name])) | {"required": True}
    elif name == "change":
        bodies = [dict(body) for body in (service.operations.submit, service.operations.cancel) if body]
        described["requestBody"] = _content({"enum": bodies}) | {"required": True}
    return described


def _statuses(service: Service, name: Name) -> list[str]:
    succeeds = {"create": "201", "delete": "200" if is_v2(service) else "204"}.get(name, "200")
    refused = {
        "list": [str(service.bad_request)],
        "create": ["400" if is_v2(service) else "422"],
        "change": ["422"],
        "delete": ["422"],
    }
    return [succeeds, *refused.get(name, []), "401", "404", "414", "429"]


def _answer(service: Service, name: Name, told: Schemas) -> Schema:
    """The body of an answer that is no error."""
    job = told.of(JOBS[service.name])
    match name:
        case "list":
            return _holding("jobs", {"type": "array", "items": job}, _links=_LINKS)
        case "progress":
            return _holding(service.operations.progress, told.of(Progress))
        case "messages":
            return _holding("messages", told.of(Messages))
        case _:
            return _holding("job", job)


def _response(status: str, answer: Schema) -> Schema:
    response: Schema = {"description": _REASONS[status]}
    if status == "204":
        return response
    if status == "429":
        response["headers"] = {"retry-after": {"required": True, "schema": _TEXT}}
    return response | _content(answer if status < "300" else {"$ref": "#/components/schemas/Error"})


def _list_parameters() -> list[Schema]:
    return [
        {"name": "$filter", "in": "query", "required": True, "schema": _TEXT, "example": "state eq 'Success'"},
        {"name": "$top", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}},
        {"name": "continuationToken", "in": "query", "schema": _TEXT},
    ]


def _job_id(path: str, examples: Mapping[str, str]) -> Schema:
    """The parameter of an address that has one; of a service that has a job, with that."""
    if "{id}" not in path:
        return {}
    parameter: Schema = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
    known = next((examples.get(name) for name, s in services.ALL.items() if path.startswith(f"{s.path}/")), None)
    return {"parameters": [parameter | ({"example": known} if known else {})]}


def _content(schema: Schema) -> Schema:
    return {"content": {_JSON: {"schema": schema}}}


def _holding(key: str, schema: Schema, **others: Schema) -> Schema:
    return {"type": "object", "required": [key], "properties": {key: schema, **others}}
