"""`reality-jobs delete`: jobs that were never submitted go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click

from ..services import Service
from .changing import Change, change, change_options
from .named import ABOUT

if TYPE_CHECKING:
    from ..client import Client


def _delete(client: Client, job: str) -> str:
    client.delete(job)
    return "deleted"


def _refuse(service: Service) -> str | None:
    if service.operations.cancel:
        return None
    return f"no job of {service.title} can be deleted; `reality-jobs cancel` ends one that runs"


@click.command("delete", short_help="Delete v1 jobs that were never submitted.", epilog=ABOUT)
@change_options
def command(**asked: Unpack[Change]) -> None:
    """Delete v1 jobs that were never submitted. Prints each that is gone.

    More than one job are asked about, or need --yes. A job that was submitted is told on stderr, and the exit code is
    1; the others are deleted all the same. Nothing is sent if one ID is malformed.
    """
    change("delete", _delete, _refuse, **asked)
