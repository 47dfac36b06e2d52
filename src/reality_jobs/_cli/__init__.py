"""The command line: one file a command, loaded when it is called.

Data on stdout, everything else on stderr. Exit codes: 0 done, 1 failed on the way, 2 the input is wrong, 3 (`query`
alone) not all of it was synced.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from importlib import import_module

import click

from .errors import exit_code

_COMMANDS = (
    "check",
    "explain",
    "list",
    "show",
    "create",
    "submit",
    "progress",
    "cancel",
    "delete",
    "export",
    "filter",
    "convert",
    "index",
    "sync",
    "query",
    "sql",
    "emulator",
    "demo",
)
_NAME = "reality-jobs"


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=_NAME)
def reality_jobs() -> None:
    """Filters over the reality job APIs: check them, run them live, run them over saved jobs.

    A first look, without account or network: reality-jobs demo. Exit codes: 0 done, 1 failed on the way, 2 the input is
    wrong, 3 (query alone) not all of it was synced.
    """


def main() -> int:
    """Run the command line; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names are in any script, whatever the locale says.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if "_REALITY_JOBS_COMPLETE" in os.environ:
        reality_jobs(prog_name=_NAME)  # click's own shell completion, which exits
    for name in ("SIGTERM", "SIGHUP"):
        # Ended by them, a command cleans up: half a file goes, and so do its processes. What was ignored stays so.
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    return exit_code(_run)


def _end(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _run() -> None:
    # What `click.Command.main` does, without its handling of errors: that makes a closed pipe a failure.
    with reality_jobs.make_context(_NAME, sys.argv[1:]) as ctx:
        reality_jobs.invoke(ctx)


__all__ = ["main", "reality_jobs"]
