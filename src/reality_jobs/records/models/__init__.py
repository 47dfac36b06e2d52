"""Typed models of everything the job APIs publish: `structure` a record, `unstructure` it back, `check` a creation.

The schemas are in the modules of the services; `naming` has the wire names, `rules` and `shape` what a schema says
beyond types, `catalogue` which class is whose.
"""

from .base import Bare, Creation, Instant, Model, Unlisted
from .catalogue import CREATIONS, JOBS, JobModel
from .checking import check
from .parts import Message, Messages, Progress
from .structuring import structure, structure_as, unstructure

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
    "check",
    "structure",
    "structure_as",
    "unstructure",
]
