"""The cache: what it keeps, what it refuses to touch, who may use it at once, and what it says it was synced for."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest

from reality_jobs import CacheError, InvalidRecord, Job, Unanswerable, parse
from reality_jobs.cache import Cache, Stored
from reality_jobs.cache.schema import APPLICATION, migrate, version_of
from tests.e2e.saved import guid, v1, v2

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVERY = "state ne null"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.cache"


@pytest.fixture
def cache(path: Path) -> Iterator[Cache]:
    with Cache(path, wait=0.2) as cache:
        yield cache


def job(number: int, **more: object) -> Job:
    return Job("modeling-v1", {**v1(number, f"job {number}"), **more})


def numbers(jobs: Iterator[Job]) -> list[int]:
    return [int(str(job.id)[-12:]) for job in jobs]


class TestKeeping:
    def test_a_record_comes_out_as_it_was_sent(self, cache: Cache) -> None:
        record = {
            **v1(1, "a\x00\u2028\U0001f600"),
            "unknown": [1, 1.0, -0.0, 1e300, 10**40, None, True, {"": []}],
            "state": "Success",
        }
        for beyond in (5, float("inf"), "\ud800", Decimal("1e999")):
            each = {**record, "beyond": beyond}
            cache.upsert([Job("modeling-v1", each)])
            (found,) = cache.jobs()
            assert found == Job("modeling-v1", each)
            assert repr(found.raw) == repr(each)

    def test_it_says_what_became_of_them(self, cache: Cache) -> None:
        assert cache.upsert([job(1), job(2), job(3)]) == Stored(new=3)
        assert cache.upsert([job(1), job(2, name="x"), job(4)]) == Stored(new=1, changed=1, same=1)
        assert cache.upsert([]) == Stored()
        assert cache.count() == 4

    def test_a_key_is_service_and_normalised_id(self, cache: Cache) -> None:
        upper = guid(1).replace("4000-8000", "4abc-8ABC")
        first, second = job(1, id=upper), job(1, id=upper.lower(), name="later")
        other = Job("modeling-v2", {**v2(1, "other"), "id": upper})
        assert cache.upsert([first, other, second]) == Stored(new=2)
        assert {found.service: found.name for found in cache.jobs()} == {"modeling-v1": "later", "modeling-v2": "other"}

    def test_child_rows_are_replaced(self, cache: Cache) -> None:
        cache.upsert([job(1, inputs=[{"id": "a"}, {"id": "b"}, {"id": "a"}]), job(2, inputs=[{"id": "a"}])])
        cache.upsert([job(1, inputs=[{"id": "b"}, {"id": "c"}])])
        found = {member: numbers(cache.jobs(parse(f"inputId eq '{member}'"))) for member in "abc"}
        assert found == {"a": [2], "b": [1], "c": [1]}

    def test_raw_records_are_recognised_or_named(self, cache: Cache) -> None:
        assert cache.upsert([v1(1, "x"), v2(2, "y")]) == Stored(new=2)
        assert cache.upsert([v1(3, "z")], "analysis-v1") == Stored(new=1)
        assert [found.service for found in cache.jobs()] == ["modeling-v1", "modeling-v2", "analysis-v1"]

    @pytest.mark.parametrize(
        ("record", "service", "message"),
        [
            ({"id": "a"}, None, "?/a: the record has the shape of no known service; name the service"),
            ({"name": "a"}, "modeling-v1", "$.id: modeling-v1/None: the record has no id"),
            ({"id": 5}, "modeling-v1", "$.id: expected text, found the number 5"),
            ({"id": "a\ud800"}, "modeling-v1", "$.id: modeling-v1: expected whole characters, found half of one"),
            ({"id": "a", "x": {1, 2}}, "modeling-v1", "modeling-v1/a: the record holds what is lost in JSON"),
        ],
    )
    def test_what_cannot_be_kept(
        self, cache: Cache, record: Mapping[str, object], service: str | None, message: str
    ) -> None:
        with pytest.raises(InvalidRecord) as caught:
            cache.upsert([v1(1, "x"), record], service)
        assert str(caught.value) == message
        assert cache.count() == 0
        told: list[InvalidRecord] = []
        assert cache.upsert([v1(1, "x"), record], service, on_error=told.append) == Stored(new=1)
        assert [str(error) for error in told] == [message]

    def test_what_was_fetched_later_stays(self, cache: Cache) -> None:
        assert cache.upsert([job(1, name="noon")], as_of=NOON) == Stored(new=1)
        assert cache.upsert([job(1, name="before")], as_of=NOON - HOUR) == Stored(older=1)
        assert [found.name for found in cache.jobs()] == ["noon"]
        assert cache.upsert([job(1, name="again")], as_of=NOON) == Stored(changed=1)
        assert cache.upsert([job(1, name="after")]) == Stored(changed=1)

    def test_a_moment_in_the_future_is_no_reason_to_keep_a_record(self, cache: Cache) -> None:
        cache.upsert([job(1, name="a wrong clock")], as_of=datetime(9000, 1, 1, tzinfo=UTC))
        assert cache.upsert([job(1, name="now")]) == Stored(changed=1)

    def test_a_moment_has_a_zone(self, cache: Cache) -> None:
        with pytest.raises(TypeError) as caught:
            cache.upsert([], as_of=datetime(2026, 1, 1))  # noqa: DTZ001
        message = "as_of needs a time zone, as datetime.now(UTC) has; datetime.datetime(2026, 1, 1, 0, 0) has none"
        assert str(caught.value) == message

    def test_whole_batches_stay_of_a_call_that_fails(self, cache: Cache) -> None:
        def jobs() -> Iterator[Job]:
            yield from (job(1, id=f"a{n}") for n in range(10_001))
            raise KeyError("the network")

        with pytest.raises(KeyError):
            cache.upsert(jobs())
        assert cache.count() == 10_000

    def test_no_lock_is_held_while_jobs_come(self, cache: Cache, path: Path) -> None:
        def jobs() -> Iterator[Job]:
            with Cache(path, wait=0) as other:
                other.upsert([job(1)])
            yield job(2)

        cache.upsert(jobs())
        assert cache.count() == 2

    def test_remove(self, cache: Cache) -> None:
        odd = job(3, name=5)
        cache.upsert([job(1), job(2), odd])
        assert cache.remove([job(1, name="as it was"), odd, job(9)]) == 2
        assert numbers(cache.jobs()) == [2]
        assert cache.count(parse(f"inputId eq {guid(101)}")) == 0


class TestAsking:
    def test_the_order(self, cache: Cache) -> None:
        moments = {1: "2026-01-02T00:00:00.0000001Z", 2: "2026-01-02T00:00:00Z", 3: None, 4: "2026-01-02T00:00:00Z"}
        cache.upsert([job(n, createdDateTime=moment) for n, moment in moments.items()] + [job(5, email=5)])
        assert numbers(cache.jobs()) == [5, 3, 2, 4, 1]
        assert numbers(cache.jobs("state eq 'SUCCESS'")) == [5, 3, 2, 4, 1]
        assert numbers(cache.jobs("state ne 'x' and createdDateTime ge 2026-01-01T00:00:00Z")) == [5, 2, 4, 1]

    def test_services(self, cache: Cache) -> None:
        cache.upsert([v1(1, "x"), v2(2, "y"), {**v1(3, "z"), "name": 5}])
        assert numbers(cache.jobs(EVERY, ["modeling-v2"])) == [2]
        assert cache.count(None, ["modeling-v1"]) == 2
        assert cache.count(EVERY, ["modeling-v1", "analysis-v1"]) == 2
        assert cache.count(EVERY, []) == 0
        with pytest.raises(ValueError, match=r"^unknown service 'x'; the services are modeling-v1, "):
            cache.jobs(None, ["x"])

    def test_email_is_refused_only_where_a_job_cannot_answer(self, cache: Cache) -> None:
        f = parse("email eq 'surveyor@example.com'")
        cache.upsert([v1(1, "x")])
        assert numbers(cache.jobs(f)) == [1]
        assert cache.count(f, ["modeling-v2"]) == 0
        cache.upsert([v2(2, "y")])
        assert numbers(cache.jobs(f, ["modeling-v1"])) == [1]
        assert numbers(cache.jobs(f, missing="null")) == [1]
        jobs = cache.jobs(f)
        with pytest.raises(Unanswerable) as caught:
            next(jobs)
        assert (caught.value.property, caught.value.service) == ("email", "modeling-v2")
        with pytest.raises(ValueError, match=r"^missing is 'error' or 'null', not 'no'$"):
            cache.jobs(f, missing="no")  # type: ignore[arg-type]

    def test_odd_jobs_are_judged_as_everywhere(self, cache: Cache) -> None:
        cache.upsert([job(1, name=5), job(2, name="\ud800"), job(3)])
        told: list[InvalidRecord] = []
        assert numbers(cache.jobs("name ne 'x'", on_error=told.append)) == [2, 3]
        assert [str(error) for error in told] == [f"modeling-v1/{guid(1)}: $.name: expected text, found the number 5"]
        assert cache.count("name eq null or id ne null") == 3
        with pytest.raises(InvalidRecord):
            list(cache.jobs("name ne 'x'"))

    def test_ones_own_are_told_apart(self, cache: Cache) -> None:
        """As soon as one list of one's own has returned a job, whichever list returned it before, after or last."""
        now = datetime(2026, 1, 9, tzinfo=UTC)
        cache.upsert([job(1), job(2), job(3)], as_of=now)
        assert [*cache.jobs(own=True)] == []
        cache.upsert([job(1), job(2, name="x")], as_of=now, own=True)
        assert [found.name for found in cache.jobs(own=True)] == ["job 1", "x"]
        cache.upsert([job(3, name="earlier")], as_of=now - timedelta(hours=1), own=True)
        cache.upsert([job(1, name="later")], as_of=now + timedelta(hours=1))
        assert [found.name for found in cache.jobs(own=True)] == ["later", "x", "job 3"]

    def test_a_path_with_nul(self, tmp_path: Path) -> None:
        with pytest.raises(CacheError, match="no path holds a NUL"):
            Cache(tmp_path / "new\0b")
        assert list(tmp_path.iterdir()) == []

    def test_a_damaged_record(self, cache: Cache, path: Path) -> None:
        cache.upsert([job(1)])
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE records SET raw = '{'")
            connection.commit()
        with pytest.raises(CacheError) as caught:
            list(cache.jobs())
        damaged = "it cannot be used (a record is malformed); if it is damaged, move it elsewhere and sync again"
        assert str(caught.value) == f"{path}: {damaged}"

    def test_a_missing_record(self, cache: Cache, path: Path) -> None:
        cache.upsert([job(1)])
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DELETE FROM records")
            connection.commit()
        with pytest.raises(CacheError) as caught:
            list(cache.jobs())
        damaged = "it cannot be used (a record is missing); if it is damaged, move it elsewhere and sync again"
        assert str(caught.value) == f"{path}: {damaged}"

    def test_long_filters(self, cache: Cache) -> None:
        cache.upsert([job(n) for n in range(1, 20)])
        listed = ", ".join(f"'{guid(n)}'" for n in range(7, 20_007))
        terms = " or ".join(f"name eq 'job {n}' and id ne null" for n in range(7, 2_007))
        assert cache.count(f"id in ({listed})") == 13
        assert cache.count(f"inputId in ({listed})") == 19
        assert cache.count(terms) == 13

    def test_a_loop_sees_one_moment(self, cache: Cache, path: Path) -> None:
        cache.upsert([job(1), job(2), job(3)])
        jobs = cache.jobs("state eq 'success'")
        assert next(jobs).name == "job 1"
        with Cache(path) as other:
            other.upsert([job(2, state="failed"), job(4)])
            other.remove([job(3)])
        cache.upsert([job(1, name="x")])
        assert [found.name for found in jobs] == ["job 2", "job 3"]
        assert [found.name for found in cache.jobs("state eq 'success'")] == ["x", "job 4"]

    def test_a_loop_may_write(self, cache: Cache) -> None:
        cache.upsert([job(n) for n in range(1, 9)])
        cache.upsert(Job(found.service, {**found.raw, "state": "failed"}) for found in cache.jobs())
        assert cache.count("state eq 'failed'") == 8

    def test_a_loop_that_ends_early_lets_go_of_the_file(self, cache: Cache, path: Path) -> None:
        cache.upsert([job(1), job(2)])
        jobs = cache.jobs()
        next(jobs)
        jobs.close()  # type: ignore[attr-defined]
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0

    def test_the_canonical_tables_are_for_everybody(self, cache: Cache, path: Path) -> None:
        cache.upsert([v1(1, "x"), v2(2, "y")])
        sql = parse(f"inputId eq {guid(7)} and state eq 'success'").sql("sqlite")
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute(f"SELECT name, created_at FROM jobs WHERE {sql.condition}", sql.params)  # noqa: S608
            assert found.fetchall() == [("x", "2026-01-01T10:00:00.000Z"), ("y", "2026-01-02T10:00:00.123Z")]
            assert connection.execute("SELECT * FROM job_outputs").fetchall() == [("modeling-v1", guid(1), guid(201))]

    @pytest.mark.parametrize(
        ("text", "index"),
        [
            (f"id eq {guid(1)}", "jobs_key"),
            (f"id in ('{guid(1)}', '{guid(2)}')", "jobs_key"),
            (f"inputId eq {guid(1)}", "inputs_id"),
            (f"outputId in ('{guid(1)}', '{guid(2)}')", "outputs_id"),
            (f"inputId eq {guid(1)} and state eq 'failed'", "inputs_id"),
            (f"inputId eq {guid(1)} or id eq {guid(1)}", "inputs_id"),
            ("state eq 'failed'", "jobs_state"),
            ("createdDateTime ge 2026-01-01T00:00:00Z", "jobs_created"),
            (f"iTwinId eq {guid(1)} and createdDateTime ge 2026-01-01T00:00:00Z", "jobs_itwin"),
        ],
    )
    def test_indexes_are_used(self, cache: Cache, path: Path, text: str, index: str) -> None:
        sql = parse(text).sql("sqlite")
        query = f"EXPLAIN QUERY PLAN SELECT n FROM jobs WHERE {sql.condition} ORDER BY created_ticks, n"  # noqa: S608
        with closing(sqlite3.connect(path)) as connection:
            steps = [str(row[3]) for row in connection.execute(query, sql.params)]
        assert any(f" {index} " in step for step in steps), steps
        assert not any(step.startswith("SCAN jobs") for step in steps), steps


class TestOpening:
    def test_an_empty_file_becomes_one(self, path: Path) -> None:
        path.touch()
        with Cache(path) as cache:
            cache.upsert([job(1)])
        with Cache(str(path)) as cache:
            assert cache.count() == 1
        assert [found.name for found in path.parent.iterdir()] == [path.name]

    @pytest.mark.parametrize("wal", [False, True])
    @pytest.mark.parametrize("statements", ["CREATE TABLE t (a)", "VACUUM", "PRAGMA user_version = 1"])
    def test_another_database_is_left_as_it_is(self, path: Path, wal: bool, statements: str) -> None:
        with closing(sqlite3.connect(path)) as connection:
            if wal:
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(statements)
            connection.execute("CREATE TABLE IF NOT EXISTS t (a)")
        self.refused(path, "it is no cache of reality-jobs, and is left as it is; name another file")

    @pytest.mark.parametrize("content", [b"a", b"{}\n" * 1_000, b"\0" * 8_192, b"SQLite format 3\0", os.urandom(5_000)])
    def test_another_file_is_left_as_it_is(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        self.refused(path, "it is no cache of reality-jobs, and is left as it is; name another file")

    def test_a_newer_schema(self, path: Path) -> None:
        Cache(path).close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 7")
        message = "a newer release of reality-jobs made it (schema 7, where this one knows 1)"
        self.refused(path, f"{message}; use that release, or name another file")

    def refused(self, path: Path, reason: str) -> None:
        before = path.read_bytes()
        with pytest.raises(CacheError) as caught:
            Cache(path)
        assert str(caught.value) == f"{path}: {reason}"
        assert path.read_bytes() == before
        assert [found.name for found in path.parent.iterdir()] == [path.name]

    def test_a_folder_and_what_is_in_none(self, tmp_path: Path) -> None:
        for path, reason in (
            (tmp_path, "it is a folder; name a file in it"),
            (tmp_path / "a" / "b", f"there is no folder '{tmp_path / 'a'}'"),
        ):
            with pytest.raises(CacheError) as caught:
                Cache(path)
            assert str(caught.value) == f"{path}: {reason}"

    @pytest.mark.skipif(sys.platform == "win32", reason="no pipes with names")
    def test_a_pipe(self, path: Path) -> None:
        os.mkfifo(path)
        with pytest.raises(CacheError) as caught:
            Cache(path)
        assert str(caught.value) == f"{path}: it is no file"

    @pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root writes everywhere")
    @pytest.mark.parametrize("there", [False, True])
    def test_no_right_to_write(self, path: Path, there: bool) -> None:
        if there:
            Cache(path).close()
            path.chmod(0o400)
        path.parent.chmod(0o500)
        try:
            with pytest.raises(CacheError) as caught:
                Cache(path)
        finally:
            path.parent.chmod(0o700)
        assert str(caught.value) == f"{path}: it cannot be opened for writing (permission denied)"

    @pytest.mark.parametrize("keep", [100, 4_096, 20_000])
    def test_a_file_that_was_cut_off(self, path: Path, keep: int) -> None:
        with Cache(path) as cache:
            cache.upsert(job(1, id=f"a{n}") for n in range(500))
        path.write_bytes(content := path.read_bytes()[:keep])
        with pytest.raises(CacheError) as caught, Cache(path) as cache:
            list(cache.jobs(EVERY))
        assert caught.value.file == str(path)
        assert "it is damaged" in caught.value.reason
        assert path.read_bytes() == content

    @pytest.mark.parametrize("bytes", [1, 100, 4_095])
    def test_a_file_without_the_end_of_its_last_page(self, path: Path, bytes: int) -> None:
        with Cache(path) as cache:
            cache.upsert(job(1, id=f"a{n}") for n in range(500))
        path.write_bytes(content := path.read_bytes()[:-bytes])
        with pytest.raises(CacheError) as caught:
            Cache(path)
        assert str(caught.value) == f"{path}: it is damaged (it is cut short); move it elsewhere and sync again"
        assert path.read_bytes() == content

    @pytest.mark.parametrize("more", [0, 100])
    def test_a_file_whose_end_is_in_the_log(self, cache: Cache, path: Path, tmp_path: Path, more: int) -> None:
        """As a process leaves it that is killed while it moves pages from there; the first says how many there are."""
        cache.upsert(job(1, id=f"a{n}") for n in range(500))
        before, log = path.read_bytes(), Path(f"{path}-wal").read_bytes()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        after = path.read_bytes()
        assert len(after) > len(before)
        killed = tmp_path / "killed.cache"
        killed.write_bytes(after[:4_096] + before[4_096:] + after[len(before) :][:more])
        Path(f"{killed}-wal").write_bytes(log)
        with Cache(killed) as found:
            assert found.count() == len(list(found.jobs())) == 500

    def test_a_damaged_schema(self, path: Path) -> None:
        Cache(path).close()
        content = path.read_bytes().replace(b"CREATE TABLE records", b"CREATE \xb9ABLE records")
        path.write_bytes(content)
        with pytest.raises(CacheError) as caught:
            Cache(path)
        assert str(caught.value) == f"{path}: it is damaged (text in it is malformed); move it elsewhere and sync again"
        assert path.read_bytes() == content

    def test_a_damaged_page(self, path: Path) -> None:
        with Cache(path) as cache:
            cache.upsert(job(1, id=f"a{n}") for n in range(500))
        content = bytearray(path.read_bytes())
        content[8_192:-4_096] = os.urandom(len(content) - 12_288)
        path.write_bytes(content)
        with pytest.raises(CacheError, match="it is damaged"), Cache(path) as cache:
            cache.upsert([job(1)])
        assert path.read_bytes() == content

    def test_a_locked_file(self, cache: Cache, path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with pytest.raises(CacheError) as caught:
                cache.upsert([job(1)])
            assert cache.count() == 0
        reason = "another process has been writing to it for 0.2 s; try again, or wait longer"
        assert str(caught.value) == f"{path}: {reason}"
        assert cache.upsert([job(1)]) == Stored(new=1)

    def test_a_closed_cache(self, cache: Cache, path: Path) -> None:
        cache.upsert([job(1), job(2)])
        jobs = cache.jobs()
        next(jobs)
        cache.close()
        cache.close()
        assert len(list(jobs)) == 1
        for ask in (cache.jobs, cache.count, lambda: cache.upsert([job(1)]), lambda: cache.covered(None)):
            with pytest.raises(CacheError) as caught:
                ask()
            assert str(caught.value) == f"{path}: it is closed"

    def test_threads(self, cache: Cache) -> None:
        def work(first: int) -> None:
            for n in range(first, first + 20):
                cache.upsert([job(1, id=f"a{n}")])
                assert cache.count(f"id eq 'a{n}'") == 1

        threads = [Thread(target=work, args=(100 * n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert cache.count() == 80


class TestMigration:
    def test_steps_run_once_and_in_order(self, path: Path) -> None:
        with Cache(path) as cache:
            cache.upsert([job(1)])
        steps = [
            lambda connection: connection.execute("ALTER TABLE jobs ADD COLUMN location TEXT"),
            lambda connection: connection.execute("UPDATE jobs SET location = name"),
        ]
        for _ in range(2):
            with closing(opened_as_it_is(path)) as connection:
                migrate(connection, steps)
                assert version_of(connection) == 3
                assert connection.execute("SELECT location FROM jobs").fetchall() == [("job 1",)]

    def test_all_or_nothing(self, path: Path) -> None:
        Cache(path).close()

        def fails(connection: sqlite3.Connection) -> None:
            connection.execute("DROP TABLE jobs")
            raise OSError("no power")

        with closing(opened_as_it_is(path)) as connection:
            with pytest.raises(OSError, match="no power"):
                migrate(connection, [fails])
            assert version_of(connection) == 1
            assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (0,)

    def test_what_is_new_has_the_newest(self, path: Path) -> None:
        with closing(opened_as_it_is(path)) as connection:
            migrate(connection, [lambda connection: connection.execute("DROP TABLE coverage")])
            assert version_of(connection) == 2
            assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)


def opened_as_it_is(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)
