"""DuckDB as parquet files need it: silent, bounded, told by parameters alone which file is meant."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .compression import UnreadableError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VECTOR: Final = 2_048
"""Rows that DuckDB moves at once."""

BATCH: Final = 4 << 20
"""Bytes of records that are handed over at once."""

_MEMORY: Final = 96 << 20
"""Bytes that DuckDB holds of what it is given, where records are small; the rest waits on disk."""

_SETTINGS: Final[dict[str, str | bool | int]] = {
    # Rows come in the order of the file whatever the plan, and memory is that of one row group.
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_persistent_secrets": False,
    "enable_external_file_cache": False,
}


def connected(temp_directory: str = "", **more: str | bool | int) -> DuckDBPyConnection:
    """A database in memory that loads nothing, and writes nothing but to the directory. Raises ImportError."""
    import duckdb

    return duckdb.connect(config={**_SETTINGS, "temp_directory": temp_directory, **more})


@contextmanager
def failing_as(error_of: Callable[[str], Exception]) -> Iterator[None]:
    """What DuckDB says, without its advice, as an error of ours; Ctrl-C as what it is."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise error_of(str(error).partition("\n")[0].rstrip(". ")) from error
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise


class Grant:
    """The memory that DuckDB may take: enough for the largest vector of records, whatever the number of records."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection
        self._vector = 0
        self._largest = BATCH
        self._set()

    def __call__(self, size: int, rows: int) -> None:
        """For records of so many bytes more, the last of them the `rows`th."""
        self._vector += size
        if self._vector > self._largest:
            self._largest = 2 * self._vector
            self._set()
        if rows % VECTOR == 0:
            self._vector = 0

    def _set(self) -> None:
        self._connection.execute(f"SET memory_limit = '{_MEMORY + 4 * self._largest}B'")


def address(path: str) -> str:
    """As `read_parquet` takes that very file: no pattern, nothing on the net. Raises UnreadableError."""
    plain = str(Path(path).absolute())
    escaped = glob.escape(plain)
    if escaped != plain and os.sep == "/" and "\\" in plain:
        raise UnreadableError("parquet in a file with a backslash and one of *?[ in its path; rename it")
    try:
        escaped.encode()
    except UnicodeEncodeError as error:
        raise UnreadableError("parquet in a file whose path is no UTF-8; rename it") from error
    return escaped
