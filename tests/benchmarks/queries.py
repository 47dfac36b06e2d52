"""The five queries over a file of Modeling v1 records, and what they look for in it.

Modeling v1 because there a property stands in one place. The words of every rival rest on what is so in these files and
not in every file: nothing that a query reads is null or missing, ids and states are in lower case, all times are of one
form and compare as text. `reality-jobs` takes no such thing for granted.
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from random import Random
from typing import NamedTuple

STATES = ("failed", "cancelled")
OTHER_TYPE = "Full"
NAME = "Saint Mary's 17"
SINCE, UNTIL = "2026-01-01T00:00:00Z", "2026-02-16T00:00:00Z"
LATE = "2025-11-01T00:00:00Z"

_LISTED = 1_000
_PRESENT = 300
_INPUTS = 20


class Wanted(NamedTuple):
    """What differs from file to file: an input id, 1,000 job ids of which 300 occur, 20 input ids of unlucky jobs."""

    input_id: str
    ids: list[str]
    inputs: list[str]


class Query(NamedTuple):
    """`literals`: the nearest that fixed strings come to it; each matching line holds one of them."""

    name: str
    title: str
    text: str
    literals: list[str]


def choose(path: Path, count: int) -> Wanted:
    """From records spread evenly over the file of `count`, so that no end of it is favoured."""
    step = max(1, count // _LISTED)
    with path.open("rb") as file:
        sample = [json.loads(line) for line in islice(file, 0, None, step)]
    rng = Random(2)
    unlucky = [record for record in sample if record["state"] in STATES]
    present = [record["id"] for record in rng.sample(sample, min(_PRESENT, len(sample)))]
    absent = [f"{rng.getrandbits(32):08x}-0000-4000-a000-{n:012x}" for n in range(_LISTED - len(present))]
    ids = present + absent
    rng.shuffle(ids)
    return Wanted(
        input_id=sample[len(sample) * 7 // 10]["inputs"][0]["id"],
        ids=ids,
        inputs=[record["inputs"][0]["id"] for record in unlucky[:_INPUTS]],
    )


def queries(wanted: Wanted) -> list[Query]:
    """Q1 to Q5, most matches first."""
    name = NAME.replace("'", "''")
    failed, *_ = states = [f'"state":"{state}"' for state in STATES]
    return [
        Query("Q1", "state", "state eq 'Success'", ['"state":"success"']),
        Query("Q2", "one input id", f"inputId eq {wanted.input_id}", [wanted.input_id]),
        Query(
            "Q3",
            "state and dates",
            f"state eq 'failed' and createdDateTime ge {SINCE} and createdDateTime lt {UNTIL}",
            [failed],
        ),
        Query("Q4", "1,000 ids", f"id in ({_listed(wanted.ids)})", wanted.ids),
        Query(
            "Q5",
            "nested, five properties",
            f"({' or '.join(f'state eq {state!r}' for state in STATES)}) and "
            f"(inputId in ({_listed(wanted.inputs)}) or name eq '{name}') and "
            f"type ne '{OTHER_TYPE}' and createdDateTime ge {LATE}",
            states,
        ),
    ]


def _listed(ids: list[str]) -> str:
    return ", ".join(map(repr, ids))
