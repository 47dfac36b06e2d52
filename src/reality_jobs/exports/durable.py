"""Files whose bytes and names have reached the disk when a call returns."""

from __future__ import annotations

import errno
import os
from io import FileIO
from pathlib import Path


def cut(path: Path, size: int) -> FileIO:
    """Open for appending, cut to so many bytes."""
    file = FileIO(str(path), "a+")
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
