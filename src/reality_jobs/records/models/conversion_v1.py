"""Reality Conversion v1 (realityconversion), as its OpenAPI description lists it."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from .base import Creation, Instant, Model
from .parts import CostEstimate, DataInput, DataOutput, V1Job, V1Submission


@frozen(kw_only=True)
class ConversionV1Cost(CostEstimate):
    """`costEstimation`."""

    estimated_cost: float | None = None


@frozen(kw_only=True)
class ConversionV1Options(Model):
    """`options`."""

    processing_engines: int | None = None
    merge: bool | None = None
    input_srs: str | None = None
    """Spatial reference system."""
    output_srs: str | None = None
    sample_world_step: float | None = None
    feature_class_display_name: str | None = None
    top_level: int | None = None
    bottom_level: int | None = None
    tile_format: str | None = None
    jpg_quality: int | None = None
    background_color: str | None = None
    """`r.g.b`, three numbers."""


@frozen(kw_only=True)
class ConversionV1Job(V1Job):
    """A job."""

    service: ClassVar = "conversion-v1"

    name: str
    itwin_id: str
    last_modified_date_time: Instant
    data_center: str
    inputs: tuple[DataInput, ...]
    outputs: tuple[DataOutput, ...]
    owner_id: str | None = None
    execution_information: V1Submission | None = None
    cost_estimation: ConversionV1Cost | None = None
    options: ConversionV1Options | None = None


@frozen(kw_only=True)
class ConversionV1Creation(Creation):
    """The body of POST /realityconversion/jobs."""

    service: ClassVar = "conversion-v1"

    type: str
    name: str
    inputs: tuple[DataInput, ...]
    outputs: tuple[str, ...]
    """Formats."""
    itwin_id: str
    options: ConversionV1Options | None = None
