"""`reality-jobs explain`."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from .program import Ended, run

TEXT = "state eq 'Success' and (name eq 'a' or inputId in ('b', 'c'))"
NASTY = (
    "name eq '<a> & \"b\" ]]> [x](y) {{z}} #1; `end` 東京 \x1b[31m\u202e' or name eq '' "
    "or (state eq 'x' and id ne null)"
)


def test_tree() -> None:
    shown = run("explain", TEXT, "--service", "modeling-v1", "--service", "modeling-v2")
    assert shown == Ended(
        0,
        """\
and
├─ state eq 'Success'
└─ or
   ├─ name eq 'a'
   └─ inputId in ('b', 'c')

the filter as each service spells it
  modeling-v1  state eq 'success' and (name eq 'a' or inputId in ('b', 'c'))
  modeling-v2  state eq 'Success' and (name eq 'a' or inputId eq 'b' or inputId eq 'c')

what is asked
  modeling-v1: 1 request
    $filter=state eq 'success' and (name eq 'a' or inputId in ('b', 'c'))
      searches your own jobs; 61 characters, 161 bytes of request line when encoded
  modeling-v2: 1 request
    $filter=state eq 'Success'
      searches your own jobs; 18 characters, 80 bytes of request line when encoded
      then keep here only jobs with: name eq 'a' or inputId in ('b', 'c')
""",
        "",
    )


def test_what_cannot_be_asked_is_said_in_options_not_in_python() -> None:
    shown = run("explain", "email eq null", "--service", "modeling-v2")
    why = "records of modeling-v2 never hold 'email', so they cannot answer the filter; --missing null reads it as null"
    assert shown.code == 0
    assert f"  modeling-v2: cannot be asked\n    {why}\n" in shown.out
    assert "then keep here only jobs with: email eq null" in run("explain", "email eq null", "--missing", "null").out


def test_what_is_not_asked_for_is_said_and_can_be_asked_for() -> None:
    text, service = "state eq 'Queued' or state eq '; prune=False asks'", ("--service", "modeling-v1")
    why = "state 'Queued' is none of modeling-v1's states; --no-prune asks anyway"
    shown = run("explain", text, *service)
    assert f"    left out: {why}\n    $filter=state eq '; prune=False asks'\n" in shown.out
    (found,) = json.loads(run("explain", text, *service, "--format", "json").out)["services"]
    assert found["pruned"] == [why]
    anyway = run("explain", text, *service, "--no-prune").out
    assert "left out" not in anyway
    assert "    $filter=state in ('Queued', '; prune=False asks')\n" in anyway


def test_limits_are_options() -> None:
    text = "iTwinId in ('a', 'b')"
    assert "modeling-v2: cannot be asked" in run("explain", text, "--max-requests", "1").out
    assert "modeling-v2: 2 requests" in run("explain", text, "--max-requests", "2").out
    long = f"name eq '{'x' * 200}'"
    left = f"then keep here only jobs with: {long}"
    assert left in run("explain", long, "--max-url", "500").out
    assert left not in run("explain", long, "--max-url", "600").out
    assert run("explain", text, "--max-url", "399").code == 2


def test_what_the_limits_keep_from_being_sent_is_said_in_options() -> None:
    ids = ", ".join(f"'; raise max_url {i}'" for i in range(40))
    args = (f"id in ({ids}) and name eq '{'x' * 400}'", "--service", "modeling-v1", "--max-url", "500")
    line = "not sent, as a request line of 500 bytes has no room for it: name eq 'xxxxx"
    many = "not sent, as it takes more requests of 500 bytes than 2"
    quoted = "id in ('; raise max_url 0', '; raise max_url 1', '; raise ma..."
    few = run("explain", *args, "--max-requests", "2").out
    assert f"    {many}: {quoted}; raise --max-requests or --max-url\n" in few
    assert "xxx...; raise --max-url\n" in few
    (found,) = json.loads(run("explain", *args, "--format", "json").out)["services"]
    assert len(found["requests"]) > 2
    for request in found["requests"]:
        (note,) = request["notes"]
        assert note.startswith(line)
        assert note.endswith("xxx...; raise --max-url")


def test_people_see_the_beginning_and_json_all_of_it() -> None:
    text = f"id in ({', '.join(repr(f'fdb:{i}') for i in range(400))})"
    shown = run("explain", text, "--service", "modeling-v1").out
    assert max(map(len, shown.splitlines())) < 400
    (found,) = json.loads(run("explain", text, "--service", "modeling-v1", "--format", "json").out)["services"]
    assert found["text"] == text
    assert all("fdb" in request["filter"] and "..." not in request["filter"] for request in found["requests"])


def test_json() -> None:
    shown = run("explain", "-", "--format", "json", "--service", "modeling-v2", stdin=TEXT.encode())
    assert (shown.code, shown.err) == (0, "")
    assert json.loads(shown.out) == {
        "filter": TEXT,
        "tree": {"and": ["state eq 'Success'", {"or": ["name eq 'a'", "inputId in ('b', 'c')"]}]},
        "services": [
            {
                "service": "modeling-v2",
                "text": "state eq 'Success' and (name eq 'a' or inputId eq 'b' or inputId eq 'c')",
                "refused": None,
                "folded": [],
                "pruned": [],
                "notes": [],
                "requests": [
                    {
                        "filter": "state eq 'Success'",
                        "characters": 18,
                        "bytes": 80,
                        "residual": "name eq 'a' or inputId in ('b', 'c')",
                        "iTwinId": None,
                        "notes": [],
                    }
                ],
            }
        ],
    }


def test_mermaid() -> None:
    shown = run("explain", "name eq 'a[b]\"' or id eq null", "--format", "mermaid")
    assert shown == Ended(
        0,
        """\
flowchart TD
  n0{{"or"}}
  n1["name eq #39;a#91;b#93;#34;#39;"]
  n0 --> n1
  n2["id eq null"]
  n0 --> n2
""",
        "",
    )


def test_svg_is_xml_and_shows_every_condition_inside_its_box() -> None:
    shown = run("explain", NASTY, "--format", "svg")
    assert (shown.code, shown.err) == (0, "")
    root = ElementTree.fromstring(shown.out)  # noqa: S314 - our own
    name = "{http://www.w3.org/2000/svg}"
    labels = [x.text or "" for x in root.iter(f"{name}text")]
    assert labels == [
        "or",
        "name eq '<a> & \"b\" ]]> [x](y) {{z}} #1; `end` 東京 \\x1b[31m\\u202e'",
        "name eq ''",
        "and",
        "state eq 'x'",
        "id ne null",
    ]
    boxes = [{key: float(x.get(key, "nan")) for key in ("x", "y", "width", "height")} for x in root.iter(f"{name}rect")]
    assert len(boxes) == len(labels)
    for box, label in zip(boxes, labels, strict=True):
        assert box["width"] > 7.2 * len(label)
        assert box["x"] + box["width"] <= float(root.get("width", "nan"))
        assert box["y"] + box["height"] <= float(root.get("height", "nan"))


@pytest.mark.parametrize("form", ["tree", "json", "mermaid", "svg"])
def test_nothing_that_a_terminal_would_obey(form: str) -> None:
    shown = run("explain", NASTY, "--format", form)
    assert (shown.code, shown.err) == (0, "")
    assert [c for c in shown.out if not c.isprintable() and c != "\n"] == []


@pytest.mark.parametrize("form", ["tree", "json", "mermaid", "svg"])
def test_large_and_deep_filters(form: str) -> None:
    wide = " or ".join(f"name eq '{i}'" for i in range(3_000))
    deep = "".join(f"name eq '{i}' {('and', 'or')[i % 2]} (" for i in range(99)) + "id eq null" + ")" * 99
    for text in (wide, deep):
        shown = run("explain", "-", "--format", form, "--service", "modeling-v1", stdin=text.encode())
        assert (shown.code, shown.err) == (0, "")
        assert "2999" in shown.out or "id eq null" in shown.out


def test_output_is_a_file(tmp_path: Path) -> None:
    target = tmp_path / "tree.svg"
    assert run("explain", TEXT, "--format", "svg", "-o", target) == Ended(0, "", "")
    assert target.read_text().startswith("<svg ")
    assert [path.name for path in tmp_path.iterdir()] == ["tree.svg"]


def test_a_filter_that_is_none() -> None:
    empty = "the filter is empty\n\n  ^\n  hint: to ask for all jobs leave the filter out: "
    assert run("explain", "") == Ended(2, "", f"{empty}client.jobs(), reality-jobs list\n")
