"""The registry against the published tables, and a seventh service made of data alone."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from reality_jobs import Unanswerable, parse, plan, services
from reality_jobs.records import read
from reality_jobs.schema import PROPERTIES
from reality_jobs.services import Operations, Places, Service
from reality_jobs.targets.predicate import compile_predicate, compile_select
from reality_jobs.targets.text import write

SEVEN = {"id", "iTwinId", "name", "email", "type", "state", "createdDateTime"}
NINE = SEVEN | {"inputId", "outputId"}
V1, V2 = (f"application/vnd.bentley.itwin-platform.v{n}+json" for n in (1, 2))

# Published list operations: path, Accept, properties, `in`, status and code of a bad request.
PUBLISHED: dict[str, tuple[str, str, set[str], bool, int, str]] = {
    "modeling-v1": ("/contextcapture", V1, NINE, True, 422, "InvalidRealityModelingRequest"),
    "modeling-v2": ("/reality-modeling", V2, SEVEN, False, 400, "InvalidRealityModelingRequest"),
    "conversion-v2": ("/reality-conversion", V2, NINE, True, 400, "InvalidRealityConversionRequest"),
    "conversion-v1": ("/realityconversion", V1, NINE, True, 422, "InvalidRealityConversionRequest"),
    "analysis-v1": ("/realitydataanalysis", V1, NINE, True, 422, "InvalidRealityDataAnalysisRequest"),
    "analysis-v2": ("/reality-analysis", V2, SEVEN, False, 400, "InvalidRealityAnalysisRequest"),
}


def test_the_six_services() -> None:
    found = {
        s.name: (s.path, s.accept, set(s.filterable), s.has_in, s.bad_request, s.bad_request_code)
        for s in services.ALL.values()
    }
    assert found == PUBLISHED
    assert services.DEFAULT == ("modeling-v1", "modeling-v2", "conversion-v2")


@pytest.mark.parametrize("service", services.ALL.values(), ids=services.ALL)
def test_an_entry_fits_together(service: Service) -> None:
    answered = {name for name in PROPERTIES if service.answers(name)}
    assert answered == (NINE if service.name.endswith("v1") else NINE - {"email"})
    assert set(service.collections) == {name for name, p in PROPERTIES.items() if p.collection}
    assert service.required <= set(service.scalars)
    assert set(service.enumerations) == {"type", "state"}
    assert service.final_states < set(service.enumerations["state"])
    assert (service.user_key is None) == service.answers("email")
    for places in service.collections.values():
        assert set(places.by_type) <= {*service.enumerations["type"], "*"}


def test_names() -> None:
    assert services.get("modeling-v1").name == "modeling-v1"
    assert [s.name for s in services.select(["analysis-v2", "modeling-v1", "analysis-v2"])] == [
        "analysis-v2",
        "modeling-v1",
    ]
    assert [s.name for s in services.select(None)] == list(services.DEFAULT)
    assert services.select([]) == ()
    with pytest.raises(ValueError, match=r"^unknown service 'modeling'; the services are ") as caught:
        services.get("modeling")
    assert str(caught.value).endswith(", ".join(services.ALL))
    with pytest.raises(TypeError, match=r"^services is a list of names: services=\['modeling-v1'\]$"):
        services.select("modeling-v1")


def test_listed_values() -> None:
    assert services.listed_values("state", ["modeling-v1"]) == (
        "unsubmitted",
        "active",
        "success",
        "failed",
        "cancelled",
    )
    both = services.listed_values("state")
    assert {"success", "Success", "Queued"} < set(both)
    assert len(both) == len(set(both))
    assert services.listed_values("name") == ()


@pytest.mark.parametrize(
    ("service", "property", "value", "spelled"),
    [
        ("modeling-v1", "state", "SUCCESS", "success"),
        ("modeling-v2", "state", "success", "Success"),
        ("analysis-v1", "type", "OBJECTS2D", "objects2D"),
        ("analysis-v2", "type", "objects2D", "Objects2D"),
        ("modeling-v2", "state", "Unheard", "Unheard"),
        ("modeling-v2", "state", "\u017fuccess", "\u017fuccess"),
        ("modeling-v2", "name", "success", "success"),
    ],
)
def test_spelling(service: str, property: str, value: str, spelled: str) -> None:
    assert services.get(service).spelling(property, value) == spelled


# Where v2 records keep reality data ids: inputs and outputs of every type, as the specification schemas say.

V2_KEYS: dict[str, dict[str, tuple[str, str]]] = {
    "modeling-v2": {
        "FillImageProperties": ("imageCollections[] sceneToProcess sceneToComplete", "scene"),
        "ImportPointCloud": ("scene", "scanCollection scene"),
        "Calibration": ("scene", "scene texturedTiePoints"),
        "Tiling": ("scene", "modelingReference.location"),
        "Production": ("scene modelingReference", "exports[].location"),
        "Reconstruction": ("scene modelingReference", "modelingReference.location exports[].location"),
        "Constraints": ("modelingReference", ""),
        "TouchUpExport": ("modelingReference", "touchUpData"),
        "TouchUpImport": ("modelingReference touchUpData", ""),
        "WaterConstraints": ("scene modelingReference", ""),
        "GaussianSplats": ("scene splatsReference", "splats splatsReference"),
    },
    "analysis-v2": {
        "Objects2D": ("photos model3D objects2D", "objects2D objects3D locations3DAsSHP"),
        "Segmentation2D": ("photos model3D segmentation2D", "segmentation2D segmentedPhotos"),
        "Segmentation3D": ("model3D segmentation3D", "segmentation3D segmentedModel3D segmentedPointCloud"),
        "SegmentationOrthophoto": ("orthophoto", "segmentation2D polygons2D"),
        "ChangeDetection": ("model3DA model3DB", "segmentation3DA segmentedModel3DB locations3DAAsSHP"),
        "EvalO2D": ("reference prediction", "objects2D objects2d"),
        "EvalO3D": ("reference prediction", "objects3D"),
        "EvalS2D": ("reference prediction", "segmentedPhotos"),
        "EvalS3D": ("reference prediction", "segmentation3D"),
        "EvalSOrtho": ("reference prediction", "segmentation2D"),
        "ClearanceCalculation": ("clearanceFootprint model3D", "ovfPoints ovfLines ovfAreas"),
        "TrainingS3D": ("segmentations3D[]", ""),
    },
    "conversion-v2": {
        "PointCloudConversion": ("pointCloud", ""),
        "PointCloudOptimization": ("pointClouds[]", ""),
        "TileMapOptimization": ("tileMaps[]", ""),
        "VectorOptimization": ("vectors[]", ""),
        "MeshSampling": ("meshes[]", ""),
        "ContextSceneTiler": ("scene", ""),
    },
}


def guid(n: int) -> str:
    return f"{n:08x}-0000-4000-8000-000000000000"


def filled(keys: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """An object with a GUID of its own in each place, and the GUIDs; lists hold two."""
    made: dict[str, Any] = {}
    ids: list[str] = []
    for place in keys.split():
        key, _, inner = place.partition(".")
        new = [guid(len(ids) + 1), guid(len(ids) + 2)] if "[]" in key else [guid(len(ids) + 1)]
        ids += new
        held: list[Any] = [{inner: x, "format": "LAS"} for x in new] if inner else [*new]
        made[key.removesuffix("[]")] = held if "[]" in key else held[0]
    return made, tuple(ids)


def test_every_listed_type_is_in_the_tables() -> None:
    assert {name: set(services.get(name).enumerations["type"]) for name in V2_KEYS} == {
        name: set(table) for name, table in V2_KEYS.items()
    }


NO_IDS = {
    "regionOfInterest": "bkt:a/roi.json",
    "crsData": guid(90),
    "preset": guid(91),
    "presets": [guid(92)],
    "constraintsToDelete": [guid(93)],
    "constraintsToAdd": [{"constraintPath": "bkt:c.json"}],
    "tilesToTouchUp": [guid(94)],
    "report": "bkt:report.xml",
    "photoObjectDetector": "bentley-cracks-o2d/1.0",
    "detector": {"name": "x", "version": "1"},
    "count": 5,
}


@pytest.mark.parametrize(
    ("service", "type"), [(service, type_) for service, table in V2_KEYS.items() for type_ in table]
)
def test_reality_data_ids_of_every_type(service: str, type: str) -> None:
    known = services.get(service)
    inputs, input_ids = filled(V2_KEYS[service][type][0])
    outputs, output_ids = filled(V2_KEYS[service][type][1])
    record = {"type": type, "specifications": {"inputs": {**NO_IDS, **inputs}, "outputs": {**NO_IDS, **outputs}}}
    assert sorted(_ids(record, "inputId", known)) == sorted(input_ids)
    if service != "conversion-v2":
        assert sorted(_ids(record, "outputId", known)) == sorted(output_ids)


def _ids(record: dict[str, Any], property: str, service: Service) -> tuple[str, ...]:
    found = read(record, property, service)
    assert isinstance(found, tuple)
    return found


@pytest.mark.parametrize(
    ("service", "record", "inputs", "outputs"),
    [
        (
            "modeling-v1",
            {"inputs": [{"id": "a"}, {"id": None}], "jobSettings": {"outputs": [{"id": "b"}, {}]}},
            "a",
            "b",
        ),
        ("modeling-v1", {"jobSettings": {"cacheSettings": {"useCache": "c"}, "outputs": None}}, "", ""),
        ("conversion-v1", {"inputs": [{"id": "a"}], "outputs": [{"id": "b"}, {"id": "c"}]}, "a", "bc"),
        ("analysis-v1", {"inputs": [{"id": "a"}, {"realityDataId": "b"}], "outputs": [{}]}, "ab", ""),
        ("conversion-v2", {"specifications": {"output": "fdb:1"}}, (), ("fdb:1",)),
        ("conversion-v2", {"specifications": {"output": "bkt:1"}}, (), ()),
        (
            "conversion-v2",
            {"type": "PointCloudOptimization", "specifications": {"inputs": {"pointClouds": "a"}}},
            "a",
            "",
        ),
        ("modeling-v2", {"type": "Tiling", "specifications": {"inputs": {"scene": "bkt:a"}}}, (), ()),
        ("modeling-v2", {"type": "New", "specifications": {"inputs": {"scene": "a", "x": guid(1)}}}, (guid(1),), ()),
        ("modeling-v2", {"type": "New", "specifications": {"outputs": {"x": [{"location": guid(1)}]}}}, (), (guid(1),)),
        ("modeling-v2", {}, (), ()),
    ],
)
def test_ids_in_all_shapes(service: str, record: dict[str, Any], inputs: str, outputs: str) -> None:
    known = services.get(service)
    assert _ids(record, "inputId", known) == tuple(inputs)
    assert _ids(record, "outputId", known) == tuple(outputs)


# A seventh: one entry, and everything knows it.

SEVENTH = Service(
    name="splatting-v3",
    title="Reality Splatting v3",
    path="/reality-splatting",
    accept="application/vnd.bentley.itwin-platform.v3+json",
    filterable=frozenset({"id", "iTwinId", "state"}),
    has_in=False,
    scalars={"id": "key", "iTwinId": "home.twin", "state": "status", "createdDateTime": "at"},
    collections={"inputId": Places(("sources[].ref",))},
    required=frozenset({"id"}),
    enumerations={"type": (), "state": ("BUSY", "DONE")},
    final_states=frozenset({"DONE"}),
    marks=("splat",),
    bad_request=400,
    bad_request_code="InvalidSplat",
    top_target="$top",
    encodes_next=True,
    fraction_digits=3,
    operations=Operations("progress"),
)
RECORD = {"key": guid(1).upper(), "home": {"twin": "t"}, "status": "Done", "sources": [{"ref": "a"}, {"ref": "b"}]}


def test_a_seventh_is_printed_in_its_dialect() -> None:
    f = parse("state in ('done', 'Busy') and id eq 'x'")
    assert write(f.node, SEVENTH) == "(state eq 'DONE' or state eq 'BUSY') and id eq 'x'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"id eq {guid(1)}", True),
        ("iTwinId eq 't' and state eq 'DONE'", True),
        ("inputId in ('b', 'c') and inputId ne 'c'", True),
        ("createdDateTime eq null", True),
        ("state eq 'BUSY' or inputId eq 'c'", False),
    ],
)
def test_a_seventh_is_evaluated(text: str, expected: bool) -> None:
    node = parse(text).node
    assert compile_predicate(node, SEVENTH)(RECORD) is expected
    assert list(compile_select(node, SEVENTH)([RECORD])) == [RECORD] * expected


def test_a_seventh_says_what_it_cannot_answer() -> None:
    with pytest.raises(Unanswerable, match=r"^records of splatting-v3 never hold 'outputId'"):
        compile_predicate(parse("outputId eq 'x'").node, SEVENTH)


def test_a_seventh_is_planned() -> None:
    node = parse("state in ('done', 'busy') and inputId eq 'a' and iTwinId in ('t', 'u')").node
    assert str(plan.make(node, [SEVENTH])) == (
        "splatting-v3: 2 requests\n"
        "  $filter=iTwinId eq 't' and (state eq 'DONE' or state eq 'BUSY')\n"
        "    searches the jobs of iTwin t; 55 characters, 146 bytes of request line when encoded\n"
        "    then keep here only jobs with: inputId eq 'a'\n"
        "  $filter=iTwinId eq 'u' and (state eq 'DONE' or state eq 'BUSY')\n"
        "    searches the jobs of iTwin u; 55 characters, 146 bytes of request line when encoded\n"
        "    then keep here only jobs with: inputId eq 'a'"
    )
    wider = evolve(SEVENTH, has_in=True, filterable=frozenset(PROPERTIES))
    (part,) = plan.make(node, [wider]).services
    assert [request.filter for request in part.requests] == [
        "iTwinId eq 't' and state in ('DONE', 'BUSY') and inputId eq 'a'",
        "iTwinId eq 'u' and state in ('DONE', 'BUSY') and inputId eq 'a'",
    ]
