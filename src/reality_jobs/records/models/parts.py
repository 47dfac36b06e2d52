"""Structures that the pages of several services show alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from attrs import frozen

from .base import Closed, Creation, Instant, Model


@frozen(kw_only=True)
class Message(Model):
    """One error or warning of a job: "Error and Warning messages", Reality Modeling v1; the same in v2."""

    code: str | None = None
    title: str | None = None
    message: str | None = None
    """With `%1` in place of the first of `params`, as an example of "Retrieve job messages" (v2) shows."""
    params: Sequence[object] | None = None


@frozen(kw_only=True)
class Messages(Model):
    """What GET /jobs/{id}/messages holds under `messages` (v2)."""

    errors: Sequence[Message] | None = None
    warnings: Sequence[Message] | None = None


@frozen(kw_only=True)
class Progress(Model):
    """The "Job progress" of every service; valid while the job is active, and gone after 30 days.

    Percentage and state are required in v2; v1 publishes no requirement, and that we have the same is our choice. The
    state is not always one of the job's: that of Reality Modeling v1 is Unsubmitted, Active or Over.
    """

    percentage: float
    state: str
    step: str | None = None
    """What the job is at, v1 only: `Reconstruction`."""


@frozen(kw_only=True)
class Job(Model):
    """What a job of every service has. `type` and `state` are listed in `services.ALL[service].enumerations`."""

    service: ClassVar[str]

    id: str
    type: str
    state: str


@frozen(kw_only=True)
class V1Job(Job):
    """What a job of the three v1 services has; its state is spelt in lower case."""

    created_date_time: Instant
    itwin_id: str | None = None
    email: str | None = None
    last_modified_date_time: Instant | None = None


@frozen(kw_only=True)
class V1Times(Model):
    """What the v1 services say alike of a job's execution."""

    started_date_time: Instant | None = None
    ended_date_time: Instant | None = None
    estimated_units: float | None = None
    """Processing units."""
    errors: Sequence[Message] | None = None
    """Not of Reality Conversion v1, whose schema has neither errors nor warnings."""
    warnings: Sequence[Message] | None = None


@frozen(kw_only=True)
class V1Part(Closed):
    """A part of a v1 creation."""

    nullable: ClassVar = False


@frozen(kw_only=True)
class V1Creation(Creation):
    """The body of POST /jobs of a v1 service. The job is then `unsubmitted`."""

    nullable: ClassVar = False


@frozen(kw_only=True)
class V1CostParameters(V1Part):
    """Schema "Cost Estimation Parameters" of Reality Conversion v1; that of Reality Modeling v1 has one more key."""

    giga_pixels: float | None = None
    """Gigapixels to be processed."""
    mega_points: float | None = None
    """Megapoints to be processed."""
