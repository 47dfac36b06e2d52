"""Where requests go: the base URL, the first request of a list, and which next links may be followed. No I/O.

The access token travels with every request. So a request is only ever built on the base URL's own origin, whatever a
server puts into a next link: the link contributes its path and query, and that only after its origin was compared.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote

from attrs import frozen

from ..diagnostics import quoted
from ..services import Service

MAX_URL: Final = 60_000
"""Characters of an address. The plan cuts what it can far below; httpx itself refuses 65,536."""

# RFC 3986, appendix B, but `#` starts no fragment in a query: a next link that a server pastes together unencoded holds
# it as text, and cutting there would lose the continuation token that follows.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?]*)(?:\?(.*))?", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*)(?::([0-9]{0,5}))?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*")
_DEFAULT_PORTS = {"http": 80, "https": 443}

# What RFC 3986 allows nowhere in a path or query, a `%` that encodes nothing, and `+`: it would be read as a space by a
# server that decodes forms, and a next link never means a space by it.
_ILLEGAL = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*,;=:@/?%-]")
_CONTINUATION = "continuationtoken"


@frozen
class Origin:
    """Scheme, host and port: what decides whether the token may travel."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, scheme: str, authority: str) -> Origin | None:
        """None for an authority that is no plain host and port."""
        shape = _AUTHORITY.fullmatch(authority)
        scheme = scheme.lower()
        if shape is None or scheme not in _DEFAULT_PORTS:
            return None
        host, port = shape.groups()
        return cls(scheme, host.lower(), int(port) if port else _DEFAULT_PORTS[scheme])

    @property
    def loopback(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


@frozen
class Base:
    """The base URL, checked: an origin and, behind a gateway, a path in front of the services' own."""

    origin: Origin
    path: str

    @classmethod
    def parse(cls, text: str, what: str = "base_url") -> Base:
        """Raises ValueError with what would be right; a user part, a query and a fragment are not shown."""
        shape = _URL.fullmatch(text)
        if shape is None or shape[1].lower() not in _DEFAULT_PORTS:
            raise ValueError(f"{what} must start with https://, as in 'https://api.bentley.com'")
        scheme, authority, path, query = shape.groups()
        if "@" in authority:
            raise ValueError(f"{what} must not hold a user part (...@); the token alone tells who asks")
        if query is not None or "#" in text:
            raise ValueError(f"{what} must not hold a query or a fragment; write it like 'https://api.bentley.com'")
        origin = Origin.of(scheme, authority)
        if origin is None or not 0 < origin.port < 65_536:
            raise ValueError(f"{what} holds no valid host and port: {quoted(authority)}")
        if origin.scheme == "http" and not origin.loopback:
            raise ValueError(
                f"{what} {quoted(str(origin))} would send the token in clear; plain http is for loopback only, "
                f"so write https://"
            )
        path = path.rstrip("/")
        if not _PATH.fullmatch(path) or _has_dots(path):
            raise ValueError(f"{what} holds a path that cannot be sent as it is: {quoted(path)}")
        return cls(origin, path)

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"

    def jobs_path(self, service: Service) -> str:
        return f"{self.path}{service.path}/jobs"


def first_request(base: Base, service: Service, filter_text: str, page_size: int) -> str:
    """Path and query of a list's first page; blanks as %20, since a `+` means one only to servers that decode forms."""
    return f"{base.jobs_path(service)}?$filter={_encode(filter_text)}&$top={page_size}"


class UnusableLinkError(Exception):
    """A next link that must not be followed; `str()` says why and is safe to show."""


def next_request(
    base: Base, service: Service, href: str, filter_text: str, shown: Callable[[str], str] = quoted
) -> tuple[str, str] | None:
    """Path and query that a next link asks for, and its continuation token; None for a link without a token.

    The link is followed as it stands: only what is illegal in a URL is encoded, nothing is decoded. Raises
    UnusableLinkError for one that leaves the base URL's origin or the service's jobs; `shown` prepares its parts for
    that message.
    """
    path, query = _path_and_query(base, href.strip(), shown)
    root = base.jobs_path(service)
    # Gateways in front of the services do not tell cases of a path apart, so neither do links.
    if not f"{path.lower()}/".startswith(f"{root.lower()}/") or _has_dots(path):
        raise UnusableLinkError(f"leaves {root}: {shown(path)}")
    query = _encode_raw_filter(query, filter_text)
    parts = (part.partition("=") for part in query.split("&"))
    tokens = [unquote(value) for name, _, value in parts if value and unquote(name).lower() == _CONTINUATION]
    if not tokens:
        return None
    target = f"{_encode_illegal(path)}?{_encode_illegal(query)}"
    if len(str(base.origin)) + len(target) > MAX_URL:
        raise UnusableLinkError(f"is longer than {MAX_URL:,} characters")
    return target, "&".join(tokens)


def _path_and_query(base: Base, href: str, shown: Callable[[str], str]) -> tuple[str, str]:
    if re.match(r"/(?![/\\])", href):
        path, _, query = href.partition("?")
        return path, query
    shape = _URL.fullmatch(href)
    if shape is None:
        raise UnusableLinkError(f"is no absolute address: {shown(href.partition('?')[0])}")
    scheme, authority, path, query = shape.groups()
    if "@" in authority:
        raise UnusableLinkError("holds a user part (...@)")
    if Origin.of(scheme, authority) != base.origin:
        raise UnusableLinkError(f"leaves {base.origin}: {shown(f'{scheme}://{authority}')}")
    return path, query or ""


def _encode_raw_filter(query: str, filter_text: str) -> str:
    """Encode our own filter where a link holds it verbatim: a `&`, `%` or `+` in it is text there, not syntax.

    A filter has blanks, so one that is found verbatim comes from a server that encodes nothing (the v1 services).
    """
    verbatim = rf"((?:^|&)(?i:\$|%24)(?i:filter)=){re.escape(filter_text)}(?=&|$)"
    return re.sub(verbatim, lambda found: found[1] + _encode(filter_text), query, count=1)


def _encode(text: str) -> str:
    return quote(text, safe="'(),:")


def _encode_illegal(text: str) -> str:
    return _ILLEGAL.sub(lambda found: quote(found[0], safe="", errors="surrogatepass"), text)


def _has_dots(path: str) -> bool:
    return any(segment in (".", "..") for segment in re.split(r"[/\\]", unquote(path)))
