"""Several processes give what one would: in order, whole, or with an error; and nothing of them stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.program import PROGRAM, Ended, environment
from tests.e2e.saved import line, v1

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are forked on Linux only")

EVERY = "state ne null"

# Run by an interpreter of its own: pytest has threads, and whatever hangs can be killed with all that it forked.
CREW = """
import os, signal, sys, time
from reality_jobs import InvalidRecord
from reality_jobs.exports import turns, workers
from reality_jobs.exports.parts import Part

def task(part, refuse, passed):
    number = int(part.path)
    passed(10)
{task}

broken = []
refuse = broken.append
{setup}
crew = workers.Crew(task, lambda error: refuse(error), jobs={jobs}, stops={stops})
try:
    print("results", crew.run([Part(str(number)) for number in range({parts})], sys.stdout.buffer), file=sys.stderr)
except Exception as error:
    print(type(error).__name__, error, file=sys.stderr)
else:
    print("passed", crew.passed, file=sys.stderr)
for error in broken:
    print("broken", error, file=sys.stderr)
"""


def crew(
    task: str, *, parts: int = 6, jobs: int = 3, stops: bool = False, setup: str = "", stdout: int = subprocess.PIPE
) -> Ended:
    task = textwrap.indent(textwrap.dedent(task), "    ")
    source = CREW.format(task=task, parts=parts, jobs=jobs, stops=stops, setup=setup)
    with alone([sys.executable, "-c", source], stdout=stdout) as process:
        out, err = process.communicate(timeout=20)
    return Ended(process.returncode, (out or b"").decode(), err.decode())


@contextmanager
def alone(command: list[str], stdout: int = subprocess.PIPE) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own; in the end nothing of that group may be left."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    with process:
        try:
            yield process
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    left = [] if waited(lambda: not living(process.pid), 10) else living(process.pid)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []


def living(group: int) -> list[int]:
    """The processes of a group that have not ended, though nobody may have asked how."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = place.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(of) == group and state not in "ZX":
            found.append(int(place.parent.name))
    return found


def waited(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_the_output_is_in_order_whatever_the_timing() -> None:
    task = """
        time.sleep(0.05 * (number % 3 == 0))
        yield b"%d a\\n" % number
        time.sleep(0.03 * (number % 2))
        yield b"%d b\\n" % number
        return number
    """
    out = "".join(f"{number} a\n{number} b\n" for number in range(9))
    assert crew(task, parts=9) == Ended(0, out, f"results {list(range(9))}\npassed 90\n")


def test_more_than_is_held_waits_for_its_turn() -> None:
    task = """
        turns.HELD = 1000
        if number:
            for i in range(100):
                print("made", number, i, file=sys.stderr, flush=True)
                yield b"%d %090d\\n" % (number, i)
        else:
            time.sleep(0.4)
            print("turn", file=sys.stderr, flush=True)
            yield b"0\\n"
    """
    ended = crew(task, parts=2, jobs=2)
    assert ended.out == "0\n" + "".join(f"1 {i:090}\n" for i in range(100))
    before, _, after = ended.err.partition("turn\n")
    assert before == "".join(f"made 1 {i}\n" for i in range(11))
    assert after == "".join(f"made 1 {i}\n" for i in range(11, 100)) + "results [None, None]\npassed 20\n"


EARLY = "ChildProcessError [Errno 10] a process that read a part ended early ({}); the answer is not complete\n"


@pytest.mark.parametrize(
    ("end", "how"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "killed by SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
        ("os._exit(3)", "exit code 3"),
    ],
)
@pytest.mark.parametrize("victim", [0, 2, 5])
def test_a_process_that_ends_early_is_an_error(end: str, how: str, victim: int) -> None:
    task = f"""
        yield b"%d\\n" % number
        if number == {victim}:
            {end}
    """
    ended = crew(task)
    assert ended.err == EARLY.format(how)
    whole = "".join(f"{number}\n" for number in range(victim + 1))
    assert whole.startswith(ended.out)


def test_a_process_that_ends_while_it_reports_is_an_error() -> None:
    # What it reports is longer than a pipe holds, and nobody reads it before it is gone.
    task = """
        import threading
        yield b"%d\\n" % number
        if number == 1:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGKILL)).start()
            refuse(InvalidRecord("slow"))
            return b"x" * 10_000_000
    """
    ended = crew(task, setup="refuse = lambda error: time.sleep(0.5)")
    assert (ended.out, ended.err) == ("0\n1\n", EARLY.format("killed by SIGKILL"))


@pytest.mark.parametrize("culprit", [0, 2, 5])
def test_an_exception_reaches_the_caller_behind_all_that_came_before(culprit: int) -> None:
    task = f"""
        time.sleep(0.02 * (6 - number))
        yield b"%d\\n" % number
        if number == {culprit}:
            raise KeyError("wrong")
        yield b"%d more\\n" % number
    """
    whole = "".join(f"{number}\n{number} more\n" for number in range(culprit))
    assert crew(task) == Ended(0, f"{whole}{culprit}\n", "KeyError 'wrong'\n")


BROKEN = """
    time.sleep(0.05 * (number % 2))
    yield b"%d\\n" % number
    refuse(InvalidRecord("first", None, part.path, 1))
    refuse(InvalidRecord("second", None, part.path, 2))
    yield b"%d more\\n" % number
"""


def test_broken_places_are_told_in_order() -> None:
    whole = "".join(f"{number}\n{number} more\n" for number in range(4))
    told = "".join(f"broken {number}:1: first\nbroken {number}:2: second\n" for number in range(4))
    assert crew(BROKEN, parts=4) == Ended(0, whole, f"results {[None] * 4}\npassed 40\n{told}")


def test_the_first_broken_place_stops_it_all() -> None:
    assert crew(BROKEN, parts=4, stops=True) == Ended(0, "0\n", "InvalidRecord 0:1: first\n")


def test_a_process_that_ends_well_too_early_is_an_error() -> None:
    ended = crew("yield b'%d\\n' % number\nif number == 1:\n    os._exit(0)")
    assert ended.err == EARLY.format("exit code 0")


def test_a_result_that_cannot_be_reported_is_an_error() -> None:
    ended = crew("yield b'%d\\n' % number\nreturn (lambda: 0) if number == 1 else None")
    assert ended.out == "0\n1\n"
    assert ended.err.startswith("OSError [Errno 5] ")
    assert "pickle" in ended.err


def test_what_refuse_raises_stops_it_all() -> None:
    setup = "def refuse(error):\n    raise LookupError(error.reason)"
    ended = crew(BROKEN, parts=4, setup=setup)
    assert ended.err == "LookupError first\n"
    assert ended.out.startswith("0\n")


@pytest.mark.parametrize("size", [10, 100_000])
def test_output_that_nobody_reads(size: int) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        ended = crew(f"yield b'x' * {size}", stdout=write)
    finally:
        os.close(write)
    assert ended == Ended(0, "", "BrokenPipeError [Errno 32] Broken pipe\n")


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """More than one part, and few hits in each."""
    paths = [tmp_path / name for name in "abc"]
    for number, path in enumerate(paths, 1):
        path.write_bytes(b"".join(line(v1(number, str(i))) + b"\n" for i in range(3)))
    return list(map(str, paths))


def test_a_closed_pipe_is_no_error(files: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    with alone([*PROGRAM, "filter", EVERY, "--jobs", "2", *files], stdout=write) as process:
        os.close(write)
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.fixture
def pipes(tmp_path: Path) -> list[Path]:
    """Files that a process waits for as long as nothing is written to them."""
    paths = [tmp_path / name for name in ("first", "second")]
    for path in paths:
        os.mkfifo(path)
    return paths


def test_an_interruption_is_told_once_and_leaves_nothing(pipes: list[Path]) -> None:
    with alone([*PROGRAM, "filter", EVERY, "--jobs", "2", *map(str, pipes)]) as process:
        ends = [path.open("wb") for path in pipes]  # which waits until somebody reads
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=20) == (b"", b"interrupted\n")
        for end in ends:
            end.close()
    assert process.returncode == 1


def test_nothing_outlives_the_process_that_started_it(pipes: list[Path]) -> None:
    with alone([*PROGRAM, "filter", EVERY, "--jobs", "2", *map(str, pipes)]) as process, pipes[0].open("wb"):
        with pipes[1].open("wb") as second:
            second.write(line(v1(1, "a")))
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
        # The one that has read its part waits for its turn, which never comes; the other still reads.
        assert waited(lambda: len(living(process.pid)) == 1, 10)
    assert process.returncode == -signal.SIGKILL
