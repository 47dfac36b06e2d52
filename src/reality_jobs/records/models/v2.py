"""What the three v2 services share: the job, its execution information, its specifications, its creation."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from attrs import frozen

from .base import Creation, Instant, Model
from .parts import Job
from .rules import Length, Matches

Inputs = TypeVar("Inputs")
Outputs = TypeVar("Outputs")
Options = TypeVar("Options")

JobName = Annotated[
    str,
    Length(3, 256),
    Matches(r'[^"<>|:*?\\/\x00-\x1f]*', 'a name without any of " < > | : * ? \\ / and control characters'),
]
"""The name in schema "Job"."""


@frozen(kw_only=True)
class ExecutionInfo(Model):
    """Schema "Execution Information"."""

    created_date_time: Instant
    started_date_time: Instant | None = None
    ended_date_time: Instant | None = None
    processing_units: float | None = None
    """Processing units that the job consumed."""


@frozen(kw_only=True)
class V2Job(Job):
    """Schema "Job", but for the specifications."""

    itwin_id: str
    user_id: str
    """Who created the job."""
    execution_info: ExecutionInfo
    name: JobName | None = None


@frozen(kw_only=True)
class V2Creation(Creation):
    """The body of POST /jobs ("Create job"), but for the specifications. The job is then submitted at once."""

    itwin_id: str
    name: JobName | None = None


@frozen(kw_only=True)
class Specifications(Model, Generic[Inputs, Outputs]):
    """What a job works on and makes. In a creation the outputs are their names."""

    inputs: Inputs
    outputs: Outputs


@frozen(kw_only=True)
class OptionedSpecifications(Specifications[Inputs, Outputs], Generic[Inputs, Outputs, Options]):
    """Specifications of a type that has options."""

    options: Options | None = None
