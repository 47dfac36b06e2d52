"""The six entries, from the published list operations and record schemas; [inferred] marks what no page says."""

from __future__ import annotations

from typing import Final

from ._model import Operations, Places, Service

_V1 = "application/vnd.bentley.itwin-platform.v1+json"
_V2 = "application/vnd.bentley.itwin-platform.v2+json"

# "Properties supported for filtering", list operations. Modeling v2 and Analysis v2 leave out the last two, and `in`.
_NARROW = frozenset({"id", "iTwinId", "name", "email", "type", "state", "createdDateTime"})
_FULL = _NARROW | {"inputId", "outputId"}

_V1_STATES = ("unsubmitted", "active", "success", "failed", "cancelled")
_V1_FINAL = frozenset({"success", "failed", "cancelled"})
_V2_STATES = ("Queued", "Active", "TerminatingOnCancel", "TerminatingOnFailure", "Cancelled", "Failed", "Success")
_V2_FINAL = frozenset({"Cancelled", "Failed", "Success"})

_FLAT = {name: name for name in ("id", "iTwinId", "name", "email", "type", "state", "createdDateTime")}
# v2 job schema: no e-mail address, only a userId; the creation time one level down.
_NESTED = {
    "id": "id",
    "iTwinId": "iTwinId",
    "name": "name",
    "type": "type",
    "state": "state",
    "createdDateTime": "executionInfo.createdDateTime",
}
_V2_REQUIRED = frozenset({"id", "iTwinId", "type", "state", "createdDateTime"})

# Keys that hold no reality data id even where the value looks like one: constraint ids, presets, tile names.
_NEVER = frozenset({"constraintsToDelete", "constraintsToAdd", "preset", "presets", "tilesToTouchUp", "crsData"})


def _keys(table: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {job_type: tuple(keys.split()) for job_type, keys in table.items()}


# Specification schemas of Reality Modeling v2: keys described as reality data ids. Bucket paths are left out.
_MODELING_V2_INPUTS = _keys(
    {
        "FillImageProperties": "imageCollections sceneToProcess sceneToComplete",
        "ImportPointCloud": "scene",
        "Calibration": "scene",
        "Tiling": "scene",
        "Production": "scene modelingReference",
        "Reconstruction": "scene modelingReference",
        "Constraints": "modelingReference",
        "TouchUpExport": "modelingReference",
        "TouchUpImport": "modelingReference touchUpData",
        "WaterConstraints": "scene modelingReference",
        "GaussianSplats": "scene splatsReference",
    }
)
_MODELING_V2_OUTPUTS = _keys(
    {
        "FillImageProperties": "scene",
        "ImportPointCloud": "scanCollection scene",
        "Calibration": "scene texturedTiePoints",
        "Tiling": "modelingReference.location",
        "Production": "exports[].location",
        "Reconstruction": "modelingReference.location exports[].location",
        "Constraints": "",
        "TouchUpExport": "touchUpData",
        "TouchUpImport": "",
        "WaterConstraints": "",
        "GaussianSplats": "splats splatsReference",
    }
)
# Reality Analysis v2. A detector key holds a GUID or a name, so it is left to the rule for unlisted keys; so are the
# many output keys, whose names changed within months.
_ANALYSIS_V2_INPUTS = _keys(
    {
        "Objects2D": "photos model3D objects2D",
        "Segmentation2D": "photos model3D segmentation2D",
        "Segmentation3D": "model3D segmentation3D",
        "SegmentationOrthophoto": "orthophoto",
        "ChangeDetection": "model3DA model3DB model3dA model3dB",
        "EvalO2D": "reference prediction",
        "EvalO3D": "reference prediction",
        "EvalS2D": "reference prediction",
        "EvalS3D": "reference prediction",
        "EvalSOrtho": "reference prediction",
        "ClearanceCalculation": "clearanceFootprint model3D",
        "TrainingS3D": "segmentations3D",
    }
)
# Reality Conversion v2 specification schemas; `output` is one string, a reality data id or a Feature DB index `fdb:`.
_CONVERSION_V2_INPUTS = _keys(
    {
        "PointCloudConversion": "pointCloud",
        "PointCloudOptimization": "pointClouds",
        "TileMapOptimization": "tileMaps",
        "VectorOptimization": "vectors",
        "MeshSampling": "meshes",
        "ContextSceneTiler": "scene",
    }
)

# "Patch a job", "Cancel job", "Retrieve job progress".
_V1_MESSAGES = "executionInformation"
_V1_OPERATIONS = Operations("progress", _V1_MESSAGES, submit={"state": "active"}, cancel={"state": "cancelled"})
_V2_OPERATIONS = Operations("progress")

ALL: Final[dict[str, Service]] = {
    service.name: service
    for service in (
        Service(
            name="modeling-v1",
            title="Reality Modeling v1",
            path="/contextcapture",
            accept=_V1,
            filterable=_FULL,
            has_in=True,
            scalars=_FLAT,
            collections={
                "inputId": Places(("inputs[].id",)),
                "outputId": Places(("jobSettings.outputs[].id",)),
            },
            required=frozenset({"id", "name", "email", "type", "state", "createdDateTime"}),
            enumerations={"type": ("Full", "Calibration", "Reconstruction"), "state": _V1_STATES},
            final_states=_V1_FINAL,
            marks=("jobSettings", "workspaceId", "location", "inputs", "executionInformation", "lastModifiedDateTime"),
            bad_request=422,
            bad_request_code="InvalidRealityModelingRequest",
            top_target="$Top",
            encodes_next=False,
            fraction_digits=0,
            # The states of a patch are capitalised here, other than those of its records.
            operations=Operations(
                "jobProgress", _V1_MESSAGES, submit={"state": "Active"}, cancel={"state": "Cancelled"}
            ),
        ),
        Service(
            name="modeling-v2",
            title="Reality Modeling v2",
            path="/reality-modeling",
            accept=_V2,
            filterable=_NARROW,
            has_in=False,
            scalars=_NESTED,
            collections={
                "inputId": Places((), "specifications.inputs", _MODELING_V2_INPUTS, _NEVER),
                "outputId": Places((), "specifications.outputs", _MODELING_V2_OUTPUTS, _NEVER),
            },
            required=_V2_REQUIRED,
            enumerations={"type": tuple(_MODELING_V2_INPUTS), "state": _V2_STATES},
            final_states=_V2_FINAL,
            marks=("specifications", "executionInfo", "specifications.outputs"),
            bad_request=400,  # [inferred] by likeness to Analysis v2
            bad_request_code="InvalidRealityModelingRequest",
            top_target="$top",
            encodes_next=True,
            fraction_digits=7,
            operations=_V2_OPERATIONS,
            user_key="userId",
        ),
        Service(
            name="conversion-v2",
            title="Reality Conversion v2",
            path="/reality-conversion",
            accept=_V2,
            filterable=_FULL,
            has_in=True,
            scalars=_NESTED,
            collections={
                "inputId": Places((), "specifications.inputs", _CONVERSION_V2_INPUTS, _NEVER),
                "outputId": Places((), "specifications", {"*": ("output",)}),
            },
            required=_V2_REQUIRED,
            enumerations={"type": tuple(_CONVERSION_V2_INPUTS), "state": _V2_STATES},
            final_states=_V2_FINAL,
            marks=("specifications", "executionInfo", "specifications.output"),
            bad_request=400,
            bad_request_code="InvalidRealityConversionRequest",
            top_target="$top",
            encodes_next=True,
            fraction_digits=7,
            operations=_V2_OPERATIONS,
            user_key="userId",
        ),
        Service(
            name="conversion-v1",
            title="Reality Conversion v1",
            path="/realityconversion",
            accept=_V1,
            filterable=_FULL,
            has_in=True,
            scalars=_FLAT,
            collections={
                "inputId": Places(("inputs[].id",)),
                "outputId": Places(("outputs[].id",)),
            },
            required=frozenset({"id", "iTwinId", "name", "type", "state", "createdDateTime"}),
            enumerations={"type": ("Conversion", "ImportFeatures"), "state": _V1_STATES},
            final_states=_V1_FINAL,
            marks=("inputs", "outputs", "executionInformation", "lastModifiedDateTime", "dataCenter"),
            bad_request=422,
            bad_request_code="InvalidRealityConversionRequest",
            top_target="$top",
            encodes_next=False,
            fraction_digits=0,
            operations=_V1_OPERATIONS,
        ),
        Service(
            name="analysis-v1",
            title="Reality Analysis v1",
            path="/realitydataanalysis",
            accept=_V1,
            filterable=_FULL,
            has_in=True,
            scalars=_FLAT,
            collections={
                # The oldest records name an input `realityDataId`.
                "inputId": Places(("inputs[].id", "inputs[].realityDataId")),
                "outputId": Places(("outputs[].id",)),
            },
            required=frozenset({"id", "type", "state", "createdDateTime"}),  # [inferred] no machine schema published
            enumerations={
                "type": (
                    "objects2D",
                    "segmentation2D",
                    "segmentationOrthophoto",
                    "segmentation3D",
                    "changeDetection",
                    "extractGround",
                ),
                "state": _V1_STATES,
            },
            final_states=_V1_FINAL,
            marks=("inputs", "outputs", "executionInformation", "lastModifiedDateTime", "dataCenter"),
            bad_request=422,  # [inferred] from its other operations
            bad_request_code="InvalidRealityDataAnalysisRequest",
            top_target="$top",
            encodes_next=False,
            fraction_digits=0,
            operations=_V1_OPERATIONS,
        ),
        Service(
            name="analysis-v2",
            title="Reality Analysis v2",
            path="/reality-analysis",
            accept=_V2,
            filterable=_NARROW,
            has_in=False,
            scalars=_NESTED,
            collections={
                "inputId": Places((), "specifications.inputs", _ANALYSIS_V2_INPUTS, _NEVER),
                "outputId": Places((), "specifications.outputs", {}, _NEVER | {"detector"}),
            },
            required=_V2_REQUIRED,
            enumerations={"type": tuple(_ANALYSIS_V2_INPUTS), "state": _V2_STATES},
            final_states=_V2_FINAL,
            marks=("specifications", "executionInfo", "specifications.outputs"),
            bad_request=400,
            bad_request_code="InvalidRealityAnalysisRequest",
            top_target="$Top",
            encodes_next=True,
            fraction_digits=7,
            operations=_V2_OPERATIONS,
            user_key="userId",
        ),
    )
}
