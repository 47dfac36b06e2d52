"""`reality-jobs progress`, and a job's whole life from the command line."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from reality_jobs.emulator.serve import Emulator, running

from ..contract.liar import Asked, Reply, Script, json_reply, liar
from .program import TOKEN, Ended, on_terminal, run, start, usage
from .saved import guid, line, v1, v2
from .test_create import QUARRY, TILES

MISSING = json_reply({"error": {"code": "JobNotFound", "message": "Requested job is not available."}}, 404)
ONE, TWO = f"modeling-v1/{guid(1)}", f"modeling-v2/{guid(2)}"
OFTEN = ("--watch", "--every", "0.02")
ENV = {"ITWIN_ACCESS_TOKEN": TOKEN}


def v1_progress(percentage: float, state: str = "Active", step: str = "Reconstruction") -> Reply:
    return json_reply({"jobProgress": {"percentage": percentage, "state": state, "step": step}})


def v2_progress(percentage: float, state: str = "Active") -> Reply:
    return json_reply({"progress": {"percentage": percentage, "state": state}})


def record(raw: dict[str, object]) -> Reply:
    return json_reply({"job": raw})


def answering(replies: dict[str, Sequence[Reply]]) -> Script:
    """By what comes behind `/jobs/`: one reply after the other, the last one for ever."""
    left = {path: list(answers) for path, answers in replies.items()}

    def script(asked: Asked) -> Reply:
        answers = left.get(asked.path.rpartition("/jobs/")[2], [MISSING])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    return script


def asked(url: str, *args: str, stdin: bytes = b"") -> Ended:
    return run("progress", *args, "--base-url", url, "--retries", "0", stdin=stdin, **ENV)


def test_a_line_a_job() -> None:
    replies = {
        f"{guid(1)}/progress": [v1_progress(12.5)],
        guid(2): [record(v2(2, None, "Queued"))],
        f"{guid(3)}/progress": [v1_progress(100, "Over")],
        guid(3): [record(v1(3, "c", "failed"))],
    }
    names = (ONE, TWO, f"modeling-v1/{guid(3)}")
    with liar(answering(replies)) as server:
        assert asked(server.url, "-", "--format", "text", stdin="\n".join(names).encode()) == Ended(
            0,
            f"{ONE}    Active, 12.5 %, Reconstruction\n{TWO}    Queued\n{names[2]}    failed, 100 %, Reconstruction\n",
            "",
        )
        told = asked(server.url, *names)
    assert [json.loads(text) for text in told.out.splitlines()] == [
        {"service": "modeling-v1", "id": guid(1), "state": "Active", "percentage": 12.5, "step": "Reconstruction",
         "ended": False},
        {"service": "modeling-v2", "id": guid(2), "state": "Queued", "percentage": None, "step": None, "ended": False},
        {"service": "modeling-v1", "id": guid(3), "state": "failed", "percentage": 100, "step": "Reconstruction",
         "ended": True},
    ]  # fmt: skip
    assert (told.code, told.err) == (0, "")


def test_a_job_that_is_not_there_is_told_and_the_others_are_looked_at() -> None:
    with liar(answering({f"{guid(2)}/progress": [v2_progress(5)]})) as server:
        told = asked(server.url, ONE, TWO, "--format", "text")
    message = f"modeling-v1: job {guid(1)}: Requested job is not available. (404 JobNotFound)\n1 job of 2 refused\n"
    assert told == Ended(1, f"{TWO}    Active, 5 %\n", message)


def test_where_a_progress_cannot_be_read_the_job_is() -> None:
    odd = [v2_progress("5")]  # type: ignore[arg-type]
    state = dict(v2(2, None)) | {"state": 7}
    with liar(answering({f"{guid(2)}/progress": odd, guid(2): [record(v2(2, None)), record(state)]})) as server:
        assert asked(server.url, TWO, "--format", "text") == Ended(0, f"{TWO}    Success, 100 %\n", "")
        told = asked(server.url, TWO)
    assert told == Ended(1, "", f"{TWO}: $.state: expected text, found the number 7\n")


def test_watched_to_the_end() -> None:
    replies = {
        f"{guid(1)}/progress": [v1_progress(0), v1_progress(50), v1_progress(100, "Over")],
        guid(1): [record(v1(1, "a"))],
        f"{guid(2)}/progress": [MISSING, v2_progress(5), v2_progress(100, "Success")],
        guid(2): [record(v2(2, None, "Queued")), record(v2(2, None))],
    }
    with liar(answering(replies)) as server:
        told = asked(server.url, ONE, TWO, *OFTEN)
    assert (told.code, told.err) == (0, "")
    found = [json.loads(text) for text in told.out.splitlines()]
    first, second = ([each for each in found if each["service"] == name] for name in ("modeling-v1", "modeling-v2"))
    assert [(each["state"], each["percentage"], each["ended"]) for each in first] == [
        ("Active", 0, False),
        ("Active", 50, False),
        ("success", 100, True),
    ]
    assert [(each["state"], each["percentage"], each["ended"]) for each in second] == [
        ("Queued", None, False),
        ("Active", 5, False),
        ("Success", 100, True),
    ]


@pytest.mark.parametrize("state", ["Failed", "Cancelled"])
def test_a_job_that_did_not_succeed_is_an_exit_code(state: str) -> None:
    replies = {
        f"{guid(2)}/progress": [v2_progress(5), v2_progress(5), v2_progress(10), v2_progress(10, state)],
        guid(2): [record(v2(2, None, state))],
    }
    with liar(answering(replies)) as server:
        told = asked(server.url, TWO, *OFTEN, "--format", "text")
    assert told == Ended(
        1, "".join(f"{TWO}    {text}\n" for text in ("Active, 5 %", "Active, 10 %", f"{state}, 10 %")), ""
    )


def test_what_goes_wrong_for_one_ends_the_following_of_that_one() -> None:
    replies = {
        f"{guid(2)}/progress": [v2_progress(5), v2_progress(100, "Success")],
        guid(2): [record(v2(2, None))],
    }
    with liar(answering(replies)) as server:
        told = asked(server.url, ONE, TWO, *OFTEN, "--format", "text")
    message = f"modeling-v1: job {guid(1)}: Requested job is not available. (404 JobNotFound)\n"
    assert told == Ended(1, f"{TWO}    Active, 5 %\n{TWO}    Success, 100 %\n", message)


def test_a_look_without_an_answer_is_no_news() -> None:
    replies = {f"{guid(2)}/progress": [Reply(503, b""), v2_progress(100, "Success")], guid(2): [record(v2(2, None))]}
    with liar(answering(replies)) as server:
        told = asked(server.url, TWO, *OFTEN, "--format", "text")
    message = f"warning: {TWO}: no news: modeling-v2: job {guid(2)}: answered with an empty body (503)\n"
    assert told == Ended(0, f"{TWO}    Success, 100 %\n", message)


def bare(sent: str) -> str:
    """Without what moves the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent).replace("\r", "\n")


def test_bars_on_a_terminal() -> None:
    hostile = v1_progress(50, "Active", "\x1b[31m[bold]red")
    replies = {
        f"{guid(1)}/progress": [v1_progress(0), hostile, hostile, hostile, v1_progress(100, "Over")],
        guid(1): [record(v1(1, "a"))],
        f"{guid(2)}/progress": [v2_progress(25)] * 4 + [v2_progress(25, "Failed")],
        guid(2): [record(v2(2, None, "Failed"))],
    }
    with liar(answering(replies)) as server:
        args = ("progress", ONE, TWO, "--watch", "--every", "0.2", "--base-url", server.url)
        code, sent = on_terminal(110, *args, env=ENV)
    shown = [text.rstrip() for text in bare(sent).splitlines()]
    assert code == 1
    for pattern in (
        rf"█{{10}} +50 %  Active +[0-9] s  {ONE}  \\x1b\[31m\[bold\]red",
        rf"█{{5}} +25 %  Active +[0-9] s  {TWO}",
    ):
        assert any(re.fullmatch(pattern, text) for text in shown)
    assert shown[-2:] == [f"{ONE}    success, 100 %, Reconstruction", f"{TWO}    Failed, 25 %"]
    assert "\x1b[31m" not in sent


def test_a_life_with_bars_where_there_is_no_room() -> None:
    replies = {
        f"{guid(2)}/progress": [v2_progress(25)] * 3 + [v2_progress(100, "Success")],
        guid(2): [record(v2(2, None))],
    }
    with liar(answering(replies)) as server:
        args = ("progress", TWO, "--watch", "--every", "0.2", "--base-url", server.url)
        code, sent = on_terminal(40, *args, env=ENV)
    shown = [text.rstrip() for text in bare(sent).splitlines()]
    assert code == 0
    assert any(re.fullmatch(r" 25 %  Active  [0-9] s  modeling-v2/000000+…", text) for text in shown)
    assert shown[-1] == f"{TWO}    Success, 100 %"


def test_ctrl_c_ends_the_watching_and_changes_nothing() -> None:
    with liar(answering({f"{guid(2)}/progress": [v2_progress(5)]})) as server:
        with start("progress", TWO, *OFTEN, "--base-url", server.url, **ENV) as program:
            assert program.stdout is not None
            first = program.stdout.readline()  # at once, though it is a pipe
            program.send_signal(signal.SIGINT)
            _, err = program.communicate(timeout=60)
        assert {each.method for each in server.asked} == {"GET"}
    assert json.loads(first)["percentage"] == 5
    assert (program.returncode, err) == (1, "no longer watched; the jobs themselves go on\ninterrupted\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--every", "1"), "--every goes with --watch"),
        (("--watch", "--every", "0"), "Invalid value for '--every': not a positive number of seconds"),
        (("--watch", "--every", "nan"), "Invalid value for '--every': not a positive number of seconds"),
        (("--watch", "--every", "soon"), "Invalid value for '--every': 'soon' is not a valid float."),
    ],
)
def test_wrong_intervals(args: tuple[str, ...], message: str) -> None:
    assert run("progress", ONE, *args) == Ended(2, "", usage("progress", "ID...", message))


def test_no_jobs() -> None:
    assert run("progress", "-", "--watch") == Ended(0, "", "no jobs\n")


@pytest.fixture
def fast() -> Iterator[str]:
    """An emulator where ten minutes are two seconds."""
    with running([], speed=300) as base:
        yield base


def test_the_whole_life_of_a_v1_job(fast: str, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_bytes(line(QUARRY))
    at = ("--base-url", fast)
    create = ("create", "--from", tmp_path / "job.json", "--set", "name=quarry", *at)
    shown = run(*create, **ENV)
    assert json.loads(shown.out)["body"] == QUARRY | {"name": "quarry"}
    assert run("list", *at, "--format", "ids", **ENV).out == ""

    made = run(*create, "--yes", "--format", "ids", **ENV).out.strip()
    assert run("progress", made, *at, "--format", "text", **ENV).out == f"{made}    Unsubmitted, 0 %\n"
    assert run("submit", made, *at, "--format", "text", **ENV) == Ended(0, f"{made}    active\n", "")
    watched = run("progress", made, "--watch", "--every", "0.1", *at, **ENV)
    assert (watched.code, watched.err) == (0, "")
    *_, last = map(json.loads, watched.out.splitlines())
    assert (last["state"], last["ended"]) == ("success", True)

    tree = run("show", made, *at, "--format", "tree", **ENV)
    assert tree.out.startswith(f"{made}\n├── name       quarry\n├── type       Full\n├── state      success\n")
    assert re.search("^├── ended      [0-3] s later", tree.out, re.MULTILINE)
    assert json.loads(run("show", made, *at, **ENV).out)["jobSettings"]["outputs"][0]["id"] is not None
    late = run("cancel", made, *at, **ENV)
    assert (late.code, late.out) == (1, "")
    assert late.err.startswith(f"modeling-v1: job {made.partition('/')[2]}: ")


def test_the_whole_life_of_a_v2_job(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_bytes(line(TILES))
    emulator = Emulator([], speed=20)
    with emulator.running() as url:
        at = ("--base-url", url)
        made = run("create", "--from", tmp_path / "job.json", "--yes", *at, "--format", "ids", **ENV).out
        again = run(
            "create", "--from", tmp_path / "job.json", "--yes", "--set", "name=more", *at, "--format", "ids", **ENV
        )
        alive = run("list", "state in ('Queued', 'Active')", *at, "--format", "ids", **ENV).out
        assert sorted(alive.splitlines()) == sorted((made + again.out).splitlines())

        cancelled = run("cancel", "-", "--yes", *at, stdin=alive.encode(), **ENV)
        assert (cancelled.code, cancelled.err) == (0, "")
        assert {json.loads(text)["state"] for text in cancelled.out.splitlines()} == {"TerminatingOnCancel"}
        watched = run("progress", "-", "--watch", "--every", "0.1", *at, stdin=alive.encode(), **ENV)
        assert (watched.code, watched.err) == (1, "")
        ended = [each for each in map(json.loads, watched.out.splitlines()) if each["ended"]]
        assert [each["state"] for each in ended] == ["Cancelled", "Cancelled"]
