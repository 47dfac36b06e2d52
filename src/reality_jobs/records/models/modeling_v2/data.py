"""Inputs and outputs ("Retrieve job details").

The page does not say what is required. Here that is what it does not call nullable, which is what Bentley's Python
client requires.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from ..base import BucketPath, Model


@frozen(kw_only=True)
class FillImagePropertiesInputs(Model):
    """Schema "FillImageProperties Inputs": reality data ids, and presets."""

    image_collections: Sequence[str] | None = None
    scene_to_process: str | None = None
    scene_to_complete: str | None = None
    presets: Sequence[str] | None = None
    """Paths: of the page's two types, one text and a list, the list (one text is read, too)."""


@frozen(kw_only=True)
class FillImagePropertiesOutputs(Model):
    """Schema "FillImageProperties Outputs"."""

    scene: str
    """Reality data id of the ContextScene."""


@frozen(kw_only=True)
class _CrsInputs(Model):
    crs_data: BucketPath | None = None
    """Data of a coordinate reference system."""


@frozen(kw_only=True)
class _SceneInputs(_CrsInputs):
    scene: str
    """Reality data id of the ContextScene."""


@frozen(kw_only=True)
class ImportPointCloudInputs(_SceneInputs):
    """Schema "ImportPointCloud Inputs"."""


@frozen(kw_only=True)
class ImportPointCloudOutputs(Model):
    """Schema "ImportPointCloud Outputs": reality data ids."""

    scan_collection: str
    scene: str | None = None


@frozen(kw_only=True)
class CalibrationInputs(_SceneInputs):
    """Schema "Calibration Inputs"."""

    presets: Sequence[str] | None = None
    """Paths: of the page's two types, one text and a list, the list (one text is read, too)."""


@frozen(kw_only=True)
class CalibrationOutputs(Model):
    """Schema "Calibration Outputs"."""

    scene: str
    """Reality data id of the ContextScene."""
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
    """Reality data id."""
    extent: BucketPath | None = None
    """Region of interest of the exports; that of the tiling stands beside it."""


@frozen(kw_only=True)
class ConstraintToAdd(Model):
    """Schema "Constraint To Add"."""

    constraint_path: BucketPath
    crs: str
    """Coordinate reference system."""
    type: Literal["Mesh", "Polygon"] | str | None = None
    """Schema "Constraint Type". No page names the key; it is that of Bentley's Python client."""
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
    """Reality data id."""
    constraints_to_add: Sequence[ConstraintToAdd] | None = None
    constraints_to_delete: Sequence[str] | None = None
    """Ids of constraints: no reality data ids."""


@frozen(kw_only=True)
class ConstraintsOutputs(Model):
    """Schema "Constraints Outputs"."""

    added_constraints_info: BucketPath


@frozen(kw_only=True)
class TouchUpExportInputs(Model):
    """Schema "TouchUp Export Inputs"."""

    modeling_reference: str
    """Reality data id."""
    tiles_to_touch_up: Sequence[str] | None = None
    """Names of tiles."""


@frozen(kw_only=True)
class TouchUpExportOutputs(Model):
    """Schema "TouchUp Export Outputs"."""

    touch_up_data: str
    """Reality data id."""


@frozen(kw_only=True)
class TouchUpImportInputs(Model):
    """Schema "TouchUp Import Inputs": reality data ids."""

    modeling_reference: str
    touch_up_data: str


@frozen(kw_only=True)
class TouchUpImportOutputs(Model):
    """Schema "TouchUp Import Outputs"."""

    import_info: BucketPath | None = None
    """A folder."""


@frozen(kw_only=True)
class WaterConstraintsInputs(_SceneInputs):
    """Schema "WaterConstraints Inputs"."""

    modeling_reference: str
    """Reality data id."""


@frozen(kw_only=True)
class WaterConstraintsOutputs(Model):
    """Schema "WaterConstraints Outputs"."""

    constraints: BucketPath


@frozen(kw_only=True)
class GaussianSplatsInputs(_SceneInputs):
    """Schema "Gaussian Splats Inputs"."""

    preset: str | None = None
    """A path."""
    region_of_interest: BucketPath | None = None
    splats_reference: str | None = None
    """Reality data id."""


@frozen(kw_only=True)
class GaussianSplatsOutputs(Model):
    """Schema "Gaussian Splats Outputs": reality data ids."""

    splats: str | None = None
    splats_reference: str | None = None
