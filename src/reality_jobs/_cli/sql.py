"""`reality-jobs sql`: a filter as a query."""

from __future__ import annotations

from typing import Final

import click

from ..diagnostics import printable
from ..schema import Missing
from ..targets.dialects import DIALECTS
from .errors import missing_extra, say
from .options import filter_argument, missing_option, output_option, read_filter, service_names
from .output import emit, on_terminal, to_json

_UNTESTED: Final = ", ".join(name for name, dialect in DIALECTS.items() if not dialect.tested)


@click.command("sql", short_help="Print a filter as a query in SQL.")
@filter_argument
@click.option(
    "--dialect",
    type=click.Choice(list(DIALECTS)),
    default="duckdb",
    show_default=True,
    help=f"Never run by the tests: {_UNTESTED}.",
)
@click.option("--service", type=service_names, help="Rows of this job API only.")
@missing_option
@click.option(
    "--params",
    is_flag=True,
    help='Print JSON, {"text": ..., "params": [...]}, with placeholders as the usual driver takes them.',
)
@output_option
def command(text: str, dialect: str, service: str | None, missing: Missing, params: bool, output: str | None) -> None:
    """Print FILTER as a query over the tables jobs, job_inputs(service, job_id, input_id) and job_outputs.

    `-` reads FILTER from stdin. The columns of jobs that a query asks: service, id, itwin_id, name, email, type, state
    and created_ticks (100 ns since 1970 in UTC), as `convert` writes them into Parquet; identifiers and enumerations
    are normalised there, so they are in the query. SQL cannot complain about a row: a filter that some service's
    records cannot answer is refused, unless --service or --missing null says what is wanted.
    """
    f = read_filter(text)
    try:
        sql = f.sql(dialect, service=service, missing=missing, inline=not params)
    except ImportError as error:
        raise missing_extra("SQL", error, "sql") from error
    if params:
        emit(to_json({"text": sql.text, "params": sql.params}), output)
    else:
        emit(_shown(sql.text) if output is None and on_terminal() else sql.text, output)


def _shown(text: str) -> str:
    """As a terminal may have it, which is not always what runs."""
    shown = printable(text)
    if shown != text:
        say("shown with escapes, the query is another one; -o FILE or a pipe gets it as it is")
    return shown
