"""`reality-jobs query`: jobs out of a cache, and the word whether it has all of them."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from ..cache import Coverage
from ..schema import Missing
from .cached import cache_option, check_output, opened_cache
from .errors import NOT_SYNCED, say, stop
from .options import filter_argument, missing_option, output_option, read_filter, service_names
from .output import chosen_format, format_option, opened, shown, write_jobs
from .saved import Refusals, on_error_option
from .times import ago


@click.command("query", short_help="Print the jobs of a cache that match a filter.")
@filter_argument
@cache_option(exists=True)
@click.option(
    "--service",
    "names",
    type=service_names,
    multiple=True,
    help="Only jobs of this job API; may be repeated. Default: all that are in the cache.",
)
@missing_option
@on_error_option
@click.option("--offline-ok", is_flag=True, help="Exit with 0 also where not all of it was synced.")
@click.option("--count", "only_count", is_flag=True, help="Print the number of matching jobs only.")
@format_option
@output_option
def command(
    text: str,
    path: str,
    names: tuple[str, ...],
    missing: Missing,
    on_error: str,
    offline_ok: bool,
    only_count: bool,
    form: str | None,
    output: str | None,
) -> None:
    """Print the jobs of a cache that match FILTER (`-` reads it from stdin), by their time of creation; no network.

    A line on stderr says whether all of them were synced, and as of when. Where they were not, what there is is printed
    all the same, and the exit code is 3, or 0 with --offline-ok: for all services that are named; else for those that
    `reality-jobs list` asks by default, and those in the cache. A filter without iTwinId also finds jobs of others
    here, if they were synced for their iTwin. Every job: "state ne null".
    """
    if only_count and form is not None:
        raise click.UsageError(f"--count prints a number; leave out --format {form}")
    f = read_filter(text)
    check_output(path, output)
    services = names or None
    refuse = Refusals(on_error)
    with opened_cache(path) as cache, opened(output) as file:
        # Asked first: what is synced meanwhile may be in the answer, and is promised by nobody.
        covered = cache.covered(f, services)
        if only_count:
            file.write(b"%d\n" % cache.count(f, services, missing=missing, on_error=refuse))
        else:
            form = chosen_format(form, output)
            if form == "ndjson":
                for _, raw in cache.records(f, services, missing=missing, on_error=refuse):
                    file.write(f"{shown(raw)}\n".encode())
            else:
                jobs = cache.jobs(f, services, missing=missing, on_error=refuse)
                write_jobs(((job, None) for job in jobs), form, file, refuse)
    refuse.sum_up()
    say(in_words(covered, datetime.now(UTC)))
    if not covered.complete and not offline_ok:
        stop(NOT_SYNCED)


def in_words(covered: Coverage, now: datetime) -> str:
    """`all of it synced 2 hours ago (2026-11-23T09:00:00Z)`, or which services are."""
    if covered.complete and covered.as_of is not None:
        return f"all of it synced {ago(covered.as_of, now)}"
    synced = [f"{name} synced {ago(as_of, now)}" for name, as_of in covered.synced.items()]
    return "; ".join([*synced, f"not synced: {', '.join(covered.missing)}"])
