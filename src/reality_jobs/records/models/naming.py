"""Attribute names to wire names: one rule, and what it cannot know."""

from __future__ import annotations

from functools import cache
from typing import Final

NAMES: Final = {"itwin_id": "iTwinId"}
"""Whole names that the rule would spell otherwise."""

WORDS: Final = {"srs": "SRS", "shp": "SHP", "geojson": "GeoJSON"}
"""Words that are not just capitalised. (`3d` is: `objects_3d_as_shp` is `objects3DAsSHP`.)"""


@cache
def wire_name(attribute: str) -> str:
    """`created_date_time` -> `createdDateTime`."""
    first, *others = attribute.split("_")
    return NAMES.get(attribute) or first + "".join(WORDS.get(word, word.title()) for word in others)
