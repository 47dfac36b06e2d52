"""`recognise` and `Job`: records of every shape, and the odd ones."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from reality_jobs import InvalidRecord, Job
from reality_jobs.records import recognise

ID, TWIN, DATA, MADE = (f"{n}0000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3, 4))
TICKS = 17_192_340_000_000_000  # 2024-06-24T13:00:00Z

SHARED = {"id": ID, "iTwinId": TWIN, "name": "bridge"}
V1 = {**SHARED, "email": "ann@example.com", "createdDateTime": "2024-06-24T13:00:00Z", "lastModifiedDateTime": "x"}
V2 = {**SHARED, "userId": "u-1", "executionInfo": {"createdDateTime": "2024-06-24T13:00:00.0000001+00:00"}}

RECORDS: dict[str, dict[str, Any]] = {
    "modeling-v1": {
        **V1,
        "type": "Full",
        "state": "success",
        "location": "East US",
        "workspaceId": "w",
        "inputs": [{"id": DATA, "description": "photos"}],
        "jobSettings": {"quality": "Medium", "outputs": [{"format": "3MX", "id": MADE}, {"format": "LAS", "id": None}]},
    },
    "modeling-v2": {
        **V2,
        "type": "Reconstruction",
        "state": "Success",
        "specifications": {
            "inputs": {"scene": DATA, "presets": ["p"]},
            "outputs": {"exports": [{"format": "OBJ", "location": MADE}]},
        },
    },
    "conversion-v2": {
        **V2,
        "type": "PointCloudOptimization",
        "state": "Success",
        "specifications": {"inputs": {"pointClouds": [DATA]}, "output": MADE},
    },
    "conversion-v1": {
        **V1,
        "type": "Conversion",
        "state": "success",
        "dataCenter": "EastUs",
        "inputs": [{"type": "LAS", "id": DATA}],
        "outputs": [{"type": "OPC", "id": MADE}],
    },
    "analysis-v1": {
        **V1,
        "type": "objects2D",
        "state": "success",
        "dataCenter": "EastUs",
        "inputs": [{"type": "photos", "id": DATA}],
        "outputs": [{"type": "objects2D", "id": MADE}, {"type": "objects3D"}],
    },
    "analysis-v2": {
        **V2,
        "type": "Objects2D",
        "state": "Success",
        "specifications": {"inputs": {"photos": DATA, "photoObjectDetector": "d/1.0"}, "outputs": {"objects2D": MADE}},
    },
}


@pytest.mark.parametrize("service", RECORDS)
def test_a_published_shape(service: str) -> None:
    record = RECORDS[service]
    job = Job.of(record)
    assert job == Job.of(record, service) == Job(service, record)
    old = service.endswith("v1")
    assert (job.service, job.id, job.itwin_id, job.name) == (service, ID, TWIN, "bridge")
    assert (job.email, job.user_id) == (("ann@example.com", None) if old else (None, "u-1"))
    assert (job.type, job.state) == (record["type"], "success" if old else "Success")
    assert job.created_ticks == (TICKS if old else TICKS + 1)
    assert job.created_date_time == datetime(2024, 6, 24, 13, tzinfo=UTC)
    assert (job.input_ids, job.output_ids) == ((DATA,), (MADE,))
    assert job.raw is record
    assert str(job) == f"{service}/{ID}"
    assert "bridge" not in repr(job)
    assert pickle.loads(pickle.dumps(job)) == copy.deepcopy(job) == job  # noqa: S301
    assert len({job, Job.of(dict(record))}) == 1


@pytest.mark.parametrize("service", [*RECORDS, None])
def test_a_record_without_anything(service: str | None) -> None:
    job = Job(service, {})
    assert [job.id, job.itwin_id, job.name, job.email, job.user_id, job.type, job.state] == [None] * 7
    assert (job.created_ticks, job.created_date_time, job.input_ids, job.output_ids) == (None, None, (), ())


def test_a_mapping_of_no_known_shape() -> None:
    job = Job.of(
        {"id": ID, "email": "a@b", "createdDateTime": "2024-06-24T13:00:00Z", "inputId": [DATA], "outputId": MADE}
    )
    assert (job.service, job.id, job.email, job.created_ticks) == (None, ID, "a@b", TICKS)
    assert (job.input_ids, job.output_ids) == ((DATA,), (MADE,))
    assert str(job) == f"?/{ID}"


def test_unknown_types_states_and_keys_are_kept() -> None:
    record = {**RECORDS["modeling-v2"], "type": "BrandNew", "state": "Paused", "_links": None, "extra": {"a": [1]}}
    job = Job.of(record)
    assert (job.service, job.type, job.state) == ("modeling-v2", "BrandNew", "Paused")
    assert job.raw["extra"] == {"a": [1]}


ODD: list[tuple[str, str, dict[str, Any], str]] = [
    ("modeling-v1", "name", {"name": 5}, "$.name: expected text, found the number 5"),
    ("modeling-v1", "state", {"state": True}, "$.state: expected text, found true"),
    ("modeling-v2", "id", {"id": {}}, "$.id: expected text, found an object"),
    (
        "modeling-v2",
        "created_ticks",
        {"executionInfo": []},
        "$.executionInfo.createdDateTime: expected an object, found an array",
    ),
    (
        "modeling-v2",
        "created_date_time",
        {"executionInfo": {"createdDateTime": "2024-02-30T00:00:00Z"}},
        "$.executionInfo.createdDateTime: there is no day 30 in 2024-02",
    ),
    (
        "modeling-v1",
        "created_date_time",
        {"createdDateTime": "yesterday"},
        "$.createdDateTime: not a date-time like 2024-06-24T13:00:00Z",
    ),
    ("modeling-v1", "input_ids", {"inputs": [{"id": 5}]}, "$.inputs[].id: expected text, found the number 5"),
    ("modeling-v1", "output_ids", {"jobSettings": "x"}, "$.jobSettings.outputs[].id: expected an object, found text"),
    (
        "modeling-v2",
        "input_ids",
        {"specifications": {"inputs": 1.5}},
        "$.specifications.inputs: expected an object, found the number 1.5",
    ),
]


@pytest.mark.parametrize(("service", "attribute", "record", "message"), ODD, ids=[x[3][:50] for x in ODD])
def test_a_value_of_the_wrong_type(service: str, attribute: str, record: dict[str, Any], message: str) -> None:
    job = Job(service, record)
    with pytest.raises(InvalidRecord) as caught:
        getattr(job, attribute)
    assert str(caught.value) == message
    others = [a for a in ("id", "itwin_id", "name", "type", "state", "user_id") if a != attribute]
    assert [getattr(job, a) for a in others] == [None] * len(others)


# Recognition.

SHAPES: list[tuple[str, dict[str, Any], str | None]] = [
    ("nothing", {}, None),
    ("the nine names", {"id": ID, "state": "success", "type": "Full", "inputId": []}, None),
    ("one mark is enough", {"workspaceId": "w"}, "modeling-v1"),
    ("even a null one", {"jobSettings": None}, "modeling-v1"),
    ("a type alone is none", {"type": "Objects2D"}, None),
    ("the type decides among v1", {"inputs": [], "type": "ImportFeatures"}, "conversion-v1"),
    ("the type decides among v1 again", {"inputs": [], "type": "changeDetection"}, "analysis-v1"),
    (
        "the type beats the marks",
        {"workspaceId": "w", "location": "x", "inputs": [], "type": "objects2D"},
        "analysis-v1",
    ),
    ("a type of another case is unlisted", {"specifications": {}, "type": "objects2D"}, "modeling-v2"),
    ("a type that two v1 services could have", {"inputs": [], "type": "Calibration"}, "modeling-v1"),
    ("the same name in v2", {"specifications": {}, "type": "Calibration"}, "modeling-v2"),
    ("an unlisted v1 type", {"inputs": [], "outputs": [], "type": "New"}, "conversion-v1"),
    ("v1 without its own marks", {"inputs": [], "lastModifiedDateTime": "x"}, "modeling-v1"),
    ("an unlisted v2 type", {"specifications": {"outputs": {}}, "type": "New"}, "modeling-v2"),
    ("an unlisted v2 type with one output", {"specifications": {"output": "x"}, "type": "New"}, "conversion-v2"),
    ("v2 by its times", {"executionInfo": {}, "type": "MeshSampling"}, "conversion-v2"),
    ("odd holders", {"specifications": "x", "type": "EvalO2D"}, "analysis-v2"),
    ("an odd type", {"specifications": {}, "type": ["EvalO2D"]}, "modeling-v2"),
]


@pytest.mark.parametrize(("record", "service"), [x[1:] for x in SHAPES], ids=[x[0] for x in SHAPES])
def test_recognition(record: dict[str, Any], service: str | None) -> None:
    found = recognise(record)
    assert (found.name if found else None) == service
    assert Job.of(record).service == service


def test_a_named_service_decides() -> None:
    ambiguous = {"specifications": {"output": MADE}, "type": "New"}
    assert Job.of(ambiguous).output_ids == (MADE,)
    assert Job.of(ambiguous, "analysis-v2").output_ids == ()
    with pytest.raises(ValueError, match=r"^unknown service 'v2'; the services are "):
        Job.of(ambiguous, "v2")
