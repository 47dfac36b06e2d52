"""Bytes in blocks, from a file, a part of one or standard input, decompressed where they begin like gzip or zstd."""

from __future__ import annotations

import errno
import io
import re
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple, cast

from .compression import BLOCK, UnreadableError, gunzip, unzstd

__all__ = ["BLOCK", "Kind", "UnreadableError", "blocks", "kind"]

Kind = Literal["plain", "parquet", "stream"]

_HEAD: Final = 6
_PARQUET: Final = b"PAR1"


class _Compression(NamedTuple):
    """How a compressed file begins, what did it, what undoes it here and elsewhere."""

    magic: re.Pattern[bytes]
    name: str
    decompressed: Callable[[Iterator[bytes]], Iterator[bytes]]
    tool: str


_COMPRESSIONS: Final = (
    _Compression(re.compile(rb"\x1f\x8b"), "gzip", gunzip, "gunzip"),
    # A file may begin with a skippable frame: RFC 8878, section 3.1.2.
    _Compression(re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), "zstd", unzstd, "zstd -d"),
)
# What a file that is none of ours begins with, what it is, what would be right.
_FOREIGN: Final = (
    (b"BZh", "compressed with bzip2, which is not read; decompress it first (bunzip2)"),
    (b"\xfd7zXZ\x00", "compressed with xz, which is not read; decompress it first (unxz)"),
    (b"PK\x03\x04", "a zip archive, which is not read; unpack it first"),
    (_PARQUET, "parquet, which is read from its end; save it as a file of its own first, not compressed, not piped"),
    (b"\xff\xfe", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)"),
    (b"\xfe\xff", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)"),
    (b"{\x00", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16LE -t UTF-8)"),
    (b"[\x00", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16LE -t UTF-8)"),
    (b"\x00{", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16BE -t UTF-8)"),
    (b"\x00[", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16BE -t UTF-8)"),
)


def kind(path: str) -> Kind:
    """Who can read the file: "plain" text in parts too, "parquet" its own reader, a "stream" only `blocks` as a whole.

    A stream is what is compressed, or foreign and will be refused, and what is no regular file, which is not touched.
    """
    if path == "-" or not Path(path).is_file():
        return "stream"
    with Path(path).open("rb", buffering=0) as file:
        head = file.read(_HEAD)
    if head.startswith(_PARQUET):
        return "parquet"
    return "stream" if _compression(head) or _foreign(head) else "plain"


def blocks(path: str, start: int = 0, end: int | None = None) -> Generator[bytes, None, None]:
    """The text of the file in blocks of any length but 0; `-` is standard input, which stays open.

    What arrives is passed on at once, so that a pipe is read record by record. Of a file whose kind is plain, a part
    may be asked for: its bytes from `start` up to `end`, no more. Raises OSError for a file that cannot be opened or
    read, UnreadableError for one that is no text, or damaged, or shorter than `end`.
    """
    if path == "-":
        if sys.stdin is None:
            raise OSError(errno.EBADF, "standard input is closed")
        yield from text_blocks(cast(io.BufferedReader, sys.stdin.buffer).read1)
    elif Path(path).is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory; name the files in it", path)
    else:
        with Path(path).open("rb", buffering=0) as file:
            if start or end is not None:
                file.seek(start)
                yield from _part(file, end)
            else:
                yield from text_blocks(lambda size: file.read(size) or b"")


def _part(file: io.FileIO, end: int | None) -> Iterator[bytes]:
    place = file.tell()
    while end is None or place < end:
        block = file.read(BLOCK if end is None else min(BLOCK, end - place))
        if block:
            yield block
            place += len(block)
        elif end is None:
            return
        else:
            raise UnreadableError("the file became shorter while it was read")


def text_blocks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Text, decompressed where it is compressed, in blocks."""
    pieces = _whole_head(iter(lambda: read(BLOCK), b""))
    head = next(pieces, b"")
    outer = _compression(head)
    if outer is not None:
        pieces = _whole_head(outer.decompressed(_again(head, pieces)))
        head = next(pieces, b"")
        inner = _compression(head)
        if inner is not None:
            what = f"{outer.name} twice" if inner is outer else f"{inner.name} and then with {outer.name}"
            raise UnreadableError(f"compressed with {what}; decompress it once first ({outer.tool})")
    if (reason := _foreign(head)) is not None:
        raise UnreadableError(reason)
    yield from _again(head, pieces)


def _compression(head: bytes) -> _Compression | None:
    return next((found for found in _COMPRESSIONS if found.magic.match(head)), None)


def _foreign(head: bytes) -> str | None:
    return next((reason for magic, reason in _FOREIGN if head.startswith(magic)), None)


def _whole_head(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes; the first piece is long enough to tell what they are."""
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= _HEAD:
            break
    yield from _again(head, pieces)


def _again(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest
