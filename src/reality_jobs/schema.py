"""The nine properties that the job APIs filter by, and the two normalisations that every target shares.

Source: the `$filter` parameter of the published list operations ("Properties supported for filtering: ...").
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, Literal

from attrs import frozen


class Kind(Enum):
    """What a property's values are, and so which literals it takes and how they compare."""

    IDENTIFIER = "identifier"
    TEXT = "text"
    ENUMERATION = "enumeration"
    INSTANT = "instant"


@frozen
class Property:
    """One filterable property. `attribute` is its name in Python: on `F`, on `Job`, in SQL columns."""

    name: str
    attribute: str
    kind: Kind
    collection: bool = False
    fixed: bool = False
    """Whether a job keeps it for life. Its state and outputs change; of its name and inputs no page says that they
    cannot."""

    @property
    def column(self) -> str:
        """Its canonical column in tables."""
        if self.kind is Kind.INSTANT:
            return "created_ticks"
        return f"{self.attribute}s" if self.collection else self.attribute


ITWIN_ID: Final = "iTwinId"
"""Its iTwin: the one property that also says whose jobs are searched."""

CREATED_DATE_TIME: Final = "createdDateTime"

PROPERTIES: dict[str, Property] = {
    p.name: p
    for p in (
        Property("id", "id", Kind.IDENTIFIER, fixed=True),
        Property(ITWIN_ID, "itwin_id", Kind.IDENTIFIER, fixed=True),
        Property("name", "name", Kind.TEXT),
        Property("email", "email", Kind.TEXT, fixed=True),
        Property("type", "type", Kind.ENUMERATION, fixed=True),
        Property("state", "state", Kind.ENUMERATION),
        Property(CREATED_DATE_TIME, "created_date_time", Kind.INSTANT, fixed=True),
        Property("inputId", "input_id", Kind.IDENTIFIER, collection=True),
        Property("outputId", "output_id", Kind.IDENTIFIER, collection=True),
    )
}

Missing = Literal["error", "null"]
"""What a property that a service's records never hold comes to: a refusal, or null."""

GUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")

_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def normalise_identifier(text: str) -> str:
    """GUID-shaped text in lower case; anything else (`fdb:...`) as it is."""
    return text.lower() if len(text) == 36 and GUID.fullmatch(text) else text


def normalise_enumeration(text: str) -> str:
    """A-Z lowered and nothing else: no locale, no Unicode folding (v1 says `success`, v2 says `Success`)."""
    return text.lower() if text.isascii() else text.translate(_LOWER)
