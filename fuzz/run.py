"""Runs every harness in turn, `python fuzz/run.py --seconds 60`; stops at the first failure with exit 1."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
_GRACE = 120
"""Seconds that a harness may take beyond its own, to start and to shrink a failure."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz/run.py", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for all harnesses together (default 60)")
    parser.add_argument("--plain", action="store_true", help="random mutation even where atheris is installed")
    parser.add_argument("--seed", type=int, help="of every plain run, so that it can be repeated (default: a new one)")
    options = parser.parse_args()
    # A harness is what has a corpus.
    names = sorted(place.name for place in (FUZZ / "corpus").iterdir() if place.is_dir())
    for name in names:
        command = [sys.executable, str(FUZZ / f"{name}.py"), str(options.seconds / len(names))]
        command += ["--plain"] if options.plain else []
        command += [] if options.seed is None else ["--seed", str(options.seed)]
        try:
            done = subprocess.run(  # noqa: S603 - a harness of ours
                command, check=False, stderr=subprocess.PIPE, timeout=options.seconds / len(names) + _GRACE
            )
        except subprocess.TimeoutExpired as error:
            return _failed(name, error.stderr, "it does not end")
        if done.returncode:
            return _failed(name, done.stderr, f"status {done.returncode}")
    return 0


def _failed(name: str, said: bytes | None, why: str) -> int:
    """What libFuzzer says is of interest only now."""
    print((said or b"").decode("utf-8", "replace"), file=sys.stderr)
    print(f"{name}: FAILED ({why})", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
