"""An export that is gathered page by page and outlives its process: what has come so far, and where to go on.

Until FILE is complete there stand beside it FILE.part, its lines so far; FILE.ids, the ids in them, an array a page;
and FILE.checkpoint, which says how much of the two counts and where the lists stand. It is replaced whole once the two
have reached the disk, so it is right whenever the process or the machine stops; what they hold beyond it is cut off.

The ids stand in a file of their own because the lines do not say which service they came from, nor always have an id
that can be told from another service's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Annotated, Final, Literal, Self

import msgspec
from attrs import frozen

from ..diagnostics import printable
from .durable import append, cut, size_of, sync_folder

try:
    import fcntl
except ImportError:  # Windows: two exports into one file are not kept apart there
    fcntl = None  # type: ignore[assignment]

_SHOWN: Final = 200
"""Characters of a value that are shown where two differ."""

_Count = Annotated[int, msgspec.Meta(ge=0)]


class CheckpointError(Exception):
    """An export that cannot be gone on with as it stands; the text says what to do."""


class _State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What FILE.checkpoint holds: `part` and `ids` are bytes, `jobs` counts by service."""

    format: Literal[1]
    about: dict[str, str]
    part: _Count = 0
    ids: _Count = 0
    jobs: dict[str, _Count] = {}
    resume: str | None = None
    complete: bool = False


class Gathering:
    """One export into `path`: begun, or gone on with if it was begun with the same words in `about`.

    Closed before `finish`, it leaves its files for the next time; where no page came, nothing. Raises CheckpointError,
    and OSError as it comes.
    """

    def __init__(self, path: str, about: Mapping[str, str]) -> None:
        self._files = _Files.of(path)
        self._ids = _locked(self._files)
        self._part: FileIO | None = None
        try:
            self._state = self._restored(dict(about))
            if not self._moved:
                self._part = cut(self._files.part, self._state.part)
                os.truncate(self._ids.fileno(), self._state.ids)
        except BaseException:
            if size_of(self._files.ids):
                self._ids.close()
            else:
                self._files.remove_ids(self._ids)
            raise

    @property
    def part(self) -> str:
        """Where the lines are until the end."""
        return str(self._files.part)

    @property
    def jobs(self) -> Mapping[str, int]:
        """How many have been gathered, by service."""
        return self._state.jobs

    @property
    def total(self) -> int:
        return sum(self.jobs.values())

    @property
    def resume(self) -> str | None:
        """Where to go on; None before the first page."""
        return self._state.resume

    @property
    def complete(self) -> bool:
        """Whether the last page is there; then only `finish` is due."""
        return self._state.complete

    def seen(self) -> Iterator[str]:
        """The ids of what has been gathered, as they were added."""
        with self._files.ids.open("rb") as file:
            while file.tell() < self._state.ids:
                try:
                    yield from msgspec.json.decode(file.readline(), type=list[str])
                except msgspec.DecodeError as error:
                    raise CheckpointError(f"{self._files.ids} is damaged; {_RESTART}") from error

    def add(self, service: str, lines: Sequence[bytes], ids: Sequence[str], resume: str) -> None:
        """A page: its jobs as lines without their ends, those of their ids that `seen` will return, where to go on."""
        part, known = self._state.part, self._state.ids
        jobs = dict(self._state.jobs)
        if lines and self._part is not None:
            part += append(self._part, b"".join(line + b"\n" for line in lines))
            known += append(self._ids, msgspec.json.encode(ids) + b"\n")
            jobs[service] = jobs.get(service, 0) + len(lines)
        self._save(msgspec.structs.replace(self._state, part=part, ids=known, jobs=jobs, resume=resume))

    def finish(self) -> None:
        """Give the lines their name. Whatever was there under it is replaced; its mode stays."""
        if not self.complete:
            self._save(msgspec.structs.replace(self._state, complete=True))
        if self._part is not None:
            self._part.close()
            with suppress(FileNotFoundError):
                self._files.part.chmod(self._files.target.stat().st_mode & 0o7777)
            self._files.part.replace(self._files.target)
            sync_folder(self._files.target)
        self._files.remove(self._ids)

    def close(self) -> None:
        if self._part is not None:
            self._part.close()
        if not self._ids.closed and self.resume is None and not self.complete:
            self._files.remove(self._ids)
        self._ids.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _moved(self) -> bool:
        """Whether it was stopped between getting its name and losing its checkpoint."""
        return self.complete and not self._files.part.exists() and size_of(self._files.target) == self._state.part

    def _restored(self, about: dict[str, str]) -> _State:
        files = self._files
        try:
            data = files.checkpoint.read_bytes()
        except FileNotFoundError:
            if size_of(files.part):
                raise CheckpointError(f"{files.part} is there without {files.checkpoint}; {_RESTART}") from None
            return self._save(_State(1, about))
        try:
            state = msgspec.json.decode(data, type=_State)
        except msgspec.DecodeError as error:
            raise CheckpointError(
                f"{files.checkpoint} is damaged, or no checkpoint of an export; {_RESTART}"
            ) from error
        if state.about != about:
            raise CheckpointError("\n".join(_differences(files.part, state.about, about)))
        self._state = state
        if not self._moved:
            _check(files.part, state.part, files.checkpoint)
            _check(files.ids, state.ids, files.checkpoint)
        return state

    def _save(self, state: _State) -> _State:
        """From here on this is what has been gathered, whatever happens."""
        with self._files.fresh.open("wb", buffering=0) as file:
            append(file, msgspec.json.encode(state) + b"\n")
        self._files.fresh.replace(self._files.checkpoint)
        sync_folder(self._files.checkpoint)
        self._state = state
        return state


def forget(path: str) -> None:
    """Remove what an export into `path` has gathered; what is complete under that name stays."""
    files = _Files.of(path)
    files.remove(_locked(files))


_RESTART: Final = "--restart begins anew, without what it has gathered"


@frozen
class _Files:
    target: Path
    part: Path
    ids: Path
    checkpoint: Path
    fresh: Path
    """The checkpoint that is about to replace the old one."""

    @classmethod
    def of(cls, path: str) -> _Files:
        # A symbolic link stays: what it points to is replaced.
        target = Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)
        ends = (".part", ".ids", ".checkpoint", ".checkpoint.new")
        return cls(target, *(target.with_name(target.name + end) for end in ends))

    def remove(self, lock: FileIO) -> None:
        """All but the target; the locked file last, so that nobody begins in between."""
        for path in (self.part, self.fresh, self.checkpoint):
            path.unlink(missing_ok=True)
        self.remove_ids(lock)

    def remove_ids(self, lock: FileIO) -> None:
        if fcntl is None:  # Windows removes no open file
            lock.close()
        self.ids.unlink(missing_ok=True)
        lock.close()


def _locked(files: _Files) -> FileIO:
    """FILE.ids, ours alone until it is closed; of the files beside the target the one that is never renamed."""
    while True:
        file = FileIO(str(files.ids), "a+")
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise CheckpointError(f"another export into {files.target} is running") from error
        except OSError:
            pass  # a file system without locks
        # Else its last owner has removed it in between.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), files.ids.stat()):
                return file
        file.close()


def _check(path: Path, size: int, checkpoint: Path) -> None:
    """Raises CheckpointError for a file that does not hold what the checkpoint says, as far as that is cheap to see."""
    there = size_of(path)
    if there is None and size:
        raise CheckpointError(f"{path} is missing; {_RESTART}")
    if (there or 0) < size:
        raise CheckpointError(f"{path} holds {there:,} bytes, but {checkpoint} tells of {size:,}; {_RESTART}")
    if size:
        with path.open("rb") as file:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                raise CheckpointError(f"{path} is not what {checkpoint} tells of; {_RESTART}")


def _differences(part: Path, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    yield f"{part} was begun otherwise; repeat the command as it was, or begin anew with --restart"
    for name in dict.fromkeys((*then, *now)):
        old, new = then.get(name, ""), now.get(name, "")
        if old != new:
            same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
            start = max(0, same - _SHOWN // 2)
            yield f"  {name} then: {_window(old, start)}"
            yield f"  {name} now:  {_window(new, start)}"


def _window(text: str, start: int) -> str:
    shown = text[start : start + _SHOWN]
    return printable(f"{'...' if start else ''}{shown}{'...' if start + _SHOWN < len(text) else ''}")
