"""Invented records of the v1 APIs. Sources: the published list operations of Reality Modeling v1, Conversion v1 and
Analysis v1 (of the last no machine schema is published: its examples)."""

from __future__ import annotations

from ._world import Draft, World, unusable_image, v1_time

Record = dict[str, object]

_LOCATIONS = ("East US", "North Europe", "Southeast Asia", "Australia East", "UK South", "Japan East", "West Europe")
_CENTERS = ("EastUs", "NorthEurope", "AustraliaEast")
_FORMATS = ("3MX", "3SM", "Cesium 3D Tiles", "Orthophoto/DSM", "LAS", "OBJ", "ESRI i3s", "PLY", "ContextScene")
_CONVERSIONS = {
    "Conversion": (("LAS", "LAZ", "E57", "PointCloud"), ("OPC", "PNTS", "GLBC")),
    "ImportFeatures": (("ContextScene", "GeoJSON", "SHP"), ("GeoJSON", "FDB")),
}
_ANALYSES = {
    "objects2D": (("photos", "photoObjectDetector"), ("objects2D", "exportedObjects3DDGN")),
    "segmentation2D": (("photos", "photoSegmentationDetector"), ("segmentation2D", "exportedLines3DSHP")),
    "segmentationOrthophoto": (("orthophoto", "orthophotoSegmentationDetector"), ("segmentation2D",)),
    "segmentation3D": (("pointClouds", "meshes"), ("segmentation3D", "segmentedPointCloud")),
    "changeDetection": (("pointClouds1", "pointClouds2"), ("objects3D", "exportedLocations3DSHP")),
    "extractGround": (("pointClouds", "pointCloudSegmentationDetector"), ("segmentation3D",)),
}


def modeling_v1(world: World, draft: Draft) -> Record:
    """Base path /contextcapture: outputs under `jobSettings`, `iTwinId` optional, the cache id no input."""
    rng = world.rng
    record = _common(world, draft)
    if world.one_in(8):
        del record["iTwinId"]
    record |= {"location": rng.choice(_LOCATIONS), "email": draft.email, "workspaceId": world.guid()}
    record |= _execution(world, draft, "submittedDateTime")
    record["inputs"] = [
        {"id": world.read_id(), "description": text}
        for text in rng.sample(("Drone ImageCollection", "Drone CCOrientations", "LiDAR"), rng.randrange(1, 4))
    ]
    settings: Record = {
        "quality": rng.choice(("Draft", "Medium", "Extra")),
        "outputs": [
            {"format": form, "id": _written(world, draft)} for form in rng.sample(_FORMATS, rng.randrange(1, 4))
        ],
        "processingEngines": rng.randrange(1, 9),
    }
    if world.one_in(3):
        settings["cacheSettings"] = {"createCache": True, "useCache": world.read_id()}
    record["jobSettings"] = settings
    if world.one_in(2):
        record["costEstimationParameters"] = {"gigaPixels": 2.1, "megaPoints": 1.5, "meshQuality": "Extra"}
        record["estimatedCost"] = 3.5
    return record


def conversion_v1(world: World, draft: Draft) -> Record:
    """Base path /realityconversion: `email` and `ownerId` optional."""
    rng = world.rng
    sources, targets = _CONVERSIONS[draft.type]
    record = _common(world, draft) | {"dataCenter": rng.choice(_CENTERS)}
    if not world.one_in(4):
        record |= {"ownerId": draft.user_id, "email": draft.email}
    record["inputs"] = [{"type": rng.choice(sources), "id": world.read_id()} for _ in range(rng.randrange(1, 4))]
    record["outputs"] = [{"type": rng.choice(targets), "id": _written(world, draft)}]
    record |= _execution(world, draft, "submissionDateTime")
    if world.one_in(2):
        record["costEstimation"] = {"gigaPixels": None, "megaPoints": 12.5, "estimatedCost": 0.4}
    if not world.one_in(3):
        record["options"] = {"processingEngines": rng.randrange(0, 9), "merge": True}
    return record


def analysis_v1(world: World, draft: Draft, old: bool) -> Record:
    """Base path /realitydataanalysis: no key `id` in an output that has none yet; old inputs are spelt differently."""
    rng = world.rng
    sources, targets = _ANALYSES[draft.type]
    record = _common(world, draft) | {"email": draft.email, "dataCenter": rng.choice(_CENTERS)}
    kind, key = ("name", "realityDataId") if old else ("type", "id")
    record["inputs"] = [{kind: source, key: world.read_id()} for source in sources]
    outputs: list[Record] = []
    for target in targets:
        written = _written(world, draft)
        outputs.append({"type": target} if written is None else {"type": target, "id": written})
    record["outputs"] = outputs
    record["options"] = {}
    record |= _execution(world, draft, "submissionDateTime")
    return record


def _common(world: World, draft: Draft) -> Record:
    return {
        "id": draft.id,
        "name": world.name(),
        "type": draft.type,
        "state": draft.state,
        "createdDateTime": v1_time(draft.ticks),
        "lastModifiedDateTime": v1_time(world.later(draft.ticks, 400)),
        "iTwinId": draft.itwin_id,
    }


def _written(world: World, draft: Draft) -> str | None:
    """An output has an id once the job is done; some failed jobs leave one too."""
    done = draft.state == "success" or (draft.state == "failed" and world.one_in(2))
    return world.written_id() if done else None


def _execution(world: World, draft: Draft, submitted: str) -> Record:
    if draft.state == "unsubmitted":
        return {}
    start = world.later(draft.ticks, 5)
    info: Record = {submitted: v1_time(start), "startedDateTime": v1_time(world.later(start, 5))}
    if draft.state == "active":
        return {"executionInformation": info | {"endedDateTime": None}}
    info["endedDateTime"] = v1_time(world.later(start, 300))
    info["estimatedUnits"] = world.rng.randrange(1, 400) / 20
    if draft.state == "failed":
        info["errors"] = [unusable_image()]
        info["warnings"] = []
    return {"executionInformation": info}
