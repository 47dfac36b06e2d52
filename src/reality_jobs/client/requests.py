"""One request, but for who asks. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

import msgspec
from attrs import field, frozen

from ..services import Service

try:
    _VERSION = version("reality-jobs")
except PackageNotFoundError:
    _VERSION = "0"


@frozen
class Request:
    """Everything but the Authorization header."""

    service: Service
    url: str
    headers: Mapping[str, str]
    method: str = "GET"
    content: bytes | None = field(default=None, repr=False)

    @classmethod
    def to(cls, service: Service, url: str, method: str = "GET", body: Mapping[str, object] | None = None) -> Request:
        headers = {"Accept": service.accept, "User-Agent": f"reality-jobs/{_VERSION}"}
        if body is None:
            return cls(service, url, headers, method)
        return cls(service, url, headers | {"Content-Type": "application/json"}, method, msgspec.json.encode(body))

    @property
    def path(self) -> str:
        """For logs: without the query, which may hold names and addresses."""
        return self.url.partition("?")[0].partition("://")[2].partition("/")[2]
