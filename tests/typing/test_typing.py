"""What a type checker says of the public names: nothing about `api`, and of `refused` exactly what is marked."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
MARK = re.compile(r"  #! ([a-z-]+)$")
ERROR = re.compile(r".*?:(\d+): error: .*\[([a-z-]+)\]")


def mypy(name: str, cache: Path) -> list[str]:
    """What mypy says of a file, as for a stranger: no configuration of ours."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", name]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()


def test_every_line_of_api_passes(tmp_path: Path) -> None:
    assert mypy("api.py", tmp_path) == ["Success: no issues found in 1 source file"]


def test_every_marked_line_of_refused_fails_and_no_other(tmp_path: Path) -> None:
    lines = enumerate((HERE / "refused.py").read_text("utf-8").splitlines(), 1)
    marked = {(number, mark[1]) for number, line in lines if (mark := MARK.search(line))}
    assert len(marked) > 30
    found = {(int(error[1]), error[2]) for line in mypy("refused.py", tmp_path) if (error := ERROR.match(line))}
    assert found == marked
