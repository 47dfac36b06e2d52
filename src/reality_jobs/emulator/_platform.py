"""One request to one reply: authorization, versions, parameters, rate, faults. No I/O."""

from __future__ import annotations

import math
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote, unquote_plus

from attrs import frozen

from ..services import Service
from ._openapi import DESCRIPTION_PATH, describe
from ._operations import Jobs, Operation, operation
from ._outages import Outages
from ._pages import Pages
from ._replies import Call, LastPage, RefusedError, Reply, bad_request, json_reply, no_operation, refuse, too_many
from ._store import Store, User
from ._tokens import TOKEN_PATH, AccessTokens
from .faults import Dice, Faults
from .generate import StoredJob

_WINDOW = 60.0
_REMEMBERED = 100_000


@frozen
class Exchange:
    """A request, as it came, and what came of it. No headers, so no secrets."""

    service: str | None
    """The service that was asked; None for an address that is none of its operations."""
    method: str
    path: str
    query: str
    status: int | None
    """None: the connection was reset."""
    fault: str | None
    """The word of the fault that took the answer's place or broke it off; those of pages are not told here."""


class Platform:
    """The six job APIs over one store of jobs, the token endpoint, and the description of it all."""

    def __init__(
        self,
        jobs: Iterable[StoredJob],
        *,
        default_top: int = 100,
        max_top: int = 1000,
        last_page: LastPage | None = None,
        rate: int | None = None,
        now: Callable[[], float] = time.time,
        max_request_line: int = 8192,
        faults: Faults | None = None,
        clients: Mapping[str, str] | None = None,
        token_lifetime: float = 3600,
        require_issued: bool = False,
        speed: float = 1.0,
        seed: int = 0,
    ) -> None:
        """`rate` is requests a minute, `now` seconds since 1970, `max_request_line` is bytes.

        `last_page` None: v2 leaves `_links` out, v1 sends an empty one; the schemas allow either.
        `clients` is the secret of each client id that may ask for a token (None: whoever asks gets one), and
        `token_lifetime` is seconds; `require_issued` refuses every token that did not come from there.
        `now` is also the clock by which jobs live; with a `speed` of 60 what takes them a minute takes a second. The
        `seed` decides how long each of them works and how it ends, and the ids of those that are created.
        """
        if not 0 < speed < math.inf:
            raise ValueError(f"speed must be a positive finite number, not {speed:g}")
        dice = Dice(faults or Faults())
        self.store = Store(jobs)
        self.tokens = AccessTokens(clients, token_lifetime, require_issued, now, dice)
        self.exchanges: deque[Exchange] = deque(maxlen=_REMEMBERED)
        self._pages = Pages(self.store, dice, default_top, last_page)
        self._jobs = Jobs(self.store, seed, speed)
        self._outages = Outages(dice, now)
        self._dice = dice
        self._max_top = max_top
        self._rate = rate
        self._now = now
        self._max_request_line = max_request_line
        self._answered: deque[float] = deque()

    def delay(self) -> float:
        """Seconds to wait before the next answer."""
        return self._dice.stream("latency").uniform(0, self._dice.faults.latency)

    def answer(self, call: Call) -> Reply:
        asked = operation(call)
        try:
            reply = self._answer(call, asked)
        except RefusedError as refused:
            reply = refused.reply
        name = asked.service.name if asked else None
        self.exchanges.append(Exchange(name, call.method, call.path, call.query, reply.status, reply.fault))
        return reply

    def describe(self, base: str) -> dict[str, object]:
        return describe(base, self.store.examples())

    def _answer(self, call: Call, asked: Operation | None) -> Reply:
        if call.request_line > self._max_request_line:
            raise refuse(414, "UriTooLong", f"The request line is longer than {self._max_request_line} bytes.")
        if (call.method, call.path) == ("POST", TOKEN_PATH):
            return self.tokens.issue(call)
        if (call.method, call.path) == ("GET", DESCRIPTION_PATH):
            return json_reply(200, self.describe(call.base))
        if asked is None:
            raise no_operation()
        lost = self._outages.draw()
        if lost is not None and not (asked.name == "create" and self._outages.made_all_the_same(lost.fault)):
            return lost
        user = self.store.user(self.tokens.owner(call.headers.get("authorization")))
        self._keep_rate()
        now = self._now()
        self.store.pass_time(asked.service, now)
        match asked.name:
            case "create":
                return self._create(asked.service, user, call.body, lost, now)
            case "list":
                reply = self._list(asked.service, user, call)
            case _:
                reply = self._jobs.answer(asked, call.body, now)
        return self._outages.spoil(reply)

    def _create(self, service: Service, user: User, body: bytes, lost: Reply | None, now: float) -> Reply:
        """The answer may be lost: by what has struck already, or on its way, then with or without the job."""
        made = self._jobs.make(service, body, user, now)
        reply = lost or self._outages.spoil(made.reply)
        if reply.fault != "cut" or self._outages.made_all_the_same("cut"):
            self._jobs.keep(made, now)
        return reply

    def _list(self, service: Service, user: User, call: Call) -> Reply:
        given = _parameters(service, call.query)
        top = self._top(service, given.get("$top"))
        text = given.get("$filter", "")
        if not text.strip():
            raise bad_request(service, "$filter", "The $filter query parameter is required.")
        # A client of the platform's own sends an empty token with every first request.
        return self._pages.page(service, call.base, user, text, top, given.get("continuationToken"))

    def _top(self, service: Service, text: str | None) -> int | None:
        if text is None:
            return None
        if re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= self._max_top:
            return int(text)
        wanted = f"must be a positive integer that does not exceed {self._max_top}"
        raise bad_request(service, service.top_target, f"The $top query parameter value {wanted}.")

    def _keep_rate(self) -> None:
        """At most `rate` answers in any minute; what is refused does not count."""
        if self._rate is None:
            return
        now = self._now()
        while self._answered and self._answered[0] <= now - _WINDOW:
            self._answered.popleft()
        if len(self._answered) >= self._rate:
            oldest = self._answered[0] if self._answered else now
            raise too_many(str(max(1, math.ceil(oldest + _WINDOW - now))))
        self._answered.append(now)


def _parameters(service: Service, query: str) -> dict[str, str]:
    """The three parameters, each at most once (OData 4.01 Part 2, 5.1); others are ignored."""
    given: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        name = unquote(name)
        if name in given:
            raise bad_request(service, name, f"The {name} query parameter must not be given more than once.")
        if name == "continuationToken":
            given[name] = unquote(value)  # a `+` in a token is a `+`, whether or not it was encoded
        elif name in ("$filter", "$top"):
            given[name] = unquote_plus(value)
    return given
