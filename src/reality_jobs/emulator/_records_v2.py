"""Invented records of the v2 APIs: one envelope, specifications that depend on the job's type.

The tables are in a notation of their own: `key=kind`, with `?` where the schema lets a key be absent or null. Sources:
the published specification schemas of Reality Modeling v2, Conversion v2 and Analysis v2.
"""

from __future__ import annotations

from collections.abc import Callable

from ..instants import read_ticks
from ._world import Draft, World, v2_time

Record = dict[str, object]
Ids = Callable[[], str]
Table = dict[str, tuple[str, str]]

_MODELING: Table = {
    "FillImageProperties": ("imageCollections=ids? sceneToProcess=id sceneToComplete=id? presets=presets?", "scene=id"),
    "ImportPointCloud": ("scene=id crsData=path?", "scanCollection=id scene=id?"),
    "Calibration": ("scene=id presets=presets? crsData=path?", "scene=id report=path? texturedTiePoints=id?"),
    "Tiling": ("scene=id regionOfInterest=path? crsData=path? presets=presets?", "modelingReference=reference"),
    "Production": ("scene=id modelingReference=id extent=path? crsData=path? presets=presets?", "exports=exports"),
    "Reconstruction": (
        "scene=id modelingReference=id? regionOfInterest=path? extent=path? crsData=path? presets=presets?",
        "modelingReference=reference exports=exports?",
    ),
    "Constraints": (
        "modelingReference=id constraintsToDelete=guids? constraintsToAdd=constraints? crsData=path?",
        "addedConstraintsInfo=path",
    ),
    "TouchUpExport": ("modelingReference=id tilesToTouchUp=tiles?", "touchUpData=id"),
    "TouchUpImport": ("modelingReference=id touchUpData=id", "importInfo=path?"),
    "WaterConstraints": ("scene=id modelingReference=id crsData=path?", "constraints=path"),
    "GaussianSplats": (
        "scene=id splatsReference=id? regionOfInterest=path? crsData=path? preset=preset?",
        "splats=id splatsReference=id?",
    ),
}
_ANALYSIS: Table = {
    "Objects2D": ("photos=id model3D=id? photoObjectDetector=detector", "objects2D=id objects3D=id?"),
    "Segmentation2D": (
        "photos=id model3D=id? photoSegmentationDetector=detector",
        "segmentation2D=id segmentedPhotos=id? lines3DAsGeoJSON=id?",
    ),
    "Segmentation3D": (
        "model3D=id pointCloudSegmentationDetector=detector? segmentation3D=id? extent=path?",
        "segmentation3D=id segmentedModel3D=id? polygons3DAs3DTiles=id?",
    ),
    "SegmentationOrthophoto": (
        "orthophoto=id orthophotoSegmentationDetector=detector",
        "segmentation2D=id polygons2DAsSHP=id?",
    ),
    "ChangeDetection": (
        "model3DA=id model3DB=id extent=path? preset=preset?",
        "segmentation3DA=id segmentation3DB=id locations3DAAsSHP=id?",
    ),
    "EvalO2D": ("reference=id prediction=id", "report=path objects2D=id?"),
    "EvalO3D": ("reference=id prediction=id", "report=path objects3D=id?"),
    "EvalS2D": ("reference=id prediction=id", "report=path segmentedPhotos=id? segmentation2D=id?"),
    "EvalS3D": ("reference=id prediction=id", "report=path segmentedModel3D=id? segmentation3D=id?"),
    "EvalSOrtho": ("reference=id prediction=id", "report=path segmentedPhotos=id? segmentation2D=id?"),
    "ClearanceCalculation": ("clearanceFootprint=id model3D=id", "ovfPoints=id ovfLines=id? ovfAreas=id?"),
    "TrainingS3D": ("segmentations3D=ids preset=preset? detectorName=name", "detector=trained"),
}
# The key of the inputs, and the output formats to choose from; `output` is a single string.
_CONVERSION: Table = {
    "PointCloudConversion": ("pointCloud=id", "OPC 3DTilesPnts 3DTilesGlbc LAS LAZ E57 POD"),
    "PointCloudOptimization": ("pointClouds=ids-or-id", "OPC 3DTilesPnts 3DTilesGlbc LAS"),
    "TileMapOptimization": ("tileMaps=ids", "XYZTileMap"),
    "VectorOptimization": ("vectors=ids", "GeoJSON FeatureDB"),
    "MeshSampling": ("meshes=ids", "OPC LAS LAZ"),
    "ContextSceneTiler": ("scene=id", ""),
}
# Keys of Analysis v2 that changed their case in spring 2026; lists hold both spellings.
_RENAMED = {"model3DA": "model3dA", "model3DB": "model3dB"}
_RENAMED_FROM = read_ticks("2026-05-01T00:00:00Z")


def record_v2(world: World, draft: Draft, service: str) -> Record:
    """A record without an e-mail address, its creation time one level down, its name null or missing now and then."""
    specifications = {"modeling-v2": _modeling, "analysis-v2": _analysis, "conversion-v2": _conversion}[service]
    record: Record = {
        "id": draft.id,
        "state": draft.state,
        "userId": draft.user_id,
        "executionInfo": _execution(world, draft),
        "specifications": specifications(world, draft),
    }
    if not world.one_in(10):
        record["name"] = None if world.one_in(10) else world.name()
    return record | {"type": draft.type, "iTwinId": draft.itwin_id}


def _modeling(world: World, draft: Draft) -> Record:
    inputs, outputs = _MODELING[draft.type]
    specifications: Record = {
        "inputs": _fill(world, inputs, world.read_id),
        "outputs": _fill(world, outputs, world.written_id),
    }
    if draft.type == "FillImageProperties":
        specifications["options"] = {"recursiveImageCollections": False, "altitudeReference": "SeaLevel"}
    return specifications


def _analysis(world: World, draft: Draft) -> Record:
    inputs, outputs = _ANALYSIS[draft.type]
    found = _fill(world, inputs, world.read_id)
    if draft.ticks < _RENAMED_FROM:
        found = {_RENAMED.get(key, key): value for key, value in found.items()}
    return {"inputs": found, "outputs": _fill(world, outputs, world.written_id)}


def _conversion(world: World, draft: Draft) -> Record:
    inputs, formats = _CONVERSION[draft.type]
    options: Record = {"outputFormat": world.rng.choice(formats.split())} if formats else {"objectToTile": "Cameras"}
    prefix = "fdb:" if options.get("outputFormat") == "FeatureDB" else ""
    return {
        "inputs": _fill(world, inputs, world.read_id),
        "output": prefix + world.written_id(),
        "options": options,
    }


def _execution(world: World, draft: Draft) -> Record:
    info: Record = {"createdDateTime": v2_time(draft.ticks)}
    if draft.state == "Queued":
        return info if world.one_in(2) else info | {"startedDateTime": None, "endedDateTime": None}
    started = world.later(draft.ticks, 10)
    info["startedDateTime"] = v2_time(started)
    if draft.state in ("Success", "Failed", "Cancelled"):
        info |= {
            "endedDateTime": v2_time(world.later(started, 300)),
            "processingUnits": world.rng.randrange(400) / 20,
        }
    return info


def _fill(world: World, table: str, ids: Ids) -> Record:
    filled: Record = {}
    for entry in table.split():
        key, kind = entry.split("=")
        if kind.endswith("?") and world.one_in(2):
            if world.one_in(3):
                filled[key] = None
            continue
        filled[key] = _value(world, key, kind.rstrip("?"), ids)
    return filled


def _value(world: World, key: str, kind: str, ids: Ids) -> object:
    rng = world.rng
    match kind:
        case "id":
            return ids()
        case "ids":
            return [ids() for _ in range(rng.randrange(1, 4))]
        case "ids-or-id":
            # A published example has one string where the schema has a list.
            return ids() if world.one_in(8) else [ids() for _ in range(rng.randrange(1, 4))]
        case "reference":
            return {"location": ids()}
        case "exports":
            forms = rng.sample(("3DTiles", "3MX", "OBJ", "LAS", "OrthophotoDSM"), rng.randrange(1, 4))
            return [{"format": form, "name": None, "location": ids()} for form in forms]
        case "path":
            return world.bucket_path(f"{key}.json")
        case "preset":
            return world.bucket_path("preset.xml")
        case "presets":
            return [f"File_{rng.randrange(1, 9)}"]
        case "guids":
            return [world.guid() for _ in range(rng.randrange(1, 3))]
        case "tiles":
            return [f"Tile_+{rng.randrange(1000):03}_+{rng.randrange(1000):03}"]
        case "constraints":
            return [{"constraintPath": world.bucket_path("water.kml"), "crs": "EPSG:4979", "name": world.name()}]
        case "detector":
            return ids() if world.one_in(3) else "bentley-cracks-o2d/1.0"
        case "name":
            return "roofs"
        case "trained":
            return "roofs/1.0"
        case _:
            raise ValueError(f"unknown kind {kind!r} of {key}")
