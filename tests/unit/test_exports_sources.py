"""Bytes of files: compressed, in parts, refused; whichever package decompresses."""

from __future__ import annotations

import gzip
import io
import os
import random
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reality_jobs.exports.compression import BLOCK, compressing, gunzip, unzstd
from reality_jobs.exports.sources import UnreadableError, blocks, kind

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LINES = b"".join(b'{"id":"%d","name":"%x"}\n' % (n, n * n) for n in range(20_000))
SKIPPED = b"\x50\x2a\x4d\x18\x05\x00\x00\x00hello"


@pytest.fixture(params=["isal", "zlib"])
def by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test of gzip with isal and without it."""
    if request.param == "zlib":
        monkeypatch.setitem(sys.modules, "isal", None)
    else:
        pytest.importorskip("isal")
    return str(request.param)


def read(path: Path, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(blocks(str(path), start, end))


def refusal(path: Path, start: int = 0, end: int | None = None) -> str:
    with pytest.raises(UnreadableError) as caught:
        read(path, start, end)
    return caught.value.reason


def saved(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "jobs"
    path.write_bytes(content)
    return path


def pieces(content: bytes, size: int) -> Iterable[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def inflated(of: Callable[..., Iterable[bytes]], content: bytes, size: int) -> bytes:
    return b"".join(of(iter(pieces(content, size))))


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
def test_gzip_members_in_any_pieces(size: int) -> None:
    content = gzip.compress(LINES) + b"\0" * 600 + gzip.compress(b"") + gzip.compress(b"end") + b"\0\0"
    assert inflated(gunzip, content, size) == LINES + b"end"


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("extra", [-1, 0, 1, 2, 300])
@pytest.mark.parametrize("times", [1, 2])
def test_what_inflates_to_about_a_block(extra: int, times: int) -> None:
    for plain in (b"x" * (times * BLOCK + extra), random.Random(1).randbytes(times * BLOCK + extra)):
        assert inflated(gunzip, gzip.compress(plain) * 2, 1 << 30) == plain * 2
        assert inflated(unzstd, zstd.compress(plain) * 2, 1 << 30) == plain * 2


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_damaged_gzip_in_the_same_words(size: int) -> None:
    whole = gzip.compress(LINES)
    for damaged in (
        whole[:-1] + b"x",
        whole[:-5] + b"\0" + whole[-4:],
        whole[:2] + b"\x07" + whole[3:],
        whole[:3] + b"\xff" + whole[4:],
        whole[:10] + b"\xff" * 50 + whole[60:],
        whole + b"no gzip",
    ):
        with pytest.raises(UnreadableError) as caught:
            inflated(gunzip, damaged, size)
        assert caught.value.reason == "damaged gzip data"


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_gzip_cut_anywhere_is_never_a_short_answer(size: int) -> None:
    whole = gzip.compress(b"one") + gzip.compress(b"two")
    half = len(whole) // 2
    for length in set(range(1, len(whole))) - {half}:
        with pytest.raises(UnreadableError) as caught:
            inflated(gunzip, whole[:length], size)
        assert caught.value.reason == "the gzip data end too early (truncated?)"
    assert inflated(gunzip, whole[:half], size) == b"one"


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_zstd_frames_in_any_pieces(size: int) -> None:
    content = SKIPPED + zstd.compress(LINES) + SKIPPED + zstd.compress(b"") + zstd.compress(b"end") + SKIPPED
    assert inflated(unzstd, content, size) == LINES + b"end"


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_zstd_cut_anywhere_is_never_a_short_answer(size: int) -> None:
    one = zstd.compress(b"one")
    whole = one + SKIPPED + zstd.compress(b"two")
    for length in set(range(1, len(whole))) - {len(one), len(one) + len(SKIPPED)}:
        with pytest.raises(UnreadableError) as caught:
            inflated(unzstd, whole[:length], size)
        assert caught.value.reason == "the zstd data end too early (truncated?)"


def test_damaged_zstd(tmp_path: Path) -> None:
    checked = zstd.compress(LINES, options={zstd.CompressionParameter.checksum_flag: 1})
    path = saved(tmp_path, checked[:-1] + b"?")
    assert refusal(path) == "damaged zstd data (restored data doesn't match checksum)"
    path.write_bytes(checked + b"no zstd")
    assert refusal(path) == "damaged zstd data (unknown frame descriptor)"
    wide = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 28})
    path.write_bytes(wide.compress(b"x" * 100, zstd.ZstdCompressor.FLUSH_BLOCK) + wide.flush())
    assert refusal(path) == "damaged zstd data (frame requires too much memory for decoding)"


def test_zstd_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("backports.zstd", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "reality_jobs.exports._zstd", raising=False)
    path = saved(tmp_path, zstd.compress(LINES))
    assert refusal(path) == "compressed with zstd; pip install 'reality-jobs[zstd]' to read it"
    with pytest.raises(ImportError), compressing(io.BytesIO(), ".zst"):
        pass


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_blocks_stay_small(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = saved(tmp_path, compress(b"\n" * 50_000_000))
    tracemalloc.start()
    try:
        longest = max(len(block) for block in blocks(str(path)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert longest <= BLOCK
    assert peak < 3_000_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(gzip.compress(LINES)), "compressed with gzip twice; decompress it once first (gunzip)"),
        (zstd.compress(zstd.compress(LINES)), "compressed with zstd twice; decompress it once first (zstd -d)"),
        (
            gzip.compress(zstd.compress(LINES)),
            "compressed with zstd and then with gzip; decompress it once first (gunzip)",
        ),
        (
            zstd.compress(b"PAR1...."),
            "parquet, which is read from its end; save it as a file of its own first, not compressed, not piped",
        ),
        (b"BZh9....", "compressed with bzip2, which is not read; decompress it first (bunzip2)"),
    ],
)
def test_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    assert refusal(saved(tmp_path, content)) == reason


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize("suffix", [".gz", ".zst", ".ndjson", ""])
def test_what_is_written_is_read_again_and_always_the_same(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "jobs"
    written = []
    for _ in range(2):
        with path.open("wb") as file, compressing(file, suffix) as out:
            assert out.write(b"{}\n") == 3
            out.writelines(LINES.splitlines(keepends=True))
        assert read(path) == b"{}\n" + LINES
        written.append(path.read_bytes())
    assert written[0] == written[1]
    assert (len(written[0]) < len(LINES) / 2) == (suffix in (".gz", ".zst"))


@pytest.mark.usefixtures("by")
@pytest.mark.parametrize(
    ("suffix", "reason"),
    [
        (".gz", "the gzip data end too early (truncated?)"),
        (".zst", "the zstd data end too early (truncated?)"),
    ],
)
def test_what_failed_on_the_way_is_not_whole(tmp_path: Path, suffix: str, reason: str) -> None:
    path = tmp_path / "jobs"

    def fail() -> None:
        with path.open("wb") as file, compressing(file, suffix) as out:
            out.write(random.Random(1).randbytes(1_000_000))
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert refusal(path) == reason


def test_kinds(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    for content, expected in [
        (LINES, "plain"),
        (b"", "plain"),
        (b"PAR1....", "parquet"),
        (gzip.compress(LINES), "stream"),
        (zstd.compress(LINES), "stream"),
        (SKIPPED, "stream"),
        ("{}".encode("utf-16"), "stream"),
    ]:
        path.write_bytes(content)
        assert kind(str(path)) == expected
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert [kind(name) for name in ("-", str(fifo), str(tmp_path), os.devnull)] == ["stream"] * 4


@given(st.integers(0, 30), st.integers(0, 30))
def test_parts(tmp_path_factory: pytest.TempPathFactory, start: int, end: int) -> None:
    content = bytes(range(30))
    path = saved(tmp_path_factory.getbasetemp(), content)
    assert read(path, start, end) == content[start:end]
    assert read(path, start) == content[start:]


def test_a_part_of_a_file_that_became_shorter(tmp_path: Path) -> None:
    path = saved(tmp_path, LINES)
    assert read(path, BLOCK - 5, BLOCK + 5) == LINES[BLOCK - 5 : BLOCK + 5]
    assert refusal(path, 5, len(LINES) + 1) == "the file became shorter while it was read"
