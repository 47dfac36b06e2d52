"""Inputs and outputs of Reality Modeling v2 (reality-modeling): "Retrieve job details", a technical preview.

The page does not say what is required. Here that is what it does not call nullable, as in Bentley's Python client.
"""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from .base import BucketPath, Model


@frozen(kw_only=True)
class FillImagePropertiesInputs(Model):
    """Schema "FillImageProperties Inputs": reality data ids, and presets."""

    image_collections: tuple[str, ...] | None = None
    scene_to_process: str | None = None
    scene_to_complete: str | None = None
    presets: tuple[str, ...] | None = None


@frozen(kw_only=True)
class SceneOutputs(Model):
    """Schema "FillImageProperties Outputs"."""

    scene: str
    """Reality data id of the ContextScene."""


@frozen(kw_only=True)
class _CrsInputs(Model):
    crs_data: BucketPath | None = None
    """Data of a coordinate reference system."""


@frozen(kw_only=True)
class SceneInputs(_CrsInputs):
    """Schema "ImportPointCloud Inputs", and what other inputs share."""

    scene: str
    """Reality data id of the ContextScene."""


@frozen(kw_only=True)
class ImportPointCloudOutputs(Model):
    """Schema "ImportPointCloud Outputs": reality data ids."""

    scan_collection: str
    scene: str | None = None


@frozen(kw_only=True)
class CalibrationInputs(SceneInputs):
    """Schema "Calibration Inputs"."""

    presets: tuple[str, ...] | None = None
    """Paths; the page says one text, its description and Bentley's client a list."""


@frozen(kw_only=True)
class CalibrationOutputs(SceneOutputs):
    """Schema "Calibration Outputs"."""

    report: BucketPath | None = None
    textured_tie_points: str | None = None
    """Reality data id."""


@frozen(kw_only=True)
class TilingInputs(CalibrationInputs):
    """Schema "Tiling Inputs"."""

    region_of_interest: BucketPath | None = None


@frozen(kw_only=True)
class ProductionInputs(CalibrationInputs):
    """Schema "Production Inputs"."""

    modeling_reference: str
    """Reality data id."""
    extent: BucketPath | None = None
    """Region of interest of the exports."""


@frozen(kw_only=True)
class ReconstructionInputs(TilingInputs):
    """Schema "Reconstruction Inputs"."""

    modeling_reference: str | None = None
    extent: BucketPath | None = None


@frozen(kw_only=True)
class ConstraintToAdd(Model):
    """Schema "Constraint To Add"."""

    constraint_path: BucketPath
    crs: str
    """Coordinate reference system."""
    type: Literal["Mesh", "Polygon"] | str | None = None
    """Schema "Constraint Type"; the key is that of Bentley's client."""
    name: str | None = None
    description: str | None = None
    resolution: float | None = None
    fill_color: str | None = None
    texture_path: BucketPath | None = None
    texture_size: int | None = None


@frozen(kw_only=True)
class ConstraintsInputs(_CrsInputs):
    """Schema "Constraints Inputs"."""

    modeling_reference: str
    constraints_to_add: tuple[ConstraintToAdd, ...] | None = None
    constraints_to_delete: tuple[str, ...] | None = None
    """Ids of constraints: no reality data ids."""


@frozen(kw_only=True)
class ConstraintsOutputs(Model):
    """Schema "Constraints Outputs"."""

    added_constraints_info: BucketPath


@frozen(kw_only=True)
class TouchUpExportInputs(Model):
    """Schema "TouchUp Export Inputs"."""

    modeling_reference: str
    tiles_to_touch_up: tuple[str, ...] | None = None
    """Names of tiles."""


@frozen(kw_only=True)
class TouchUpData(Model):
    """Schema "TouchUp Export Outputs"."""

    touch_up_data: str
    """Reality data id."""


@frozen(kw_only=True)
class TouchUpImportInputs(TouchUpData):
    """Schema "TouchUp Import Inputs"."""

    modeling_reference: str


@frozen(kw_only=True)
class TouchUpImportOutputs(Model):
    """Schema "TouchUp Import Outputs"."""

    import_info: BucketPath | None = None


@frozen(kw_only=True)
class WaterConstraintsInputs(SceneInputs):
    """Schema "WaterConstraints Inputs"."""

    modeling_reference: str


@frozen(kw_only=True)
class WaterConstraintsOutputs(Model):
    """Schema "WaterConstraints Outputs"."""

    constraints: BucketPath


@frozen(kw_only=True)
class GaussianSplatsInputs(SceneInputs):
    """Schema "Gaussian Splats Inputs"."""

    preset: str | None = None
    region_of_interest: BucketPath | None = None
    splats_reference: str | None = None
    """Reality data id."""


@frozen(kw_only=True)
class GaussianSplatsOutputs(Model):
    """Schema "Gaussian Splats Outputs": reality data ids."""

    splats: str | None = None
    splats_reference: str | None = None
