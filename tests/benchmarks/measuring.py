"""One command, measured from outside: wall time, processor time, memory."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

from attrs import frozen

_INTERVAL = 0.02


@frozen
class Measured:
    """`peak`: bytes, the peaks of the process and its children added up.

    Read from /proc every 20 ms, so what rises in the last of them is missed, and pages that processes share count for
    each. Not `ru_maxrss`: it starts at what the parent held when it forked, and does not add up. A file that is mapped
    counts as far as it is read (Polars). 0 where there is no /proc.
    """

    seconds: float
    cpu: float
    peak: int


class Failed(Exception):
    """A command that gave no answer; str() is the end of what it said."""


def measure(command: Sequence[str], out: Path | None, env: Mapping[str, str], folder: Path) -> Measured:
    """Run a command in a folder, its output into `out`."""
    with Path(os.devnull if out is None else out).open("wb") as stdout:
        start = perf_counter()
        process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, env=env, cwd=folder)
        peaks: dict[int, int] = {}
        over = Event()
        watcher = Thread(target=_watch, args=(process.pid, peaks, over), daemon=True)
        try:
            watcher.start()
            _, status, used = os.wait4(process.pid, 0)
            seconds = perf_counter() - start
        except KeyboardInterrupt:
            process.kill()
            raise
        finally:
            over.set()
        watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    with process:
        assert process.stderr is not None
        said = process.stderr.read()
    # 1 is how grep says that it found nothing.
    if process.returncode not in (0, 1) or (process.returncode and said):
        raise Failed(said.decode(errors="replace")[-500:] or f"exit code {process.returncode}")
    return Measured(seconds, used.ru_utime + used.ru_stime, sum(peaks.values()))


def _watch(pid: int, peaks: dict[int, int], over: Event) -> None:
    while not over.wait(_INTERVAL):
        for each in _family(pid):
            peaks[each] = max(_peak(each), peaks.get(each, 0))


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _peak(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    _, found, rest = status.partition("VmHWM:")
    return int(rest.split()[0]) * 1024 if found else 0
