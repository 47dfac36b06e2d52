"""`reality-jobs emulator`: the job APIs on this machine."""

from __future__ import annotations

import os
from contextlib import suppress

import click
from attrs import evolve

from ..emulator.faults import Faults
from .errors import missing_extra, say

_SPEED = click.FloatRange(0, 1_000_000, min_open=True)


def _faults(ctx: click.Context, param: click.Parameter, value: str | None) -> Faults | None:
    try:
        return None if value is None else Faults.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _words() -> str:
    listed = "\n".join(f"  {word:<20}  {meaning}" for word, meaning in Faults.words().items())
    return f"\b\nFaults, each with the chance that it strikes a request or with the number that it names:\n{listed}"


@click.command("emulator", short_help="Serve the job APIs on this machine.", epilog=_words())
@click.option("--jobs", "count", type=click.IntRange(min=0), default=1000, show_default=True, help="How many to make.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same jobs.")
@click.option("--data", type=click.Path(exists=True, dir_okay=False), help="Serve the jobs of an export instead.")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option("--rate", type=click.IntRange(min=1), help="Answer 429 above this many requests a minute.")
@click.option("--speed", type=_SPEED, default=1.0, show_default=True, help="So many times faster do jobs live.")
@click.option("--faults", callback=_faults, help="What goes wrong: all, or as in reset=0.1,latency=0.5; see below.")
@click.option("--fault-seed", type=int, default=0, show_default=True, help="The same seed makes the same decisions.")
def command(
    count: int,
    seed: int,
    data: str | None,
    host: str,
    port: int,
    rate: int | None,
    speed: float,
    faults: Faults | None,
    fault_seed: int,
) -> None:
    """Serve all six job APIs over HTTP on loopback, as published. Ctrl-C ends it.

    Any access token does: one that is a known e-mail address or user id is that user, every other one is the user with
    most jobs; `expired` is refused. POST /connect/token issues tokens to any client.

    Jobs that are created wait up to a minute, work for five to ten and succeed, but for one in six and for those whose
    name contains `fail`. Jobs that are there from the start stay as they are until someone asks for their progress,
    submits or cancels them. GET /openapi.json describes every operation.
    """
    if faults is not None:
        faults = evolve(faults, seed=fault_seed)
    try:
        from ..emulator.generate import generate, load
        from ..emulator.serve import serve
    except ImportError as error:
        raise missing_extra("the emulator", error, "cli,emulator") from error

    def ready(url: str) -> None:
        say(f"serving {len(jobs)} jobs at {url} until Ctrl-C; try, in another terminal,")
        say(f"  ITWIN_ACCESS_TOKEN=any reality-jobs list \"state eq 'Success'\" --base-url {url}")
        if faults is not None:
            say(f"faults, by seed {faults.seed}: {faults}")

    with suppress(KeyboardInterrupt):
        jobs = load(data) if data is not None else generate(count, seed)
        try:
            serve(jobs, host, port, ready, rate=rate, speed=speed, seed=seed, faults=faults)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="'--host'") from error
        except OSError as error:
            reason = (os.strerror(error.errno) if error.errno else str(error)).lower()
            raise click.ClickException(
                f"cannot listen on {host}:{port}: {reason}; --port 0 takes a free port"
            ) from error
