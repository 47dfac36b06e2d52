"""Runs the cases: README.md beside this file says what a case is. The data knows no Python; this file knows no case."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from reality_jobs import InvalidFilter, InvalidRecord, Unanswerable, parse, problems, services
from reality_jobs.filters import mend
from reality_jobs.filters.filter import Missing

HERE = Path(__file__).parent
TEXT_KEYS = {"filter", "problems", "service", "canonical", "texts", "fixed", "max_length", "max_nesting", "why"}
PROBLEM_KEYS = {"code", "severity", "span", "replacement"}
RECORD_KEYS = {"filter", "record", "service", "missing", "expected", "or", "path", "property", "why"}
OUTCOMES = (True, False, "InvalidRecord", "Unanswerable")

Case = dict[str, Any]


def cases(kind: str) -> list[Any]:
    """The cases that have the key `kind`, named by file and line: one case stands on one line."""
    return [
        pytest.param(case, id=f"{file.stem}:{line}")
        for file in sorted(HERE.glob("*.json"))
        for line, case in enumerate(json.loads(file.read_text("utf-8")), start=2)
        if kind in case
    ]


def limits(case: Case) -> dict[str, Any]:
    return {key: case[key] for key in ("max_length", "max_nesting") if key in case}


def all_cases() -> list[tuple[str, Case]]:
    return [(file.name, case) for file in sorted(HERE.glob("*.json")) for case in json.loads(file.read_text("utf-8"))]


@pytest.mark.parametrize("case", cases("problems"))
def test_problems_of_a_text(case: Case) -> None:
    assert set(case) <= TEXT_KEYS
    found = [
        {"code": p.code, "severity": p.severity, "span": [p.span.start, p.span.end]}
        | ({} if p.replacement is None else {"replacement": p.replacement})
        for p in problems(case["filter"], case.get("service"), **limits(case))
    ]
    assert found == case["problems"]
    valid = all(p["severity"] == "warning" for p in found)
    assert valid == ("canonical" in case), "a valid text has a canonical one, an invalid text has none"


@pytest.mark.parametrize("case", cases("canonical"))
def test_canonical_text(case: Case) -> None:
    f = parse(case["filter"], **limits(case))
    assert str(f) == case["canonical"]
    assert parse(case["canonical"]) == f


@pytest.mark.parametrize("case", cases("texts"))
def test_text_for_a_service(case: Case) -> None:
    f = parse(case["filter"])
    assert {name: f.text(name) for name in case["texts"]} == case["texts"]
    for name, text in case["texts"].items():
        assert parse(text).text(name) == text


@pytest.mark.parametrize("case", cases("problems"))
def test_mended_text(case: Case) -> None:
    """`fixed` is the text with every certain mend applied, and valid then; a text without `fixed` stays invalid."""
    mended = mend(case["filter"], **limits(case))
    if "canonical" in case:
        assert mended == case["filter"]
        return
    left = [p for p in problems(mended, **limits(case)) if p.severity == "error"]
    if "fixed" in case:
        assert mended == case["fixed"]
        assert left == []
    else:
        assert left != []


@pytest.mark.parametrize("case", cases("record"))
def test_answer_for_a_record(case: Case) -> None:
    assert set(case) <= RECORD_KEYS
    assert case["expected"] in OUTCOMES
    assert case.get("or", "InvalidRecord") == "InvalidRecord"
    missing: Missing = case.get("missing", "error")
    assert missing in get_args(Missing)
    f = parse(case["filter"])
    accepted = [case["expected"], *([case["or"]] if "or" in case else [])]
    assert outcome(case, lambda: f.matches(case["record"], case["service"], missing)) in accepted
    if case["service"] is not None:
        assert outcome(case, lambda: bool(list(f.select([case["record"]], case["service"], missing)))) in accepted


def outcome(case: Case, ask: Callable[[], bool]) -> bool | str:
    try:
        return ask()
    except InvalidRecord as error:
        path, wanted = error.path, case.get("path", error.path)
        name = type(error).__name__
    except Unanswerable as error:
        path, wanted = error.property, case.get("property", error.property)
        name = type(error).__name__
    return name if path == wanted else f"{name} about {path}, not {wanted}"


def test_there_are_cases_of_every_sort() -> None:
    found = [case for _, case in all_cases()]
    assert len(found) >= 500
    assert all(("problems" in case) != ("record" in case) for case in found)
    assert {case["service"] for case in found if "record" in case} == {*services.ALL, None}
    assert {name for case in found for name in case.get("texts", ())} == set(services.ALL)
    assert {key for case in found for p in case.get("problems", ()) for key in p} == PROBLEM_KEYS


def test_no_case_stands_twice() -> None:
    seen: dict[str, str] = {}
    for file, case in all_cases():
        key = json.dumps({k: v for k, v in case.items() if k != "why"}, sort_keys=True)
        assert key not in seen, f"{file} repeats a case of {seen[key]}: {key}"
        seen[key] = file


def test_one_case_stands_on_one_line() -> None:
    for file in sorted(HERE.glob("*.json")):
        lines = file.read_text("ascii").splitlines()
        assert len(lines) == len(json.loads(file.read_text("ascii"))) + 2, file.name


def test_a_refused_text_raises_with_its_problems() -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse("stat eq 'x'")
    assert caught.value.problems == problems("stat eq 'x'")
