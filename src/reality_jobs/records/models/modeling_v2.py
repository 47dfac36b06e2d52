"""Reality Modeling v2, continued: the eleven specifications, the job and its creation.

In a creation the outputs are the keys that the record's outputs will have (for exports: their formats and options).
Sources: "Retrieve job details" and "Create job" of Reality Modeling v2; the names of Bentley's Python client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from attrs import field, frozen

from .base import Model, Unlisted
from .exports import (
    ProductionOutputs,
    ProductionOutputsCreation,
    ReconstructionOutputs,
    ReconstructionOutputsCreation,
    TilingOutputs,
)
from .modeling_data import (
    CalibrationInputs,
    CalibrationOutputs,
    ConstraintsInputs,
    ConstraintsOutputs,
    FillImagePropertiesInputs,
    GaussianSplatsInputs,
    GaussianSplatsOutputs,
    ImportPointCloudOutputs,
    ProductionInputs,
    ReconstructionInputs,
    SceneInputs,
    SceneOutputs,
    TilingInputs,
    TouchUpData,
    TouchUpExportInputs,
    TouchUpImportInputs,
    TouchUpImportOutputs,
    WaterConstraintsInputs,
    WaterConstraintsOutputs,
)
from .modeling_options import (
    CalibrationOptions,
    FillImagePropertiesOptions,
    GaussianSplatsOptions,
    TilingOptions,
    TouchUpExportOptions,
    WaterConstraintsOptions,
)
from .shape import chosen
from .v2 import OptionedSpecifications, Specifications, V2Creation, V2Job

Names = tuple[str, ...]
"""Outputs to be made: keys of the outputs that the record will have."""


@frozen(kw_only=True)
class FillImagePropertiesSpecifications(
    OptionedSpecifications[FillImagePropertiesInputs, SceneOutputs, FillImagePropertiesOptions]
):
    """A FillImageProperties job."""


@frozen(kw_only=True)
class ImportPointCloudSpecifications(Specifications[SceneInputs, ImportPointCloudOutputs]):
    """A ImportPointCloud job."""


@frozen(kw_only=True)
class CalibrationSpecifications(OptionedSpecifications[CalibrationInputs, CalibrationOutputs, CalibrationOptions]):
    """A Calibration job."""


@frozen(kw_only=True)
class TilingSpecifications(OptionedSpecifications[TilingInputs, TilingOutputs, TilingOptions]):
    """A Tiling job."""


@frozen(kw_only=True)
class ProductionSpecifications(Specifications[ProductionInputs, ProductionOutputs]):
    """A Production job."""


@frozen(kw_only=True)
class ReconstructionSpecifications(OptionedSpecifications[ReconstructionInputs, ReconstructionOutputs, TilingOptions]):
    """A Reconstruction job."""


@frozen(kw_only=True)
class ConstraintsSpecifications(Specifications[ConstraintsInputs, ConstraintsOutputs]):
    """A Constraints job."""


@frozen(kw_only=True)
class TouchUpExportSpecifications(OptionedSpecifications[TouchUpExportInputs, TouchUpData, TouchUpExportOptions]):
    """A TouchUpExport job."""


@frozen(kw_only=True)
class TouchUpImportSpecifications(Specifications[TouchUpImportInputs, TouchUpImportOutputs]):
    """A TouchUpImport job."""


@frozen(kw_only=True)
class WaterConstraintsSpecifications(
    OptionedSpecifications[WaterConstraintsInputs, WaterConstraintsOutputs, WaterConstraintsOptions]
):
    """A WaterConstraints job."""


@frozen(kw_only=True)
class GaussianSplatsSpecifications(
    OptionedSpecifications[GaussianSplatsInputs, GaussianSplatsOutputs, GaussianSplatsOptions]
):
    """A GaussianSplats job."""


@frozen(kw_only=True)
class FillImagePropertiesCreation(OptionedSpecifications[FillImagePropertiesInputs, Names, FillImagePropertiesOptions]):
    """A FillImageProperties job to be created."""


@frozen(kw_only=True)
class ImportPointCloudCreation(Specifications[SceneInputs, Names]):
    """A ImportPointCloud job to be created."""


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
