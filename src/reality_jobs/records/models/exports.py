"""Exports of Reality Modeling v2, and the options of each format ("Options ..." schemas of "Retrieve job details").

The page shows three schemas titled "Options OBJ": by their fields those of I3S, OBJ and OSGB. It leaves out fields that
are references: `compress` and an export's `options` are named after Bentley's Python client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from attrs import field, frozen

from .base import Model, Unlisted
from .rules import Between
from .shape import chosen

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
Resolution = Annotated[float, Between(0)]


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
    """What all mesh formats share, too. The thermal values are in the thermal unit."""

    texture_color_source_res_min: Resolution | None = None
    texture_color_source_res_max: Resolution | None = None
    texture_color_source_thermal_unit: ThermalUnit | None = None
    texture_color_source_thermal_min: float | None = None
    texture_color_source_thermal_max: float | None = None
    lod_scope: LodScope | None = None
    """Level of detail; for I3S not on the page but in Bentley's client."""


@frozen(kw_only=True)
class Cesium3DTilesOptions(I3SOptions):
    """Schema "Options 3DTiles"."""

    compress: Literal["None", "Draco"] | str | None = None
    """Schema "Cesium Compression"."""


@frozen(kw_only=True)
class ThreeMXOptions(I3SOptions):
    """Schema "Options 3MX"."""

    crs_origin: Point3d | None = None
    generate_web_app: bool | None = None


@frozen(kw_only=True)
class OSGBOptions(I3SOptions):
    """The "Options OBJ" without a double precision."""

    crs_origin: Point3d | None = None
    lod_type: LodType | None = None
    texture_sharpening: bool | None = None
    maximum_texture_size: int | None = None
    texture_compression: Annotated[int, Between(0, 100)] | None = None
    """JPG compression; its range is that of Bentley's client."""


@frozen(kw_only=True)
class OBJOptions(OSGBOptions):
    """The "Options OBJ" with a double precision."""

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
    """Schema "Las Compression"."""


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
    """An export to be made."""

    format: Format
    name: str | None = None
    """Name of the reality data."""
    options: ExportOptions | None = field(default=None, metadata=chosen("format", OPTIONS))


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

    exports: tuple[Export, ...]


@frozen(kw_only=True)
class TilingOutputs(Model):
    """Schema "Tiling Outputs"."""

    modeling_reference: ModelingReference


@frozen(kw_only=True)
class ReconstructionOutputs(Model):
    """Schema "Reconstruction Outputs"."""

    modeling_reference: ModelingReference | None = None
    exports: tuple[Export, ...] | None = None


@frozen(kw_only=True)
class ProductionOutputsCreation(Model):
    """Outputs of a production to be created."""

    exports: tuple[ExportCreation, ...]


@frozen(kw_only=True)
class ReconstructionOutputsCreation(Model):
    """Outputs of a reconstruction to be created."""

    modeling_reference: bool | None = None
    """Whether to make one."""
    exports: tuple[ExportCreation, ...] | None = None
