"""Exceptions to messages and exit codes, in one place."""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn, TextIO

import click

from ..diagnostics import printable
from ..errors import InvalidFilter, InvalidRecord, InvalidSpec, PlanTooLarge, RealityJobsError, Unanswerable

FAILED: Final = 1
WRONG_INPUT: Final = 2
NOT_SYNCED: Final = 3

# A path that was given cannot be one; every other OSError happened on the way.
_WRONG_PATH: Final = frozenset(
    {errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS}
)

_WRONG: Final = (InvalidRecord, InvalidSpec, PlanTooLarge, Unanswerable)

_OPTIONS: Final = {"max_requests": "--max-requests", "max_url": "--max-url", "prune=False": "--no-prune"}
_NAMES: Final = re.compile("|".join(_OPTIONS))
_ADVICE: Final = re.compile(r"; [^;']*$")


def exit_code(run: Callable[[], object]) -> int:
    """Whatever goes wrong ends in a message on stderr, never in a traceback; a closed pipe is fine."""
    code = _reported(run)
    # Python flushes at exit as well, but would complain in its own words.
    code = max(code, _reported(_flush))
    _flush_or_discard(sys.stderr)
    return code


def stop(code: int) -> NoReturn:
    """End the command."""
    raise click.exceptions.Exit(code)


def say(message: str) -> None:
    """Lines on stderr, with nothing in them that a terminal would obey. Nobody listening is no error."""
    with suppress(OSError):
        click.echo("\n".join(map(printable, message.split("\n"))), err=True)


def explained(error: RealityJobsError) -> str:
    """The message, in the words of the command line where the library's own name Python."""
    if not isinstance(error, Unanswerable):
        return in_options(str(error)) if isinstance(error, PlanTooLarge) else str(error)
    place = "" if error.file is None else f"{error.file}:{error.line}: "
    return (
        f"{place}records of {error.service} never hold '{error.property}', so they cannot answer the filter; "
        "--missing null reads it as null"
    )


def in_options(sentence: str) -> str:
    """A sentence of a plan with its advice, after the last semicolon, in the words of the command line.

    What is the user's own is quoted there, so a semicolon with no quote after it is not the user's.
    """
    return _ADVICE.sub(lambda advice: _NAMES.sub(lambda name: _OPTIONS[name[0]], advice[0]), sentence)


def missing_extra(what: str, error: ImportError, extras: str) -> click.ClickException:
    """Which package is not there and what installs it."""
    return click.ClickException(f"{what} needs {error.name or error}; pip install 'reality-jobs[{extras}]'")


def _reported(run: Callable[[], object]) -> int:
    try:
        run()
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        text = io.StringIO()
        error.show(text)
        say(text.getvalue().rstrip("\n"))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("interrupted")
        return FAILED
    except InvalidFilter as error:
        for problem in error.problems:
            say(problem.render(error.source))
        return WRONG_INPUT
    except RealityJobsError as error:
        say(explained(error))
        return WRONG_INPUT if isinstance(error, _WRONG) else FAILED
    except BrokenPipeError:
        _discard(sys.stdout)
        return 0
    except OSError as error:
        return _system(error)
    return 0


def _system(error: OSError) -> int:
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    say(f"{where}{(error.strerror or str(error)).lower()}")
    if error.filename is None:
        _discard(sys.stdout)
    return WRONG_INPUT if error.filename is not None and error.errno in _WRONG_PATH else FAILED


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _flush_or_discard(stream: TextIO | None) -> None:
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        _discard(stream)


def _discard(stream: TextIO | None) -> None:
    """Let what the stream still holds go nowhere."""
    if stream is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
