"""`reality-jobs` and `python -m reality_jobs`."""

from __future__ import annotations

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the command line; without its extra, say which one to install."""
    # Looked for, not imported: most calls draw nothing and never load rich.
    missing = [name for name in ("click", "rich") if not _installed(name)]
    if missing:
        sys.exit(f"reality-jobs: the command line needs {' and '.join(missing)}; pip install 'reality-jobs[cli]'")
    try:
        from ._cli import main as run

        code = run()
    except KeyboardInterrupt:
        sys.exit("interrupted")
    sys.exit(code)


def _installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ImportError:
        return False


if __name__ == "__main__":
    main()
