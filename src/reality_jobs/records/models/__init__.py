"""Typed models of everything the job APIs publish: `structure` a record, `unstructure` it back, `check` a creation.

A job to be created is written in the classes of its service's module:

    from reality_jobs.records.models import check, modeling_v2 as m

    creation = m.ModelingV2Creation(
        type="Calibration",
        itwin_id="dc72e0b8-b6d6-4a35-9f5b-0a3f5b7f8a3f",
        name="bridge",
        specifications=m.CalibrationCreation(
            inputs=m.CalibrationInputs(scene="7e8bd05b-f82f-4955-81e9-7d66a731857a"),
            outputs=["scene", "report"],
            options=m.CalibrationOptions(center_policy="Keep"),
        ),
    )
    assert check(creation) == ()

A key that no class has goes into `unknown`, spelt as it is sent. Attributes are named as the keys, in snake_case.

Docstrings name the schema or the page that a class is from, by its title; the OpenAPI descriptions are those that the
pages offer for download, and Bentley's Python client is the reality_capture of github's iTwin/reality-capture.
"""

from . import analysis_v1, analysis_v2, conversion_v1, conversion_v2, modeling_v1, modeling_v2
from .base import Bare, Creation, Instant, Model, Unlisted
from .catalogue import CREATIONS, JOBS, JobModel
from .parts import Message, Messages, Progress
from .structuring import check, structure, structure_as, unstructure

__all__ = [
    "CREATIONS",
    "JOBS",
    "Bare",
    "Creation",
    "Instant",
    "JobModel",
    "Message",
    "Messages",
    "Model",
    "Progress",
    "Unlisted",
    "analysis_v1",
    "analysis_v2",
    "check",
    "conversion_v1",
    "conversion_v2",
    "modeling_v1",
    "modeling_v2",
    "structure",
    "structure_as",
    "unstructure",
]
