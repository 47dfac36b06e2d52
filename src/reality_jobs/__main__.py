"""`reality-jobs` and `python -m reality_jobs`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; without its extra, say which one to install."""
    try:
        import click  # noqa: F401
        import rich  # noqa: F401
    except ImportError as error:
        sys.exit(f"reality-jobs: the command line needs {error.name}; pip install 'reality-jobs[cli]'")
    from ._cli import main as run

    run()


if __name__ == "__main__":
    main()
