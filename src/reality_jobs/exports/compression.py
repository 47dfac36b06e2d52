"""gzip and zstd, both ways, in small blocks whatever the data inflate to."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, cast

from ..errors import InvalidRecord

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

BLOCK: Final = 1 << 18

_GZIP: Final = 31  # the window size and container, as zlib counts them

# What RFC 1952, section 2.3, fixes of a member's beginning; isal would wait for more of what is none.
_MEMBER: Final = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
_MEMBER_HEAD: Final = 4


class UnreadableError(Exception):
    """A file that cannot be read on, as a whole."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def at(self, file: str) -> InvalidRecord:
        """The same as what is told to users, caused by this one."""
        refusal = InvalidRecord(self.reason, None, file)
        refusal.__cause__ = self
        return refusal


def gunzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Members one after the other, as `cat a.gz b.gz` leaves them, zero bytes between and after them ignored.

    isal does it where it is installed, in half the time. RFC 1952, section 2.2.
    """
    decompressor, error_type = _gzip_decompressor()
    member: _Inflater | None = None
    data = b""
    for piece in pieces:
        data += piece
        while member is not None or len(data := data.lstrip(b"\0")) >= _MEMBER_HEAD:
            if member is None:
                if not _MEMBER.match(data):
                    raise UnreadableError("damaged gzip data")
                member = decompressor()
            try:
                plain = member.decompress(data, BLOCK)
            except error_type as error:
                raise UnreadableError("damaged gzip data") from error
            data = member.unconsumed_tail
            if plain:
                yield plain
            if member.eof:
                data, member = member.unused_data, None
            elif not data and len(plain) < BLOCK:
                break
    if member is not None or data:
        raise UnreadableError("the gzip data end too early (truncated?)")


def unzstd(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Frames one after the other, skippable ones left out. RFC 8878, section 3.1.

    Windows of up to 128 MiB are held, which is what the format's own tool grants a file that was not asked for.
    """
    try:
        from ._zstd import ZstdDecompressor, ZstdError
    except ImportError as error:
        raise UnreadableError("compressed with zstd; pip install 'reality-jobs[zstd]' to read it") from error
    frame: ZstdDecompressor | None = None
    for piece in pieces:
        data = piece
        while data or (frame is not None and not frame.needs_input):
            frame = frame or ZstdDecompressor()
            try:
                plain = frame.decompress(data, BLOCK)
            except ZstdError as error:
                reason = str(error).rpartition(": ")[2]
                raise UnreadableError(f"damaged zstd data ({reason[:1].lower()}{reason[1:]})") from error
            data = b""
            if plain:
                yield plain
            if frame.eof:
                data, frame = frame.unused_data, None
    if frame is not None:
        raise UnreadableError("the zstd data end too early (truncated?)")


@contextmanager
def compressing(file: BinaryIO, suffix: str) -> Iterator[BinaryIO]:
    """A file to write to that compresses into `file` as the suffix says (`.gz`, `.zst`); any other leaves it plain.

    The same input gives the same bytes on the same machine: no time and no name is kept. A block that fails leaves the
    data without an end, so that no reader takes them for whole. Raises ImportError where zstd is not installed.
    """
    compressor: _Compressor
    if suffix == ".gz":
        compressor = _gzip_compressor()
    elif suffix == ".zst":
        from ._zstd import CompressionParameter, ZstdCompressor

        compressor = ZstdCompressor(options={CompressionParameter.checksum_flag: 1})
    else:
        yield file
        return
    yield cast(BinaryIO, _Compressing(file, compressor))
    file.write(compressor.flush())


class _Inflater(Protocol):
    """What zlib and isal have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Compressor(Protocol):
    """What zlib, isal and zstd have in common."""

    def compress(self, data: ReadableBuffer, /) -> bytes: ...
    def flush(self) -> bytes: ...


class _Compressing(io.RawIOBase):
    def __init__(self, file: BinaryIO, compressor: _Compressor) -> None:
        self._file = file
        self._compressor = compressor

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        self._file.write(self._compressor.compress(data))
        return memoryview(data).nbytes


def _gzip_decompressor() -> tuple[Callable[[], _Inflater], type[Exception]]:
    try:
        from isal import isal_zlib
    except ImportError:
        return partial(zlib.decompressobj, _GZIP), zlib.error
    # Its stubs take the type for an instance.
    return partial(isal_zlib.decompressobj, _GZIP), cast(type[Exception], isal_zlib.error)


def _gzip_compressor() -> _Compressor:
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib.compressobj(wbits=_GZIP)
    return isal_zlib.compressobj(wbits=_GZIP)
