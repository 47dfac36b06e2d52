"""Which questions are within what was synced: a table; and what becomes of what was written down."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reality_jobs import F, parse
from reality_jobs.cache import Cache, Coverage
from tests.e2e.saved import guid, v1, v2

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
V1 = "modeling-v1"
X = f"iTwinId eq {guid(1)}"
Y = f"iTwinId eq {guid(2)}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.cache"


@pytest.fixture
def cache(path: Path) -> Iterator[Cache]:
    with Cache(path) as cache:
        yield cache


@pytest.mark.parametrize(
    ("synced", "asked", "since"),
    [
        # A filter is named by its place: synced at noon, an hour later, and so on; `since` says which is the oldest.
        (["state eq 'failed'"], "state eq 'Failed'", 0),
        (["state eq 'failed'"], "state eq 'failed' and type eq 'Full'", 0),
        (["state in ('failed', 'active')"], "state eq 'active'", 0),
        (["state eq 'failed'"], "state in ('failed', 'active')", None),
        (["state eq 'failed'"], None, None),
        ([None], "state eq 'failed'", 0),
        ([None], None, 0),
        (["createdDateTime ge 1970-01-01T00:00:00Z"], None, 0),
        (["createdDateTime ge 2026-01-01T00:00:00Z"], "createdDateTime gt 2026-02-01T00:00:00Z", 0),
        (["state eq 'failed'", "state eq 'failed' and type eq 'Full'"], "state eq 'failed' and type eq 'Full'", 1),
        (["state eq 'failed'", "state eq 'failed' and type eq 'Full'"], "state eq 'failed'", 0),
        # A question that no job answers is within anything.
        (["state eq 'failed'"], "id in ()", 0),
        ([], "id in ()", None),
        # With an iTwin a list shows jobs that one without it does not.
        ([X], X, 0),
        ([X], f"{X} and state eq 'failed'", 0),
        ([X], Y, None),
        ([X], "state eq 'failed'", None),
        ([X], None, None),
        ([None], X, None),
        (["state eq 'failed'"], f"{X} and state eq 'failed'", None),
        ([f"{X} or state eq 'failed'"], "state eq 'failed'", 0),
        ([f"{X} or state eq 'failed'"], X, 0),
        ([f"{X} or state eq 'failed'"], f"{Y} and state eq 'failed'", None),
        ([f"iTwinId in ('{guid(1)}', '{guid(2)}')"], Y, 0),
        ([X, "state eq 'failed'"], f"{X} or state eq 'failed'", 0),
        # Without naming one, it is about one's own jobs.
        ([None], f"iTwinId ne {guid(1)}", 0),
        ([None], "iTwinId eq null", 0),
        # Together, as far as no job can have gone from one to the other.
        (["type eq 'Full'", "type ne 'Full'"], None, 0),
        (["type eq 'Full' and state eq 'failed'", "type ne 'Full' and state eq 'failed'"], "state eq 'failed'", None),
        (["type ne 'Full'", "type eq 'Full' and state eq 'failed'"], "state eq 'failed'", None),
        (["type eq 'Full' and state eq 'failed'", "type ne 'Full'"], "state eq 'failed'", 0),
        ([X, Y], f"iTwinId in ('{guid(1)}', '{guid(2)}')", 0),
        (["state eq 'failed'", "state eq 'active'"], "state in ('failed', 'active')", None),
        (["state eq 'failed'", "state ne 'failed'"], None, None),
        (["type eq 'Full'", "type ne 'Full' and state eq 'failed'"], None, None),
    ],
)
def test_what_is_covered(cache: Cache, synced: list[str | None], asked: str | None, since: int | None) -> None:
    for hours, text in enumerate(synced):
        cache.record_coverage(text, V1, NOON + hours * HOUR)
    found = cache.covered(asked, [V1])
    if since is None:
        assert found == Coverage({}, (V1,))
        assert not found.complete
        assert found.as_of is None
    else:
        assert found == Coverage({V1: NOON + since * HOUR}, ())
        assert found.complete


def test_what_changes_counts_together_where_it_was_fetched_at_one_moment(cache: Cache) -> None:
    """Else a job may have been active while the first was fetched and ended before the second was."""
    cache.record_coverage("state eq 'active' and type eq 'Full'", V1, NOON)
    cache.record_coverage("state eq 'active' and type ne 'Full'", V1, NOON)
    assert cache.covered("state eq 'active'", [V1]).as_of == NOON
    cache.record_coverage("state eq 'active' and type ne 'Full'", V1, NOON + HOUR)
    assert not cache.covered("state eq 'active'", [V1]).complete


def test_a_moment_in_the_future_is_put_right(cache: Cache) -> None:
    cache.record_coverage(None, V1, NOON + 1000 * HOUR)
    cache.record_coverage(None, V1, NOON)
    assert cache.covered(None, [V1]).as_of == NOON


def test_what_a_clock_ahead_wrote_is_replaced_by_what_it_is_within(cache: Cache) -> None:
    now = datetime.now(UTC)
    cache.record_coverage("state eq 'failed'", V1, now + 24 * HOUR)
    cache.record_coverage("state in ('failed', 'active')", V1, now - HOUR)
    assert cache.covered("state eq 'failed'", [V1]).as_of == now - HOUR


def test_what_a_clock_ahead_wrote_answers_nothing(cache: Cache) -> None:
    now = datetime.now(UTC)
    cache.record_coverage("state in ('failed', 'active')", V1, now - HOUR)
    cache.record_coverage("state eq 'failed'", V1, now + 24 * HOUR)

    def answered(since: datetime, until: datetime | None = None) -> tuple[str, ...]:
        return cache.answer("state eq 'failed'", [V1], since=since, until=until)[0]

    assert answered(now - HOUR / 2) == ()
    assert answered(now - HOUR) == (V1,)  # by the one before
    assert answered(now, now + 24 * HOUR) == (V1,)


def test_email_is_the_word_of_the_service_where_records_have_none(cache: Cache) -> None:
    for service in (V1, "modeling-v2"):
        cache.record_coverage("email eq 'a'", service, NOON)
        cache.record_coverage("state eq 'failed'", service, NOON)
    services = [V1, "modeling-v2"]
    assert cache.covered("email eq 'a'", services) == Coverage({V1: NOON}, ("modeling-v2",))
    assert cache.covered("state eq 'failed'", services) == Coverage({V1: NOON, "modeling-v2": NOON}, ())
    assert cache.covered("state eq 'failed' and email eq 'a'", services).missing == ("modeling-v2",)


def test_which_services_are_asked_about(cache: Cache) -> None:
    cache.upsert([v1(1, "x"), v2(2, "y")])
    cache.upsert([v1(1, "x")], "analysis-v1")
    cache.record_coverage("state eq 'failed'", "modeling-v2", NOON)
    assert cache.covered("state eq 'failed'") == Coverage({"modeling-v2": NOON}, (V1, "conversion-v2", "analysis-v1"))
    assert cache.covered("state eq 'failed'", []) == Coverage({}, ())
    cache.record_coverage(None, V1, NOON - HOUR)
    assert cache.covered("state eq 'failed'", [V1, "modeling-v2"]).as_of == NOON - HOUR


def test_what_is_within_a_later_run_is_forgotten(cache: Cache, path: Path) -> None:
    def kept() -> list[str]:
        with closing(sqlite3.connect(path)) as connection:
            return [row[0] for row in connection.execute("SELECT filter FROM coverage ORDER BY as_of, filter")]

    def record(text: str, hours: int) -> None:
        cache.record_coverage(text, V1, NOON + hours * HOUR)

    record("state eq 'failed'", 0)
    record("state eq 'failed'", 1)
    record(X, 1)
    assert kept() == [X, "state eq 'failed'"]
    record("email eq 'a' or state ne 'active'", 2)
    assert kept() == [X, "email eq 'a' or state ne 'active'"]
    record("state eq 'failed'", 1)
    assert kept() == [X, "state eq 'failed'", "email eq 'a' or state ne 'active'"]
    assert cache.covered("state eq 'failed'", [V1]).as_of == NOON + 2 * HOUR


def test_what_this_release_cannot_read_covers_nothing(cache: Cache, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO coverage VALUES (?, 'contains(name, 1)', 99, NULL)", (V1,))
        connection.commit()
    assert not cache.covered("state eq 'failed'", [V1]).complete
    cache.record_coverage("state eq 'failed'", V1, NOON)
    assert cache.covered("state eq 'failed'", [V1]).complete


def test_large_filters(cache: Cache) -> None:
    ids = F.input_id.in_([f"{guid(n)}" for n in range(20_000)])
    names = parse(" or ".join(f"name eq 'job {n}' and type eq 'Full'" for n in range(1_000)))
    itwins = F.itwin_id.in_([guid(n) for n in range(1_000)])
    for f in (ids, names, itwins):
        assert not cache.covered(f, [V1]).complete
        cache.record_coverage(f, V1, NOON)
        assert cache.covered(f, [V1]).complete
        assert cache.covered(f & (F.state == "failed"), [V1]).complete


def test_a_moment_has_a_zone(cache: Cache) -> None:
    with pytest.raises(TypeError, match=r"^as_of needs a time zone, as "):
        cache.record_coverage(None, V1, datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match=r"^unknown service 'x'; "):
        cache.record_coverage(None, "x", NOON)
