"""`reality-jobs show`: the tree, the record, and what of it nobody expected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reality_jobs import services

from ..contract.liar import Asked, Liar, Reply, json_reply, liar
from .program import TOKEN, Ended, on_terminal, run, usage
from .saved import NAMES, guid, v1, v2

PAGES = json.loads((Path(__file__).parents[1] / "unit" / "published.json").read_text())
RECORDS = {f"{service}/{record['id']}/{record['state']}": record for service, record in PAGES["jobs"]}
MODELING = RECORDS["modeling-v1/cc3d35cc-416a-4262-9714-b359da70b419/success"]
CONVERSION = RECORDS["conversion-v2/f2257da7-1c9d-4599-811d-db8aa139c1ac/Failed"]
RUNNING = RECORDS["modeling-v2/d75704b5-e854-4ff3-a086-3ac6a20af5fa/Active"]
MISSING = json_reply({"error": {"code": "JobNotFound", "message": "Requested job is not available."}}, 404)


@contextmanager
def answering(replies: Mapping[str, object]) -> Iterator[Liar]:
    """A server that answers what comes behind `/jobs/` with a reply, or with a record."""

    def script(asked: Asked) -> Reply:
        found = replies.get(asked.path.rpartition("/jobs/")[2], MISSING)
        return found if isinstance(found, Reply) else json_reply({"job": found})

    with liar(script) as server:
        yield server


def show(server: Liar, *args: str, stdin: bytes = b"") -> Ended:
    return run("show", *args, "--base-url", server.url, "--retries", "0", stdin=stdin, ITWIN_ACCESS_TOKEN=TOKEN)


def tree(server: Liar, *args: str) -> str:
    """Without the time that goes by."""
    shown = show(server, *args, "--format", "tree")
    assert (shown.code, shown.err) == (0, "")
    return re.sub(r"[0-9]+ days ago", "N days ago", shown.out)


def test_a_job_of_v1_that_has_ended() -> None:
    with answering({MODELING["id"]: MODELING}) as server:
        shown = tree(server, f"modeling-v1/{MODELING['id']}")
        assert server.paths == [f"/contextcapture/jobs/{MODELING['id']}"]
    assert (
        shown
        == """\
modeling-v1/cc3d35cc-416a-4262-9714-b359da70b419
├── name       My first Reality Modeling job
├── type       Full
├── state      success
├── iTwin      3fa85f64-5717-4562-b3fc-2c963f66afa6
├── creator    john.smith@example.com
├── created    N days ago (2020-09-14T14:29:55Z)
├── submitted  4 min 25 s later (2020-09-14T14:34:20Z)
├── started    8 s later (2020-09-14T14:34:28Z)
├── ended      7 min 21 s later (2020-09-14T14:41:49Z)
├── estimatedUnits  0.05
├── lastModifiedDateTime  2020-09-14T14:29:55Z
├── location  East US
├── workspaceId  6881117d-9fd2-4900-870b-9b721dc90f25
├── inputs
│   ├── id 58e0c0ca-f730-4e5b-808d-1c8cacacb4d4, description Drone ImageCollection
│   └── id dc65ce7d-2598-422f-97a5-5ae8eb004b67, description Drone CCOrientations
├── jobSettings
│   ├── quality  Extra
│   ├── outputs
│   │   ├── format OBJ, id 3ddee08c-01e8-44a5-8e56-3879109f6728
│   │   └── format 3MX, id f18fc6c3-2224-4d63-a04b-52bd18805d01
│   ├── processingEngines  5
│   └── cacheSettings
│       ├── createCache  true
│       └── useCache  799b11bd-71cf-481a-b284-bf48f672cd9a
├── costEstimationParameters
│   ├── gigaPixels  2.1
│   ├── megaPoints  1.5
│   └── meshQuality  Extra
└── estimatedCost  3.5
"""
    )


def test_a_job_of_v2_that_has_failed_and_its_messages() -> None:
    told = json_reply({"messages": PAGES["messages"]})
    with answering({CONVERSION["id"]: CONVERSION, f"{CONVERSION['id']}/messages": told}) as server:
        shown = tree(server, f"conversion-v2/{CONVERSION['id']}")
    assert (
        shown
        == """\
conversion-v2/f2257da7-1c9d-4599-811d-db8aa139c1ac
├── name       Unified Job- PCOptimization
├── type       PointCloudOptimization
├── state      Failed
├── iTwin      2c8e4988-eb9b-4e5f-a903-8c7c18f3030a
├── creator    e263a543-db55-4fa5-8a4e-69b9cfcf6c59
├── created    N days ago (2026-04-01T09:50:33Z)
├── started    5 min 41 s later (2026-04-01T09:56:14Z)
├── ended      5 min 46 s later (2026-04-01T10:02:00Z)
├── processingUnits  0
├── inputs
│   └── pointClouds
│       └── fc2746d5-7b62-4f00-9a88-1bfaa22475d7
├── output  62869765-1031-470f-9730-15ef7aac8adb
├── options
│   └── outputFormat  3DTilesPnts
└── errors
    └── InputData_Invalid: Invalid input data
        └── Invalid input data. Please check the documentation. ("PointCloud")
"""
    )


def test_a_job_that_runs() -> None:
    began = datetime.now(UTC) - timedelta(hours=2, minutes=5, seconds=30)
    times = {
        "createdDateTime": f"{began:%Y-%m-%dT%H:%M:%S}.1234567+00:00",
        "startedDateTime": f"{began:%Y-%m-%dT%H:%M:%SZ}",
    }
    replies = {
        RUNNING["id"]: RUNNING | {"executionInfo": times},
        f"{RUNNING['id']}/progress": json_reply({"progress": PAGES["progress"][0]}),
    }
    with answering(replies) as server:
        head = tree(server, f"modeling-v2/{RUNNING['id']}").splitlines()[5:10]
    moment = f"{began:%Y-%m-%dT%H:%M:%SZ}"
    assert head == [
        "├── creator    911edf8b-59ad-404c-a743-aec05ca038e9",
        "├── progress   56 %, Reconstruction",
        f"├── created    2 hours ago ({moment})",
        f"├── started    0 s later ({moment})",
        "├── runs for   2 h 5 min",
    ]


def test_messages_of_v1_with_what_has_no_place_in_them() -> None:
    run_ = {
        "submittedDateTime": "2026-01-01T10:00:00Z",
        "startedDateTime": None,
        "errors": [
            {"code": "E1", "title": "[bold]No", "message": "%1 of %2 of %3", "params": [1, "two"]},
            {"message": "100 %", "params": ["a", {"b": 1}]},
        ],
        "warnings": [{"code": "W1"}],
    }
    with answering({guid(1): v1(1, "a", "failed", executionInformation=run_)}) as server:
        lines = tree(server, f"modeling-v1/{guid(1)}").splitlines()
    assert lines[-8:] == [
        f"│       └── format LAS, id {guid(201)}",
        "├── errors",
        "│   ├── E1: [bold]No",
        "│   │   └── 1 of two of %3",
        "│   └── (no code)",
        '│       └── 100 % (a, {"b":1})',
        "└── warnings",
        "    └── W1",
    ]


def test_json_is_the_record_as_it_came() -> None:
    odd = {"id": guid(2), "state": 5, "name": "a\x1b[31m\u202e", "later": [1.5, None]}
    with answering({guid(1): v1(1, "東京"), guid(2): odd}) as server:
        shown = show(server, f"modeling-v1/{guid(1)}", f"modeling-v1/{guid(2)}")
        assert server.paths == [f"/contextcapture/jobs/{guid(1)}", f"/contextcapture/jobs/{guid(2)}"]
    assert (shown.code, shown.err) == (0, "")
    assert [json.loads(text) for text in shown.out.splitlines()] == [v1(1, "東京"), odd]
    assert "\x1b" not in shown.out


def test_what_is_not_as_published_is_shown_as_it_came() -> None:
    odd = v2(1, "odd") | {"state": 5, "executionInfo": {"createdDateTime": "yesterday"}, "name": "[red]x\x1b[31m"}
    with answering({guid(1): odd}) as server:
        shown = show(server, f"modeling-v2/{guid(1)}", "--format", "tree")
    assert shown == Ended(
        0,
        f"""\
modeling-v2/{guid(1)}
├── id  {guid(1)}
├── iTwinId  {guid(800)}
├── name  [red]x\\x1b[31m
├── type  FillImageProperties
├── state  5
├── userId  {guid(700)}
├── executionInfo
│   └── createdDateTime  yesterday
└── specifications
    ├── inputs
    │   └── sceneToProcess  {guid(7)}
    └── outputs  {{}}
""",
        f"""\
warning: modeling-v2/{guid(1)}: not as published, so shown as it came: 3 places are wrong
  $.executionInfo.createdDateTime: not a date-time like 2024-06-24T13:00:00Z, found 'yesterday'
  $.specifications.outputs.scene: is missing
  $.state: expected text, found the number 5
""",
    )


def test_what_is_not_published_yet_is_shown() -> None:
    new = RUNNING | {"type": "Dreaming", "state": "Asleep", "mood": {"deep": [[1], []]}, "name": None}
    new["specifications"] = {"inputs": {"sheep": [f"{i}" for i in range(60)]}}
    with answering({RUNNING["id"]: new}) as server:
        lines = tree(server, f"modeling-v2/{RUNNING['id']}").splitlines()
    assert lines[1:3] == ["├── type       Dreaming", "├── state      Asleep"]
    assert lines[6:9] == ["├── inputs", "│   └── sheep", "│       ├── 0"]
    assert lines[57:] == [
        "│       ├── 49",
        "│       └── ... 10 more; --format json shows all",
        "└── mood",
        "    └── deep",
        "        ├── [0]",
        "        │   └── 1",
        "        └── [1]  []",
    ]


def test_what_nests_too_deep() -> None:
    deep: object = 1
    for _ in range(400):
        deep = {"a": deep}
    with answering({guid(1): v1(1, "deep", later=deep)}) as server:
        lines = tree(server, f"modeling-v1/{guid(1)}").splitlines()
    assert lines[-1] == f"{'    ' * 12}└── a  ..."


def test_messages_and_progress_that_cannot_be_read() -> None:
    replies = {
        RUNNING["id"]: RUNNING,
        f"{RUNNING['id']}/progress": json_reply({"progress": {"percentage": "56", "state": "Active"}}),
        f"{RUNNING['id']}/messages": json_reply({"messages": {"errors": [5]}}),
    }
    name = f"modeling-v2/{RUNNING['id']}"
    with answering(replies) as server:
        shown = show(server, name, "--format", "tree")
    assert (shown.code, shown.out.count("\n")) == (0, 14)
    assert shown.err == (
        f"warning: {name}: $.percentage: expected a number, found text\n"
        f"warning: {name}: $.errors[0]: expected an object, found the number 5\n"
    )


def test_a_job_that_is_not_there_is_told_and_the_others_are_shown() -> None:
    lines = (
        f"\n modeling-v1/{guid(1)} \r\nmodeling-v1/{guid(2)}\nmodeling-v1/{guid(1).upper()}\nmodeling-v1/{guid(3)}\n"
    )
    with answering({guid(1): v1(1, "a"), guid(3): v1(3, "c")}) as server:
        shown = show(server, "-", stdin=lines.encode())
        assert len(server.asked) == 3
    assert [json.loads(text)["id"] for text in shown.out.splitlines()] == [guid(1), guid(3)]
    message = f"modeling-v1: job {guid(2)}: Requested job is not available. (404 JobNotFound)\n1 job of 3 refused\n"
    assert (shown.code, shown.err) == (1, message)


def test_a_job_of_somebody_else_is_one_that_is_refused() -> None:
    forbidden = json_reply({"error": {"code": "InsufficientPermissions", "message": "No."}}, 403)
    with answering({guid(1): forbidden, guid(2): v1(2, "b")}) as server:
        shown = show(server, f"modeling-v1/{guid(1)}", f"modeling-v1/{guid(2)}")
    message = f"modeling-v1: job {guid(1)}: No. (403 InsufficientPermissions)\n1 job of 2 refused\n"
    assert (shown.code, json.loads(shown.out)["id"], shown.err) == (1, guid(2), message)


def test_what_will_go_wrong_for_all_ends_it() -> None:
    refused = json_reply({"error": {"code": "Unauthorized", "message": "Access denied."}}, 401)
    with answering({guid(1): v1(1, "a"), guid(2): refused}) as server:
        shown = show(server, *(f"modeling-v1/{guid(i)}" for i in (1, 2, 3)))
        assert len(server.asked) == 2
    message = "modeling-v1: Access denied. (401 Unauthorized)\nended at job 2 of 3; the rest was not begun\n"
    assert (shown.code, shown.err) == (1, f"modeling-v1: job {guid(2)}: {message[13:]}")


FORM = "a job is named by its service and id, as in 'modeling-v1/cc3d35cc-416a-4262-9714-b359da70b419', not"


@pytest.mark.parametrize(
    ("args", "stdin", "message"),
    [
        ((guid(1),), b"", f"{FORM} '{guid(1)}'"),
        (("modeling-v1/",), b"", f"{FORM} 'modeling-v1/'"),
        (("modeling-v1/1", "../1"), b"", f"unknown service '..'; the services are {', '.join(services.ALL)}"),
        (("-",), b"modeling-v1/1\n\n\x1b[31m\n", f"line 3 of stdin: {FORM} '\\x1b[31m'"),
        (("-",), b"modeling-v1/\xff", f"line 1 of stdin: {FORM} 'modeling-v1/\\udcff'"),
    ],
)  # fmt: skip
def test_ids_that_are_none(args: tuple[str, ...], stdin: bytes, message: str) -> None:
    with answering({}) as server:
        shown = show(server, *args, stdin=stdin)
        assert server.asked == []
    assert shown == Ended(2, "", usage("show", "ID...", f"Invalid value for 'ID...': {message}"))


def test_no_ids() -> None:
    assert run("show") == Ended(2, "", usage("show", "ID...", "Missing argument 'ID...'."))
    assert run("show", "-", stdin=b"\n \n") == Ended(0, "", "no jobs\n")


def test_on_a_terminal() -> None:
    names = [f"modeling-v1/{guid(number)}" for number, _ in enumerate(NAMES, 1)]
    records = {guid(number): v1(number, name, "failed") for number, name in enumerate(NAMES, 1)}
    with answering(records) as server:
        args = ("show", *names, "--base-url", server.url)
        code, coloured = on_terminal(80, *args, env={"ITWIN_ACCESS_TOKEN": TOKEN})
        assert (code, coloured.count("\x1b[31mfailed\x1b[0m")) == (0, len(NAMES))
        plain = on_terminal(80, *args, env={"ITWIN_ACCESS_TOKEN": TOKEN, "NO_COLOR": "1"})[1]
        narrow = on_terminal(40, *args, env={"ITWIN_ACCESS_TOKEN": TOKEN, "NO_COLOR": "1"})[1]
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    assert [c for c in plain if not c.isprintable() and c != "\n"] == []
    assert "├── name       [bold]Zürich[/bold]\n" in plain
    assert "├── name       \\x1b[31mred\\x1b[0m\\u202e\\r\\nsecond line\n" in plain
    assert all(f" {guid(200 + number)}\n" in narrow for number, _ in enumerate(NAMES, 1))
