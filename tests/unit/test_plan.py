"""The plan, printed whole: what is sent to each service, whose jobs it asks for, and what is left."""

# ruff: noqa: E501 - plans stand here as they print

from __future__ import annotations

import pickle
from typing import Any

import pytest
from attrs import evolve

from reality_jobs import Filter, PlanTooLarge, Unanswerable, parse, plan, services
from reality_jobs.nodes import And, Comparison, Membership, Node, Operator, Or, Text
from reality_jobs.plan.fold import ALWAYS, NEVER, fold
from reality_jobs.plan.words import Words
from reality_jobs.schema import PROPERTIES
from reality_jobs.targets.text import write

A, B = "dc720f05-e5f7-448b-ae06-765de46f0af1", "510cd1a3-3703-4729-b08c-fecd9c87c3be"
X60, Y60, X120 = "x" * 60, "y" * 60, "x" * 120

PLANS: dict[str, tuple[str, dict[str, Any], str]] = {
    "one text for each dialect": (
        "state eq 'success' and createdDateTime gt 2024-06-24T13:00:00Z",
        {},
        """\
modeling-v1: 1 request
  $filter=state eq 'success' and createdDateTime gt 2024-06-24T13:00:00Z
    searches your own jobs; 62 characters, 134 bytes of request line when encoded
modeling-v2: 1 request
  $filter=state eq 'Success' and createdDateTime gt 2024-06-24T13:00:00Z
    searches your own jobs; 62 characters, 136 bytes of request line when encoded
conversion-v2: 1 request
  $filter=state eq 'Success' and createdDateTime gt 2024-06-24T13:00:00Z
    searches your own jobs; 62 characters, 138 bytes of request line when encoded
""",
    ),
    "what a dialect lacks is evaluated locally": (
        f"inputId in ('{A}', '{B}') and state eq 'Success'",
        {},
        f"""\
modeling-v1: 1 request
  $filter=inputId in ('{A}', '{B}') and state eq 'success'
    searches your own jobs; 114 characters, 198 bytes of request line when encoded
modeling-v2: 1 request
  $filter=state eq 'Success'
    searches your own jobs; 18 characters, 80 bytes of request line when encoded
    then keep here only jobs with: inputId in ('{A}', '{B}')
conversion-v2: 1 request
  $filter=inputId in ('{A}', '{B}') and state eq 'Success'
    searches your own jobs; 114 characters, 202 bytes of request line when encoded
""",
    ),
    "in becomes or": (
        f"id in ('{A}', 'fdb:1') and type in ('tiling', 'New')",
        {"services": ["modeling-v2", "analysis-v1"]},
        f"""\
modeling-v2: 1 request
  $filter=(id eq {A} or id eq 'fdb:1') and (type eq 'Tiling' or type eq 'New')
    searches your own jobs; 101 characters, 205 bytes of request line when encoded
analysis-v1: 1 request
  left out: type 'tiling' is none of analysis-v1's types; prune=False asks anyway
  $filter=id in ('{A}', 'fdb:1') and type eq 'New'
    searches your own jobs; 73 characters, 164 bytes of request line when encoded
""",
    ),
    "branches that records cannot judge are asked one by one": (
        f"email eq 'a' or inputId eq {A} or email eq 'b'",
        {"services": ["modeling-v1", "modeling-v2"]},
        f"""\
modeling-v1: 1 request
  simplified: email eq 'a' or email eq 'b' is the same as email in ('a', 'b')
  $filter=email in ('a', 'b') or inputId eq {A}
    searches your own jobs; 70 characters, 150 bytes of request line when encoded
modeling-v2: 2 requests
  simplified: email eq 'a' or email eq 'b' is the same as email in ('a', 'b')
  $filter=email eq 'a' or email eq 'b'
    searches your own jobs; 28 characters, 102 bytes of request line when encoded
  $filter=createdDateTime ge 1970-01-01T00:00:00Z
    searches your own jobs; 39 characters, 101 bytes of request line when encoded
    then keep here only jobs with: inputId eq {A}
    nothing of the filter can be sent, but the service demands a filter: this one is true of every job
""",
    ),
    "only the branches that need it are asked alone": (
        f"state eq 'Failed' or email eq 'a' and inputId eq {A} or name eq 'x' or inputId eq {B}",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 2 requests
  $filter=createdDateTime ge 1970-01-01T00:00:00Z
    searches your own jobs; 39 characters, 101 bytes of request line when encoded
    then keep here only jobs with: state eq 'Failed' or name eq 'x' or inputId eq {B}
    nothing of the filter can be sent, but the service demands a filter: this one is true of every job
  $filter=email eq 'a'
    searches your own jobs; 12 characters, 74 bytes of request line when encoded
    then keep here only jobs with: inputId eq {A}
""",
    ),
    "the server's word counts": (
        f"email eq 'a' and inputId eq {A}",
        {"services": ["analysis-v2"]},
        f"""\
analysis-v2: 1 request
  $filter=email eq 'a'
    searches your own jobs; 12 characters, 74 bytes of request line when encoded
    then keep here only jobs with: inputId eq {A}
""",
    ),
    "refused with the reason": (
        "email ne null and state eq 'Success'",
        {"services": ["modeling-v1", "modeling-v2"]},
        """\
modeling-v1: 1 request
  simplified: email ne null is true of every job, as no job is without email
  $filter=state eq 'success'
    searches your own jobs; 18 characters, 78 bytes of request line when encoded
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
  $filter=state eq 'Success'
    searches your own jobs; 18 characters, 80 bytes of request line when encoded
    then keep here only jobs with: email ne null
""",
    ),
    "a relaxed disjunction": (
        f"state eq 'Active' and type eq 'Tiling' or type eq 'Production' and inputId eq {A}",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 1 request
  $filter=state eq 'Active' and type eq 'Tiling' or type eq 'Production'
    searches your own jobs; 62 characters, 148 bytes of request line when encoded
    then keep here only jobs with: state eq 'Active' and type eq 'Tiling' or type eq 'Production' and inputId eq {A}
""",
    ),
    "a disjunction with a branch that says nothing": (
        f"(state eq 'Active' or inputId eq {A}) and name ne 'x'",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 1 request
  $filter=name ne 'x'
    searches your own jobs; 11 characters, 73 bytes of request line when encoded
    then keep here only jobs with: state eq 'Active' or inputId eq {A}
    unpublished: whether 'name ne' also returns jobs that have no name, as it is meant here
""",
    ),
    "null is never sent": (
        "name eq null or name in ('x', null)",
        {"services": ["modeling-v2"]},
        """\
modeling-v2: 1 request
  simplified: name eq null or name in ('x', null) is the same as name in (null, 'x')
  $filter=createdDateTime ge 1970-01-01T00:00:00Z
    searches your own jobs; 39 characters, 101 bytes of request line when encoded
    then keep here only jobs with: name in (null, 'x')
    nothing of the filter can be sent, but the service demands a filter: this one is true of every job
""",
    ),
    "one iTwin": (
        f"iTwinId eq {A}",
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: 1 request
  $filter=iTwinId eq {A}
    searches the jobs of iTwin {A}; 47 characters, 103 bytes of request line when encoded
""",
    ),
    "several iTwins": (
        f"iTwinId in ('{A}', '{B}', '{A}') and name ne 'x'",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 2 requests
  $filter=iTwinId eq {A} and name ne 'x'
    searches the jobs of iTwin {A}; 63 characters, 133 bytes of request line when encoded
    unpublished: whether 'name ne' also returns jobs that have no name, as it is meant here
  $filter=iTwinId eq {B} and name ne 'x'
    searches the jobs of iTwin {B}; 63 characters, 133 bytes of request line when encoded
    unpublished: whether 'name ne' also returns jobs that have no name, as it is meant here
""",
    ),
    "branches of one iTwin are asked together, the others are the caller's own": (
        f"iTwinId eq {A} and state eq 'Failed' or iTwinId eq {A} and type eq 'Tiling' or name lt 'm'",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 2 requests
  $filter=iTwinId eq {A} and (state eq 'Failed' or type eq 'Tiling')
    searches the jobs of iTwin {A}; 91 characters, 177 bytes of request line when encoded
  $filter=name lt 'm'
    searches your own jobs; 11 characters, 73 bytes of request line when encoded
    unpublished: how the service orders 'name'; here it is by code point
""",
    ),
    "all of an iTwin takes the rest of it": (
        f"iTwinId eq {A} and state eq 'Failed' or iTwinId eq {A}",
        {"services": ["modeling-v2"]},
        f"""\
modeling-v2: 1 request
  $filter=iTwinId eq {A}
    searches the jobs of iTwin {A}; 47 characters, 105 bytes of request line when encoded
""",
    ),
    "null and a named iTwin": (
        f"iTwinId in (null, '{A}') and state eq 'Failed'",
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: 2 requests
  $filter=iTwinId eq {A} and state eq 'failed'
    searches the jobs of iTwin {A}; 69 characters, 137 bytes of request line when encoded
  $filter=state eq 'failed'
    searches your own jobs; 17 characters, 77 bytes of request line when encoded
    then keep here only jobs with: iTwinId eq null
""",
    ),
    "other conditions on iTwinId are never sent": (
        f"iTwinId ne {A} and iTwinId gt '0' and state eq 'Failed'",
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: 1 request
  $filter=state eq 'failed'
    searches your own jobs; 17 characters, 77 bytes of request line when encoded
    then keep here only jobs with: iTwinId ne {A} and iTwinId gt '0'
""",
    ),
    "lists of iTwins meet": (
        f"iTwinId in ('{A}', '{B}') and (iTwinId eq {B} or iTwinId eq 'x')",
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: 1 request
  simplified: iTwinId eq {B} or iTwinId eq 'x' is the same as iTwinId in ('{B}', 'x')
  simplified: iTwinId in ('{A}', '510cd1a... and iTwinId in ('{B}', 'x') is the same as iTwinId eq {B}
  $filter=iTwinId eq {B}
    searches the jobs of iTwin {B}; 47 characters, 103 bytes of request line when encoded
""",
    ),
    "no iTwin is left": (
        f"iTwinId eq {A} and iTwinId eq {B}",
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: not asked
  no job can match
  simplified: iTwinId eq {A} and iTwinId eq {B} is true of no job
""",
    ),
    "true of no job": (
        "state in () and name eq 'x'",
        {},
        """\
modeling-v1: not asked
  no job can match
  simplified: state in () is true of no job
modeling-v2: not asked
  no job can match
  simplified: state in () is true of no job
conversion-v2: not asked
  no job can match
  simplified: state in () is true of no job
""",
    ),
    "a branch that is true of no job": (
        f"state in () and inputId eq {A} or name eq 'x'",
        {"services": ["modeling-v2"]},
        """\
modeling-v2: 1 request
  simplified: state in () is true of no job
  $filter=name eq 'x'
    searches your own jobs; 11 characters, 73 bytes of request line when encoded
""",
    ),
    "more iTwins than requests": (
        f"iTwinId in ('{A}', '{B}')",
        {"services": ["modeling-v1", "modeling-v2"], "max_requests": 1},
        """\
modeling-v1: cannot be asked
  modeling-v1: the filter needs more requests than 1, one for each iTwin, branch or part of a long list; raise max_requests or ask for fewer at a time
modeling-v2: cannot be asked
  modeling-v2: the filter needs more requests than 1, one for each iTwin, branch or part of a long list; raise max_requests or ask for fewer at a time
""",
    ),
    "more branches than requests": (
        f"email eq 'a' or inputId eq {A}",
        {"services": ["modeling-v2"], "max_requests": 1},
        """\
modeling-v2: cannot be asked
  modeling-v2: the filter needs more requests than 1, one for each iTwin, branch or part of a long list; raise max_requests or ask for fewer at a time
""",
    ),
    "more branches than requests, but null will do": (
        f"email eq 'a' or inputId eq {A}",
        {"services": ["modeling-v2"], "max_requests": 1, "missing": "null"},
        f"""\
modeling-v2: 1 request
  $filter=createdDateTime ge 1970-01-01T00:00:00Z
    searches your own jobs; 39 characters, 101 bytes of request line when encoded
    then keep here only jobs with: email eq 'a' or inputId eq {A}
    nothing of the filter can be sent, but the service demands a filter: this one is true of every job
""",
    ),
    "a list is cut": (
        f"id in ('{A}', '{B}', 'fdb:1') and name eq 'x'",
        {"services": ["modeling-v1", "modeling-v2"], "max_url": 470},
        f"""\
modeling-v1: 2 requests
  $filter=id eq {A} and name eq 'x'
    searches your own jobs; 58 characters, 126 bytes of request line when encoded
  $filter=id in ('{B}', 'fdb:1') and name eq 'x'
    searches your own jobs; 71 characters, 157 bytes of request line when encoded
modeling-v2: 2 requests
  $filter=(id eq {A} or id eq {B}) and name eq 'x'
    searches your own jobs; 106 characters, 188 bytes of request line when encoded
  $filter=id eq 'fdb:1' and name eq 'x'
    searches your own jobs; 29 characters, 105 bytes of request line when encoded
""",
    ),
    "a list is cut for every iTwin while requests last": (
        f"id in ('{A}', '{B}', 'fdb:1') and iTwinId in ('i', 'j')",
        {"services": ["modeling-v1"], "max_url": 450, "max_requests": 3},
        f"""\
modeling-v1: 3 requests
  $filter=iTwinId eq 'i' and id eq {A}
    searches the jobs of iTwin i; 61 characters, 129 bytes of request line when encoded
  $filter=iTwinId eq 'i' and id in ('{B}', 'fdb:1')
    searches the jobs of iTwin i; 74 characters, 160 bytes of request line when encoded
  $filter=iTwinId eq 'j'
    searches the jobs of iTwin j; 14 characters, 74 bytes of request line when encoded
    then keep here only jobs with: id in ('{A}', '{B}', 'fdb:1')
    not sent, as it takes more requests of 450 bytes than 3: id in ('{A}', '510cd1a3-370...; raise max_requests or max_url
""",
    ),
    "a list inside of a disjunction is cut": (
        f"id in ('{A}', '{B}', 'fdb:1') or name eq 'x'",
        {"services": ["modeling-v1"], "max_url": 450},
        f"""\
modeling-v1: 2 requests
  $filter=id in ('{A}', '{B}')
    searches your own jobs; 86 characters, 158 bytes of request line when encoded
  $filter=id eq 'fdb:1' or name eq 'x'
    searches your own jobs; 28 characters, 102 bytes of request line when encoded
""",
    ),
    "a piece of a relaxed disjunction is checked by all of it": (
        f"name eq '{X60}' or state eq '{Y60}' and inputId eq {A}",
        {"services": ["modeling-v2"], "max_url": 450},
        f"""\
modeling-v2: 2 requests
  $filter=name eq '{X60}'
    searches your own jobs; 70 characters, 132 bytes of request line when encoded
    then keep here only jobs with: name eq '{X60}' or state eq '{Y60}' and inputId eq {A}
  $filter=state eq '{Y60}'
    searches your own jobs; 71 characters, 133 bytes of request line when encoded
    then keep here only jobs with: name eq '{X60}' or state eq '{Y60}' and inputId eq {A}
""",
    ),
    "a list in too many pieces is left": (
        f"id in ('{A}', '{B}', 'fdb:1') and name eq 'x'",
        {"services": ["modeling-v1"], "max_url": 470, "max_requests": 1},
        f"""\
modeling-v1: 1 request
  $filter=name eq 'x'
    searches your own jobs; 11 characters, 71 bytes of request line when encoded
    then keep here only jobs with: id in ('{A}', '{B}', 'fdb:1')
    not sent, as it takes more requests of 470 bytes than 1: id in ('{A}', '510cd1a3-370...; raise max_requests or max_url
""",
    ),
    "a long string is left": (
        f"name eq '{X120}' and state eq 'Failed'",
        {"services": ["modeling-v1"], "max_url": 450},
        f"""\
modeling-v1: 1 request
  $filter=state eq 'failed'
    searches your own jobs; 17 characters, 77 bytes of request line when encoded
    then keep here only jobs with: name eq '{X120}'
    not sent, as a request line of 450 bytes has no room for it: name eq '{X60[:51]}...; raise max_url
""",
    ),
    "a long and is cut short": (
        "name ne 'name 0' and name ne 'name 1' and name ne 'name 2' and name ne 'name 3' and name ne 'name 4' and name ne 'name 5'",
        {"services": ["modeling-v1"], "max_url": 450},
        """\
modeling-v1: 1 request
  $filter=name ne 'name 0' and name ne 'name 1' and name ne 'name 2'
    searches your own jobs; 58 characters, 148 bytes of request line when encoded
    then keep here only jobs with: name ne 'name 3' and name ne 'name 4' and name ne 'name 5'
    not sent, as a request line of 450 bytes has no room for it: name ne 'name 3' and name ne 'name 4' and name ne 'name 5'; raise max_url
""",
    ),
    "the scope goes first": (
        f"iTwinId eq {A} and name eq '{X120}'",
        {"services": ["modeling-v1"], "max_url": 400},
        f"""\
modeling-v1: 1 request
  $filter=iTwinId eq {A}
    searches the jobs of iTwin {A}; 47 characters, 103 bytes of request line when encoded
    then keep here only jobs with: name eq '{X120}'
    not sent, as a request line of 400 bytes has no room for it: name eq '{X60[:51]}...; raise max_url
""",
    ),
    "what only the service can answer goes first": (
        "email eq 'a' and " + " and ".join(f"name ne '{i}'" for i in range(8)),
        {"services": ["modeling-v2"], "max_url": 450},
        """\
modeling-v2: 1 request
  $filter=email eq 'a' and name ne '0' and name ne '1' and name ne '2'
    searches your own jobs; 60 characters, 158 bytes of request line when encoded
    then keep here only jobs with: name ne '3' and name ne '4' and name ne '5' and name ne '6' and name ne '7'
    not sent, as a request line of 450 bytes has no room for it: name ne '3' and name ne '4' and name ne '5' and 2 more; raise max_url
    unpublished: whether 'name ne' also returns jobs that have no name, as it is meant here
""",
    ),
    "a list that only the service can answer is cut ahead of a longer one": (
        f"inputId in ('{A}', '{B}', 'fdb:1', 'fdb:2') and email in ('{X60}', '{Y60}', 'z')",
        {"services": ["conversion-v2"], "max_url": 450},
        f"""\
conversion-v2: 2 requests
  $filter=email eq '{X60}'
    searches your own jobs; 71 characters, 135 bytes of request line when encoded
    then keep here only jobs with: inputId in ('{A}', '{B}', 'fdb:1', 'fdb:2')
    not sent, as a request line of 450 bytes has no room for it: inputId in ('{A}', '510cd1a...; raise max_url
  $filter=email in ('{Y60}', 'z')
    searches your own jobs; 78 characters, 154 bytes of request line when encoded
    then keep here only jobs with: inputId in ('{A}', '{B}', 'fdb:1', 'fdb:2')
    not sent, as a request line of 450 bytes has no room for it: inputId in ('{A}', '510cd1a...; raise max_url
""",
    ),
    "what is judged apart can be cut apart": (
        f"email eq 'a' or name in ('{X60}', '{Y60}', 'z{X60}')",
        {"services": ["modeling-v2"], "max_url": 450, "max_requests": 2},
        f"""\
modeling-v2: 2 requests
  $filter=email eq 'a'
    searches your own jobs; 12 characters, 74 bytes of request line when encoded
  $filter=createdDateTime ge 1970-01-01T00:00:00Z
    searches your own jobs; 39 characters, 101 bytes of request line when encoded
    then keep here only jobs with: name in ('{X60}', '{Y60}', 'z{X60}')
    not sent, as it takes more requests of 450 bytes than 2: name in ('{X60[:50]}...; raise max_requests or max_url
    nothing of the filter is sent, but the service demands a filter: this one is true of every job
""",
    ),
    "what only the service can answer, in too many pieces": (
        f"email in ('{X60}', '{Y60}')",
        {"services": ["conversion-v2"], "max_url": 420, "max_requests": 1},
        """\
conversion-v2: cannot be asked
  conversion-v2: the filter needs more requests than 1, one for each iTwin, branch or part of a long list; raise max_requests or ask for fewer at a time
""",
    ),
    "what only the service can answer, and no line holds": (
        f"email eq '{X120}'",
        {"services": ["conversion-v2"], "max_url": 450},
        """\
conversion-v2: cannot be asked
  conversion-v2: a request line of 450 bytes has no room for what only the service can answer; raise max_url or ask for less at a time
""",
    ),
    "what only the service can answer, and null will do": (
        f"email eq '{X120}' and state eq 'Failed'",
        {"services": ["conversion-v2"], "max_url": 450, "missing": "null"},
        f"""\
conversion-v2: 1 request
  $filter=state eq 'Failed'
    searches your own jobs; 17 characters, 81 bytes of request line when encoded
    then keep here only jobs with: email eq '{X120}'
    not sent, as a request line of 450 bytes has no room for it: email eq '{X60[:50]}...; raise max_url
""",
    ),
    "nothing is sent": (
        f"id in ('{A}', '{B}', 'fdb:1')",
        {"services": ["modeling-v1"], "max_url": 420, "max_requests": 1},
        f"""\
modeling-v1: 1 request
  $filter=createdDateTime ge 1970-01-01T00:00:00Z
    searches your own jobs; 39 characters, 99 bytes of request line when encoded
    then keep here only jobs with: id in ('{A}', '{B}', 'fdb:1')
    not sent, as it takes more requests of 420 bytes than 1: id in ('{A}', '510cd1a3-370...; raise max_requests or max_url
    nothing of the filter is sent, but the service demands a filter: this one is true of every job
""",
    ),
    "a value that only others list, excluded": (
        "state ne 'Unsubmitted' and name eq 'x'",
        {"services": ["modeling-v2"]},
        """\
modeling-v2: 1 request
  $filter=state ne 'Unsubmitted' and name eq 'x'
    searches your own jobs; 38 characters, 112 bytes of request line when encoded
""",
    ),
    "branches swallow what asks for more": (
        " and ".join(f"(iTwinId eq '{A}' or name ge '{c}')" for c in "abcdefghijklmnop"),
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: 2 requests
  $filter=iTwinId eq {A}
    searches the jobs of iTwin {A}; 47 characters, 103 bytes of request line when encoded
  $filter=name ge 'a' and name ge 'b' and name ge 'c' and name ge 'd' and name ge 'e' and name ge 'f' and name ge 'g' and name ge 'h' and name ge 'i' and name ge 'j' and name ge 'k' and name ge 'l' and name ge 'm' and name ge 'n' and name ge 'o' and name ge 'p'
    searches your own jobs; 251 characters, 491 bytes of request line when encoded
    unpublished: how the service orders 'name'; here it is by code point
""",
    ),
    "more branches than may be multiplied out": (
        " and ".join(f"(iTwinId eq '{A}' and name ne 'n{i}' or state ne 's{i}')" for i in range(12)),
        {"services": ["modeling-v1"]},
        """\
modeling-v1: cannot be asked
  modeling-v1: multiplied out into what can be asked for one by one, the filter has more than 2,000 branches; ask for fewer at a time
""",
    ),
    "what no page says": (
        f"outputId ne {A} and name ne 'x' and id gt 'a' and type ne 'MeshSampling'",
        {"services": ["conversion-v2"]},
        f"""\
conversion-v2: 1 request
  $filter=outputId ne {A} and name ne 'x' and id gt 'a' and type ne 'MeshSampling'
    searches your own jobs; 105 characters, 201 bytes of request line when encoded
    unpublished: whether 'outputId ne' means that none of a job's ids is that one, as it is meant here
    unpublished: whether 'name ne' also returns jobs that have no name, as it is meant here
    unpublished: how the service orders 'id'; here it is by code point
""",
    ),
    "contradictions, ranges and lists": (
        "state eq 'Active' and state eq 'active' and type in ('Full', 'Tiling', 'New') and type ne 'New' and "
        "createdDateTime gt 2024-01-01T00:00:00Z and createdDateTime ge 2023-01-01T00:00:00Z",
        {"services": ["modeling-v1", "modeling-v2"]},
        """\
modeling-v1: 1 request
  simplified: state eq 'Active' and state eq 'active' is the same as state eq 'Active'
  simplified: type in ('Full', 'Tiling', 'New') and type ne 'New' is the same as type in ('Full', 'Tiling')
  simplified: createdDateTime gt 2024-01-01T00:00:00Z and createdDateTime ge 2023-01-01T00:00:00Z is the same as createdDateTime gt 2024-01-01T00:00:00Z
  left out: type 'Tiling' is none of modeling-v1's types; prune=False asks anyway
  $filter=state eq 'active' and type eq 'Full' and createdDateTime gt 2024-01-01T00:00:00Z
    searches your own jobs; 80 characters, 164 bytes of request line when encoded
modeling-v2: 1 request
  simplified: state eq 'Active' and state eq 'active' is the same as state eq 'Active'
  simplified: type in ('Full', 'Tiling', 'New') and type ne 'New' is the same as type in ('Full', 'Tiling')
  simplified: createdDateTime gt 2024-01-01T00:00:00Z and createdDateTime ge 2023-01-01T00:00:00Z is the same as createdDateTime gt 2024-01-01T00:00:00Z
  left out: type 'Full' is none of modeling-v2's types; prune=False asks anyway
  $filter=state eq 'Active' and type eq 'Tiling' and createdDateTime gt 2024-01-01T00:00:00Z
    searches your own jobs; 82 characters, 168 bytes of request line when encoded
""",
    ),
    "folded to all jobs": (
        "name ne 'x' or name eq 'x'",
        {"services": ["modeling-v1"]},
        """\
modeling-v1: 1 request
  simplified: name ne 'x' or name eq 'x' is true of every job
  $filter=createdDateTime ge 1970-01-01T00:00:00Z
    searches your own jobs; 39 characters, 99 bytes of request line when encoded
    there is nothing to filter by, but the service demands a filter: this one is true of every job
""",
    ),
    "an iTwin is searched though all of one's own jobs are asked for": (
        f"iTwinId eq {A} and state eq 'Failed' or name ne 'x' or name eq 'x'",
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: 2 requests
  simplified: name ne 'x' or name eq 'x' is true of every job
  $filter=iTwinId eq {A} and state eq 'failed'
    searches the jobs of iTwin {A}; 69 characters, 137 bytes of request line when encoded
  $filter=createdDateTime ge 1970-01-01T00:00:00Z
    searches your own jobs; 39 characters, 99 bytes of request line when encoded
    there is nothing to filter by, but the service demands a filter: this one is true of every job
""",
    ),
    "what nobody can answer may fold away": (
        "email eq null and email ne null or state eq 'Failed'",
        {"services": ["modeling-v2"]},
        """\
modeling-v2: 1 request
  simplified: email eq null and email ne null is true of no job
  $filter=state eq 'Failed'
    searches your own jobs; 17 characters, 79 bytes of request line when encoded
""",
    ),
    "a value that only others list": (
        "state eq 'Queued' and name eq 'x' or state eq 'TerminatingOnCancel'",
        {"services": ["modeling-v1"]},
        """\
modeling-v1: not asked
  no job can match
  left out: state 'Queued' is none of modeling-v1's states; prune=False asks anyway
  left out: state 'TerminatingOnCancel' is none of modeling-v1's states; prune=False asks anyway
""",
    ),
    "a value that only others list, asked for anyway": (
        "state eq 'Queued'",
        {"services": ["modeling-v1"], "prune": False},
        """\
modeling-v1: 1 request
  $filter=state eq 'Queued'
    searches your own jobs; 17 characters, 77 bytes of request line when encoded
""",
    ),
    "a value that nobody lists is asked for": (
        "state in ('Exploded', 'Queued', 'failed') and type ne 'Full' and type gt 'a'",
        {"services": ["modeling-v1", "modeling-v2"]},
        """\
modeling-v1: 1 request
  left out: state 'Queued' is none of modeling-v1's states; prune=False asks anyway
  $filter=state in ('Exploded', 'failed') and type ne 'Full' and type gt 'a'
    searches your own jobs; 66 characters, 162 bytes of request line when encoded
    unpublished: how the service orders 'type'; here it is by code point
modeling-v2: 1 request
  $filter=(state eq 'Exploded' or state eq 'Queued' or state eq 'Failed') and type ne 'Full' and type gt 'a'
    searches your own jobs; 98 characters, 212 bytes of request line when encoded
    unpublished: how the service orders 'type'; here it is by code point
""",
    ),
    "much is shortened": (
        f"iTwinId in ({', '.join(repr(f't{i}') for i in range(12))}) and name ne '{X120 * 3}' and "
        + " and ".join(f"(id eq 'a{i}' and id eq 'b{i}' or state ne 'c{i}')" for i in range(7)),
        {"services": ["modeling-v1"]},
        f"""\
modeling-v1: 12 requests
  simplified: id eq 'a0' and id eq 'b0' is true of no job
  simplified: id eq 'a1' and id eq 'b1' is true of no job
  simplified: id eq 'a2' and id eq 'b2' is true of no job
  simplified: id eq 'a3' and id eq 'b3' is true of no job
  simplified: id eq 'a4' and id eq 'b4' is true of no job
  simplified: and 2 more
  $filter=iTwinId eq 't0' and name ne '{X120}{X120}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... (516 characters in all)
    searches the jobs of iTwin t0; 516 characters, 672 bytes of request line when encoded
  $filter=iTwinId eq 't1' and name ne '{X120}{X120}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... (516 characters in all)
    searches the jobs of iTwin t1; 516 characters, 672 bytes of request line when encoded
  $filter=iTwinId eq 't2' and name ne '{X120}{X120}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... (516 characters in all)
    searches the jobs of iTwin t2; 516 characters, 672 bytes of request line when encoded
  $filter=iTwinId eq 't3' and name ne '{X120}{X120}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... (516 characters in all)
    searches the jobs of iTwin t3; 516 characters, 672 bytes of request line when encoded
  $filter=iTwinId eq 't4' and name ne '{X120}{X120}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... (516 characters in all)
    searches the jobs of iTwin t4; 516 characters, 672 bytes of request line when encoded
  ... and 7 more requests
""",
    ),
}

D1, D2 = "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.0000001Z"
EVERY, NO = "every job", "no job"

# The filter, what it folds to, and what it folds to where no job lacks the property.
FOLDS = [
    ("state eq 'A'", "state eq 'A'", "state eq 'A'"),
    ("state in ('A')", "state eq 'A'", "state eq 'A'"),
    ("state in ('A', 'a', 'B')", "state in ('A', 'B')", "state in ('A', 'B')"),
    ("state in ()", NO, NO),
    ("state eq null", "state eq null", NO),
    ("state ne null", "state ne null", EVERY),
    ("state in (null, 'A')", "state in (null, 'A')", "state eq 'A'"),
    # lists
    ("state eq 'A' or state eq 'B' or state in ('b', 'C')", "state in ('A', 'B', 'C')", "state in ('A', 'B', 'C')"),
    ("state in ('A', 'B', null) and state in ('b', 'C', null)", "state in ('B', null)", "state eq 'B'"),
    ("state in ('A', 'B') and state ne 'a'", "state eq 'B'", "state eq 'B'"),
    ("state eq 'A' and state eq 'B'", NO, NO),
    ("state eq 'A' and state ne 'a'", NO, NO),
    ("state eq null and state ne null", NO, NO),
    ("state eq 'A' or state ne 'a'", EVERY, EVERY),
    ("state ne 'A' or state ne 'B'", EVERY, EVERY),
    ("state ne 'A' and state ne 'B'", "state ne 'A' and state ne 'B'", "state ne 'A' and state ne 'B'"),
    ("state ne 'A' or state eq 'B'", "state ne 'A'", "state ne 'A'"),
    ("state ne null or state eq 'B'", "state ne null", EVERY),
    ("state ne null or state eq null", EVERY, EVERY),
    ("state ne null and state ne 'A'", "state ne null and state ne 'A'", "state ne 'A'"),
    # ranges
    ("name lt 'A' or name ge 'A'", "name lt 'A' or name ge 'A'", EVERY),
    ("name lt 'A' or name gt 'A'", "name lt 'A' or name gt 'A'", "name lt 'A' or name gt 'A'"),
    ("name lt 'A' or name gt 'A' or name eq 'A' or name eq null", EVERY, EVERY),
    ("name lt 'B' or name gt 'A' or name eq 'x'", "name lt 'B' or name gt 'A'", EVERY),
    ("name lt 'B' or name le 'A' or name in ('A', 'C')", "name lt 'B' or name eq 'C'", "name lt 'B' or name eq 'C'"),
    ("name lt 'B' or name eq 'B'", "name le 'B'", "name le 'B'"),
    ("name ge 'B' and name ne 'B'", "name gt 'B'", "name gt 'B'"),
    ("name ge 'B' and name ne null and name ne 'A'", "name ge 'B'", "name ge 'B'"),
    (
        "name gt 'A' and name ge 'A' and name lt 'C' and name le 'B'",
        "name gt 'A' and name le 'B'",
        "name gt 'A' and name le 'B'",
    ),
    ("name gt 'A' and name lt 'A'", NO, NO),
    ("name ge 'A' and name le 'A' and name ne 'A'", NO, NO),
    ("name gt 'A' and name in ('A', 'B', null)", "name eq 'B'", "name eq 'B'"),
    ("name gt 'A' and name eq 'A'", NO, NO),
    ("name gt 'Z' and name eq 'a'", "name eq 'a'", "name eq 'a'"),
    ("name lt ''", NO, NO),
    ("name ne '' and name ne 'a'", "name ne '' and name ne 'a'", "name ne '' and name ne 'a'"),
    ("name eq '' or name eq 'a'", "name in ('', 'a')", "name in ('', 'a')"),
    ("name ge '' and name ne ''", "name ge '' and name ne ''", "name ne ''"),
    ("name ge '' or name eq null", EVERY, EVERY),
    ("name ge ''", "name ge ''", EVERY),
    ("name ge '' and name lt 'b'", "name lt 'b'", "name lt 'b'"),
    ("state gt 'a' and state eq 'B'", "state eq 'B'", "state eq 'B'"),
    (f"createdDateTime gt {D1} and createdDateTime lt {D2}", NO, NO),
    (f"createdDateTime le {D1} or createdDateTime ge {D2} or createdDateTime eq null", EVERY, EVERY),
    (f"createdDateTime ge {D1} and createdDateTime ge {D2}", f"createdDateTime ge {D2}", f"createdDateTime ge {D2}"),
    ("createdDateTime ge 0001-01-01T00:00:00Z", "createdDateTime ge 0001-01-01T00:00:00Z", EVERY),
    # collections: two terms may be true of two members
    ("inputId eq 'a' and inputId eq 'b'", "inputId eq 'a' and inputId eq 'b'", None),
    ("inputId gt 'a' and inputId lt 'a'", "inputId gt 'a' and inputId lt 'a'", None),
    ("inputId eq 'a' or inputId eq 'b' or inputId eq null", "inputId in ('a', 'b', null)", None),
    ("inputId eq 'a' and inputId ne 'a'", NO, None),
    ("inputId in ('a', 'b') and inputId ne 'a'", "inputId eq 'b' and inputId ne 'a'", None),
    ("inputId in ('a', 'b') or inputId ne 'a'", EVERY, None),
    ("inputId ne 'a' or inputId ne 'b'", "inputId ne 'a' or inputId ne 'b'", None),
    ("inputId lt 'b' or inputId lt 'c' or inputId eq 'a'", "inputId lt 'c'", None),
    ("inputId lt 'b' or inputId ge 'b' or inputId eq null", EVERY, None),
    # structure
    ("name eq 'x' or name eq 'x' and id eq 'a'", "name eq 'x'", "name eq 'x'"),
    ("name eq 'x' and (name eq 'x' or id eq 'a')", "name eq 'x'", "name eq 'x'"),
    (
        "(name eq 'x' or id eq 'a') and (id eq 'a' or name eq 'x')",
        "name eq 'x' or id eq 'a'",
        "name eq 'x' or id eq 'a'",
    ),
    ("id eq 'a' and (name eq 'x' or name ne 'x')", "id eq 'a'", "id eq 'a'"),
    ("id eq 'a' or name eq 'x' and name eq 'y'", "id eq 'a'", "id eq 'a'"),
    (
        "id eq 'a' or (name eq 'x' or state in ()) and id eq 'b'",
        "id eq 'a' or name eq 'x' and id eq 'b'",
        "id eq 'a' or name eq 'x' and id eq 'b'",
    ),
    (
        "name ne 'x' and id ne 'a' and name ne 'y'",
        "name ne 'x' and id ne 'a' and name ne 'y'",
        "name ne 'x' and id ne 'a' and name ne 'y'",
    ),
    # what names an iTwin is searched for, whatever else is true
    (
        "name eq 'x' or name eq 'x' and iTwinId eq 'i'",
        "name eq 'x' or name eq 'x' and iTwinId eq 'i'",
        "name eq 'x' or name eq 'x' and iTwinId eq 'i'",
    ),
    ("iTwinId eq 'i' or iTwinId ne 'j'", "iTwinId eq 'i' or iTwinId ne 'j'", "iTwinId eq 'i' or iTwinId ne 'j'"),
    ("iTwinId eq 'i' or iTwinId eq 'j'", "iTwinId in ('i', 'j')", "iTwinId in ('i', 'j')"),
    ("iTwinId ne 'i' or iTwinId ne 'j'", EVERY, EVERY),
]


@pytest.mark.parametrize(("text", "nullable", "required"), FOLDS)
def test_folded(text: str, nullable: str, required: str | None) -> None:
    for names, expected in ((frozenset[str](), nullable), (frozenset(PROPERTIES) - {"inputId"}, required or nullable)):
        folded = fold(parse(text).node, names, Words())
        assert {ALWAYS: EVERY, NEVER: NO}.get(folded, write(folded)) == expected


@pytest.mark.parametrize(("text", "options", "printed"), PLANS.values(), ids=PLANS)
def test_printed(text: str, options: dict[str, Any], printed: str) -> None:
    assert f"{parse(text).plan(**options)}\n" == printed


def test_without_a_filter_all_of_the_callers_own_jobs() -> None:
    everything = plan.everything(services.select(["modeling-v1"]))
    assert f"{everything}\n" == (
        "modeling-v1: 1 request\n"
        "  $filter=createdDateTime ge 1970-01-01T00:00:00Z\n"
        "    searches your own jobs; 39 characters, 99 bytes of request line when encoded\n"
        "    there is nothing to filter by, but the service demands a filter: this one is true of every job\n"
    )


def test_a_refusal_is_an_error_to_raise() -> None:
    (refused,) = parse("email ne null").plan(["analysis-v2"]).services
    assert isinstance(refused.refused, Unanswerable)
    assert (refused.refused.property, refused.refused.service) == ("email", "analysis-v2")
    assert refused.requests == ()
    (many,) = parse("iTwinId in ('a', 'b')").plan(["analysis-v2"], max_requests=1).services
    assert isinstance(many.refused, PlanTooLarge)
    assert (many.refused.service, many.refused.of, many.refused.limit) == ("analysis-v2", "requests", 1)
    assert many.requests == ()


MISTAKES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"max_requests": 0}, ValueError, "max_requests must be a whole number, 1 or more, not 0"),
    ({"max_requests": 2.5}, TypeError, "max_requests must be a whole number, 1 or more, not 2.5"),
    ({"max_requests": True}, TypeError, "max_requests must be a whole number, 1 or more, not True"),
    ({"max_url": 399}, ValueError, "max_url must be a whole number, 400 or more, not 399"),
    ({"max_url": "2048"}, TypeError, "max_url must be a whole number, 400 or more, not '2048'"),
    ({"missing": "nul"}, ValueError, 'missing must be "error" or "null", not \'nul\''),
    ({"missing": ["null"]}, ValueError, 'missing must be "error" or "null", not [\'null\']'),
    ({"prune": 0}, TypeError, "prune must be True or False, not 0"),
]


@pytest.mark.parametrize(("options", "kind", "message"), MISTAKES)
def test_parameters_that_make_no_sense(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    for f in (parse("state eq 'Failed'"), parse("state in ()")):
        with pytest.raises(kind) as raised:
            f.plan(**options)
        assert str(raised.value) == message


def test_the_least_request_line_has_room_for_an_itwin_and_for_the_filter_that_is_always_sent() -> None:
    for text in (f"iTwinId eq {A}", "name ne null"):
        for part in parse(text).plan(list(services.ALL), max_url=plan.MIN_URL).services:
            (request,) = part.requests
            assert plan.line_bytes(request.filter, part.service) <= plan.MIN_URL - 256


def test_what_gets_its_room_first_gets_it_in_every_request() -> None:
    """A long list of the first iTwin does not take the requests that a list of e-mail addresses of the second needs."""
    addresses = ", ".join(f"'surveyor-{i}@example.com'" for i in range(100))
    ids = ", ".join(f"'fdb:{i}'" for i in range(1_000))
    f = parse(f"iTwinId eq 'a' and inputId in ({ids}) or iTwinId eq 'b' and email in ({addresses})")
    for most, expected in ((3, "more requests than 3"), (4, "None")):
        (part,) = f.plan(["conversion-v2"], max_requests=most).services
        assert expected in str(part.refused)


def test_large_products_are_planned_or_refused() -> None:
    def refused(text: str) -> str:
        (part,) = parse(text).plan(["modeling-v1"], max_requests=1_000).services
        return str(part.refused)

    twins = " and ".join(f"(iTwinId eq 't{i}' or state ne 's{i}')" for i in range(1_000))
    assert "50,000 terms" in refused(twins)
    assert "2,000 branches" in refused(
        " and ".join(f"(iTwinId eq 't' and name ne 'n{i}' or id ne '{i}')" for i in range(20))
    )
    # 5,000 branches are not many where nothing is to be multiplied.
    many = " or ".join(f"iTwinId eq 't{i % 60}' and name eq 'n{i}'" for i in range(5_000))
    assert refused(f"({many}) and state eq 'Failed'") == "None"


def test_a_plan_is_data() -> None:
    f = parse(f"iTwinId eq {A.upper()} and name ne null")
    assert f.plan() == f.plan()
    assert f.plan(["modeling-v1"]) != f.plan(["modeling-v2"])
    (request,) = f.plan(["modeling-v2"]).services[0].requests
    assert request.itwin_id == A
    assert request.pushed == parse(f"iTwinId eq {A}").node
    assert request.residual == parse("name ne null").node
    assert evolve(request, residual=None) != request


def test_a_plan_pickles() -> None:
    made = parse("state eq 'Queued' or state eq 'x' or email eq null or iTwinId in ('a', 'b')").plan(list(services.ALL))
    assert any(part.folded for part in made.services)
    assert any(part.pruned for part in made.services)
    assert any(part.refused for part in made.services)
    again = pickle.loads(pickle.dumps(made))  # noqa: S301
    assert again == made
    assert str(again) == str(made)


HALVES = {
    "a list": (
        "modeling-v1",
        "id in ('a', 'b', 'c', 'd', 'e') and name eq 'x'",
        [["id in ('a', 'b') and name eq 'x'", None], ["id in ('c', 'd', 'e') and name eq 'x'", None]],
    ),
    "the longest list": (
        "modeling-v1",
        "id in ('a', 'b') and name in ('nnnnnnn', 'mmmmmmm') and iTwinId eq 't'",
        [
            ["iTwinId eq 't' and id in ('a', 'b') and name eq 'nnnnnnn'", None],
            ["iTwinId eq 't' and id in ('a', 'b') and name eq 'mmmmmmm'", None],
        ],
    ),
    "in as or": ("modeling-v2", "id in ('a', 'b')", [["id eq 'a'", None], ["id eq 'b'", None]]),
    "a disjunction, by length and not by number": (
        "modeling-v1",
        f"state eq '{X60}' or name eq 'a' or id eq 'b'",
        [[f"state eq '{X60}'", None], ["name eq 'a' or id eq 'b'", None]],
    ),
    "a branch that is a conjunction": (
        "modeling-v1",
        "iTwinId eq 't' and (name eq 'a' and id eq 'b' or id eq 'c')",
        [["iTwinId eq 't' and name eq 'a' and id eq 'b'", None], ["iTwinId eq 't' and id eq 'c'", None]],
    ),
    "no list: the costliest condition is left to the records": (
        "modeling-v1",
        f"iTwinId eq 't' and name eq 'a' and state eq '{X60}' and outputId eq null",
        [["iTwinId eq 't' and name eq 'a'", f"outputId eq null and state eq '{X60}'"]],
    ),
    "nothing but the scope": ("modeling-v1", "iTwinId eq 't'", []),
    "nothing but the filter that the service demands": ("modeling-v2", "name eq null", []),
    "one condition": (
        "modeling-v1",
        f"name eq '{X60}'",
        [["createdDateTime ge 1970-01-01T00:00:00Z", f"name eq '{X60}'"]],
    ),
    "what is true of every job is longer": ("modeling-v1", "name eq 'a'", []),
    "records never hold it": ("modeling-v2", "email eq 'a'", []),
    "records hold the shorter one": (
        "modeling-v2",
        f"email eq '{X60}' and name eq 'a'",
        [[f"email eq '{X60}'", "name eq 'a'"]],
    ),
}


@pytest.mark.parametrize(("service", "text", "expected"), HALVES.values(), ids=HALVES)
def test_halved(service: str, text: str, expected: list[list[str | None]]) -> None:
    (part,) = parse(text).plan([service]).services
    (whole,) = part.requests
    halves = plan.halved(whole, part.service)
    assert [[half.filter, half.residual and write(half.residual)] for half in halves] == expected
    assert {half.itwin_id for half in halves} <= {whole.itwin_id}


def test_a_residual_does_not_get_deeper_than_a_filter_may_be() -> None:
    node: Node = Or((Comparison("inputId", Operator.EQ, Text("i")), Comparison("state", Operator.EQ, Text("a"))))
    for level in range(99):
        term = Comparison("name", Operator.NE, Text(f"{level}"))
        node = Or((node, term)) if isinstance(node, And) else And((node, term))
    (part,) = Filter(node).plan(["modeling-v2"]).services
    pending = list(part.requests)
    while pending:
        halves = plan.halved(pending.pop(), part.service)
        for half in halves:
            if half.residual is not None:
                Filter(half.residual)
        pending += halves


CHECKED = [
    ("modeling-v1", "email eq 'a' and name eq 'x'", ["email eq 'a' and name eq 'x'"]),
    ("modeling-v2", "email eq 'a' and name eq 'x'", ["name eq 'x'"]),
    ("modeling-v2", "email eq 'a' or name eq 'x'", [None]),
    (
        "modeling-v2",
        "(email eq 'a' and id eq 'i' or name eq 'x') and state eq 'Failed'",
        ["(id eq 'i' or name eq 'x') and state eq 'Failed'"],
    ),
    ("modeling-v2", "inputId eq 'a' and iTwinId eq 't'", ["iTwinId eq 't'"]),
    ("modeling-v2", "name eq null", [None]),
]


@pytest.mark.parametrize(("service", "text", "expected"), CHECKED)
def test_what_a_returned_record_is_held_against(service: str, text: str, expected: list[str | None]) -> None:
    (part,) = parse(text).plan([service]).services
    assert [request.checked and write(request.checked) for request in part.requests] == expected


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
