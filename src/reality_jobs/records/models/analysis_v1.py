"""Reality Analysis v1 (realitydataanalysis): by its published examples; no machine schema is published."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from .base import Unlisted
from .parts import CostEstimate, DataInput, DataOutput, V1Job, V1Submission


@frozen(kw_only=True)
class AnalysisV1Input(DataInput):
    """An input; the oldest records name it and its id otherwise."""

    name: str | None = None
    reality_data_id: str | None = None


@frozen(kw_only=True)
class AnalysisV1Cost(CostEstimate):
    """`costEstimation`."""

    number_of_photos: int | None = None
    scene_width: float | None = None
    scene_height: float | None = None
    scene_length: float | None = None
    detector_scale: float | None = None
    detector_cost: float | None = None
    estimated_cost: float | None = None


@frozen(kw_only=True)
class AnalysisV1Job(V1Job):
    """A job. What is required is not published; we require what makes it a job."""

    service: ClassVar = "analysis-v1"

    name: str | None = None
    data_center: str | None = None
    """`EastUs`."""
    inputs: tuple[AnalysisV1Input, ...] | None = None
    outputs: tuple[DataOutput, ...] | None = None
    options: Unlisted | None = None
    execution_information: V1Submission | None = None
    cost_estimation: AnalysisV1Cost | None = None
