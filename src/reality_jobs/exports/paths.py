"""What a user names, as the files to read: patterns and directories in a definite order."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, NoReturn

_TEXT: Final = (".ndjson", ".jsonl", ".json")
_PACKED: Final = (".gz", ".zst")
_ENDINGS: Final = (*_TEXT, *(text + packed for text in _TEXT for packed in _PACKED), ".parquet")


def expanded(paths: Iterable[str | os.PathLike[str]]) -> list[str]:
    """The files that these paths name, each as often as it is named; `-`, standard input, stays.

    A pattern (`*`, `?`, `[...]`, and `**` for any directories) counts as one where nothing has that very name. Of a
    directory, given or matched, it is the files below it whose endings are those of saved jobs. What one pattern or
    directory gives is sorted, and each file comes once, whatever links lead to it. Hidden names have to be named
    (`.*`). Links to directories are followed only where they are named or matched: a ring of links ends.

    Raises FileNotFoundError for what is not there or comes to nothing, OSError for a directory that cannot be read.
    """
    return [file for path in paths for file in _files(os.fspath(path))]


def _files(path: str) -> list[str]:
    if path == "-":
        return [path]
    if Path(path).is_dir():
        found, otherwise = _below(path), f"no file in it ends with {_listed()}"
    elif os.path.lexists(path):
        return [path]
    elif _is_pattern(path):
        matched = _matching(Path(), Path(path).parts)
        found = (file for each in matched for file in (_below(each) if each.is_dir() else [str(each)]))
        otherwise = "matches no file"
    else:
        found, otherwise = iter(()), os.strerror(errno.ENOENT)
    once: dict[str, str] = {}
    for file in sorted(found):
        once.setdefault(os.path.realpath(file), file)
    if not once:
        raise FileNotFoundError(errno.ENOENT, otherwise, path)
    return list(once.values())


def _is_pattern(part: str) -> bool:
    return any(sign in part for sign in "*?[")


def _below(directory: str | Path) -> Iterator[str]:
    for name, directories, files in os.walk(directory, onerror=_unreadable):
        directories[:] = filter(_is_shown, directories)
        for file in filter(_is_shown, files):
            path = Path(name, file)
            if file.lower().endswith(_ENDINGS) and path.is_file():
                yield str(path)


def _matching(base: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    """What is there under `base` that the parts of a pattern match one after the other."""
    if not parts:
        if os.path.lexists(base):
            yield base
        return
    part, rest = parts[0], parts[1:]
    if not _is_pattern(part):
        yield from _matching(base / part, rest)
    elif not base.is_dir():
        return
    elif part == "**":
        for name, directories, files in os.walk(base, onerror=_unreadable):
            directories[:] = filter(_is_shown, directories)
            if rest:
                yield from _matching(Path(name), rest)
            else:
                yield from map(Path(name).joinpath, filter(_is_shown, files))
    else:
        for child in base.iterdir():
            if fnmatch(child.name, part) and (_is_shown(child.name) or part.startswith(".")):
                yield from _matching(child, rest)


def _is_shown(name: str) -> bool:
    return not name.startswith(".")


def _unreadable(error: OSError) -> NoReturn:
    raise error


def _listed() -> str:
    return f"{', '.join(_TEXT)} (each also with {' or '.join(_PACKED)}) or .parquet"
