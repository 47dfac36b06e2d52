"""Reality Analysis v1 (realitydataanalysis): the examples of "Get job"; no schema was found.

What is required is not published: here it is what makes it a job.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from attrs import frozen

from .base import Instant, Model, Unlisted
from .parts import V1Job, V1Times


@frozen(kw_only=True)
class AnalysisV1Input(Model):
    """An input; the oldest examples name it and its id otherwise."""

    id: str | None = None
    """Reality data id."""
    type: str | None = None
    """What it is to the job: `photos`, `photoObjectDetector`."""
    name: str | None = None
    reality_data_id: str | None = None


@frozen(kw_only=True)
class AnalysisV1Output(Model):
    """An output; without an id until it is known."""

    type: str | None = None
    id: str | None = None
    """Reality data id."""


@frozen(kw_only=True)
class AnalysisV1Cost(Model):
    """`costEstimation`."""

    giga_pixels: float | None = None
    number_of_photos: int | None = None
    scene_width: float | None = None
    scene_height: float | None = None
    scene_length: float | None = None
    detector_scale: float | None = None
    detector_cost: float | None = None
    estimated_cost: float | None = None


@frozen(kw_only=True)
class AnalysisV1Execution(V1Times):
    """`executionInformation`."""

    submission_date_time: Instant | None = None
    exit_code: object = None
    """Its type is not published."""


@frozen(kw_only=True)
class AnalysisV1Job(V1Job):
    """A job."""

    service: ClassVar = "analysis-v1"

    name: str | None = None
    data_center: str | None = None
    """`EastUs`."""
    inputs: Sequence[AnalysisV1Input] | None = None
    outputs: Sequence[AnalysisV1Output] | None = None
    options: Unlisted | None = None
    execution_information: AnalysisV1Execution | None = None
    cost_estimation: AnalysisV1Cost | None = None
