"""What the invented jobs have in common: users, iTwins, reality data that several jobs share, names."""

from __future__ import annotations

from collections import deque
from random import Random
from uuid import UUID

from attrs import frozen

from ..instants import SECOND, format_ticks

_ADDRESSES = ("surveyor-1@example.com", "surveyor-2@example.com", "pilot-1@example.com", "planner-1@example.com")
_SHARES = (6, 3, 2, 1)
_ITWINS = 5
_IN_USE = 64

# Everything that a published name pattern allows and a filter must get right: quotes to double, commas, parentheses,
# words of the language, text beyond ASCII and beyond the basic plane.
_NAMES = (
    "Harbour survey {}",
    "Bridge {}, north abutment",
    "King's Wharf {}",
    "rock 'n' roll arena {}",
    "Zürich Altstetten {}",
    "東京駅 {}",
    "Quarry {} (phase 2)",
    "state eq Success {}",
    "50% overlap, flight {}",
    "Déjà vu & more + {}",
    "Tower 🗼 {}",
    "reprise",
)


@frozen
class Draft:
    """What a record of any service starts from."""

    id: str
    type: str
    state: str
    ticks: int
    itwin_id: str
    email: str
    user_id: str


class World:
    """One stream of chance and what was drawn from it."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self._users = [(address, self.guid()) for address in _ADDRESSES]
        self._itwins = [self.guid() for _ in range(_ITWINS)]
        self._in_use = deque((self.guid() for _ in range(_IN_USE)), maxlen=_IN_USE)

    def guid(self) -> str:
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def user(self) -> tuple[str, str]:
        return self.rng.choices(self._users, _SHARES)[0]

    def itwin(self) -> str:
        return self.rng.choice(self._itwins)

    def name(self) -> str:
        return self.rng.choice(_NAMES).format(self.rng.randrange(1, 200))

    def one_in(self, n: int) -> bool:
        return self.rng.randrange(n) == 0

    def read_id(self) -> str:
        """Reality data that a job reads: often another job's output."""
        return self.rng.choice(self._in_use)

    def written_id(self) -> str:
        """Reality data that a job writes: new, but for the few that replace what is there."""
        if self.one_in(12):
            return self.read_id()
        self._in_use.append(self.guid())
        return self._in_use[-1]

    def bucket_path(self, name: str) -> str:
        return f"bkt:surveys/{self.rng.randrange(1, 40)}/{name}"

    def later(self, ticks: int, minutes: int) -> int:
        return ticks + self.rng.randrange(1, minutes * 60) * SECOND


def v1_time(ticks: int) -> str:
    """20 characters, as the v1 pages print it: whole seconds and `Z`."""
    return format_ticks(ticks - ticks % SECOND)


def v2_time(ticks: int) -> str:
    """33 characters, as the v2 pages print it: seven fraction digits and `+00:00`."""
    return f"{v1_time(ticks)[:-1]}.{ticks % SECOND:07}+00:00"


def unusable_image() -> dict[str, object]:
    """The error of every job that failed. `%1` stands for the first of `params` ("Retrieve job messages", v2)."""
    return {"code": "InvalidImage", "title": "Image not usable", "message": "%1 cannot be read.", "params": ["7.jpg"]}


def few_images() -> dict[str, object]:
    """The warning of some jobs that ended."""
    return {"code": "FewImages", "title": "Few images", "message": "Only %1 images overlap.", "params": ["12"]}
