"""A filter as generated Python over JSON text: of each record only what the filter reads is decoded.

The fields are typed so that the usual record decodes and every other one is refused (a number where text belongs, a
list in an unexpected shape, a key that would make it another service's record, or a page): whoever runs this then
reads that record whole. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import Annotated, Any, Final, Literal, cast

import msgspec
from msgspec import Raw, Struct

from ..nodes import Node
from ..records.recognition import PROOFS
from ..services import Places, Service
from ._code import FAULTS, Code
from ._ids import ids_by_type
from .predicate import check_answerable, mentioned

Run = Callable[[Iterator[bytes], Callable[[bytes], object]], bytes | None]
"""Goes through records, hands on those that match, and returns the first that it cannot decide; None at the end."""

_RUN: Final = """
def run(records, keep):
    for record in records:
        try:
            x = DECODE(record)
            if {strange}:
                return record
            hit = {expression}
        except FAULTS:
            return record
        if hit:
            keep(record)
    return None
"""

_NEVER: Final = Annotated[str, msgspec.Meta(min_length=1, max_length=0)]
"""The type of a key that must not be there: whatever it holds, decoding fails."""

_Tree = dict[str, Any]


def compile_run(node: Node, service: Service, *, missing: str, proven: bool) -> Run:
    """A run over records of one service; with `proven` a record that is not surely that service's is not decided.

    The proof is that of `records.PROOFS`, with what is absent taken together for all types.
    """
    check_answerable(node, service, missing)
    names = frozenset(name for name in mentioned(node) if service.answers(name))
    tree = _tree(names, service)
    tree["id"] = str
    needed = {"id"}
    strange = "False"
    code = Code(_Fields(service), {})
    absent = {"jobs", "job"}
    if proven:
        proofs = {
            each: proof
            for each in service.enumerations["type"]
            for proof in PROOFS[each]
            if proof.service is service and tree.keys().isdisjoint(proof.absent)
        }
        # Read as one of few values it costs no text; "" is the type of no job.
        tree["type"] = Literal[tuple(sorted(proofs)) or ("",)]
        needed.add("type")
        marks = {mark for proof in proofs.values() for mark in proof.marks}
        absent.update(key for proof in proofs.values() for key in proof.absent)
        # One that is decoded anyway costs nothing; null in it is as if it were not there, which decides nothing.
        mark = next((key for key in sorted(marks) if key in tree), None)
        if not proofs:
            strange = "True"
        elif mark:
            strange = f"x.{mark} is None"
        else:
            tree[service.marks[0]] = Raw
            needed.add(service.marks[0])
    elif any(places.container is not None for name, places in service.collections.items() if name in names):
        tree.setdefault("type", str | None)
    decoded = _struct(service.name, tree, needed, absent)
    source = _RUN.format(strange=strange, expression=code.expression(node))
    code.names |= {
        "DECODE": msgspec.json.Decoder(decoded).decode,
        "FAULTS": (*FAULTS, msgspec.DecodeError, RecursionError),
    }
    exec(compile(source, "<filter run>", "exec"), code.names)  # noqa: S102 - names and symbols of ours alone
    return cast(Run, code.names["run"])


def _tree(names: frozenset[str], service: Service) -> _Tree:
    """The types of the wanted fields, level by level; a list of a tree is an array of objects."""
    tree: _Tree = {}
    for name in names:
        places = service.collections.get(name)
        if places is None:
            _put(tree, service.scalars[name], str | None)
            continue
        for path in places.paths:
            _put(tree, path, str | None)
        if places.container is not None:
            for path in _held(places):
                _put(tree, path, object)
    return tree


def _held(places: Places) -> list[str]:
    """The paths of what a container's ids are read from: the container itself, or the keys listed for every type."""
    if places.never is not None or places.by_type.keys() != {"*"}:
        return [str(places.container)]
    return [f"{places.container}.{path.partition('.')[0].removesuffix('[]')}" for path in places.by_type["*"]]


def _put(tree: _Tree, path: str, kind: object) -> None:
    *holders, key = path.split(".")
    for holder in holders:
        inside = tree.setdefault(holder.removesuffix("[]"), [{}] if holder.endswith("[]") else {})
        tree = inside[0] if isinstance(inside, list) else inside
    tree[key] = kind


def _struct(name: str, tree: _Tree, needed: Set[str] = frozenset(), absent: Set[str] = frozenset()) -> type[Struct]:
    required: list[Any] = []
    optional: list[Any] = [(key, _NEVER, "") for key in sorted(absent)]
    for key, kind in tree.items():
        if key in needed:
            required.append((key, kind))
        elif isinstance(kind, list):
            optional.append((key, list[_struct(key, kind[0])] | None, None))  # type: ignore[misc]
        else:
            optional.append((key, _struct(key, kind) | None if isinstance(kind, dict) else kind, None))
    return msgspec.defstruct(name, required + optional, gc=False)


class _Fields:
    """A Struct `x` of `_struct`, whose fields have the names of the keys."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.fraction_digits = service.fraction_digits

    def scalar(self, name: str) -> tuple[str, bool]:
        return (f"x.{self._service.scalars[name]}" if name in self._service.scalars else "None"), True

    def ids(self, code: Code, name: str, shaped: str) -> str:
        return self._ids(code, name, shaped, lax=False)

    def lowered(self, code: Code, name: str) -> str:
        return self._ids(code, name, "w.lower()", lax=True)

    def _ids(self, code: Code, name: str, shaped: str, *, lax: bool) -> str:
        places = self._service.collections[name]
        lists = [
            f"[{shaped} for i in x.{holder} or () if (w := i.{key}) is not None]" for holder, key in _items(places)
        ]
        if places.container is not None:
            held = f"x.{places.container}"
            paths = _held(places)
            if paths != [places.container]:
                held = "{" + ", ".join(f'"{path.rpartition(".")[2]}": x.{path}' for path in paths) + "}"
            lists.append(f"[{shaped} for w in {code.bind(ids_by_type(places, lax=lax))}[x.type]({held})]")
        return f"({' + '.join(lists)})"


def _items(places: Places) -> Iterator[tuple[str, str]]:
    for path in places.paths:
        holder, _, key = path.partition("[].")
        yield holder, key
