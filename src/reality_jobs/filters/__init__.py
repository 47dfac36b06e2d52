"""The facade: `Filter`, the builder `F`, and what reads and explains filter texts."""

from .builder import F
from .filter import Filter
from .texts import complete, mend, parse, problems

__all__ = ["F", "Filter", "complete", "mend", "parse", "problems"]
