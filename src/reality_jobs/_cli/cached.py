"""The cache that a command works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
            yield cache
        except ImportError as error:
            raise missing_extra("asking a cache", error, "sql") from error
