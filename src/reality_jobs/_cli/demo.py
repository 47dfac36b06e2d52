"""`reality-jobs demo`: one filter, live and saved, side by side."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

import click

from .. import services
from ..client import Client
from ..exports import read_export, records
from ..filters import parse
from ..records import Job
from .errors import FAILED
from .output import as_json

_FILTER = "(state in ('Success', 'Failed') or name ne null and name lt 'M') and createdDateTime ge 2026-01-01T00:00:00Z"


@click.command("demo")
@click.option("--jobs", "count", type=click.IntRange(min=1), default=2000, show_default=True, help="How many to make.")
@click.option("--seed", type=int, default=1, show_default=True)
def command(count: int, seed: int) -> None:
    """One filter, live over three job APIs and over the saved jobs: the same answer. Needs no account, no network."""
    try:
        from ..emulator.generate import generate
        from ..emulator.serve import running
    except ImportError as error:
        raise ImportError(f"the demo needs {error.name}; pip install 'reality-jobs[cli,emulator]'") from error

    f = parse(_FILTER)
    click.echo(f"filter: {f}\n")
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
    click.echo(f"{'':<16}{'live':>8}{'saved':>8}   of {total} jobs")
    counts = Counter(name for name, _ in live), Counter(name for name, _ in saved)
    for name in services.DEFAULT:
        click.echo(f"{name:<16}{counts[0][name]:>8}{counts[1][name]:>8}")
    same = sorted(live) == sorted(saved)
    click.echo(f"{'all':<16}{len(live):>8}{len(saved):>8}   {'the same jobs' if same else 'NOT the same jobs'}")
    click.echo("\nthe same by hand, in two terminals:")
    filter_text = f'"{f}"'  # no character of it means anything to a shell between double quotes
    for line in (
        f"reality-jobs emulator --jobs {count} --seed {seed}",
        "export ITWIN_ACCESS_TOKEN=demo",
        f"reality-jobs list {filter_text} --base-url http://127.0.0.1:8080",
        "reality-jobs list --base-url http://127.0.0.1:8080 -o jobs.ndjson",
        f"reality-jobs filter {filter_text} jobs.ndjson",
        f"reality-jobs explain {filter_text}",
    ):
        click.echo(f"  {line}")
    if not same or not live:
        sys.exit(FAILED)


def _key(job: Job) -> tuple[str, str]:
    return job.service or "?", job.id or ""
