"""Runs one harness: coverage-guided where atheris is installed, else by seeded random mutation; the same way otherwise.

A harness is a function `check(data: bytes)` that raises if its invariant does not hold and returns a label of what the
input did (any hashable value): without coverage, an input whose label is new is one worth mutating further.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import importlib.util
import os
import random
import shlex
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Hashable, Iterator
from functools import cache
from pathlib import Path
from typing import NoReturn

from mutation import Mutation, Special, pieces, read_dictionary

FUZZ = Path(__file__).resolve().parent
ROOT = FUZZ.parent
MAX_SIZE = 1000
HANG = 10
"""Seconds after which one input counts as a hang."""
_POOL = 3000

Check = Callable[[bytes], Hashable]

sys.path.append(str(ROOT))  # for tests.oracle
if importlib.util.find_spec("reality_jobs") is None:
    sys.path.append(str(ROOT / "src"))


class Hang(BaseException):
    """One input took longer than `HANG` seconds."""


@contextlib.contextmanager
def instrumented() -> Iterator[None]:
    """The package must be imported in here for its coverage to be seen."""
    if not _guided():
        yield
        return
    atheris = importlib.import_module("atheris")

    with atheris.instrument_imports(include=["reality_jobs"]):
        yield


def decoded(data: bytes) -> str:
    """Text for any bytes: halves of surrogate pairs where they are encoded, and wherever the bytes are no UTF-8."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


def fuzz(file: str, check: Check, mutate: Special | None = None) -> NoReturn:
    """The command line of a harness; `mutate` is what it knows better than to cut and paste pieces."""
    path = Path(file).resolve()
    parser = argparse.ArgumentParser(prog=f"fuzz/{path.name}", description="Exit 0: the invariant held. Exit 1: not.")
    parser.add_argument("seconds", nargs="?", type=float, default=60.0, help="how long to look (default 60)")
    parser.add_argument("--plain", action="store_true", help="random mutation even where atheris is installed")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31), help="of the randomness")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="read and keep interesting inputs here")
    parser.add_argument("--reproduce", type=Path, metavar="FILE", help="run this one input and nothing else")
    options = parser.parse_args()
    run = _Run(path, check, options.seconds)
    if options.reproduce:
        print(f"{path.stem}: the invariant holds; label {run.timed(options.reproduce.read_bytes())}")
        sys.exit(0)
    seeds = [seed.read_bytes() for place in _places(path.stem, options.keep) for seed in sorted(place.iterdir())]
    how = f"coverage-guided, seed {options.seed}" if _guided() else f"random mutation, seed {options.seed}"
    print(f"{path.stem}: {how}, {len(seeds)} inputs to start from, {options.seconds:g} s", flush=True)
    for seed in seeds:
        run(seed)
    mutation = Mutation(read_dictionary(FUZZ / "filter.dict"), seeds, mutate)
    if _guided():
        _guide(run, mutation, options.seed, _places(path.stem, options.keep), options.keep)
    else:
        _wander(run, mutation, random.Random(options.seed), seeds, options.keep)
    run.finish("no failure")


class _Run:
    """One input after the other, until time is up or the invariant is broken."""

    def __init__(self, path: Path, check: Check, seconds: float) -> None:
        self.path = path
        self.runs = 0
        self._check = check
        self._begun = time.monotonic()
        self._end = self._begun + seconds
        signal.signal(signal.SIGALRM, _hang)

    def __call__(self, data: bytes) -> Hashable:
        self.runs += 1
        try:
            return self.timed(data)
        except (Exception, Hang) as error:
            found = error
        return self._fail(data, found)

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._end

    def finish(self, outcome: str, status: int = 0) -> NoReturn:
        """Report, and leave at once: libFuzzer would take an ordinary exit for a crash."""
        seconds = time.monotonic() - self._begun
        print(f"{self.path.stem}: {self.runs} runs in {seconds:.0f} s, {outcome}", flush=True)
        sys.stderr.flush()
        os._exit(status)

    def timed(self, data: bytes) -> Hashable:
        signal.alarm(HANG)
        try:
            return self._check(data)
        finally:
            signal.alarm(0)

    def _fail(self, data: bytes, error: BaseException) -> NoReturn:
        least, error = self._shrunk(data, error)
        name = f"{self.path.stem}-{hashlib.sha256(least).hexdigest()[:12]}"
        place = FUZZ / "crashes" if os.access(FUZZ, os.W_OK) else Path(tempfile.gettempdir())
        place.mkdir(exist_ok=True)
        (place / name).write_bytes(least)
        traceback.print_exception(error)
        print(f"\ninput:     {least!r}\nfound as:  {data!r}" if least != data else f"\ninput:     {least!r}")
        print(f"reproduce: {shlex.join(['python', str(self.path), '--reproduce', str(place / name)])}")
        self.finish("FAILED", 1)

    def _shrunk(self, data: bytes, error: BaseException) -> tuple[bytes, BaseException]:
        """The shortest input that fails in the same place, as far as leaving pieces out finds it in 20 seconds."""
        end = time.monotonic() + 20
        for cut in (pieces, lambda whole: [whole[i : i + 1] for i in range(len(whole))]):
            parts = cut(data)
            for size in (*(len(parts) >> n for n in range(1, 12)), *range(7, 0, -1)):
                at = 0
                while size and at < len(parts) and time.monotonic() < end and not isinstance(error, Hang):
                    shorter = parts[:at] + parts[at + size :]
                    again = self._error(b"".join(shorter))
                    if again is not None and _place(again) == _place(error):
                        parts, error = shorter, again
                    else:
                        at += 1 if size < 8 else size
            data = b"".join(parts)
        return data, error

    def _error(self, data: bytes) -> BaseException | None:
        try:
            self.timed(data)
        except (Exception, Hang) as error:
            return error
        return None


@cache
def _guided() -> bool:
    if "--plain" in sys.argv:
        return False
    try:
        importlib.import_module("atheris")
    except ImportError:
        return False
    return True


def _places(name: str, keep: Path | None) -> list[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    return [FUZZ / "corpus" / name, *([] if keep is None else [keep])]


def _guide(run: _Run, mutation: Mutation, seed: int, places: list[Path], keep: Path | None) -> None:
    atheris = importlib.import_module("atheris")

    def one(data: bytes) -> None:
        if run.over:
            run.finish("no failure")
        run(data)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        return mutation(data, chance, max_size) if chance.random() < 0.7 else atheris.Mutate(data, max_size)

    # libFuzzer writes what it finds to the first directory.
    found = str(keep) if keep is not None else tempfile.mkdtemp(prefix="fuzz-")
    flags = [f"-seed={seed}", f"-max_len={MAX_SIZE}", f"-dict={FUZZ / 'filter.dict'}"]
    flags += ["-verbosity=0", "-rss_limit_mb=4096"]
    atheris.Setup([sys.argv[0], *flags, found, *map(str, places)], one, custom_mutator=mutate)
    atheris.Fuzz()


def _wander(run: _Run, mutation: Mutation, chance: random.Random, pool: list[bytes], keep: Path | None) -> None:
    seen = set()
    while not run.over:
        data = mutation(chance.choice(pool), chance, MAX_SIZE)
        label = run(data)
        if label in seen:
            continue
        seen.add(label)
        if len(pool) < _POOL:
            pool.append(data)
        else:
            pool[chance.randrange(len(pool) // 2, len(pool))] = data
        if keep is not None:
            (keep / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def _hang(signum: int, frame: object) -> NoReturn:
    raise Hang(f"not done after {HANG} seconds")


def _place(error: BaseException) -> tuple[type, str, int | None]:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return type(error), last.filename, last.lineno
