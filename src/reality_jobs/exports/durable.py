"""Files of one owner, whose bytes and names have reached the disk when a call returns."""

from __future__ import annotations

import errno
import os
from io import FileIO
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: two owners are not kept apart there
    fcntl = None  # type: ignore[assignment]

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_BLOCK = 1 << 20


def opened(path: Path, mode: str) -> FileIO:
    """A file of that very name: where it is a symbolic link, OSError."""
    return FileIO(str(path), mode, opener=lambda name, flags: os.open(name, flags | _NO_LINKS, 0o666))


def locked(path: Path) -> FileIO:
    """Open for appending, ours alone until it is closed; BlockingIOError where it is another's."""
    while True:
        file = opened(path, "a+")
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise
        except OSError:
            pass  # a file system without locks
        # Else its last owner has removed it in between.
        if _still(path, file):
            return file
        file.close()


def unlink_locked(path: Path, file: FileIO) -> None:
    """Remove it while it is still ours."""
    if fcntl is None:  # Windows removes no open file
        file.close()
    path.unlink(missing_ok=True)
    file.close()


def cut(path: Path, size: int) -> FileIO:
    """Open for appending, cut to so many bytes."""
    file = opened(path, "a+")
    try:
        os.truncate(file.fileno(), size)
    except BaseException:
        file.close()
        raise
    return file


def append(file: FileIO, data: bytes) -> int:
    """Until it has reached the disk; how much it was."""
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file.name)) from error
    return len(data)


def sync_folder(path: Path) -> None:
    """Names are on the disk when their folder is (POSIX; elsewhere folders cannot be opened)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that has no such thing
            raise
    finally:
        os.close(folder)


def size_of(path: Path) -> int | None:
    """In bytes; None for a file that is not there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def lines_of(path: Path, size: int) -> int:
    """How many lines end within the first so many bytes."""
    lines = 0
    with path.open("rb") as file:
        while size > 0 and (block := file.read(min(size, _BLOCK))):
            lines += block.count(b"\n")
            size -= len(block)
    return lines


def _still(path: Path, file: FileIO) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
