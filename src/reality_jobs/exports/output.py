"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file that takes the name `path` when the block ends well; on any error the old file stays.

    It is written beside the target (a rename works within one file system only) and has its mode, or what the umask
    leaves where there is none yet. A symbolic link stays: what it points to is replaced. A target that is no regular
    file (`/dev/null`, a pipe) cannot be replaced and is written as it is. Plain OSError leaves as it comes.
    """
    given = Path(path)
    if given.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory; name a file in it", str(given))
    if given.exists() and not given.is_file():
        with given.open("wb") as file:
            yield file
        return
    target = Path(os.path.realpath(given))
    beside = target.with_name(f".{target.name[:100]}.{os.urandom(8).hex()}")
    try:
        with beside.open("xb") as file:
            with suppress(FileNotFoundError):
                beside.chmod(target.stat().st_mode & 0o7777)
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
