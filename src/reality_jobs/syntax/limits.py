"""Documented limits of a filter text."""

from __future__ import annotations

from typing import Final

MAX_LENGTH: Final = 1 << 20
"""Code points of a text (1 MiB of them); a parameter of `parse` and `problems`."""

MAX_NESTING: Final = 100
"""Levels of alternating `and` and `or`; a parameter of `parse`, which cannot raise it. Keeps every walk over a tree
safely recursive. Redundant parentheses do not count."""

MAX_PROBLEMS: Final = 100
"""Errors reported of one text; the rest of a hopeless text says nothing new."""
