"""A cache is sound whatever happens to the processes that use it: killed at any moment, or many at once."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from reality_jobs.cache import Cache

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")

_JOBS = """
import sys
from reality_jobs import Job
from reality_jobs.cache import Cache

def jobs(version):
    for n in range(50):
        yield Job("modeling-v1", {"id": f"job {n}", "name": str(version), "inputs": [{"id": f"input {version}"}]})
"""
_REWRITING = f"""{_JOBS}
with Cache(sys.argv[1]) as cache:
    version = int(sys.argv[2])
    while True:
        cache.upsert(jobs(version))
        print(version, flush=True)
        version += 1
"""
_MAKING = f"""{_JOBS}
version = 0
print(version, flush=True)
while True:
    with Cache(f"{{sys.argv[1]}}{{version}}") as cache:
        cache.upsert(jobs(version))
    version += 1
"""
_SHARING = f"""{_JOBS}
print("ready", flush=True)
sys.stdin.readline()
with Cache(sys.argv[1]) as cache:
    for version in range(int(sys.argv[2]), 30, 3):
        cache.upsert(jobs(version))
        names = {{job.name for job in cache.jobs()}}
        assert len(names) == 1, names
        assert cache.count(f"name eq '{{min(names)}}'") in (0, 50)
"""


_PIPE = subprocess.PIPE


def started(program: str, *args: str | int | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, args)]
    return subprocess.Popen(command, stdin=_PIPE, stdout=_PIPE, stderr=_PIPE, text=True)


def killed(process: subprocess.Popen[str], after: float) -> list[str]:
    """What it wrote until it was killed, so many seconds after its first line."""
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(after)
    process.kill()
    rest, error = process.communicate()
    assert (process.returncode, error) == (-signal.SIGKILL, "")
    return [first, *rest.splitlines()]


def sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_writer_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "jobs.cache"
    chance = random.Random(5)
    version = 0
    for _ in range(3):
        written = [int(line) for line in killed(started(_REWRITING, path, version), chance.random() / 10)]
        with Cache(path, wait=5) as cache:
            names = [job.name for job in cache.jobs()]
            assert len(names) == 50
            (name,) = {*names}
            # It may have been killed before it could say so.
            assert int(name or "") - written[-1] in (0, 1)
            assert cache.count(f"inputId eq 'input {name}'") == 50
            assert cache.count(f"inputId ne 'input {name}' or inputId eq null") == 0
            version = int(name or "") + 1
        assert sound(path)


def test_a_maker_that_is_killed(tmp_path: Path) -> None:
    chance = random.Random(6)
    for each in range(2):
        killed(started(_MAKING, tmp_path / f"{each}-"), chance.random() / 10)
    made = sorted(path for path in tmp_path.iterdir() if path.name[-1].isdigit())
    assert made
    for path in made:
        with Cache(path) as cache:
            assert cache.count() in (0, 50)
        assert sound(path)


def test_several_make_it_and_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "jobs.cache"
    processes = [started(_SHARING, path, n) for n in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60) for process in processes] == [("", "")] * 3
    with Cache(path) as cache:
        assert cache.count() == 50
    assert sound(path)
