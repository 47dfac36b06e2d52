"""Exceptions to messages and exit codes, in one place."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ..diagnostics import printable
from ..errors import InvalidFilter, InvalidRecord, PagingError, RealityJobsError, ServiceError, Unanswerable

FAILED = 1
WRONG_INPUT = 2


@contextmanager
def reported() -> Iterator[None]:
    """Whatever goes wrong ends in a message on stderr and an exit code, never in a traceback; a closed pipe is fine."""
    try:
        yield
    except BrokenPipeError:
        # The reader went away. Python would complain once more when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except InvalidFilter as error:
        for problem in error.problems:
            say(problem.render(error.source))
        sys.exit(WRONG_INPUT)
    except (InvalidRecord, Unanswerable) as error:
        say(str(error))
        sys.exit(WRONG_INPUT)
    except (ServiceError, PagingError) as error:
        say(str(error))
        sys.exit(FAILED)
    except RealityJobsError as error:
        say(str(error))
        sys.exit(FAILED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        say(f"{where}{(error.strerror or str(error)).lower()}")
        sys.exit(WRONG_INPUT if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError) else FAILED)
    except (ValueError, ImportError) as error:
        say(str(error))
        sys.exit(WRONG_INPUT)


def say(message: str) -> None:
    """A line on stderr, with nothing in it that a terminal would obey."""
    click.echo("\n".join(map(printable, message.split("\n"))), err=True)
