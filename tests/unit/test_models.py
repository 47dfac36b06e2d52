"""The typed models: published examples there and back, what is wrong with a record, what is wrong with a creation."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from datetime import UTC, datetime
from enum import StrEnum
from math import inf, nan
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from reality_jobs import InvalidRecord, InvalidSpec, Job, services
from reality_jobs.emulator.generate import generate
from reality_jobs.records.models import (
    CREATIONS,
    JOBS,
    Creation,
    Message,
    Messages,
    Model,
    Progress,
    Unlisted,
    analysis_v2,
    check,
    conversion_v2,
    modeling_v2,
    structure,
    structure_as,
    unstructure,
)
from reality_jobs.records.models.naming import wire_name
from reality_jobs.records.models.shape import shape

PUBLISHED = json.loads(Path(__file__).with_name("published.json").read_text("utf-8"))
JOB_IN_MODELING_V2 = next(record for service, record in PUBLISHED["jobs"] if service == "modeling-v2")
EXAMPLES = dict(PUBLISHED["creations"])


@pytest.mark.parametrize(("service", "record"), PUBLISHED["jobs"])
def test_a_published_job_comes_back_as_it_was(service: str, record: dict[str, Any]) -> None:
    job = structure(record, service)
    assert isinstance(job, JOBS[service])
    assert unstructure(job) == record
    assert _unknown(job) == []


@pytest.mark.parametrize(
    ("model", "body"),
    [(Messages, PUBLISHED["messages"]), *((Progress, progress) for progress in PUBLISHED["progress"])],
)
def test_other_published_bodies_come_back_as_they_were(model: type[Model], body: dict[str, Any]) -> None:
    read = structure_as(body, model)
    assert json.dumps(unstructure(read), sort_keys=True) == json.dumps(body, sort_keys=True)
    assert _unknown(read) == []


@pytest.mark.parametrize(("service", "body"), PUBLISHED["creations"])
def test_a_published_creation_is_right_and_comes_back_as_it_was(service: str, body: dict[str, Any]) -> None:
    creation = structure_as(body, CREATIONS[service])
    assert check(creation) == ()
    assert unstructure(creation) == body
    # Options of Reality Analysis v2 are kept as they are.
    assert _unknown(creation) == (["maxDist", "useTiePoints"] if service == "analysis-v2" else [])


def test_emulated_records_of_every_service_come_back_as_they_were() -> None:
    seen = set()
    for stored in generate(300, 7):
        job = structure(stored.raw, stored.service)
        assert unstructure(job) == stored.raw
        seen.add((stored.service, stored.raw["type"]))
    assert {service for service, _ in seen} == set(JOBS)


def _unknown(value: object) -> list[str]:
    """The unknown keys anywhere in a model."""
    if isinstance(value, tuple):
        return [key for item in value for key in _unknown(item)]
    if not isinstance(value, Model):
        return []
    return [*value.unknown, *(key for name in value.__attrs_attrs__ for key in _unknown(getattr(value, name.name)))]


def test_values_are_typed() -> None:
    job = Job.of(JOB_IN_MODELING_V2).details
    assert isinstance(job, modeling_v2.ModelingV2Job)
    assert isinstance(job.specifications, modeling_v2.FillImagePropertiesSpecifications)
    assert job.specifications.inputs.scene_to_process == "4b72d64d-fa15-4059-b3a6-ef65486e3786"
    assert job.specifications.outputs.scene == "09cc000e-726b-4719-88ee-a6085d5432db"
    assert job.specifications.options is not None
    assert job.specifications.options.altitude_reference == "SeaLevel"
    created = job.execution_info.created_date_time
    assert created == "2025-03-06T09:42:33.0000000+00:00"
    assert created.date_time == datetime(2025, 3, 6, 9, 42, 33, tzinfo=UTC)
    assert created.ticks == 17_412_541_530_000_000
    assert job.execution_info.started_date_time is None


def test_details_are_made_once() -> None:
    job = Job.of(JOB_IN_MODELING_V2)
    assert job.details is job.details


def test_details_of_no_known_shape() -> None:
    with pytest.raises(InvalidRecord) as caught:
        _ = Job.of({"id": "x"}).details
    assert str(caught.value) == "a record of no known shape has no typed model; name its service"


LATE = """
import sys
from reality_jobs import Job
job = Job.of({"id": "x", "type": "Tiling", "executionInfo": {}})
before = "cattrs" in sys.modules, "reality_jobs.records.models" in sys.modules
try:
    job.details
except ValueError:
    print(before, "cattrs" in sys.modules)
"""


def test_cattrs_is_loaded_by_the_first_details() -> None:
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True)
    assert done.stdout == "(False, False) True\n"


def test_missing_and_null_are_told_apart() -> None:
    info: dict[str, Any] = {"createdDateTime": "2025-03-06T09:42:33Z", "startedDateTime": None}
    job = structure({**JOB_IN_MODELING_V2, "name": None, "executionInfo": info}, "modeling-v2")
    assert isinstance(job, modeling_v2.ModelingV2Job)
    assert (job.name, job.nulls) == (None, frozenset({"name"}))
    assert unstructure(job.execution_info) == info
    assert unstructure(evolve(job, name="bridge"))["name"] == "bridge"
    assert "name" not in unstructure(evolve(job, nulls=frozenset()))


def test_one_text_where_a_list_belongs_is_a_list_of_one() -> None:
    raw = {"pointClouds": "40a8142e"}
    inputs = structure_as(raw, conversion_v2.PointCloudOptimizationInputs)
    assert inputs.point_clouds == ("40a8142e",)
    assert unstructure(inputs) == raw
    assert unstructure(evolve(inputs, point_clouds=("a", "b"))) == {"pointClouds": ["a", "b"]}


def test_what_is_not_published_yet_is_kept() -> None:
    record = {
        **JOB_IN_MODELING_V2,
        "type": "Dreaming",
        "state": "Asleep",
        "unknown": 1,
        "specifications": {"inputs": [1], "nulls": None},
    }
    job = structure(record, "modeling-v2")
    assert isinstance(job, modeling_v2.ModelingV2Job)
    assert job.unknown == {"unknown": 1}
    assert job.specifications == Unlisted(unknown={"inputs": [1], "nulls": None})
    assert unstructure(job) == record


def test_an_export_has_the_options_of_its_format() -> None:
    raw = {
        "exports": [
            {"format": "3DTiles", "location": "a", "options": {"compress": "Draco", "lodScope": "AcrossTiles"}},
            {"format": "OrthophotoDSM", "location": "b", "options": {"noDataValue": -5000}, "name": None},
            {"format": "USDZ", "location": "c", "options": {"metres": True}},
        ]
    }
    outputs = structure_as(raw, modeling_v2.ProductionOutputs)
    assert [type(export.options) for export in outputs.exports] == [
        modeling_v2.Cesium3DTilesOptions,
        modeling_v2.OrthophotoDSMOptions,
        Unlisted,
    ]
    assert unstructure(outputs) == raw


@pytest.mark.parametrize(
    ("attribute", "wire"),
    [
        ("id", "id"),
        ("itwin_id", "iTwinId"),
        ("created_date_time", "createdDateTime"),
        ("input_srs", "inputSRS"),
        ("model_3d_a", "model3DA"),
        ("objects_3d_as_3d_tiles", "objects3DAs3DTiles"),
        ("locations_3d_as_shp", "locations3DAsSHP"),
        ("objects_3d_as_geojson", "objects3DAsGeoJSON"),
    ],
)
def test_wire_names(attribute: str, wire: str) -> None:
    assert wire_name(attribute) == wire


def test_every_listed_type_is_modelled() -> None:
    assert set(JOBS) == set(services.ALL)
    assert set(JOBS) - set(CREATIONS) == {"analysis-v1"}
    for service in JOBS:
        listed = services.get(service).enumerations["type"]
        if service in CREATIONS:
            (rule,) = shape(CREATIONS[service])["type"].kind.rules
            assert [value for value in listed if rule.problem(value)] == []
            reason = f"expected one of {', '.join(listed)}, found 'Dreaming'"
            assert rule.problem("Dreaming") == reason
        for model in (JOBS[service], CREATIONS.get(service, Model)):
            place = shape(model).get("specifications")
            choice = place.choice if place else None
            assert choice is None or Unlisted not in map(choice.model, listed)


@pytest.mark.parametrize("key", ["itwinId", "iTwinID", "unknown", "nulls", "created_date_time", "", "$"])
@pytest.mark.parametrize("value", [None, 1, {"unknown": {}}])
def test_keys_that_look_like_others_are_unknown(key: str, value: object) -> None:
    record = JOB_IN_MODELING_V2 | {key: value}
    job = structure(record, "modeling-v2")
    assert (job.itwin_id, dict(job.unknown), job.nulls) == (record["iTwinId"], {key: value}, frozenset())
    assert unstructure(job) == record


def nested(depth: int) -> object:
    value: object = []
    for _ in range(depth):
        value = [value]
    return value


def test_nesting_is_no_danger() -> None:
    deep = nested(10_000)
    job = structure(JOB_IN_MODELING_V2 | {"notes": deep}, "modeling-v2")
    assert unstructure(job)["notes"] is deep
    message = structure_as({"params": [deep]}, Message)
    params = unstructure(message)["params"]
    assert isinstance(params, list)
    assert params[0] is deep
    with pytest.raises(InvalidRecord) as caught:
        structure(JOB_IN_MODELING_V2 | {"specifications": deep}, "modeling-v2")
    assert str(caught.value) == "$.specifications: expected an object, found an array"


@pytest.mark.parametrize("number", [56, 56.0, 1e-7, 10**400, -0.0, inf])
def test_a_number_stays_as_it_was(number: float) -> None:
    read = structure_as({"percentage": number, "state": "Active"}, Progress)
    kept = unstructure(read)["percentage"]
    assert (type(kept), kept) == (type(number), number)


# What is wrong with a record.


WRONG_RECORD = {
    "id": 5,
    "type": "Reconstruction",
    "state": None,
    "userId": "u",
    "executionInfo": {"createdDateTime": "soon", "processingUnits": "two"},
    "specifications": {
        "inputs": {"scene": True, "presets": {}},
        "outputs": {"exports": [{"format": "LAS", "options": {"mergePointClouds": 1}}, "x"]},
        "options": {"tilingOrigin": {"x": 1}},
    },
}


def test_every_wrong_path_is_told_at_once() -> None:
    with pytest.raises(InvalidRecord) as caught:
        structure(WRONG_RECORD, "modeling-v2")
    error = caught.value
    assert str(error).split("\n") == [
        "12 places are wrong",
        "  $.executionInfo.createdDateTime: not a date-time like 2024-06-24T13:00:00Z, found 'soon'",
        "  $.executionInfo.processingUnits: expected a number, found text",
        "  $.iTwinId: is missing",
        "  $.id: expected text, found the number 5",
        "  $.specifications.inputs.presets: expected an array, found an object",
        "  $.specifications.inputs.scene: expected text, found true",
        "  $.specifications.options.tilingOrigin.y: is missing",
        "  $.specifications.options.tilingOrigin.z: is missing",
        "  $.specifications.outputs.exports[0].location: is missing",
        "  $.specifications.outputs.exports[0].options.mergePointClouds: expected true or false, found the number 1",
        "  $.specifications.outputs.exports[1]: expected an object, found text",
        "  $.state: expected text, found null",
    ]
    assert (error.path, error.reason, len(error.problems)) == (None, "12 places are wrong", 12)
    assert error.problems[3] == ("$.id", "expected text, found the number 5")


def test_several_wrong_places_of_a_record_in_a_file() -> None:
    with pytest.raises(InvalidRecord) as caught:
        structure_as({"percentage": "5"}, Progress)
    for error in (caught.value.at("a.json", 7), pickle.loads(pickle.dumps(caught.value.at("a.json", 7)))):  # noqa: S301
        assert str(error) == (
            "a.json:7: 2 places are wrong\n  $.percentage: expected a number, found text\n  $.state: is missing"
        )
        assert error.problems == (("$.percentage", "expected a number, found text"), ("$.state", "is missing"))


def test_the_tenth_element_comes_after_the_ninth() -> None:
    with pytest.raises(InvalidRecord) as caught:
        structure_as({"errors": list(range(11))}, Messages)
    assert [path for path, _ in caught.value.problems] == [f"$.errors[{index}]" for index in range(11)]


@pytest.mark.parametrize(
    ("raw", "path", "reason"),
    [
        ({"percentage": 5}, "$.state", "is missing"),
        ({"percentage": "5", "state": "Active"}, "$.percentage", "expected a number, found text"),
        ([], "$", "expected an object, found an array"),
        (None, "$", "expected an object, found null"),
    ],
)
def test_one_wrong_path(raw: object, path: str, reason: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        structure_as(raw, Progress)
    assert (caught.value.path, caught.value.reason, caught.value.problems) == (path, reason, ((path, reason),))
    assert str(caught.value) == f"{path}: {reason}"
    assert caught.value.__cause__ is not None


def test_an_unknown_service() -> None:
    with pytest.raises(ValueError, match="unknown service 'modeling-v3'; the services are modeling-v1, "):
        structure({}, "modeling-v3")


CONSTRAINT = {"constraintPath": "bkt:a", "crs": "EPSG:4979"}


@pytest.mark.parametrize(("number", "kept"), [(5, 5), (5.0, 5), (10**400, 10**400)])
def test_a_whole_number(number: float, kept: int) -> None:
    read = structure_as(CONSTRAINT | {"textureSize": number}, modeling_v2.ConstraintToAdd)
    assert read.texture_size == kept


@pytest.mark.parametrize(
    ("number", "shown"), [(5.5, "the number 5.5"), (True, "true"), (nan, "the number nan"), (inf, "the number inf")]
)
def test_no_whole_number(number: float, shown: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        structure_as(CONSTRAINT | {"textureSize": number}, modeling_v2.ConstraintToAdd)
    assert str(caught.value) == f"$.textureSize: expected a whole number, found {shown}"


# What is wrong with a creation.

CALIBRATION = modeling_v2.ModelingV2Creation(
    type="Calibration",
    itwin_id="t",
    name="bridge",
    specifications=modeling_v2.CalibrationCreation(
        inputs=modeling_v2.CalibrationInputs(scene="s", presets=("p",)),
        outputs=("scene", "report"),
        options=modeling_v2.CalibrationOptions(center_policy="Keep", tags_extraction=("QR",)),
    ),
)
RECONSTRUCTION = modeling_v2.ModelingV2Creation(
    type="Reconstruction",
    itwin_id="t",
    specifications=modeling_v2.ReconstructionCreation(
        inputs=modeling_v2.ReconstructionInputs(scene="s", region_of_interest="bkt:roi.json"),
        outputs=modeling_v2.ReconstructionOutputsCreation(
            modeling_reference=True,
            exports=(modeling_v2.ExportCreation(format="LAS", options=modeling_v2.LASOptions(compress="LAZ")),),
        ),
        options=modeling_v2.TilingOptions(geometric_precision="High"),
    ),
)
CONVERSION = conversion_v2.ConversionV2Creation(
    type="TileMapOptimization",
    itwin_id="t",
    specifications=conversion_v2.TileMapOptimizationCreation(
        inputs=conversion_v2.TileMapOptimizationInputs(tile_maps=("a", "b")),
        options=conversion_v2.TileMapOptimizationOptions(jpg_quality=80, background_color="#00ff7f"),
    ),
)
ANALYSIS = analysis_v2.AnalysisV2Creation(
    type="EvalS3D",
    itwin_id="t",
    specifications=analysis_v2.EvaluationCreation(
        inputs=analysis_v2.EvaluationInputs(reference="r", prediction="p"),
        outputs=("Report",),
        options=Unlisted(unknown={"threshold": 0.5}),
    ),
)


def read(service: str, **changed: object) -> Creation:
    return structure_as(EXAMPLES[service] | changed, CREATIONS[service])


def wrong(service: str, **changed: object) -> list[str]:
    """What is wrong with a published example that was changed."""
    try:
        problems = check(read(service, **changed))
    except InvalidSpec as error:
        problems = error.problems
    return [f"{path}: {reason}" for path, reason in problems]


def converting(**options: Any) -> conversion_v2.ConversionV2Creation:
    return evolve(
        CONVERSION,
        specifications=conversion_v2.TileMapOptimizationCreation(
            inputs=conversion_v2.TileMapOptimizationInputs(tile_maps=("a",)),
            options=conversion_v2.TileMapOptimizationOptions(**options),
        ),
    )


def test_bodies_as_they_are_sent() -> None:
    assert unstructure(RECONSTRUCTION) == {
        "type": "Reconstruction",
        "iTwinId": "t",
        "specifications": {
            "inputs": {"scene": "s", "regionOfInterest": "bkt:roi.json"},
            "outputs": {"modelingReference": True, "exports": [{"format": "LAS", "options": {"compress": "LAZ"}}]},
            "options": {"geometricPrecision": "High"},
        },
    }
    assert unstructure(CONVERSION) == {
        "type": "TileMapOptimization",
        "iTwinId": "t",
        "specifications": {
            "inputs": {"tileMaps": ["a", "b"]},
            "options": {"jpgQuality": 80, "backgroundColor": "#00ff7f"},
        },
    }


@pytest.mark.parametrize("creation", [CALIBRATION, RECONSTRUCTION, CONVERSION, ANALYSIS])
def test_right_creations(creation: Creation) -> None:
    assert check(creation) == ()
    assert structure_as(unstructure(creation), type(creation)) == creation


def test_wrong_values_of_a_creation() -> None:
    creation = evolve(
        CALIBRATION,
        name="a?",
        specifications=modeling_v2.CalibrationCreation(
            inputs=modeling_v2.CalibrationInputs(scene="s", crs_data="crs.json"),
            outputs=("scene",),
            options=modeling_v2.CalibrationOptions(
                center_policy="Guess",
                tags_extraction=("QR", "Aztec"),
                pair_selection_distance="5",  # type: ignore[arg-type]
            ),
        ),
    )
    assert str(InvalidSpec(check(creation))).split("\n") == [
        "$.name: expected 3 to 256 characters, found 2; "
        "expected a name without any of \" < > | : * ? \\ / and control characters, found 'a?'",
        "$.specifications.inputs.crsData: expected a path in the bucket like bkt:folder/file.json, found 'crs.json'",
        "$.specifications.options.centerPolicy: "
        "expected one of Compute, Adjust, AdjustWithinTolerance, Keep, Extend, found 'Guess'",
        "$.specifications.options.pairSelectionDistance: expected a whole number, found text",
        "$.specifications.options.tagsExtraction[1]: expected one of QR, April, Chili, Checkerboards, found 'Aztec'",
    ]


@pytest.mark.parametrize(("name", "length"), [("", 0), ("ab", 2), ("a" * 257, 257)])
def test_the_length_of_a_name(name: str, length: int) -> None:
    assert wrong("conversion-v2", name=name) == [f"$.name: expected 3 to 256 characters, found {length}"]


@pytest.mark.parametrize("name", ["a/b", 'a"b', "a\nb", "a\\b", "a\x1fb"])
def test_what_a_name_cannot_hold(name: str) -> None:
    reason = f'expected a name without any of " < > | : * ? \\ / and control characters, found {name!r}'
    assert wrong("modeling-v2", name=name) == [f"$.name: {reason}"]


def test_names_that_are_right() -> None:
    for name in ("abc", "a" * 256, "Lee's quarry", "\x7f\u2028é"):
        assert wrong("modeling-v2", name=name) == []


def test_a_range_and_a_colour() -> None:
    assert check(converting(jpg_quality=100, background_color="red")) == (
        ("$.specifications.options.backgroundColor", "expected a colour like #00ff7f, found 'red'"),
        ("$.specifications.options.jpgQuality", "expected a number from 10 to 99, found 100"),
    )
    assert check(converting(jpg_quality=10)) == check(converting(jpg_quality=99)) == ()


@pytest.mark.parametrize("value", ["JPG", "jpg", "Jpg"])
def test_case_does_not_count(value: str) -> None:
    assert check(converting(image_format=value)) == ()


def test_of_a_value_of_the_wrong_type_one_reason_is_given() -> None:
    assert check(converting(jpg_quality="high", image_format=5)) == (
        ("$.specifications.options.imageFormat", "expected text, found the number 5"),
        ("$.specifications.options.jpgQuality", "expected a whole number, found text"),
    )


def test_all_that_is_wrong_with_a_creation_is_told_at_once() -> None:
    settings = {"quality": "Best", "processingEngines": -1, "outputs": ["OBJ", "STL"], "cacheSettings": {"cache": 1}}
    assert wrong("modeling-v1", type="Half", name=5, inputs=[{}], settings=settings) == [
        "$.inputs[0].id: is missing",
        "$.name: expected text, found the number 5",
        "$.settings.cacheSettings.cache: is no published key; those are createCache, useCache",
        "$.settings.outputs[1]: expected one of CCOrientations, 3MX, 3SM, WebReady ScalableMesh, Cesium 3D Tiles, POD, "
        "Orthophoto/DSM, LAS, FBX, OBJ, ESRI i3s, DGN, LODTreeExport, PLY, OPC, OMR, ContextScene, GaussianSplats, "
        "found 'STL'",
        "$.settings.processingEngines: expected a number from 0, found -1",
        "$.settings.quality: expected one of Draft, Medium, Extra, found 'Best'",
        "$.type: expected one of Full, Calibration, Reconstruction, found 'Half'",
    ]


def test_settings_need_a_quality_and_outputs() -> None:
    assert wrong("modeling-v1", settings={}) == ["$.settings.outputs: is missing", "$.settings.quality: is missing"]


def test_a_creation_read_from_json() -> None:
    with pytest.raises(InvalidSpec) as caught:
        structure_as({"type": "Tiling", "specifications": {"inputs": {}}}, CREATIONS["modeling-v2"])
    assert str(caught.value).split("\n") == [
        "$.iTwinId: is missing",
        "$.specifications.inputs.scene: is missing",
        "$.specifications.outputs: is missing",
    ]


# Null, and keys that no schema has.


def test_null_where_the_schema_has_none() -> None:
    settings = {"quality": "Extra", "outputs": ["OBJ"], "processingEngines": None}
    assert wrong("modeling-v1", settings=settings, costEstimationParameters=None, name=None) == [
        "$.costEstimationParameters: may not be null; leave it out",
        "$.name: expected text, found null",
        "$.settings.processingEngines: may not be null; leave it out",
    ]
    assert wrong("conversion-v1", options={"merge": None}) == ["$.options.merge: may not be null; leave it out"]


def test_null_where_the_schema_has_one() -> None:
    specifications = {"inputs": {"pointCloud": "p"}, "options": {"inputCrs": None}}
    assert wrong("conversion-v2", name=None, specifications=specifications) == []
    assert wrong("conversion-v2", specifications=specifications | {"options": None}) == []


def test_keys_where_all_are_published() -> None:
    specifications = {"inputs": {"pointCloud": "p"}, "options": {"crs": "x"}, "output": "o"}
    assert wrong("conversion-v2", colour="red", specifications=specifications) == [
        "$.colour: is no published key; those are iTwinId, name, type, specifications",
        "$.specifications.options.crs: is no published key; those are inputCrs, outputCrs, outputFormat",
        "$.specifications.output: is no published key; those are inputs, options",
    ]


def test_keys_where_not_all_are_published() -> None:
    specifications = {
        "inputs": {"scene": "s", "secret": 1},
        "outputs": {"exports": [{"format": "LAS", "options": {"compression": "LAZ"}, "srs": None}]},
        "priority": 1,
    }
    assert wrong("modeling-v2", specifications=specifications) == []
    assert wrong("modeling-v2", priority=1) == [
        "$.priority: is no published key; those are iTwinId, name, type, specifications"
    ]


def test_names_of_attributes_are_no_keys() -> None:
    specifications = {"inputs": {"scene": "s", "region_of_interest": "bkt:a"}, "outputs": {}}
    assert wrong("modeling-v2", specifications=specifications, itwin_id="t") == [
        "$.itwin_id: is spelt iTwinId",
        "$.specifications.inputs.region_of_interest: is spelt regionOfInterest",
    ]


def test_the_names_of_outputs_are_not_published() -> None:
    specifications = evolve(CALIBRATION.specifications, outputs=("Scene", "splats"))
    assert check(evolve(CALIBRATION, specifications=specifications)) == ()


# Creations as Python writes them.


def test_lists_are_as_good_as_tuples() -> None:
    specifications = modeling_v2.CalibrationCreation(
        inputs=modeling_v2.CalibrationInputs(scene="s", presets=["p"]),
        outputs=["scene", "report"],
        options=modeling_v2.CalibrationOptions(center_policy="Keep", tags_extraction=["QR"]),
    )
    creation = evolve(CALIBRATION, specifications=specifications)
    assert check(creation) == ()
    assert unstructure(creation) == unstructure(CALIBRATION)


def test_one_text_is_no_list() -> None:
    specifications = modeling_v2.CalibrationCreation(
        inputs=modeling_v2.CalibrationInputs(scene="s", presets="p"),
        outputs="scene",
    )
    assert check(evolve(CALIBRATION, specifications=specifications)) == (
        ("$.specifications.inputs.presets", "expected an array, found text"),
        ("$.specifications.outputs", "expected an array, found text"),
    )


def test_a_plain_mapping_in_place_of_a_model_has_published_keys() -> None:
    specifications: Any = {"inputs": {"scene": "s"}, "outputs": ("scene",), "options": {"centerPolicy": "Keep"}}
    assert check(evolve(CALIBRATION, specifications=specifications)) == ()
    specifications = {"inputs": modeling_v2.CalibrationInputs(scene="s"), "options": {"center_policy": "Guess"}}
    assert check(evolve(CALIBRATION, specifications=specifications)) == (
        ("$.specifications.options.center_policy", "is spelt centerPolicy"),
        ("$.specifications.outputs", "is missing"),
    )


def test_specifications_of_another_type() -> None:
    imported = modeling_v2.ImportPointCloudCreation(
        inputs=modeling_v2.ImportPointCloudInputs(scene="s"), outputs=("scene",)
    )
    assert check(evolve(RECONSTRUCTION, specifications=imported)) == (
        (
            "$.specifications",
            "expected ReconstructionCreation for the type Reconstruction, found ImportPointCloudCreation",
        ),
    )


def test_parts_of_another_class() -> None:
    creation = evolve(
        RECONSTRUCTION,
        specifications=modeling_v2.ReconstructionCreation(
            inputs=modeling_v2.TilingInputs(scene="s"),  # type: ignore[arg-type]
            outputs=modeling_v2.ReconstructionOutputsCreation(
                exports=[
                    modeling_v2.ExportCreation(format="LAS", options=modeling_v2.PLYOptions(include_normals=True)),
                    modeling_v2.Export(format="OBJ", location="l"),
                ]
            ),
        ),
    )
    assert check(creation) == (
        ("$.specifications.inputs", "expected ReconstructionInputs, found TilingInputs"),
        ("$.specifications.outputs.exports[0].options", "expected LASOptions for the format LAS, found PLYOptions"),
        ("$.specifications.outputs.exports[1]", "expected ExportCreation, found Export"),
    )


class Policy(StrEnum):
    KEEP = "Keep"


def test_members_of_an_enumeration_are_texts() -> None:
    options = modeling_v2.CalibrationOptions(center_policy=Policy.KEEP)
    body = unstructure(options)
    assert (body, type(body["centerPolicy"])) == ({"centerPolicy": "Keep"}, str)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (inf, "expected a finite number, found inf"),
        (nan, "expected a finite number, found nan"),
        ("\ud800", "expected whole characters, found half of one"),
        ({"a": [UUID(int=1)]}, "cannot be sent: Object of type UUID is not JSON serializable"),
    ],
)
def test_what_cannot_be_sent(value: object, reason: str) -> None:
    specifications = evolve(ANALYSIS.specifications, options=Unlisted(unknown={"x": value}))
    assert check(evolve(ANALYSIS, specifications=specifications)) == (("$.specifications.options.x", reason),)


@pytest.mark.parametrize("value", [[inf], {"a": [nan]}, nested(10_000)])
def test_what_within_a_value_cannot_be_sent(value: object) -> None:
    specifications = evolve(ANALYSIS.specifications, options=Unlisted(unknown={"x": value}))
    ((path, reason),) = check(evolve(ANALYSIS, specifications=specifications))
    assert path == "$.specifications.options.x"
    assert reason.startswith("cannot be sent: ")


def test_numbers_and_texts_of_published_keys_that_cannot_be_sent() -> None:
    creation = conversion_v2.ConversionV2Creation(
        type="MeshSampling",
        itwin_id="\ud800",
        specifications=conversion_v2.MeshSamplingCreation(
            inputs=conversion_v2.MeshSamplingInputs(meshes=["m"]),
            options=conversion_v2.MeshSamplingOptions(sampling=inf),
        ),
    )
    assert check(creation) == (
        ("$.iTwinId", "expected whole characters, found half of one"),
        ("$.specifications.options.sampling", "expected a finite number, found inf"),
    )
