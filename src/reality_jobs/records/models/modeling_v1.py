"""Reality Modeling v1 (contextcapture): "Create a new job", "Retrieve job progress", list operation."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from attrs import frozen

from .base import Creation, Instant, Model
from .parts import CostEstimate, V1Job, V1Times
from .rules import Between

Quality = Literal["Draft", "Medium", "Extra"] | str
"""Schema "Job quality"."""

OutputFormat = (
    Literal[
        "CCOrientations", "3MX", "3SM", "WebReady ScalableMesh", "Cesium 3D Tiles", "POD", "Orthophoto/DSM", "LAS",
        "FBX", "OBJ", "ESRI i3s", "DGN", "LODTreeExport", "PLY", "OPC", "OMR", "ContextScene", "GaussianSplats",
    ]
    | str
)  # fmt: skip
"""Schema "Output format" of the list operation; that of the creation has no GaussianSplats."""

Location = (
    Literal[
        "East US", "North Europe", "Southeast Asia", "Australia East", "UK South", "Japan East", "UAE North",
        "Canada Central", "West Europe",
    ]
    | str
)  # fmt: skip
"""Schema "Job location": the data centre."""


@frozen(kw_only=True)
class CostEstimationParameters(CostEstimate):
    """Schema "Cost Estimation Parameters"."""

    mesh_quality: Quality | None = None


@frozen(kw_only=True)
class JobInput(Model):
    """Schema "Job Input"."""

    id: str
    """Reality data id."""
    description: str | None = None


@frozen(kw_only=True)
class JobOutput(Model):
    """Schema "Job Output"."""

    format: OutputFormat
    id: str | None = None
    """Reality data id; null while there is none."""


@frozen(kw_only=True)
class CacheSettings(Model):
    """Schema "Cache settings"."""

    create_cache: bool | None = None
    """Whether the job makes a cache."""
    use_cache: str | None = None
    """Id of the cache of an earlier job: no reality data id."""


@frozen(kw_only=True)
class _Settings(Model):
    """What settings share before and after a job's creation."""

    quality: Quality | None = None
    processing_engines: Annotated[int, Between(0)] | None = None
    """Engines to use at most; 0 in a creation is the limit of the user, which is also the most that is allowed."""
    cache_settings: CacheSettings | None = None


@frozen(kw_only=True)
class JobSettings(_Settings):
    """Schema "Job Settings"."""

    outputs: tuple[JobOutput, ...] | None = None


@frozen(kw_only=True)
class JobCreateSettings(_Settings):
    """Schema "Job Create Settings"."""

    outputs: tuple[OutputFormat, ...] | None = None


@frozen(kw_only=True)
class ExecutionInformation(V1Times):
    """Schema "Execution Info"."""

    submitted_date_time: Instant


@frozen(kw_only=True)
class ModelingV1Job(V1Job):
    """Schema "Job"."""

    service: ClassVar = "modeling-v1"

    name: str
    email: str
    last_modified_date_time: Instant
    location: Location
    workspace_id: str
    inputs: tuple[JobInput, ...]
    job_settings: JobSettings
    execution_information: ExecutionInformation | None = None
    cost_estimation_parameters: CostEstimationParameters | None = None
    estimated_cost: float | None = None
    """Made from the cost estimation parameters; the unit is not published."""


@frozen(kw_only=True)
class ModelingV1Creation(Creation):
    """Schema "Job Creation": the body of POST /contextcapture/jobs. The job is then `unsubmitted`."""

    service: ClassVar = "modeling-v1"

    type: str
    name: str
    workspace_id: str
    inputs: tuple[JobInput, ...]
    settings: JobCreateSettings
    cost_estimation_parameters: CostEstimationParameters | None = None
