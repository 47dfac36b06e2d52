"""Faults that take the place of an answer, or break it off on its way. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from itertools import cycle

from attrs import evolve

from ._replies import CUT_FORMS, Cut, Reply, json_error, too_many
from .faults import Dice

_ERRORS = {
    500: ("InternalServerError", "An unexpected error happened."),
    502: ("BadGateway", "The server behind the gateway gave no valid answer."),
    503: ("ServiceUnavailable", "The service is not available at the moment."),
    504: ("GatewayTimeout", "The server behind the gateway did not answer in time."),
}
_FORMS = ("json", "html", "empty")
# Of these a client cannot tell whether they struck before the job was made or after.
_AMBIGUOUS = ("reset", "server_error", "cut")


class Outages:
    """Strikes all requests of the services, whoever asks and whatever for."""

    def __init__(self, dice: Dice, now: Callable[[], float]) -> None:
        self._dice = dice
        self._now = now
        self._refusals = 0
        self._dated = cycle((False, True))

    def draw(self) -> Reply | None:
        """What comes instead of an answer."""
        if self._dice.strikes("reset"):
            return Reply(None, b"", fault="reset")
        if not self._refusals and self._dice.strikes("rate_limit"):
            self._refusals = self._dice.stream("rate_limit").randint(1, max(1, self._dice.faults.burst))
        if self._refusals:
            self._refusals -= 1
            return evolve(too_many(self._retry_after()).reply, fault="rate_limit")
        if self._dice.strikes("server_error"):
            return evolve(self._server_error(), fault="server_error")
        return None

    def spoil(self, reply: Reply) -> Reply:
        """The answer as it is sent: mostly whole."""
        if not reply.content or not self._dice.strikes("cut"):
            return reply
        chance = self._dice.stream("cut")
        form = chance.choice(CUT_FORMS)
        # A part of a JSON object is never JSON, so that even the form without any length is seen by who decodes it.
        kept = 1 + int(chance.random() * (len(reply.content) - 1))
        return evolve(reply, fault="cut", cut=Cut(form, kept))

    def made_all_the_same(self, fault: str | None) -> bool:
        """Whether the job is there although the answer to its creation was lost."""
        return fault in _AMBIGUOUS and self._dice.stream(fault).random() < 0.5

    def _retry_after(self) -> str:
        """Seconds and, every other time, a date (RFC 9110, 10.2.3)."""
        seconds = self._dice.faults.retry_after
        return formatdate(self._now() + seconds, usegmt=True) if next(self._dated) else str(seconds)

    def _server_error(self) -> Reply:
        chance = self._dice.stream("server_error")
        status = chance.choice(tuple(_ERRORS))
        code, message = _ERRORS[status]
        match chance.choice(_FORMS):
            case "json":
                return json_error(status, code, message)
            case "html":
                page = f"<!DOCTYPE html><html><head><title>{status}</title></head><body>{message}</body></html>\n"
                return Reply(status, page.encode(), {"content-type": "text/html; charset=utf-8"})
            case _:
                return Reply(status, b"")
