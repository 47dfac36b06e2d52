"""A filter as generated Python over decoded records: one function for one filter and one record shape.

The usual record is decided by the generated expression, any other exactly, by `evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from ..errors import Unanswerable
from ..nodes import And, Node, Or
from ..records import Job, fields_of
from ..services import Service
from ._code import Code
from ._ids import ids_reader
from .evaluate import evaluate

Record = Mapping[str, object]
Predicate = Callable[[Record], bool]
Select = Callable[[Iterable[Record]], Iterator[Record]]

_PREDICATE = """
def predicate(r):
    try:
        return {expression}
    except FAULTS:
        return EXACTLY(r)
"""

# The test stands alone inside `try`: whatever the consumer throws into the generator must pass through.
_SELECT = """
def select(records):
    for r in records:
        try:
            hit = {expression}
        except FAULTS:
            hit = EXACTLY(r)
        if hit:
            yield r
"""


def compile_predicate(node: Node, service: Service | None, *, missing: str = "error") -> Predicate:
    """A function from a raw record of that service (None: of no known shape) to true or false."""
    return cast(Predicate, _compiled(_PREDICATE, "predicate", node, service, missing))


def compile_select(node: Node, service: Service | None, *, missing: str = "error") -> Select:
    """The same inlined in a loop over many records."""
    return cast(Select, _compiled(_SELECT, "select", node, service, missing))


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
    if isinstance(node, And | Or):
        for operand in node.operands:
            yield from mentioned(operand)
    else:
        yield node.property


def _compiled(template: str, name: str, node: Node, service: Service | None, missing: str) -> object:
    check_answerable(node, service, missing)
    code = Code(_Keys(service))
    source = template.format(expression=code.expression(node))
    code.names["EXACTLY"] = _exactly(node, service)
    exec(compile(source, f"<filter {name}>", "exec"), code.names)  # noqa: S102 - names and symbols of ours alone
    return code.names[name]


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
        holder = "r" + "".join(f'["{h}"]' for h in holders)
        if name in service.required:
            return f'{holder}["{key}"]', False
        return f'{holder}.get("{key}")', True

    def ids(self, code: Code, name: str, shaped: str) -> str:
        path = fields_of(name, self._service)
        if self._service is not None and path is not None and path.endswith("[].id"):
            holder = "r" + "".join(f'["{key}"]' for key in path.removesuffix("[].id").split("."))
            return f'[{shaped} for x in {holder} or NONE({holder}) if (w := x.get("id")) is not None]'
        reader = code.bind(ids_reader(name, self._service))
        return f"[{shaped} for w in {reader}(r)]"


def _exactly(node: Node, service: Service | None) -> Predicate:
    def decided(record: Record | Job) -> bool:
        # A Job cannot be subscripted, so it always ends here.
        return evaluate(node, record.raw if isinstance(record, Job) else record, service)

    return cast(Predicate, decided)
