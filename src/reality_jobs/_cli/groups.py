"""Jobs counted by some of their properties: `--group-by state,type`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO, Final, cast

import click
from attrs import define, field, frozen

from .. import services
from ..errors import InvalidRecord, Unanswerable
from ..exports import Saved
from ..records import Job, read
from ..schema import PROPERTIES, Kind, Missing, normalise_enumeration, normalise_identifier
from ..services import Service
from .output import csv_line, on_terminal, shaped, to_json

_SERVICE: Final = "service"
NAMES: Final = (
    _SERVICE,
    *(p.name for p in PROPERTIES.values() if not p.collection and p.kind is not Kind.INSTANT),
)
"""What jobs can be grouped by, in the words of a filter: a job has one of each, and several jobs may share it."""

_NORMALISE: Final = {Kind.IDENTIFIER: normalise_identifier, Kind.ENUMERATION: normalise_enumeration}

Key = tuple[str | None, ...]
"""One value a name, as the record spells it; None for null."""


def _names(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = () if value is None else tuple(name.strip() for name in value.split(","))
    for name in names:
        if name not in NAMES:
            raise click.BadParameter(f"jobs are not grouped by '{name}'; possible are {', '.join(NAMES)}")
    return tuple(dict.fromkeys(names))


group_by_option = click.option(
    "--group-by",
    "names",
    metavar="NAME,...",
    callback=_names,
    help=f"Count the matching jobs by these instead of printing them: {', '.join(NAMES)}.",
)


@frozen
class Grouping:
    """The function from a record and its service (None for a mapping of no known shape) to its key; it pickles.

    Raises InvalidRecord for a value of the wrong type, and Unanswerable for a property that records of the service
    never hold, unless `missing` is "null".
    """

    names: tuple[str, ...]
    missing: Missing = "error"

    def __call__(self, record: Mapping[str, object], service: Service | None) -> Key:
        return tuple([self._value(name, record, service) for name in self.names])

    def _value(self, name: str, record: Mapping[str, object], service: Service | None) -> str | None:
        if name == _SERVICE:
            return None if service is None else service.name
        if service is not None and not service.answers(name):
            if self.missing == "null":
                return None
            raise Unanswerable(name, service.name)
        return cast("str | None", read(record, name, service))  # no collection is among NAMES


@define
class Groups:
    """How many jobs there are of each key. Memory grows with the keys, never with the jobs.

    `counts` is in the order in which the keys first came, so that parts of one input, counted apart, can be merged in
    order.
    """

    names: tuple[str, ...]
    counts: dict[Key, int] = field(factory=dict)

    def add(self, key: Key) -> None:
        self.counts[key] = self.counts.get(key, 0) + 1

    def merge(self, later: Groups) -> None:
        """Add what was counted of a part that comes after this one."""
        for key, count in later.counts.items():
            self.counts[key] = self.counts.get(key, 0) + count

    def rows(self) -> list[tuple[Key, int]]:
        """The groups, largest first, then by key, null first.

        Identifiers and enumerations that compare equal are one group, in the spelling that came first.
        """
        normalise = [_normalised(name) for name in self.names]
        spelt: list[dict[str | None, str | None]] = [{} for _ in self.names]
        groups: dict[Key, int] = {}
        for key, count in self.counts.items():
            folded = tuple([fold(value) for fold, value in zip(normalise, key, strict=True)])
            groups[folded] = groups.get(folded, 0) + count
            for first, same, value in zip(spelt, folded, key, strict=True):
                first.setdefault(same, value)
        largest = sorted(groups.items(), key=lambda group: (-group[1], [(v is not None, v or "") for v in group[0]]))
        return [(tuple([first[v] for first, v in zip(spelt, key, strict=True)]), count) for key, count in largest]


def grouped(
    jobs: Iterable[tuple[Job, Saved | None]],
    by: Grouping,
    refuse: Callable[[InvalidRecord], object],
) -> Groups:
    """Count jobs; one whose key cannot be read goes to `refuse`, and if that returns, is left out."""
    groups = Groups(by.names)
    for key in shaped(jobs, lambda job, _: by(job.raw, _service(job)), refuse):
        groups.add(key)
    return groups


def write_groups(groups: Groups, form: str, file: BinaryIO) -> None:
    """Write them as `table`, `csv` or `ndjson`; null is an empty cell in CSV."""
    terminal = on_terminal(file)
    rows = groups.rows()
    if form == "table":
        from .table import bars

        file.write(bars(groups.names, rows, terminal).encode("utf-8", "backslashreplace"))
        return
    file.writelines(_csv(groups.names, rows, terminal) if form == "csv" else _ndjson(groups.names, rows))


def _csv(names: tuple[str, ...], rows: list[tuple[Key, int]], terminal: bool) -> Iterator[bytes]:
    yield csv_line((*names, "count"), terminal)
    for key, count in rows:
        yield csv_line((*(value or "" for value in key), str(count)), terminal)


def _ndjson(names: tuple[str, ...], rows: list[tuple[Key, int]]) -> Iterator[bytes]:
    for key, count in rows:
        yield to_json({**dict(zip(names, key, strict=True)), "count": count}).encode() + b"\n"


def _service(job: Job) -> Service | None:
    return None if job.service is None else services.get(job.service)


def _normalised(name: str) -> Callable[[str | None], str | None]:
    normalise = _NORMALISE.get(PROPERTIES[name].kind) if name in PROPERTIES else None
    if normalise is None:
        return lambda value: value
    return lambda value: None if value is None else normalise(value)
