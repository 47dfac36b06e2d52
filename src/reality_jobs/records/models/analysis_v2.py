"""Reality Analysis v2 (reality-analysis): keys of its OpenAPI description and of Bentley's Python client.

The two differ: names came and went within months. So nothing is required, options are kept as they are, and what is
not here is kept as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, Literal

from attrs import field, frozen

from .base import BucketPath, Model, Unlisted
from .shape import chosen
from .v2 import OptionedSpecifications, V2Creation, V2Job

JobType = (
    Literal[
        "Objects2D", "Segmentation2D", "Segmentation3D", "SegmentationOrthophoto", "ChangeDetection", "EvalO2D",
        "EvalO3D", "EvalS2D", "EvalS3D", "EvalSOrtho", "ClearanceCalculation", "TrainingS3D",
    ]
    | str
)  # fmt: skip
"""Of the OpenAPI description, and the client's TrainingS3D, which knows no ClearanceCalculation any more."""

Names = Sequence[str]
"""Outputs to be made, like `Objects2D`; the job's outputs have them as keys, like `objects2D`."""


@frozen(kw_only=True)
class _ModelInputs(Model):
    model_3d: str | None = None


@frozen(kw_only=True)
class _PhotoInputs(_ModelInputs):
    photos: str | None = None


@frozen(kw_only=True)
class Objects2DInputs(_PhotoInputs):
    """Reality data ids; the detector's may be a name and a version."""

    objects_2d: str | None = None
    photo_object_detector: str | None = None


@frozen(kw_only=True)
class Segmentation2DInputs(_PhotoInputs):
    """Reality data ids; the detector's may be a name and a version."""

    segmentation_2d: str | None = None
    photo_segmentation_detector: str | None = None


@frozen(kw_only=True)
class Segmentation3DInputs(_ModelInputs):
    """Reality data ids; the detector's may be a name and a version."""

    segmentation_3d: str | None = None
    point_cloud_segmentation_detector: str | None = None
    extent: BucketPath | None = None


@frozen(kw_only=True)
class SegmentationOrthophotoInputs(Model):
    """Reality data ids; the detector's may be a name and a version."""

    orthophoto: str | None = None
    orthophoto_segmentation_detector: str | None = None


@frozen(kw_only=True)
class ChangeDetectionInputs(Model):
    """Reality data ids of the models to compare (earlier spelt `model3dA`, which is kept as unknown)."""

    model_3d_a: str | None = None
    model_3d_b: str | None = None
    extent: BucketPath | None = None
    preset: str | None = None


@frozen(kw_only=True)
class EvaluationInputs(Model):
    """Reality data ids; of all five evaluations."""

    reference: str | None = None
    prediction: str | None = None


@frozen(kw_only=True)
class ClearanceCalculationInputs(_ModelInputs):
    """Reality data ids."""

    clearance_footprint: str | None = None


@frozen(kw_only=True)
class TrainingS3DInputs(Model):
    """Reality data ids, and what to call the detector."""

    segmentations_3d: Sequence[str] | None = None
    preset: str | None = None
    detector_name: str | None = None


@frozen(kw_only=True)
class AnalysisOutputs(Model):
    """Outputs of any type: reality data ids, but for the report and the detector (a name and a version)."""

    report: BucketPath | None = None
    detector: str | None = None
    objects_2d: str | None = None
    objects_3d: str | None = None
    objects_3d_as_3d_tiles: str | None = None
    objects_3d_as_geojson: str | None = None
    locations_3d_as_shp: str | None = None
    locations_3d_as_geojson: str | None = None
    segmentation_2d: str | None = None
    segmented_photos: str | None = None
    lines_2d: str | None = None
    polygons_2d: str | None = None
    lines_3d: str | None = None
    polygons_3d: str | None = None
    segmentation_3d: str | None = None
    segmented_model_3d: str | None = None
    segmented_point_cloud: str | None = None
    segmentation_3d_a: str | None = None
    segmentation_3d_b: str | None = None
    segmented_model_3d_a: str | None = None
    segmented_model_3d_b: str | None = None
    locations_3d_a: str | None = None
    locations_3d_b: str | None = None
    changes_in_model_a: str | None = None
    changes_in_model_b: str | None = None
    ovf_points: str | None = None
    ovf_lines: str | None = None
    ovf_areas: str | None = None


@frozen(kw_only=True)
class Objects2DSpecifications(OptionedSpecifications[Objects2DInputs, AnalysisOutputs, Unlisted]):
    """An Objects2D job."""


@frozen(kw_only=True)
class Objects2DCreation(OptionedSpecifications[Objects2DInputs, Names, Unlisted]):
    """An Objects2D job to be created."""


@frozen(kw_only=True)
class Segmentation2DSpecifications(OptionedSpecifications[Segmentation2DInputs, AnalysisOutputs, Unlisted]):
    """A Segmentation2D job."""


@frozen(kw_only=True)
class Segmentation2DCreation(OptionedSpecifications[Segmentation2DInputs, Names, Unlisted]):
    """A Segmentation2D job to be created."""


@frozen(kw_only=True)
class Segmentation3DSpecifications(OptionedSpecifications[Segmentation3DInputs, AnalysisOutputs, Unlisted]):
    """A Segmentation3D job."""


@frozen(kw_only=True)
class Segmentation3DCreation(OptionedSpecifications[Segmentation3DInputs, Names, Unlisted]):
    """A Segmentation3D job to be created."""


@frozen(kw_only=True)
class SegmentationOrthophotoSpecifications(
    OptionedSpecifications[SegmentationOrthophotoInputs, AnalysisOutputs, Unlisted]
):
    """A SegmentationOrthophoto job."""


@frozen(kw_only=True)
class SegmentationOrthophotoCreation(OptionedSpecifications[SegmentationOrthophotoInputs, Names, Unlisted]):
    """A SegmentationOrthophoto job to be created."""


@frozen(kw_only=True)
class ChangeDetectionSpecifications(OptionedSpecifications[ChangeDetectionInputs, AnalysisOutputs, Unlisted]):
    """A ChangeDetection job."""


@frozen(kw_only=True)
class ChangeDetectionCreation(OptionedSpecifications[ChangeDetectionInputs, Names, Unlisted]):
    """A ChangeDetection job to be created."""


@frozen(kw_only=True)
class EvaluationSpecifications(OptionedSpecifications[EvaluationInputs, AnalysisOutputs, Unlisted]):
    """An evaluation: EvalO2D, EvalO3D, EvalS2D, EvalS3D, EvalSOrtho."""


@frozen(kw_only=True)
class EvaluationCreation(OptionedSpecifications[EvaluationInputs, Names, Unlisted]):
    """An evaluation to be created: EvalO2D, EvalO3D, EvalS2D, EvalS3D, EvalSOrtho."""


@frozen(kw_only=True)
class ClearanceCalculationSpecifications(OptionedSpecifications[ClearanceCalculationInputs, AnalysisOutputs, Unlisted]):
    """A ClearanceCalculation job."""


@frozen(kw_only=True)
class ClearanceCalculationCreation(OptionedSpecifications[ClearanceCalculationInputs, Names, Unlisted]):
    """A ClearanceCalculation job to be created."""


@frozen(kw_only=True)
class TrainingS3DSpecifications(OptionedSpecifications[TrainingS3DInputs, AnalysisOutputs, Unlisted]):
    """A TrainingS3D job."""


@frozen(kw_only=True)
class TrainingS3DCreation(OptionedSpecifications[TrainingS3DInputs, Names, Unlisted]):
    """A TrainingS3D job to be created."""


SPECIFICATIONS: Final[Mapping[str, type[Model]]] = {
    "Objects2D": Objects2DSpecifications,
    "Segmentation2D": Segmentation2DSpecifications,
    "Segmentation3D": Segmentation3DSpecifications,
    "SegmentationOrthophoto": SegmentationOrthophotoSpecifications,
    "ChangeDetection": ChangeDetectionSpecifications,
    "EvalO2D": EvaluationSpecifications,
    "EvalO3D": EvaluationSpecifications,
    "EvalS2D": EvaluationSpecifications,
    "EvalS3D": EvaluationSpecifications,
    "EvalSOrtho": EvaluationSpecifications,
    "ClearanceCalculation": ClearanceCalculationSpecifications,
    "TrainingS3D": TrainingS3DSpecifications,
}

CREATIONS: Final[Mapping[str, type[Model]]] = {
    "Objects2D": Objects2DCreation,
    "Segmentation2D": Segmentation2DCreation,
    "Segmentation3D": Segmentation3DCreation,
    "SegmentationOrthophoto": SegmentationOrthophotoCreation,
    "ChangeDetection": ChangeDetectionCreation,
    "EvalO2D": EvaluationCreation,
    "EvalO3D": EvaluationCreation,
    "EvalS2D": EvaluationCreation,
    "EvalS3D": EvaluationCreation,
    "EvalSOrtho": EvaluationCreation,
    "ClearanceCalculation": ClearanceCalculationCreation,
    "TrainingS3D": TrainingS3DCreation,
}


@frozen(kw_only=True)
class AnalysisV2Job(V2Job):
    """Schema "Job"."""

    service: ClassVar = "analysis-v2"

    specifications: (
        Objects2DSpecifications
        | Segmentation2DSpecifications
        | Segmentation3DSpecifications
        | SegmentationOrthophotoSpecifications
        | ChangeDetectionSpecifications
        | EvaluationSpecifications
        | ClearanceCalculationSpecifications
        | TrainingS3DSpecifications
        | Unlisted
    ) = field(metadata=chosen("type", SPECIFICATIONS))


@frozen(kw_only=True)
class AnalysisV2Creation(V2Creation):
    """The body of POST /reality-analysis/jobs."""

    service: ClassVar = "analysis-v2"

    type: JobType
    specifications: (
        Objects2DCreation
        | Segmentation2DCreation
        | Segmentation3DCreation
        | SegmentationOrthophotoCreation
        | ChangeDetectionCreation
        | EvaluationCreation
        | ClearanceCalculationCreation
        | TrainingS3DCreation
        | Unlisted
    ) = field(metadata=chosen("type", CREATIONS))
