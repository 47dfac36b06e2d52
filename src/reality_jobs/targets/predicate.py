"""A filter as generated Python over decoded records: one function for one filter and one record shape.

The usual record is decided by the generated expression, any other exactly, by `evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, Protocol, TypeVar, cast

from .. import services
from ..errors import InvalidRecord, Unanswerable
from ..nodes import Node, leaves
from ..records import Job, fields_of, json_kind, recognise
from ..records.recognition import PROOFS, Proof
from ..services import Service
from ._code import FAULTS, Code, odd
from ._ids import ids_by_type, ids_exactly
from .evaluate import evaluate

Record = Mapping[str, object]
Predicate = Callable[[Record | Job], bool]
T = TypeVar("T", bound=Record | Job)


class Select(Protocol):
    """Yields the very records and jobs that match, in order."""

    def __call__(self, records: Iterable[T], /) -> Iterator[T]: ...


_REMEMBERED: Final = 1_000
"""So many records are first taken to be of the service of the one before them."""

_PREDICATE = """
def predicate(job):
    r = job.raw if job.__class__ is JOB else job
    try:
        return {expression}
    except FAULTS:
        return EXACTLY(r)
"""

# The test stands alone inside `try`: whatever the consumer throws into the generator must pass through.
_SELECT = """
def select(records):
    for job in records:
        r = job.raw if job.__class__ is JOB else job
        try:
            hit = {expression}
        except FAULTS:
            hit = EXACTLY(r)
        if hit:
            yield job
"""

_PROVEN = """
def proven(r):
    return {expression}
"""

# Made for one service: what is not surely its own is asked elsewhere, and so is what its expression trips over.
_OWN = """
def own(records):
    for job in records:
        try:
            if job.__class__ is JOB:
                r = job.raw if job.service == SERVICE else None
            else:
                t = job["type"]
                r = job if {surely} else None
            hit = ANY(job) if r is None else {expression}
        except FAULTS:
            hit = ANY(job)
        if hit:
            yield job
"""


def compile_predicate(node: Node, service: Service | None, *, missing: str = "error") -> Predicate:
    """A function from a raw record of that service (None: of no known shape) to true or false."""
    return cast(Predicate, _compiled(_PREDICATE, "predicate", node, service, missing))


def compile_select(node: Node, service: Service | None, *, missing: str = "error") -> Select:
    """The same inlined in a loop over many records."""
    return cast(Select, _compiled(_SELECT, "select", node, service, missing))


def compile_recognising(node: Node, *, missing: str) -> tuple[Predicate, Select]:
    """The same two for records that are recognised one by one, and jobs, which know their service."""
    check_answerable(node, None, missing)

    by_service = _Lazy[str | None, Predicate](lambda name: compile_predicate(node, _named(name), missing=missing))
    by_proofs = _Lazy[tuple[Proof, ...], Predicate](lambda proofs: _proven(node, proofs, missing))
    by_type = _Lazy[object, Predicate](lambda job_type: by_proofs[PROOFS[cast(str, job_type)]])

    def predicate(job: Record | Job) -> bool:
        try:
            if isinstance(job, Job):
                return by_service[job.service](job.raw)
            return by_type[job["type"]](job)
        except FAULTS:
            service, record = _told(job)
            return by_service[service](record)

    loops = _Lazy[str | None, Select](lambda name: _own(node, _named(name), missing, predicate))

    def select(records: Iterable[T]) -> Iterator[T]:
        remaining = iter(records)
        for job in remaining:
            if predicate(job):
                yield job
            service, _ = _told(job)
            yield from loops[service](islice(remaining, _REMEMBERED))

    return predicate, select


K = TypeVar("K")
V = TypeVar("V")


class _Lazy(dict[K, V]):
    """What is made of a key, when it is first asked for."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        self[key] = made = self._make(key)
        return made


def _told(job: Record | Job) -> tuple[str | None, Record]:
    """The name of a job's service, and its record."""
    if isinstance(job, Job):
        return job.service, job.raw
    if not isinstance(job, Mapping):
        raise InvalidRecord(f"expected a job record (an object), found {json_kind(job)}")
    service = recognise(job)
    return None if service is None else service.name, job


def _named(name: str | None) -> Service | None:
    return None if name is None else services.get(name)


def _proven(node: Node, proofs: tuple[Proof, ...], missing: str) -> Predicate:
    """For records of a type: the test of the service that they are proven to be of; it fails where there is none."""
    names: dict[str, object] = {"ODD": odd}
    source = "ODD()"
    for proof in proofs:
        if missing == "null" or all(map(proof.service.answers, mentioned(node))):
            expression = Code(_Keys(proof.service), names).expression(node)
            source = f"{expression} if {_holds(proof, 'r')} else {source}"
    return cast(Predicate, _made(_PROVEN, "proven", names, expression=source))


def _own(node: Node, service: Service | None, missing: str, otherwise: Predicate) -> Select:
    check_answerable(node, service, missing)
    names: dict[str, object] = {"JOB": Job, "SERVICE": service and service.name, "ANY": otherwise}
    code = Code(_Keys(service), names)
    types: dict[Proof, set[str]] = {}
    for job_type, proofs in PROOFS.items():
        for proof in proofs:
            if proof.service is service:
                types.setdefault(proof, set()).add(job_type)
    told = [f"t in {code.bind(frozenset(told))} and {_holds(proof, 'job')}" for proof, told in types.items()]
    surely = " or ".join(told) or "False"
    return cast(Select, _made(_OWN, "own", names, expression=code.expression(node), surely=surely))


def _holds(proof: Proof, record: str) -> str:
    held = " or ".join([f'"{key}" in {record}' for key in proof.marks])
    return f"({held})" + "".join([f' and "{key}" not in {record}' for key in proof.absent])


def check_answerable(node: Node, service: Service | None, missing: str) -> None:
    """Raises Unanswerable if the filter mentions what this service's records never carry."""
    if missing not in ("error", "null"):
        raise ValueError(f"missing is 'error' or 'null', not {missing!r}")
    if service is not None and missing == "error":
        for name in mentioned(node):
            if not service.answers(name):
                raise Unanswerable(name, service.name)


def mentioned(node: Node) -> Iterator[str]:
    """The properties of a tree, in order, with repetitions."""
    return (leaf.property for leaf in leaves(node))


def _compiled(template: str, name: str, node: Node, service: Service | None, missing: str) -> object:
    check_answerable(node, service, missing)
    names: dict[str, object] = {"EXACTLY": _exactly(node, service), "JOB": Job}
    return _made(template, name, names, expression=Code(_Keys(service), names).expression(node))


def _made(template: str, name: str, names: dict[str, object], **sources: str) -> object:
    code = compile(template.format(**sources), f"<filter {name}>", "exec")
    exec(code, names)  # noqa: S102 - names and symbols of ours alone
    return names[name]


class _Keys:
    """A mapping `r`, as `json` decodes a record; a required key is subscripted, which is faster."""

    def __init__(self, service: Service | None) -> None:
        self._service = service
        self.fraction_digits = service.fraction_digits if service else 0

    def scalar(self, name: str) -> tuple[str, bool]:
        service = self._service
        if service is None:
            return f'r.get("{name}")', True
        if name not in service.scalars:
            return "None", True
        *holders, key = service.scalars[name].split(".")
        holder = _subscripts(holders)
        if name in service.required:
            return f'{holder}["{key}"]', False
        return f'{holder}.get("{key}")', True

    def ids(self, code: Code, name: str, shaped: str) -> str:
        ids = self._held(code, name, lax=False)
        if ids is not None:
            return f"[{shaped} for w in {ids}]"
        path = fields_of(name, self._service)
        if self._service is not None and path is not None and path.endswith("[].id"):
            holder = _subscripts(path.removesuffix("[].id").split("."))
            return f'[{shaped} for x in {holder} or NONE({holder}) if (w := x.get("id")) is not None]'
        return f"[{shaped} for w in {code.bind(ids_exactly(name, self._service))}(r)]"

    def lowered(self, code: Code, name: str) -> str:
        ids = self._held(code, name, lax=True)
        return self.ids(code, name, "w.lower()") if ids is None else f"map(LOWER, {ids})"

    def _held(self, code: Code, name: str, *, lax: bool) -> str | None:
        """The source of the ids in a container; None where the collection has none."""
        places = None if self._service is None else self._service.collections.get(name)
        if places is None or places.container is None:
            return None
        *holders, key = places.container.split(".")
        held = f'{_subscripts(holders)}.get("{key}")' if holders else _subscripts([key])
        return f'{code.bind(ids_by_type(places, lax=lax))}[r["type"]]({held})'


def _subscripts(keys: Iterable[str]) -> str:
    return "r" + "".join([f'["{key}"]' for key in keys])


def _exactly(node: Node, service: Service | None) -> Predicate:
    def decided(record: Record | Job) -> bool:
        return evaluate(node, record.raw if isinstance(record, Job) else record, service)

    return decided
