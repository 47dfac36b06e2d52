"""`reality-jobs sync`, against the emulator."""

from __future__ import annotations

import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from reality_jobs import Job, services
from reality_jobs.cache import Cache
from reality_jobs.emulator.generate import generate
from reality_jobs.emulator.serve import Emulator, running

from .program import PROGRAM, TOKEN, Ended, run, unmeasured, usage

JOBS = generate(400, seed=11)
USER, _ = Counter(job.user_id for job in JOBS).most_common(1)[0]
OWN = [Job(stored.service, stored.raw) for stored in JOBS if stored.user_id == USER]
MINE = Counter(job.service for job in OWN if job.service in services.DEFAULT)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(JOBS) as base:
        yield base


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.cache"


def synced(*args: str | Path) -> Ended:
    shown = run("sync", *args, "--retries", "0", ITWIN_ACCESS_TOKEN=TOKEN)
    assert TOKEN not in shown.out + shown.err
    return shown


def test_all_and_then_what_was_open(url: str, path: Path) -> None:
    first = synced("--cache", path, "--base-url", url)
    said = [f"{name}: {MINE[name]} jobs fetched, {MINE[name]} new, 0 changed, 0 the same" for name in services.DEFAULT]
    assert first == Ended(0, "", "\n".join(said) + "\n")
    with Cache(path) as cache:
        assert sorted(map(str, cache.jobs())) == sorted(str(job) for job in OWN if job.service in MINE)
    again = synced("--cache", path, "--base-url", url)
    assert (again.code, again.out) == (0, "")
    lines = again.err.splitlines()
    assert [line.partition(":")[0] for line in lines] == [*services.DEFAULT]
    for line in lines:
        assert re.fullmatch(
            r"[a-z0-9-]+: \d+ jobs? fetched since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, 0 new, 0 changed, \d+ the same", line
        )


def test_one_service_and_a_filter(url: str, path: Path) -> None:
    shown = synced("state eq 'success'", "--cache", path, "--base-url", url, "--service", "modeling-v1")
    count = sum(job.service == "modeling-v1" and job.state == "success" for job in OWN)
    assert shown == Ended(0, "", f"modeling-v1: {count} jobs fetched, {count} new, 0 changed, 0 the same\n")
    asked = run("query", "state eq 'success'", "--cache", path, "--count", "--service", "modeling-v1")
    assert (asked.code, asked.out) == (0, f"{count}\n")


def test_a_filter_that_is_none(path: Path) -> None:
    shown = synced("stat eq 'a'", "--cache", path)
    assert shown == Ended(2, "", "unknown property 'stat'; did you mean 'state'?\n  stat eq 'a'\n  ^^^^\n")
    assert not path.exists()


def test_what_is_no_cache(path: Path) -> None:
    path.write_text("some text")
    said = f"{path}: it is no cache of reality-jobs, and is left as it is; name another file"
    assert synced("--cache", path) == Ended(2, "", usage("sync", "[FILTER]", f"Invalid value for '--cache': {said}"))
    assert path.read_text() == "some text"


def test_interrupted_it_leaves_a_sound_cache(path: Path) -> None:
    """Of the first pages at least; the same command goes on."""
    emulator = Emulator(JOBS)
    with emulator.running() as url:
        command = [*PROGRAM, "sync", "--cache", str(path), "--base-url", url, "--page-size", "5"]
        started = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=unmeasured(ITWIN_ACCESS_TOKEN=TOKEN)
        )
        while len(emulator.requests) < 8:
            assert started.poll() is None
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
        assert (started.returncode, out, err.decode()) == (1, b"", "interrupted\n")
        with Cache(path) as cache:
            assert 0 < cache.count() < sum(MINE.values())
            assert not cache.covered(None).complete
        assert synced("--cache", path, "--base-url", url).code == 0
    with Cache(path) as cache:
        assert cache.count() == sum(MINE.values())
        assert cache.covered(None).complete


def test_no_service_there(path: Path) -> None:
    with running(JOBS) as url:
        pass
    shown = synced("--cache", path, "--base-url", url, "--service", "modeling-v1")
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("modeling-v1: no connection")
