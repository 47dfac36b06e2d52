"""Which service a raw record comes from, by its shape."""

from __future__ import annotations

from collections.abc import Mapping

from .. import services
from ..services import Service


def recognise(record: Mapping[str, object]) -> Service | None:
    """The service whose shape the record has; None for a mapping of no known shape.

    A service is a candidate if the record has at least one of its marks. Among candidates the one that lists the
    record's `type` wins, then the one with most marks, then registry order. So a v2 record of a type that nobody lists
    counts as Conversion v2 where it holds `specifications.output`, else as Modeling v2; a v1 record of an unlisted
    type without `jobSettings`, `workspaceId` or `location` counts as Conversion v1. Where that guess is wrong, name
    the service: it decides. Source: the published record schemas; the order of precedence is our choice.
    """
    best: Service | None = None
    best_score = 0
    job_type = record.get("type")
    for service in services.ALL.values():
        score = sum(_has(record, mark) for mark in service.marks)
        if score and job_type in service.enumerations["type"]:
            score += 100
        if score > best_score:
            best, best_score = service, score
    return best


def _has(record: Mapping[str, object], path: str) -> bool:
    value: object = record
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return False
        value = value[key]
    return True
