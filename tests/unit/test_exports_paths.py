"""`expanded`: which files a path, a pattern or a directory names, and in which order."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from reality_jobs.exports.paths import expanded

FILES = (
    "a.json",
    "b.txt",
    "c.NDJSON.gz",
    "d.json.bz2",
    "e.jsonl.zst",
    "f.parquet",
    "g.parquet.gz",
    ".hidden.json",
    "sub/a.ndjson",
    "sub/deep/z.json",
    "sub/.git/x.json",
    "sub-b/1.json",
    "[x].json",
)


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("-", ["-"]),
        ("b.txt", ["b.txt"]),
        ("./b.txt", ["./b.txt"]),
        ("sub", ["sub/a.ndjson", "sub/deep/z.json"]),
        ("sub/", ["sub/a.ndjson", "sub/deep/z.json"]),
        ("sub/.git", ["sub/.git/x.json"]),
        (
            ".",
            [
                "[x].json",
                "a.json",
                "c.NDJSON.gz",
                "e.jsonl.zst",
                "f.parquet",
                "sub-b/1.json",
                "sub/a.ndjson",
                "sub/deep/z.json",
            ],
        ),
        ("[x].json", ["[x].json"]),
        ("[ab].*", ["a.json", "b.txt"]),
        ("?.json", ["a.json"]),
        (".h*", [".hidden.json"]),
        ("*/?.*json", ["sub-b/1.json", "sub/a.ndjson"]),
        ("sub*", ["sub-b/1.json", "sub/a.ndjson", "sub/deep/z.json"]),
        ("**/*.json", ["[x].json", "a.json", "sub-b/1.json", "sub/deep/z.json"]),
        ("**/deep", ["sub/deep/z.json"]),
        ("**/deep/../a.*", ["sub/deep/../a.ndjson"]),
        ("sub/**", ["sub/a.ndjson", "sub/deep/z.json"]),
        ("s*/**/z.json", ["sub/deep/z.json"]),
    ],
)
def test_files(path: str, files: list[str]) -> None:
    assert expanded([path]) == files


def test_a_trailing_double_star_takes_files_of_any_ending(tree: Path) -> None:
    (tree / "sub" / "notes").touch()
    assert expanded(["sub/**"]) == ["sub/a.ndjson", "sub/deep/z.json", "sub/notes"]


def test_absolute_paths_and_path_objects(tree: Path) -> None:
    assert expanded([tree / "sub", str(tree / "s*b" / "*.ndjson")]) == [
        str(tree / "sub/a.ndjson"),
        str(tree / "sub/deep/z.json"),
        str(tree / "sub/a.ndjson"),
    ]


def test_the_order_of_the_user_is_kept_and_what_is_named_twice_comes_twice() -> None:
    assert expanded(["f.parquet", "sub-b", "a.json", "sub-?", "a.json"]) == [
        "f.parquet",
        "sub-b/1.json",
        "a.json",
        "sub-b/1.json",
        "a.json",
    ]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none.json", "No such file or directory"),
        ("a.json/b", "No such file or directory"),
        ("no\0name", "No such file or directory"),
        ("", "No such file or directory"),
        ("*.csv", "matches no file"),
        ("a.json/*", "matches no file"),
        ("[", "matches no file"),
        (
            "empty",
            "no file in it ends with .ndjson, .jsonl, .json (each also with .gz or .zst) or .parquet",
        ),
        ("empt*", "matches no file"),
    ],
)
def test_what_is_not_there(tree: Path, path: str, message: str) -> None:
    (tree / "empty").mkdir()
    (tree / "empty" / "x.txt").touch()
    with pytest.raises(FileNotFoundError) as caught:
        expanded(["a.json", path])
    assert (caught.value.errno, caught.value.strerror, caught.value.filename) == (errno.ENOENT, message, path)


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_links(tree: Path) -> None:
    for name in ("one", "two", "three"):
        (tree / "sub-b" / name).symlink_to(tree)
    (tree / "sub-b" / "latest.json").symlink_to("1.json")
    (tree / "sub-b" / "other.json").symlink_to(tree / "b.txt")
    (tree / "sub-b" / "gone.json").symlink_to("nowhere")
    assert expanded(["sub-b"]) == ["sub-b/1.json", "sub-b/other.json"]
    assert expanded(["sub-b/**"]) == ["sub-b/1.json", "sub-b/gone.json", "sub-b/other.json"]
    assert expanded(["sub-b/*/sub"]) == ["sub-b/one/sub/a.ndjson", "sub-b/one/sub/deep/z.json"]
    assert expanded(["sub-b/*/a.json"]) == ["sub-b/one/a.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8")
def test_undecodable_names(tree: Path) -> None:
    name = os.fsdecode(b"sub-b/\xff.json")
    Path(name).touch()
    assert expanded(["sub-b"]) == expanded(["sub-b/*"]) == ["sub-b/1.json", name]
    assert Path(name).read_bytes() == b""


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("path", [".", "**/*.json", "*/*.ndjson"])
def test_a_directory_that_cannot_be_read_is_no_empty_one(tree: Path, path: str) -> None:
    (tree / "sub").chmod(0)
    try:
        with pytest.raises(PermissionError):
            expanded([path])
    finally:
        (tree / "sub").chmod(0o700)


def test_what_is_no_regular_file_is_taken_only_where_it_is_named(tree: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("named pipes")
    os.mkfifo(tree / "sub-b" / "pipe.json")
    assert expanded(["sub-b"]) == ["sub-b/1.json"]
    assert expanded(["sub-b/p*", "sub-b/pipe.json"]) == ["sub-b/pipe.json"] * 2
