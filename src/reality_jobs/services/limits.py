"""What a filter may ask of a service, where the caller says nothing else."""

from __future__ import annotations

from typing import Final

MAX_REQUESTS: Final = 64
"""Requests that one filter may cost a service; a parameter."""

MAX_URL: Final = 2_048
"""Bytes of a request line; no page states a limit, so this is a common server default, and a parameter."""

MIN_URL: Final = 400
"""The least that `max_url` may be: room for the token, for what every request line holds, and for one iTwin."""
