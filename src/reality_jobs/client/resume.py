"""Resume points: where a walk over several lists stands, as text. No I/O."""

from __future__ import annotations

import binascii
import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from .addresses import Base
from .steps import Step

Position = str | int | None | list["Position"]
"""Of one list: 0 not begun, the path and query of its next page, None at its end; of one that was cut, its parts'."""

NONE_OF_THIS: Final = "resume is no resume point of this list"

_FORMAT = 1
_LONGEST = 16 * 1024 * 1024
_REFUSED = "the resume point belongs to another filter, other services or another base_url"


def write_point(positions: Sequence[Position], about: str) -> str:
    """A resume point: letters, digits, `-`, `_` and `=`. It holds no access token, but what was asked for."""
    data = json.dumps([_FORMAT, about, list(positions)], separators=(",", ":")).encode()
    return urlsafe_b64encode(zlib.compress(data, 1)).decode("ascii")


def read_point(text: str, about: str) -> list[Position]:
    """Raises ValueError for what is no resume point, or not one of this question."""
    try:
        data = zlib.decompressobj().decompress(urlsafe_b64decode(text.strip()), _LONGEST)
        form, of, positions = json.loads(data)
    except (ValueError, TypeError, binascii.Error, zlib.error, RecursionError, AttributeError) as error:
        raise ValueError("resume is no resume point; use one as it came from a page") from error
    if form != _FORMAT or of != about or not isinstance(positions, list):
        raise ValueError(_REFUSED)
    return positions


def fingerprint(base: Base, steps: Sequence[Step]) -> str:
    """Tells one question from another: the server, the services, what they are sent and what is left to judge."""
    digest = blake2b(str(base).encode(), digest_size=12)
    for step in steps:
        digest.update(repr((step.service.name, step.request.filter, step.request.residual)).encode("utf-8", "replace"))
    return digest.hexdigest()
