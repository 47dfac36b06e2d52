"""Parts of the input read side by side by several processes; what they give comes out in the order of the input."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, Protocol, cast

from ..errors import InvalidRecord
from .parts import Part
from .turns import Output, Shared

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

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
        shared = Shared(context)
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
                    workers[reports].join()
                    raise _ended_early(workers[reports].exitcode or 0) from None
                if what in ("ended", "failed"):
                    sources.remove(reports)
                if what != "ended":
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
        shared: Shared,
        inherited: Sequence[Connection],
        report: Connection,
        fd: int,
    ) -> None:
        for reports in inherited:
            reports.close()
        for ending in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, signal.SIG_DFL)
        output = Output(shared, report, fd)
        count = self._counter(number)

        def passed(size: int) -> None:
            shared.check_parent()
            count(size)

        refuse = _raise if self._stops else output.broken
        try:
            while (at := shared.claim()) < len(parts):
                output.begin(at)
                output.take(self._task(parts[at], refuse, passed))
            output.finish()
        except Exception as error:
            output.failed(error)


def _raise(error: InvalidRecord) -> NoReturn:
    raise error


def _ended_early(code: int) -> OSError:
    how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return OSError(errno.ECHILD, f"a process that read a part ended early ({how}); the answer is not complete")
