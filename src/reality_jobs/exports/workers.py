"""Parts of the input read side by side by several processes; what they give comes out in the order of the input."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NoReturn, Protocol, cast

from ..errors import InvalidRecord
from .parts import Part

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext
    from multiprocessing.process import BaseProcess

HELD: Final = 1 << 22
"""Bytes of output that a process holds until its turn comes; then it writes as it reads."""

Refuse = Callable[[InvalidRecord], object]


class Task(Protocol):
    """What is done with a part: yields what is to be written, and returns what the part came to."""

    def __call__(
        self, part: Part, refuse: Refuse, passed: Callable[[int], object]
    ) -> Generator[bytes, None, object]: ...


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Crew:
    """Runs a task over parts. `passed` counts the bytes that were read, also while `run` is under way."""

    def __init__(self, task: Task, refuse: Refuse, *, jobs: int, stops: bool) -> None:
        """`refuse` is told of broken places, in their order; `stops` says that it raises."""
        self._task = task
        self._refuse = refuse
        self._jobs = jobs
        self._stops = stops
        self._passed: Any = [0] * jobs

    @property
    def passed(self) -> int:
        return sum(self._passed)

    def run(
        self, parts: Sequence[Part], file: BinaryIO, meanwhile: AbstractContextManager[object] | None = None
    ) -> list[object]:
        """What each part came to, in their order; whatever goes wrong in a process is raised here.

        `meanwhile` is entered while the parts are read: behind the forks, which may not copy its threads.

        Processes are forked and write to the file in turn. Where that is not safe (Windows, macOS), or there is but one
        part, or one is standard input, this process does it all.
        """
        file.flush()
        jobs = min(self._jobs, len(parts))
        # Standard input is closed in another process.
        if jobs < 2 or not sys.platform.startswith("linux") or any(part.path == "-" for part in parts):
            with meanwhile or nullcontext():
                return [self._alone(part, file) for part in parts]
        return self._together(parts, jobs, file.fileno(), meanwhile or nullcontext())

    def _alone(self, part: Part, file: BinaryIO) -> object:
        steps = self._task(part, self._refuse, self._counter(0))
        while True:
            try:
                file.write(next(steps))
                file.flush()
            except StopIteration as end:
                return end.value

    def _counter(self, number: int) -> Callable[[int], None]:
        def passed(size: int) -> None:
            self._passed[number] += size

        return passed

    def _together(
        self, parts: Sequence[Part], jobs: int, fd: int, meanwhile: AbstractContextManager[object]
    ) -> list[object]:
        import multiprocessing

        context = multiprocessing.get_context("fork")
        self._passed = context.RawArray("q", jobs)
        shared = _Shared(context)
        workers: dict[Connection, BaseProcess] = {}
        results: list[object] = []
        # The terminal's Ctrl-C reaches all processes. The others never see it: this one ends them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for number in range(jobs):
                # One for each: what a process did not finish saying, nobody goes on with, and it ends with the process.
                reports, report = context.Pipe(duplex=False)
                inherited = (*workers, reports)
                worker = context.Process(
                    target=self._work, args=(number, parts, shared, inherited, report, fd), daemon=True
                )
                workers[reports] = worker
                worker.start()
                report.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            with meanwhile:
                self._attend(workers, results)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            for each in workers.values():
                if each.is_alive():
                    each.kill()  # they leave nothing behind
            for each in workers.values():
                if each.pid is not None:
                    each.join()
        if len(results) != len(parts):
            raise _ended_early(0)
        return results

    def _attend(self, workers: Mapping[Connection, BaseProcess], results: list[object]) -> None:
        """Take reports until all processes have ended well, those of a part when those of all before it are in."""
        from multiprocessing.connection import wait

        sources = list(workers)
        early: dict[int, list[tuple[str, Any]]] = {}
        while sources:
            for ready in wait(sources):
                reports = cast("Connection", ready)
                try:
                    at, what, value = reports.recv()
                except (EOFError, OSError):  # the latter within a report
                    sources.remove(reports)
                    workers[reports].join()
                    if code := workers[reports].exitcode:
                        raise _ended_early(code) from None
                    continue
                early.setdefault(at, []).append((what, value))
            while said := early.pop(len(results), None):
                for what, value in said:
                    self._take(what, value, results)

    def _take(self, what: str, value: Any, results: list[object]) -> None:
        if what == "failed":
            raise value
        if what == "broken":
            self._refuse(value)
        else:
            results.append(value)

    def _work(
        self,
        number: int,
        parts: Sequence[Part],
        shared: _Shared,
        inherited: Sequence[Connection],
        report: Connection,
        fd: int,
    ) -> None:
        for reports in inherited:
            reports.close()
        for ending in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, signal.SIG_DFL)
        while (at := shared.claim()) < len(parts):
            turn = _Turn(shared, at, report, fd)
            steps = self._task(parts[at], _raise if self._stops else turn.broken, self._counter(number))
            try:
                turn.done(turn.take(steps))
            except Exception as error:
                turn.failed(error)
                return


class _Shared:
    """What the processes share: the next part to be read, and the one whose turn it is to write."""

    def __init__(self, context: ForkContext) -> None:
        self._parent = os.getpid()
        self._next = context.Value("q", 0)
        self._turn = context.RawValue("q", 0)
        self._changed = context.Condition()

    def claim(self) -> int:
        with self._next.get_lock():
            at: int = self._next.value
            self._next.value += 1
            return at

    def wait_for(self, at: int) -> None:
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._turn.value == at, timeout=1):
                    return
            self.check_parent()  # not within the lock: the others wait for that

    def check_parent(self) -> None:
        """End this process where nobody is left to take its report."""
        if os.getppid() != self._parent:
            os._exit(1)

    def pass_on(self) -> None:
        with self._changed:
            self._turn.value += 1
            self._changed.notify_all()


class _Turn:
    """One part's output and reports, held until those of all parts before it are out."""

    def __init__(self, shared: _Shared, at: int, report: Connection, fd: int) -> None:
        self._shared = shared
        self._at = at
        self._report = report
        self._fd = fd
        self._held: list[bytes] = []
        self._size = 0
        self._broken: list[InvalidRecord] = []
        self._come = False

    def take(self, steps: Generator[bytes, None, object]) -> object:
        while True:
            try:
                piece = next(steps)
            except StopIteration as end:
                return end.value
            self._held.append(piece)
            self._size += len(piece)
            if self._come or self._size > HELD:
                self._flush()

    def broken(self, error: InvalidRecord) -> None:
        self._broken.append(error)

    def done(self, result: object) -> None:
        self._flush()
        self._say("part", result)
        self._shared.pass_on()

    def failed(self, error: Exception) -> None:
        """The turn is not passed on: nothing may follow."""
        import pickle

        self._flush()
        try:
            self._say("failed", error)
        except (TypeError, AttributeError, pickle.PicklingError):  # an error of others need not pickle
            self._say("failed", OSError(errno.EIO, repr(error)))

    def _say(self, what: str, value: object) -> None:
        try:
            self._report.send((self._at, what, value))
        except BrokenPipeError:
            os._exit(1)  # nobody takes it

    def _flush(self) -> None:
        if not self._come:
            self._shared.wait_for(self._at)
            self._come = True
        self._shared.check_parent()
        held, self._held, self._size = self._held, [], 0
        for piece in held:
            _write_all(self._fd, piece)
        # Behind the output: whoever is told may end this process at once.
        for error in self._broken:
            self._say("broken", error)
        self._broken.clear()


def _raise(error: InvalidRecord) -> NoReturn:
    raise error


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _ended_early(code: int) -> OSError:
    how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return OSError(errno.ECHILD, f"a process that read a part ended early ({how}); the answer is not complete")
