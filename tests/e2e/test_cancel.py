"""`reality-jobs cancel`, `submit` and `delete`: what is sent, what is asked first, and what is said of each job."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading

import pytest

from reality_jobs import services

from ..contract.liar import Asked, Liar, Reply, Script, json_reply, liar
from .program import PROGRAM, TOKEN, Ended, environment, on_terminal, run, start, usage
from .saved import guid

ONE, TWO, THREE = (
    f"{service}/{guid(n)}" for n, service in enumerate(("modeling-v1", "modeling-v2", "conversion-v2"), 1)
)
V1 = [f"modeling-v1/{guid(number)}" for number in range(1, 5)]
STATES = {"PATCH": "cancelled", "DELETE": "TerminatingOnCancel"}
V1_BODIES = services.get("modeling-v1").operations
ENV = {"ITWIN_ACCESS_TOKEN": TOKEN}
CHANGED = {"error": {"code": "InvalidChange", "message": "The job has already ended."}}


def obliging(asked: Asked) -> Reply:
    """Cancels whatever it is asked to."""
    return json_reply({"job": {"id": asked.path.rpartition("/")[2], "type": "Full", "state": STATES[asked.method]}})


def refusing(*numbers: int) -> Script:
    """The same, but for these."""
    ids = {guid(number) for number in numbers}
    return lambda asked: json_reply(CHANGED, 422) if asked.path.rpartition("/")[2] in ids else obliging(asked)


def sent(server: Liar) -> list[tuple[str, str, object]]:
    return [(asked.method, asked.path, json.loads(asked.body) if asked.body else None) for asked in server.asked]


def change(verb: str, server: Liar, *args: str, stdin: bytes = b"") -> Ended:
    return run(verb, *args, "--base-url", server.url, "--retries", "0", stdin=stdin, **ENV)


def test_one_job_is_cancelled_without_a_question() -> None:
    with liar(obliging) as server:
        shown = change("cancel", server, TWO)
        assert sent(server) == [("DELETE", f"/reality-modeling/jobs/{guid(2)}", None)]
    assert (shown.code, shown.err) == (0, "")
    assert json.loads(shown.out) == {"service": "modeling-v2", "id": guid(2), "state": "TerminatingOnCancel"}


@pytest.mark.parametrize(
    ("form", "out"),
    [("text", f"{ONE}    cancelled\n{THREE}  TerminatingOnCancel\n"), ("ids", f"{ONE}\n{THREE}\n")],
)
def test_many_from_stdin_each_once(form: str, out: str) -> None:
    lines = f"{ONE}\n\n{THREE}\r\n{ONE.upper().replace('MODELING-V1', 'modeling-v1')}\n"
    with liar(obliging) as server:
        assert change("cancel", server, "-", "--yes", "--format", form, stdin=lines.encode()) == Ended(0, out, "")
        assert sent(server) == [
            ("PATCH", f"/contextcapture/jobs/{guid(1)}", V1_BODIES.cancel),
            ("DELETE", f"/reality-conversion/jobs/{guid(3)}", None),
        ]


def test_what_is_refused_is_told_and_the_rest_is_done() -> None:
    with liar(refusing(1, 3)) as server:
        shown = change("cancel", server, *V1, "--yes", "--format", "text")
        assert len(server.asked) == 4
    said = "".join(
        f"modeling-v1: job {guid(number)}: The job has already ended. (422 InvalidChange)\n" for number in (1, 3)
    )
    assert shown == Ended(1, f"{V1[1]}    cancelled\n{V1[3]}    cancelled\n", f"{said}2 jobs of 4 refused\n")


def test_one_that_is_refused() -> None:
    with liar(refusing(2)) as server:
        shown = change("cancel", server, TWO)
    assert shown == Ended(1, "", f"modeling-v2: job {guid(2)}: The job has already ended. (422 InvalidChange)\n")


@pytest.mark.parametrize(("args", "stdin"), [((ONE, TWO, *V1), b""), (("-",), "\n".join((ONE, TWO, *V1)).encode())])
def test_many_need_a_yes_where_nobody_can_be_asked(args: tuple[str, ...], stdin: bytes) -> None:
    with liar(obliging) as server:
        shown = change("cancel", server, *args, stdin=stdin)
        assert server.asked == []
    message = "there is nobody to ask; --yes is needed to cancel 5 jobs (4 of modeling-v1, 1 of modeling-v2)"
    assert shown == Ended(2, "", usage("cancel", "ID...", message))


@pytest.mark.parametrize(
    ("typed", "code", "told", "requests"),
    [
        ("y\n", 0, f"{ONE}    cancelled\n{TWO}    TerminatingOnCancel\n", 2),
        ("YES\n", 0, f"{ONE}    cancelled\n{TWO}    TerminatingOnCancel\n", 2),
        ("n\n", 1, "nothing was sent\n", 0),
        ("\n", 1, "nothing was sent\n", 0),
        ("yep\n", 1, "nothing was sent\n", 0),
        ("\x04", 1, "nothing was sent\n", 0),
    ],
)
def test_on_a_terminal_many_are_asked_about(typed: str, code: int, told: str, requests: int) -> None:
    with liar(obliging) as server:
        ended, shown = on_terminal(100, "cancel", ONE, TWO, "--base-url", server.url, env=ENV, typed=typed)
        assert len(server.asked) == requests
    question = "cancel 2 jobs (1 of modeling-v1, 1 of modeling-v2)? [y/N] "
    assert ended == code
    assert shown.endswith(told)
    assert question in shown


def test_nothing_is_sent_where_one_id_is_none() -> None:
    form = "a job is named by its service and id, as in 'modeling-v1/cc3d35cc-416a-4262-9714-b359da70b419', not"
    with liar(obliging) as server:
        lines = f"{ONE}\n{guid(2)}\n".encode()
        shown = change("cancel", server, "-", "--yes", stdin=lines)
        assert server.asked == []
    message = f"Invalid value for 'ID...': line 2 of stdin: {form} '{guid(2)}'"
    assert shown == Ended(2, "", usage("cancel", "ID...", message))


def test_nothing_to_do() -> None:
    with liar(obliging) as server:
        assert change("cancel", server, "-") == Ended(0, "", "no jobs\n")
        assert server.asked == []


def test_a_service_that_is_gone_ends_it() -> None:
    with liar(lambda asked: Reply(503, b"") if asked.path.endswith(guid(2)) else obliging(asked)) as server:
        shown = change("cancel", server, *V1, "--yes", "--format", "ids")
        assert len(server.asked) == 2
    message = f"modeling-v1: job {guid(2)}: answered with an empty body (503)\n"
    assert shown == Ended(1, f"{V1[0]}\n", f"{message}ended at job 2 of 4; the rest was not begun\n")


def test_a_reader_that_goes_away_leaves_no_job_out() -> None:
    read, write = os.pipe()
    os.close(read)
    with liar(obliging) as server, os.fdopen(write, "w") as pipe:
        command = [*PROGRAM, "cancel", *V1, "--yes", "--base-url", server.url]
        done = subprocess.run(
            command, stdout=pipe, stderr=subprocess.PIPE, text=True, env=environment(**ENV), timeout=120, check=False
        )
        assert len(server.asked) == 4
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
def test_where_stdout_is_full_it_says_what_was_done() -> None:
    with liar(obliging) as server, open("/dev/full", "w") as full:  # noqa: PTH123
        command = [*PROGRAM, "cancel", ONE, TWO, "--yes", "--base-url", server.url]
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment(**ENV), timeout=120, check=False
        )
        assert len(server.asked) == 1
    assert (done.returncode, done.stderr) == (
        1,
        f"{ONE}: cancelled\nno space left on device\nended at job 1 of 2; the rest was not begun\n",
    )


def test_ctrl_c_in_the_middle_tells_where_it_ended() -> None:
    come, go = threading.Event(), threading.Event()

    def script(asked: Asked) -> Reply:
        if asked.path.endswith(guid(3)):
            come.set()
            go.wait(60)
        return obliging(asked)

    with liar(script) as server:
        args = ("cancel", *V1, "--yes", "--format", "ids", "--base-url", server.url)
        with start(*args, **ENV) as program:
            assert come.wait(60)
            program.send_signal(signal.SIGINT)
            told = program.communicate(timeout=60)
        go.set()
        assert len(server.asked) == 3
    assert told == (f"{V1[0]}\n{V1[1]}\n", "interrupted\nended at job 3 of 4; the rest was not begun\n")
    assert program.returncode == 1


def test_submit() -> None:
    with liar([json_reply({"job": {"id": guid(1), "state": "active"}})]) as server:
        assert change("submit", server, ONE, "--format", "text") == Ended(0, f"{ONE}    active\n", "")
        assert sent(server) == [("PATCH", f"/contextcapture/jobs/{guid(1)}", V1_BODIES.submit)]


def test_delete() -> None:
    with liar([Reply(204, b"", {}), Reply(204, b"", {})]) as server:
        shown = change("delete", server, *V1[:2], "--yes")
        assert sent(server) == [("DELETE", f"/contextcapture/jobs/{guid(number)}", None) for number in (1, 2)]
    assert (shown.code, shown.err) == (0, "")
    assert [json.loads(text)["state"] for text in shown.out.splitlines()] == ["deleted", "deleted"]


@pytest.mark.parametrize(
    ("verb", "why"),
    [
        ("submit", "a job of Reality Modeling v2 is submitted when it is created"),
        ("delete", "no job of Reality Modeling v2 can be deleted; `reality-jobs cancel` ends one that runs"),
    ],
)
def test_what_a_service_has_not_is_refused_before_anything_is_sent(verb: str, why: str) -> None:
    with liar(obliging) as server:
        shown = change(verb, server, ONE, TWO, "--yes")
        assert server.asked == []
    assert shown == Ended(2, "", usage(verb, "ID...", f"Invalid value for 'ID...': {TWO}: {why}"))


def test_an_answer_that_names_no_state() -> None:
    with liar([json_reply({"job": {"id": guid(1), "state": 5}})]) as server:
        shown = change("cancel", server, ONE)
    assert shown == Ended(1, "", f"{ONE}: $.state: expected text, found the number 5\n")


def test_without_a_token() -> None:
    message = "no access token: put one into ITWIN_ACCESS_TOKEN; `reality-jobs demo` needs none\n"
    assert run("cancel", ONE) == Ended(1, "", message)
