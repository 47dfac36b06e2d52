"""Reality Conversion v2 (reality-conversion): schemas of its list operation. Texts that end in CRS name one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Generic, Literal

from attrs import field, frozen

from .base import Color, Model, Unlisted
from .rules import Between
from .shape import chosen
from .v2 import Inputs, Options, V2Creation, V2Job

PointCloudFormat = Literal["OPC", "3DTilesPnts", "3DTilesGlbc", "LAS", "LAZ", "E57", "POD"] | str
"""Schemas "PointCloud Conversion Format", "PointCloud Optimization Format" and "MeshSamplingFormat"."""


@frozen(kw_only=True)
class ConversionCreation(Model, Generic[Inputs, Options]):
    """Specifications of a job to be created: without an output."""

    inputs: Inputs
    options: Options | None = None


@frozen(kw_only=True)
class ConversionSpecifications(ConversionCreation[Inputs, Options], Generic[Inputs, Options]):
    """Specifications of a job."""

    output: str
    """Reality data id of what is made; of a VectorOptimization perhaps a Feature DB index, `fdb:...`."""


@frozen(kw_only=True)
class _Crs(Model):
    input_crs: str | None = None
    output_crs: str | None = None


@frozen(kw_only=True)
class PointCloudOptions(_Crs):
    """Schemas "PointCloud Conversion Options" and "PointCloud Optimization Options"."""

    output_format: PointCloudFormat | None = None


@frozen(kw_only=True)
class MeshSamplingOptions(PointCloudOptions):
    """Schema "Mesh Sampling Options"."""

    sampling: float | None = None
    """In metres."""


@frozen(kw_only=True)
class TileMapOptimizationOptions(_Crs):
    """Schema "TileMap Optimization Options"."""

    output_format: Literal["XYZTileMap"] | str | None = None
    image_format: Literal["JPG", "PNG"] | str | None = None
    jpg_quality: Annotated[int, Between(10, 99)] | None = None
    top_level: int | None = None
    bottom_level: int | None = None
    background_color: Color | None = None


@frozen(kw_only=True)
class VectorOptimizationOptions(_Crs):
    """Schema "Vector Optimization Options"."""

    output_format: Literal["GeoJSON", "FeatureDB"] | str | None = None
    feature_class_display_name: str | None = None


@frozen(kw_only=True)
class ContextSceneTilerOptions(Model):
    """Schema "CSTilerOptions"."""

    object_to_tile: Literal["Cameras", "TiePoints", "Annotations"] | str | None = None


@frozen(kw_only=True)
class PointCloudConversionInputs(Model):
    """Reality data id of the point cloud."""

    point_cloud: str


@frozen(kw_only=True)
class PointCloudOptimizationInputs(Model):
    """Reality data ids of the point clouds."""

    point_clouds: tuple[str, ...]


@frozen(kw_only=True)
class TileMapOptimizationInputs(Model):
    """Reality data ids of the tile maps."""

    tile_maps: tuple[str, ...]


@frozen(kw_only=True)
class VectorOptimizationInputs(Model):
    """Reality data ids of the vectors."""

    vectors: tuple[str, ...]


@frozen(kw_only=True)
class MeshSamplingInputs(Model):
    """Reality data ids of the meshes."""

    meshes: tuple[str, ...]


@frozen(kw_only=True)
class ContextSceneTilerInputs(Model):
    """Reality data id of the ContextScene."""

    scene: str


@frozen(kw_only=True)
class PointCloudConversionSpecifications(ConversionSpecifications[PointCloudConversionInputs, PointCloudOptions]):
    """A PointCloudConversion job."""


@frozen(kw_only=True)
class PointCloudConversionCreation(ConversionCreation[PointCloudConversionInputs, PointCloudOptions]):
    """A PointCloudConversion job to be created."""


@frozen(kw_only=True)
class PointCloudOptimizationSpecifications(ConversionSpecifications[PointCloudOptimizationInputs, PointCloudOptions]):
    """A PointCloudOptimization job."""


@frozen(kw_only=True)
class PointCloudOptimizationCreation(ConversionCreation[PointCloudOptimizationInputs, PointCloudOptions]):
    """A PointCloudOptimization job to be created."""


@frozen(kw_only=True)
class TileMapOptimizationSpecifications(
    ConversionSpecifications[TileMapOptimizationInputs, TileMapOptimizationOptions]
):
    """A TileMapOptimization job."""


@frozen(kw_only=True)
class TileMapOptimizationCreation(ConversionCreation[TileMapOptimizationInputs, TileMapOptimizationOptions]):
    """A TileMapOptimization job to be created."""


@frozen(kw_only=True)
class VectorOptimizationSpecifications(ConversionSpecifications[VectorOptimizationInputs, VectorOptimizationOptions]):
    """A VectorOptimization job."""


@frozen(kw_only=True)
class VectorOptimizationCreation(ConversionCreation[VectorOptimizationInputs, VectorOptimizationOptions]):
    """A VectorOptimization job to be created."""


@frozen(kw_only=True)
class MeshSamplingSpecifications(ConversionSpecifications[MeshSamplingInputs, MeshSamplingOptions]):
    """A MeshSampling job."""


@frozen(kw_only=True)
class MeshSamplingCreation(ConversionCreation[MeshSamplingInputs, MeshSamplingOptions]):
    """A MeshSampling job to be created."""


@frozen(kw_only=True)
class ContextSceneTilerSpecifications(ConversionSpecifications[ContextSceneTilerInputs, ContextSceneTilerOptions]):
    """A ContextSceneTiler job."""


@frozen(kw_only=True)
class ContextSceneTilerCreation(ConversionCreation[ContextSceneTilerInputs, ContextSceneTilerOptions]):
    """A ContextSceneTiler job to be created."""


SPECIFICATIONS: Final[Mapping[str, type[Model]]] = {
    "PointCloudConversion": PointCloudConversionSpecifications,
    "PointCloudOptimization": PointCloudOptimizationSpecifications,
    "TileMapOptimization": TileMapOptimizationSpecifications,
    "VectorOptimization": VectorOptimizationSpecifications,
    "MeshSampling": MeshSamplingSpecifications,
    "ContextSceneTiler": ContextSceneTilerSpecifications,
}

CREATIONS: Final[Mapping[str, type[Model]]] = {
    "PointCloudConversion": PointCloudConversionCreation,
    "PointCloudOptimization": PointCloudOptimizationCreation,
    "TileMapOptimization": TileMapOptimizationCreation,
    "VectorOptimization": VectorOptimizationCreation,
    "MeshSampling": MeshSamplingCreation,
    "ContextSceneTiler": ContextSceneTilerCreation,
}


@frozen(kw_only=True)
class ConversionV2Job(V2Job):
    """Schema "Job"."""

    service: ClassVar = "conversion-v2"

    specifications: (
        PointCloudConversionSpecifications
        | PointCloudOptimizationSpecifications
        | TileMapOptimizationSpecifications
        | VectorOptimizationSpecifications
        | MeshSamplingSpecifications
        | ContextSceneTilerSpecifications
        | Unlisted
    ) = field(metadata=chosen("type", SPECIFICATIONS))


@frozen(kw_only=True)
class ConversionV2Creation(V2Creation):
    """The body of POST /reality-conversion/jobs."""

    service: ClassVar = "conversion-v2"

    specifications: (
        PointCloudConversionCreation
        | PointCloudOptimizationCreation
        | TileMapOptimizationCreation
        | VectorOptimizationCreation
        | MeshSamplingCreation
        | ContextSceneTilerCreation
        | Unlisted
    ) = field(metadata=chosen("type", CREATIONS))
