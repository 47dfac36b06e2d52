"""Arguments and options that several commands share."""

from __future__ import annotations

import codecs
import sys

import click

from .. import services
from ..filters import Filter, parse

service_names = click.Choice(list(services.ALL))

filter_argument = click.argument("text", metavar="FILTER")
services_option = click.option(
    "--service",
    "names",
    type=service_names,
    multiple=True,
    help=f"Ask this job API; may be repeated. Default: {', '.join(services.DEFAULT)}.",
)
missing_option = click.option(
    "--missing",
    type=click.Choice(["error", "null"]),
    default="error",
    show_default=True,
    help="What to do where a filter asks for a property that a service's records never hold.",
)

prune_option = click.option(
    "--no-prune",
    "prune",
    flag_value=False,
    default=True,
    help="Ask a service also for a type or state that only other services list.",
)


def _named(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    return None if value == "-" else value


output_option = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    callback=_named,
    help="Write here instead of stdout; the file appears when it is complete.",
)


def read_text(text: str) -> str:
    """The filter as given; `-` reads it from stdin."""
    return read_stdin("FILTER").removesuffix("\n").removesuffix("\r") if text == "-" else text


def read_stdin(argument: str) -> str:
    """All of stdin, as UTF-8 whatever the locale says, for the argument whose value is `-`."""
    if sys.stdin is None:
        raise click.UsageError(f"standard input is closed; {argument} '-' reads it")
    return sys.stdin.buffer.read().removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def read_filter(text: str) -> Filter:
    """The filter as given, parsed; InvalidFilter is reported by the command line with all its problems."""
    return parse(read_text(text))


def chosen(names: tuple[str, ...]) -> tuple[str, ...]:
    """The services that were asked for, or the default three."""
    return names or services.DEFAULT
