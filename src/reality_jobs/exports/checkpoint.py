"""An export that is gathered page by page and outlives its process: what has come so far, and where to go on.

Until FILE is complete there stand beside it FILE.part, its lines so far; FILE.part.ids, what tells the jobs in them
apart, an array a page; and FILE.part.checkpoint, which says how much of the two counts and where the lists stand. It is
replaced whole once the two have reached the disk, so it is right whenever the process or the machine stops; what they
hold beyond it is cut off. Without a checkpoint that counts, the other two are empty: any that are not are the user's.

The ids stand in a file of their own because the lines do not say which service they came from, nor always have an id
that can be told from another service's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Annotated, Final, Literal, Self

import msgspec

from ..diagnostics import printable
from .beside import RESTART, CheckpointError, Files, check_size
from .durable import append, cut, lines_of, opened, size_of, sync_folder

__all__ = ["CheckpointError", "Gathering", "forget"]

_SHOWN: Final = 200
"""Characters of a value that are shown where two differ."""

_Count = Annotated[int, msgspec.Meta(ge=0)]


class _State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What FILE.part.checkpoint holds: `part` and `ids` are bytes, `jobs` counts by service."""

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
        self._files = Files.of(path)
        self._ids = self._files.lock()
        self._part: FileIO | None = None
        try:
            state = self._restored(dict(about))
        except BaseException:
            self._files.release(self._ids)
            raise
        self._state = state or _State(1, dict(about))
        try:
            if state is None:
                self._save(self._state)
            if not self._moved(self._state):
                self._part = cut(self._files.part, self._state.part)
                os.truncate(self._ids.fileno(), self._state.ids)
        except BaseException:
            self.close()
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
        """The ids of what has been gathered, as they were added; raises CheckpointError where they are damaged."""
        with self._files.ids.open("rb") as file:
            while file.tell() < self._state.ids:
                yield from _ids(file.readline(), self._files.ids)

    def add(self, service: str, lines: Sequence[bytes], ids: Sequence[str], resume: str) -> None:
        """A page: its jobs as lines without their ends, their ids, which `seen` will return, where to go on."""
        part, known = self._state.part, self._state.ids
        jobs = dict(self._state.jobs)
        if lines and self._part is not None:
            part += append(self._part, b"".join(line + b"\n" for line in lines))
            known += append(self._ids, json.dumps(ids).encode() + b"\n")
            jobs[service] = jobs.get(service, 0) + len(lines)
        self._save(msgspec.structs.replace(self._state, part=part, ids=known, jobs=jobs, resume=resume))

    def finish(self) -> None:
        """Give the lines their name. Whatever was there under it is replaced; its mode stays.

        Raises CheckpointError, and replaces nothing, where they are not as many as were gathered.
        """
        if self._part is not None:
            os.truncate(self._part.fileno(), self._state.part)
            _check_lines(self._files, self._state)
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

    def _moved(self, state: _State) -> bool:
        """Whether it was stopped between getting its name and losing its checkpoint."""
        return state.complete and not self._files.part.exists() and size_of(self._files.target) == state.part

    def _restored(self, about: dict[str, str]) -> _State | None:
        """What there is to go on with, None before the first page. Changes nothing."""
        files = self._files
        data = files.claimed()
        if not data:
            return None
        try:
            state = msgspec.json.decode(data, type=_State)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CheckpointError(f"{files.checkpoint} is damaged; {RESTART}") from error
        counted = {bool(state.part), bool(state.ids), any(state.jobs.values())}
        if len(counted) > 1 or (state.resume is None and counted != {False}):
            raise CheckpointError(f"{files.checkpoint} contradicts itself; {RESTART}")
        if state.resume is None and not state.complete:
            return None
        if state.about != about:
            raise CheckpointError("\n".join(_differences(files.part, state.about, about)))
        if not self._moved(state):
            check_size(files.part, state.part, files.checkpoint)
            check_size(files.ids, state.ids, files.checkpoint)
            _check_lines(files, state)
        return state

    def _save(self, state: _State) -> None:
        """From here on this is what has been gathered, whatever happens."""
        with opened(self._files.fresh, "wb") as file:
            append(file, msgspec.json.encode(state) + b"\n")
        self._files.fresh.replace(self._files.checkpoint)
        sync_folder(self._files.checkpoint)
        self._state = state


def forget(path: str) -> None:
    """Remove what an export into `path` has gathered; what is complete under that name stays. Raises CheckpointError
    for files that no export has made."""
    files = Files.of(path)
    lock = files.lock()
    try:
        files.claimed()
    except BaseException:
        files.release(lock)
        raise
    files.remove(lock)


def _ids(line: bytes, path: Path) -> list[str]:
    try:
        # Not msgspec: it refuses what no UTF-8 can hold, and a service's id may be anything.
        ids: object = json.loads(line)
    except (ValueError, RecursionError):
        ids = None
    if not isinstance(ids, list) or not all(isinstance(name, str) for name in ids):
        raise CheckpointError(f"{path} is damaged; {RESTART}")
    return ids


def _check_lines(files: Files, state: _State) -> None:
    """Raises CheckpointError where they are not one a job: a line was damaged."""
    told = sum(state.jobs.values())
    there = lines_of(files.part, state.part) if state.part else 0  # nothing may be no file
    if there != told:
        counts = f"(lines: {there:,}, jobs: {told:,})"
        raise CheckpointError(f"{files.part} is not what {files.checkpoint} tells of {counts}; {RESTART}")


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
