"""`reality-jobs check`."""

from __future__ import annotations

import json

import pytest

from reality_jobs import problems, services

from .program import Ended, run, usage

VALID = """\
valid: state eq 'Success'
                 live list          saved records
  modeling-v1    all of it is sent  answer all of it
  modeling-v2    all of it is sent  answer all of it
  conversion-v2  all of it is sent  answer all of it
  conversion-v1  all of it is sent  answer all of it
  analysis-v1    all of it is sent  answer all of it
  analysis-v2    all of it is sent  answer all of it
"""

BROKEN = """\
unknown property 'stat'; did you mean 'state'?
  stat = Success
  ^^^^
'=' is written eq
  stat = Success
       ^
text is written in quotes: 'Success'
  stat = Success
         ^^^^^^^
--fix mends it: state eq 'Success'
"""


def test_a_valid_filter() -> None:
    assert run("check", "state EQ 'Success'") == Ended(0, VALID, "")


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_filter_from_stdin(ending: str) -> None:
    assert run("check", "-", stdin=f"\ufeffstate eq 'Success'{ending}".encode()) == Ended(0, VALID, "")


def test_every_problem_is_shown_and_what_mends_them() -> None:
    assert run("check", "stat = Success") == Ended(2, "", BROKEN)


def test_a_warning_is_no_error() -> None:
    shown = run("check", "state eq 'Sucess'")
    warning = "warning: no job API lists the state 'Sucess'; did you mean 'Success'?\n"
    assert shown == Ended(0, VALID.replace("Success", "Sucess"), f"{warning}  state eq 'Sucess'\n           ^^^^^^^^\n")


def test_one_service() -> None:
    report = """\
valid: email eq 'x' or inputId eq null
               live list                               saved records
  modeling-v2  sent in part, the rest is checked here  never hold email
"""
    shown = run("check", "email eq 'x' or inputId eq null", "--service", "modeling-v2")
    assert (shown.code, shown.out) == (0, report)
    assert shown.err.startswith("warning: records of modeling-v2 never hold 'email'")


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("stat = Success", "state eq 'Success'"),
        ("state eq 'Sucess'", "state eq 'Sucess'"),
        ("state eq “Success” && type == 'Full'", "state eq 'Success' and type eq 'Full'"),
        ("name = 'a\x1b[31mb\u202e'", "name eq 'a\x1b[31mb\u202e'"),
        ("name = '東京 \U0001f5fc'", "name eq '東京 \U0001f5fc'"),
    ],
)
def test_fix_prints_the_mended_text_and_nothing_else(text: str, mended: str) -> None:
    assert run("check", "--fix", text) == Ended(0, f"{mended}\n", "")


def test_fix_prints_what_remains_and_no_text() -> None:
    remains = "nothing follows 'and'\n  state eq 'Success' and\n                     ^^^\n"
    assert run("check", "--fix", "stat = Success and") == Ended(2, "", remains)


def test_fix_and_json_do_not_go_together() -> None:
    message = "--fix prints the mended filter and nothing else; leave out --format json"
    assert run("check", "--fix", "--format", "json", "x") == Ended(2, "", usage("check", "FILTER", message))


@pytest.mark.parametrize("text", ["stat = Success", "state eq 'Sucess'", "", "name eq '\x9b31m\x1b\u202e\U0001f5fc'"])
def test_json(text: str) -> None:
    shown = run("check", "--format", "json", text)
    data = json.loads(shown.out)
    found = problems(text)
    valid = not any(p.severity == "error" for p in found)
    assert (shown.code, shown.err) == (0 if valid else 2, "")
    assert (data["filter"], data["valid"]) == (text, valid)
    assert [
        (p["code"], p["severity"], p["message"], tuple(p["span"]), p["hint"], p["replacement"])
        for p in data["problems"]
    ] == [(p.code, p.severity, p.message, (p.span.start, p.span.end), p.hint, p.replacement) for p in found]
    assert set(data) == {"filter", "valid", "problems"} | ({"canonical", "services"} if valid else set())
    assert all(c.isprintable() or c == "\n" for c in shown.out)


def test_json_says_what_each_service_does() -> None:
    data = json.loads(run("check", "--format", "json", "state eq 'success' and email eq null").out)
    assert list(data["services"]) == list(services.ALL)
    assert data["services"]["modeling-v1"] == {
        "text": "state eq 'success' and email eq null",
        "live": "no request",  # its schema requires an address
        "lacking": [],
    }
    assert data["services"]["modeling-v2"] == {
        "text": "state eq 'Success' and email eq null",
        "live": "refused",
        "lacking": ["email"],
    }


@pytest.mark.parametrize(
    ("text", "live"),
    [
        ("name eq 'x'", "whole"),
        ("inputId eq 'x'", "here"),
        ("name in ()", "no request"),
        ("state eq 'Success' and inputId eq 'x'", "in part"),
        ("email eq null", "refused"),
    ],
)
def test_how_far_a_live_list_answers(text: str, live: str) -> None:
    data = json.loads(run("check", "--format", "json", "--service", "modeling-v2", text).out)
    assert {name: known["live"] for name, known in data["services"].items()} == {"modeling-v2": live}


def test_nothing_that_a_terminal_would_obey() -> None:
    shown = run("check", "name eq 'a\x1b[31mb\u202e'")
    assert shown.out.splitlines()[0] == r"valid: name eq 'a\x1b[31mb\u202e'"
    broken = run("check", "name ex 'a\x1b[31mb\u202e'")
    assert broken.code == 2
    assert all(c.isprintable() or c == "\n" for c in broken.err)


def test_a_report_has_no_endless_lines() -> None:
    members = ", ".join(f"'{i:036}'" for i in range(5_000))
    shown = run("check", "-", stdin=f"inputId in ({members})".encode())
    first = shown.out.splitlines()[0]
    assert (shown.code, shown.err) == (0, "")
    assert first.endswith(f"... ({len(members) + 20:,} characters; --format json shows all)")
    assert len(first) < 2_100


def test_bytes_that_are_no_text() -> None:
    message = (
        "U+DCFF is half of a character\n"
        "  name eq '\\udcff'\n"
        "           ^^^^^^\n"
        "  hint: the text was decoded wrongly before it came here\n"
    )
    for locale in ("C", "C.UTF-8"):
        assert run("check", "-", stdin=b"name eq '\xff'", LC_ALL=locale) == Ended(2, "", message)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "Missing argument 'FILTER'."),
        (("a", "b"), "Got unexpected extra argument (b)"),
        (("a", "--service", "modeling"), "Invalid value for '--service': 'modeling' is not one of 'modeling-v1', "
         "'modeling-v2', 'conversion-v2', 'conversion-v1', 'analysis-v1', 'analysis-v2'."),
    ],
)  # fmt: skip
def test_wrong_arguments(args: tuple[str, ...], message: str) -> None:
    assert run("check", *args) == Ended(2, "", usage("check", "FILTER", message))
