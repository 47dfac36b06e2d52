"""Access tokens: what the token endpoint issues (RFC 6749, client credentials), and whom a token stands for. No I/O."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from hashlib import blake2b
from urllib.parse import parse_qsl, unquote_plus

from attrs import define, evolve

from ._replies import Call, RefusedError, Reply, json_reply, refuse
from .faults import Dice

TOKEN_PATH = "/connect/token"  # noqa: S105
_SCOPE = "itwin-platform"
_FORM = "application/x-www-form-urlencoded"
_BEARER = re.compile(r"Bearer ([\x21-\x7e]+)")
# A client renews its token just once after a 401; those in flight together must not meet a second one.
_SPARED = 20


@define
class _Grant:
    client: str
    expires: float
    uses: int = 0


class AccessTokens:
    """The tokens of one platform. `requests` counts what the endpoint was asked, refusals included."""

    def __init__(
        self,
        clients: Mapping[str, str] | None,
        lifetime: float,
        require_issued: bool,
        now: Callable[[], float],
        dice: Dice,
    ) -> None:
        self._clients = clients
        self._lifetime = lifetime
        self._require_issued = require_issued
        self._now = now
        self._dice = dice
        self._grants: dict[str, _Grant] = {}
        self._revoked: set[str] = set()
        self.requests = 0

    @property
    def issued(self) -> tuple[str, ...]:
        return tuple(self._grants)

    def revoke(self, *tokens: str) -> None:
        self._revoked.update(tokens or self._grants)

    def issue(self, call: Call) -> Reply:
        """The endpoint's answer. Sources: RFC 6749, 4.4.2 the request, 5.1 the answer, 5.2 the errors."""
        self.requests += 1
        try:
            form = _form(call)
            client = self._client(call.headers.get("authorization"), form)
            if form.get("grant_type") != "client_credentials":
                raise _error("unsupported_grant_type", "grant_type must be client_credentials")
            if form.get("scope") != _SCOPE:
                raise _error("invalid_scope", f"scope must be {_SCOPE}")
        except RefusedError as refused:
            return refused.reply
        number = f"{len(self._grants)}/{client}"
        token = f"issued.{blake2b(number.encode(), digest_size=24).hexdigest()}"
        self._grants[token] = _Grant(client, self._now() + self._lifetime)
        body = {"access_token": token, "token_type": "Bearer", "expires_in": self._lifetime, "scope": _SCOPE}
        return json_reply(200, body, **_UNSTORED)

    def owner(self, header: str | None) -> str:
        """The client to whom a token was issued, or the token itself; raises RefusedError for one that is no good."""
        if header is None:
            message = "Header Authorization was not found in the request. Access denied."
            raise refuse(401, "HeaderNotFound", message)
        bearer = _BEARER.fullmatch(header)
        if bearer is None or bearer[1] == "expired" or bearer[1] in self._revoked:
            raise _denied()
        token = bearer[1]
        grant = self._grants.get(token)
        if grant is None:
            if self._require_issued:
                raise _denied()
            return token
        if self._now() >= grant.expires:
            raise _denied()
        if grant.uses >= _SPARED and self._dice.strikes("access_expired"):
            self.revoke(token)
            raise RefusedError(evolve(_denied().reply, fault="access_expired"))
        grant.uses += 1
        return grant.client

    def _client(self, header: str | None, form: Mapping[str, str]) -> str:
        """The client that asks, by HTTP Basic or in the form, never both (RFC 6749, 2.3)."""
        if header is None:
            name, secret = form.get("client_id"), form.get("client_secret")
        elif "client_secret" in form:
            raise _error("invalid_request", "the client authenticates twice: by its header and in the form")
        else:
            name, secret = _basic(header)
        if not name or secret is None or (self._clients is not None and self._clients.get(name) != secret):
            challenge = {"www-authenticate": 'Basic realm="token"'} if header is not None else {}
            raise _error(
                "invalid_client", "client_id and client_secret are not those of a known client", 401, challenge
            )
        return name


_UNSTORED = {"cache_control": "no-store", "pragma": "no-cache"}


def _form(call: Call) -> dict[str, str]:
    media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _FORM:
        raise _error("invalid_request", f"the body must be {_FORM}")
    pairs = parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _error("invalid_request", "a parameter is given twice")
    if "grant_type" not in form:
        raise _error("invalid_request", "grant_type is missing")
    return form


def _basic(header: str) -> tuple[str | None, str | None]:
    """Id and secret, form-encoded each (RFC 6749, 2.3.1); None for a header that is none."""
    scheme, _, encoded = header.partition(" ")
    try:
        text = b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return None, None
    name, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        return None, None
    return unquote_plus(name), unquote_plus(secret)


def _error(code: str, description: str, status: int = 400, headers: Mapping[str, str] | None = None) -> RefusedError:
    body = {"error": code, "error_description": description}
    return RefusedError(json_reply(status, body, **_UNSTORED, **(headers or {})))


def _denied() -> RefusedError:
    return refuse(401, "Unauthorized", "Access denied due to invalid access_token.")
