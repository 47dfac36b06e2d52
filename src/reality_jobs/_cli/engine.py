"""`reality-jobs filter --engine spark`: the same records, found by many machines, or by all of one."""

from __future__ import annotations

from collections.abc import Callable

import click

from ..errors import InvalidRecord
from ..filters import Filter
from ..schema import Missing
from .errors import missing_extra
from .output import emit, opened

engine_option = click.option(
    "--engine",
    type=click.Choice(["spark"]),
    help="Read with Spark: FILE is any path or address that Spark reads. Records come in no definite order.",
)
master_option = click.option(
    "--master", default=None, metavar="URL", help="Spark's master, with --engine spark. Default: local[*]."
)


def check_options(engine: str | None, master: str | None, files: tuple[str, ...], others: dict[str, object]) -> None:
    """Raises UsageError for options that do not go together; `others` do not go with an engine where they are true."""
    if engine is None:
        if master is not None:
            raise click.UsageError("--master goes with --engine spark")
        return
    if master == "":
        raise click.UsageError("--master is a URL, as in local[2], not empty")
    if "" in files:
        raise click.UsageError("FILE is empty")
    if "-" in files:
        raise click.UsageError(f"--engine {engine} reads files, not stdin ('-')")
    for option, given in others.items():
        if given:
            raise click.UsageError(f"leave out {option} with --engine {engine}")


def filter_with_spark(
    where: Filter,
    files: tuple[str, ...],
    master: str | None,
    service: str | None,
    missing: Missing,
    refuse: Callable[[InvalidRecord], object] | None,
    *,
    only_count: bool,
    output: str | None,
) -> None:
    """Print the matching records, or how many there are."""
    try:
        from ..engines import session, spark
    except ImportError as error:
        raise missing_extra("the engine spark", error, "spark") from error
    try:
        with session.started(master or "local[*]") as started:
            if only_count:
                number = spark.count(started, files, where, service=service, missing=missing, refuse=refuse)
                emit(str(number), output)
            else:
                found = spark.matching(started, files, where, service=service, missing=missing, refuse=refuse)
                with opened(output) as file:
                    for raw in found:
                        file.write(raw + b"\n")
    except session.SparkFailedError as error:
        raise click.ClickException(f"Spark: {error}") from error
