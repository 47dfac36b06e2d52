"""Opening a cache file, and nothing else; what SQLite says becomes CacheError."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from ..errors import CacheError
from .schema import APPLICATION, STEPS, migrate, version_of

_FOREIGN: Final = "it is no cache of reality-jobs, and is left as it is; name another file"
_PAUSE: Final = 0.01
_ROOM: Final = "PRAGMA cache_size = -65536"
"""In KiB, for pages of the file."""


def opened(path: Path, wait: float) -> sqlite3.Connection:
    """A connection to the cache of that name, which is made where there is none, or an empty file."""
    with translated(path, wait):
        _check(path)
        connection = _connect(path, "rwc", wait)
        try:
            _check_schema(path, version_of(connection))
            migrate(connection)
            _write_ahead(connection, wait)
            # A transaction may be lost with the machine's power, and then with all that came after it.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(_ROOM)
        except BaseException:
            connection.close()
            raise
    return connection


def reading(path: Path, wait: float) -> sqlite3.Connection:
    """One more connection to a file that is open already."""
    with translated(path, wait):
        connection = _connect(path, "rw", wait)
        connection.execute(_ROOM)
    return connection


@contextmanager
def translated(path: Path, wait: float) -> Iterator[None]:
    """Whatever SQLite complains of in the block as CacheError."""
    try:
        yield
    except sqlite3.Error as error:
        raise CacheError(str(path), _reason(path, wait, error)) from error
    except UnicodeDecodeError as error:  # which the module makes of a message that names what the file holds
        raise CacheError(str(path), _damaged("text in it is malformed")) from error
    except OSError as error:
        raise CacheError(str(path), f"it cannot be opened ({(error.strerror or str(error)).lower()})") from error


def _check(path: Path) -> None:
    """Raises CacheError for what is there and is no cache. It is only read: a first write would alter the file."""
    if "\0" in str(path):  # at which SQLite would end it
        raise CacheError(str(path), "no path holds a NUL")
    if not path.exists():
        if not path.parent.is_dir():
            raise CacheError(str(path), f"there is no folder '{path.parent}'")
        return
    if not path.is_file():
        raise CacheError(str(path), "it is no file" if not path.is_dir() else "it is a folder; name a file in it")
    if not path.stat().st_size:
        return
    # Not by reading its header: to close a file ends all locks of this process on it (https://sqlite.org/howtocorrupt.html,
    # section 2.2), so SQLite has to do it.
    try:
        with closing(_connect(path, "ro&immutable=1", 0)) as connection:
            # Which also reads a file whose last pages are still in the log beside it, where a writer was killed.
            connection.execute("PRAGMA writable_schema = ON")
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (page,) = connection.execute("PRAGMA page_size").fetchone()
    except sqlite3.DatabaseError as error:
        if _code(error) != sqlite3.SQLITE_NOTADB:
            raise
        raise CacheError(str(path), _FOREIGN) from error
    if application != APPLICATION:
        raise CacheError(str(path), _FOREIGN)
    # SQLite finds whole pages missing, and takes the rest of one for zeros.
    if path.stat().st_size % page and not _logged(path.resolve()):
        raise CacheError(str(path), _damaged("it is cut short"))


def _logged(path: Path) -> bool:
    """Whether SQLite has to bring the file up to date from a log beside it."""
    logs = (path.with_name(f"{path.name}-{end}") for end in ("wal", "journal"))
    return any(log.exists() and log.stat().st_size for log in logs)


def _check_schema(path: Path, version: int) -> None:
    newest = len(STEPS) + 1
    if version > newest:
        made = f"a newer release of reality-jobs made it (schema {version}, where this one knows {newest})"
        raise CacheError(str(path), f"{made}; use that release, or name another file")


def _connect(path: Path, mode: str, wait: float) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, wait, isolation_level=None, check_same_thread=False, uri=True)


def _write_ahead(connection: sqlite3.Connection, wait: float) -> None:
    """Let readers and a writer work side by side, from now on; SQLite does not wait for others here."""
    deadline = time.monotonic() + wait
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return  # or the file system cannot do it


def _code(error: sqlite3.Error) -> int | None:
    """SQLite's primary result code (https://sqlite.org/rescode.html); None for an error of the module's own."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _damaged(how: object) -> str:
    return f"it is damaged ({how}); move it elsewhere and sync again"


def _reason(path: Path, wait: float, error: sqlite3.Error) -> str:
    match _code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"another process has been writing to it for {wait:g} s; try again, or wait longer"
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return _damaged(error)
        case sqlite3.SQLITE_FULL:
            return "there is no room left on the disk"
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            denied = not os.access(path if path.exists() else path.parent, os.R_OK | os.W_OK)
            return f"it cannot be opened for writing ({'permission denied' if denied else error})"
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_PROTOCOL:
            return f"it cannot be read or written ({error})"
        case _:
            return f"it cannot be used ({error}); if it is damaged, move it elsewhere and sync again"
