"""Reading saved jobs, from one file or many."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import TYPE_CHECKING, Literal

from .. import services
from ..errors import InvalidRecord
from ..records import Job
from .judging import Judge
from .parts import read_part, whole
from .paths import expanded
from .saved import Saved

if TYPE_CHECKING:
    from ..filters import Filter

__all__ = ["OnError", "Paths", "Saved", "read_export", "records"]

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
OnError = Literal["stop", "skip"] | Callable[[InvalidRecord], object]

_LOG = logging.getLogger("reality_jobs.exports")


def read_export(
    paths: Paths,
    where: Filter | None = None,
    *,
    service: str | None = None,
    missing: Literal["error", "null"] = "error",
    on_error: OnError = "stop",
    strict: bool = False,
) -> Iterator[Job]:
    """The jobs saved in these files that the filter holds of (all of them without one), in the order they stand there.

    `-` is standard input; a directory or a pattern (`*`, `**`) stands for the files in it. No file is opened before the
    first `next()`, and a block of it is held, not the whole. What a file holds is seen from its bytes, never from its
    name: records one a line, or over several lines; list answers as saved (an object with an array `jobs`) and detail
    answers (`job`); arrays of either; any of these one after the other; all of it in gzip or zstd; Parquet that
    `reality-jobs convert` wrote. An index beside a file (`reality-jobs index`) is used where it fits. A record of a
    service that is not named is recognised by its shape (`records.recognise`).

    A broken place raises InvalidRecord with file and line. `on_error="skip"` logs a warning instead and goes on behind
    it; a function is called with the error, then the same. With a filter, text that cannot match is passed over, broken
    or not (behind the first 256 KiB, where the filter allows it), and what the filter does not read is not looked at;
    `strict=True` reads every record whole. Unanswerable stops in any case, and so does a file that cannot be opened:
    FileNotFoundError and the other plain OSErrors. A filter with `iTwinId` cannot widen the search here as it does in a
    live list: what was not saved is not found.
    """
    saved = records(paths, where, service=service, missing=missing, on_error=on_error, strict=strict)
    return _jobs(saved, service, _refusal(on_error))


def records(
    paths: Paths,
    where: Filter | None = None,
    *,
    service: str | None = None,
    missing: Literal["error", "null"] = "error",
    on_error: OnError = "stop",
    strict: bool = False,
    passed: Callable[[int], object] = lambda size: None,
) -> Iterator[Saved]:
    """The same one level down: each record with its own bytes, its file and its line.

    `passed` is told how many bytes of text go by.
    """
    if service is not None:
        services.get(service)
    if isinstance(where, str):
        raise TypeError(f"where is a filter, not text: where=parse({where!r})")
    if isinstance(paths, bytes):
        raise TypeError(f"a path is text or os.PathLike, not bytes: {paths!r}")
    one = isinstance(paths, str | os.PathLike)
    judge = None if where is None else Judge(where, service, missing, strict)
    return _records((paths,) if one else paths, judge, _refusal(on_error), passed)  # type: ignore[arg-type]


def _jobs(saved: Iterator[Saved], service: str | None, refuse: Callable[[InvalidRecord], object]) -> Iterator[Job]:
    for each in saved:
        try:
            record = each.record
        except InvalidRecord as error:
            refuse(error)
            continue
        yield Job.of(record, service)


def _records(
    paths: Iterable[str | os.PathLike[str]],
    judge: Judge | None,
    refuse: Callable[[InvalidRecord], object],
    passed: Callable[[int], object],
) -> Iterator[Saved]:
    for path in expanded(paths):
        part = whole(path, judge)
        for raws, lines, records in read_part(part, refuse, judge, passed=passed):
            yield from map(Saved, raws, repeat(part.name), lines(), records or repeat(None))


def _refusal(on_error: OnError) -> Callable[[InvalidRecord], object]:
    if callable(on_error):
        return on_error
    try:
        return {"stop": _stop, "skip": _warn}[on_error]
    except (KeyError, TypeError):
        raise ValueError(f"on_error is 'stop', 'skip' or a function, not {on_error!r}") from None


def _stop(error: InvalidRecord) -> None:
    raise error


def _warn(error: InvalidRecord) -> None:
    _LOG.warning("skipped: %s", error)
