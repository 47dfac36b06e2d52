"""`reality-jobs` and `python -m reality_jobs`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; without its extra, say which one to install."""
    try:
        code = _run()
    except KeyboardInterrupt:  # while it was loaded; later ones are reported where the command runs
        code = "interrupted"
    sys.exit(code)


def _run() -> int | str:
    # Looked for, not imported: most calls draw nothing and never load rich.
    missing = [name for name in ("click", "rich") if not _installed(name)]
    if missing:
        return f"reality-jobs: the command line needs {' and '.join(missing)}; pip install 'reality-jobs[cli]'"
    from ._cli import main as run

    return run()


def _installed(name: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(name) is not None
    except ImportError:
        return False


if __name__ == "__main__":
    main()
