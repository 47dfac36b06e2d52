"""Who of several processes may write: each what it read, held until all that comes before it is out."""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING, Final

from attrs import define, field

from ..errors import InvalidRecord

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext

HELD: Final = 1 << 22
"""Bytes of output that a process holds until its turn comes; then it writes as it reads."""

_REPORT: Final = 1 << 10
"""Bytes that a broken place counts for."""

_AHEAD: Final = 8
"""Parts that a process has read before their turn."""


class Shared:
    """What the processes share: the next part to be read, and the one whose turn it is to write."""

    def __init__(self, context: ForkContext) -> None:
        self._parent = os.getpid()
        self._next = context.Value("q", 0)
        self._turn = context.RawValue("q", 0)
        self._changed = context.Condition()

    def claim(self) -> int:
        with self._next.get_lock():
            at: int = self._next.value
            self._next.value += 1
            return at

    def come(self, at: int) -> bool:
        """Whether it is that part's turn; without the lock, since nobody else ends a turn."""
        return bool(self._turn.value == at)

    def wait_for(self, at: int) -> None:
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._turn.value == at, timeout=1):
                    return
            self.check_parent()  # not within the lock: the others wait for that

    def check_parent(self) -> None:
        """End this process where nobody is left to take its report."""
        if os.getppid() != self._parent:
            os._exit(1)

    def pass_on(self) -> None:
        with self._changed:
            self._turn.value += 1
            self._changed.notify_all()


@define
class _Turn:
    """A part's output and reports, and at last how it ended."""

    at: int
    held: list[bytes] = field(factory=list)
    broken: list[InvalidRecord] = field(factory=list)
    end: tuple[str, object] | None = None


class Output:
    """What one process gives, held until all that comes before it is out."""

    def __init__(self, shared: Shared, report: Connection, fd: int) -> None:
        self._shared = shared
        self._report = report
        self._fd = fd
        self._turns: deque[_Turn] = deque()
        self._size = 0

    def begin(self, at: int) -> None:
        self._turns.append(_Turn(at))

    def take(self, steps: Generator[bytes, None, object]) -> None:
        turn = self._turns[-1]
        while True:
            try:
                piece = next(steps)
            except StopIteration as end:
                turn.end = ("part", end.value)
                self._flush(wait=self._size > HELD or len(self._turns) > _AHEAD)
                return
            turn.held.append(piece)
            self._size += len(piece)
            self._flush(wait=self._size > HELD)

    def broken(self, error: InvalidRecord) -> None:
        self._turns[-1].broken.append(error)
        self._size += _REPORT
        self._flush(wait=self._size > HELD)

    def finish(self) -> None:
        """The last word of a process; one that ends without it has ended early."""
        self._flush(wait=True)
        self._report.send((-1, "ended", None))

    def failed(self, error: Exception) -> None:
        """The turn is not passed on: nothing may follow."""
        import pickle

        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        except Exception:  # an error of others need not come out as it went in
            error = OSError(errno.EIO, repr(error))
        if not self._turns:
            raise error
        self._turns[-1].end = ("failed", error)
        self._flush(wait=True)

    def _flush(self, *, wait: bool) -> None:
        """Let out what is due, and of the rest what this process may `wait` for."""
        while self._turns:
            turn = self._turns[0]
            if not self._shared.come(turn.at):
                if not wait:
                    return
                self._shared.wait_for(turn.at)
            self._let_out(turn)
            if turn.end is None:
                return
            self._say(turn, *turn.end)
            self._turns.popleft()
            if turn.end[0] == "failed":
                return
            self._shared.pass_on()

    def _let_out(self, turn: _Turn) -> None:
        self._shared.check_parent()
        held, turn.held = turn.held, []
        broken, turn.broken = turn.broken, []
        self._size -= sum(map(len, held)) + len(broken) * _REPORT
        try:
            for piece in held:
                _write_all(self._fd, piece)
        except OSError as error:
            self._say(turn, "failed", error)
            raise SystemExit from error
        # Behind the output: whoever is told may end this process at once.
        for report in broken:
            self._say(turn, "broken", report)

    def _say(self, turn: _Turn, what: str, value: object) -> None:
        try:
            self._report.send((turn.at, what, value))
        except BrokenPipeError:
            os._exit(1)  # nobody takes it
        except Exception as error:  # what does not pickle, or needs too much memory for it
            self._report.send((turn.at, "failed", OSError(errno.EIO, repr(error))))
            raise SystemExit from error


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
