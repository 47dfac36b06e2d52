"""`reality-jobs filter`: saved jobs."""

from __future__ import annotations

from pathlib import Path

import click

from ..exports.judging import Judge
from ..exports.parts import RANGE, parted, size
from ..exports.paths import expanded
from ..exports.workers import Crew, cores
from ..schema import Missing
from .engine import check_options, engine_option, filter_with_spark, master_option
from .errors import say
from .groups import Grouping, group_by_option
from .memory import keep_freed
from .moving import moving
from .options import filter_argument, missing_option, output_option, read_filter
from .output import chosen_format, format_option, on_terminal, opened
from .saved import Refusals, files_argument, on_error_option, service_option
from .tasks import Counted, Grouped, Raw, Shaped, Tabled


@click.command("filter", short_help="Print the saved jobs that match a filter.")
@filter_argument
@files_argument
@service_option
@missing_option
@on_error_option
@click.option(
    "--strict",
    is_flag=True,
    help="Read every record whole, so that no broken place goes unseen; else text that cannot match is passed over.",
)
@click.option("--count", "only_count", is_flag=True, help="Print the number of matching jobs only.")
@group_by_option
@format_option
@output_option
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Processes that read side by side. Default: the processors there are.",
)
@engine_option
@master_option
def command(
    text: str,
    files: tuple[str, ...],
    service: str | None,
    missing: Missing,
    on_error: str,
    strict: bool,
    only_count: bool,
    names: tuple[str, ...],
    form: str | None,
    output: str | None,
    jobs: int | None,
    engine: str | None,
    master: str | None,
) -> None:
    """Print the saved jobs that match FILTER, byte for byte as they stand in the files, in their order.

    FILE is NDJSON, a saved list answer (a page), an array, or any of these one after the other, plain, gzip or zstd; or
    parquet that `convert` wrote; `-` is stdin; a directory or a pattern ('2026-*/**') stands for the files in it.
    iTwinId only tests records here: it cannot find what was not saved. Every job: "state ne null".
    """
    if text == "-" and "-" in files:
        raise click.UsageError("FILTER and FILE cannot both be stdin ('-')")
    if files.count("-") > 1:
        raise click.UsageError("stdin ('-') can be read once")
    if only_count and (form is not None or names):
        raise click.UsageError(f"--count prints a number; leave out {'--group-by' if names else f'--format {form}'}")
    if names and form == "ids":
        raise click.UsageError("--group-by counts jobs; leave out --format ids")
    others = {"--strict": strict, "--group-by": names, f"--format {form}": form not in (None, "ndjson"), "--jobs": jobs}
    check_options(engine, master, files, others)
    where = read_filter(text)
    refuse = Refusals(on_error)
    if engine is not None:
        refused = refuse if on_error == "skip" else None
        filter_with_spark(where, files, master, service, missing, refused, only_count=only_count, output=output)
        refuse.sum_up()
        return
    form = chosen_format(form, output)
    judge = Judge(where, service, missing, strict)
    with opened(output) as file:
        terminal = on_terminal(file)
        task: Raw
        if only_count:
            task = Counted(judge, service)
        elif names:
            task = Grouped(judge, service, Grouping(names, missing), form)
        elif form == "table":
            task = Tabled(judge, service, terminal)
        elif form == "ndjson":
            task = Raw(judge, service)
        else:
            task = Shaped(judge, service, form, terminal)
        parts = list(parted(expanded(files), judge, notice=say))
        much = sum(Path(path).stat().st_size for path in {part.path for part in parts} - {"-"}) >= 2 * RANGE
        if much:
            keep_freed()
        crew = Crew(task, refuse, jobs=jobs or (cores() if much else 1), stops=on_error == "stop")
        task.begin(file)
        results = crew.run(parts, file, moving(size(parts), lambda: crew.passed, file))
        task.finish(results, file)
    refuse.sum_up()
