"""The job APIs over HTTP: `Client` lists the jobs that a filter asks for, lazily, over several services.

`addresses`, `pager`, `responses` and `listing` decide and do no I/O; `sync` is the loop and the only place that sends.
"""

from .sync import Client, Jobs

__all__ = ["Client", "Jobs"]
