"""One filter, every place it can run: the records that the oracle says match, or a refusal that says why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

import narwhals as nw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reality_jobs import Filter, InvalidFilter, InvalidRecord, Unanswerable
from reality_jobs.cache import Cache
from reality_jobs.exports import Saved, parquet, read_export
from reality_jobs.exports.judging import Judge
from reality_jobs.exports.parts import parted, read_part
from reality_jobs.nodes import And, Comparison, Guid, Instant, Membership, Node, Operator, Or, Text
from reality_jobs.records import Job
from reality_jobs.schema import Missing, normalise_identifier
from tests import oracle
from tests.property.test_frame import ENGINES as FRAMES_ALONE
from tests.property.test_frame import table
from tests.property.test_saved import Knobs
from tests.strategies import GUIDS, SERVICES, Record, any_records, filters, redundant_filters

from .tables import ENGINES, Row, answers, connected, fill, rows, texts

pytestmark = pytest.mark.filterwarnings("ignore:Dask support is moving out of Narwhals:FutureWarning")

Ask = Callable[[Filter, Missing, str | None], set[int]]
"""The numbers of the records that match, of a service's only where one is named; an error refuses the filter."""


FRAMES: Final = {{"duckdb": "a DuckDB relation"}.get(name, name): made for name, made in FRAMES_ALONE.items()}
"""`duckdb` is the dialect here."""


class Places:
    """The same records in every place where a filter can be asked, each with the way to ask it."""

    def __init__(self, held: Sequence[Row], connections: Mapping[str, Any], folder: Path, cache: Cache) -> None:
        records = [record for record, _ in held]
        raws = [json.dumps(record).encode() for record in records]
        self._services = [row.service for _, row in held]
        self._numbers = {raw: number for number, raw in enumerate(raws)}
        self._keys = {key: number for number, (record, row) in enumerate(held) if (key := _key(row.service, row.id))}
        self.kept = frozenset(self._keys.values())
        """Those that a cache takes: of a service, with an id."""
        self.ask: dict[str, Ask] = {
            "predicate": lambda f, missing, service: {
                n for n in self._of(service) if f.predicate(missing=missing)(records[n])
            },
            "select": lambda f, missing, service: self._known(
                map(_raw, f.select([records[n] for n in self._of(service)], missing=missing))
            ),
        }
        lines, page, columns = folder / "lines.ndjson", folder / "page.json", folder / "all.parquet"
        lines.write_bytes(b"\n".join(raws) + b"\n")
        page.write_bytes(b'{"jobs": [' + b",\n".join(raws) + b'], "_links": null}')
        with columns.open("wb") as file:
            parquet.write((Saved(raw, "a", number) for raw, number in self._numbers.items()), file, _never)
        for path in (lines, page, columns):
            self.ask[path.name] = partial(self._export, str(path))
            self.ask[f"{path.name}, searched"] = partial(self._searched, str(path))
        for dialect, connection in connections.items():
            fill(connection, held)
            self.ask[dialect] = partial(_sql, connection, dialect, False)
            self.ask[f"{dialect}, inline"] = partial(_sql, connection, dialect, True)
        for number, (name, (_, made)) in enumerate(FRAMES.items()):
            # Lists as they are, null where they are empty, or with null members.
            absent = ("", "list", "member")[(number + len(held)) % 3]
            self.ask[name] = partial(_frame, nw.from_native(made(table(held, absent))))
        cache.upsert(Job(str(held[number][1].service), dict(records[number])) for number in self.kept)
        self.ask["cache"] = lambda f, missing, service: {
            self._keys[str(job.service), normalise_identifier(job.id or "")]
            for job in cache.jobs(f, missing=missing)
            if service in (None, job.service)
        }

    def _of(self, service: str | None) -> list[int]:
        return [number for number, each in enumerate(self._services) if service in (None, each)]

    def _export(self, path: str, f: Filter, missing: Missing, service: str | None) -> set[int]:
        found = self._known(_raw(job.raw) for job in read_export(path, where=f, missing=missing))
        return found.intersection(self._of(service))

    def _searched(self, path: str, f: Filter, missing: Missing, service: str | None) -> set[int]:
        """In many parts, and with the search from the first byte on."""
        found = self._parted(path, f, missing)
        return found.intersection(self._of(service))

    def _parted(self, path: str, f: Filter, missing: Missing) -> set[int]:
        judge = Judge(f, None, missing)
        with Knobs(size=200):
            return self._known(
                raw for part in parted([path], judge) for found in read_part(part, _never, judge) for raw in found.raws
            )

    def _known(self, found: Iterable[bytes]) -> set[int]:
        return {self._numbers[raw] for raw in found}


def _raw(record: object) -> bytes:
    return json.dumps(record).encode()


def _key(service: str | None, job_id: str | None) -> tuple[str, str] | None:
    return None if service is None or job_id is None else (service, job_id)


def _never(error: InvalidRecord) -> None:
    raise AssertionError(error)


def _sql(connection: Any, dialect: str, inline: bool, f: Filter, missing: Missing, service: str | None) -> set[int]:
    return set(answers(connection, f.sql(dialect, service=service, missing=missing, inline=inline)))


def _frame(frame: Any, f: Filter, missing: Missing, service: str | None) -> set[int]:
    found = frame.select(found=f.frame(service=service, missing=missing))
    held = (found.collect() if isinstance(found, nw.LazyFrame) else found)["found"].to_list()
    return {number for number, hit in enumerate(held) if hit}


@pytest.fixture
def connections(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[dict[str, Any]]:
    """A connection a dialect; where there is no Postgres, a line says so whatever pytest captures."""
    with ExitStack() as stack:
        made = {}
        for dialect in ENGINES:
            try:
                made[dialect] = connected(dialect)
            except pytest.skip.Exception as error:
                with capsys.disabled():
                    print(f"\n{error}: {request.node.name} runs without {dialect}")  # noqa: T201 - or nobody learns
                continue
            stack.callback(made[dialect].close)
        yield made


@contextmanager
def places(records: Iterable[Record], connections: Mapping[str, Any]) -> Iterator[tuple[list[Row], Places]]:
    """Of the records those that every place can hold: each once, and no U+0000, of which Postgres has none."""
    once = {_raw(record): record for record in records}
    held = [row for row in rows(once.values()) if "\0" not in "".join(texts(row[1]))]
    with TemporaryDirectory() as folder, Cache(Path(folder, "cache")) as cache:
        yield held, Places(held, connections, Path(folder), cache)


_MANY = st.lists(any_records().map(lambda drawn: drawn[1]), min_size=20, max_size=40)
_NODES = st.lists(filters() | redundant_filters(), min_size=10, max_size=10)


def test_every_place_agrees_with_the_oracle(connections: dict[str, Any]) -> None:
    @settings(max_examples=max(5, settings().max_examples // 20))
    @given(_MANY, _NODES, st.sampled_from(("error", "null")), st.none() | st.sampled_from(SERVICES))
    def agree(records: list[Record], nodes: list[Node], missing: Missing, service: str | None) -> None:
        with places(records, connections) as (held, asked):
            for number, node in enumerate(nodes):
                agrees(node, held, asked, missing, service, slow=not number)

    agree()


def agrees(
    node: Node,
    held: Sequence[Row],
    asked: Places,
    missing: Missing,
    service: str | None = None,
    *,
    slow: bool = True,
) -> None:
    """All equal, or refused by a place that has a reason; Dask only where it may be slow."""
    f = Filter(node)
    counted = {n for n, (_, row) in enumerate(held) if service in (None, row.service)}
    expected = {n for n in counted if oracle.verdict(node, held[n][0], missing="null").answer}
    unanswerable = missing == "error" and "email" in oracle.mentioned(node)
    for place, ask in asked.ask.items():
        if place == "dask" and not slow:
            continue
        # An expression cannot raise for a row, so it is refused as soon as some service could not answer.
        judged = range(len(held)) if place.startswith(_FILES) else asked.kept if place == "cache" else counted
        lacking = any(held[n][1].service in oracle.V2 for n in judged)
        if place in EXPRESSIONS:
            lacking = service is None or service in oracle.V2
        found = _outcome(ask, f, missing, service)
        if unanswerable and lacking:
            assert found == "email", place
        elif place.startswith("postgres") and "\0" in str(f):
            assert found == "refused"
        elif place == "a DuckDB relation" and found == "refused":
            assert _terms(node) > 4_000
        else:
            assert found == (expected & asked.kept if place == "cache" else expected), (place, str(f)[:1000])


EXPRESSIONS: Final = (*ENGINES, *(f"{dialect}, inline" for dialect in ENGINES), *FRAMES)
_FILES: Final = ("lines", "page", "all")


def _terms(node: Node) -> int:
    return sum(map(_terms, node.operands)) if isinstance(node, And | Or) else 1


def _outcome(ask: Ask, f: Filter, missing: Missing, service: str | None) -> set[int] | str | None:
    """The property that cannot be answered, "refused", or the numbers."""
    try:
        return ask(f, missing, service)
    except Unanswerable as error:
        return error.property
    except InvalidFilter:
        return "refused"


# Larger than anybody writes by hand, no luck needed.


def test_twenty_thousand_ids(connections: dict[str, Any]) -> None:
    ids = [str(UUID(int=number * 7919)) for number in range(20_000)]
    records = [_job(ids[number * 499], number) for number in range(40)] + [_job(str(UUID(int=5)), 41)]
    with places(records, connections) as (held, asked):
        for name in ("id", "inputId"):
            node = Membership(name, tuple(map(Guid, ids)))
            assert len(held) == 41
            agrees(node, held, asked, "null")


def test_ten_thousand_terms(connections: dict[str, Any]) -> None:
    records = [_job(str(UUID(int=number)), number) for number in range(40)]
    terms = [
        And((Comparison("name", Operator.EQ, Text(f"job {number}")), Comparison("createdDateTime", Operator.GE, BORN)))
        for number in range(3, 1_003)
    ]
    with places(records, connections) as (held, asked):
        agrees(Or(tuple(terms)), held, asked, "null", slow=False)
        distinct = [Comparison("name", Operator.NE, Text(f"job {number}")) for number in range(3, 10_003)]
        agrees(And(tuple(distinct)), held, asked, "null", slow=False)


BORN: Final = Instant(0)


def _job(job_id: str, number: int) -> Record:
    """Of modeling-v2, created a tick after the one before."""
    return {
        "id": job_id.upper() if number % 2 else job_id,
        "iTwinId": GUIDS[0],
        "type": "GaussianSplats",
        "name": f"job {number}",
        "state": "Success",
        "createdDateTime": f"1970-01-01T00:00:00.{number:07}Z" if number % 3 else None,
        "specifications": {"inputs": {"scene": job_id}, "outputs": {}},
    }
