"""Every way to run a filter over records gives the oracle's answer."""

from __future__ import annotations

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reality_jobs import Filter, InvalidRecord, Job, Unanswerable
from reality_jobs.nodes import And, Comparison, Guid, Instant, Membership, Node, Null, Operator, Or, Text
from tests import oracle
from tests.oracle import COLLECTIONS, allowed, verdict
from tests.strategies import GUIDS, ORDERINGS, SERVICES, Record, any_records, filters, records

services = st.sampled_from(SERVICES)


def outcome(f: Filter, job: Record | Job, service: str | None = None, missing: str = "error") -> bool | str | None:
    """True, False, None for InvalidRecord, and the words of an Unanswerable."""
    try:
        return f.predicate(service, missing)(job)  # type: ignore[arg-type]
    except InvalidRecord:
        return None
    except Unanswerable as error:
        return f"{error.service} never holds {error.property}"


def expected(node: Node, record: Record, service: str | None = None, missing: str = "error") -> oracle.Verdict | str:
    try:
        return verdict(node, record, service, missing)
    except oracle.Unanswerable as error:
        return f"{error.service} never holds {error.property}"


def agrees(wanted: oracle.Verdict | str, got: bool | str | None) -> bool:
    if isinstance(wanted, str) or isinstance(got, str):
        return wanted == got
    return allowed(wanted, got)


@given(services.flatmap(lambda service: st.tuples(st.just(service), records(service))), filters())
def test_a_record_of_the_named_service(pair: tuple[str, Record], node: Node) -> None:
    service, record = pair
    assert agrees(expected(node, record, service), outcome(Filter(node), record, service))


@given(any_records(), services, filters())
def test_a_record_of_another_shape_than_the_named_service(
    pair: tuple[str | None, Record], service: str, node: Node
) -> None:
    assert agrees(expected(node, pair[1], service), outcome(Filter(node), pair[1], service))


@given(st.lists(any_records(), min_size=1, max_size=4), filters())
def test_records_recognised_one_by_one(pairs: list[tuple[str | None, Record]], node: Node) -> None:
    f = Filter(node)
    for _, record in pairs:
        assert agrees(expected(node, record), outcome(f, record))


@given(any_records(), st.none() | services, filters())
def test_what_records_never_hold_is_null_if_the_caller_says_so(
    pair: tuple[str | None, Record], service: str | None, node: Node
) -> None:
    assert agrees(
        expected(node, pair[1], service, missing="null"), outcome(Filter(node), pair[1], service, missing="null")
    )


@given(any_records(), st.none() | services, filters())
def test_a_job_answers_as_its_record_does(pair: tuple[str | None, Record], service: str | None, node: Node) -> None:
    assert agrees(expected(node, pair[1], service), outcome(Filter(node), Job.of(pair[1], service)))


@given(services, filters())
def test_unanswerable_comes_when_a_filter_is_bound(service: str, node: Node) -> None:
    if service in oracle.V2 and "email" in oracle.mentioned(node):
        with pytest.raises(Unanswerable) as caught:
            Filter(node).predicate(service)
        assert (caught.value.property, caught.value.service) == ("email", service)
    else:
        Filter(node).predicate(service)


@given(services.flatmap(lambda service: st.tuples(st.just(service), st.lists(records(service), max_size=4))), filters())
def test_select_keeps_what_the_predicate_is_true_of(pair: tuple[str, list[Record]], node: Node) -> None:
    service, candidates = pair
    f = Filter(node)
    answers = [outcome(f, record, service, missing="null") for record in candidates]
    readable = [record for record, answer in zip(candidates, answers, strict=True) if answer is not None]
    kept = [record for record, answer in zip(candidates, answers, strict=True) if answer]
    assert list(f.select(readable, service, "null")) == kept


@given(any_records(), filters(negatable=True))
def test_the_complement_is_true_of_exactly_the_others(pair: tuple[str | None, Record], node: Node) -> None:
    record = pair[1]
    f = Filter(node)
    plain, negated = outcome(f, record, missing="null"), outcome(~f, record, missing="null")
    # Over an odd value one of the two may find its answer elsewhere and the other not.
    if not verdict(node, record, missing="null").odd or (plain is not None and negated is not None):
        assert negated is (not plain)
    assert allowed(verdict((~f).node, record, missing="null"), negated)  # type: ignore[arg-type]


@given(filters())
def test_only_an_ordering_on_a_collection_has_no_complement(node: Node) -> None:
    f = Filter(node)
    if orders_a_collection(node):
        with pytest.raises(TypeError):
            operator.invert(f)
    else:
        assert operator.invert(f) != f


def orders_a_collection(node: Node) -> bool:
    if isinstance(node, And | Or):
        return any(orders_a_collection(operand) for operand in node.operands)
    return isinstance(node, Comparison) and node.property in COLLECTIONS and node.operator in ORDERINGS


# Small terms, one at a time, where a rule is subtle: every operator, every value of the pools, no luck needed.

VALUES: dict[str, tuple[object, ...]] = {
    "name": (None, "", "a", "A", "\uffff", "\U0001f600", 0, True, {}, [], ["a"]),
    "state": (None, "", "Success", "success", "\u017fuccess", "_", "Z", 0, False, {}, [], ["success"]),
    "id": (None, "", GUIDS[0], GUIDS[0].upper(), "fdb:1", "FDB:1", 5, {}, [], ["fdb:1"], [GUIDS[0]], ["fdb:1"] * 36),
    "createdDateTime": (
        None,
        "1970-01-01T00:00:00Z",
        "1970-01-01T00:00:00.0000001+00:00",
        "1969-12-31T23:59:59.9999999Z",
        "1970-01-01T00:00z",
        "1970-01-01T00:00:00",
        "1970-01-01T24:00:00Z",
        "1970-01-32T00:00:00.0000000+00:00",
        "",
        0,
        [],
        {},
    ),
}
LITERALS = {
    "name": (Text(""), Text("a"), Text("A"), Text("\U0001f600")),
    "state": (Text(""), Text("Success"), Text("z"), Text("[")),
    "id": (Text(""), Guid(GUIDS[0]), Text("fdb:1")),
    "createdDateTime": (Instant(-1), Instant(0), Instant(1)),
}


def single_terms(property: str) -> list[Node]:
    literals = LITERALS[property]
    nullable = (*literals, Null())
    compared = [
        Comparison(property, sign, literal)
        for sign in Operator
        for literal in (literals if sign in ORDERINGS else nullable)
    ]
    return [*compared, *(Membership(property, members) for members in ((), literals, nullable, literals[:1]))]


def shaped(service: str | None, property: str, value: object) -> Record:
    if service in oracle.V2 and property == "createdDateTime":
        return {"executionInfo": {property: value}}
    return {property: value}


@pytest.mark.parametrize("service", [*SERVICES, None])
@pytest.mark.parametrize("property", VALUES)
def test_every_operator_on_every_value(service: str | None, property: str) -> None:
    recorded = [shaped(service, property, value) for value in VALUES[property]]
    assert disagreements(single_terms(property), recorded, service) == []


IDS: tuple[object, ...] = (
    None,
    "",
    [],
    {},
    GUIDS[0],
    [GUIDS[0].upper(), "fdb:1"],
    [None],
    ["fdb:1", None, 5],
    5,
    False,
    ["fdb:1"] * 36,
    "bkt:1",
    [{}],
    [["fdb:1"]],
    [None, {"id": None}],
)
ID_LITERALS = (Text(""), Text("bkt:1"), Guid(GUIDS[0]), Text("fdb:1"))


def with_ids(service: str | None, property: str, ids: object) -> list[Record]:
    """Records that hold the ids, and the ids' holder, in every place that the service has for them."""
    if service is None:
        return [{property: ids}]
    if service == "conversion-v2" and property == "outputId":
        return [{"specifications": {"output": ids}}, {"specifications": ids}]
    if service in oracle.V2:
        key = "inputs" if property == "inputId" else "outputs"
        listed = {"type": "Tiling", "specifications": {key: {"scene": ids, "modelingReference": {"location": ids}}}}
        return [listed, {"type": "Tiling", "specifications": {key: ids}}, {"specifications": {key: {"x": ids}}}]
    key = "inputs" if property == "inputId" else "outputs"
    holders: list[object] = [[{"id": ids}], {"id": ids}, ids, [ids], [[{"id": ids}]], [{"realityDataId": ids}]]
    if service == "modeling-v1" and property == "outputId":
        return [{"jobSettings": {key: holder}} for holder in holders] + [{"jobSettings": ids}]
    return [{key: holder} for holder in holders]


@pytest.mark.parametrize("service", [*SERVICES, None])
@pytest.mark.parametrize("property", COLLECTIONS)
def test_every_operator_on_every_collection(service: str | None, property: str) -> None:
    members: tuple[tuple[Guid | Text | Null, ...], ...] = ((), ID_LITERALS, (*ID_LITERALS, Null()), ID_LITERALS[2:3])
    nodes: list[Node] = [Comparison(property, sign, x) for sign in Operator for x in ID_LITERALS]
    nodes += [Comparison(property, sign, Null()) for sign in (Operator.EQ, Operator.NE)]
    nodes += [Membership(property, m) for m in members]
    recorded = [record for ids in IDS for record in with_ids(service, property, ids)]
    assert disagreements(nodes, recorded, service) == []


def disagreements(nodes: list[Node], recorded: list[Record], service: str | None) -> list[tuple[str, Record, object]]:
    """All of them, so that a rule that is wrong shows its whole pattern at once."""
    answers = [(node, record, outcome(Filter(node), record, service)) for node in nodes for record in recorded]
    return [
        (str(Filter(node)), record, got)
        for node, record, got in answers
        if not agrees(expected(node, record, service), got)
    ]
