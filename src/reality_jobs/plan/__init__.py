"""From one filter to requests: per service none, one or several, each with what is left to evaluate locally."""

from ..services.limits import MAX_REQUESTS, MAX_URL, MIN_URL
from .fit import line_bytes
from .make import everything, make
from .model import Plan, Request, ServicePlan
from .request import halved
from .words import shortened

__all__ = [
    "MAX_REQUESTS",
    "MAX_URL",
    "MIN_URL",
    "Plan",
    "Request",
    "ServicePlan",
    "everything",
    "halved",
    "line_bytes",
    "make",
    "shortened",
]
