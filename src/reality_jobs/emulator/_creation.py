"""From the body of a creation to the record of the job that it makes. No I/O.

Sources: "Create a new job" (Reality Modeling v1); for the others the schemas of the bodies and of the records. Ids,
costs, data centres and what else a service makes up are our choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import NAMESPACE_URL, uuid5

import msgspec

from ..errors import InvalidSpec
from ..records.models import CREATIONS, JOBS, Creation, Model, check, structure_as, unstructure
from ..records.models.shape import Kind, shape
from ..services import Service
from ._living import Record, is_v2, new_id, time_text
from ._replies import refuse_body
from ._store import User


def created(service: Service, body: bytes, job_id: str, user: User, now: float) -> Record:
    """The record of a new job; raises RefusedError."""
    spec = _checked(service, body)
    record: Record = {"id": job_id, "type": service.spelling("type", str(spec["type"]))}
    record |= {key: spec[key] for key in ("name", "iTwinId") if key in spec}
    if is_v2(service):
        return record | {
            "state": "Queued",
            "userId": user.id,
            "executionInfo": {"createdDateTime": time_text(service, now)},
            "specifications": _specifications(service, spec, job_id),
        }
    moment = time_text(service, now)
    record |= {"state": "unsubmitted", "createdDateTime": moment, "lastModifiedDateTime": moment, "email": user.email}
    return record | (_modeling_v1(spec) if service.name == "modeling-v1" else _conversion_v1(spec, user))


def read_body(service: Service, body: bytes, refused: str) -> object:
    """A request's JSON; raises RefusedError with a message like `Cannot create job.`"""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        raise refuse_body(service, refused, [("$", "expected JSON")]) from None


def _checked(service: Service, body: bytes) -> Record:
    refused = "Cannot create job."
    raw = read_body(service, body, refused)
    try:
        creation: Creation = structure_as(raw, CREATIONS[service.name])
    except InvalidSpec as error:
        raise refuse_body(service, refused, error.problems) from None
    if problems := check(creation):
        raise refuse_body(service, refused, problems)
    return unstructure(creation)


def _modeling_v1(spec: Mapping[str, object]) -> Record:
    """Each workspace has an iTwin of its own."""
    workspace = str(spec["workspaceId"])
    settings = _mapping(spec["settings"])
    record: Record = {
        "iTwinId": str(uuid5(NAMESPACE_URL, f"workspace/{workspace.lower()}")),
        "location": "East US",
        "workspaceId": workspace,
        "inputs": spec["inputs"],
        "jobSettings": settings | {"outputs": [{"format": form, "id": None} for form in _items(settings["outputs"])]},
    }
    if (sizes := spec.get("costEstimationParameters")) is not None:
        record |= {"costEstimationParameters": sizes, "estimatedCost": _cost(sizes)}
    return record


def _conversion_v1(spec: Mapping[str, object], user: User) -> Record:
    record: Record = {
        "dataCenter": "EastUs",
        "ownerId": user.id,
        "inputs": spec["inputs"],
        "outputs": [{"type": form, "id": None} for form in _items(spec["outputs"])],
    }
    if (sizes := spec.get("costEstimationParameters")) is not None:
        record["costEstimation"] = _mapping(sizes) | {"estimatedCost": _cost(sizes)}
    return record | ({"options": spec["options"]} if "options" in spec else {})


def _cost(sizes: object) -> float:
    return round(sum(size for size in _mapping(sizes).values() if isinstance(size, int | float)), 2)


def _specifications(service: Service, spec: Mapping[str, object], job_id: str) -> Record:
    """Those of the body, its outputs made: a v2 record has their ids from the start (its published examples)."""
    given = _mapping(spec["specifications"])
    choice = shape(JOBS[service.name])["specifications"].choice
    places = shape(choice.model(spec["type"])) if choice else {}
    if "output" in places:
        prefix = "fdb:" if _mapping(given.get("options")).get("outputFormat") == "FeatureDB" else ""
        return given | {"output": prefix + new_id(job_id, "output")}
    return given | {"outputs": _outputs(places["outputs"].kind.core, given["outputs"], job_id)}


def _outputs(model: type[Model], asked: object, job_id: str) -> Record:
    """What was asked for, as an object or by names, and what a record of the type always has."""
    if isinstance(asked, Mapping):
        wanted = {wire: value for wire, value in asked.items() if wire in shape(model)}
    else:
        # Names are spelt like the keys, in Analysis v2 with a capital; no complete list of them is published.
        known = {wire.lower(): wire for wire in shape(model)}
        names = [str(name) for name in _items(asked)]
        wanted = {known.get(name.lower(), name[:1].lower() + name[1:]): True for name in names}
    outputs: Record = {}
    for wire in dict.fromkeys((*wanted, *(wire for wire, place in shape(model).items() if place.required))):
        place, value = shape(model).get(wire), wanted.get(wire)
        if place is None:
            outputs[wire] = new_id(job_id, wire)
        elif place.kind.item is not None:
            outputs[wire] = _exports(_items(value), job_id)
        elif value or place.required:
            outputs[wire] = _output(place.kind, wire, job_id)
    return outputs


def _exports(asked: Iterable[object], job_id: str) -> list[Record]:
    return [_mapping(export) | {"location": new_id(job_id, f"exports/{number}")} for number, export in enumerate(asked)]


def _output(kind: Kind, wire: str, job_id: str) -> object:
    made = new_id(job_id, wire)
    if issubclass(kind.core, Model):
        return {key: new_id(job_id, f"{wire}/{key}") for key in shape(kind.core)}
    in_the_bucket = any(rule.problem(made) is not None for rule in kind.rules)
    return f"bkt:jobs/{job_id}/{wire}.json" if in_the_bucket else made


def _mapping(value: object) -> Record:
    return dict(value) if isinstance(value, Mapping) else {}


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()
