"""Whatever the shapes and however mangled: the same records, or InvalidRecord."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reality_jobs import InvalidRecord
from reality_jobs.exports import records
from reality_jobs.exports.values import Reader

Record = dict[str, object]

texts = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(['"', "\\", "}{", "][", "\n", "\u2028"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
# No envelope, and no error answer, which is no record.
records_ = st.dictionaries(texts.filter(lambda key: key not in ("job", "jobs", "_links", "error")), values, max_size=4)
indents = st.sampled_from([None, 0, 1, 2, "\t"])


@st.composite
def written(draw: st.DrawFn, value: object) -> bytes:
    indent = draw(indents)
    ascii_only = draw(st.booleans())
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    if draw(st.booleans()) and indent is not None:
        text = text.replace("\n", "\r\n")
    return text.encode()


@st.composite
def pieces(draw: st.DrawFn) -> tuple[bytes, list[Record]]:
    """One value as a user may have saved it, and the records in it."""
    found = draw(st.lists(records_, max_size=3))
    links = draw(st.sampled_from([{}, {"_links": None}, {"_links": {"next": {"href": "x"}}}]))
    match draw(st.sampled_from(["record", "array", "page", "page, links first", "detail", "pages"])):
        case "record":
            found = found[:1] or [{}]
            value: object = found[0]
        case "array":
            value = found
        case "page":
            value = {"jobs": found, **links}
        case "page, links first":
            value = {**links, "jobs": found}
        case "detail":
            found = found[:1] or [{}]
            value = {"job": found[0]}
        case _:
            value = [{"jobs": [record], **links} for record in found]
    return draw(written(value)), found


files = st.lists(st.tuples(pieces(), st.sampled_from([b"", b"\n", b"\r\n", b" ", b"\n\n\t"])), max_size=5)


def cut(content: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield from filter(None, [content[at : at + size]])
        at += size
    yield from filter(None, [content[at:]])


def mangled(content: bytes, sizes: list[int]) -> tuple[list[tuple[bytes, int]], list[tuple[int | None, str]]]:
    errors: list[InvalidRecord] = []
    found = [(each.raw, each.line) for each in Reader("x", cut(content, sizes), errors.append).read()]
    return found, [(error.line, error.reason.partition(", found")[0]) for error in errors]


sizes = st.lists(st.integers(1, 40), max_size=30)


@given(files, sizes)
def test_the_shape_of_the_file_changes_nothing(
    parts: list[tuple[tuple[bytes, list[Record]], bytes]], at: list[int]
) -> None:
    content = b"".join(text + gap for (text, _), gap in parts)
    expected = [record for (_, found), _ in parts for record in found]
    got = list(Reader("x", cut(content, at), _never).read())
    assert [each.record for each in got] == expected
    place = 0
    for each in got:
        assert json.loads(each.raw) == each.record
        # Each record's bytes stand in the file, in this order, on the line that was told.
        line_start = _start_of_line(content, each.line)
        place = content.index(each.raw, max(place, line_start))
        assert content.count(b"\n", 0, place) + 1 == each.line
        place += len(each.raw)


@given(st.lists(records_, max_size=6), st.data())
def test_what_is_written_out_is_read_again(found: list[Record], data: st.DataObject) -> None:
    raw = [data.draw(written(record)) for record in found]
    again = Reader("x", iter([b"\n".join(raw) + b"\n"]), _never).read()
    assert [each.raw for each in again] == raw


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    content = b"".join(text + gap for (text, _), gap in draw(files))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(content)))
        end = min(len(content), at + draw(st.integers(0, 20)))
        content = (
            content[:at] + draw(st.sampled_from([b"", b"{", b"]", b'"', b"\n", b"\\", b"\xff", b","])) + content[end:]
        )
    return content


@given(st.binary(max_size=200) | broken(), sizes)
@example(b'\r{\n "\r\x00', [6])
def test_any_bytes_give_records_and_invalid_records(content: bytes, at: list[int]) -> None:
    found, errors = mangled(content, at)
    assert (found, errors) == mangled(content, [])
    for raw, line in found:
        assert raw in content
        assert 1 <= line <= content.count(b"\n") + 1
    assert [line for line, _ in errors] == sorted(line for line, _ in errors if line)


@given(st.lists(records_, min_size=2, max_size=6), st.data())
def test_a_line_cut_short_is_told_at_its_line_and_costs_no_other(found: list[Record], data: st.DataObject) -> None:
    lines = [json.dumps(record).encode() for record in found]
    broken_line = data.draw(st.integers(0, len(lines) - 1))
    lines[broken_line] = lines[broken_line][: data.draw(st.integers(1, len(lines[broken_line]) - 1))]
    got, errors = mangled(b"\n".join(lines) + b"\n", [])
    assert [line for _, line in got] == [n for n in range(1, len(lines) + 1) if n != broken_line + 1]
    assert [line for line, _ in errors] == [broken_line + 1]


@given(st.binary(max_size=60), st.integers(0, 80))
def test_damaged_gzip_gives_records_and_invalid_records(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, length: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    Path(path).write_bytes(gzip.compress(content)[:length])
    errors: list[InvalidRecord] = []
    list(records(path, on_error=errors.append))
    assert all(error.file == str(path) for error in errors)


def _start_of_line(content: bytes, line: int) -> int:
    place = 0
    for _ in range(line - 1):
        place = content.index(b"\n", place) + 1
    return place


def _never(error: InvalidRecord) -> None:
    raise AssertionError(error)
