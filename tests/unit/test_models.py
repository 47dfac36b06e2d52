"""The typed models: published examples there and back, what is wrong with a record, what is wrong with a creation."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from reality_jobs import InvalidRecord, InvalidSpec, Job, services
from reality_jobs.emulator.generate import generate
from reality_jobs.records.models import (
    CREATIONS,
    JOBS,
    Messages,
    Model,
    Progress,
    Unlisted,
    analysis_v2,
    check,
    conversion_v2,
    exports,
    modeling_v1,
    modeling_v2,
    structure,
    structure_as,
    unstructure,
)
from reality_jobs.records.models.base import Creation
from reality_jobs.records.models.modeling_data import (
    CalibrationInputs,
    ConstraintToAdd,
    ReconstructionInputs,
    SceneInputs,
)
from reality_jobs.records.models.modeling_options import CalibrationOptions, TilingOptions
from reality_jobs.records.models.naming import wire_name

PUBLISHED = json.loads(Path(__file__).with_name("published.json").read_text("utf-8"))
JOB_IN_MODELING_V2 = next(record for service, record in PUBLISHED["jobs"] if service == "modeling-v2")


@pytest.mark.parametrize(("service", "record"), PUBLISHED["jobs"])
def test_a_published_job_comes_back_as_it_was(service: str, record: dict[str, Any]) -> None:
    job = structure(record, service)
    assert isinstance(job, JOBS[service])
    assert unstructure(job) == record
    assert _unknown(job) == []


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (modeling_v1.ModelingV1Creation, PUBLISHED["creation"]),
        (Progress, PUBLISHED["progress"]),
        (Progress, {"percentage": 5, "state": "Active"}),
        (
            Messages,
            {"errors": [{"code": "E1", "title": "t", "message": "{0} is odd", "params": ["7.jpg"]}], "warnings": []},
        ),
    ],
)
def test_other_published_bodies_come_back_as_they_were(model: type[Model], body: dict[str, Any]) -> None:
    read = structure_as(body, model)
    assert json.dumps(unstructure(read), sort_keys=True) == json.dumps(body, sort_keys=True)
    assert _unknown(read) == []


def test_the_published_creation_is_right() -> None:
    assert check(structure_as(PUBLISHED["creation"], modeling_v1.ModelingV1Creation)) == ()


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
    outputs = structure_as(raw, exports.ProductionOutputs)
    assert [type(export.options) for export in outputs.exports] == [
        exports.Cesium3DTilesOptions,
        exports.OrthophotoDSMOptions,
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
    for service, table in (
        ("modeling-v2", modeling_v2.SPECIFICATIONS),
        ("modeling-v2", modeling_v2.CREATIONS),
        ("conversion-v2", conversion_v2.SPECIFICATIONS),
        ("conversion-v2", conversion_v2.CREATIONS),
        ("analysis-v2", analysis_v2.SPECIFICATIONS),
    ):
        assert tuple(table) == services.get(service).enumerations["type"]


# What is wrong with a record.


def test_every_wrong_path_is_told_at_once() -> None:
    record = {
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
    with pytest.raises(InvalidRecord) as caught:
        structure(record, "modeling-v2")
    assert sorted(str(caught.value).split("\n")) == [
        "$.executionInfo.createdDateTime: not a date-time like 2024-06-24T13:00:00Z, found 'soon'",
        "$.executionInfo.processingUnits: expected a number, found text",
        "$.iTwinId: is missing",
        "$.id: expected text, found the number 5",
        "$.specifications.inputs.presets: expected an array, found an object",
        "$.specifications.inputs.scene: expected text, found true",
        "$.specifications.options.tilingOrigin.y: is missing",
        "$.specifications.options.tilingOrigin.z: is missing",
        "$.specifications.outputs.exports[0].location: is missing",
        "$.specifications.outputs.exports[0].options.mergePointClouds: expected true or false, found the number 1",
        "$.specifications.outputs.exports[1]: expected an object, found text",
        "$.state: expected text, found null",
    ]
    assert caught.value.path is None


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
    assert (caught.value.path, caught.value.reason) == (path, reason)
    assert str(caught.value) == f"{path}: {reason}"
    assert caught.value.__cause__ is not None


def test_an_unknown_service() -> None:
    with pytest.raises(ValueError, match="unknown service 'modeling-v3'; the services are modeling-v1, "):
        structure({}, "modeling-v3")


@pytest.mark.parametrize(("number", "kept"), [(5, 5), (5.0, 5)])
def test_a_whole_number(number: float, kept: int) -> None:
    read = structure_as({"textureSize": number, "constraintPath": "bkt:a", "crs": "EPSG:4979"}, ConstraintToAdd)
    assert read.texture_size == kept


@pytest.mark.parametrize(
    ("number", "shown"), [(5.5, "the number 5.5"), (True, "true"), (float("nan"), "the number nan")]
)
def test_no_whole_number(number: float, shown: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        structure_as({"textureSize": number, "constraintPath": "bkt:a", "crs": "EPSG:4979"}, ConstraintToAdd)
    assert str(caught.value) == f"$.textureSize: expected a whole number, found {shown}"


# What is wrong with a creation.

CALIBRATION = modeling_v2.ModelingV2Creation(
    type="Calibration",
    itwin_id="t",
    name="bridge",
    specifications=modeling_v2.CalibrationCreation(
        inputs=CalibrationInputs(scene="s", presets=("p",)),
        outputs=("scene", "report"),
        options=CalibrationOptions(center_policy="Keep", tags_extraction=("QR",)),
    ),
)
RECONSTRUCTION = modeling_v2.ModelingV2Creation(
    type="Reconstruction",
    itwin_id="t",
    specifications=modeling_v2.ReconstructionCreation(
        inputs=ReconstructionInputs(scene="s", region_of_interest="bkt:roi.json"),
        outputs=exports.ReconstructionOutputsCreation(
            modeling_reference=True, exports=(exports.ExportCreation(format="3DTiles"),)
        ),
        options=TilingOptions(geometric_precision="High"),
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


def test_bodies_as_they_are_sent() -> None:
    assert unstructure(RECONSTRUCTION) == {
        "type": "Reconstruction",
        "iTwinId": "t",
        "specifications": {
            "inputs": {"scene": "s", "regionOfInterest": "bkt:roi.json"},
            "outputs": {"modelingReference": True, "exports": [{"format": "3DTiles"}]},
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


@pytest.mark.parametrize("creation", [CALIBRATION, RECONSTRUCTION, CONVERSION])
def test_right_creations(creation: Creation) -> None:
    assert check(creation) == ()
    assert structure_as(unstructure(creation), type(creation)) == creation


def test_wrong_values_of_a_creation() -> None:
    options = CalibrationOptions(center_policy="keep", tags_extraction=("QR", "Aztec"), pair_selection_distance="5")  # type: ignore[arg-type]
    wrong = evolve(
        CALIBRATION,
        name="a?",
        specifications=modeling_v2.CalibrationCreation(
            inputs=CalibrationInputs(scene="s", crs_data="crs.json", unknown={"preset": "p"}),
            outputs=("scene", "splats"),
            options=options,
        ),
    )
    assert sorted(check(wrong)) == [
        ("$.name", "expected 3 to 256 characters, found 2"),
        (
            "$.specifications.inputs.crsData",
            "expected a path in the bucket like bkt:folder/file.json, found 'crs.json'",
        ),
        ("$.specifications.inputs.preset", "is no published key; those are crsData, scene, presets"),
        (
            "$.specifications.options.centerPolicy",
            "expected one of Compute, Adjust, AdjustWithinTolerance, Keep, Extend, found 'keep'",
        ),
        ("$.specifications.options.pairSelectionDistance", "expected a whole number, found text"),
        (
            "$.specifications.options.tagsExtraction[1]",
            "expected one of QR, April, Chili, Checkerboards, found 'Aztec'",
        ),
        ("$.specifications.outputs[1]", "expected one of scene, report, texturedTiePoints, found 'splats'"),
    ]


def test_a_range_and_a_colour() -> None:
    options = conversion_v2.TileMapOptimizationOptions(jpg_quality=100, background_color="red")
    specifications = conversion_v2.TileMapOptimizationCreation(
        inputs=conversion_v2.TileMapOptimizationInputs(tile_maps=("a",)), options=options
    )
    assert check(evolve(CONVERSION, specifications=specifications)) == (
        ("$.specifications.options.jpgQuality", "expected a number from 10 to 99, found 100"),
        ("$.specifications.options.backgroundColor", "expected a colour like #00ff7f, found 'red'"),
    )


def test_of_a_value_of_the_wrong_type_one_reason_is_given() -> None:
    specifications = conversion_v2.TileMapOptimizationCreation(
        inputs=conversion_v2.TileMapOptimizationInputs(tile_maps=["a"]),  # type: ignore[arg-type]
        options=conversion_v2.TileMapOptimizationOptions(jpg_quality="high"),  # type: ignore[arg-type]
    )
    assert check(evolve(CONVERSION, specifications=specifications)) == (
        ("$.specifications.options.jpgQuality", "expected a whole number, found text"),
    )


def test_engines_have_no_published_end() -> None:
    creation = structure_as(PUBLISHED["creation"], modeling_v1.ModelingV1Creation)
    settings = evolve(creation.settings, processing_engines=-1, outputs=("OBJ", "STL"))
    assert check(evolve(creation, type="full", settings=settings)) == (
        ("$.settings.processingEngines", "expected a number from 0, found -1"),
        (
            "$.settings.outputs[1]",
            "expected one of CCOrientations, 3MX, 3SM, WebReady ScalableMesh, Cesium 3D Tiles, POD, Orthophoto/DSM, "
            "LAS, FBX, OBJ, ESRI i3s, DGN, LODTreeExport, PLY, OPC, OMR, ContextScene, GaussianSplats, found 'STL'",
        ),
        ("$.type", "expected one of Full, Calibration, Reconstruction, found 'full'"),
    )


def test_specifications_of_another_type() -> None:
    imported = modeling_v2.ImportPointCloudCreation(inputs=SceneInputs(scene="s"), outputs=("scene",))
    assert check(evolve(RECONSTRUCTION, specifications=imported)) == (
        ("$.specifications.outputs", "expected an object, found an array"),
    )


def test_a_creation_read_from_json() -> None:
    with pytest.raises(InvalidSpec) as caught:
        structure_as({"type": "Tiling", "specifications": {"inputs": {}}}, CREATIONS["modeling-v2"])
    assert sorted(str(caught.value).split("\n")) == [
        "$.iTwinId: is missing",
        "$.specifications.inputs.scene: is missing",
        "$.specifications.outputs: is missing",
    ]
