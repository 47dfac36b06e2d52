"""Structures that the pages of several services show alike."""

from __future__ import annotations

from typing import Annotated, ClassVar

from attrs import frozen

from .base import Instant, Model
from .rules import Between


@frozen(kw_only=True)
class Message(Model):
    """One error or warning of a job: "Error and Warning messages", Reality Modeling v1; v2: GET /jobs/{id}/messages."""

    code: str | None = None
    title: str | None = None
    message: str | None = None
    """With places for `params`."""
    params: tuple[object, ...] | None = None


@frozen(kw_only=True)
class Messages(Model):
    """What GET /jobs/{id}/messages holds under `messages` (v2)."""

    errors: tuple[Message, ...] | None = None
    warnings: tuple[Message, ...] | None = None


@frozen(kw_only=True)
class Progress(Model):
    """ "Job progress" of every service; valid while the job is active, and gone after 30 days.

    Its state is not always one of the job's: that of Reality Modeling v1 is Unsubmitted, Active or Over.
    """

    percentage: Annotated[float, Between(0, 100)]
    state: str
    step: str | None = None
    """What the job is at, v1 only: `Reconstruction`."""


@frozen(kw_only=True)
class V1Times(Model):
    """The part of a v1 execution information that the services share ("Execution Info", Reality Modeling v1)."""

    started_date_time: Instant | None = None
    ended_date_time: Instant | None = None
    estimated_units: float | None = None
    """Processing units."""
    errors: tuple[Message, ...] | None = None
    warnings: tuple[Message, ...] | None = None


@frozen(kw_only=True)
class V1Submission(V1Times):
    """Execution information of Conversion v1 and Analysis v1, which spell the submission their own way."""

    submission_date_time: Instant | None = None
    exit_code: object = None
    """Analysis v1 only; its type is not published."""


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
class DataInput(Model):
    """An input of Conversion v1 and Analysis v1. In a creation the type may be left out."""

    id: str | None = None
    """Reality data id."""
    type: str | None = None
    """LAS, LAZ, PLY, E57, OPC, PointCloud, PNTS, Cesium3DTiles, ContextScene, GeoJSON, OVF, OVT, SHP, Orthophoto,
    OrthophotoDSM, OMI in Conversion v1."""


@frozen(kw_only=True)
class DataOutput(Model):
    """An output of Conversion v1 and Analysis v1; null or without an id while there is none."""

    type: str | None = None
    """OPC, PNTS, GLB, GLBC, LAS, LAZ, E57, PointCloud, GeoJSON, FDB, XYZTileMap in Conversion v1."""
    id: str | None = None
    """Reality data id."""


@frozen(kw_only=True)
class CostEstimate(Model):
    """What the three v1 services say of a job's size."""

    giga_pixels: float | None = None
    """Gigapixels to be processed."""
    mega_points: float | None = None
    """Megapoints to be processed."""
