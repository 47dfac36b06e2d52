"""The eleven specifications, the job and its creation ("Retrieve job details", "Create job")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, Literal

from attrs import field, frozen

from ..base import Model, Unlisted
from ..shape import chosen
from ..v2 import OptionedSpecifications, Specifications, V2Creation, V2Job
from .data import (
    CalibrationInputs,
    CalibrationOutputs,
    ConstraintsInputs,
    ConstraintsOutputs,
    FillImagePropertiesInputs,
    FillImagePropertiesOutputs,
    GaussianSplatsInputs,
    GaussianSplatsOutputs,
    ImportPointCloudInputs,
    ImportPointCloudOutputs,
    ProductionInputs,
    ReconstructionInputs,
    TilingInputs,
    TouchUpExportInputs,
    TouchUpExportOutputs,
    TouchUpImportInputs,
    TouchUpImportOutputs,
    WaterConstraintsInputs,
    WaterConstraintsOutputs,
)
from .exports import (
    ProductionOutputs,
    ProductionOutputsCreation,
    ReconstructionOutputs,
    ReconstructionOutputsCreation,
    TilingOutputs,
)
from .options import (
    CalibrationOptions,
    FillImagePropertiesOptions,
    GaussianSplatsOptions,
    TilingOptions,
    TouchUpExportOptions,
    WaterConstraintsOptions,
)

JobType = (
    Literal[
        "FillImageProperties", "ImportPointCloud", "Calibration", "Tiling", "Production", "Reconstruction",
        "Constraints", "TouchUpExport", "TouchUpImport", "WaterConstraints", "GaussianSplats",
    ]
    | str
)  # fmt: skip
"""Schema "Job type"."""

Names = Sequence[str]
"""Outputs to be made. No page names them; in Bentley's Python client they are the keys of the later outputs."""


@frozen(kw_only=True)
class FillImagePropertiesSpecifications(
    OptionedSpecifications[FillImagePropertiesInputs, FillImagePropertiesOutputs, FillImagePropertiesOptions]
):
    """Schema "FillImageProperties Specifications"."""


@frozen(kw_only=True)
class ImportPointCloudSpecifications(Specifications[ImportPointCloudInputs, ImportPointCloudOutputs]):
    """Schema "ImportPointCloud Specifications"."""


@frozen(kw_only=True)
class CalibrationSpecifications(OptionedSpecifications[CalibrationInputs, CalibrationOutputs, CalibrationOptions]):
    """Schema "Calibration Specifications"."""


@frozen(kw_only=True)
class TilingSpecifications(OptionedSpecifications[TilingInputs, TilingOutputs, TilingOptions]):
    """Schema "Tiling Specifications"."""


@frozen(kw_only=True)
class ProductionSpecifications(Specifications[ProductionInputs, ProductionOutputs]):
    """Schema "Production Specifications"."""


@frozen(kw_only=True)
class ReconstructionSpecifications(OptionedSpecifications[ReconstructionInputs, ReconstructionOutputs, TilingOptions]):
    """Schema "Reconstruction Specifications"."""


@frozen(kw_only=True)
class ConstraintsSpecifications(Specifications[ConstraintsInputs, ConstraintsOutputs]):
    """Schema "Constraints Specifications"."""


@frozen(kw_only=True)
class TouchUpExportSpecifications(
    OptionedSpecifications[TouchUpExportInputs, TouchUpExportOutputs, TouchUpExportOptions]
):
    """Schema "TouchUp Export Specifications"."""


@frozen(kw_only=True)
class TouchUpImportSpecifications(Specifications[TouchUpImportInputs, TouchUpImportOutputs]):
    """Schema "TouchUp Import Specifications"."""


@frozen(kw_only=True)
class WaterConstraintsSpecifications(
    OptionedSpecifications[WaterConstraintsInputs, WaterConstraintsOutputs, WaterConstraintsOptions]
):
    """Schema "WaterConstraints Specifications"."""


@frozen(kw_only=True)
class GaussianSplatsSpecifications(
    OptionedSpecifications[GaussianSplatsInputs, GaussianSplatsOutputs, GaussianSplatsOptions]
):
    """Schema "Gaussian Splats Specifications"."""


@frozen(kw_only=True)
class FillImagePropertiesCreation(OptionedSpecifications[FillImagePropertiesInputs, Names, FillImagePropertiesOptions]):
    """A FillImageProperties job to be created."""


@frozen(kw_only=True)
class ImportPointCloudCreation(Specifications[ImportPointCloudInputs, Names]):
    """An ImportPointCloud job to be created."""


@frozen(kw_only=True)
class CalibrationCreation(OptionedSpecifications[CalibrationInputs, Names, CalibrationOptions]):
    """A Calibration job to be created."""


@frozen(kw_only=True)
class TilingCreation(OptionedSpecifications[TilingInputs, Names, TilingOptions]):
    """A Tiling job to be created."""


@frozen(kw_only=True)
class ProductionCreation(Specifications[ProductionInputs, ProductionOutputsCreation]):
    """A Production job to be created."""


@frozen(kw_only=True)
class ReconstructionCreation(
    OptionedSpecifications[ReconstructionInputs, ReconstructionOutputsCreation, TilingOptions]
):
    """A Reconstruction job to be created."""


@frozen(kw_only=True)
class ConstraintsCreation(Specifications[ConstraintsInputs, Names]):
    """A Constraints job to be created."""


@frozen(kw_only=True)
class TouchUpExportCreation(OptionedSpecifications[TouchUpExportInputs, Names, TouchUpExportOptions]):
    """A TouchUpExport job to be created."""


@frozen(kw_only=True)
class TouchUpImportCreation(Specifications[TouchUpImportInputs, Names]):
    """A TouchUpImport job to be created."""


@frozen(kw_only=True)
class WaterConstraintsCreation(OptionedSpecifications[WaterConstraintsInputs, Names, WaterConstraintsOptions]):
    """A WaterConstraints job to be created."""


@frozen(kw_only=True)
class GaussianSplatsCreation(OptionedSpecifications[GaussianSplatsInputs, Names, GaussianSplatsOptions]):
    """A GaussianSplats job to be created."""


SPECIFICATIONS: Final[Mapping[str, type[Model]]] = {
    "FillImageProperties": FillImagePropertiesSpecifications,
    "ImportPointCloud": ImportPointCloudSpecifications,
    "Calibration": CalibrationSpecifications,
    "Tiling": TilingSpecifications,
    "Production": ProductionSpecifications,
    "Reconstruction": ReconstructionSpecifications,
    "Constraints": ConstraintsSpecifications,
    "TouchUpExport": TouchUpExportSpecifications,
    "TouchUpImport": TouchUpImportSpecifications,
    "WaterConstraints": WaterConstraintsSpecifications,
    "GaussianSplats": GaussianSplatsSpecifications,
}

CREATIONS: Final[Mapping[str, type[Model]]] = {
    "FillImageProperties": FillImagePropertiesCreation,
    "ImportPointCloud": ImportPointCloudCreation,
    "Calibration": CalibrationCreation,
    "Tiling": TilingCreation,
    "Production": ProductionCreation,
    "Reconstruction": ReconstructionCreation,
    "Constraints": ConstraintsCreation,
    "TouchUpExport": TouchUpExportCreation,
    "TouchUpImport": TouchUpImportCreation,
    "WaterConstraints": WaterConstraintsCreation,
    "GaussianSplats": GaussianSplatsCreation,
}


@frozen(kw_only=True)
class ModelingV2Job(V2Job):
    """Schema "Job"."""

    service: ClassVar = "modeling-v2"

    specifications: (
        FillImagePropertiesSpecifications
        | ImportPointCloudSpecifications
        | CalibrationSpecifications
        | TilingSpecifications
        | ProductionSpecifications
        | ReconstructionSpecifications
        | ConstraintsSpecifications
        | TouchUpExportSpecifications
        | TouchUpImportSpecifications
        | WaterConstraintsSpecifications
        | GaussianSplatsSpecifications
        | Unlisted
    ) = field(metadata=chosen("type", SPECIFICATIONS))


@frozen(kw_only=True)
class ModelingV2Creation(V2Creation):
    """The body of POST /reality-modeling/jobs."""

    service: ClassVar = "modeling-v2"

    type: JobType
    specifications: (
        FillImagePropertiesCreation
        | ImportPointCloudCreation
        | CalibrationCreation
        | TilingCreation
        | ProductionCreation
        | ReconstructionCreation
        | ConstraintsCreation
        | TouchUpExportCreation
        | TouchUpImportCreation
        | WaterConstraintsCreation
        | GaussianSplatsCreation
        | Unlisted
    ) = field(metadata=chosen("type", CREATIONS))
