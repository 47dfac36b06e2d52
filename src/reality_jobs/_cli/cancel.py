"""`reality-jobs cancel`: jobs that run are ended."""

from __future__ import annotations

from typing import Unpack

import click

from .changing import Change, change, change_options
from .named import ABOUT


@click.command("cancel", short_help="End jobs that run.", epilog=ABOUT)
@change_options
def command(**asked: Unpack[Change]) -> None:
    """End jobs that run. Prints each with its state afterwards; one of a v2 API is TerminatingOnCancel for a while.

    More than one job are asked about, or need --yes. A job that has ended, or is about to, is told on stderr, and the
    exit code is 1; the others are cancelled all the same. Nothing is sent if one ID is malformed.
    """
    change("cancel", lambda client, job: client.cancel(job).state or "", **asked)
