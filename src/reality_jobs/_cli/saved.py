"""Arguments and options of the commands that read saved jobs, and what they do at broken places."""

from __future__ import annotations

import click

from ..errors import InvalidRecord
from .errors import say
from .options import service_names

files_argument = click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(allow_dash=True))
service_option = click.option(
    "--service", type=service_names, help="Read every record as this job API's; recognised by shape otherwise."
)
on_error_option = click.option(
    "--on-error",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    show_default=True,
    help="skip reports each broken place on stderr, goes on behind it and counts them.",
)


class Refusals:
    """What a reader is given to call at a broken place: raises, or reports and counts."""

    def __init__(self, on_error: str) -> None:
        self._stop = on_error == "stop"
        self._count = 0

    def __call__(self, error: InvalidRecord) -> None:
        if self._stop:
            raise error
        self._count += 1
        say(str(error))

    def sum_up(self) -> None:
        """The last word on stderr, where there was any."""
        if self._count:
            say(f"{self._count} broken place{'s' if self._count > 1 else ''} skipped")
