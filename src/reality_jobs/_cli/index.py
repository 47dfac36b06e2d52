"""`reality-jobs index`: what makes a repeated filter over saved jobs answer at once."""

from __future__ import annotations

import click

from ..exports.index import beside, drop
from ..exports.indexing import build
from .errors import say
from .moving import progress


@click.command("index", short_help="Index saved jobs, so that a selective filter answers at once.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--drop", "dropped", is_flag=True, help="Remove the index of each FILE instead.")
def command(files: tuple[str, ...], dropped: bool) -> None:
    """Write FILE.index beside each FILE: which records may match a filter, and where they stand in it.

    `reality-jobs filter` uses it where few records can match: by ids, names and dates above all. It holds no record, so
    the file must stay, and stay as it is: once FILE changes, its index is out of date and is not used. (An edit in the
    middle that keeps both size and date goes unnoticed.) FILE is plain text with no broken record in it.
    """
    for path in files:
        if dropped:
            say(f"{beside(path)} removed" if drop(path) else f"{path} has no index")
        else:
            _index(path)


def _index(path: str) -> None:
    tally: dict[str, int] = {}
    with progress(lambda: tally):
        built = build(path, tally)
    share = f" ({built.size / built.of:.0%} of the file's)" if built.size < built.of else ""
    say(f"{beside(path)}: {built.records:,} record{'' if built.records == 1 else 's'}, {built.size:,} bytes{share}")
