"""Exports, and the options of each format ("Retrieve job details").

The page shows three schemas titled "Options OBJ", and formats I3S and OSGB without one. Which is whose, the fields of
Bentley's Python client tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from attrs import field, frozen

from ..base import Model, Unlisted
from ..shape import chosen

Format = Literal["3DTiles", "3MX", "OBJ", "LAS", "PLY", "OPC", "OrthophotoDSM", "I3S", "OSGB"] | str
ColorSource = Literal["None", "Visible", "Thermal", "Resolution"] | str
ThermalUnit = Literal["Absolute", "Celsius", "Fahrenheit"] | str
LodScope = Literal["TileWise", "AcrossTiles"] | str
LodType = Literal["None", "Unary", "Quadtree", "Octree", "Adaptive", "BingMaps"] | str
SamplingStrategy = Literal["Resolution", "Absolute"] | str
OrthoColorSource = (
    Literal[
        "Reference3dModelVisible",
        "OptimizedComputationVisible",
        "Reference3dModelThermal",
        "OptimizedComputationThermal",
    ]
    | str
)


@frozen(kw_only=True)
class Point3d(Model):
    """Schema "Point3d", in the coordinate reference system that stands beside it."""

    x: float
    y: float
    z: float


@frozen(kw_only=True)
class _Options(Model):
    crs: str | None = None
    """Coordinate reference system."""


@frozen(kw_only=True)
class _TexturedOptions(_Options):
    texture_color_source: ColorSource | None = None


@frozen(kw_only=True)
class I3SOptions(_TexturedOptions):
    """The "Options OBJ" without a lodType; what all mesh formats share, too."""

    texture_color_source_res_min: float | None = None
    texture_color_source_res_max: float | None = None
    texture_color_source_thermal_unit: ThermalUnit | None = None
    texture_color_source_thermal_min: float | None = None
    texture_color_source_thermal_max: float | None = None


@frozen(kw_only=True)
class _LodOptions(I3SOptions):
    lod_scope: LodScope | None = None
    """Level of detail."""


@frozen(kw_only=True)
class Cesium3DTilesOptions(_LodOptions):
    """Schema "Options 3DTiles"."""

    compress: Literal["None", "Draco"] | str | None = None
    """Schema "Cesium Compression". No page names the key; it is that of Bentley's Python client."""


@frozen(kw_only=True)
class ThreeMXOptions(_LodOptions):
    """Schema "Options 3MX"."""

    crs_origin: Point3d | None = None
    generate_web_app: bool | None = None


@frozen(kw_only=True)
class OSGBOptions(_LodOptions):
    """The "Options OBJ" with a lodType and without a doublePrecision."""

    crs_origin: Point3d | None = None
    lod_type: LodType | None = None
    texture_sharpening: bool | None = None
    maximum_texture_size: int | None = None
    texture_compression: int | None = None
    """JPG compression."""


@frozen(kw_only=True)
class OBJOptions(OSGBOptions):
    """The "Options OBJ" with a doublePrecision."""

    double_precision: bool | None = None


@frozen(kw_only=True)
class OPCOptions(_TexturedOptions):
    """Schema "Options OPC", and what all point cloud formats share."""

    sampling_strategy: SamplingStrategy | None = None
    sampling_distance: float | None = None


@frozen(kw_only=True)
class _MergedOptions(OPCOptions):
    merge_point_clouds: bool | None = None


@frozen(kw_only=True)
class LASOptions(_MergedOptions):
    """Schema "Options LAS"."""

    compress: Literal["None", "LAZ"] | str | None = None
    """Schema "Las Compression". No page names the key; it is that of Bentley's Python client."""


@frozen(kw_only=True)
class PLYOptions(_MergedOptions):
    """Schema "Options PLY"."""

    include_normals: bool | None = None


@frozen(kw_only=True)
class OrthophotoDSMOptions(_Options):
    """Schema "Options OrthoDSM"."""

    ortho_format: Literal["GeoTIFF", "JPEG", "None"] | str | None = None
    dsm_format: Literal["GeoTIFF", "ASC", "None"] | str | None = None
    overviews: Literal["None", "Embedded", "OvrFile"] | str | None = None
    color_source: OrthoColorSource | None = None
    projection_mode: Literal["HighestPoint", "LowestPoint"] | str | None = None
    sampling_distance: float | None = None
    merge_parts: bool | None = None
    no_data_color: str | None = None
    no_data_value: float | None = None
    no_data_transparency: bool | None = None


ExportOptions = (
    I3SOptions
    | Cesium3DTilesOptions
    | ThreeMXOptions
    | OBJOptions
    | OSGBOptions
    | LASOptions
    | OPCOptions
    | PLYOptions
    | OrthophotoDSMOptions
    | Unlisted
)

OPTIONS: Final[Mapping[str, type[Model]]] = {
    "3DTiles": Cesium3DTilesOptions,
    "3MX": ThreeMXOptions,
    "OBJ": OBJOptions,
    "LAS": LASOptions,
    "PLY": PLYOptions,
    "OPC": OPCOptions,
    "OrthophotoDSM": OrthophotoDSMOptions,
    "I3S": I3SOptions,
    "OSGB": OSGBOptions,
}


@frozen(kw_only=True)
class ExportCreation(Model):
    """An export to be made, as in an example of "Create job"."""

    format: Format
    name: str | None = None
    """Name of the reality data."""
    options: ExportOptions | None = field(default=None, metadata=chosen("format", OPTIONS))
    """No page names the key; it is that of Bentley's Python client."""


@frozen(kw_only=True)
class Export(ExportCreation):
    """Schema "Export"."""

    location: str
    """Reality data id."""


@frozen(kw_only=True)
class ModelingReference(Model):
    """Schema "Modeling Reference"."""

    location: str
    """Reality data id."""


@frozen(kw_only=True)
class ProductionOutputs(Model):
    """Schema "Production Outputs"."""

    exports: Sequence[Export]


@frozen(kw_only=True)
class TilingOutputs(Model):
    """Schema "Tiling Outputs"."""

    modeling_reference: ModelingReference


@frozen(kw_only=True)
class ReconstructionOutputs(Model):
    """Schema "Reconstruction Outputs"."""

    modeling_reference: ModelingReference | None = None
    exports: Sequence[Export] | None = None


@frozen(kw_only=True)
class ProductionOutputsCreation(Model):
    """Outputs of a production to be created, as in Bentley's Python client."""

    exports: Sequence[ExportCreation]


@frozen(kw_only=True)
class ReconstructionOutputsCreation(Model):
    """Outputs of a reconstruction to be created, as an example of "Create job" has them."""

    modeling_reference: bool | None = None
    """Whether to make one."""
    exports: Sequence[ExportCreation] | None = None
