"""Options, but for those of exports ("Retrieve job details"). The page publishes no defaults, ranges or units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from ..base import Model
from .exports import Point3d

Policy = Literal["Adjust", "Keep"] | str
"""The schemas "Aspect Ratio Policy", "Focal Policy", "Principal Policy", "Radial Policy", "Skew Policy" and
"Tangential Policy"."""

RigidRegistration = (
    Literal["None", "UserConstraints", "ControlPoints", "PositionMetadata", "PointClouds", "Automatic"] | str
)
"""Schemas "Rigid Registration Position" and "Rigid Registration Scale"."""

RigidRegistrationRotation = (
    Literal[
        "None", "UserConstraints", "ControlPoints", "PositionMetadata", "PointClouds", "Automatic", "RotationMetadata",
    ]
    | str
)  # fmt: skip

AdjustmentConstraints = Literal["None", "ControlPoints", "PositionMetadata", "PointClouds", "Automatic"] | str
CenterPolicy = Literal["Compute", "Adjust", "AdjustWithinTolerance", "Keep", "Extend"] | str
RotationPolicy = Literal["Compute", "Adjust", "Keep", "Extend"] | str
PairSelection = Literal["Default", "Sequence", "Loop", "Exhaustive", "SimilarOnly"] | str
FisheyeDistortionPolicy = Literal["Adjust_01xx0", "Adjust_x1xx0", "Adjust_x1xxx", "Keep"] | str
ColorCorrection = Literal["None", "Standard", "StandardWithThermal", "BlockWise", "BlockWiseWithThermal"] | str
TilingMode = Literal["NoTiling", "RegularPlanarGrid", "RegularVolumetricGrid", "Adaptive"] | str


@frozen(kw_only=True)
class FillImagePropertiesOptions(Model):
    """Schema "FillImageProperties Options"."""

    altitude_reference: Literal["SeaLevel", "WGS84Ellipsoid"] | str | None = None
    recursive_image_collections: bool | None = None
    """Whether to read the folders of an image collection recursively."""


@frozen(kw_only=True)
class CalibrationOptions(Model):
    """Schema "Calibration Options"."""

    rig_synchro: Literal["None", "Strict", "Loose"] | str | None = None
    rotation_policy: RotationPolicy | None = None
    center_policy: CenterPolicy | None = None
    center_tolerance: float | None = None
    """Only with the center policy AdjustWithinTolerance."""
    focal_policy: Policy | None = None
    principal_policy: Policy | None = None
    radial_policy: Policy | None = None
    tangential_policy: Policy | None = None
    fisheye_focal_policy: Literal["AdjustSymmetric", "AdjustAsymmetric", "Keep"] | str | None = None
    fisheye_distortion_policy: FisheyeDistortionPolicy | None = None
    aspect_ratio_policy: Policy | None = None
    skew_policy: Policy | None = None
    tiepoints_policy: Literal["Compute", "Keep"] | str | None = None
    pair_selection: PairSelection | None = None
    pair_selection_distance: int | None = None
    """Only with the pair selection Sequence or Loop."""
    keypoints_density: Literal["Normal", "High"] | str | None = None
    precalibration: bool | None = None
    tags_extraction: Sequence[Literal["QR", "April", "Chili", "Checkerboards"] | str] | None = None
    color_equalization: Literal["None", "BlockWise", "MachineLearning"] | str | None = None
    adjustment_constraints: AdjustmentConstraints | None = None
    rigid_registration_position: RigidRegistration | None = None
    rigid_registration_rotation: RigidRegistrationRotation | None = None
    rigid_registration_scale: RigidRegistration | None = None
    scene_output_crs: str | None = None
    """Coordinate reference system of the ContextScene that is made."""


@frozen(kw_only=True)
class TilingOptions(Model):
    """Schema "Tiling Options"; that they are those of a reconstruction, too, is from Bentley's Python client."""

    modeling_reference_type: Literal["Orthophoto", "Complete"] | str | None = None
    tiling_mode: TilingMode | None = None
    tiling_value: float | None = None
    tiling_origin: Point3d | None = None
    discard_empty_tiles: bool | None = None
    crs: str | None = None
    """Coordinate reference system."""
    geometric_precision: Literal["Medium", "High", "Extra", "Ultra"] | str | None = None
    pair_selection: Literal["Generic", "StructuredAerial", "RegionOfInterest"] | str | None = None
    photo_used_for_geometry: Literal["ExcludeThermal", "IncludeThermal", "None"] | str | None = None
    hole_filling: Literal["SmallHoles", "AllHoles"] | str | None = None
    simplification: Literal["Standard", "PlanarRelative", "PlanarAbsolute"] | str | None = None
    planar_simplification_tolerance: float | None = None
    point_cloud_color_source: Literal["None", "Color", "Intensity", "ScaledIntensity"] | str | None = None
    color_correction: ColorCorrection | None = None
    untextured_representation: Literal["InpaintingCompletion", "UniformColor"] | str | None = None
    untextured_color: str | None = None
    texture_source: Literal["PhotosFirst", "PointCloudsFirst", "Smart"] | str | None = None
    ortho_resolution: float | None = None
    geometry_resolution_limit: float | None = None
    texture_resolution_limit: float | None = None


@frozen(kw_only=True)
class TouchUpExportOptions(Model):
    """Schema "TouchUp Export Options"."""

    crs: str | None = None
    level: Literal["Geometry", "GeometryAndTexture"] | str | None = None
    """Schema "Touch Level". No page names the key; it is that of Bentley's Python client."""


@frozen(kw_only=True)
class WaterConstraintsOptions(Model):
    """Schema "WaterConstraints Options"."""

    force_horizontal: bool | None = None


@frozen(kw_only=True)
class GaussianSplatsOptions(Model):
    """Schema "Gaussian Splats Options"."""

    export_crs: str | None = None
    export_format: Literal["SPZ", "3DTiles", "PLY", "3DTilesLOD"] | str | None = None
    reference_quality: Literal["Medium", "Standard", "High"] | str | None = None
    reference_tile_size: float | None = None
