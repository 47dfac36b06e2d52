"""`reality-jobs export`: killed, interrupted, refused and out of space, it loses nothing and repeats nothing."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reality_jobs import Job, parse, services
from reality_jobs._cli.moving import told
from reality_jobs.emulator.faults import Faults
from reality_jobs.emulator.generate import generate
from reality_jobs.emulator.serve import Emulator, running

from ..contract.liar import Asked, Reply, json_reply, liar, page
from .program import PROGRAM, TOKEN, Ended, environment, on_terminal, run, unmeasured, usage
from .saved import guid, v1

JOBS = generate(1200, seed=3)
USER, _ = Counter(job.user_id for job in JOBS).most_common(1)[0]
OWN = [Job(stored.service, stored.raw) for stored in JOBS if stored.user_id == USER]
EVERY = tuple(services.ALL)
ALL_SIX = [part for name in EVERY for part in ("--service", name)]
SUCCESS = "state eq 'Success'"
ONE = ("--service", "modeling-v1", "--retries", "0")


def exported(target: Path, *args: str | Path, token: str = TOKEN) -> Ended:
    """Messages are compared without the folder of the file."""
    shown = run("export", "-o", target, *args, ITWIN_ACCESS_TOKEN=token)
    assert token not in shown.out + shown.err
    return Ended(shown.code, shown.out, shown.err.replace(f"{target.parent}/", ""))


def started(target: Path, *args: str | Path) -> subprocess.Popen[str]:
    command = [*PROGRAM, "export", "-o", str(target), *map(str, args)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, env=unmeasured(ITWIN_ACCESS_TOKEN=TOKEN), text=True)


def keys(jobs: list[Job]) -> list[str]:
    return sorted(json.dumps(job.raw, sort_keys=True) for job in jobs)


def saved(target: Path) -> list[str]:
    return sorted(json.dumps(json.loads(text), sort_keys=True) for text in target.read_text("utf-8").splitlines())


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def killed(target: Path, chance: random.Random, args: tuple[str, ...]) -> bool:
    """Start it and kill it at some moment after it has got on; whether it had ended before that."""
    checkpoint = target.with_name(f"{target.name}.part.checkpoint")
    before = _changed(checkpoint)
    with started(target, *args) as program:
        while program.poll() is None and _changed(checkpoint) == before:
            time.sleep(0.01)
        time.sleep(chance.random() ** 2 * 0.3)
        program.kill()
        ended = program.wait() == 0
    for path in target.parent.iterdir():
        assert TOKEN.encode() not in path.read_bytes()
    return ended


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def killed_until_done(target: Path, kills: int, seed: int, args: tuple[str, ...]) -> int:
    """Kill it so often, unless it is done before; then let it end. How often it was killed."""
    chance = random.Random(seed)
    count = 0
    while count < kills and not killed(target, chance, args):
        count += 1
    shown = exported(target, *args)
    assert shown.code == 0, shown.err
    assert names(target.parent) == [target.name]
    return count


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(JOBS) as base:
        yield base


def test_all_that_list_shows_byte_for_byte(url: str, tmp_path: Path) -> None:
    target = tmp_path / "jobs"
    args = (SUCCESS, *ALL_SIX, "--base-url", url)
    count = sum(parse(SUCCESS).matches(job) for job in OWN)
    assert exported(target, *args) == Ended(0, "", f"{count} jobs written to jobs\n")
    shown = run("list", *args, "--format", "ndjson", ITWIN_ACCESS_TOKEN=TOKEN)
    assert sorted(target.read_text("utf-8").splitlines()) == sorted(shown.out.splitlines())
    assert names(tmp_path) == ["jobs"]


def test_killed_at_many_moments(url: str, tmp_path: Path) -> None:
    args = (*ALL_SIX, "--base-url", url, "--page-size", "4")
    assert killed_until_done(tmp_path / "jobs", 8, 1, args) > 0
    assert saved(tmp_path / "jobs") == keys(OWN)


def test_killed_while_everything_goes_wrong(tmp_path: Path) -> None:
    faults = Faults(
        latency=0.02, server_error=0.02, reset=0.02, cut=0.02, continuation_expired=0.05, expirations=2, shift=0.3,
        added=5, empty=0.05, short=0.2, seed=5,
    )  # fmt: skip
    emulator = Emulator(JOBS, faults=faults)
    with emulator.running() as base:
        args = (*ALL_SIX, "--base-url", base, "--page-size", "10")
        assert killed_until_done(tmp_path / "jobs", 6, 2, args) > 0
    added = keys([Job(stored.service, stored.raw) for stored in emulator.added])
    found = saved(tmp_path / "jobs")
    assert Counter(found) - Counter(added) == Counter(keys(OWN))
    assert len(set(found)) == len(found)


def first_page_then(second: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    """Job 1 and a next link; what comes of that is `second`'s."""
    return lambda asked: (
        second(asked) if "continuationToken" in asked.query else page(v1(1, "one"), next_link=link(asked))
    )


def link(asked: Asked) -> str:
    return f"http://{asked.headers['host']}{asked.path}?continuationToken=next"


def last_page(asked: Asked) -> Reply:
    return page(v1(2, "two"))


def unauthorized(asked: Asked) -> Reply:
    return json_reply({"error": {"code": "Unauthorized", "message": "The access token has expired."}}, 401)


SO_FAR = "1 job so far in jobs.part; the same command goes on\n"


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (unauthorized, "modeling-v1: The access token has expired. (401 Unauthorized)\n"),
        (lambda asked: json_reply({}, 429, Retry_After="9999"),
         "modeling-v1: answered with application/json: '{}' (429)\n  try again in 9999 s\n"),
        (lambda asked: Reply(503), "modeling-v1: answered with an empty body (503)\n"),
    ],
)  # fmt: skip
def test_an_error_keeps_what_has_come(tmp_path: Path, second: Callable[[Asked], Reply], message: str) -> None:
    target = tmp_path / "jobs"
    target.write_bytes(b"old")
    with liar(first_page_then(second)) as server:
        args = (*ONE, "--base-url", server.url)
        assert exported(target, *args) == Ended(1, "", message + SO_FAR)
        assert target.read_bytes() == b"old"
        assert exported(target, *args) == Ended(1, "", message + SO_FAR)
        server.script = first_page_then(last_page)
        assert exported(target, *args) == Ended(0, "", "2 jobs written to jobs (1 of them from before)\n")
        assert [asked.query.startswith("continuationToken") for asked in server.asked] == [False, True, True, True]
    assert [json.loads(text)["name"] for text in target.read_text().splitlines()] == ["one", "two"]
    assert names(tmp_path) == ["jobs"]


def test_an_error_before_the_first_page_leaves_nothing(url: str, tmp_path: Path) -> None:
    shown = exported(tmp_path / "jobs", *ONE, "--base-url", url, token="expired")  # noqa: S106
    message = "modeling-v1: Access denied due to invalid access_token. (401 Unauthorized)\n"
    assert re.sub("  correlation id .*\n", "", shown.err) == message
    assert (shown.code, names(tmp_path)) == (1, [])


def test_a_list_that_the_service_has_forgotten_is_asked_for_again(tmp_path: Path) -> None:
    target = tmp_path / "jobs"
    with liar(first_page_then(unauthorized)) as server:
        args = (*ONE, "--base-url", server.url)
        assert exported(target, *args).code == 1
        server.script = lambda asked: (
            Reply(410) if "continuationToken" in asked.query else page(v1(1, "one"), v1(2, "two"))
        )
        assert exported(target, *args) == Ended(0, "", "2 jobs written to jobs (1 of them from before)\n")
    assert target.read_text().count("\n") == 2


def interrupted(target: Path, *args: str) -> None:
    with liar(first_page_then(unauthorized)) as server:
        assert exported(target, *ONE, "--base-url", server.url, *args).err.endswith(SO_FAR)


def test_a_resume_point_that_does_not_fit_any_more(tmp_path: Path) -> None:
    target = tmp_path / "jobs"
    checkpoint = tmp_path / "jobs.part.checkpoint"
    with liar(first_page_then(unauthorized)) as server:
        args = (*ONE, "--base-url", server.url)
        assert exported(target, *args).code == 1
        checkpoint.write_text(re.sub('"resume":"[^"]*"', '"resume":"eJyLjgUAARUAuQ=="', checkpoint.read_text()))
        server.script = first_page_then(last_page)
        again = "the lists have to be asked for from their start again; no job is saved twice\n"
        assert exported(target, *args) == Ended(0, "", f"{again}2 jobs written to jobs (1 of them from before)\n")
    assert target.read_text().count("\n") == 2


def test_another_question_is_refused_unless_it_begins_anew(tmp_path: Path) -> None:
    target = tmp_path / "jobs"
    with liar(first_page_then(unauthorized)) as server:
        assert exported(target, SUCCESS, *ONE, "--base-url", server.url).err.endswith(SO_FAR)
        server.script = first_page_then(last_page)
        other = ("--service", "modeling-v2", "--no-prune", "--missing", "null", "--base-url", f"{server.url}/gateway")
        assert exported(target, "state ne 'Failed'", *other) == Ended(
            2,
            "",
            "Error: jobs.part was begun otherwise; repeat the command as it was, or begin anew with --restart\n"
            "  filter then: state eq 'Success'\n"
            "  filter now:  state ne 'Failed'\n"
            "  services then: modeling-v1\n"
            "  services now:  modeling-v2\n"
            "  missing then: error\n"
            "  missing now:  null\n"
            "  prune then: yes\n"
            "  prune now:  no\n"
            f"  base_url then: {server.url}\n"
            f"  base_url now:  {server.url}/gateway\n",
        )
        assert exported(target, *ONE, "--base-url", server.url, "--restart") == Ended(0, "", "2 jobs written to jobs\n")
    assert names(tmp_path) == ["jobs"]


def test_the_same_question_in_other_words(tmp_path: Path) -> None:
    with liar(first_page_then(unauthorized)) as server:
        args = (*ONE, "--base-url", server.url)
        assert exported(tmp_path / "jobs", "state  EQ 'Success'", *args).code == 1
        server.script = first_page_then(last_page)
        assert (
            exported(tmp_path / "jobs", f"({SUCCESS})", *args, "--page-size", "5", "--base-url", f"{server.url}/").code
            == 0
        )
    assert (tmp_path / "jobs").read_text().count("\n") == 2


def changed_after_the_first_page(folder: Path, change: Callable[[Path], object], *more: str) -> Ended:
    """What the same command says to files that were changed after an interruption."""
    with liar(first_page_then(unauthorized)) as server:
        args = (*ONE, "--base-url", server.url)
        assert exported(folder / "jobs", *args).err.endswith(SO_FAR)
        change(folder)
        server.script = first_page_then(last_page)
        return exported(folder / "jobs", *args, *more)


RESTART = "; --restart begins anew, without what it has gathered\n"
IN_THE_WAY = "is in the way, and nothing tells that it is of an export; move"


@pytest.mark.parametrize(
    ("end", "data", "message"),
    [
        ("part.checkpoint", b'{"format":1,"about":{"filter":"\xff"}}', f"jobs.part.checkpoint is damaged{RESTART}"),
        ("part.ids", b"", f"jobs.part.ids holds 0 bytes, but jobs.part.checkpoint tells of 53{RESTART}"),
        ("part.ids", b'["\xff"]' * 20, f"jobs.part.ids is not what jobs.part.checkpoint tells of{RESTART}"),
        ("part.checkpoint", b"{}",
         f"jobs.part.checkpoint {IN_THE_WAY} jobs.part.checkpoint, jobs.part, jobs.part.ids elsewhere\n"),
    ],
)  # fmt: skip
def test_files_that_do_not_fit(tmp_path: Path, end: str, data: bytes, message: str) -> None:
    def change(folder: Path) -> None:
        (folder / f"jobs.{end}").write_bytes(data)

    assert changed_after_the_first_page(tmp_path, change) == Ended(2, "", f"Error: {message}")


def test_damaged_ids(tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        ids = folder / "jobs.part.ids"
        ids.write_bytes(b"[\xff" + ids.read_bytes()[2:])

    assert changed_after_the_first_page(tmp_path, change) == Ended(2, "", f"Error: jobs.part.ids is damaged{RESTART}")


def test_a_checkpoint_that_tells_of_more_jobs_than_there_are(tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        checkpoint = folder / "jobs.part.checkpoint"
        checkpoint.write_text(checkpoint.read_text().replace('"modeling-v1":1', '"modeling-v1":1000'))

    message = f"Error: jobs.part is not what jobs.part.checkpoint tells of (lines: 1, jobs: 1,000){RESTART}"
    assert changed_after_the_first_page(tmp_path, change) == Ended(2, "", message)


def test_begun_anew_without_files_that_do_not_fit(tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        (folder / "jobs.part").write_bytes(b"")

    assert changed_after_the_first_page(tmp_path, change, "--restart") == Ended(0, "", "2 jobs written to jobs\n")
    assert names(tmp_path) == ["jobs"]


@pytest.mark.parametrize("more", [(), ("--restart",)])
def test_files_of_the_user_stay(tmp_path: Path, more: tuple[str, ...]) -> None:
    old_names = {"jobs.ids": b"what list saved\n", "jobs.checkpoint": b"too\n"}
    ours = {"jobs.part": b"half a loaf\n", "jobs.part.ids": b"ids\n"}
    for name, data in {**old_names, **ours}.items():
        (tmp_path / name).write_bytes(data)
    message = f"Error: jobs.part {IN_THE_WAY} jobs.part, jobs.part.ids elsewhere\n"
    assert exported(tmp_path / "jobs", *more) == Ended(2, "", message)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == old_names | ours
    for name in ours:
        (tmp_path / name).unlink()
    with liar(last_page) as server:
        shown = exported(tmp_path / "jobs", *ONE, "--base-url", server.url, *more)
    assert shown == Ended(0, "", "1 job written to jobs\n")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "jobs"} == old_names


@pytest.mark.parametrize("end", ["part", "part.ids", "part.checkpoint", "part.checkpoint.new"])
def test_a_pipe_in_the_way(tmp_path: Path, end: str) -> None:
    os.mkfifo(tmp_path / f"jobs.{end}")
    message = f"Error: jobs.{end} is in the way: it is no regular file; move it elsewhere\n"
    assert exported(tmp_path / "jobs") == Ended(2, "", message)


def test_a_link_that_leads_to_itself(tmp_path: Path) -> None:
    (tmp_path / "jobs").symlink_to("jobs")
    assert exported(tmp_path / "jobs") == Ended(2, "", "jobs: too many levels of symbolic links\n")
    assert names(tmp_path) == ["jobs"]


def test_an_id_that_no_utf_8_can_hold(tmp_path: Path) -> None:
    def odd(asked: Asked) -> Reply:
        return page({"id": "\ud800", "name": "\udfff"}, next_link=link(asked))

    target = tmp_path / "jobs"
    with liar(lambda asked: unauthorized(asked) if "continuationToken" in asked.query else odd(asked)) as server:
        args = (*ONE, "--base-url", server.url)
        assert exported(target, *args).err.endswith(SO_FAR)
        server.script = lambda asked: last_page(asked) if "continuationToken" in asked.query else odd(asked)
        assert exported(target, *args) == Ended(0, "", "2 jobs written to jobs (1 of them from before)\n")


@pytest.fixture
def slow() -> Iterator[tuple[str, threading.Event]]:
    """A server whose second page comes when it is told to."""
    go = threading.Event()

    def second(asked: Asked) -> Reply:
        go.wait(60)
        return last_page(asked)

    with liar(first_page_then(second)) as server:
        yield server.url, go
        go.set()


def wait_for(path: Path, program: subprocess.Popen[str]) -> None:
    while not path.exists() or not path.stat().st_size:
        assert program.poll() is None
        time.sleep(0.02)


def test_interrupted_by_hand(slow: tuple[str, threading.Event], tmp_path: Path) -> None:
    target = tmp_path / "jobs"
    args = (*ONE, "--base-url", slow[0])
    with started(target, *args) as program:
        wait_for(tmp_path / "jobs.part", program)
        time.sleep(0.2)  # from there to where it waits
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=60)
    assert Ended(program.returncode, out, err.replace(f"{tmp_path}/", "")) == Ended(1, "", f"interrupted\n{SO_FAR}")
    slow[1].set()
    assert exported(target, *args) == Ended(0, "", "2 jobs written to jobs (1 of them from before)\n")


def test_two_at_once(slow: tuple[str, threading.Event], tmp_path: Path) -> None:
    target = tmp_path / "jobs"
    args = (*ONE, "--base-url", slow[0])
    with started(target, *args) as program:
        wait_for(tmp_path / "jobs.part", program)
        for more in ((), ("--restart",)):
            assert exported(target, *args, *more) == Ended(2, "", "Error: another export into jobs is running\n")
        slow[1].set()
        assert program.communicate(timeout=60) == ("", f"2 jobs written to {target}\n")


def test_progress_on_a_terminal(tmp_path: Path) -> None:
    def second(asked: Asked) -> Reply:
        time.sleep(1.3)  # progress is shown after a second
        return last_page(asked)

    with liar(first_page_then(second)) as server:
        args = ("export", "-o", tmp_path / "jobs", *ONE, "--base-url", server.url, "-v")
        code, shown = on_terminal(200, *args, env={"ITWIN_ACCESS_TOKEN": TOKEN})
    assert code == 0
    assert re.search(r"1 job, \d+ a second; modeling-v1 1\b", shown)
    assert len(re.findall(r"modeling-v1: GET contextcapture/jobs -> 200 in \d\.\d{3} s\n", shown)) == 2
    assert shown.endswith(f"2 jobs written to {tmp_path}/jobs\n")
    assert re.findall(r"\x1b\[[0-9;]*m", shown) == []


@pytest.mark.parametrize(
    ("counts", "before", "message"),
    [
        ({}, 0, "0 jobs, 0 a second"),
        ({"modeling-v1": 1}, 1, "1 job (1 from before), 0 a second; modeling-v1 1"),
        ({"modeling-v1": 10_000, "modeling-v2": 2_345}, 1_234,
         "12,345 jobs (1,234 from before), 5,556 a second; modeling-v1 10,000, modeling-v2 2,345"),
    ],
)  # fmt: skip
def test_progress_in_words(counts: dict[str, int], before: int, message: str) -> None:
    assert told(counts, before, 2.0) == message


def test_no_progress_where_it_is_quick(url: str, tmp_path: Path) -> None:
    args = ("export", "-o", tmp_path / "jobs", "--base-url", url)
    code, shown = on_terminal(200, *args, env={"ITWIN_ACCESS_TOKEN": TOKEN})
    assert (code, "a second" in shown) == (0, False)


def limited(blocks: int, *args: str) -> subprocess.CompletedProcess[str]:
    """Files hold no more than so many blocks, of 512 bytes or of 1,024, as the shell likes."""
    # What measures coverage would write a file as well, and fail.
    plain = {name: text for name, text in environment(ITWIN_ACCESS_TOKEN=TOKEN).items() if "COVERAGE" not in name}
    return subprocess.run(
        ["sh", "-c", f'ulimit -f {blocks}; "$@"', "sh", *PROGRAM, *args],
        capture_output=True, text=True, env=plain, timeout=120, check=False,
    )  # fmt: skip


def test_a_disk_that_is_full_from_the_start(url: str, tmp_path: Path) -> None:
    full = limited(0, "export", "-o", str(tmp_path / "jobs"), "--base-url", url)
    assert (full.returncode, full.stdout, full.stderr) == (1, "", f"{tmp_path}/jobs: file too large\n")
    assert names(tmp_path) == []


def test_a_full_disk(url: str, tmp_path: Path) -> None:
    target = tmp_path / "jobs"
    args = ["export", "-o", str(target), *ALL_SIX, "--base-url", url, "--page-size", "10"]
    full = limited(100, *args)
    assert (full.returncode, full.stdout) == (1, "")
    first, second = full.stderr.replace(f"{tmp_path}/", "").splitlines()
    assert first == "jobs.part: file too large"
    assert re.fullmatch(r"\d+ jobs so far in jobs.part; the same command goes on", second)
    shown = exported(target, *args[3:])
    before = second.partition(" ")[0]
    assert shown == Ended(0, "", f"{len(OWN):,} jobs written to jobs ({before} of them from before)\n")
    assert saved(target) == keys(OWN)


def test_where_no_file_can_be(tmp_path: Path) -> None:
    assert exported(tmp_path / "none" / "jobs").err == "jobs: no such file or directory\n"
    (tmp_path / "file").touch()
    shown = exported(tmp_path / "file" / "jobs")
    assert shown == Ended(2, "", "jobs: not a directory\n")
    assert names(tmp_path) == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert exported(tmp_path / "jobs") == Ended(2, "", "jobs: permission denied\n")


@pytest.mark.parametrize("target", ["-", "/dev/null"])
def test_what_is_no_file(target: str) -> None:
    message = f"'{target}' is no file that can be gone on with; `reality-jobs list` writes anywhere"
    wrong = usage("export", "[FILTER]", f"Invalid value for '-o' / '--output': {message}")
    assert run("export", "-o", target) == Ended(2, "", wrong)


def test_a_file_must_be_named() -> None:
    wrong = usage("export", "[FILTER]", "Missing option '-o' / '--output'.")
    assert run("export") == Ended(2, "", wrong)


def test_a_filter_that_cannot_be_asked_leaves_nothing(tmp_path: Path) -> None:
    why = "records of modeling-v2 never hold 'email', so they cannot answer the filter; --missing null reads it as null"
    assert exported(tmp_path / "jobs", "email eq null") == Ended(2, "", f"{why}\n")
    assert names(tmp_path) == []


def test_a_base_url_that_must_not_be(tmp_path: Path) -> None:
    message = "Invalid value for '--base-url': base_url must start with https://, as in 'https://api.bentley.com'"
    shown = exported(tmp_path / "jobs", "--base-url", "ftp://x")
    assert shown == Ended(2, "", usage("export", "[FILTER]", message))


def test_client_credentials_are_renewed(tmp_path: Path) -> None:
    secret = "hush-1234-canary"  # noqa: S105
    emulator = Emulator(JOBS, clients={USER: secret}, require_issued=True, faults=Faults(access_expired=0.05, seed=1))
    with emulator.running() as base:
        shown = run(
            "export", "-o", tmp_path / "jobs", *ALL_SIX, "--base-url", base, "--page-size", "5", "-v",
            ITWIN_CLIENT_ID=USER, ITWIN_CLIENT_SECRET=secret, ITWIN_TOKEN_URL=f"{base}/connect/token",
        )  # fmt: skip
        assert shown.code == 0
        assert len(emulator.issued) > 1
        for canary in (secret, *emulator.issued):
            assert canary not in shown.err
    assert saved(tmp_path / "jobs") == keys(OWN)


def test_odd_records_and_an_id_that_two_services_share(tmp_path: Path) -> None:
    def first(asked: Asked) -> Reply:
        return page(v1(1, "one"), {"id": 5}, {}, next_link=link(asked))

    target = tmp_path / "jobs"
    args = ("--service", "modeling-v1", "--service", "conversion-v1")
    with liar(lambda asked: unauthorized(asked) if "continuationToken" in asked.query else first(asked)) as server:
        assert exported(target, *args, "--base-url", server.url).code == 1
        again = page(v1(1, "one"), {"id": 5}, {}, v1(2, "two"))
        server.script = lambda asked: again if "continuationToken" in asked.query else first(asked)
        assert exported(target, *args, "--base-url", server.url).code == 0
    found = Counter(json.loads(text).get("id") for text in target.read_text().splitlines())
    assert found == {guid(1): 2, guid(2): 2, 5: 2, None: 2}
