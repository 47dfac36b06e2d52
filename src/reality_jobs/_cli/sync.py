"""`reality-jobs sync`: live jobs into a cache, of a later run only what is new."""

from __future__ import annotations

from collections import Counter
from typing import Unpack

import click

from .cached import cache_option, opened_cache
from .errors import say
from .live import ACCESS, Live, asking, call, live_options
from .moving import progress
from .options import read_filter
from .output import jobs_in_words


@click.command("sync", short_help="Keep a cache of live jobs up to date.", epilog=ACCESS)
@click.argument("text", metavar="[FILTER]", required=False)
@cache_option(exists=False)
@click.option("--whole", is_flag=True, help="Fetch all jobs that match, not only what is new.")
@live_options
def command(text: str | None, path: str, whole: bool, **live: Unpack[Live]) -> None:
    """Fetch the live jobs that match FILTER (`-` reads it from stdin) into a cache; all of your own without one.

    The same command again fetches what was created since, and anew the jobs that were in no final state: about one
    request for 40 of them. A filter on a state, a name, inputs or outputs, which change, fetches all that match every
    time. Each service is asked for all of FILTER, also for types and states that only others list, so --no-prune says
    nothing new. Interrupted at any moment it leaves a sound cache with what came so far, and the same command begins
    its lists again. `reality-jobs query` finds jobs there, and says as of when.
    """
    from ..sync import sync

    f = None if text is None else read_filter(text)
    come: Counter[str] = Counter()

    def count(service: str, jobs: int) -> None:
        come[service] += jobs

    with opened_cache(path) as cache, asking(live) as client, progress(lambda: dict(come)):
        done = sync(client, cache, f, whole=whole, on_jobs=count, **call(live, "arrival"))
    for part in done:
        stored = part.stored
        since = "" if part.since is None else f" since {part.since:%Y-%m-%dT%H:%M:%SZ}"
        say(
            f"{part.service}: {jobs_in_words(come[part.service])} fetched{since}, "
            f"{stored.new:,} new, {stored.changed:,} changed, {stored.same:,} the same"
        )
        if part.unseen:
            unseen = jobs_in_words(len(part.unseen))
            say(f"{part.service}: {unseen} that were not final did not come back; kept as they were")
