"""What the commands that ask the live services share: their options, who asks, and what is logged meanwhile."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal, TypedDict, TypeVar

import click

from ..errors import InvalidRecord
from ..plan import MAX_REQUESTS, MAX_URL, MIN_URL
from ..schema import Missing
from .errors import FAILED, WRONG_INPUT, say, stop
from .options import chosen, missing_option, prune_option, services_option

if TYPE_CHECKING:
    from ..client import Client, ClientCredentials
    from ..client.steps import Call, Order

ACCESS: Final = (
    "The access token is read from ITWIN_ACCESS_TOKEN. Where that is not set, one is fetched, and renewed in time, "
    "with ITWIN_CLIENT_ID and ITWIN_CLIENT_SECRET (from ITWIN_TOKEN_URL, else from Bentley's)."
)

_TOKEN: Final = "ITWIN_ACCESS_TOKEN"  # noqa: S105 - its name
_ID: Final = "ITWIN_CLIENT_ID"
_SECRET: Final = "ITWIN_CLIENT_SECRET"  # noqa: S105
_TOKEN_URL: Final = "ITWIN_TOKEN_URL"  # noqa: S105


class Access(TypedDict):
    """The values of `access_options`."""

    base_url: str
    rate: Literal["community"] | None
    retries: int
    verbose: bool


class Live(Access):
    """The values of `live_options`."""

    names: tuple[str, ...]
    page_size: int
    missing: Missing
    prune: bool
    max_requests: int
    max_url: int


max_requests_option = click.option(
    "--max-requests",
    type=click.IntRange(min=1),
    default=MAX_REQUESTS,
    show_default=True,
    help="Requests that the filter may cost a service, pages aside.",
)
max_url_option = click.option(
    "--max-url",
    type=click.IntRange(min=MIN_URL),
    default=MAX_URL,
    show_default=True,
    help="Bytes of a request line; what is longer is cut into several requests, or filtered here.",
)

BASE_URL: Final = "https://api.bentley.com"

_ACCESS: Final = (
    click.option("--base-url", default=BASE_URL, show_default=True, help="Another host, or the emulator."),
    click.option(
        "--rate",
        type=click.Choice(["community"]),
        help="Ask no faster than this tier may: 500 a minute, 5,000 an hour.",
    ),
    click.option(
        "--retries",
        type=click.IntRange(min=0),
        default=4,
        show_default=True,
        help="How often a request that failed on the way is sent again.",
    ),
    click.option("-v", "--verbose", is_flag=True, help="Tell of every request on stderr."),
)
_LIVE: Final = (
    services_option,
    click.option("--page-size", type=click.IntRange(1, 1000), default=1000, show_default=True, help="Jobs a request."),
    missing_option,
    prune_option,
    max_requests_option,
    max_url_option,
    *_ACCESS,
)

_Function = TypeVar("_Function", bound=Callable[..., object])


def access_options(function: _Function) -> _Function:
    """The options of a command that asks for single jobs; it takes them as `**access: Unpack[Access]`."""
    return _with(_ACCESS, function)


def live_options(function: _Function) -> _Function:
    """The options of a command that lists live jobs; it takes them as `**live: Unpack[Live]`."""
    return _with(_LIVE, function)


@contextmanager
def connected(access: Access) -> Iterator[Client]:
    """A client that asks as the options and the environment say."""
    from ..client import Client

    with checked_base_url():
        client = Client(_source(), base_url=access["base_url"], retries=access["retries"], rate=access["rate"])
    with _logged(access["verbose"]), client:
        yield client


@contextmanager
def checked_base_url() -> Iterator[None]:
    """A ValueError is about the option."""
    try:
        yield
    except ValueError as error:
        raise click.BadParameter(str(error), click.get_current_context(), param_hint="'--base-url'") from error


@contextmanager
def asking(live: Live) -> Iterator[Client]:
    """The same for a list."""
    with connected(live) as client:
        try:
            yield client
        except InvalidRecord as error:
            raise click.ClickException(f"the filter meets a job that it cannot read: {error}") from error


def call(live: Live, order: Order) -> Call:
    """The options that `Client.jobs` takes."""
    return {
        "order": order,
        "services": chosen(live["names"]),
        "page_size": live["page_size"],
        "missing": live["missing"],
        "prune": live["prune"],
        "max_requests": live["max_requests"],
        "max_url": live["max_url"],
    }


def _with(options: Sequence[Callable[[_Function], _Function]], function: _Function) -> _Function:
    for option in reversed(options):
        function = option(function)
    return function


def _source() -> ClientCredentials | None:
    """None for the token that is there, which wins: whose it is decides which jobs are found."""
    token, client_id, secret = (os.environ.get(name, "").strip() for name in (_TOKEN, _ID, _SECRET))
    if token:
        return None
    if not client_id and not secret:
        say(f"no access token: put one into {_TOKEN}; `reality-jobs demo` needs none")
        stop(FAILED)
    if not client_id or not secret:
        there, absent = (_ID, _SECRET) if client_id else (_SECRET, _ID)
        say(f"no access token: {there} is set, {absent} is not")
        stop(FAILED)
    from ..client import ClientCredentials

    url = os.environ.get(_TOKEN_URL, "").strip()
    try:
        return ClientCredentials(client_id, secret, url) if url else ClientCredentials(client_id, secret)
    except ValueError as error:
        say(f"{_TOKEN_URL}: {error}")
        stop(WRONG_INPUT)


class _Stderr(logging.Handler):
    """One line for each record."""

    def emit(self, record: logging.LogRecord) -> None:
        lead = "warning: " if record.levelno >= logging.WARNING else ""
        say(f"{lead}{' '.join(record.getMessage().split())}")


@contextmanager
def _logged(verbose: bool) -> Iterator[None]:
    log = logging.getLogger("reality_jobs")
    handler = _Stderr()
    log.addHandler(handler)
    log.setLevel(logging.INFO if verbose else logging.WARNING)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
