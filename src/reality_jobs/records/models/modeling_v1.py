"""Reality Modeling v1 (contextcapture): "Get jobs", "Create a new job" and its OpenAPI description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from attrs import frozen

from .base import Instant, Model
from .parts import V1CostParameters, V1Creation, V1Job, V1Part, V1Times
from .rules import Between

JobType = Literal["Full", "Calibration", "Reconstruction"] | str
"""Schema "Job type"."""

Quality = Literal["Draft", "Medium", "Extra"] | str
"""Schema "Job quality"."""

OutputFormat = (
    Literal[
        "CCOrientations", "3MX", "3SM", "WebReady ScalableMesh", "Cesium 3D Tiles", "POD", "Orthophoto/DSM", "LAS",
        "FBX", "OBJ", "ESRI i3s", "DGN", "LODTreeExport", "PLY", "OPC", "OMR", "ContextScene", "GaussianSplats",
    ]
    | str
)  # fmt: skip
"""Schema "Output format"; an older "Create a new job" has no GaussianSplats."""

Location = (
    Literal[
        "East US", "North Europe", "Southeast Asia", "Australia East", "UK South", "Japan East", "UAE North",
        "Canada Central", "West Europe",
    ]
    | str
)  # fmt: skip
"""Schema "Job location": the data centre."""


@frozen(kw_only=True)
class CostEstimationParameters(V1CostParameters):
    """Schema "Cost Estimation Parameters"."""

    mesh_quality: Quality | None = None


@frozen(kw_only=True)
class JobInput(V1Part):
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
class CacheSettings(V1Part):
    """Schema "Cache settings"."""

    create_cache: bool | None = None
    """Whether the job makes a cache."""
    use_cache: str | None = None
    """Id of the cache of an earlier job: no reality data id."""


@frozen(kw_only=True)
class JobSettings(Model):
    """Schema "Job Settings"."""

    quality: Quality | None = None
    processing_engines: int | None = None
    """Engines to use at most."""
    outputs: Sequence[JobOutput] | None = None
    cache_settings: CacheSettings | None = None


@frozen(kw_only=True)
class JobCreateSettings(V1Part):
    """Schema "Job Create Settings"; what is required, its OpenAPI description tells."""

    quality: Quality
    outputs: Sequence[OutputFormat]
    processing_engines: Annotated[int, Between(0)] | None = None
    """Engines to use at most; 0 stands for the limit of the user, which is also the most that is allowed."""
    cache_settings: CacheSettings | None = None


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
    inputs: Sequence[JobInput]
    job_settings: JobSettings
    execution_information: ExecutionInformation | None = None
    cost_estimation_parameters: CostEstimationParameters | None = None
    estimated_cost: float | None = None
    """Made from the cost estimation parameters; the unit is not published."""


@frozen(kw_only=True)
class ModelingV1Creation(V1Creation):
    """Schema "Job Creation": the body of POST /contextcapture/jobs."""

    service: ClassVar = "modeling-v1"

    type: JobType
    name: str
    workspace_id: str
    inputs: Sequence[JobInput]
    settings: JobCreateSettings
    cost_estimation_parameters: CostEstimationParameters | None = None
