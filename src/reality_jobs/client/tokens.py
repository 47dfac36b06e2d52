"""Where the access token comes from, and what may be sent as one. No I/O but reading the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Final

from ..errors import Unauthorized

VARIABLE: Final = "ITWIN_ACCESS_TOKEN"

Source = str | Callable[[], str] | None
"""A token, what returns one (called for every request, so it may renew it), or None for the environment."""

# Visible ASCII: wider than the b64token of RFC 6750, 2.1, narrow enough that no header can be broken by it.
_SENDABLE = re.compile(r"[\x21-\x7e]+")


def access_token(source: Source, service: str) -> str:
    """The token to send, without the `Bearer ` that copied ones often start with.

    Raises Unauthorized where there is none or it cannot be one; the message never shows it.
    """
    origin = "token"
    if source is None:
        origin = VARIABLE
        source = os.environ.get(VARIABLE, "")
    text = source if isinstance(source, str) else source()
    if not isinstance(text, str):
        raise TypeError(f"token() must return the access token as text, not {type(text).__name__}")
    text = re.sub(r"(?i)\A\s*bearer\s+", "", text).strip()
    if not text:
        raise Unauthorized(service, f"no access token: give Client(token=...) or set {VARIABLE}")
    if not _SENDABLE.fullmatch(text):
        raise Unauthorized(service, f"{origin} holds a blank or a character that no access token has")
    return text
