"""The SQL dialects, as data: what a driver takes, how a long list is handed over, and why `<` orders by code point.

A dialect stands here only if its equality and its order of text are those of the filter language. MySQL, SQL Server
and Oracle are left out: collations decide there even what is equal, and Oracle takes the empty text for null.
"""

from __future__ import annotations

from difflib import get_close_matches
from enum import Enum
from typing import Final

from attrs import frozen


class Listing(Enum):
    """How the values of a long list become one parameter."""

    EACH = "not at all: one parameter for each value"
    JSON = "a JSON text, which json_each takes apart"
    UNNESTED = "a list, which unnest takes apart"
    ANY = "an array, for = ANY"


@frozen
class Dialect:
    """One dialect; the name is sqlglot's.

    `tested`: the tests run it. `order` says why text compares by code point. A statement may have `most_parameters`,
    and ask as often as `most_exists` for child rows, where there is a limit. `nul` says whether text can hold U+0000.
    """

    name: str
    order: str
    tested: bool = False
    placeholder: str = "?"
    listing: Listing = Listing.EACH
    collation: str | None = None
    most_parameters: int | None = None
    most_exists: int | None = None
    nul: bool = True
    computed: str = "\0"
    """What no literal may hold: U+0000 ends the text of a query, and what stands behind a `$` may be substituted."""
    chr_nul: bool = True
    """Whether CHR(0) is U+0000, and not the empty text."""
    seeks_rowids: bool = False
    """EXISTS is no join there, so jobs are sought by the numbers of their rows, which child rows lead to."""

    def unfit(self, text: str) -> str | None:
        """Why the dialect cannot hold a text; None where it can."""
        if "\0" in text and not self.nul:
            return f"{self.name} has no text with U+0000 in it"
        return halved(text, self.name)


def halved(text: str, place: str) -> str | None:
    """Why nothing that keeps text as UTF-8 can hold this one; None where it can."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"{place} has no text with half of a character (U+{ord(text[error.start]):04X}) in it"
    return None


DIALECTS: Final[dict[str, Dialect]] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "sqlite",
            "the collation BINARY compares bytes, which are UTF-8 unless PRAGMA encoding says otherwise",
            tested=True,
            listing=Listing.JSON,
            most_parameters=32_766,  # SQLITE_MAX_VARIABLE_NUMBER since 3.32
            seeks_rowids=True,
        ),
        Dialect(
            "duckdb",
            "without a collation text compares by its UTF-8 bytes",
            tested=True,
            listing=Listing.UNNESTED,
            most_exists=300,  # its time to plan grows with the cube: 300 take some 10 s, 400 more than a minute
        ),
        Dialect(
            "postgres",
            'COLLATE "C" compares bytes, which are UTF-8 where the database is; = compares bytes in any case',
            tested=True,
            placeholder="%s",
            listing=Listing.ANY,
            collation="C",
            most_parameters=65_535,  # the protocol counts them in 16 bits
            nul=False,
        ),
        Dialect("spark", "the default collation UTF8_BINARY compares bytes", tested=True, computed="\0$"),
        Dialect("databricks", "the default collation UTF8_BINARY compares bytes", computed="\0$"),
        Dialect("trino", "VARCHAR compares by code point"),
        Dialect("bigquery", "STRING without a collation compares by code point", chr_nul=False),
        Dialect("snowflake", "without a collation text compares by its UTF-8 bytes", placeholder="%s"),
    )
}

_UNFIT: Final = {
    "mysql": "its collations decide even which texts are equal",
    "tsql": "its collations decide even which texts are equal",
    "oracle": "it takes the empty text for null",
}


def named(name: str) -> Dialect:
    """The dialect of that name; ValueError lists the names there are."""
    if found := DIALECTS.get(name):
        return found
    known = f"the dialects are {', '.join(DIALECTS)}"
    if reason := _UNFIT.get(name):
        raise ValueError(f"a filter does not keep its meaning in {name!r}: {reason}; {known}")
    near = get_close_matches(name, DIALECTS, 1)
    raise ValueError(f"unknown dialect {name!r}; {f'did you mean {near[0]!r}? ' if near else ''}{known}")
