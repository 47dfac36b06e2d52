"""Which service a raw record comes from, by its shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

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
    job_type = record.get("type")
    if isinstance(job_type, str):
        for proof in PROOFS.get(job_type, ()):
            if proof.holds(record):
                return proof.service
    return _by_marks(record, job_type)


@frozen
class Proof:
    """What shows at a glance whose a record of some type is: it holds one of `marks` and none of `absent`.

    The rule of `recognise`, cut short: among the services that list the type no other has a mark then.
    """

    service: Service
    marks: tuple[str, ...]
    absent: tuple[str, ...]

    def holds(self, record: Mapping[str, object]) -> bool:
        return any(key in record for key in self.marks) and not any(key in record for key in self.absent)


def _proofs(job_type: str) -> Iterator[Proof]:
    listing = [service for service in services.ALL.values() if job_type in service.enumerations["type"]]
    for service in listing:
        marks = tuple(mark for mark in service.marks if "." not in mark)
        rivals = {_outermost(mark) for other in listing if other is not service for mark in other.marks}
        # A key of which both have a mark tells nothing: then the marks must be counted.
        if marks and rivals.isdisjoint(map(_outermost, service.marks)):
            yield Proof(service, marks, tuple(sorted(rivals)))


def _outermost(mark: str) -> str:
    """The key without which a record cannot have the mark."""
    return mark.partition(".")[0]


PROOFS: Final[Mapping[str, tuple[Proof, ...]]] = {
    job_type: tuple(_proofs(job_type)) for job_type in services.listed_values("type")
}
"""For each listed type. A record for which none holds may still be recognised, by its marks."""


def _by_marks(record: Mapping[str, object], job_type: object) -> Service | None:
    best: Service | None = None
    best_score = 0
    for service in services.ALL.values():
        score = sum([_has(record, mark) for mark in service.marks])
        if score and job_type in service.enumerations["type"]:
            score += 100
        if score > best_score:
            best, best_score = service, score
    return best


def _has(record: Mapping[str, object], path: str) -> bool:
    if "." not in path:
        return path in record
    value: object = record
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return False
        value = value[key]
    return True
