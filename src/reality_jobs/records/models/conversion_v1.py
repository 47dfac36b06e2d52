"""Reality Conversion v1 (realityconversion): its OpenAPI description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from attrs import frozen

from .base import Instant, Model
from .parts import V1CostParameters, V1Creation, V1Job, V1Part, V1Times
from .rules import Between

JobType = Literal["Conversion", "ImportFeatures"] | str
"""Schema "Job Type"."""

InputFormat = (
    Literal[
        "LAS", "LAZ", "PLY", "E57", "OPC", "PointCloud", "PNTS", "Cesium3DTiles", "ContextScene", "GeoJSON", "OVF",
        "OVT", "SHP", "Orthophoto", "OrthophotoDSM", "OMI",
    ]
    | str
)  # fmt: skip
"""Schemas "Point Cloud Input Formats", "Vector Input Formats" and "Tile Map Input Formats"."""

OutputFormat = (
    Literal["OPC", "PNTS", "GLB", "GLBC", "LAS", "LAZ", "E57", "PointCloud", "GeoJSON", "FDB", "XYZTileMap"] | str
)
"""Schema "Job Output (Job Create)": point clouds, vectors (FDB for ImportFeatures), tile maps."""


@frozen(kw_only=True)
class ConversionV1Input(Model):
    """Schema "Job Input"."""

    id: str | None = None
    """Reality data id."""
    type: InputFormat | None = None


@frozen(kw_only=True)
class ConversionV1CreateInput(V1Part):
    """Schema "Job Input (Job Create)": the service finds out the type."""

    id: str | None = None
    """Reality data id."""


@frozen(kw_only=True)
class ConversionV1Output(Model):
    """Schema "Job Output"."""

    type: OutputFormat | None = None
    id: str | None = None
    """Reality data id; missing or null while there is none."""


@frozen(kw_only=True)
class ConversionV1Cost(Model):
    """Schema "Cost Estimation Information"."""

    giga_pixels: float | None = None
    mega_points: float | None = None
    estimated_cost: float | None = None


@frozen(kw_only=True)
class ConversionV1Options(V1Part):
    """Schema "Options"."""

    processing_engines: Annotated[int, Between(0)] | None = None
    """Engines to use at most; 0 stands for the limit of the user, which is also the most that is allowed."""
    merge: bool | None = None
    """Whether all inputs become one output; of a Conversion only."""
    input_srs: str | None = None
    """EPSG code of a spatial reference system."""
    output_srs: str | None = None
    """EPSG code of a spatial reference system."""
    sample_world_step: float | None = None
    """In metres; of Cesium3DTiles inputs only."""
    feature_class_display_name: str | None = None
    """Of ImportFeatures only."""
    top_level: int | None = None
    """Of tile maps only, as all that follows."""
    bottom_level: int | None = None
    tile_format: Literal["JPG", "PNG"] | str | None = None
    jpg_quality: Annotated[float, Between(10, 99)] | None = None
    background_color: str | None = None
    """`r.g.b`, three numbers from 0 to 255."""


@frozen(kw_only=True)
class ConversionV1Execution(V1Times):
    """Schema "Execution Info"."""

    submission_date_time: Instant


@frozen(kw_only=True)
class ConversionV1Job(V1Job):
    """Schema "Job"."""

    service: ClassVar = "conversion-v1"

    name: str
    itwin_id: str
    last_modified_date_time: Instant
    data_center: str
    inputs: Sequence[ConversionV1Input]
    outputs: Sequence[ConversionV1Output]
    owner_id: str | None = None
    execution_information: ConversionV1Execution | None = None
    cost_estimation: ConversionV1Cost | None = None
    options: ConversionV1Options | None = None


@frozen(kw_only=True)
class ConversionV1Creation(V1Creation):
    """Schema "Job (Create)": the body of POST /realityconversion/jobs."""

    service: ClassVar = "conversion-v1"

    type: JobType
    name: str
    inputs: Sequence[ConversionV1CreateInput]
    outputs: Sequence[OutputFormat]
    itwin_id: str
    options: ConversionV1Options | None = None
    cost_estimation_parameters: V1CostParameters | None = None
