"""Texts: to nodes, or to problems. The only room that knows the parser generator.

`grammar` decides what is valid and builds the nodes. Where it refuses, `scan` says why.
"""

from .analysis import analyse, check
from .completion import Completion, complete
from .limits import MAX_LENGTH, MAX_NESTING
from .words import nearest

__all__ = ["MAX_LENGTH", "MAX_NESTING", "Completion", "analyse", "check", "complete", "nearest"]
