"""The cache that a command works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import click

from ..cache import Cache
from ..errors import CacheError
from .errors import missing_extra

F = TypeVar("F", bound=Callable[..., object])


def cache_option(*, exists: bool) -> Callable[[F], F]:
    """`--cache FILE`, as the parameter `path`; one that has to exist is not made."""
    return click.option(
        "--cache",
        "path",
        metavar="FILE",
        required=True,
        type=click.Path(exists=exists, dir_okay=False),
        help="The cache, which `reality-jobs sync` makes."
        if exists
        else "The cache, which is made where there is none.",
    )


@contextmanager
def opened_cache(path: str) -> Iterator[Cache]:
    try:
        cache = Cache(Path(path))
    except CacheError as error:
        raise click.BadParameter(str(error), param_hint="'--cache'") from error
    with cache:
        try:
            import_module("reality_jobs.targets.sql")  # before anything is fetched
        except ImportError as error:
            raise missing_extra("asking a cache", error, "sql") from error
        yield cache


def check_output(path: str, output: str | None) -> None:
    """Raises UsageError for an output that would replace the cache."""
    if output is None:
        return
    cache = Path(path).resolve()
    # SQLite's own files stand beside the cache, and hold some of it.
    parts = [cache, *(cache.with_name(f"{cache.name}-{end}") for end in ("wal", "shm", "journal"))]
    if Path(output).resolve() in parts or (Path(output).exists() and Path(output).samefile(path)):
        raise click.UsageError("-o would replace the cache; name another file")
