"""Reality Conversion v2 (reality-conversion): schemas of "Get jobs". Texts that end in CRS name one.

In a creation ("Create job") the specifications have no output; inputs and options are those of the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final, Generic, Literal

from attrs import field, frozen

from .base import Closed, Model, Unlisted
from .rules import Between, Matches
from .shape import chosen
from .v2 import Inputs, Options, V2Creation, V2Job

JobType = (
    Literal[
        "PointCloudConversion", "PointCloudOptimization", "TileMapOptimization", "VectorOptimization", "MeshSampling",
        "ContextSceneTiler",
    ]
    | str
)  # fmt: skip
"""Schema "Job Types"."""

PointCloudFormat = Literal["OPC", "3DTilesPnts", "3DTilesGlbc", "LAS", "LAZ", "E57", "POD"] | str
"""Schemas "PointCloud Conversion Format", "PointCloud Optimization Format" and "MeshSamplingFormat"."""


@frozen(kw_only=True)
class ConversionCreation(Closed, Generic[Inputs, Options]):
    """Specifications of a job to be created."""

    inputs: Inputs
    options: Options | None = None


@frozen(kw_only=True)
class ConversionSpecifications(ConversionCreation[Inputs, Options], Generic[Inputs, Options]):
    """Specifications of a job."""

    output: str
    """Reality data id of what is made; of a VectorOptimization perhaps a Feature DB index, `fdb:...`."""


@frozen(kw_only=True)
class _Crs(Closed):
    input_crs: str | None = None
    output_crs: str | None = None


@frozen(kw_only=True)
class _PointCloudOptions(_Crs):
    output_format: PointCloudFormat | None = None


@frozen(kw_only=True)
class PointCloudConversionOptions(_PointCloudOptions):
    """Schema "PointCloud Conversion Options"."""


@frozen(kw_only=True)
class PointCloudOptimizationOptions(_PointCloudOptions):
    """Schema "PointCloud Optimization Options"."""


@frozen(kw_only=True)
class MeshSamplingOptions(_PointCloudOptions):
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
    background_color: Annotated[str, Matches(r"#[a-fA-F0-9]{6}", "a colour like #00ff7f")] | None = None


@frozen(kw_only=True)
class VectorOptimizationOptions(_Crs):
    """Schema "Vector Optimization Options"."""

    output_format: Literal["GeoJSON", "FeatureDB"] | str | None = None
    feature_class_display_name: str | None = None


@frozen(kw_only=True)
class ContextSceneTilerOptions(Closed):
    """Schema "CSTilerOptions"."""

    object_to_tile: Literal["Cameras", "TiePoints", "Annotations"] | str | None = None


@frozen(kw_only=True)
class PointCloudConversionInputs(Closed):
    """Schema "PointCloud Conversion Inputs": a reality data id."""

    point_cloud: str


@frozen(kw_only=True)
class PointCloudOptimizationInputs(Closed):
    """Schema "PointCloud Optimization Inputs": reality data ids."""

    point_clouds: Sequence[str]


@frozen(kw_only=True)
class TileMapOptimizationInputs(Closed):
    """Schema "TileMap Optimization Inputs": reality data ids."""

    tile_maps: Sequence[str]


@frozen(kw_only=True)
class VectorOptimizationInputs(Closed):
    """Schema "Vector Optimization Inputs": reality data ids."""

    vectors: Sequence[str]


@frozen(kw_only=True)
class MeshSamplingInputs(Closed):
    """Schema "Mesh Sampling Inputs": reality data ids."""

    meshes: Sequence[str]


@frozen(kw_only=True)
class ContextSceneTilerInputs(Closed):
    """Schema "CSTilerInputs": reality data id of the ContextScene."""

    scene: str


@frozen(kw_only=True)
class PointCloudConversionSpecifications(
    ConversionSpecifications[PointCloudConversionInputs, PointCloudConversionOptions]
):
    """Schema "PointCloud Conversion Specifications"."""


@frozen(kw_only=True)
class PointCloudConversionCreation(ConversionCreation[PointCloudConversionInputs, PointCloudConversionOptions]):
    """A PointCloudConversion job to be created."""


@frozen(kw_only=True)
class PointCloudOptimizationSpecifications(
    ConversionSpecifications[PointCloudOptimizationInputs, PointCloudOptimizationOptions]
):
    """Schema "PointCloud Optimization Specifications"."""


@frozen(kw_only=True)
class PointCloudOptimizationCreation(ConversionCreation[PointCloudOptimizationInputs, PointCloudOptimizationOptions]):
    """A PointCloudOptimization job to be created."""


@frozen(kw_only=True)
class TileMapOptimizationSpecifications(
    ConversionSpecifications[TileMapOptimizationInputs, TileMapOptimizationOptions]
):
    """Schema "TileMap Optimization Specifications"."""


@frozen(kw_only=True)
class TileMapOptimizationCreation(ConversionCreation[TileMapOptimizationInputs, TileMapOptimizationOptions]):
    """A TileMapOptimization job to be created."""


@frozen(kw_only=True)
class VectorOptimizationSpecifications(ConversionSpecifications[VectorOptimizationInputs, VectorOptimizationOptions]):
    """Schema "Vector Optimization Specifications"."""


@frozen(kw_only=True)
class VectorOptimizationCreation(ConversionCreation[VectorOptimizationInputs, VectorOptimizationOptions]):
    """A VectorOptimization job to be created."""


@frozen(kw_only=True)
class MeshSamplingSpecifications(ConversionSpecifications[MeshSamplingInputs, MeshSamplingOptions]):
    """Schema "Mesh Sampling Specifications"."""


@frozen(kw_only=True)
class MeshSamplingCreation(ConversionCreation[MeshSamplingInputs, MeshSamplingOptions]):
    """A MeshSampling job to be created."""


@frozen(kw_only=True)
class ContextSceneTilerSpecifications(ConversionSpecifications[ContextSceneTilerInputs, ContextSceneTilerOptions]):
    """Schema "Context Scene Tiler Specifications"."""


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

    type: JobType
    specifications: (
        PointCloudConversionCreation
        | PointCloudOptimizationCreation
        | TileMapOptimizationCreation
        | VectorOptimizationCreation
        | MeshSamplingCreation
        | ContextSceneTilerCreation
        | Unlisted
    ) = field(metadata=chosen("type", CREATIONS))
