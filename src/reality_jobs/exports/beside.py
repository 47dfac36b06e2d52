"""The files beside an export that is not complete: which they are, and whether they are an export's at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Final

from attrs import frozen

from .durable import locked, size_of, unlink_locked

RESTART: Final = "--restart begins anew, without what it has gathered"

_OURS: Final = b'{"format":1,"about":{'
"""How every checkpoint begins."""


class CheckpointError(Exception):
    """An export that cannot be gone on with as it stands; the text says what to do."""


@frozen
class Files:
    """The target and what stands beside it, which may be the user's until `lock` and `claimed` have not refused."""

    target: Path
    part: Path
    ids: Path
    checkpoint: Path
    fresh: Path
    """The checkpoint that is about to replace the old one."""

    @classmethod
    def of(cls, path: str) -> Files:
        # A symbolic link stays: what it points to is replaced.
        target = Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)
        with suppress(FileNotFoundError):
            target.stat()  # what could not be replaced in the end (a link to itself) had better not be begun
        ends = (".part", ".part.ids", ".part.checkpoint", ".part.checkpoint.new")
        return cls(target, *(target.with_name(target.name + end) for end in ends))

    def lock(self) -> FileIO:
        """The ids, ours alone until they are closed: of the files beside the target they are never renamed."""
        for path in (self.part, self.ids, self.checkpoint, self.fresh):
            with suppress(FileNotFoundError):
                if not stat.S_ISREG(path.lstat().st_mode):
                    raise CheckpointError(f"{path} is in the way: it is no regular file; move it elsewhere")
        try:
            return locked(self.ids)
        except BlockingIOError as error:
            raise CheckpointError(f"another export into {self.target} is running") from error

    def claimed(self) -> bytes:
        """The checkpoint, nothing where none is; CheckpointError where it, or what stands without it, is not ours."""
        data = self.checkpoint.read_bytes() if self.checkpoint.exists() else b""
        if data.startswith(_OURS):
            return data
        foreign = [path for path in (self.checkpoint, self.part, self.ids) if size_of(path)]
        # The first checkpoint may have been stopped anywhere.
        begun = self.fresh.read_bytes()[: len(_OURS)] if self.fresh.exists() else b""
        if not _OURS.startswith(begun):
            foreign.append(self.fresh)
        if foreign:
            raise CheckpointError(
                f"{foreign[0]} is in the way, and nothing tells that it is of an export; "
                f"move {', '.join(map(str, foreign))} elsewhere"
            )
        return b""

    def release(self, lock: FileIO) -> None:
        """As if it had not been locked."""
        if size_of(self.ids):
            lock.close()
        else:
            unlink_locked(self.ids, lock)

    def remove(self, lock: FileIO) -> None:
        """All but the target; the locked file last, so that nobody begins in between."""
        self.part.unlink(missing_ok=True)
        self.fresh.unlink(missing_ok=True)
        os.truncate(lock.fileno(), 0)  # without a checkpoint they would be taken for the user's
        self.checkpoint.unlink(missing_ok=True)
        unlink_locked(self.ids, lock)


def check_size(path: Path, size: int, checkpoint: Path) -> None:
    """Raises CheckpointError for a file that cannot hold what the checkpoint says."""
    there = size_of(path)
    if there is None and size:
        raise CheckpointError(f"{path} is missing; {RESTART}")
    if (there or 0) < size:
        raise CheckpointError(f"{path} holds {there:,} bytes, but {checkpoint} tells of {size:,}; {RESTART}")
    if size:
        with path.open("rb") as file:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                raise CheckpointError(f"{path} is not what {checkpoint} tells of; {RESTART}")
