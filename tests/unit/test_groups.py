"""Counting by groups, drawing the counts, and saying how far it is."""

from __future__ import annotations

import io
import pickle
import re
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from reality_jobs import InvalidRecord, Job, Unanswerable, services
from reality_jobs._cli.groups import NAMES, Grouping, Groups, group_by_option, grouped, write_groups
from reality_jobs._cli.moving import moved, moving
from reality_jobs._cli.table import bar
from reality_jobs.exports import records

from ..e2e import program
from ..e2e.saved import RECORDS, guid, line, v1, v2

V1, V2 = services.get("modeling-v1"), services.get("modeling-v2")


@click.command()
@group_by_option
def command(names: tuple[str, ...]) -> None:
    click.echo(repr(names))


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ((), ()),
        (("--group-by", "state"), ("state",)),
        (("--group-by", "service, iTwinId,state,service"), ("service", "iTwinId", "state")),
        (("--group-by", ",".join(NAMES)), NAMES),
    ],
)
def test_names(given: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert CliRunner().invoke(command, given).output == f"{names!r}\n"


@pytest.mark.parametrize("name", ["inputId", "createdDateTime", "itwin_id", "State", "", "count"])
def test_what_jobs_are_not_grouped_by(name: str) -> None:
    shown = CliRunner().invoke(command, ["--group-by", f"state,{name}"])
    possible = "service, id, iTwinId, name, email, type, state"
    message = f"Error: Invalid value for '--group-by': jobs are not grouped by '{name}'; possible are {possible}\n"
    assert (shown.exit_code, shown.output.partition("\n\n")[2]) == (2, message)


def test_keys_are_as_the_record_spells_them() -> None:
    by = pickle.loads(pickle.dumps(Grouping(("service", "state", "iTwinId", "name"))))  # noqa: S301 - our own
    assert by(v1(1, "x", "failed"), V1) == ("modeling-v1", "failed", None, "x")
    assert by(v2(1, None), V2) == ("modeling-v2", "Success", guid(800), None)
    assert by({"state": "Odd", "name": ""}, None) == (None, "Odd", None, "")


def test_what_a_service_never_holds_is_null_only_if_asked_for() -> None:
    with pytest.raises(Unanswerable) as caught:
        Grouping(("email",))(v2(1, "x"), V2)
    assert (caught.value.property, caught.value.service) == ("email", "modeling-v2")
    assert Grouping(("email",), "null")(v2(1, "x"), V2) == (None,)


COUNTED = [
    ("failed", "Full"), ("Success", "Full"), ("SUCCESS", "full"), (None, "Tiling"), ("success", "Tiling"),
    ("success", "Full"), ("", "Full"), (None, "Full"),
]  # fmt: skip
ROWS = [
    (("Success", "Full"), 3), ((None, "Full"), 1), ((None, "Tiling"), 1), (("", "Full"), 1), (("failed", "Full"), 1),
    (("Success", "Tiling"), 1),
]  # fmt: skip


def counted(keys: list[tuple[str | None, str | None]]) -> Groups:
    groups = Groups(("state", "type"))
    for key in keys:
        groups.add(key)
    return groups


@pytest.mark.parametrize("cut", range(len(COUNTED) + 1))
def test_equal_values_are_one_group_in_the_first_spelling_however_the_input_is_cut(cut: int) -> None:
    groups, later = counted(COUNTED[:cut]), pickle.loads(pickle.dumps(counted(COUNTED[cut:])))  # noqa: S301
    groups.merge(later)
    assert groups.rows() == ROWS


def test_guids_fold_and_names_do_not() -> None:
    upper = "DC720F05-E5F7-448B-AE06-765DE46F0AF1"
    groups = Groups(("iTwinId", "name", "service"))
    for key in ((upper, "A", "x"), (upper.lower(), "A", "x"), (upper, "a", "x"), ("fdb:A", "a", None)):
        groups.add(key)
    assert groups.rows() == [((upper, "A", "x"), 2), ((upper, "a", "x"), 1), (("fdb:A", "a", None), 1)]


def test_jobs_are_counted_and_broken_ones_refused_with_their_place() -> None:
    refused: list[InvalidRecord] = []
    jobs = [Job.of(record) for record in (*RECORDS, v1(9, 5))]
    groups = grouped([(job, None) for job in jobs], Grouping(("service", "name")), refused.append)
    assert sum(groups.counts.values()) == len(RECORDS)
    assert [str(error) for error in refused] == [f"modeling-v1/{guid(9)}: $.name: expected text, found the number 5"]


def test_what_cannot_be_answered_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "jobs"
    path.write_bytes(line(v1(1, "x")) + b"\n" + line(v2(2, "y")))
    found = ((Job.of(saved.record), saved) for saved in records(path))
    with pytest.raises(Unanswerable) as caught:
        grouped(found, Grouping(("email",)), pytest.fail)
    assert (caught.value.file, caught.value.line) == (str(path), 2)


NDJSON = """\
{"state":"a\\u001b[31m\\"b","name":"東京","count":2}
{"state":null,"name":"x,y","count":1}
"""
CSV = """\
state,name,count
"a\x1b[31m""b",東京,2
,"x,y",1
"""
TABLE = """\
state        name  count   share
a\\x1b[31m"b  東京      2  66.7 %  ████████████████████████████████████████
null         x,y       1  33.3 %  ████████████████████
"""


@pytest.mark.parametrize(("form", "text"), [("ndjson", NDJSON), ("csv", CSV), ("table", TABLE)])
def test_forms(form: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    groups = Groups(("state", "name"))
    for key in (('a\x1b[31m"b', "東京"), (None, "x,y"), ('a\x1b[31m"b', "東京")):
        groups.add(key)
    file = io.BytesIO()
    write_groups(groups, form, file)
    assert file.getvalue().decode() == text


@pytest.mark.parametrize(
    ("form", "text"), [("ndjson", ""), ("csv", "state,type,count\n"), ("table", "state  type  count  share\n")]
)
def test_no_group(form: str, text: str) -> None:
    file = io.BytesIO()
    write_groups(counted([]), form, file)
    assert file.getvalue().decode() == text


@pytest.mark.parametrize(
    ("part", "blocks", "drawn"),
    [(1, True, "█" * 10), (0.5, True, "█" * 5), (0.513, True, "█████▏"), (1e-9, True, "▏"), (0, True, ""),
     (1, False, "#" * 10), (0.26, False, "###"), (1e-9, False, "#"), (0, False, "")],
)  # fmt: skip
def test_bars(part: float, blocks: bool, drawn: str) -> None:
    assert bar(part, 10, blocks) == drawn


SCRIPT = """
import os, sys, time
from reality_jobs._cli.errors import say
from reality_jobs._cli.groups import Groups, write_groups
from reality_jobs._cli.moving import moving
"""


def on_terminal(columns: int, code: str, monkeypatch: pytest.MonkeyPatch, **env: str) -> str:
    """Run a program on a terminal; what that was sent."""
    monkeypatch.setattr(program, "PROGRAM", (sys.executable, "-c"))
    ended, shown = program.on_terminal(columns, SCRIPT + code, env=env)
    assert ended == 0, shown
    return shown


DRAWING = """
groups = Groups(("state", "name"), {("failed", "\\x1b[31m[b]x"): 3, ("success", "y"): 1})
write_groups(groups, "table", sys.stdout.buffer)
"""
HEAD = "state    name          count   share"
CELLS = "failed   \\x1b[31m[b]x      3  75.0 %", "success  y                 1  25.0 %"


@pytest.mark.parametrize(
    ("columns", "before", "marks"),
    [
        (200, "", ("█" * 40, "█" * 13 + "▍")),
        (49, "", ("█" * 11, "███▋")),
        (49, "os.environ['NO_COLOR'] = '1'", ("█" * 11, "███▋")),
        (49, "os.environ['LC_ALL'] = 'C'; import locale; locale.setlocale(locale.LC_ALL, '')", ("#" * 11, "####")),
        (40, "", None),
        (20, "", None),
    ],
)
def test_groups_on_a_terminal(
    columns: int, before: str, marks: tuple[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = on_terminal(columns, before + DRAWING, monkeypatch, LC_ALL="C.UTF-8")
    head = HEAD if "NO_COLOR" in before else f"\x1b[1m{HEAD}\x1b[0m"
    lines = CELLS if marks is None else [f"{cells}  {mark}" for cells, mark in zip(CELLS, marks, strict=True)]
    assert shown == "".join(f"{text}\n" for text in (head, *lines))


def test_groups_on_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_terminal(49, "os.environ['TERM'] = 'dumb'" + DRAWING, monkeypatch, LC_ALL="C.UTF-8")
    assert shown.splitlines()[:2] == [HEAD, f"{CELLS[0]}  {'#' * 40}"]


@pytest.mark.parametrize(
    ("total", "done", "seconds", "words"),
    [
        (1_035_000_000, 312_000_000, 0.65, "312 MB of 1,035 MB, 30 %, 480 MB/s, 2 s left"),
        (1_000_000_000, 1_000_000, 1.0, "1 MB of 1,000 MB, 0 %, 1 MB/s, 16 min left"),
        (10**12, 10**8, 1.0, "100 MB of 1,000,000 MB, 0 %, 100 MB/s, 2 h 46 min left"),
        (1_000_000, 3_000_000, 2.0, "3 MB of 1 MB, 100 %, 2 MB/s, 0 s left"),
        (1_000_000, 0, 1.0, "0 MB of 1 MB, 0 %, 0 MB/s"),
        (None, 312_000_000, 0.65, "312 MB, 480 MB/s"),
        (0, 312_000_000, 0.65, "312 MB, 480 MB/s"),
    ],
)
def test_progress_in_words(total: int | None, done: int, seconds: float, words: str) -> None:
    assert moved(total, done, seconds) == words


MOVING = """
with moving({total}, lambda: 312_000_000, patience={patience}):
    time.sleep(0.3)
    if {patience} < 1:
        while "rich.live" not in sys.modules: time.sleep(0.05)
        time.sleep(0.4)
    say("said [b] meanwhile")
    say(f"{{'rich' in sys.modules}}")
say("said later")
"""
LEFT = r"312 MB of 1,035 MB, 30 %, [\d,]+ MB/s, \d s left"


def test_progress_is_shown_and_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_terminal(100, MOVING.format(total=1_035_000_000, patience=0.05), monkeypatch, LC_ALL="C.UTF-8")
    assert re.search(f"█{{6}}{' ' * 14}  {LEFT}", shown)
    assert screen(shown) == ["said [b] meanwhile", "True", "said later"]


def test_progress_without_a_total_or_without_room_has_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = on_terminal(100, MOVING.format(total=None, patience=0.05), monkeypatch)
    assert re.search(r"(?<!of )312 MB, [\d,]+ MB/s", stdin)
    narrow = on_terminal(60, MOVING.format(total=1_035_000_000, patience=0.05), monkeypatch)
    assert re.search(LEFT, narrow)
    assert "█" not in stdin + narrow


def test_what_is_quick_shows_nothing_and_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_terminal(100, MOVING.format(total=1_035_000_000, patience=1.0), monkeypatch)
    assert shown == "said [b] meanwhile\nFalse\nsaid later\n"


def test_nothing_is_shown_where_data_go_to_a_terminal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    code = 'with moving(9, int, sys.stdout.buffer, 0.0):\n    time.sleep(0.3)\n    print("data", "rich" in sys.modules)'
    assert on_terminal(100, code, monkeypatch) == "data False\n"


def test_nothing_is_shown_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with moving(9, lambda: pytest.fail("asked"), patience=0.0):
        pass
    assert capsys.readouterr() == ("", "")


def screen(sent: str) -> list[str]:
    """The lines that stand on a terminal at the end, for the few sequences that are sent here."""
    lines = [""]
    for piece in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|\n|\r|[^\x1b\n\r]+", sent):
        if piece == "\n":
            lines.append("")
        elif piece in ("\r", "\x1b[2K"):
            lines[-1] = ""
        elif piece == "\x1b[1A":
            lines.pop()
        elif not piece.startswith("\x1b"):
            lines[-1] += piece
    return [text.rstrip() for text in lines if text]
