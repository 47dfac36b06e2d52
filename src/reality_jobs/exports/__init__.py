"""Saved job records: read lazily, whatever they were saved as, and written whole or not at all."""

from .checkpoint import CheckpointError, Gathering, forget
from .output import replacing
from .reading import Saved, read_export, records

__all__ = ["CheckpointError", "Gathering", "Saved", "forget", "read_export", "records", "replacing"]
