"""Bytes in blocks, from a file or from standard input, gunzipped where they begin like gzip."""

from __future__ import annotations

import errno
import io
import sys
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Final, cast

BLOCK: Final = 1 << 18
_GZIP: Final = b"\x1f\x8b"
_HEAD: Final = 6

# What a file that is none of ours begins with, what it is, what would be right.
_FOREIGN: Final = (
    (b"\x28\xb5\x2f\xfd", "compressed with zstd, which is not read; decompress it first (zstd -d)"),
    (b"BZh", "compressed with bzip2, which is not read; decompress it first (bunzip2)"),
    (b"\xfd7zXZ\x00", "compressed with xz, which is not read; decompress it first (unxz)"),
    (b"PK\x03\x04", "a zip archive, which is not read; unpack it first"),
    (b"PAR1", "a parquet file, which is not read; save the records as JSON, one a line"),
    (b"\xff\xfe", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)"),
    (b"\xfe\xff", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)"),
    (b"{\x00", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16LE -t UTF-8)"),
    (b"[\x00", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16LE -t UTF-8)"),
    (b"\x00{", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16BE -t UTF-8)"),
    (b"\x00[", "UTF-16 text, which is not read; save it as UTF-8 (iconv -f UTF-16BE -t UTF-8)"),
)


class UnreadableError(Exception):
    """A file that cannot be read on, as a whole."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def blocks(path: str) -> Generator[bytes, None, None]:
    """The text of the file in blocks of any length but 0; `-` is standard input, which stays open.

    What arrives is passed on at once, so that a pipe is read record by record. Raises OSError for a file that cannot be
    opened or read, UnreadableError for one that is no text or damaged gzip.
    """
    if path == "-":
        if sys.stdin is None:
            raise OSError(errno.EBADF, "standard input is closed")
        yield from _text(cast(io.BufferedReader, sys.stdin.buffer).read1)
    elif Path(path).is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a directory; name the files in it", path)
    else:
        with Path(path).open("rb", buffering=0) as file:
            yield from _text(lambda size: file.read(size) or b"")


def _text(read: Callable[[int], bytes]) -> Iterator[bytes]:
    head = _head(iter(lambda: read(BLOCK), b""))
    first = next(head, b"")
    if not first.startswith(_GZIP):
        yield from _checked(first, head)
        return
    plain = _head(_gunzip(first, head))
    first = next(plain, b"")
    if first.startswith(_GZIP):
        raise UnreadableError("compressed with gzip twice; decompress it once first (gunzip)")
    yield from _checked(first, plain)


def _head(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes; the first piece is long enough to tell what they are."""
    first = b""
    for piece in pieces:
        first += piece
        if len(first) >= _HEAD:
            break
    if first:
        yield first
    yield from pieces


def _checked(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    for magic, what in _FOREIGN:
        if first.startswith(magic):
            raise UnreadableError(what)
    if first:
        yield first
    yield from rest


def _gunzip(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Members one after the other, as `cat a.gz b.gz` leaves them, zero bytes between and after them ignored.

    Blocks stay small whatever the data inflate to. RFC 1952, section 2.2.
    """
    member = zlib.decompressobj(wbits=31)
    begun = False
    data = first
    while True:
        if member.eof:
            data = member.unused_data
            member, begun = zlib.decompressobj(wbits=31), False
        if not begun:
            data = data.lstrip(b"\0")
        if not data:
            data = next(rest, b"")
            if not data:
                break
            continue
        begun = True
        try:
            plain = member.decompress(data, BLOCK)
        except zlib.error as error:
            raise UnreadableError(f"damaged gzip data ({str(error).rpartition(': ')[2]})") from error
        data = member.unconsumed_tail
        if plain:
            yield plain
    if begun:
        raise UnreadableError("the gzip data end too early (truncated?)")
