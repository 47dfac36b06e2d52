"""`reality-jobs submit`: jobs that were created are set going."""

from __future__ import annotations

from typing import Unpack

import click

from ..services import Service
from .changing import Change, change, change_options
from .named import ABOUT


def _refuse(service: Service) -> str | None:
    return None if service.operations.submit else f"a job of {service.title} is submitted when it is created"


@click.command("submit", short_help="Set v1 jobs going that were created.", epilog=ABOUT)
@change_options
def command(**asked: Unpack[Change]) -> None:
    """Set v1 jobs going that were created. Prints each with its state afterwards.

    More than one job are asked about, or need --yes. A job that was submitted before is told on stderr, and the exit
    code is 1; the others are submitted all the same. Nothing is sent if one ID is malformed.
    """
    change("submit", lambda client, job: client.submit(job).state or "", _refuse, **asked)
