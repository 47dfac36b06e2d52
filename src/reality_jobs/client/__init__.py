"""The job APIs over HTTP: `Client` and `AsyncClient` list the jobs that a filter asks for, lazily, over all services.

`steps` asks the plan, `listing` decides what is due and what comes out, with `walk`, `pager`, `addresses`, `responses`,
`judging`, `retrying` and `resume` beside it: none of them does I/O. `sending` sends, `walking` keeps requests in
flight, `aio` and `sync` are the loops around it.
"""

from .aio import AsyncClient, AsyncJobs
from .auth import ClientCredentials
from .clock import Clock
from .creating import Creating, creating
from .events import PageEvent, RequestEvent
from .listing import Page
from .options import Options
from .steps import Call
from .sync import Client, Jobs
from .targets import Target
from .watches import AsyncWatch, Watch
from .watching import Status

__all__ = [
    "AsyncClient",
    "AsyncJobs",
    "AsyncWatch",
    "Call",
    "Client",
    "ClientCredentials",
    "Clock",
    "Creating",
    "Jobs",
    "Options",
    "Page",
    "PageEvent",
    "RequestEvent",
    "Status",
    "Target",
    "Watch",
    "creating",
]
