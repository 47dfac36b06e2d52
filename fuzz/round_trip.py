"""Invariant: whatever parses says the same again in every spelling.

- `parse(str(f)) == f`, and so does a pickled one; equal filters have equal hashes.
- For every service, `parse(f.text(s)).text(s) == f.text(s)`, and that text is true of the same records of the service.
- `~f` is true of exactly the other records, unless it is refused (TypeError: an ordering on a collection).

Input: a filter, and behind the first line break a record (where there is none, a few that are built in).
"""

from __future__ import annotations

import pickle
from collections.abc import Hashable, Iterator

from cases import GUID, Record, case, mutate_case
from driver import fuzz, instrumented

with instrumented():
    from reality_jobs import Filter, InvalidFilter, InvalidRecord, parse, services
    from reality_jobs.nodes import And, Comparison, Membership, Node, Operator, Or

BUILT_IN: tuple[Record, ...] = (
    {},
    {"id": GUID.upper(), "name": "a", "email": "", "type": "Full", "state": "success", "inputs": [{"id": GUID}]},
    {"createdDateTime": "2024-06-24T13:00:00Z", "state": "Success", "inputId": [GUID], "outputId": "fdb:1"},
    {"executionInfo": {"createdDateTime": "2024-06-24T13:00:00.0000001Z"}, "specifications": {"output": GUID}},
)


def check(data: bytes) -> Hashable:
    found = case(data)
    if found is None:
        return None
    made, record = found
    again = parse(str(made))
    assert again == made, f"{made} came back as {again}"
    assert hash(again) == hash(made)
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301 - our own bytes
    records = BUILT_IN if record is None else (record,)
    for service in services.ALL:
        text = made.text(service)
        spelled = _parsed(text)
        if isinstance(spelled, InvalidFilter):
            # Only where spelling a list out as `or` passes a limit.
            assert spelled.problems[0].code in ("too-long", "too-deep"), f"{made} became {text}: {spelled}"
            continue
        assert spelled.text(service) == text, f"{service}: {text} is printed as {spelled.text(service)}"
        for one in records:
            _check_same(made, spelled, one, service)
    refused = _check_complement(made, records)
    return frozenset(_shapes(made.node)), refused, record is None


def _parsed(text: str) -> Filter | InvalidFilter:
    try:
        return parse(text)
    except InvalidFilter as error:
        return error


def _check_same(made: Filter, spelled: Filter, record: Record, service: str) -> None:
    before, after = _answer(made, record, service), _answer(spelled, record, service)
    # Where the record holds odd values one spelling may complain and the other answer.
    assert before is None or after is None or before == after, f"{service}: {before}, and as {spelled}: {after}"


def _check_complement(made: Filter, records: tuple[Record, ...]) -> bool:
    orderings = any(shape[1] in _ORDERINGS and shape[0] in ("inputId", "outputId") for shape in _shapes(made.node))
    try:
        other = ~made
    except TypeError:
        assert orderings, f"no complement of {made}"
        return True
    assert not orderings, f"an ordering on a collection has no complement: {other}"
    assert parse(str(other)) == other
    for record in records:
        for service in (None, "modeling-v1", "conversion-v2"):
            answers = _answer(made, record, service), _answer(other, record, service)
            assert None in answers or answers[0] != answers[1], f"{service}: both {answers[0]}: {made}; {other}"
    return False


_ORDERINGS = (Operator.LT, Operator.LE, Operator.GT, Operator.GE)


def _answer(made: Filter, record: Record, service: str | None) -> bool | None:
    try:
        return made.matches(record, service, missing="null")
    except InvalidRecord:
        return None


def _shapes(node: Node) -> Iterator[tuple[str, str]]:
    match node:
        case And(operands) | Or(operands):
            yield type(node).__name__, ""
            for operand in operands:
                yield from _shapes(operand)
        case Comparison(name, operator, literal):
            yield name, operator
            yield name, type(literal).__name__
        case Membership(name, literals):
            yield name, f"in {min(len(literals), 2)}"


if __name__ == "__main__":
    fuzz(__file__, check, mutate_case)
