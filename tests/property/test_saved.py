"""Whatever the file and whichever way it is read: the records that the oracle says match, byte for byte, in order."""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reality_jobs import Filter, InvalidRecord, Unanswerable
from reality_jobs._cli.tasks import Raw
from reality_jobs.exports import Saved, indexing, judging, parquet, parts, records
from reality_jobs.exports.judging import Judge
from reality_jobs.exports.parts import parted, read_part
from reality_jobs.exports.sources import BLOCK
from reality_jobs.exports.values import Reader
from reality_jobs.exports.workers import Crew
from reality_jobs.nodes import Comparison, Guid, Node, Operator, Text
from reality_jobs.schema import Missing
from tests import oracle
from tests.property.files import File, cut_files, files, findable_filters, saved_records
from tests.strategies import GUIDS, SERVICES, Record, filters

Error = tuple[int | None, str]


class Question(NamedTuple):
    node: Node
    service: str | None
    missing: Missing

    def judge(self, *, strict: bool = False) -> Judge:
        return Judge(Filter(self.node), self.service, self.missing, strict)


class Outcome(NamedTuple):
    """What came out, what was reported, and where it ended with Unanswerable."""

    found: list[tuple[bytes, int]]
    errors: list[Error]
    stopped: str | None = None


missings: st.SearchStrategy[Missing] = st.sampled_from(("error", "null"))


@st.composite
def cases(draw: st.DrawFn, *, lines: bool = True) -> tuple[File, Question]:
    held = draw(st.lists(saved_records(), min_size=1, max_size=5))
    node = draw(findable_filters(held) | findable_filters(held) | filters())
    service = draw(st.sampled_from((None, None, *SERVICES)))
    missing = draw(missings)
    if service in oracle.V2 and "email" in oracle.mentioned(node):
        missing = "null"  # else the filter is refused before anything is read
    question = Question(node, service, missing)
    if draw(st.booleans()):
        held = [record for record in held if plain(question, record)] or held
    return draw(files(held, lines=lines)), question


def plain(question: Question, record: Record) -> bool:
    """Whether nothing about a record keeps it from the fast road."""
    expected = verdict(question, record)
    return "id" in record and not isinstance(expected, str) and not expected.odd


sizes: st.SearchStrategy[list[int]] = st.one_of(
    st.just([]), st.lists(st.integers(300, 5_000), max_size=10), st.lists(st.integers(1, 300), max_size=40)
)
few = settings(max_examples=max(4, settings().max_examples // 20))
some = settings(max_examples=settings().max_examples // 2)


class Knobs:
    """What usual files are too small for is made small."""

    def __init__(self, *, search: bool = True, together: bool = True, size: int = 1 << 23) -> None:
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(parts, "RANGE", size)
        if search:
            self._patch.setattr(judging, "SAMPLE", 0)
            self._patch.setattr(judging, "_WORTH_IT", 2)
        if not together:
            self._patch.setitem(sys.modules, "hyperscan", None)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


def outcome(reading: Callable[[Callable[[InvalidRecord], object]], Iterator[Saved]]) -> Outcome:
    errors: list[InvalidRecord] = []
    found: list[tuple[bytes, int]] = []
    stopped = None
    try:
        found.extend((saved.raw, saved.line) for saved in reading(errors.append))
    except Unanswerable as error:
        stopped = str(error)
    return Outcome(found, [(error.line, error.reason) for error in errors], stopped)


def in_blocks(file: File, question: Question, at: Sequence[int], *, strict: bool = False) -> Outcome:
    judge = question.judge(strict=strict)
    return outcome(lambda refuse: Reader("x", blocks(file.content, at), refuse, judge).read())


def blocks(content: bytes, at: Sequence[int]) -> Iterator[bytes]:
    place = 0
    for size in at:
        yield from filter(None, [content[place : place + size]])
        place += size
    yield from filter(None, [content[place:]])


def in_ranges(path: Path, question: Question) -> Outcome:
    judge = question.judge()

    def reading(refuse: Callable[[InvalidRecord], object]) -> Iterator[Saved]:
        for part in parted([str(path)], judge):
            for raws, lines, _ in read_part(part, refuse, judge, numbered=False):
                yield from (Saved(raw, part.name, line) for raw, line in zip(raws, lines(), strict=True))

    return renamed(outcome(reading), path)


def by_records(path: Path, question: Question) -> Outcome:
    node, service, missing = question
    return renamed(
        outcome(lambda refuse: records(path, Filter(node), service=service, missing=missing, on_error=refuse)), path
    )


def renamed(got: Outcome, path: Path) -> Outcome:
    return got._replace(stopped=got.stopped and got.stopped.replace(str(path), "x"))


def check(file: File, question: Question, got: Outcome, *, told: bool) -> None:
    """The oracle's answer; `told`: whatever cannot be judged is reported."""
    found, errors = iter(got.found), Counter(line for line, _ in got.errors)
    following = next(found, None)
    for placed in file.placed:
        expected = verdict(question, placed.record)
        if isinstance(expected, str):
            assert got.stopped == f"x:{placed.line}: {expected}"
            assert following is None
            return
        if following == (placed.raw, placed.line):
            assert expected.answer is True
            following = next(found, None)
            continue
        if expected.answer is not False and (told or expected.answer):
            assert expected.odd, f"{placed} is missing"
            assert errors[placed.line], f"{placed} is missing, and nothing is said of it"
            errors[placed.line] -= 1
    assert following is None
    assert got.stopped is None
    assert any("(truncated?)" in reason for _, reason in got.errors) == file.cut


def verdict(question: Question, record: Record) -> oracle.Verdict | str:
    try:
        return oracle.verdict(question.node, record, question.service, question.missing)
    except oracle.Unanswerable as error:
        return str(Unanswerable(error.property, error.service))


def fewer(got: Outcome, strict: Outcome) -> None:
    """The same, but for broken places that were passed over."""
    assert got.found == strict.found
    assert got.stopped == strict.stopped
    rest = iter(strict.errors)
    assert all(error in rest for error in got.errors), f"{got.errors} is no part of {strict.errors}"


@given(cases(), sizes)
def test_in_memory(case: tuple[File, Question], at: list[int]) -> None:
    file, question = case
    strict = in_blocks(file, question, at, strict=True)
    check(file, question, strict, told=True)
    assert in_blocks(file, question, [], strict=True) == strict
    with Knobs(search=False):
        assert in_blocks(file, question, at) == strict
    for together in (True, False):
        with Knobs(together=together):
            fewer(in_blocks(file, question, at), strict)


@some
@given(cases(lines=False).flatmap(lambda case: st.tuples(cut_files(case[0]), st.just(case[1]))), sizes)
def test_an_end_that_is_cut_off_is_told(case: tuple[File, Question], at: list[int]) -> None:
    file, question = case
    strict = in_blocks(file, question, at, strict=True)
    check(file, question, strict, told=True)
    with Knobs(search=False):
        assert in_blocks(file, question, at) == strict
    for together in (True, False):
        with Knobs(together=together):
            got = in_blocks(file, question, at)
            fewer(got, strict)
            assert got.stopped or got.errors[-1:] == strict.errors[-1:]


@some
@given(cases(), st.integers(20, 900), st.booleans(), st.booleans())
def test_in_ranges(case: tuple[File, Question], size: int, aligned: bool, together: bool) -> None:
    file, question = case
    if aligned:
        size = max(20, file.placed[min(1, len(file.placed) - 1)].start)  # a range begins where a record does
    strict = in_blocks(file, question, [], strict=True)
    with TemporaryDirectory() as folder:
        path = Path(folder, "x")
        path.write_bytes(file.content)
        with Knobs(search=False, size=size):
            assert in_ranges(path, question) == strict
        with Knobs(together=together, size=size):
            fewer(in_ranges(path, question), strict)


def zstd(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression.zstd import compress
    else:
        from backports.zstd import compress
    return compress(data)


@few
@given(cases(), st.sampled_from((gzip.compress, zstd, None)))
def test_compressed_and_with_an_index(case: tuple[File, Question], compressed: Callable[[bytes], bytes] | None) -> None:
    file, question = case
    strict = in_blocks(file, question, [], strict=True)
    with TemporaryDirectory() as folder:
        path = Path(folder, "x")
        path.write_bytes(compressed(file.content) if compressed else file.content)
        if compressed is None:
            os.utime(path, (0, 0))  # of a file that is new, building waits until its date can tell a change
            try:
                indexing.build(str(path))
            except InvalidRecord:
                return
        with Knobs():
            fewer(by_records(path, question), strict)


@few
@given(cases())
def test_in_parquet(case: tuple[File, Question]) -> None:
    file, question = case
    strict = in_blocks(file, question, [], strict=True)
    with TemporaryDirectory() as folder:
        path = Path(folder, "x")
        with path.open("wb") as target:
            # One that is odd has no columns, and is refused.
            parquet.write(Reader("x", iter([file.content]), never).read(), target, ignored, question.service)
        written = {raw for raw, _ in parquet.read(str(path))}
        got = by_records(path, question)
    kept = [raw for raw, _ in strict.found if raw in written]
    if got.stopped is None and strict.stopped is None:
        assert [raw for raw, _ in got.found] == kept


@few
@given(cases(), st.integers(20, 900))
def test_in_processes(case: tuple[File, Question], size: int) -> None:
    file, question = case
    strict = in_blocks(file, question, [], strict=True)
    with TemporaryDirectory() as folder, Path(folder, "out").open("wb") as target:
        path = Path(folder, "x")
        path.write_bytes(file.content)
        errors: list[InvalidRecord] = []
        judge = question.judge()
        stopped = None
        with Knobs(search=False, size=size):
            crew = Crew(Raw(judge, question.service), errors.append, jobs=2, stops=False)
            try:
                crew.run(list(parted([str(path)], judge)), target)
            except Unanswerable as error:
                stopped = str(error).replace(str(path), "x")
        assert Path(folder, "out").read_bytes() == b"".join(raw + b"\n" for raw, _ in strict.found)
        assert [(error.line, error.reason) for error in errors] == strict.errors
        assert stopped == strict.stopped


@pytest.mark.parametrize(
    "content",
    [
        b'{"id":"1","tags":\n{"id":"2","name":"a"}\n,"name":"b"}\n',
        b'{"id":"1","tags":[\n{"id":"2","name":"a"}\n,\n{"id":"2","name":"a"}\n],"name":"b"}\n',
        b'{"id":"1","tags":[{}\n,{}\n,\r\n \t{"id":"2","name":"a"}\n]}\n',
        b'{"id":"1",\n"name":"{\\n{\\"name\\":\\"a\\"}"}\n',
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_an_object_on_a_line_of_its_own_is_no_record_within_one(content: bytes, together: bool) -> None:
    last = b'{"id":"3","name":"a"}'
    question = Question(Comparison("name", Operator.EQ, Text("a")), None, "error")
    with Knobs(together=together):
        got = in_blocks(File(content + last + b"\n{}\n"), question, [])
    assert got == Outcome([(last, content.count(b"\n") + 1)], [])


def test_a_record_with_the_marks_of_two_services_is_of_the_likelier_one() -> None:
    first = {"id": "1", "type": "Calibration", "inputs": [{"id": GUIDS[0]}]}
    second = {**first, "executionInfo": {}, "specifications": {"inputs": {"scene": GUIDS[1]}}}
    assert (oracle.recognised(first), oracle.recognised(second)) == ("modeling-v1", "modeling-v2")
    raws = [json.dumps(record).encode() for record in (first, second, first)]
    question = Question(Comparison("inputId", Operator.EQ, Guid(GUIDS[0])), None, "error")
    for search in (True, False):
        with Knobs(search=search):
            assert in_blocks(File(b"\n".join(raws)), question, []) == Outcome([(raws[0], 1), (raws[2], 3)], [])


def test_an_end_that_is_cut_off_behind_a_record_longer_than_a_block() -> None:
    long = b'{"id":"%s"}\n' % (b"x" * (BLOCK + 1))
    content = long + b'{"id":"b","inputs":[{"id":"b"}'
    question = Question(Comparison("name", Operator.EQ, Text("a")), None, "error")
    pieces = [BLOCK] * 2
    with Knobs():
        got = in_blocks(File(content), question, pieces)
    assert got == Outcome([], [(2, "column 31: the file ends inside a record (truncated?)")])


@pytest.mark.parametrize("together", [True, False])
def test_a_literal_of_any_length(together: bool) -> None:
    name = "x\u00e9" * 10_000
    raws = [
        json.dumps({"id": "a", "name": text}, ensure_ascii=plain).encode()
        for text in (name, name[1:])
        for plain in (True, False)
    ]
    question = Question(Comparison("name", Operator.EQ, Text(name)), None, "error")
    with Knobs(together=together):
        got = in_blocks(File(b"\n".join(raws)), question, [])
    assert got == Outcome([(raws[0], 1), (raws[1], 2)], [])


@some
@given(cases(), st.data())
def test_damage_is_no_crash_and_what_comes_out_is_there(case: tuple[File, Question], data: st.DataObject) -> None:
    file, question = case
    content = file.content
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        piece = data.draw(
            st.sampled_from((b"", b"{", b"]", b'"', b"\n", b"}\n{", b"\\", b"\xff", b",", b"\x0c", b"1e999"))
        )
        content = content[:at] + piece + content[at + data.draw(st.integers(0, 3)) :]
    for together in (True, False):
        with Knobs(together=together):
            got = in_blocks(File(content), question, data.draw(sizes))
        place = 0
        for raw, line in got.found:
            raw.decode()
            start = sum(map(len, content.split(b"\n")[: line - 1])) + line - 1
            place = content.index(raw, max(place, start))
            assert content.count(b"\n", 0, place) == line - 1
            place += len(raw)


def never(error: InvalidRecord) -> None:
    raise AssertionError(error)


def ignored(error: InvalidRecord) -> None:
    pass
