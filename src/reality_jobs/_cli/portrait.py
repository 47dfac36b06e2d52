"""A job as a tree for people. Nothing in it is read as markup or obeyed by a terminal."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from rich.text import Text
from rich.tree import Tree

from ..diagnostics import printable
from ..instants import SECOND, format_ticks
from ..records import Job
from ..records.models import Instant, JobModel, Message, Messages, Progress
from ..records.models.naming import wire_name
from ..records.models.parts import V1Times
from ..records.models.v2 import ExecutionInfo, V2Job
from ..schema import normalise_enumeration
from .output import to_json
from .table import console, printed
from .times import ago, stretch

_STYLES: Final = {
    "success": "green",
    "failed": "red",
    "terminatingonfailure": "red",
    "cancelled": "yellow",
    "terminatingoncancel": "yellow",
    "active": "cyan",
}

# What is said in words, and so not once more as it came.
_PARTS: Final = tuple(map(wire_name, ("execution_info", "execution_information", "specifications")))
_TOLD: Final = frozenset(
    map(wire_name, ("id", "name", "type", "state", "itwin_id", "email", "user_id", "created_date_time"))
).union(_PARTS)
_TOLD_OF_RUN: Final = frozenset(
    wire_name(f"{moment}_date_time") for moment in ("created", "submitted", "submission", "started", "ended")
) | {"errors", "warnings"}

_MOST: Final = 50
_DEEPEST: Final = 12
_UNFOLDED: Final = 10_000
_NARROWEST: Final = 60
"""Columns in which an id and its label have room."""


def portrait(
    job: Job, details: JobModel, progress: Progress | None, messages: Messages | None, now: datetime, terminal: bool
) -> str:
    """A job that is as published; `messages` where they are not in the record."""
    root = _root(str(job))
    for label, value, style in _head(job, details, progress, now):
        root.add(_leaf(f"{label:9}", value, style))
    run, specifications = _objects(job.raw)
    _grow(root, run, _TOLD_OF_RUN)
    _grow(root, specifications)
    _grow(root, job.raw, _TOLD)
    errors, warnings = _messages(details, messages)
    _add_messages(root, "errors", errors, "red")
    _add_messages(root, "warnings", warnings, "yellow")
    return _drawn(root, terminal)


def rough(name: str, record: Mapping[str, object], terminal: bool) -> str:
    """Any record, as it came."""
    root = _root(name)
    _grow(root, record)
    return _drawn(root, terminal)


def _head(job: Job, details: JobModel, progress: Progress | None, now: datetime) -> Iterator[tuple[str, str, str]]:
    style = _STYLES.get(normalise_enumeration(details.state), "")
    about = [("name", details.name), ("type", details.type), ("state", details.state)]
    for label, value in (*about, ("iTwin", details.itwin_id), ("creator", job.email or job.user_id)):
        if value is not None:
            yield label, value, style if label == "state" else ""
    if progress is not None:
        yield "progress", ", ".join(filter(None, (f"{progress.percentage:g} %", progress.step))), style
    created, *later = moments = list(_moments(details))
    yield "created", ago(created[1].date_time, now), ""
    for (_, before), (label, moment) in zip(moments, later, strict=False):
        seconds = (moment.ticks - before.ticks) // SECOND
        yield label, f"{stretch(seconds)} later ({format_ticks(moment.ticks // SECOND * SECOND)})", ""
    label, last = moments[-1]
    if label == "started":
        yield "runs for", stretch((now - last.date_time).total_seconds()), ""


def _moments(details: JobModel) -> Iterator[tuple[str, Instant]]:
    """What is known of its life, in order."""
    run: ExecutionInfo | V1Times | None
    if isinstance(details, V2Job):
        run, submitted = details.execution_info, None
        yield "created", details.execution_info.created_date_time
    else:
        yield "created", details.created_date_time
        run = details.execution_information
        submitted = getattr(run, "submitted_date_time", None) or getattr(run, "submission_date_time", None)
    if run is not None:
        for label, moment in (
            ("submitted", submitted),
            ("started", run.started_date_time),
            ("ended", run.ended_date_time),
        ):
            if moment is not None:
                yield label, moment


def _messages(details: JobModel, told: Messages | None) -> tuple[Sequence[Message], Sequence[Message]]:
    source = told if told is not None or isinstance(details, V2Job) else details.execution_information
    return (source.errors or (), source.warnings or ()) if source is not None else ((), ())


def _add_messages(root: Tree, label: str, messages: Sequence[Message], style: str) -> None:
    if messages:
        branch = root.add(Text(label, style))
        for message in messages[:_MOST]:
            head = ": ".join(filter(None, (message.code, message.title)))
            node = branch.add(Text(printable(head or "(no code)")))
            if message.message:
                node.add(Text(printable(filled(message))))
        _add_rest(branch, len(messages))


def filled(message: Message) -> str:
    """The text with its params in their places, `%1` for the first; those that have none behind it.

    Source: the example of "Retrieve job messages" of the v2 services.
    """
    params = [param if isinstance(param, str) else to_json(param) for param in message.params or ()]
    placed: set[int] = set()

    def put(place: re.Match[str]) -> str:
        index = int(place[1]) - 1
        if index >= len(params):
            return place[0]
        placed.add(index)
        return params[index]

    text = re.sub(r"%([1-9][0-9]?)", put, message.message or "")
    left = ", ".join(param for index, param in enumerate(params) if index not in placed)
    return f"{text} ({left})" if left else text


def _objects(record: Mapping[str, object]) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """The run and the specifications, where there are any."""
    info, information, specifications = (
        value if isinstance(value := record.get(part), Mapping) else {} for part in _PARTS
    )
    return info or information, specifications


def _grow(tree: Tree, value: Mapping[str, object], hidden: Collection[str] = (), depth: int = 0) -> None:
    """A line for each key, and below it what it holds."""
    shown = [(key, item) for key, item in value.items() if key not in hidden]
    for key, item in shown[:_MOST]:
        _add(tree, printable(key), item, depth)
    _add_rest(tree, len(shown))


def _add(tree: Tree, label: str, value: object, depth: int) -> None:
    if not isinstance(value, Mapping | list) or not value:
        tree.add(_leaf(label, _text(value)))
    elif depth == _DEEPEST:
        tree.add(_leaf(label, "..."))
    elif isinstance(value, Mapping):
        _grow(tree.add(Text(label, "dim")), value, depth=depth + 1)
    else:
        branch = tree.add(Text(label, "dim"))
        for number, item in enumerate(islice(value, _MOST)):
            if _is_flat(item):
                branch.add(Text(printable(_text(item))))
            else:
                _add(branch, f"[{number}]", item, depth + 1)
        _add_rest(branch, len(value))


def _is_flat(value: object) -> bool:
    """Whether it fits a line."""
    items = value.values() if isinstance(value, Mapping) else (value,)
    return not any(isinstance(item, Mapping | list) for item in items)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and value:
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    return to_json(value)


def _add_rest(tree: Tree, count: int) -> None:
    if count > _MOST:
        tree.add(Text(f"... {count - _MOST:,} more; --format json shows all", "dim"))


def _leaf(label: str, value: str, style: str = "") -> Text:
    return Text.assemble((label, "dim"), "  ", (printable(value), style))


def _root(name: str) -> Tree:
    return Tree(Text(printable(name), "bold"), guide_style="dim")


def _drawn(root: Tree, terminal: bool) -> str:
    screen = console(terminal, _UNFOLDED)
    screen.width = max(screen.width, _NARROWEST)
    return printed(screen, root).rstrip("\n")
