"""`reality-jobs create`: a new job, shown before it is sent."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Unpack

import click

from .. import services
from ..errors import InvalidSpec, OutcomeUnknown
from ..records import Job
from .errors import FAILED, say, stop
from .live import ACCESS, BASE_URL, Access, access_options, checked_base_url, connected
from .named import form_option, put, tell
from .options import service_names
from .output import as_json, emit, to_json
from .spec import Setting, read_spec, service_of, settings

if TYPE_CHECKING:
    from ..client import Client, Creating


@click.command("create", short_help="Create a job, or show what would be sent.", epilog=ACCESS)
@click.option(
    "--from",
    "path",
    metavar="FILE",
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="The job as JSON, as the service's pages have it; - reads it from stdin.",
)
@click.option(
    "--service", type=service_names, help="The job API that creates it. Default: the one that lists its type."
)
@click.option(
    "--set",
    "changes",
    metavar="PATH=VALUE",
    multiple=True,
    callback=settings,
    help="Another value, as in name=bridge, inputs[0].id=... or inputs.0.id=...; JSON where it can be, else text. May "
    "be repeated.",
)
@click.option("--yes", is_flag=True, help="Send it.")
@click.option("--submit", is_flag=True, help="Submit it as well, in v1; in v2 a job that is created runs.")
@form_option("text", "ids")
@access_options
def command(
    path: str,
    service: str | None,
    changes: tuple[Setting, ...],
    yes: bool,
    submit: bool,
    form: str,
    **access: Unpack[Access],
) -> None:
    """Create a job. Without --yes nothing is sent: the request is printed, as JSON with its method, url and body.

    What is wrong by the published schemas is told before anything is sent, every place with its path; exit code 2. The
    created job is printed, in json as the service answered. Where the answer is lost, or Ctrl-C comes first, the job
    may be there: nothing is sent again, and the command that finds it is printed.
    """
    asked = _asked(path, service, changes)
    if submit and services.get(asked.service).operations.submit is None:
        raise click.UsageError(f"leave out --submit: a job of {services.get(asked.service).title} is submitted by this")
    if not yes:
        emit(to_json({"method": asked.method, "url": _url(asked, access), "body": asked.body}, indent=2))
        say(f"nothing was sent; --yes sends it{', and then submits the job' if submit else ''}")
        return
    with connected(access) as client, _reading():
        job = _created(client, asked, access)
        try:
            if submit:
                job = client.submit(job)
        finally:
            _tell(job, form)


def _asked(path: str, service: str | None, changes: tuple[Setting, ...]) -> Creating:
    from ..client import creating

    spec = read_spec(path, changes)
    try:
        return creating(spec, service or service_of(spec))
    except InvalidSpec:
        raise
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--service'") from error


def _url(asked: Creating, access: Access) -> str:
    from ..client.addresses import Base

    with checked_base_url():
        base = Base.parse(access["base_url"])
    return f"{base.origin}{base.path}{asked.path}"


def _created(client: Client, asked: Creating, access: Access) -> Job:
    """The new job; where nobody knows whether there is one, what finds it is told."""
    since = datetime.now(UTC)
    try:
        return client.create(asked.body, asked.service)
    except OutcomeUnknown as error:
        say(str(OutcomeUnknown(*error.args[:-1])))
        _tell_how_to_find(error.look_for, asked.service, access)
        stop(FAILED)
    except (KeyboardInterrupt, SystemExit):
        say("the job may have been created")
        _tell_how_to_find(str(asked.look_for(since)), asked.service, access)
        raise


def _tell_how_to_find(text: str | None, service: str, access: Access) -> None:
    where = [] if access["base_url"] == BASE_URL else ["--base-url", access["base_url"]]
    command = shlex.join(["reality-jobs", "list", text or "", "--service", service, *where])
    say(f"this finds it if it was:\n  {command}")


@contextmanager
def _reading() -> Iterator[None]:
    """It is not the input that is wrong."""
    try:
        yield
    except ValueError as error:
        raise click.ClickException(f"the service answered with a job that cannot be read: {error}") from error


def _tell(job: Job, form: str) -> None:
    from ..client import Target

    try:
        if form == "json":
            put(as_json(job).decode())
        else:
            tell(Target.of(job), form, job.state or "")
    except OSError:
        say(f"created {job}")  # nobody reads stdout, or it is full, and no other run would find it out
        raise
