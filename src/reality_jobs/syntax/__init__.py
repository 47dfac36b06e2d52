"""Texts: to nodes, or to problems. The only room that knows the parser generator.

`grammar` decides what is valid and builds the nodes. Where it refuses, `refusal` says why. Only what every valid text
needs is loaded here: `checks` and `completion` are imported where they are used.
"""

from .analysis import analyse
from .limits import MAX_LENGTH, MAX_NESTING

__all__ = ["MAX_LENGTH", "MAX_NESTING", "analyse"]
