"""`Gathering`: an export that is stopped between any two steps goes on as if it had not been."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from types import FrameType

import msgspec
import pytest
from attrs import frozen

from reality_jobs.exports import CheckpointError, Gathering, beside, checkpoint, durable, forget

ABOUT = {"filter": "state eq 'Success'", "services": "modeling-v1, modeling-v2"}
OURS = b'{"format":1,"about":{'
RESTART = "--restart begins anew, without what it has gathered"


@frozen
class Page:
    service: str
    ids: tuple[str, ...]

    @property
    def lines(self) -> list[bytes]:
        return [json.dumps({"id": name}).encode() for name in self.ids]


# The same id in two services, a page without jobs, one at the end too.
PAGES = (
    Page("modeling-v1", ("a", "b")),
    Page("modeling-v2", ("a",)),
    Page("modeling-v2", ()),
    Page("modeling-v1", ("c", 'd"\n/é')),
    Page("modeling-v1", ()),
)
WHOLE = b"".join(line + b"\n" for page in PAGES for line in page.lines)
SEEN = [f"{page.service}/{name}" for page in PAGES for name in page.ids]


def walk(path: Path) -> None:
    """What the export does; the resume point is the number of pages that have come."""
    with Gathering(str(path), ABOUT) as gathering:
        done = int(gathering.resume or 0)
        assert gathering.total == sum(len(page.ids) for page in PAGES[:done])
        if not gathering.complete:
            assert list(gathering.seen()) == [f"{page.service}/{name}" for page in PAGES[:done] for name in page.ids]
            for number, page in enumerate(PAGES[done:], done + 1):
                gathering.add(page.service, page.lines, [f"{page.service}/{name}" for name in page.ids], str(number))
        gathering.finish()


def gathered(path: Path, pages: int) -> None:
    """Stopped after so many pages."""
    with Gathering(str(path), ABOUT) as gathering:
        for number, page in enumerate(PAGES[:pages], 1):
            gathering.add(page.service, page.lines, [f"{page.service}/{name}" for name in page.ids], str(number))


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of walks need not reach the disk."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def state(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@contextmanager
def before_every_line(look: Callable[[], object]) -> Iterator[None]:
    """Look at the world before each line that writes runs."""

    def trace(frame: FrameType, event: str, _: object) -> object:
        if frame.f_code.co_filename not in (beside.__file__, checkpoint.__file__, durable.__file__):
            return None
        if event == "line":
            sys.settrace(None)
            look()
            sys.settrace(trace)
        return trace

    outer = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(outer)


def crashes(folder: Path, run: Callable[[], object]) -> list[dict[str, bytes]]:
    """Every state of the folder that a kill between two steps may leave, each once, and the last one."""
    found: dict[bytes, dict[str, bytes]] = {}

    def look() -> None:
        now = state(folder)
        key = blake2b(repr(sorted(now.items())).encode()).digest()
        found.pop(key, None)
        found[key] = now

    with before_every_line(look):
        run()
    look()
    return list(found.values())


def put(folder: Path, files: dict[str, bytes]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder / "jobs"


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("old", [None, b"old\n"])
def test_killed_between_any_two_steps_and_once_more(tmp_path: Path, old: bytes | None) -> None:
    start = {} if old is None else {"jobs": old}
    first = put(tmp_path / "first", start)
    left = crashes(first.parent, lambda: walk(first))
    assert len(left) > 20
    assert left[-1] == {"jobs": WHOLE}
    sound: list[dict[str, bytes]] = []
    for files in left:
        assert files.get("jobs") in (old, WHOLE)
        second = put(tmp_path / "second", files)
        again = crashes(second.parent, lambda path=second: walk(path))  # type: ignore[misc]
        assert again[-1] == {"jobs": WHOLE}
        for later in again:
            if later in sound:
                continue
            sound.append(later)
            assert later.get("jobs") in (old, WHOLE)
            third = put(tmp_path / "third", later)
            walk(third)
            assert state(third.parent) == {"jobs": WHOLE}


def test_a_page_reaches_the_disk_before_its_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []

    def fsync(file: int) -> None:
        there = {path.stat().st_ino: path.name for path in (tmp_path, *tmp_path.iterdir())}
        synced.append(there[os.fstat(file).st_ino])

    with Gathering(str(tmp_path / "jobs"), ABOUT) as gathering:
        monkeypatch.setattr(os, "fsync", fsync)
        gathering.add("modeling-v1", [b"{}"], ["modeling-v1/a"], "1")
        assert synced == ["jobs.part", "jobs.part.ids", "jobs.part.checkpoint.new", tmp_path.name]
        gathering.finish()
    assert synced[4:] == ["jobs.part.checkpoint.new", tmp_path.name, tmp_path.name]


@pytest.mark.parametrize("pages", range(len(PAGES) + 1))
def test_what_was_never_in_a_checkpoint_is_cut_off(tmp_path: Path, pages: int) -> None:
    path = tmp_path / "jobs"
    gathered(path, pages)
    if pages:
        for end in ("part", "part.ids"):
            with (tmp_path / f"jobs.{end}").open("ab") as file:
                file.write(b'{"id": "torn"}\n{"i')
    (tmp_path / "jobs.part.checkpoint.new").write_bytes(b'{"format":1,"ab')
    walk(path)
    assert state(tmp_path) == {"jobs": WHOLE}


def test_nothing_stands_under_the_name_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    gathered(path, 4)
    assert names(tmp_path) == ["jobs.part", "jobs.part.checkpoint", "jobs.part.ids"]
    assert (tmp_path / "jobs.part").read_bytes() == WHOLE
    with Gathering(str(path), ABOUT) as gathering:
        assert list(gathering.seen()) == SEEN
        assert (gathering.jobs, gathering.resume, gathering.complete) == (
            {"modeling-v1": 4, "modeling-v2": 1},
            "4",
            False,
        )
        assert gathering.part == str(tmp_path / "jobs.part")


def test_where_no_page_came_nothing_is_left(tmp_path: Path) -> None:
    gathered(tmp_path / "jobs", 0)
    assert names(tmp_path) == []


def test_an_export_without_jobs_is_an_empty_file(tmp_path: Path) -> None:
    with Gathering(str(tmp_path / "jobs"), ABOUT) as gathering:
        gathering.add("modeling-v1", [], [], "1")
        gathering.finish()
    assert state(tmp_path) == {"jobs": b""}


def test_jobs_without_an_id_are_lines_too(tmp_path: Path) -> None:
    with Gathering(str(tmp_path / "jobs"), ABOUT) as gathering:
        gathering.add("modeling-v1", [b"{}", b'{"id":5}'], [], "1")
        assert (list(gathering.seen()), gathering.jobs) == ([], {"modeling-v1": 2})
        gathering.finish()
    assert state(tmp_path) == {"jobs": b'{}\n{"id":5}\n'}


def test_a_link_stays_a_link_and_a_mode_a_mode(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target = tmp_path / "there" / "file"
    target.write_bytes(b"old")
    target.chmod(0o604)
    link = tmp_path / "jobs"
    link.symlink_to(target)
    gathered(link, 2)
    assert (names(tmp_path), target.read_bytes()) == (["jobs", "there"], b"old")
    walk(link)
    assert link.is_symlink()
    assert (state(tmp_path / "there"), target.stat().st_mode & 0o777) == ({"file": WHOLE}, 0o604)


def refused(path: Path, about: dict[str, str] = ABOUT, act: Callable[[], object] | None = None) -> str:
    """The message; and nothing is changed by being refused."""
    before = state(path.parent)
    before = {name: data for name, data in before.items() if data or name != "jobs.part.ids"}
    with pytest.raises(CheckpointError) as error:
        (act or (lambda: Gathering(str(path), about)))()
    assert state(path.parent) == before
    return str(error.value).replace(f"{path.parent}/", "")


def test_another_question(tmp_path: Path) -> None:
    gathered(tmp_path / "jobs", 2)
    assert refused(tmp_path / "jobs", {"filter": "state eq 'Failed'", "services": "modeling-v1, modeling-v2"}) == (
        "jobs.part was begun otherwise; repeat the command as it was, or begin anew with --restart\n"
        "  filter then: state eq 'Success'\n"
        "  filter now:  state eq 'Failed'"
    )
    long = "name eq '" + "x" * 500
    assert refused(tmp_path / "jobs", ABOUT | {"filter": f"{long}\x1b'", "services": "modeling-v1"}) == (
        "jobs.part was begun otherwise; repeat the command as it was, or begin anew with --restart\n"
        "  filter then: state eq 'Success'\n"
        f"  filter now:  {long[:200]}...\n"
        "  services then: modeling-v1, modeling-v2\n"
        "  services now:  modeling-v1"
    )


def test_of_long_filters_the_place_where_they_differ_is_shown(tmp_path: Path) -> None:
    texts = [f"name eq '{'x' * 500}{end}'" for end in ("\x1b", "y")]
    with Gathering(str(tmp_path / "jobs"), {"filter": texts[0]}) as gathering:
        gathering.add("modeling-v1", [b"{}"], [], "1")
    assert refused(tmp_path / "jobs", {"filter": texts[1]}).splitlines()[1:] == [
        f"  filter then: ...{'x' * 100}\\x1b'",
        f"  filter now:  ...{'x' * 100}y'",
    ]


def in_the_way(*names: str) -> str:
    return f"{names[0]} is in the way, and nothing tells that it is of an export; move {', '.join(names)} elsewhere"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("part", None, "jobs.part is missing; {}"),
        ("part", b"{}\n", "jobs.part holds 3 bytes, but jobs.part.checkpoint tells of 36; {}"),
        ("part", WHOLE.replace(b"\n", b" "), "jobs.part is not what jobs.part.checkpoint tells of; {}"),
        ("part", WHOLE[:36].replace(b"\n", b" ", 1),
         "jobs.part is not what jobs.part.checkpoint tells of (lines: 2, jobs: 3); {}"),
        ("part", b"\n" + WHOLE[1:36], "jobs.part is not what jobs.part.checkpoint tells of (lines: 4, jobs: 3); {}"),
        ("part.ids", None, "jobs.part.ids holds 0 bytes, but jobs.part.checkpoint tells of 53; {}"),
        ("part.ids", b"", "jobs.part.ids holds 0 bytes, but jobs.part.checkpoint tells of 53; {}"),
        ("part.checkpoint", OURS + b"", "jobs.part.checkpoint is damaged; {}"),
        ("part.checkpoint", OURS + b'"filter":"\xff"}}', "jobs.part.checkpoint is damaged; {}"),
        ("part.checkpoint", OURS + b'"filter":"\\ud800"}}', "jobs.part.checkpoint is damaged; {}"),
        ("part.checkpoint", OURS + b'},"part":-1}', "jobs.part.checkpoint is damaged; {}"),
        ("part.checkpoint", OURS + b'},"more":1}', "jobs.part.checkpoint is damaged; {}"),
    ],
)  # fmt: skip
def test_files_that_do_not_fit_are_refused_and_left_alone(
    tmp_path: Path, name: str, data: bytes | None, message: str
) -> None:
    path = tmp_path / "jobs"
    gathered(path, 2)
    there = tmp_path / f"jobs.{name}"
    there.unlink() if data is None else there.write_bytes(data)
    assert refused(path) == message.format(RESTART)
    forget(str(path))
    walk(path)
    assert state(tmp_path) == {"jobs": WHOLE}


@pytest.mark.parametrize(
    "change",
    [
        {"part": 0},
        {"ids": 0},
        {"jobs": {}},
        {"jobs": {"modeling-v1": 0}},
        {"part": 0, "ids": 0},
        {"part": 0, "jobs": {}},
        {"resume": None},
        {"resume": None, "complete": True},
    ],
)
def test_counts_that_cannot_be(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "jobs"
    gathered(path, 2)
    there = tmp_path / "jobs.part.checkpoint"
    there.write_bytes(msgspec.json.encode(msgspec.json.decode(there.read_bytes()) | change))
    assert refused(path) == f"jobs.part.checkpoint contradicts itself; {RESTART}"


def test_lines_that_are_damaged_while_more_come(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    path.write_bytes(b"old")
    with Gathering(str(path), ABOUT) as gathering:
        gathering.add("modeling-v1", [b"{}", b"{}"], ["modeling-v1/a", "modeling-v1/b"], "1")
        (tmp_path / "jobs.part").write_bytes(b"{}   \n")
        with pytest.raises(CheckpointError) as error:
            gathering.finish()
    message = f"{path}.part is not what {path}.part.checkpoint tells of (lines: 1, jobs: 2); {RESTART}"
    assert (str(error.value), path.read_bytes()) == (message, b"old")
    forget(str(path))
    assert state(tmp_path) == {"jobs": b"old"}


def test_what_another_wrote_behind_the_last_page_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    with Gathering(str(path), ABOUT) as gathering:
        gathering.add("modeling-v1", [b"{}"], ["modeling-v1/a"], "1")
        (tmp_path / "jobs.part").write_bytes(b"{}\nmore\n")
        gathering.finish()
    assert state(tmp_path) == {"jobs": b"{}\n"}


FOREIGN = b"of the user\n"


@pytest.mark.parametrize(
    "there",
    [
        {"part": FOREIGN},
        {"part.ids": FOREIGN},
        {"part.checkpoint": FOREIGN},
        {"part.checkpoint": b'{"epoch":1}'},
        {"part.checkpoint": b'{"format":2,"about":{}}'},
        {"part.checkpoint.new": FOREIGN},
        {"part": FOREIGN, "part.ids": FOREIGN},
        {"part.checkpoint": FOREIGN, "part": FOREIGN, "part.ids": FOREIGN, "part.checkpoint.new": FOREIGN},
        {"part": FOREIGN, "part.checkpoint": b""},
    ],
)
def test_files_of_the_user_are_never_touched(tmp_path: Path, there: dict[str, bytes]) -> None:
    path = put(tmp_path / "folder", {f"jobs.{end}": data for end, data in there.items()})
    message = in_the_way(*(f"jobs.{end}" for end, data in there.items() if data))
    assert refused(path) == message
    assert refused(path, act=lambda: forget(str(path))) == message


@pytest.mark.parametrize("end", ["part", "part.ids", "part.checkpoint", "part.checkpoint.new"])
@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder"])
def test_what_is_no_regular_file_is_never_touched(tmp_path: Path, end: str, begun: bool, kind: str) -> None:
    path = tmp_path / "folder" / "jobs"
    path.parent.mkdir()
    if begun:
        gathered(path, 2)
    there = path.with_name(f"jobs.{end}")
    there.unlink(missing_ok=True)
    precious = tmp_path / "precious"
    match kind:
        case "link":
            precious.write_bytes(FOREIGN)
            there.symlink_to(precious)
        case "dangling":
            there.symlink_to(precious)
        case "pipe":
            os.mkfifo(there)
        case _:
            there.mkdir()
    before = names(path.parent)
    acts: tuple[Callable[[], object], ...] = (lambda: Gathering(str(path), ABOUT), lambda: forget(str(path)))
    for act in acts:
        with pytest.raises(CheckpointError) as error:
            act()
        assert str(error.value) == f"{there} is in the way: it is no regular file; move it elsewhere"
    assert (names(path.parent), precious.exists()) == (before, kind == "link")
    if kind == "link":
        assert precious.read_bytes() == FOREIGN


def test_no_link_is_followed_that_comes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(FOREIGN)
    path = put(tmp_path / "folder", {"jobs.part.ids": b""})
    look = Path.lstat

    def lstat(there: Path) -> os.stat_result:
        found = look(there)
        if there.name == "jobs.part.ids":
            there.unlink()
            there.symlink_to(precious)
        return found

    monkeypatch.setattr(Path, "lstat", lstat)
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        gathered(path, 2)
    assert precious.read_bytes() == FOREIGN


def test_empty_files_are_in_nobodys_way(tmp_path: Path) -> None:
    empty = {f"jobs.{end}": b"" for end in ("part", "part.ids", "part.checkpoint", "part.checkpoint.new")}
    path = put(tmp_path / "folder", empty)
    walk(path)
    assert state(path.parent) == {"jobs": WHOLE}
    put(path.parent, empty)
    forget(str(path))
    assert state(path.parent) == {}


def test_an_export_that_was_killed_before_its_first_page_may_be_begun_otherwise(tmp_path: Path) -> None:
    left = crashes(tmp_path, lambda: gathered(tmp_path / "jobs", 1))
    begun = [files for files in left if b'"resume":null' in files.get("jobs.part.checkpoint", b"")]
    assert any(files.get("jobs.part") for files in begun)
    for files in begun:
        path = put(tmp_path / "again", files)
        with Gathering(str(path), ABOUT | {"filter": "state eq 'Failed'"}) as gathering:
            assert (gathering.resume, gathering.total) == (None, 0)
            gathering.add("modeling-v1", [b"{}"], ["modeling-v1/a"], "1")
            gathering.finish()
        assert state(path.parent) == {"jobs": b"{}\n"}


@pytest.mark.parametrize(
    "damage", [b'[["modeling-v1/a"]]', b'["modeling-v1/\xff"]', b"{}", b"[5]", b"[" * 100_000, b"null", b""]
)
def test_damaged_ids(tmp_path: Path, damage: bytes) -> None:
    gathered(tmp_path / "jobs", 2)
    ids = tmp_path / "jobs.part.ids"
    ids.write_bytes(damage.ljust(52)[-200_000:] + b"\n")
    there = tmp_path / "jobs.part.checkpoint"
    there.write_bytes(msgspec.json.encode(msgspec.json.decode(there.read_bytes()) | {"ids": ids.stat().st_size}))
    with Gathering(str(tmp_path / "jobs"), ABOUT) as gathering, pytest.raises(CheckpointError) as error:
        list(gathering.seen())
    assert str(error.value) == f"{ids} is damaged; {RESTART}"


def test_ids_that_no_utf_8_can_hold(tmp_path: Path) -> None:
    odd = ["modeling-v1/\ud800", "modeling-v1/\n\u2028"]
    with Gathering(str(tmp_path / "jobs"), ABOUT) as gathering:
        gathering.add("modeling-v1", [b"{}", b"{}"], odd, "1")
    with Gathering(str(tmp_path / "jobs"), ABOUT) as gathering:
        assert list(gathering.seen()) == odd


def test_a_complete_export_whose_lines_are_gone(tmp_path: Path) -> None:
    left = crashes(tmp_path, lambda: walk(tmp_path / "jobs"))
    moved = next(files for files in left if "jobs" in files and "jobs.part.checkpoint" in files)
    path = put(tmp_path / "moved", moved | {"jobs": b"another"})
    assert refused(path) == f"jobs.part is missing; {RESTART}"


def test_two_at_once(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    gathered(path, 2)
    message = "another export into jobs is running"
    with Gathering(str(path), ABOUT):
        assert refused(path) == message
        with pytest.raises(CheckpointError) as error:
            forget(str(path))
        assert str(error.value) == f"another export into {path} is running"
    walk(path)
    assert state(tmp_path) == {"jobs": WHOLE}


def test_a_lock_on_files_that_their_owner_has_just_removed_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[Path] = []

    def flock(*_: object) -> None:
        ids = tmp_path / "jobs.part.ids"
        if not removed:
            ids.unlink()
            removed.append(ids)

    monkeypatch.setattr(fcntl, "flock", flock)
    gathered(tmp_path / "jobs", 1)
    assert removed
    assert names(tmp_path) == ["jobs.part", "jobs.part.checkpoint", "jobs.part.ids"]


def test_a_file_system_without_locks_and_folders_to_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    def fsync(file: int) -> None:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(os, "fsync", fsync)
    walk(tmp_path / "jobs")
    assert state(tmp_path) == {"jobs": WHOLE}


def test_a_disk_that_fails_is_named_and_what_came_before_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "jobs"
    gathered(path, 1)

    def fsync(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched, Gathering(str(path), ABOUT) as gathering:
        patched.setattr(os, "fsync", fsync)
        with pytest.raises(OSError, match=os.strerror(errno.EIO)) as error:
            gathering.add("modeling-v2", [b"{}"], ["modeling-v2/a"], "2")
        assert (error.value.errno, error.value.filename) == (errno.EIO, f"{path}.part")
        assert (gathering.resume, gathering.total) == ("1", 2)
    walk(path)
    assert state(tmp_path) == {"jobs": WHOLE}


def test_forget_keeps_what_is_complete(tmp_path: Path) -> None:
    walk(tmp_path / "jobs")
    gathered(tmp_path / "jobs", 1)
    forget(str(tmp_path / "jobs"))
    assert state(tmp_path) == {"jobs": WHOLE}


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("pages", [0, 1, 3])
def test_killed_while_it_forgets(tmp_path: Path, pages: int) -> None:
    """It may be told to forget again, and goes on only where nothing is lost."""
    path = tmp_path / "jobs"
    with Gathering(str(path), ABOUT) as gathering:
        gathering.add("modeling-v1", [], [], "0")
        for number, page in enumerate(PAGES[:pages], 1):
            gathering.add(page.service, page.lines, [f"{page.service}/{name}" for name in page.ids], str(number))
    for files in crashes(tmp_path, lambda: forget(str(path))):
        second = put(tmp_path.parent / f"{tmp_path.name}-again", files)
        if pages and files and "jobs.part" not in files and "jobs.part.checkpoint" in files:
            assert refused(second) == f"jobs.part is missing; {RESTART}"
        else:
            walk(second)
            assert state(second.parent) == {"jobs": WHOLE}
        put(second.parent, files)
        forget(str(second))
        assert state(second.parent) == {}


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Gathering(str(tmp_path / "none" / "jobs"), ABOUT)


def test_a_link_that_leads_to_itself(tmp_path: Path) -> None:
    (tmp_path / "jobs").symlink_to("jobs")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        gathered(tmp_path / "jobs", 1)
    assert names(tmp_path) == ["jobs"]


def test_a_disk_that_is_full_from_the_start_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "folder", {"jobs": b"old"})

    def fsync(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        Gathering(str(path), ABOUT)
    assert state(path.parent) == {"jobs": b"old"}


def test_a_disk_that_is_full_before_the_first_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def fsync(file: int) -> None:
        calls.append(file)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = put(tmp_path / "folder", {})
    with Gathering(str(path), ABOUT) as gathering:
        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            gathering.add("modeling-v1", [b"{}"], ["modeling-v1/a"], "1")
    assert calls
    assert names(path.parent) == []
