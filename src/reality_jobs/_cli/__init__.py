"""The command line: one file a command, loaded when it is called.

Data on stdout, everything else on stderr. Exit codes: 0 done, 1 failed on the way, 2 the input is wrong.
"""

from __future__ import annotations

from importlib import import_module

import click

from .errors import reported

_COMMANDS = ("check", "explain", "list", "filter", "emulator", "demo")


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="reality-jobs")
def reality_jobs() -> None:
    """Filters over the reality job APIs: check them, run them live, run them over saved jobs."""


def main() -> None:
    """Run the command line and exit."""
    with reported():
        reality_jobs(prog_name="reality-jobs", windows_expand_args=False)


__all__ = ["main", "reality_jobs"]
