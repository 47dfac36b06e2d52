"""`reality-jobs create`: what it shows, what it refuses, what it sends, and what it says where nobody knows."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from reality_jobs.emulator.serve import Emulator
from reality_jobs.records.models import CREATIONS

from ..contract.liar import Asked, Reply, json_reply, liar
from .program import PROGRAM, TOKEN, Ended, environment, on_terminal, run, start, usage
from .saved import guid, line

QUARRY: dict[str, object] = {
    "type": "Full",
    "name": "Lee's quarry",
    "workspaceId": guid(900),
    "inputs": [{"id": guid(1), "description": "photos"}],
    "settings": {"quality": "Extra", "outputs": ["OBJ"]},
}
TILES: dict[str, object] = {
    "type": "PointCloudOptimization",
    "iTwinId": guid(800),
    "specifications": {"inputs": {"pointClouds": [guid(1)]}, "options": {"outputFormat": "OPC"}},
}
NOT_SENT = "nothing was sent; --yes sends it\n"
SERVICES = ", ".join(CREATIONS)
ONE_OF = "--service is one of"
ANSWERED = {"id": guid(5), "type": "Full", "state": "unsubmitted"}


def created(spec: object, *args: str, **env: str) -> Ended:
    """From stdin."""
    return run("create", "--from", "-", *args, stdin=json.dumps(spec).encode(), **env)


def wrong(option: str, message: str) -> Ended:
    return Ended(2, "", usage("create", "", f"Invalid value for '{option}': {message}"))


@pytest.mark.parametrize(
    ("spec", "path"),
    [(QUARRY, "/contextcapture/jobs"), (TILES, "/reality-conversion/jobs")],
)
def test_what_would_be_sent_is_shown_and_nothing_is_sent(tmp_path: Path, spec: dict[str, object], path: str) -> None:
    (tmp_path / "job.json").write_bytes(b"\xef\xbb\xbf" + line(spec))
    shown = run("create", "--from", tmp_path / "job.json")
    assert (shown.code, shown.err) == (0, NOT_SENT)
    assert json.loads(shown.out) == {"method": "POST", "url": f"https://api.bentley.com{path}", "body": spec}
    assert created(spec) == shown
    elsewhere = json.loads(created(spec, "--base-url", "http://127.0.0.1:8080/test/").out)
    assert elsewhere["url"] == f"http://127.0.0.1:8080/test{path}"


def test_the_service_is_the_one_that_lists_the_type_and_publishes_most_of_the_keys() -> None:
    calibration = {"type": "calibration", "iTwinId": guid(800), "specifications": {"inputs": {}, "outputs": []}}
    assert created(calibration).err.startswith("$.")
    shared = {"specifications": {"inputs": {"scene": guid(1)}, "outputs": ["scene"]}}
    urls = [
        json.loads(created(spec).out)["url"].rpartition(".com")[2]
        for spec in (QUARRY | {"type": "Calibration"}, calibration | shared | {"type": "Calibration"})
    ]
    assert urls == ["/contextcapture/jobs", "/reality-modeling/jobs"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (QUARRY | {"type": "Fill"}, f"the type 'Fill' does not say which service creates the job; {ONE_OF} {SERVICES}"),
        ({}, f"no type says which service creates the job; {ONE_OF} {SERVICES}"),
        (
            {"type": "Calibration"},
            f"the type 'Calibration' does not say which service creates the job; {ONE_OF} modeling-v1, modeling-v2",
        ),
    ],
)
def test_a_type_that_names_no_service(spec: dict[str, object], message: str) -> None:
    assert created(spec) == Ended(2, "", usage("create", "", message))


def test_a_service_that_publishes_no_creation() -> None:
    message = f"no creation is published for analysis-v1; it is for {SERVICES}"
    assert created(QUARRY, "--service", "analysis-v1") == wrong("--service", message)


def test_settings() -> None:
    args = (
        *("settings.outputs[1]=LAS", "settings.outputs.2=3MX", "settings.processingEngines=0", 'name="12"'),
        *("costEstimationParameters.gigaPixels=2.5", "inputs.1.id=" + guid(2), "inputs[0].description=a=b [x]"),
        *("settings.cacheSettings={}", "settings.cacheSettings.createCache=true", "settings.quality=Draft"),
    )
    shown = created(QUARRY, *(part for text in args for part in ("--set", text)))
    assert (shown.code, shown.err) == (0, NOT_SENT)
    assert json.loads(shown.out)["body"] == QUARRY | {
        "name": "12",
        "inputs": [{"id": guid(1), "description": "a=b [x]"}, {"id": guid(2)}],
        "settings": {
            "quality": "Draft",
            "outputs": ["OBJ", "LAS", "3MX"],
            "processingEngines": 0,
            "cacheSettings": {"createCache": True},
        },
        "costEstimationParameters": {"gigaPixels": 2.5},
    }


def test_settings_alone_make_a_job() -> None:
    args = ("type=ContextSceneTiler", f"iTwinId={guid(800)}", f"specifications.inputs.scene={guid(1)}")
    shown = created({}, *(part for text in args for part in ("--set", text)))
    assert json.loads(shown.out)["body"] == {
        "type": "ContextSceneTiler",
        "iTwinId": guid(800),
        "specifications": {"inputs": {"scene": guid(1)}},
    }


FORM = "a setting is written PATH=VALUE, as in name=bridge or inputs[0].id=..., not"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("name", f"{FORM} 'name'"),
        ("=x", f"{FORM} '=x'"),
        (".name=x", f"{FORM} '.name=x'"),
        ("a..b=x", f"{FORM} 'a..b=x'"),
        ("a[x]=1", f"{FORM} 'a[x]=1'"),
        ("[0]=1", f"{FORM} '[0]=1'"),
        ("type.of=x", "'type.of=x': $.type is text and holds nothing below it"),
        ("inputs[0].id.x=1", "'inputs[0].id.x=1': $.inputs[0].id is text and holds nothing below it"),
        ("inputs.id=1", "'inputs.id=1': $.inputs is an array; its elements are inputs[0] and so on"),
        ("settings[0]=1", "'settings[0]=1': $.settings is an object and has no element [0]"),
        ("inputs[2].id=1", "'inputs[2].id=1': $.inputs has no element [2]; the next one is [1]"),
    ],
)
def test_settings_that_cannot_be(setting: str, message: str) -> None:
    assert created(QUARRY, "--set", setting) == wrong("--set", message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "stdin is no JSON: Expecting value: line 1 column 1 (char 0)"),
        (b'{"a": 1', "stdin is no JSON: Expecting ',' delimiter: line 1 column 8 (char 7)"),
        (b'{"a": NaN}', "stdin is no JSON: NaN is no number"),
        (b'{"a": 1e999}', "stdin is no JSON: 1e999 is beyond all bounds"),
        (b'{"a": {"b": 1, "b": 2}}', "stdin is no JSON: the key 'b' is there twice"),
        (b"[1]", "stdin holds an array, not an object"),
        (b'{"a": "\xff"}', "stdin is no UTF-8: byte 7"),
        (b"[" * 100_000, "stdin is no JSON: "),
    ],
)
def test_files_that_hold_no_object(content: bytes, message: str) -> None:
    shown = run("create", "--from", "-", stdin=content)
    said = shown.err.partition(" maximum recursion")
    assert Ended(shown.code, shown.out, f"{said[0]} \n" if said[1] else said[0]) == wrong("--from", message)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    assert run("create", "--from", absent) == wrong("--from", f"File '{absent}' does not exist.")


def test_what_no_encoding_can_carry() -> None:
    message = "half a character (a lone surrogate) cannot be sent"
    assert run("create", "--from", "-", stdin=b'{"name": "\\ud800"}') == Ended(2, "", usage("create", "", message))


def test_every_wrong_place_is_told_before_anything_is_sent() -> None:
    args = ("settings.quality=Best", "settings.processingEngines=-1", "colour=red", "settings.outputs[1]=USDZ")
    with liar([]) as server:
        shown = created(QUARRY, "--yes", "--base-url", server.url, *(part for text in args for part in ("--set", text)))
        assert server.asked == []
    formats = (
        "CCOrientations, 3MX, 3SM, WebReady ScalableMesh, Cesium 3D Tiles, POD, Orthophoto/DSM, LAS, FBX, OBJ, "
        "ESRI i3s, DGN, LODTreeExport, PLY, OPC, OMR, ContextScene, GaussianSplats"
    )
    assert (shown.code, shown.out) == (2, "")
    assert sorted(shown.err.splitlines()) == [
        "$.colour: is no published key; those are type, name, workspaceId, inputs, settings, costEstimationParameters",
        f"$.settings.outputs[1]: expected one of {formats}, found 'USDZ'",
        "$.settings.processingEngines: expected a number from 0, found -1",
        "$.settings.quality: expected one of Draft, Medium, Extra, found 'Best'",
    ]


def test_what_is_missing_is_told() -> None:
    shown = created({"type": "MeshSampling", "specifications": {"inputs": {}}})
    assert shown == Ended(2, "", "$.iTwinId: is missing\n$.specifications.inputs.meshes: is missing\n")


def test_submit_is_for_what_is_submitted() -> None:
    message = "leave out --submit: a job of Reality Conversion v2 is submitted by this"
    assert created(TILES, "--submit") == Ended(2, "", usage("create", "", message))
    assert created(QUARRY, "--submit").err == "nothing was sent; --yes sends it, and then submits the job\n"


def test_jobs_are_created() -> None:
    emulator = Emulator([])
    with emulator.running() as url:
        args = ("--yes", "--base-url", url)
        shown = created(QUARRY, *args, ITWIN_ACCESS_TOKEN=TOKEN)
        job = json.loads(shown.out)
        assert (shown.code, shown.err, shown.out.count("\n"), job["state"]) == (0, "", 1, "unsubmitted")
        named = created(TILES, *args, "--format", "ids", ITWIN_ACCESS_TOKEN=TOKEN)
        assert (named.code, named.err) == (0, "")
        ids = [f"modeling-v1/{job['id']}", named.out.removesuffix("\n")]
        listed = run("list", "--base-url", url, "--format", "ids", ITWIN_ACCESS_TOKEN=TOKEN)
        assert listed.out.splitlines() == ids
        submitted = created(QUARRY, *args, "--submit", "--format", "text", ITWIN_ACCESS_TOKEN=TOKEN)
    assert re.fullmatch(r"modeling-v1/[0-9a-f-]{36}    active\n", submitted.out)
    assert (submitted.code, submitted.err) == (0, "")
    asked = [(exchange.method, exchange.service, exchange.status) for exchange in emulator.requests]
    created_ones = [("POST", name, 201) for name in ("modeling-v1", "conversion-v2", "modeling-v1")]
    assert [each for each in asked if each[0] != "GET"] == [*created_ones, ("PATCH", "modeling-v1", 200)]


def test_on_a_terminal_a_job_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_bytes(line(QUARRY))
    with liar([json_reply({"job": ANSWERED}, 201)]) as server:
        args = ("create", "--from", tmp_path / "job.json", "--yes", "--base-url", server.url)
        shown = on_terminal(100, *args, env={"ITWIN_ACCESS_TOKEN": TOKEN})
    assert shown == (0, f"modeling-v1/{guid(5)}    unsubmitted\n")


def test_without_a_token_it_can_be_looked_at_and_not_sent() -> None:
    message = "no access token: put one into ITWIN_ACCESS_TOKEN; `reality-jobs demo` needs none\n"
    assert created(QUARRY).code == 0
    assert created(QUARRY, "--yes") == Ended(1, "", message)


def test_a_job_that_is_not_submitted_is_told_all_the_same() -> None:
    refused = json_reply({"error": {"code": "InvalidChange", "message": "not now"}}, 422)
    with liar([json_reply({"job": ANSWERED}, 201), refused]) as server:
        shown = created(QUARRY, "--yes", "--submit", "--base-url", server.url, ITWIN_ACCESS_TOKEN=TOKEN)
    message = f"modeling-v1: job {guid(5)}: not now (422 InvalidChange)\n"
    assert shown == Ended(1, f"{json.dumps(ANSWERED, separators=(',', ':'))}\n", message)


def test_what_the_service_refuses() -> None:
    detail = {"code": "InvalidProperty", "message": "no such workspace", "target": "workspaceId"}
    body = {"error": {"code": "InvalidContextCaptureRequest", "message": "Cannot create job.", "details": [detail]}}
    with liar([json_reply(body, 422)]) as server:
        shown = created(QUARRY, "--yes", "--base-url", server.url, ITWIN_ACCESS_TOKEN=TOKEN)
    message = "modeling-v1: Cannot create job. (422 InvalidContextCaptureRequest)\n  no such workspace [workspaceId]\n"
    assert shown == Ended(1, "", message)


def test_a_job_that_nobody_reads_of_is_told_of_on_stderr() -> None:
    read, write = os.pipe()
    os.close(read)
    with liar([json_reply({"job": ANSWERED}, 201)]) as server, os.fdopen(write, "w") as pipe:
        command = [*PROGRAM, "create", "--from", "-", "--yes", "--base-url", server.url]
        done = subprocess.run(
            command,
            input=line(QUARRY),
            stdout=pipe,
            stderr=subprocess.PIPE,
            env=environment(ITWIN_ACCESS_TOKEN=TOKEN),
            timeout=120,
            check=False,
        )
    assert (done.returncode, done.stderr.decode()) == (0, f"created modeling-v1/{guid(5)}\n")


@pytest.mark.parametrize("odd", [{"id": "a/b"}, {"id": 5}, {}])
@pytest.mark.parametrize("more", [(), ("--submit",), ("--format", "ids")])
def test_an_answer_that_names_no_job(odd: dict[str, object], more: tuple[str, ...]) -> None:
    with liar([json_reply({"job": odd}, 201)]) as server:
        shown = created(QUARRY, "--yes", *more, "--base-url", server.url, ITWIN_ACCESS_TOKEN=TOKEN)
    assert shown.code == 1
    assert shown.err.splitlines()[:3] == [
        "modeling-v1: answered with a created job without an id that can be asked for (201)",
        "  the job may have been created, so the request was not sent again",
        "this finds it if it was:",
    ]


def test_a_path_that_leads_too_deep() -> None:
    shown = created(QUARRY, "--set", f"name{'.a' * 3000}=1", "--set", f"foo{'.a' * 3000}=1")
    assert (shown.code, shown.out) == (2, "")
    deep = created(QUARRY, "--set", f"foo{'.a' * 3000}=1")
    assert (deep.code, deep.out) == (2, "")
    assert deep.err.endswith("Error: the job nests too deep to be sent\n")


def test_a_lost_answer() -> None:
    with liar([Reply(drop=True)]) as server:
        shown = created(QUARRY, "--yes", "--base-url", server.url, ITWIN_ACCESS_TOKEN=TOKEN)
        assert len(server.asked) == 1
    first, *rest = shown.err.splitlines()
    assert (shown.code, shown.out, first.partition(":")[0]) == (1, "", "modeling-v1")
    moment = r"createdDateTime ge \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert rest[:2] == [
        "  the job may have been created, so the request was not sent again",
        "this finds it if it was:",
    ]
    found = re.fullmatch(
        rf"""  reality-jobs list '(name eq '"'"'Lee'"'"''"'"'s quarry'"'"' and type eq '"'"'Full'"'"' and {moment})' """
        rf"--service modeling-v1 --base-url {server.url}",
        rest[2],
    )
    assert found is not None
    assert len(rest) == 3


@pytest.mark.parametrize(
    ("number", "code", "last"), [(signal.SIGINT, 1, ["interrupted"]), (signal.SIGTERM, 128 + signal.SIGTERM, [])]
)
def test_an_interruption_while_it_is_sent(tmp_path: Path, number: int, code: int, last: list[str]) -> None:
    (tmp_path / "job.json").write_bytes(line(TILES))
    come, go = threading.Event(), threading.Event()

    def script(asked: Asked) -> Reply:
        come.set()
        go.wait(60)
        return Reply(drop=True)

    with liar(script) as server:
        args = ("create", "--from", tmp_path / "job.json", "--yes", "--base-url", server.url)
        with start(*args, ITWIN_ACCESS_TOKEN=TOKEN) as program:
            assert come.wait(60)
            program.send_signal(number)
            out, err = program.communicate(timeout=60)
        go.set()
    told = err.splitlines()
    assert (program.returncode, out) == (code, "")
    assert told[:2] == ["the job may have been created", "this finds it if it was:"]
    assert told[2].startswith(f"  reality-jobs list 'iTwinId eq {guid(800)} and type eq '\"'\"'PointCloudOptimization'")
    assert told[3:] == last
