"""The oracle against verdicts worked out by hand from the sentences that fix the meaning of the language."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reality_jobs.nodes import And, Comparison, Guid, Instant, Literal, Membership, Node, Null, Operator, Or, Text
from tests.oracle import ODD, Unanswerable, Verdict, allowed, moment, recognised, verdict

TRUE, FALSE = Verdict(True), Verdict(False)
TRUE_ANYWAY, FALSE_ANYWAY = Verdict(True, odd=True), Verdict(False, odd=True)
LOW, HIGH = "dc720f05-e5f7-448b-ae06-765de46f0af1", "dc720f05-e5f7-448b-ae06-765de46f0af2"


def term(property: str, operator: str, value: str | int | None) -> Comparison:
    return Comparison(property, Operator(operator), literal(value))


def among(property: str, *values: str | int | None) -> Membership:
    return Membership(property, tuple(literal(value) for value in values))


def literal(value: str | int | None) -> Literal:
    if value is None:
        return Null()
    if isinstance(value, int):
        return Instant(value)
    return Guid(value) if value in (LOW, HIGH) else Text(value)


NULLS = [
    (term("name", "eq", None), {}, TRUE),
    (term("name", "eq", None), {"name": None}, TRUE),
    (term("name", "eq", None), {"name": ""}, FALSE),
    (term("name", "eq", "x"), {}, FALSE),
    (term("name", "ne", "x"), {}, TRUE),
    (term("name", "ne", None), {}, FALSE),
    (term("name", "lt", "x"), {}, FALSE),
    (term("name", "le", "x"), {"name": None}, FALSE),
    (term("name", "ge", ""), {}, FALSE),
    (among("name", "x", None), {}, TRUE),
    (among("name", "x", "y"), {"name": "y"}, TRUE),
    (among("name"), {}, FALSE),
]
COLLECTIONS = [
    (term("inputId", "eq", LOW), {"inputId": [HIGH, LOW]}, TRUE),
    (term("inputId", "ne", LOW), {"inputId": [HIGH, LOW]}, FALSE),
    (term("inputId", "ne", LOW), {"inputId": [HIGH]}, TRUE),
    (term("inputId", "ne", LOW), {"inputId": []}, TRUE),
    (term("inputId", "lt", HIGH), {"inputId": [HIGH, LOW]}, TRUE),
    (term("inputId", "gt", HIGH), {"inputId": [HIGH, LOW]}, FALSE),
    (term("inputId", "ge", LOW), {"inputId": []}, FALSE),
    (term("inputId", "eq", None), {}, TRUE),
    (term("inputId", "eq", None), {"inputId": [None]}, TRUE),
    (term("inputId", "eq", None), {"inputId": [None, LOW]}, FALSE),
    (term("inputId", "ne", None), {"inputId": [None, LOW]}, TRUE),
    (term("inputId", "eq", "a"), {"inputId": "a"}, TRUE),
    (among("outputId", None), {"outputId": [None]}, TRUE),
    (among("outputId", None, LOW), {"outputId": [LOW]}, TRUE),
]
VALUES = [
    (term("id", "eq", LOW), {"id": LOW.upper()}, TRUE),
    (term("id", "lt", HIGH), {"id": LOW.upper()}, TRUE),
    (term("id", "eq", "fdb:A"), {"id": "fdb:a"}, FALSE),
    (term("name", "eq", "A"), {"name": "a"}, FALSE),
    (term("name", "lt", "\U0001f600"), {"name": "\uffff"}, TRUE),
    (term("name", "eq", "\u00e9"), {"name": "e\u0301"}, FALSE),
    (term("state", "eq", "success"), {"state": "SUCCESS"}, TRUE),
    (term("state", "lt", "b"), {"state": "ACTIVE"}, TRUE),
    (term("state", "gt", "Z"), {"state": "_"}, FALSE),
    (term("type", "eq", "k"), {"type": "\u212a"}, FALSE),
    (term("type", "eq", "i"), {"type": "\u0131"}, FALSE),
    (term("type", "eq", "ss"), {"type": "\u00df"}, FALSE),
    (term("createdDateTime", "eq", 0), {"createdDateTime": "1970-01-01T00:00:00.0000000+00:00"}, TRUE),
    (term("createdDateTime", "gt", 0), {"createdDateTime": "1970-01-01T00:00:00.0000001Z"}, TRUE),
    (term("createdDateTime", "eq", 1), {"createdDateTime": "1970-01-01T00:00:00.000000199999Z"}, TRUE),
    (term("createdDateTime", "eq", 0), {"createdDateTime": "1970-01-01t01:30+01:30"}, TRUE),
]
ODD_ONES = [
    (term("name", "eq", "x"), {"name": 5}, ODD),
    (term("name", "ne", "x"), {"name": False}, ODD),
    (term("name", "eq", None), {"name": {}}, ODD),
    (term("createdDateTime", "ge", 0), {"createdDateTime": "2023-02-29T00:00:00Z"}, ODD),
    (Or((term("name", "eq", "x"), term("id", "eq", "a"))), {"name": 5, "id": "a"}, TRUE_ANYWAY),
    (And((term("name", "eq", "x"), term("id", "eq", "a"))), {"name": 5, "id": "b"}, FALSE_ANYWAY),
    (And((term("name", "eq", "x"), term("id", "eq", "a"))), {"name": 5, "id": "a"}, ODD),
    (among("name"), {"name": 5}, FALSE_ANYWAY),
    (term("inputId", "eq", "a"), {"inputId": [5, "a"]}, TRUE_ANYWAY),
    (term("inputId", "ne", "a"), {"inputId": [5, "a"]}, FALSE_ANYWAY),
    (term("inputId", "eq", "b"), {"inputId": [5, "a"]}, ODD),
    (term("inputId", "eq", None), {"inputId": [5]}, ODD),
    (term("inputId", "eq", None), {"inputId": [5, "a"]}, FALSE_ANYWAY),
    (term("inputId", "lt", "b"), {"inputId": 5}, ODD),
    (term("name", "eq", "x"), {"name": "x", "id": 5}, TRUE),
]


@pytest.mark.parametrize(("node", "record", "expected"), [*NULLS, *COLLECTIONS, *VALUES, *ODD_ONES])
def test_a_mapping_read_by_the_nine_wire_names(node: Node, record: Mapping[str, object], expected: Verdict) -> None:
    assert verdict(node, record) == expected


V1_INPUTS = {"inputs": [{"id": LOW}, {"id": None}, {}, None]}
PLACES = [
    ("modeling-v1", "inputId", V1_INPUTS, LOW, TRUE),
    ("conversion-v1", "inputId", {"inputs": {"id": LOW}}, LOW, TRUE),
    ("modeling-v1", "inputId", {"inputs": [LOW]}, LOW, ODD),
    ("analysis-v1", "inputId", {"inputs": [{"realityDataId": LOW}]}, LOW, TRUE),
    ("conversion-v1", "inputId", {"inputs": [{"realityDataId": LOW}]}, LOW, FALSE),
    ("modeling-v1", "outputId", {"jobSettings": {"outputs": [{"id": LOW}]}}, LOW, TRUE),
    ("modeling-v1", "outputId", {"outputs": [{"id": LOW}]}, LOW, FALSE),
    ("analysis-v1", "outputId", {"outputs": [{"type": "LAS"}]}, None, TRUE),
    ("conversion-v2", "outputId", {"specifications": {"output": "fdb:1"}}, "fdb:1", TRUE),
    ("conversion-v2", "outputId", {"specifications": {"output": "bkt:1"}}, None, TRUE),
    ("conversion-v2", "outputId", {"specifications": {"outputs": {"x": LOW}}}, LOW, FALSE),
]
V2_PLACES = [
    ("modeling-v2", "inputId", "Tiling", {"scene": LOW}, LOW, TRUE),
    ("modeling-v2", "inputId", "Tiling", {"scene": "rds:1"}, "rds:1", TRUE),
    ("modeling-v2", "inputId", "Tiling", {"scene": "bkt:1"}, None, TRUE),
    ("modeling-v2", "inputId", "Tiling", {"scene": 5}, LOW, ODD),
    ("modeling-v2", "inputId", "Tiling", {"brandNew": "rds:1"}, None, TRUE),
    ("modeling-v2", "inputId", "Tiling", {"brandNew": 5}, None, TRUE),
    ("modeling-v2", "inputId", "Tiling", {"brandNew": [5, LOW]}, LOW, TRUE),
    ("modeling-v2", "inputId", "Tiling", {"brandNew": {"location": LOW}}, LOW, TRUE),
    ("modeling-v2", "inputId", "Constraints", {"constraintsToDelete": [LOW]}, LOW, FALSE),
    ("modeling-v2", "inputId", "tiling", {"scene": "rds:1"}, None, TRUE),
    ("modeling-v2", "inputId", "Unheard", {"scene": LOW.upper()}, LOW, TRUE),
    ("modeling-v2", "outputId", "Tiling", {"modelingReference": {"location": LOW}}, LOW, TRUE),
    ("modeling-v2", "outputId", "Production", {"exports": [{"location": LOW}, {}]}, LOW, TRUE),
    ("modeling-v2", "outputId", "Production", {"exports": {"location": LOW}}, LOW, TRUE),
    ("conversion-v2", "inputId", "PointCloudOptimization", {"pointClouds": LOW}, LOW, TRUE),
    ("analysis-v2", "inputId", "Objects2D", {"photoObjectDetector": "bentley-x-o2d/1.0"}, None, TRUE),
    ("analysis-v2", "inputId", "Objects2D", {"photoObjectDetector": LOW}, LOW, TRUE),
    ("analysis-v2", "outputId", "Objects2D", {"objects3DAs3DTiles": LOW}, LOW, TRUE),
]


@pytest.mark.parametrize(("service", "property", "record", "value", "expected"), PLACES)
def test_where_ids_live(
    service: str, property: str, record: Mapping[str, object], value: str | None, expected: Verdict
) -> None:
    assert verdict(term(property, "eq", value), record, service) == expected


@pytest.mark.parametrize(("service", "property", "job_type", "inside", "value", "expected"), V2_PLACES)
def test_where_ids_live_by_type(
    service: str, property: str, job_type: str, inside: Mapping[str, object], value: str | None, expected: Verdict
) -> None:
    record: Mapping[str, object] = {
        "type": job_type,
        "specifications": {"inputs" if property == "inputId" else "outputs": inside},
    }
    assert verdict(term(property, "eq", value), record, service) == expected


def test_created_lives_one_level_down_in_v2() -> None:
    record: Mapping[str, object] = {
        "executionInfo": {"createdDateTime": "1970-01-01T00:00:00Z"},
        "createdDateTime": "2000-01-01T00:00Z",
    }
    assert verdict(term("createdDateTime", "eq", 0), record, "modeling-v2") == TRUE
    assert verdict(term("createdDateTime", "eq", 0), record, "modeling-v1") == FALSE
    assert verdict(term("createdDateTime", "eq", None), {"executionInfo": 5}, "modeling-v2") == ODD


def test_email_is_unanswerable_in_v2_until_the_caller_says_null() -> None:
    node = Or((term("name", "eq", "x"), term("email", "eq", None)))
    record: Mapping[str, object] = {"name": "x", "email": "ann@example.com"}
    with pytest.raises(Unanswerable) as caught:
        verdict(node, record, "analysis-v2")
    assert (caught.value.property, caught.value.service) == ("email", "analysis-v2")
    assert verdict(term("email", "eq", None), record, "analysis-v2", missing="null") == TRUE
    assert verdict(term("email", "eq", None), record, "analysis-v1") == FALSE


@pytest.mark.parametrize(
    ("record", "service"),
    [
        ({}, None),
        ({"id": LOW, "type": "Full"}, None),
        ({"jobSettings": None}, "modeling-v1"),
        ({"inputs": [], "type": "Full"}, "modeling-v1"),
        ({"inputs": [], "outputs": [], "type": "Unheard"}, "conversion-v1"),
        ({"inputs": [], "outputs": [], "type": "objects2D"}, "analysis-v1"),
        ({"specifications": {}, "type": "Objects2D"}, "analysis-v2"),
        ({"specifications": {"output": LOW}, "type": "Unheard"}, "conversion-v2"),
        ({"specifications": {"outputs": {}}, "type": 5}, "modeling-v2"),
        ({"executionInfo": {}, "type": "MeshSampling"}, "conversion-v2"),
    ],
)
def test_recognition(record: Mapping[str, object], service: str | None) -> None:
    assert recognised(record) == service


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.9999999Z", -1),
        ("2024-06-24T13:00Z", 17_192_340_000_000_000),
        ("2024-06-24T13:00:00.5-00:30", 17_192_358_005_000_000),
        ("2000-03-01T00:00:00Z", 9_518_688_000_000_000),
        ("0001-01-01T00:00:00Z", -621_355_968_000_000_000),
        ("9999-12-31T23:59:59.9999999Z", 2_534_023_007_999_999_999),
        ("0001-01-01T00:00:00+00:01", None),
        ("1900-02-29T00:00:00Z", None),
        ("2024-06-24T13:00.5Z", None),
        ("2024-06-24T13:00:00Z\n", None),
        ("2024-06-24T13:00:00.1234567890123Z", None),
    ],
)
def test_moments(text: str, ticks: int | None) -> None:
    found = moment(text)
    assert (found if found is None else found * 10**7) == ticks


def test_what_a_target_may_answer() -> None:
    outcomes = (True, False, None)
    assert [allowed(TRUE, x) for x in outcomes] == [True, False, False]
    assert [allowed(ODD, x) for x in outcomes] == [False, False, True]
    assert [allowed(FALSE_ANYWAY, x) for x in outcomes] == [False, True, True]
