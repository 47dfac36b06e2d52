"""From one filter to requests: per service none, one or several, each with what is left to evaluate locally."""

from .make import everything, make
from .model import Plan, Request, ServicePlan

__all__ = ["Plan", "Request", "ServicePlan", "everything", "make"]
