"""Saved jobs in Spark: raw exports as a DataFrame of the canonical columns, from any storage that Spark reads.

Records are read in Spark's Python workers, by the code that reads them everywhere, so `reality-jobs` has to be
installed there too. Filter the DataFrame with `f.frame()`; over Parquet that `reality-jobs convert` wrote, Spark then
passes over what cannot match. A filter of very many terms takes Spark long to plan: `matching` has no such limit.

Files up to a limit are read whole, by one task each: NDJSON, saved pages, arrays, on any lines, plain, gzip or zstd. A
larger one is read by many tasks, line by line: a record, a page or an array on each; gzip has to be named `.gz` then,
and is read by one task. A task holds a file up to the limit, or a batch of lines (Spark's
`spark.sql.execution.arrow.maxRecordsPerBatch`), and about 4 MiB of what it gives. Parquet is what is named `.parquet`.
"""

from __future__ import annotations

import errno
import os
import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .. import services
from ..errors import InvalidRecord
from ..filters import Filter
from ..schema import Missing
from ..targets.predicate import mentioned

try:
    from pyspark.errors import AnalysisException

    from . import _workers
except ModuleNotFoundError as error:
    name = str(error.name).partition(".")[0]
    if name not in ("pyspark", "pyarrow"):
        raise
    raise ModuleNotFoundError(f"Spark needs {name}; pip install 'reality-jobs[spark]'", name=name) from error

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["count", "matching", "read_jobs"]

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

WHOLE: Final = 32 << 20
"""Bytes up to which a file is read as a whole."""

_TEXTS: Final = ("service", "id", "itwin_id", "name", "email", "type", "state")
_ROWS: Final = (
    f"{', '.join(f'{name} string' for name in _TEXTS)}, created_ticks bigint, created_at timestamp, "
    "input_ids array<string>, output_ids array<string>, odd boolean, raw string"
)
_FOUND: Final = "raw binary, error binary"
# Ticks are cut to microseconds, before 1970 too.
_CREATED: Final = "timestamp_micros((created_ticks - pmod(created_ticks, 10)) div 10) AS created_at"


def read_jobs(session: SparkSession, paths: Paths, service: str | None = None, *, whole: int = WHOLE) -> DataFrame:
    """The saved jobs in these files, in no definite order: the canonical columns, `created_at`, `odd` and `raw`.

    A path is what Spark takes for one: a file, a directory (all files below it), a pattern, an address. Without a
    service a record is recognised by its shape; rows of Parquet stay as they were converted. `odd` marks rows in whose
    text U+FFFD stands for what no UTF-8 can hold; `raw` is the record as it was saved.

    Nothing is read yet but the names and lengths of files, and the columns of Parquet. Raises InvalidRecord for Parquet
    of another kind. A broken place fails the job that comes upon it: Spark's
    error holds the text of InvalidRecord, with the file and the line; in a file that was read line by line, behind the
    first block that Spark made of it, the block and the line in it.
    """
    if service is not None:
        services.get(service)
    files = _Files(session, paths, whole)
    parts = [source.mapInArrow(partial(_workers.rows, read, service), _ROWS) for source, read in files.texts()]
    rows = files.parquet(_raise)
    if rows is not None:
        names = [_CREATED if name == "created_at" else name for name in _workers.ROWS.names]
        parts.append(rows.selectExpr(*names))
    return reduce(lambda one, other: one.unionByName(other), parts or [session.createDataFrame([], _ROWS)])


def matching(
    session: SparkSession,
    paths: Paths,
    where: Filter,
    *,
    service: str | None = None,
    missing: Missing = "error",
    refuse: Callable[[InvalidRecord], object] | None = None,
) -> Iterator[bytes]:
    """The matching records as they were saved, in no definite order, judged as `read_export` judges them.

    Spark keeps them all until they have been taken. The error of a broken place is raised; with `refuse` that is called
    with each of them, and what comes behind is read.
    """
    found = _found(session, paths, _workers.Wanted(where, service, missing, refuse is not None), refuse).persist()
    try:
        _check(found, refuse)
        for row in found.where("error IS NULL").toLocalIterator():
            yield bytes(row.raw)
    finally:
        found.unpersist()


def count(
    session: SparkSession,
    paths: Paths,
    where: Filter,
    *,
    service: str | None = None,
    missing: Missing = "error",
    refuse: Callable[[InvalidRecord], object] | None = None,
) -> int:
    """How many records match; see `matching`."""
    found = _found(session, paths, _workers.Wanted(where, service, missing, refuse is not None), refuse)
    outcomes = found.selectExpr("CASE WHEN error IS NULL THEN 1 ELSE 0 END AS one", "error").persist()
    try:
        _check(outcomes, refuse)
        return int(outcomes.where("error IS NULL").count())
    finally:
        outcomes.unpersist()


def _found(
    session: SparkSession, paths: Paths, wanted: _workers.Wanted, refuse: Callable[[InvalidRecord], object] | None
) -> DataFrame:
    if wanted.service is not None:
        services.get(wanted.service)
    files = _Files(session, paths, WHOLE)
    parts = [source.mapInArrow(partial(_workers.found, read, wanted), _FOUND) for source, read in files.texts()]
    rows = files.parquet(refuse or _raise)
    if rows is not None:
        placed = _candidates(rows, wanted).selectExpr(
            "service",
            "CAST(coalesce(raw, 'null') AS binary) AS raw",
            "_metadata.file_path AS file",
            "_metadata.row_index AS number",
        )
        parts.append(placed.mapInArrow(partial(_workers.judged, wanted), _FOUND))
    return reduce(lambda one, other: one.union(other), parts or [session.createDataFrame([], _FOUND)])


def _candidates(rows: DataFrame, wanted: _workers.Wanted) -> DataFrame:
    """Rows that may match, for Spark to pass over others in the files; where columns cannot tell, all of them."""
    node = wanted.where.node
    answerable = all(service.answers(name) for service in services.ALL.values() for name in mentioned(node))
    few = sum(1 for _ in mentioned(node)) <= _FEW
    if wanted.service is not None or not few or not (answerable or wanted.missing == "null"):
        return rows
    import narwhals as nw

    expression = nw.col("odd") | wanted.where.frame(missing="null")
    return nw.from_native(rows).filter(expression).to_native()


_FEW: Final = 100
"""Terms that cost Spark less to plan than they spare."""


def _check(found: DataFrame, refuse: Callable[[InvalidRecord], object] | None) -> None:
    """Raise the first error, or hand over all of them; of errors of several tasks the first is any."""
    for row in found.where("error IS NOT NULL").select("error").toLocalIterator():
        error = pickle.loads(row.error)  # noqa: S301 - our own workers made it
        if refuse is None or not isinstance(error, InvalidRecord):
            raise error
        refuse(error)


_NOT_FOUND: Final = re.compile(r"^\[PATH_NOT_FOUND\] Path does not exist: (.*)\. SQLSTATE", re.DOTALL)


def _escaped(path: str) -> str:
    """The path itself, though it holds what Spark takes for a pattern."""
    return re.sub(r"[\\{}\[\]*?]", r"\\\g<0>", path)


class _Files:
    """The files that paths name, sorted by how they are read."""

    def __init__(self, session: SparkSession, paths: Paths, whole: int) -> None:
        self._session = session
        self._limit = whole
        self._whole: list[str] = []
        self._lines: list[str] = []
        self._parquet: list[str] = []
        several = [paths] if isinstance(paths, str | os.PathLike) else paths
        given = [os.fspath(path) for path in several]
        # A pattern counts as one where nothing has that very name, as everywhere.
        named = [_escaped(path) if os.path.lexists(path) else path for path in given]
        for path, length in self._listed(named):
            plain = _escaped(path)
            if path.endswith(".parquet"):
                self._parquet.append(plain)
            elif length > whole and not path.endswith(".zst"):
                self._lines.append(plain)
            elif not path.endswith(".index"):
                self._whole.append(plain)
        # Spark lists no files without a byte, which hold no record.
        if not (self._whole or self._lines or self._parquet or any(map(_holds_files, given))):
            raise FileNotFoundError(errno.ENOENT, "there is no file", ", ".join(given))

    def _listed(self, paths: list[str]) -> Iterable[tuple[str, int]]:
        """The files and their lengths; what they hold is not looked at."""
        if not paths:
            raise ValueError("there are no paths")
        reader = self._session.read.option("recursiveFileLookup", "true").format("binaryFile")
        try:
            return [(row.path, row.length) for row in reader.load(paths).select("path", "length").collect()]
        except AnalysisException as error:
            if found := _NOT_FOUND.search(str(error)):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), _workers.shown(found[1])) from error
            raise

    def texts(self) -> Iterator[tuple[DataFrame, _workers.Source]]:
        """What the workers are given, and what they make records of it with."""
        if self._whole:
            files = self._session.read.format("binaryFile").load(self._whole)
            yield files.select("path", "content"), _workers.whole
        if self._lines:
            lines = self._session.read.option("lineSep", "\n").text(self._lines)
            placed = lines.selectExpr(
                "CAST(value AS binary) AS value", "_metadata.file_path AS path", "_metadata.file_block_start AS start"
            )
            yield placed, partial(_workers.lines, self._limit)

    def parquet(self, refuse: Callable[[InvalidRecord], object]) -> DataFrame | None:
        """The rows; files that hold other ones than `reality-jobs convert` writes go to `refuse`."""
        sound = [path for path in self._parquet if not self._refused(path, refuse)]
        return self._session.read.parquet(*sound) if sound else None

    def _refused(self, path: str, refuse: Callable[[InvalidRecord], object]) -> bool:
        """Looked at one by one: Spark takes the columns of one file for those of all."""
        found = self._session.read.parquet(path).columns
        file = _workers.shown(re.sub(r"\\(.)", r"\1", path))
        if "raw" not in found:
            reason = "parquet without the records in a column 'raw'; reality-jobs convert makes it with them"
        elif absent := [name for name in _workers.ROWS.names if name not in (*found, "created_at")]:
            reason = f"parquet without the columns {', '.join(absent)}; reality-jobs convert makes it with them"
        else:
            return False
        refuse(InvalidRecord(reason, file=file))
        return True


def _holds_files(path: str) -> bool:
    """Whether a directory of this machine holds any; what is elsewhere may."""
    return not Path(path).is_dir() or any(
        not name.endswith(".index") for _, _, names in os.walk(path) for name in names
    )


def _raise(error: InvalidRecord) -> None:
    raise error
