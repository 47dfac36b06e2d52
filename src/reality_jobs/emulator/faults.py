"""What the emulator does wrong on purpose: which faults, how often, decided by a seed. No I/O."""

from __future__ import annotations

import math
from random import Random
from typing import Any

from attrs import Attribute, asdict, evolve, field, fields, frozen


def _probability(instance: object, attribute: Attribute[float], value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{attribute.name} must be a probability from 0 to 1, not {value:g}")


def _amount(instance: object, attribute: Attribute[float], value: float) -> None:
    if not 0 <= value < math.inf:
        raise ValueError(f"{attribute.name} must be 0 or a positive finite number, not {value:g}")


def _rate(meaning: str) -> Any:
    return field(default=0.0, validator=_probability, metadata={"meaning": meaning})


def _number(meaning: str, default: float) -> Any:
    return field(default=default, validator=_amount, metadata={"meaning": meaning})


@frozen(kw_only=True)
class Faults:
    """Faults of the services' requests, all off by default; what has no other unit is a probability for each request.

    No fault and no two together make a whole answer that skips a job. `reset`, `server_error` and `cut` leave open
    whether the job of a creation is there: it is in half of the cases. Token requests are delayed and nothing else.
    `foreign` and `loop` end every walk, for no client can get to the rest of such a list; `all` leaves them out.
    The same seed makes the same decisions for the same sequence of requests, each fault by a sequence of its own.
    """

    latency: float = _number("every answer waits up to so many seconds", 0.0)
    rate_limit: float = _rate("a burst of 429 starts")
    burst: int = _number("so many 429 in a row at most", 2)
    retry_after: int = _number("their Retry-After in seconds, in turn as a number and as a date", 1)
    server_error: float = _rate("500, 502, 503 or 504, with a JSON error, with HTML or empty")
    reset: float = _rate("the connection is reset before any byte of the answer")
    cut: float = _rate("the answer's body breaks off")
    access_expired: float = _rate("401 from now on for the issued access token, if it served 20 requests")
    continuation_expired: float = _rate("all continuation tokens of the list so far are refused from now on")
    expirations: int = _number("that often at most for one list", 1)
    shift: float = _rate("a page starts before the end of the last one, so jobs repeat")
    added: int = _number("so many jobs a service appear in front, one with each further page", 0)
    short: float = _rate("a page has fewer jobs than asked for")
    empty: float = _rate("a page has a next link and no jobs; at 1 the list never ends")
    foreign: float = _rate("the next link leads to another host, another scheme or has a user part")
    loop: float = _rate("the next link repeats the continuation token that was sent")
    seed: int = 0

    @classmethod
    def all(cls, seed: int = 0) -> Faults:
        """Everything that a client can survive, at rates that four retries nearly always do.

        What costs a try strikes less than one request in ten, and no answer asks to wait.
        """
        return cls(
            latency=0.01,
            rate_limit=0.01,
            retry_after=0,
            server_error=0.02,
            reset=0.02,
            cut=0.02,
            access_expired=0.01,
            continuation_expired=0.01,
            shift=0.1,
            added=20,
            short=0.1,
            empty=0.05,
            seed=seed,
        )

    @classmethod
    def parse(cls, text: str, seed: int = 0) -> Faults:
        """`reset=0.1,latency=0.2`, `all`, or `all,latency=0`: all but for what is named. Raises ValueError."""
        parts = [part.strip() for part in text.split(",")]
        given: dict[str, Any] = {}
        for part in parts:
            if part != "all":
                word, value = _setting(part)
                if word in given:
                    raise ValueError(f"fault {word!r} is given twice")
                given[word] = value
        return evolve(cls.all(seed) if "all" in parts else cls(seed=seed), **given)

    @classmethod
    def words(cls) -> dict[str, str]:
        """What `parse` knows: each word and what it means."""
        return {a.name: a.metadata["meaning"] for a in fields(cls) if a.name != "seed"}

    def __str__(self) -> str:
        """As `parse` reads it: what differs from no faults at all."""
        plain = asdict(Faults(seed=self.seed))
        return ",".join(f"{word}={value:g}" for word, value in asdict(self).items() if value != plain[word])


class Dice:
    """The decisions of one emulator, in order."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._streams = {word: Random(f"{faults.seed}/{word}") for word in faults.words()}  # noqa: S311

    def strikes(self, word: str) -> bool:
        """Whether this fault happens now."""
        rate: float = getattr(self.faults, word)
        return self._streams[word].random() < rate

    def stream(self, word: str) -> Random:
        """Where the details of a fault are drawn from."""
        return self._streams[word]


def _setting(part: str) -> tuple[str, float]:
    word, equals, text = (piece.strip() for piece in part.partition("="))
    if word not in Faults.words():
        raise ValueError(f"unknown fault {word!r}; known are all, {', '.join(Faults.words())}")
    number = type(getattr(Faults(), word))
    if not equals:
        raise ValueError(f"fault {word!r} needs a number, as in {word}={'0.1' if number is float else '1'}")
    try:
        return word, number(text)
    except ValueError:
        kind = "a number" if number is float else "a whole number"
        raise ValueError(f"{word} must be {kind}, not {text!r}") from None
