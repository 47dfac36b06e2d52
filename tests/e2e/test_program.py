"""What all commands share: streams, encodings, help, extras, start-up, interruption."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reality_jobs.emulator.generate import generate
from reality_jobs.emulator.serve import running

from .program import PROGRAM, TOKEN, Ended, environment, on_terminal, run, start, usage
from .saved import RECORDS, guid, line, v1

COMMANDS = (
    *("check", "explain", "list", "show", "create", "submit", "progress", "cancel", "delete", "export"),
    *("filter", "convert", "index", "sync", "query", "sql", "emulator", "demo"),
)
EVERY = "state ne null"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Much more than a pipe holds."""
    path = tmp_path / "jobs"
    path.write_bytes((line(v1(1, "東京")) + b"\n") * 2_000)
    return path


def redirected(redirection: str, *args: str | Path) -> Ended:
    """Run it under a shell that closes or redirects a stream."""
    command = ["sh", "-c", f'"$@" {redirection}', "sh", *PROGRAM, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=120, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_on_stdout_and_ends_well(command: str) -> None:
    shown = run(command, "--help")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith(f"Usage: reality-jobs {command} [OPTIONS]")
    assert run(command, "-h") == shown


def test_the_list_of_commands_is_whole_and_no_line_is_cut() -> None:
    shown = run("--help")
    listed = re.findall(r"^  ([a-z]+)  ", shown.out.partition("Commands:\n")[2], re.MULTILINE)
    assert (shown.code, shown.err, tuple(listed)) == (0, "", COMMANDS)
    assert "..." not in shown.out.partition("Commands:\n")[2]
    assert run() == Ended(2, "", shown.out)


def test_version() -> None:
    shown = run("--version")
    assert (shown.code, shown.err) == (0, "")
    assert re.fullmatch(r"reality-jobs, version \d+\.\d+\.\d+\n", shown.out)


@pytest.mark.parametrize(
    ("argument", "message"),
    [("nope", "No such command 'nope'."), ("--nope", "No such option '--nope'.")],
)
def test_wrong_commands(argument: str, message: str) -> None:
    shown = run(argument)
    first = "Usage: reality-jobs [OPTIONS] COMMAND [ARGS]...\nTry 'reality-jobs --help' for help.\n\n"
    # Older releases of click write the option without quotes.
    assert (shown.code, shown.out, shown.err.replace("option: --nope", "option '--nope'")) == (
        2,
        "",
        f"{first}Error: {message}\n",
    )


def test_a_reader_that_goes_away_is_no_error(export: Path) -> None:
    with start("filter", EVERY, export) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline().rstrip("\n") == line(v1(1, "東京")).decode()
        program.stdout.close()
        assert program.stderr.read() == ""
    assert program.returncode == 0


def test_a_reader_of_a_live_list_that_goes_away_is_no_error() -> None:
    with running(generate(900, seed=1)) as url:
        args = ("list", "--base-url", url, "--page-size", "5")
        with start(*args, ITWIN_ACCESS_TOKEN=TOKEN) as program:
            assert program.stdout is not None
            assert program.stderr is not None
            program.stdout.readline()
            program.stdout.close()
            assert program.stderr.read() == ""
    assert program.returncode == 0


@pytest.mark.parametrize("args", [("--help",), ("check", "--help"), ("check", "state eq 'x'")])
def test_a_reader_that_was_never_there(args: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [*PROGRAM, *args]
    with os.fdopen(write, "w") as pipe:
        done = subprocess.run(
            command, stdout=pipe, stderr=subprocess.PIPE, text=True, env=environment(), timeout=120, check=False
        )
    assert done.returncode == 0
    assert [text for text in done.stderr.splitlines() if not text.startswith(("warning: ", "  "))] == []


def test_nobody_who_reads_the_messages_changes_no_exit_code() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as pipe:
        command = [*PROGRAM, "check", "state eq"]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=pipe, text=True, env=environment(), timeout=120, check=False
        )
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")  # noqa: PTH110 - a device
@pytest.mark.parametrize("args", [("check", "id eq null"), ("explain", "id eq null"), ("--help",)])
def test_a_full_disk(args: tuple[str, ...]) -> None:
    assert redirected(">/dev/full", *args) == Ended(1, "", "no space left on device\n")


def test_streams_that_are_closed(export: Path) -> None:
    assert redirected(">&-", "filter", EVERY, export) == Ended(1, "", "standard output is closed\n")
    assert redirected("2>&-", "check", "state eq") == Ended(2, "", "")
    assert redirected("<&-", "filter", EVERY, "-") == Ended(1, "", "standard input is closed\n")
    message = "standard input is closed; FILTER '-' reads it"
    assert redirected("<&-", "check", "-") == Ended(2, "", usage("check", "FILTER", message))


@pytest.mark.parametrize(
    "env", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}]
)
def test_utf_8_whatever_the_locale_says(env: dict[str, str]) -> None:
    text = "name eq '東京 Zürich'".encode()
    assert run("explain", "-", stdin=text, cwd=Path(), **env).out.startswith("name eq '東京 Zürich'\n")
    assert run("check", "--fix", "-", stdin=text, cwd=Path(), **env) == Ended(0, f"{text.decode()}\n", "")
    broken = run("check", "-", stdin=text.replace(b"eq", b"is"), cwd=Path(), **env)
    assert broken.code == 2
    assert "  name is '東京 Zürich'\n       ^^\n" in broken.err


BLOCK = """\
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
"""


@pytest.mark.parametrize(
    ("names", "args", "code", "message"),
    [
        (("click",), ("check", "x"), 1, "reality-jobs: the command line needs click; pip install 'reality-jobs[cli]'"),
        (("rich",), ("check", "x"), 1, "reality-jobs: the command line needs rich; pip install 'reality-jobs[cli]'"),
        (("click", "rich"), (), 1,
         "reality-jobs: the command line needs click and rich; pip install 'reality-jobs[cli]'"),
        (("starlette",), ("demo",), 1, "Error: the demo needs starlette; pip install 'reality-jobs[cli,emulator]'"),
        (("uvicorn",), ("emulator",), 1,
         "Error: the emulator needs uvicorn; pip install 'reality-jobs[cli,emulator]'"),
    ],
)  # fmt: skip
def test_extras_that_are_not_installed(
    tmp_path: Path, names: tuple[str, ...], args: tuple[str, ...], code: int, message: str
) -> None:
    assert run(*args, PYTHONPATH=customised(tmp_path, BLOCK.format(names=names))) == Ended(code, "", f"{message}\n")


def customised(folder: Path, code: str) -> str:
    """The path of modules with which a program runs this code before any other."""
    (folder / "sitecustomize.py").write_text(code)
    return os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))


LOADED = "import sys; sys.argv[1:] = {args!r}\nfrom reality_jobs.__main__ import main\ntry: main()\nfinally: print(*sorted(sys.modules), file=sys.stderr)"  # noqa: E501


@pytest.mark.parametrize(
    ("args", "unused"),
    [
        (["check", "id eq null"], {"httpx", "starlette", "uvicorn", "rich", "duckdb", "sqlglot"}),
        (["explain", "id eq null"], {"httpx", "starlette", "uvicorn", "rich"}),
        (["filter", "id eq null", os.devnull], {"httpx", "starlette", "uvicorn", "rich"}),
        (["list"], {"starlette", "uvicorn", "lark"}),
        (["show", "no/job"], {"starlette", "uvicorn", "lark", "cattrs"}),
        (["cancel", "modeling-v1/1"], {"starlette", "uvicorn", "lark", "cattrs"}),
        (["progress", "modeling-v1/1", "--watch"], {"starlette", "uvicorn", "lark", "cattrs"}),
        (["export", "-o", "none/jobs"], {"httpx", "starlette", "uvicorn", "rich", "lark"}),
    ],
)
def test_only_what_a_command_uses_is_loaded(args: list[str], unused: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(args=args)],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=120,
        check=False,
    )
    loaded = {name.partition(".")[0] for name in done.stderr.splitlines()[-1].split()}
    assert "reality_jobs" in loaded
    assert loaded & unused == set()


INTERRUPT = """\
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
"""


@pytest.mark.parametrize(
    "name", ["click", "reality_jobs._cli", "reality_jobs.errors", "reality_jobs._cli.filter", "msgspec"]
)
def test_an_interruption_while_it_starts(tmp_path: Path, name: str) -> None:
    path = customised(tmp_path, INTERRUPT.format(name=name))
    assert run("filter", EVERY, os.devnull, PYTHONPATH=path) == Ended(1, "", "interrupted\n")


def test_an_interruption_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    # Nothing arrives on stdin, so the program waits.
    with start("filter", EVERY, "-", "-o", tmp_path / "out") as program:
        assert program.stdin is not None
        wait_for(lambda: any(tmp_path.iterdir()), program)
        time.sleep(0.5)  # from there to where it waits
        program.send_signal(signal.SIGINT)
        assert program.communicate(timeout=60) == ("", "interrupted\n")
    assert program.returncode == 1
    assert list(tmp_path.iterdir()) == []


def wait_for(done: Callable[[], bool], program: subprocess.Popen[str]) -> None:
    while not done():
        try:
            program.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail("the program ended early")


def test_emulator(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    path.write_bytes(b"".join(line(record) + b"\n" for record in RECORDS[:4]))
    with start("emulator", "--port", "0", "--data", path) as program:
        assert program.stderr is not None
        first, second = program.stderr.readline(), program.stderr.readline()
        base = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert base is not None
        assert first == f"serving 4 jobs at {base[0]} until Ctrl-C; try, in another terminal,\n"
        assert second == f"  ITWIN_ACCESS_TOKEN=any reality-jobs list \"state eq 'Success'\" --base-url {base[0]}\n"
        shown = run("list", "--base-url", base[0], "--format", "ids", ITWIN_ACCESS_TOKEN="any")  # noqa: S106
        assert sorted(shown.out.splitlines()) == [f"modeling-v1/{guid(i)}" for i in range(1, 5)]
        taken = run("emulator", "--port", base[0].rpartition(":")[2])
        where = base[0].removeprefix("http://")
        why = f"Error: cannot listen on {where}: address already in use; --port 0 takes a free port\n"
        assert taken == Ended(1, "", why)
        program.send_signal(signal.SIGINT)
        assert program.communicate(timeout=60) == ("", "")
    assert program.returncode == 0


def test_emulator_arguments(tmp_path: Path) -> None:
    loopback = "is no loopback address; the emulator listens on 127.0.0.1 or ::1 only"
    message = f"Invalid value for '--host': '10.0.0.1' {loopback}"
    assert run("emulator", "--host", "10.0.0.1") == Ended(2, "", usage("emulator", "", message))
    absent = tmp_path / "absent"
    message = f"Invalid value for '--data': File '{absent}' does not exist."
    assert run("emulator", "--data", absent) == Ended(2, "", usage("emulator", "", message))


def test_demo() -> None:
    shown = run("demo", "--jobs", "300", "--seed", "5")
    assert (shown.code, shown.err) == (0, "")
    rows = re.findall(r"^([a-z]+(?:-v[12])?) +(\d+) +(\d+)", shown.out, re.MULTILINE)
    assert [name for name, *_ in rows] == ["modeling-v1", "modeling-v2", "conversion-v2", "all"]
    assert all(live == saved != "0" for _, live, saved in rows)
    assert "the same jobs\n" in shown.out
    assert run("demo", "--jobs", "300", "--seed", "5") == shown


def test_the_commands_that_the_demo_prints_run_as_printed(tmp_path: Path) -> None:
    printed = [text.strip() for text in run("demo", "--jobs", "300").out.splitlines() if re.match("  [a-z]", text)]
    # Where the command is not on the path, the first line says how it gets there.
    emulator, token, *commands = [text for text in printed if not text.startswith("export PATH=")]
    assert [command.split()[1] for command in commands] == ["list", "list", "filter", "explain"]
    assert (emulator, token) == ("reality-jobs emulator --jobs 300 --seed 1", "export ITWIN_ACCESS_TOKEN=demo")
    # `reality-jobs` as a function: the one on the PATH may be another installation's, or none.
    this = f'reality-jobs() {{ "{sys.executable}" -m reality_jobs "$@"; }}'
    with running(generate(300, seed=1)) as url:
        script = "\n".join([this, token, *commands]).replace("http://127.0.0.1:8080", url)
        done = subprocess.run(
            ["bash", "-ec", script], capture_output=True, cwd=tmp_path, env=environment(), timeout=120, check=False
        )
    assert done.returncode == 0
    assert b"jobs written to jobs.ndjson" in done.stderr
    shown = done.stdout.splitlines()
    live = [text for text in shown if text.startswith(b"{")]
    assert len(live) % 2 == 0
    assert live[: len(live) // 2] == live[len(live) // 2 :] != []


def test_a_short_terminal_gets_help_without_cut_words() -> None:
    code, shown = on_terminal(50, "--help", env={})
    assert (code, "demo" in shown) == (0, True)
    assert all(len(text) <= 50 for text in shown.splitlines())
