"""The plan, printed whole: what is sent to each service, whose jobs it asks for, and what is left."""

# ruff: noqa: E501 - plans stand here as they print

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from reality_jobs import Filter, RealityJobsError, Unanswerable, parse, plan, services
from reality_jobs.nodes import And, Comparison, Membership, Operator, Or, Text

A, B = "dc720f05-e5f7-448b-ae06-765de46f0af1", "510cd1a3-3703-4729-b08c-fecd9c87c3be"
X60, Y60, X120 = "x" * 60, "y" * 60, "x" * 120

PLANS: dict[str, tuple[str, dict[str, Any], str]] = {
    "one text for each dialect": (
        "state eq 'success' and createdDateTime gt 2024-06-24T13:00:00Z",
        {},
        """\
modeling-v1: 1 request
  $filter=state eq 'success' and createdDateTime gt 2024-06-24T13:00:00Z  (62 characters, the caller's own jobs)
modeling-v2: 1 request
  $filter=state eq 'Success' and createdDateTime gt 2024-06-24T13:00:00Z  (62 characters, the caller's own jobs)
conversion-v2: 1 request
  $filter=state eq 'Success' and createdDateTime gt 2024-06-24T13:00:00Z  (62 characters, the caller's own jobs)
""",
    ),
    "what a dialect lacks is evaluated locally": (
        f"inputId in ('{A}', '{B}') and state eq 'Success'",
        {},
        f"""\
modeling-v1: 1 request
  $filter=inputId in ('{A}', '{B}') and state eq 'success'  (114 characters, the caller's own jobs)
modeling-v2: 1 request
  $filter=state eq 'Success'  (18 characters, the caller's own jobs)
    then locally: inputId in ('{A}', '{B}')
conversion-v2: 1 request
  $filter=inputId in ('{A}', '{B}') and state eq 'Success'  (114 characters, the caller's own jobs)
""",
    ),
    "in becomes or": (
        f"id in ('{A}', 'fdb:1') and type in ('tiling')",
        {"services": ["modeling-v2", "analysis-v1"]},
        f"""\
modeling-v2: 1 request
  $filter=(id eq {A} or id eq 'fdb:1') and type eq 'Tiling'  (82 characters, the caller's own jobs)
analysis-v1: 1 request
  $filter=id in ('{A}', 'fdb:1') and type in ('tiling')  (78 characters, the caller's own jobs)
""",
    ),
    "branches that records cannot judge are asked one by one": (
        f"email eq 'a' or inputId eq {A} or email eq 'b'",
        {"services": ["modeling-v1", "modeling-v2"]},
        f"""\
modeling-v1: 1 request
  $filter=email eq 'a' or inputId eq {A} or email eq 'b'  (79 characters, the caller's own jobs)
modeling-v2: 2 requests
  $filter=email eq 'a' or email eq 'b'  (28 characters, the caller's own jobs)
  $filter=createdDateTime ge 1970-01-01T00:00:00Z  (39 characters, the caller's own jobs)
    then locally: inputId eq {A}
    nothing of the filter can be sent, and the API demands one: this one is true of every job
""",
    ),
    "only the branches that need it are asked alone": (
        f"state eq 'Failed' or email eq 'a' and inputId eq {A} or name eq 'x' or inputId eq {B}",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 2 requests
  $filter=createdDateTime ge 1970-01-01T00:00:00Z  (39 characters, the caller's own jobs)
    then locally: state eq 'Failed' or name eq 'x' or inputId eq {B}
    nothing of the filter can be sent, and the API demands one: this one is true of every job
  $filter=email eq 'a'  (12 characters, the caller's own jobs)
    then locally: inputId eq {A}
""",
    ),
    "the server's word counts": (
        f"email eq 'a' and inputId eq {A}",
        {"services": ["analysis-v2"]},
        f"""\
analysis-v2: 1 request
  $filter=email eq 'a'  (12 characters, the caller's own jobs)
    then locally: inputId eq {A}
""",
    ),
    "refused with the reason": (
        "email ne null and state eq 'Success'",
        {"services": ["modeling-v1", "modeling-v2"]},
        """\
modeling-v1: 1 request
  $filter=state eq 'success'  (18 characters, the caller's own jobs)
    then locally: email ne null
modeling-v2: cannot be asked
  records of modeling-v2 never hold 'email', so no saved record can answer the filter; missing="null" reads it as null
  left for the records to answer: 'email ne null'
""",
    ),
    "null in place of what records never hold": (
        "email ne null and state eq 'Success'",
        {"services": ["modeling-v2"], "missing": "null"},
        """\
modeling-v2: 1 request
  $filter=state eq 'Success'  (18 characters, the caller's own jobs)
    then locally: email ne null
""",
    ),
    "a relaxed disjunction": (
        f"state eq 'Active' and type eq 'Tiling' or type eq 'Production' and inputId eq {A}",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 1 request
  $filter=state eq 'Active' and type eq 'Tiling' or type eq 'Production'  (62 characters, the caller's own jobs)
    then locally: state eq 'Active' and type eq 'Tiling' or type eq 'Production' and inputId eq {A}
""",
    ),
    "a disjunction with a branch that says nothing": (
        f"(state eq 'Active' or inputId eq {A}) and name ne 'x'",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 1 request
  $filter=name ne 'x'  (11 characters, the caller's own jobs)
    then locally: state eq 'Active' or inputId eq {A}
    'name ne': no page says whether a job without name is returned
""",
    ),
    "null is never sent": (
        "name eq null or name in ('x', null)",
        {"services": ["modeling-v1"]},
        """\
modeling-v1: 1 request
  $filter=createdDateTime ge 1970-01-01T00:00:00Z  (39 characters, the caller's own jobs)
    then locally: name eq null or name in ('x', null)
    nothing of the filter can be sent, and the API demands one: this one is true of every job
""",
    ),
    "one iTwin": (
        f"iTwinId eq {A}",
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: 1 request
  $filter=iTwinId eq {A}  (47 characters, jobs of iTwin {A})
""",
    ),
    "several iTwins": (
        f"iTwinId in ('{A}', '{B}', '{A}') and name ne 'x'",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 2 requests
  $filter=iTwinId eq {A} and name ne 'x'  (63 characters, jobs of iTwin {A})
    'name ne': no page says whether a job without name is returned
  $filter=iTwinId eq {B} and name ne 'x'  (63 characters, jobs of iTwin {B})
    'name ne': no page says whether a job without name is returned
""",
    ),
    "branches of one iTwin are asked together, the others are the caller's own": (
        f"iTwinId eq {A} and state eq 'Failed' or iTwinId eq {A} and type eq 'Tiling' or name lt 'm'",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 2 requests
  $filter=iTwinId eq {A} and (state eq 'Failed' or type eq 'Tiling')  (91 characters, jobs of iTwin {A})
  $filter=name lt 'm'  (11 characters, the caller's own jobs)
    'name' ordered: no page says how the service orders text
""",
    ),
    "all of an iTwin takes the rest of it": (
        f"iTwinId eq {A} and state eq 'Failed' or iTwinId eq {A}",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 1 request
  $filter=iTwinId eq {A}  (47 characters, jobs of iTwin {A})
""",
    ),
    "null and a named iTwin": (
        f"iTwinId in (null, '{A}') and state eq 'Failed'",
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: 2 requests
  $filter=iTwinId eq {A} and state eq 'failed'  (69 characters, jobs of iTwin {A})
  $filter=state eq 'failed'  (17 characters, the caller's own jobs)
    then locally: iTwinId eq null
""",
    ),
    "other conditions on iTwinId are never sent": (
        f"iTwinId ne {A} and iTwinId gt '0' and state eq 'Failed'",
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: 1 request
  $filter=state eq 'failed'  (17 characters, the caller's own jobs)
    then locally: iTwinId ne {A} and iTwinId gt '0'
""",
    ),
    "lists of iTwins meet": (
        f"iTwinId in ('{A}', '{B}') and (iTwinId eq {B} or iTwinId eq 'x')",
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: 1 request
  $filter=iTwinId eq {B}  (47 characters, jobs of iTwin {B})
""",
    ),
    "no iTwin is left": (
        f"iTwinId eq {A} and iTwinId eq {B}",
        {"services": ["modeling-v1"]},
        """\
modeling-v1: not asked
  no job can match
""",
    ),
    "true of no job": (
        "state in () and name eq 'x'",
        {},
        """\
modeling-v1: not asked
  no job can match
modeling-v2: not asked
  no job can match
conversion-v2: not asked
  no job can match
""",
    ),
    "a branch that is true of no job": (
        f"state in () and inputId eq {A} or name eq 'x'",
        {"services": ["modeling-v2"]},
        """\
modeling-v2: 1 request
  $filter=name eq 'x'  (11 characters, the caller's own jobs)
""",
    ),
    "more iTwins than requests": (
        f"iTwinId in ('{A}', '{B}')",
        {"services": ["modeling-v1", "modeling-v2"], "max_requests": 1},
        """\
modeling-v1: cannot be asked
  modeling-v1: the filter needs more requests than 1, one for each iTwin or branch; raise max_requests or ask for fewer at a time
modeling-v2: cannot be asked
  modeling-v2: the filter needs more requests than 1, one for each iTwin or branch; raise max_requests or ask for fewer at a time
""",
    ),
    "more branches than requests": (
        f"email eq 'a' or inputId eq {A}",
        {"services": ["modeling-v2"], "max_requests": 1},
        """\
modeling-v2: cannot be asked
  modeling-v2: the filter needs more requests than 1, one for each iTwin or branch; raise max_requests or ask for fewer at a time
""",
    ),
    "more branches than requests, but null will do": (
        f"email eq 'a' or inputId eq {A}",
        {"services": ["modeling-v2"], "max_requests": 1, "missing": "null"},
        f"""\
modeling-v2: 1 request
  $filter=createdDateTime ge 1970-01-01T00:00:00Z  (39 characters, the caller's own jobs)
    then locally: email eq 'a' or inputId eq {A}
    nothing of the filter can be sent, and the API demands one: this one is true of every job
""",
    ),
    "a list is cut": (
        f"id in ('{A}', '{B}', 'fdb:1') and name eq 'x'",
        {"services": ["modeling-v1", "modeling-v2"], "max_url": 470},
        f"""\
modeling-v1: 2 requests
  $filter=id in ('{A}') and name eq 'x'  (62 characters, the caller's own jobs)
  $filter=id in ('{B}', 'fdb:1') and name eq 'x'  (71 characters, the caller's own jobs)
modeling-v2: 2 requests
  $filter=(id eq {A} or id eq {B}) and name eq 'x'  (106 characters, the caller's own jobs)
  $filter=id eq 'fdb:1' and name eq 'x'  (29 characters, the caller's own jobs)
""",
    ),
    "a list is cut for every iTwin while requests last": (
        f"id in ('{A}', '{B}', 'fdb:1') and iTwinId in ('i', 'j')",
        {"services": ["modeling-v1"], "max_url": 450, "max_requests": 3},
        f"""\
modeling-v1: 3 requests
  $filter=iTwinId eq 'i' and id in ('{A}')  (65 characters, jobs of iTwin i)
  $filter=iTwinId eq 'i' and id in ('{B}', 'fdb:1')  (74 characters, jobs of iTwin i)
  $filter=iTwinId eq 'j'  (14 characters, jobs of iTwin j)
    then locally: id in ('{A}', '{B}', 'fdb:1')
""",
    ),
    "a list inside of a disjunction is cut": (
        f"id in ('{A}', '{B}', 'fdb:1') or name eq 'x'",
        {"services": ["modeling-v1"], "max_url": 450},
        f"""\
modeling-v1: 2 requests
  $filter=id in ('{A}', '{B}')  (86 characters, the caller's own jobs)
  $filter=id in ('fdb:1') or name eq 'x'  (30 characters, the caller's own jobs)
""",
    ),
    "a piece of a relaxed disjunction is checked by all of it": (
        f"name eq '{X60}' or state eq '{Y60}' and inputId eq {A}",
        {"services": ["modeling-v2"], "max_url": 450},
        f"""\
modeling-v2: 2 requests
  $filter=name eq '{X60}'  (70 characters, the caller's own jobs)
    then locally: name eq '{X60}' or state eq '{Y60}' and inputId eq {A}
  $filter=state eq '{Y60}'  (71 characters, the caller's own jobs)
    then locally: name eq '{X60}' or state eq '{Y60}' and inputId eq {A}
""",
    ),
    "a list in too many pieces is left": (
        f"id in ('{A}', '{B}', 'fdb:1') and name eq 'x'",
        {"services": ["modeling-v1"], "max_url": 470, "max_requests": 1},
        f"""\
modeling-v1: 1 request
  $filter=name eq 'x'  (11 characters, the caller's own jobs)
    then locally: id in ('{A}', '{B}', 'fdb:1')
""",
    ),
    "a long string is left": (
        f"name eq '{X120}' and state eq 'Failed'",
        {"services": ["modeling-v1"], "max_url": 450},
        f"""\
modeling-v1: 1 request
  $filter=state eq 'failed'  (17 characters, the caller's own jobs)
    then locally: name eq '{X120}'
""",
    ),
    "a long and is cut short": (
        "name ne 'name 0' and name ne 'name 1' and name ne 'name 2' and name ne 'name 3' and name ne 'name 4' and name ne 'name 5'",
        {"services": ["modeling-v1"], "max_url": 450},
        """\
modeling-v1: 1 request
  $filter=name ne 'name 0' and name ne 'name 1' and name ne 'name 2'  (58 characters, the caller's own jobs)
    then locally: name ne 'name 3' and name ne 'name 4' and name ne 'name 5'
""",
    ),
    "the scope goes first": (
        f"iTwinId eq {A} and name eq '{X120}'",
        {"services": ["modeling-v1"], "max_url": 400},
        f"""\
modeling-v1: 1 request
  $filter=iTwinId eq {A}  (47 characters, jobs of iTwin {A})
    then locally: name eq '{X120}'
""",
    ),
    "what no page says": (
        f"outputId ne {A} and name ne 'x' and id gt 'a' and type ne 'Full'",
        {"services": ["conversion-v2"]},
        f"""\
conversion-v2: 1 request
  $filter=outputId ne {A} and name ne 'x' and id gt 'a' and type ne 'Full'  (97 characters, the caller's own jobs)
    'outputId ne': no page says what ne means of several ids; sent as 'none of them'
    'name ne': no page says whether a job without name is returned
    'id' ordered: no page says how the service orders text
""",
    ),
}


@pytest.mark.parametrize(("text", "options", "printed"), PLANS.values(), ids=PLANS)
def test_printed(text: str, options: dict[str, Any], printed: str) -> None:
    assert f"{parse(text).plan(**options)}\n" == printed


def test_without_a_filter_all_of_the_callers_own_jobs() -> None:
    everything = plan.everything(services.select(["modeling-v1"]))
    assert f"{everything}\n" == (
        "modeling-v1: 1 request\n"
        "  $filter=createdDateTime ge 1970-01-01T00:00:00Z  (39 characters, the caller's own jobs)\n"
        "    nothing of the filter can be sent, and the API demands one: this one is true of every job\n"
    )


def test_a_refusal_is_an_error_to_raise() -> None:
    (refused,) = parse("email ne null").plan(["analysis-v2"]).services
    assert isinstance(refused.refused, Unanswerable)
    assert (refused.refused.property, refused.refused.service) == ("email", "analysis-v2")
    assert refused.requests == ()
    (many,) = parse("iTwinId in ('a', 'b')").plan(["analysis-v2"], max_requests=1).services
    assert isinstance(many.refused, RealityJobsError)
    assert many.requests == ()


def test_a_plan_is_data() -> None:
    f = parse(f"iTwinId eq {A.upper()} and name ne null")
    assert f.plan() == f.plan()
    assert f.plan(["modeling-v1"]) != f.plan(["modeling-v2"])
    (request,) = f.plan(["modeling-v1"]).services[0].requests
    assert request.itwin_id == A
    assert request.pushed == parse(f"iTwinId eq {A}").node
    assert request.residual == parse("name ne null").node
    assert evolve(request, residual=None) != request


IDS = tuple(Text(f"fdb:{i}") for i in range(2_000))


def test_a_list_is_cut_into_all_of_its_members_each_once() -> None:
    for service in ("modeling-v1", "modeling-v2"):
        (part,) = Filter(Membership("id", IDS)).plan([service], max_requests=1_000).services
        members: list[object] = []
        for request in part.requests:
            assert request.residual is None
            match request.pushed:
                case Membership("id", literals):
                    members += literals
                case Comparison("id", Operator.EQ, literal):
                    members.append(literal)
                case _:
                    pytest.fail(f"not a part of the list: {request.filter}")
        assert tuple(members) == IDS
        assert 10 < len(part.requests) < 200


def test_requests_are_filled() -> None:
    (part,) = Filter(Membership("id", IDS)).plan(["modeling-v1"], max_requests=1_000).services
    lengths = [len(request.filter) for request in part.requests]
    assert min(lengths[:-1]) > 0.85 * max(lengths)


def test_no_level_is_added_to_the_deepest_filters() -> None:
    """What is sent and what is left must be filters themselves: a service, or the client, takes them apart again."""
    node: And | Or = Or((Comparison("inputId", Operator.EQ, Text("i")), Comparison("state", Operator.EQ, Text("a"))))
    for level in range(98):
        term = Comparison("name", Operator.NE, Text(f"{level}"))
        node = Or((node, term)) if isinstance(node, And) else And((node, term))
    scoped = Comparison("iTwinId", Operator.EQ, Text("t"))
    addressed = Comparison("email", Operator.EQ, Text("a"))
    top: And | Or = And((Or((scoped, addressed)), *node.operands)) if isinstance(node, And) else node
    for f in (Filter(top), Filter(Or((top, And((scoped, addressed)))))):
        for part in f.plan(["modeling-v1", "modeling-v2"], "null").services:
            assert part.refused is None
            for request in part.requests:
                assert parse(request.filter).plan(["modeling-v1"])
                if request.residual is not None:
                    Filter(request.residual)
