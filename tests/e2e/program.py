"""The real program as a subprocess; stdout, stderr and exit code are compared whole."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

PROGRAM = (sys.executable, "-m", "reality_jobs")
TOKEN = "eyJhbGciOiJub25lIn0.c2VjcmV0"  # noqa: S105 - made up

_OURS = ("ITWIN_ACCESS_TOKEN", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONIOENCODING", "PYTHONUTF8")


@frozen
class Ended:
    code: int
    out: str
    err: str


def environment(**more: str) -> dict[str, str]:
    """What this process has, without what the program reads."""
    return {name: value for name, value in os.environ.items() if name not in _OURS} | more


def unmeasured(**more: str) -> dict[str, str]:
    """The same for a program that is to be interrupted: in the middle of what measures coverage that ends in a deadlock
    of its own."""
    return {name: value for name, value in environment(**more).items() if not name.startswith("COVERAGE_")}


def run(*args: str | Path, stdin: bytes = b"", cwd: Path = Path(), **env: str) -> Ended:
    """Run it with stdout and stderr as pipes; both must be UTF-8."""
    command = [*PROGRAM, *map(str, args)]
    done = subprocess.run(
        command, input=stdin, capture_output=True, cwd=cwd, env=environment(**env), timeout=120, check=False
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def start(*args: str | Path, **env: str) -> subprocess.Popen[str]:
    """Begin to run it with pipes for all three streams; it may be interrupted."""
    pipe = subprocess.PIPE
    command = [*PROGRAM, *map(str, args)]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=unmeasured(**env), text=True)


def on_terminal(columns: int, *args: str | Path, env: Mapping[str, str], typed: str | None = None) -> tuple[int, str]:
    """Run it with a terminal of that width as stdout and stderr: the exit code, and what the terminal was sent.

    The terminal is stdin as well where something is typed; it shows what is.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [*PROGRAM, *map(str, args)]
    stdin = subprocess.DEVNULL if typed is None else theirs
    child = subprocess.Popen(command, stdin=stdin, stdout=theirs, stderr=theirs, env=environment(TERM="xterm", **env))
    os.close(theirs)
    os.write(ours, (typed or "").encode())
    sent = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux, once nobody holds the other end
            break
        if not piece:
            break
        sent += piece
    os.close(ours)
    return child.wait(timeout=120), sent.decode().replace("\r\n", "\n")


def usage(command: str, arguments: str, message: str) -> str:
    """A usage error as click words it."""
    return (
        f"Usage: reality-jobs {command} [OPTIONS]{arguments and ' '}{arguments}\n"
        f"Try 'reality-jobs {command} --help' for help.\n\nError: {message}\n"
    )
