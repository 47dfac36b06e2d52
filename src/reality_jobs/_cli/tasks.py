"""What `filter` makes of the matching records of a part of its input: bytes to be written, or what they come to."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import BinaryIO, cast

from ..errors import InvalidRecord
from ..exports import Saved
from ..exports.judging import Judge
from ..exports.parts import Part, read_part
from ..exports.saved import Found
from ..records import Job
from .groups import Grouping, Groups, grouped, write_groups
from .output import COLUMNS, created_text, csv_line, shape_of, shaped

Refuse = Callable[..., object]
Passed = Callable[[int], object]


class Raw:
    """The records themselves."""

    def __init__(self, judge: Judge, service: str | None) -> None:
        self._judge = judge
        self._service = service

    def __call__(self, part: Part, refuse: Refuse, passed: Passed) -> Generator[bytes, None, object]:
        for found in self._found(part, refuse, passed):
            yield b"\n".join([*found.raws, b""])
        return None

    def begin(self, file: BinaryIO) -> None:
        """Write what comes before everything."""

    def finish(self, results: Sequence[object], file: BinaryIO) -> None:
        """Write what the parts came to."""

    def _found(self, part: Part, refuse: Refuse, passed: Passed) -> Iterator[Found]:
        return read_part(part, refuse, self._judge, numbered=False, passed=passed)

    def _jobs(self, part: Part, refuse: Refuse, passed: Passed) -> Iterator[tuple[Job, Saved]]:
        for found in self._found(part, refuse, passed):
            for i, raw in enumerate(found.raws):
                # Its line is counted only where a message needs it.
                saved = Saved(raw, part.name, partial(_line, found, i), found.records[i] if found.records else None)
                try:
                    record = saved.record
                except InvalidRecord as error:
                    refuse(error)
                    continue
                yield Job.of(record, self._service), saved


class Counted(Raw):
    """How many they are."""

    def __call__(self, part: Part, refuse: Refuse, passed: Passed) -> Generator[bytes, None, object]:
        yield from ()
        return sum(len(found.raws) for found in self._found(part, refuse, passed))

    def finish(self, results: Sequence[object], file: BinaryIO) -> None:
        file.write(b"%d\n" % sum(cast("Sequence[int]", results)))


class Shaped(Raw):
    """A line for each, in the form of that name."""

    def __init__(self, judge: Judge, service: str | None, form: str, terminal: bool) -> None:
        super().__init__(judge, service)
        self._form = form
        self._terminal = terminal

    def begin(self, file: BinaryIO) -> None:
        if self._form == "csv":
            file.write(csv_line(COLUMNS, self._terminal))

    def __call__(self, part: Part, refuse: Refuse, passed: Passed) -> Generator[bytes, None, object]:
        yield from shaped(self._jobs(part, refuse, passed), shape_of(self._form, self._terminal), refuse)
        return None


class Tabled(Raw):
    """The rows of a table, which is as wide as its widest."""

    def __init__(self, judge: Judge, service: str | None, terminal: bool) -> None:
        super().__init__(judge, service)
        self._terminal = terminal

    def __call__(self, part: Part, refuse: Refuse, passed: Passed) -> Generator[bytes, None, object]:
        from .table import row

        yield from ()
        return list(shaped(self._jobs(part, refuse, passed), lambda job, _: row(job, created_text(job)), refuse))

    def finish(self, results: Sequence[object], file: BinaryIO) -> None:
        from .table import Row, table

        rows = [row for part in cast("Sequence[list[Row]]", results) for row in part]
        file.write(table(rows, self._terminal).encode("utf-8", "backslashreplace"))


class Grouped(Raw):
    """How many there are of each group."""

    def __init__(self, judge: Judge, service: str | None, by: Grouping, form: str) -> None:
        super().__init__(judge, service)
        self._by = by
        self._form = form

    def __call__(self, part: Part, refuse: Refuse, passed: Passed) -> Generator[bytes, None, object]:
        yield from ()
        return grouped(self._jobs(part, refuse, passed), self._by, refuse)

    def finish(self, results: Sequence[object], file: BinaryIO) -> None:
        groups = Groups(self._by.names)
        for each in cast("Sequence[Groups]", results):
            groups.merge(each)
        write_groups(groups, self._form, file)


def _line(found: Found, index: int) -> int:
    return found.lines()[index]
