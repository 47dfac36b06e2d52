"""`reality-jobs demo`: one filter, live and saved, side by side."""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import click

from .. import services
from ..client import Client
from ..exports import read_export, records
from ..filters import parse
from ..records import Job
from .errors import FAILED, missing_extra, stop
from .output import as_json, emit

_FILTER = "(state in ('Success', 'Failed') or name ne null and name lt 'M') and createdDateTime ge 2026-01-01T00:00:00Z"


_Key = tuple[str, str]


@click.command("demo", short_help="One filter, live and saved: the same answer.")
@click.option("--jobs", "count", type=click.IntRange(min=1), default=2000, show_default=True, help="How many to make.")
@click.option("--seed", type=int, default=1, show_default=True)
def command(count: int, seed: int) -> None:
    """One filter, live over three job APIs and over the saved jobs: the same answer. Needs no account, no network."""
    try:
        from ..emulator.generate import generate
        from ..emulator.serve import running
    except ImportError as error:
        raise missing_extra("the demo", error, "cli,emulator") from error

    f = parse(_FILTER)
    with (
        tempfile.TemporaryDirectory() as folder,
        running(generate(count, seed)) as url,
        Client("demo", base_url=url) as c,
    ):
        live = [_key(job) for job in c.jobs(f, page_size=100)]
        export = Path(folder) / "jobs.ndjson"
        with export.open("wb") as file:
            for job in c.jobs(page_size=1000):
                file.write(as_json(job) + b"\n")
        total = sum(1 for _ in records(export))
        saved = [_key(job) for job in read_export(export, where=f)]
    same = sorted(live) == sorted(saved)
    emit("\n".join([f"filter: {f}", "", *_answers(live, saved, total, same), "", *_commands(str(f), count, seed)]))
    if not same:
        stop(FAILED)


def _answers(live: list[_Key], saved: list[_Key], total: int, same: bool) -> Iterator[str]:
    yield f"{'':<16}{'live':>8}{'saved':>8}   of {total} jobs"
    counts = Counter(name for name, _ in live), Counter(name for name, _ in saved)
    for name in services.DEFAULT:
        yield f"{name:<16}{counts[0][name]:>8}{counts[1][name]:>8}"
    yield f"{'all':<16}{len(live):>8}{len(saved):>8}   {'the same jobs' if same else 'NOT the same jobs'}"


def _commands(filter_text: str, count: int, seed: int) -> Iterator[str]:
    quoted = f'"{filter_text}"'  # no character of it means anything to a shell between double quotes
    url = "http://127.0.0.1:8080"
    # Run from an environment that is not activated, the command is not on the path.
    if which("reality-jobs") is None:
        yield "first, in two terminals"
        yield f"  export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH"
    yield "the same by hand; in one terminal"
    yield f"  reality-jobs emulator --jobs {count} --seed {seed}"
    yield "and in another"
    yield "  export ITWIN_ACCESS_TOKEN=demo"
    yield f"  reality-jobs list {quoted} --base-url {url}"
    yield f"  reality-jobs list --base-url {url} -o jobs.ndjson"
    yield f"  reality-jobs filter {quoted} jobs.ndjson"
    yield f"  reality-jobs explain {quoted}"


def _key(job: Job) -> _Key:
    return job.service or "?", job.id or ""
