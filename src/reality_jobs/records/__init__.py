"""Job records: which service one comes from, where a property lives in it, and `Job`, the tolerant view."""

from .job import Job
from .reading import fields_of, guids, json_kind, members, read
from .recognition import recognise

__all__ = ["Job", "fields_of", "guids", "json_kind", "members", "read", "recognise"]
