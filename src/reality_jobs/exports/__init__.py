"""Saved job records: read lazily, whatever they were saved as, and written whole or not at all."""

from typing import TYPE_CHECKING

from .output import replacing
from .paths import expanded
from .reading import Saved, read_export, records

if TYPE_CHECKING:
    from .checkpoint import CheckpointError, Gathering, forget

__all__ = [
    "CheckpointError",
    "Gathering",
    "Saved",
    "expanded",
    "forget",
    "read_export",
    "records",
    "replacing",
]

# Hidden from type checkers: they would take any name whatsoever for one of ours.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        # Late (PEP 562): who reads files gathers nothing.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import checkpoint

        return getattr(checkpoint, name)
