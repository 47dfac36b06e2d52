"""`reality-jobs query`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reality_jobs import Job, services
from reality_jobs.cache import Cache

from .program import Ended, run, usage
from .saved import NAMES, RECORDS, guid, line, v1

EVERY = "state ne null"
NONE_SYNCED = "not synced: modeling-v1, modeling-v2, conversion-v2\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.cache"
    with Cache(path) as cache:
        cache.upsert(RECORDS)
    return path


def synced(path: Path, text: str | None, names: tuple[str, ...] = services.DEFAULT, **ago: int) -> str:
    """Write down that it was; when, as it is told."""
    # A little more, since time goes on.
    as_of = datetime.now(UTC).replace(microsecond=0) - timedelta(**ago) - timedelta(seconds=1)
    with Cache(path) as cache:
        for name in names:
            cache.record_coverage(text, name, as_of)
    return f"({as_of:%Y-%m-%dT%H:%M:%SZ})"


def test_what_was_synced(path: Path) -> None:
    at = synced(path, None, hours=2)
    shown = run("query", "state eq 'FAILED'", "--cache", path)
    assert (shown.code, shown.err) == (0, f"all of it synced 2 hours ago {at}\n")
    assert [json.loads(row) for row in shown.out.splitlines()] == [RECORDS[5]]


def test_the_same_as_filter_says(path: Path, tmp_path: Path) -> None:
    at = synced(path, None, days=1)
    saved = tmp_path / "jobs.ndjson"
    saved.write_bytes(b"".join(line(record) + b"\n" for record in RECORDS))
    told = f"all of it synced 1 day ago {at}\n"
    for form in ("table", "csv", "ids"):
        filtered = run("filter", EVERY, saved, "--format", form)
        assert run("query", EVERY, "--cache", path, "--format", form) == Ended(0, filtered.out, told)
    assert run("query", "-", "--cache", path, "--count", stdin=f"inputId eq {guid(7)}".encode()) == Ended(
        0, "6\n", told
    )


def test_into_a_file(path: Path, tmp_path: Path) -> None:
    at = synced(path, None, minutes=1)
    shown = run("query", EVERY, "--cache", path, "--format", "ids", "-o", tmp_path / "ids")
    assert shown == Ended(0, "", f"all of it synced 1 minute ago {at}\n")
    assert len((tmp_path / "ids").read_text().splitlines()) == len(RECORDS)


def test_what_was_not_synced_is_told_and_printed(path: Path) -> None:
    shown = run("query", EVERY, "--cache", path, "--count")
    assert shown == Ended(3, "6\n", NONE_SYNCED)
    assert run("query", EVERY, "--cache", path, "--count", "--offline-ok") == Ended(0, "6\n", NONE_SYNCED)


def test_some_of_the_services(path: Path) -> None:
    at = synced(path, "state eq 'failed'", ("modeling-v2",), minutes=5)
    told = f"modeling-v2 synced 5 minutes ago {at}; not synced: modeling-v1, conversion-v2\n"
    assert run("query", "state eq 'failed'", "--cache", path, "--count") == Ended(3, "1\n", told)
    named = run("query", "state eq 'failed'", "--cache", path, "--count", "--service", "modeling-v2")
    assert named == Ended(0, "1\n", f"all of it synced 5 minutes ago {at}\n")
    with Cache(path) as cache:
        cache.upsert([v1(9, "x", "failed")], "analysis-v1")
    told = told.replace("conversion-v2\n", "conversion-v2, analysis-v1\n")
    assert run("query", "state eq 'failed'", "--cache", path, "--count") == Ended(3, "2\n", told)


def test_email(path: Path) -> None:
    where = ("query", "email eq 'surveyor@example.com'", "--cache", path, "--count")
    told = (
        "records of modeling-v2 never hold 'email', so they cannot answer the filter; --missing null reads it as null\n"
    )
    assert run(*where) == Ended(2, "", told)
    assert run(*where, "--missing", "null") == Ended(3, f"{len(NAMES)}\n", NONE_SYNCED)
    assert run(*where, "--service", "modeling-v1") == Ended(3, f"{len(NAMES)}\n", "not synced: modeling-v1\n")


def test_odd_jobs(path: Path) -> None:
    with Cache(path) as cache:
        cache.upsert([Job("modeling-v1", {**v1(8, "x"), "name": 5})])
    where = ("query", "name eq 'plain'", "--cache", path, "--format", "ids", "--offline-ok")
    told = f"modeling-v1/{guid(8)}: $.name: expected text, found the number 5\n"
    assert run(*where) == Ended(2, "", told)
    ids = f"modeling-v2/{guid(6)}\n"
    assert run(*where, "--on-error", "skip") == Ended(0, ids, f"{told}1 broken place skipped\n{NONE_SYNCED}")


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
def test_the_cache_is_no_output(path: Path, end: str) -> None:
    before = path.read_bytes()
    shown = run("query", EVERY, "--cache", path, "-o", f"{path}{end}")
    assert shown == Ended(2, "", usage("query", "FILTER", "-o would replace the cache; name another file"))
    assert path.read_bytes() == before


def test_what_is_no_cache(tmp_path: Path) -> None:
    gone, text = tmp_path / "gone", tmp_path / "text"
    text.write_text("some text")
    said = f"Invalid value for '--cache': File '{gone}' does not exist."
    assert run("query", EVERY, "--cache", gone) == Ended(2, "", usage("query", "FILTER", said))
    assert not gone.exists()
    reason = "it is no cache of reality-jobs, and is left as it is; name another file"
    said = f"Invalid value for '--cache': {text}: {reason}"
    assert run("query", EVERY, "--cache", text) == Ended(2, "", usage("query", "FILTER", said))
    assert text.read_text() == "some text"


def test_wrong_input(path: Path) -> None:
    shown = run("query", "stat eq 'x'", "--cache", path)
    assert shown == Ended(2, "", "unknown property 'stat'; did you mean 'state'?\n  stat eq 'x'\n  ^^^^\n")
    shown = run("query", EVERY, "--cache", path, "--count", "--format", "ids")
    assert shown == Ended(2, "", usage("query", "FILTER", "--count prints a number; leave out --format ids"))


def test_the_help_tells_the_exit_codes() -> None:
    shown = run("query", "--help")
    assert shown.code == 0
    assert "exit code is 3, or 0 with --offline-ok" in " ".join(shown.out.split())
