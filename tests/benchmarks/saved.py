"""Files of saved jobs of any size: `python -m tests.benchmarks.saved RECORDS FILE --shape v1|v2|pages|pretty|array`.

The same bytes for the same numbers, written in under 100 MB of memory however large, compressed where FILE ends in
`.gz`. The records are the emulator's, of Modeling v1 (0.95 KB each) or, for `v2`, of Modeling v2 and Conversion v2
(0.62 KB); fresh in each are id, input ids, creation time and name:

- 60 % went well (`success`, `Success`); 16 % failed (13 % of v2), 8 % were cancelled (6.5 %).
- No id comes twice, nor does an input id. All are in lower case.
- Creation times are spread evenly over the 730 days before November 2026, in no order, since the APIs document none.
- A sixth of the v1 records hold a backslash: names with quotes, paths and pieces of records in them
  (`"state":"failed"`), and names with letters spelt `\\u0027` or `\\u00fc`, which other records hold as UTF-8. Each of
  the 1,200 names stands in about one of 1,000 records. A tenth of the v2 records have none.

`pages` are list answers of 1,000 jobs, each on one line; `pretty` are the same, indented; `array` is one array, a job
a line. What else a record tells (times of execution, outputs, cost) is that of one of some 1,000 samples, so it does
not fit the creation time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from reality_jobs import Job
from reality_jobs.emulator.generate import StoredJob, generate

SHAPES = ("v1", "v2", "pages", "pretty", "array")
PAGE = 1_000

_SUCCESSFUL = 0.6
_ESCAPED = 1 / 6
_SAMPLES = 4_000
_FIRST_DAY, _DAYS = date(2024, 11, 1), 730
_NAMES = (
    "Old Bridge {}",
    "Saint Mary's {}",
    "Gare du Nord, quai {}",
    "O'Hare & runway {}",
    "Köln Süd {}",
    "札幌 {}",
    "Crane 🏗 {}",
    "success or failed {}",
    'the "new" mill {}',
    'job {{"state":"failed","id":"{}"}}',
    '","state":"success","name":"{}',
    "C:\\flights\\{}",
)
_NUMBERS = 100

# What a sample is made of: text as it stands, each followed by what is fresh in a record.
Sample = tuple[tuple[str, Callable[[], str]], ...]


def write(path: Path, count: int, shape: str = "v1", seed: int = 1) -> None:
    """Write `count` records to `path`."""
    with gzip.GzipFile(path, "wb", 6, mtime=0) if path.suffix == ".gz" else path.open("wb") as file:
        for block in blocks(count, shape, seed):
            file.write(block.encode())


def blocks(count: int, shape: str = "v1", seed: int = 1) -> Iterator[str]:
    """The text of a file, a page of records at a time."""
    opening, between, closing = {
        "pages": ('{"jobs":[', ",", '],"_links":{"next":{"href":"https://api.bentley.com/contextcapture/jobs"}}}\n'),
        "pretty": ('{\n  "jobs": [\n    ', ",\n    ", '\n  ],\n  "_links": {}\n}\n'),
    }.get(shape, ("", ",\n" if shape == "array" else "\n", ""))
    made = _records(shape, seed)
    for start in range(0, count, PAGE):
        page = between.join(next(made) for _ in range(min(PAGE, count - start)))
        if shape == "array":
            yield ("," if start else "[") + "\n" + page
        else:
            yield opening + page + (closing or "\n")
    if shape == "array":
        yield "\n]\n" if count else "[]\n"


def _records(shape: str, seed: int) -> Iterator[str]:
    rng = Random(seed)
    served = ("modeling-v2", "conversion-v2") if shape == "v2" else ("modeling-v1",)
    jobs = [job for job in generate(_SAMPLES, seed) if job.service in served]
    fresh: dict[str, Callable[[], str]] = {
        "guid": _guids(rng).__next__,
        "name": _names(rng).__next__,
        "time": _times(rng, "{}.{:07}+00:00" if shape == "v2" else "{}Z").__next__,
        "end": str,
    }
    samples = [_sample(job, fresh, "\n    " if shape == "pretty" else None) for job in jobs]
    successful = [str(job.raw["state"]).lower() == "success" for job in jobs]
    weights = {True: _SUCCESSFUL / sum(successful), False: (1 - _SUCCESSFUL) / (len(jobs) - sum(successful))}
    shares = list(accumulate(weights[went_well] for went_well in successful))
    while True:
        for sample in rng.choices(samples, cum_weights=shares, k=PAGE):
            yield "".join([piece for text, make in sample for piece in (text, make())])


def _sample(job: StoredJob, fresh: dict[str, Callable[[], str]], margin: str | None) -> Sample:
    """Cut a record where something is to be fresh; with a margin it is pretty-printed."""
    inputs = Job.of(job.raw, job.service).input_ids
    record = dict(job.raw) | {"id": "<guid>"}
    if record.get("name"):
        record["name"] = "<name>"
    if "executionInfo" in record:
        record["executionInfo"] = {**record["executionInfo"], "createdDateTime": "<time>"}  # type: ignore[dict-item]
    else:
        record["createdDateTime"] = "<time>"
    text = json.dumps(record, ensure_ascii=False, **_layout(margin))  # type: ignore[arg-type]
    text = re.sub("|".join(inputs) or "(?!)", "<guid>", text)
    pieces = re.split('"<(guid|name|time)>"', text if margin is None else text.replace("\n", margin))
    return tuple((text, fresh[kind]) for text, kind in zip(pieces[::2], [*pieces[1::2], "end"], strict=True))


def _layout(margin: str | None) -> dict[str, object]:
    return {"separators": (",", ":")} if margin is None else {"indent": 2}


def _guids(rng: Random) -> Iterator[str]:
    while True:
        digits = rng.randbytes(16 * PAGE).hex()
        for i in range(0, len(digits), 32):
            guid = digits[i : i + 32]
            yield f'"{guid[:8]}-{guid[8:12]}-4{guid[13:16]}-a{guid[17:20]}-{guid[20:]}"'


def _times(rng: Random, form: str) -> Iterator[str]:
    days = [str(_FIRST_DAY + timedelta(days=n)) for n in range(_DAYS)]
    while True:
        second, tick = divmod(int(rng.random() * 86_400 * 10_000_000), 10_000_000)
        minute, second = divmod(second, 60)
        day = days[int(rng.random() * _DAYS)]
        moment = f"{day}T{minute // 60:02}:{minute % 60:02}:{second:02}"
        yield '"' + form.format(moment, tick) + '"'


def _names(rng: Random) -> Iterator[str]:
    """Spelt as JSON: five in six without a backslash, the sixth with one."""
    every = [name.format(number) for name in _NAMES for number in range(_NUMBERS)]
    plain = [text for name in every if "\\" not in (text := json.dumps(name, ensure_ascii=False))]
    escaped = [text for name in every if "\\" in (text := _cautious(name))]
    while True:
        yield rng.choice(escaped if rng.random() < _ESCAPED else plain)


def _cautious(name: str) -> str:
    """As writers spell it that are afraid of HTML: `'`, `&` and all beyond ASCII as `\\uXXXX`."""
    return re.sub("['&+<>]", lambda found: f"\\u{ord(found[0]):04x}", json.dumps(name))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.saved", description="Write a file of saved jobs.")
    parser.add_argument("records", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="v1")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write(options.file, options.records, options.shape, options.seed)


if __name__ == "__main__":
    main()
