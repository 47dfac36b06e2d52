"""The index beside an export: when it is used, what it finds, and what is said of one that cannot be used."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reality_jobs import CacheError, InvalidRecord, parse, services
from reality_jobs.exports import records
from reality_jobs.exports.candidates import Columnar, Condition, Keyed, condition, key
from reality_jobs.exports.index import SCHEMA, Found, beside, drop, found
from reality_jobs.exports.indexing import Built, build
from reality_jobs.nodes import Comparison, Guid, Instant, Membership, Node, Operator, Or, Text
from reality_jobs.services import Places

BOM = b"\xef\xbb\xbf"


def guid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-{number:012}"


def v1(number: int, **more: object) -> dict[str, object]:
    record = {
        "id": guid(number),
        "name": f"job {number}",
        "email": "a@example.com",
        "type": "Full",
        "state": "success" if number % 2 else "failed",
        "createdDateTime": f"2026-01-{1 + number % 28:02}T08:00:00Z",
        "workspaceId": guid(0),
        "inputs": [{"id": guid(10_000 + number).upper()}, {"id": guid(7)}, {"id": guid(7)}],
        "jobSettings": {"outputs": [{"format": "LAS", "id": f"fdb:{number}"}, {"format": "3MX", "id": None}]},
    }
    return {**record, **more}


def v2(number: int) -> dict[str, object]:
    return {
        "id": guid(number),
        "type": "FillImageProperties",
        "state": "Success",
        "executionInfo": {"createdDateTime": "2026-01-01T10:00:00.1234567+00:00"},
        "specifications": {"inputs": {"sceneToProcess": guid(7)}, "outputs": {}},
    }


def lines(*saved: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in saved)


def written(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "jobs.ndjson"
    path.write_bytes(content)
    os.utime(path, (0, 0))
    return str(path)


def indexed(tmp_path: Path, *saved: object) -> str:
    path = written(tmp_path, lines(*saved))
    build(path)
    return path


def node(text: str) -> Node:
    return parse(text).node


def ids(result: Found) -> list[object]:
    assert result.reason is None
    assert result.records is not None
    return [int(json.loads(raw)["id"][:8], 16) for raw, _ in result.records]


def places(of: Places) -> tuple[object, ...]:
    return of.paths, of.container, sorted(of.by_type.items()), of.never and sorted(of.never)


def change(path: str, statement: str, *values: object) -> None:
    """Change an index as a damaged disk would."""
    with closing(sqlite3.connect(beside(path))) as connection:
        connection.execute(statement, values)
        connection.commit()


class TestCondition:
    @pytest.mark.parametrize(
        ("text", "sql", "params"),
        [
            ("id eq 'fdb:1'", "id = ?", ("fdb:1",)),
            ("type eq 'FULL'", "type = ?", ("full",)),
            ("name gt 'a'", "name > ?", ("a",)),
            ("createdDateTime le 1970-01-01T00:00:01Z", "created_ticks <= ?", (10_000_000,)),
            ("state in ('A', 'b', 'a')", "state IN (SELECT unnest(?))", (["a", "b"],)),
            ("inputId eq 'x'", "list_has_any(input_ids, ?)", (["x"],)),
            ("outputId in ('x', 'y')", "list_has_any(output_ids, ?)", (["x", "y"],)),
            ("state in ()", "FALSE", ()),
            ("name eq 'a' and name ne 'b' and id eq null", "name = ?", ("a",)),
            ("name eq 'a' and (id eq 'x' or email ne 'b')", "name = ?", ("a",)),
            ("name eq 'a' or name in ('b', 'c')", "name IN (SELECT unnest(?))", (["a", "b", "c"],)),
            ("id eq 'x' and (id eq 'y' or id gt 'z')", "(id = ? AND (id > ? OR id = ?))", ("x", "z", "y")),
        ],
    )
    def test_what_a_filter_says(self, text: str, sql: str, params: tuple[object, ...]) -> None:
        said = condition(node(text), Columnar(), present=["modeling-v1", None])
        assert said == Condition(f"({sql} OR odd)", params, said.depth if said else 0)

    @pytest.mark.parametrize(
        "text",
        [
            "name ne 'a'",
            "name eq null",
            "id in ('x', null)",
            "inputId gt 'x'",
            "inputId ne 'x'",
            "state eq 'a' or name ne 'b'",
            "state eq 'a' or name eq 'b' or id eq null",
        ],
    )
    def test_what_says_nothing(self, text: str) -> None:
        assert condition(node(text), Columnar()) is None
        assert condition(node(text), Keyed()) is None

    def test_rows_that_were_not_read_as_the_filter_reads_them_are_candidates(self) -> None:
        present = ["modeling-v1", "modeling-v2", None]
        by_email, by_id = node("email eq 'a'"), node("id eq 'a'")
        said = condition(by_email, Columnar(), present=present)
        assert said == Condition("(email = ? OR (odd OR service = ?))", ("a", "modeling-v2"), 2)
        assert condition(by_email, Columnar(), "null", present=present) == Condition("(email = ? OR odd)", ("a",), 1)
        named = condition(by_id, Columnar(), "null", "modeling-v1", present)
        assert named == Condition("((id = ? OR odd) OR (service = ? OR service IS NULL))", ("a", "modeling-v2"), 2)

    def test_what_is_too_much_to_ask_says_nothing(self) -> None:
        names = ("id", "name", "email", "state", "type")
        many = tuple(Comparison(name, Operator.GT, Text(str(i))) for i in range(100) for name in names)
        assert condition(Or(many), Columnar()) is None

    def test_deep_filters_keep_what_they_say_higher_up(self) -> None:
        text = "name eq 'deep'"
        for level in range(60):
            text = f"name eq '{level}' {'and' if level % 2 else 'or'} ({text})"
        said = condition(node(text), Columnar())
        assert said is not None
        assert said.params[0] == "59"
        assert said.depth < 25

    def test_what_utf_8_cannot_hold_says_nothing(self) -> None:
        assert condition(Comparison("name", Operator.EQ, Text("\ud800")), Columnar()) is None
        assert condition(Comparison("name", Operator.GT, Text("\ud800")), Columnar()) is None

    def test_keys(self) -> None:
        assert key("a") == key("a") != key("b")
        assert all(-(1 << 23) <= key(text) < 1 << 23 for text in ("", "a", "\ud800", "\0", guid(1)))


class TestFinding:
    def test_nothing_without_an_index(self, tmp_path: Path) -> None:
        assert found(written(tmp_path, lines(v1(1))), node("id eq 'x'")) == Found()
        assert found("-", node("id eq 'x'")) == Found()

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (f"id eq {guid(3)}", [3]),
            (f"id in ('{guid(3).upper()}', '{guid(5)}')", [3, 5]),
            (f"inputId eq {guid(10_004)}", [4]),
            ("outputId eq 'fdb:5'", [5]),
            (f"inputId eq {guid(7)}", [1, 2, 3, 4, 5, 6]),
            ("name eq 'job 2' and state eq 'FAILED'", [2]),
            ("createdDateTime gt 2026-01-06T08:00:00.5Z", [5, 6]),  # a row tells the second only
            ("createdDateTime lt 2026-01-02T08:00:00.1Z", [1]),
            ("createdDateTime eq 2026-01-03T08:00:00Z or name eq 'job 1'", [1, 2]),
            ("email eq 'nobody'", []),
            ("state in ()", []),
        ],
    )
    def test_candidates_in_the_order_of_the_file(self, tmp_path: Path, text: str, expected: list[int]) -> None:
        assert ids(found(indexed(tmp_path, *map(v1, range(1, 7))), node(text))) == expected

    def test_nothing_where_the_filter_says_nothing(self, tmp_path: Path) -> None:
        assert found(indexed(tmp_path, v1(1)), node("state ne 'x'")) == Found()

    def test_nothing_where_too_many_are_candidates(self, tmp_path: Path) -> None:
        path = indexed(tmp_path, *map(v1, range(6)))
        assert ids(found(path, node("state eq 'success'"), most=3)) == [1, 3, 5]
        assert found(path, node("state eq 'success'"), most=2) == Found()
        path = indexed(tmp_path, *map(v1, range(2_010)))
        assert found(path, node("state eq 'success'")) == Found()
        assert len(ids(found(path, node("createdDateTime le 2026-01-10T08:00:00Z")))) == 720

    def test_odd_rows_and_rows_of_other_services(self, tmp_path: Path) -> None:
        odd = [v1(2, name=5), v1(3, createdDateTime="soon"), v1(4, inputs="x")]
        path = indexed(tmp_path, v1(1), *odd, v2(5), {"id": guid(6), "email": "x"})
        assert ids(found(path, node("email eq 'x'"))) == [2, 3, 4, 5, 6]
        assert ids(found(path, node("email eq 'x'"), missing="null")) == [2, 3, 4, 6]
        assert ids(found(path, node("id eq 'x'"), service="modeling-v1")) == [2, 3, 4, 5, 6]
        assert ids(found(path, node("id eq 'x'"))) == [2, 3, 4]

    def test_any_text(self, tmp_path: Path) -> None:
        path = indexed(tmp_path, v1(1, name="\ud800"), v1(2, name="a\0b"), v1(3, name="a"), v1(4, name=""))
        for number, name in enumerate(("\ud800", "a\0b", "a", ""), 1):
            assert ids(found(path, Comparison("name", Operator.EQ, Text(name)))) == [number]

    def test_long_lists(self, tmp_path: Path) -> None:
        path = indexed(tmp_path, *map(v1, range(20)))
        many = tuple(Guid(guid(number)) for number in range(5, 100_000))
        assert ids(found(path, Membership("id", many)))[-15:] == [*range(5, 20)]
        alternatives = Or(tuple(Comparison("id", Operator.EQ, literal) for literal in many[:10_000]))
        assert ids(found(path, alternatives))[-15:] == [*range(5, 20)]

    def test_the_largest_question_is_answered(self, tmp_path: Path) -> None:
        path = indexed(tmp_path, *map(v1, range(20)))
        moments = tuple(Comparison("createdDateTime", Operator.GT, Instant(3 * 10**16 + i)) for i in range(100))
        assert ids(found(path, Or(moments))) == []
        text = f"id eq {guid(3)}"
        for level in range(40):
            text = f"id eq {guid(3)} {'and' if level % 2 else 'or'} ({text})"
        assert ids(found(path, node(text))) == [3]

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b"", id="empty"),
            pytest.param(lines(v1(1), v1(2), v1(1)).replace(b"\n", b"\r\n \r\n"), id="CRLF and blank lines"),
            pytest.param(BOM + lines(v1(1), v2(2))[:-1], id="byte order mark, no newline"),
            pytest.param(json.dumps({"jobs": [v1(1), v2(2)], "_links": None}).encode(), id="page"),
            pytest.param(json.dumps([v1(1), {"jobs": [v2(2)]}], indent=2).encode(), id="array, indented"),
            pytest.param(lines(v1(1)) + json.dumps(v1(2), indent=1).encode() + lines(v1(3)), id="all of it"),
            pytest.param(
                b'{"_links":{"next":{"id":"00000001"}},"jobs":[{"id":"00000001"}]}', id="a look-alike before the record"
            ),
            pytest.param(lines(v1(1, name="x" * 3_000_000), v1(2), v1(3, name="é" * 600_000)), id="long lines"),
            pytest.param(lines(*map(v1, range(1_200))), id="many"),
        ],
    )
    def test_records_come_out_byte_for_byte(self, tmp_path: Path, content: bytes) -> None:
        path = written(tmp_path, content)
        saved = [(each.raw, each.line) for each in records(path)]
        assert build(path)[::2] == (len(saved), len(content))
        result = found(path, node("name ge '' or id ge '' or createdDateTime ge 0001-01-01T00:00:00Z"))
        assert result == Found()  # keys have no order
        result = found(
            path, node("id in (" + ",".join(f"'{guid(n)}'" for n in range(1_200)) + ", '00000001')"), most=2_000
        )
        assert result.records is not None
        assert [*result.records] == saved

    def test_records_far_apart_and_near(self, tmp_path: Path) -> None:
        saved = [v1(number, name=str(number) * (1 + number % 3 * 20_000)) for number in range(1, 90)]
        path = indexed(tmp_path, *saved)
        assert ids(found(path, node("state eq 'success'"))) == [*range(1, 90, 2)]

    def test_names_that_an_address_would_spell_otherwise(self, tmp_path: Path) -> None:
        for name in ("a b?mode=rw#%41.ndjson", "caf\udce9"):
            path = tmp_path / name
            path.write_bytes(lines(v1(1)))
            build(str(path))
            assert ids(found(str(path), node(f"id eq {guid(1)}"))) == [1]


class TestFitting:
    def refused(self, path: str) -> str | None:
        result = found(path, node(f"id eq {guid(1)}"))
        assert result.records is None
        return result.reason

    def test_a_file_that_has_changed(self, tmp_path: Path) -> None:
        path = indexed(tmp_path, v1(1))
        before = Path(path).read_bytes()
        with Path(path).open("ab") as file:
            file.write(b"\n")
        os.utime(path, (0, 0))
        assert self.refused(path) == "the file has changed since"
        Path(path).write_bytes(before.replace(b"Full", b"full"))
        os.utime(path, (0, 0))
        assert self.refused(path) == "the file has changed since"
        Path(path).write_bytes(before)
        assert self.refused(path) == "the file has changed since"
        os.utime(path, (0, 0))
        assert ids(found(path, node(f"id eq {guid(1)}"))) == [1]

    def test_what_is_no_index(self, tmp_path: Path) -> None:
        path = written(tmp_path, lines(v1(1)))
        for content in (b"", b"my notes", b"SQLite format 3\0" + bytes(100)):
            beside(path).write_bytes(content)
            assert self.refused(path) == "it is no index of reality-jobs; move it elsewhere"
        beside(path).unlink()
        with closing(sqlite3.connect(beside(path))) as connection:
            connection.execute("CREATE TABLE mine (x)")
        assert self.refused(path) == "it is no index of reality-jobs; move it elsewhere"

    def test_what_cannot_be_read(self, tmp_path: Path) -> None:
        path = written(tmp_path, lines(v1(1)))
        beside(path).mkdir()
        assert self.refused(path) == "it cannot be read (is a directory)"
        with pytest.raises(IsADirectoryError):
            build(path)

    def test_one_of_services_that_were_read_otherwise(self) -> None:
        """Where this fails, an index that was built before may leave out what matters: SCHEMA needs another number."""
        read = [
            (s.name, s.marks, s.enumerations["type"], sorted(s.scalars.items()), *map(places, s.collections.values()))
            for s in services.ALL.values()
        ]
        assert (SCHEMA, zlib.crc32(repr(read).encode())) == (1, 3649636940)

    def test_one_of_another_release(self, tmp_path: Path) -> None:
        path = indexed(tmp_path, v1(1))
        change(path, "PRAGMA user_version = 99")
        assert self.refused(path) == "another release made it"

    @pytest.mark.parametrize(
        "statement",
        [
            "DROP TABLE input_ids",
            "DROP TABLE file",
            "UPDATE record SET offset = -1",
            "UPDATE record SET offset = NULL",
            "UPDATE record SET length = 1 << 40",
            "UPDATE record SET length = 'long'",
            "UPDATE record SET offset = 0",
            "UPDATE service SET name = 'nobody-v9'",
        ],
    )
    def test_one_that_says_what_cannot_be(self, tmp_path: Path, statement: str) -> None:
        path = indexed(tmp_path, v1(1), v1(2))
        change(path, statement)
        result = found(path, node(f"inputId eq {guid(7)} and email eq 'a@example.com'"))
        assert result == Found(None, "it is damaged")

    def test_one_with_broken_pages(self, tmp_path: Path) -> None:
        path = indexed(tmp_path, *map(v1, range(300)))
        data = beside(path).read_bytes()
        for start in range(4096, len(data), 4096):
            beside(path).write_bytes(data[:start] + bytes([0xA5]) * 4096 + data[start + 4096 :])
            result = found(path, node(f"inputId eq {guid(10_005)}"))
            if result.records is None:
                assert result.reason in ("it is damaged", None)
            else:
                assert ids(result) == [5]
        beside(path).write_bytes(data[:8192])
        assert self.refused(path) == "it is damaged"

    def test_places_that_are_not_where_the_records_are(self, tmp_path: Path) -> None:
        path = indexed(tmp_path, v1(1), v1(2))
        change(path, "UPDATE record SET offset = offset + 1, length = length - 2")
        result = found(path, node(f"id eq {guid(1)}"))
        assert result.records is not None
        with pytest.raises(CacheError) as caught:
            next(result.records)
        assert str(caught.value) == f"{path}.index: it is damaged; remove it, or index {path} again"

    def test_a_file_that_changes_while_it_is_read(self, tmp_path: Path) -> None:
        path = indexed(tmp_path, v1(1), v1(2))
        wanted = node(f"id in ('{guid(1)}', '{guid(2)}')")
        early, late = found(path, wanted), found(path, wanted)
        assert early.records is not None
        assert late.records is not None
        next(late.records)
        Path(path).write_bytes(lines(v1(3), v1(4)))
        for rest in (early.records, late.records):
            with pytest.raises(InvalidRecord) as caught:
                list(rest)
            assert str(caught.value) == f"{path}: the file changed while it was read"


class TestBuilding:
    def test_what_is_built(self, tmp_path: Path) -> None:
        path = written(tmp_path, lines(v1(1), v2(2), {"id": 3}, v1(4)))
        tally: dict[str, int] = {}
        built = build(path, tally)
        assert built == Built(4, beside(path).stat().st_size, Path(path).stat().st_size)
        assert tally == {"modeling-v1": 2, "modeling-v2": 1}
        assert sorted(tmp_path.iterdir()) == [Path(path), beside(path)]

    def test_a_new_file_is_indexed_and_a_new_index_takes_the_place_of_the_old(self, tmp_path: Path) -> None:
        path = indexed(tmp_path, v1(1))
        Path(path).write_bytes(lines(v1(2)))
        build(path)
        assert ids(found(path, node("email eq 'a@example.com'"))) == [2]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (
                gzip.compress(lines(v1(1))),
                ": compressed with gzip, so it cannot be indexed; decompress it first (gunzip)",
            ),
            (b"\x28\xb5\x2f\xfd\0", ": compressed with zstd, so it cannot be indexed; decompress it first (zstd -d)"),
            (b"PAR1\0", ": a parquet file, which needs no index"),
            (lines(v1(1)) + b"[", ":2: column 2: the file ends inside an array of records (truncated?)"),
        ],
    )
    def test_what_is_refused(self, tmp_path: Path, content: bytes, message: str) -> None:
        path = written(tmp_path, content)
        with pytest.raises(InvalidRecord) as caught:
            build(path)
        assert str(caught.value) == path + message
        assert [*tmp_path.iterdir()] == [Path(path)]

    def test_what_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidRecord) as caught:
            build("-")
        assert str(caught.value) == "<stdin>: standard input cannot be indexed; save it in a file first"
        with pytest.raises(InvalidRecord) as caught:
            build(os.devnull)
        why = "it is no regular file, so it cannot be indexed; save it in one first"
        assert str(caught.value) == f"{os.devnull}: {why}"
        with pytest.raises(IsADirectoryError):
            build(str(tmp_path))
        with pytest.raises(FileNotFoundError):
            build(str(tmp_path / "nothing"))

    def test_a_file_of_the_users_that_has_the_name_stays(self, tmp_path: Path) -> None:
        path = written(tmp_path, lines(v1(1)))
        beside(path).write_bytes(b"my notes")
        for act in (build, drop):
            with pytest.raises(CacheError) as caught:
                act(path)
            assert str(caught.value) == f"{path}.index: it is no index of reality-jobs; move it elsewhere"
        assert beside(path).read_bytes() == b"my notes"

    def test_no_more_than_a_few_records_are_held(self, tmp_path: Path) -> None:
        path = written(tmp_path, b"".join(lines(v1(number, name="x" * 1_000_000)) for number in range(60)))
        tracemalloc.start()
        build(path)
        result = found(path, node("state eq 'success'"))
        assert result.records is not None
        assert sum(1 for _ in result.records) == 30
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 16_000_000

    @pytest.mark.parametrize("content", [lines(*map(v1, range(2_000))), b""])
    def test_a_file_that_changes_meanwhile(self, tmp_path: Path, content: bytes) -> None:
        path = written(tmp_path, lines(v1(0)))

        class Tally(dict[str, int]):
            def update(self, *args: object, **more: int) -> None:
                Path(path).write_bytes(content)

        with pytest.raises(InvalidRecord) as caught:
            build(path, Tally())
        assert str(caught.value) == f"{path}: the file changed while it was indexed"
        assert [*tmp_path.iterdir()] == [Path(path)]

    def test_dropping(self, tmp_path: Path) -> None:
        path = indexed(tmp_path, v1(1))
        Path(path).unlink()
        assert drop(path) is True
        assert drop(path) is False


@pytest.fixture(autouse=True)
def _no_leftovers(tmp_path: Path) -> Iterator[None]:
    yield
    assert not [*tmp_path.glob(".*")]
