"""The life of a job from its submission to its end: a function of the clock, of a seed and of the job's id. No I/O.

No page says how long anything takes: all durations are our choice, and so is what fails.
"""

from __future__ import annotations

from random import Random

from attrs import evolve, frozen

_STEP = 5
"""Percentages grow in steps of so many points."""


@frozen
class Fate:
    """What will become of a job once it is submitted. Durations are seconds."""

    queue: float
    work: float
    stopping: float
    """From the moment that its cancellation is asked for to its end; v1 has no such state."""
    reached: float
    """How much of the work is done when it fails, 0 to 1."""
    fails: bool
    warns: bool
    units: float
    """Processing units of the whole work."""


def fate(job_id: str, name: object, seed: int, speed: float) -> Fate:
    """The same for the same job and seed: queued 20 to 60 s, at work 5 to 10 min; one in six fails.

    A job fails for sure if its name contains `fail`, so that it can be shown.
    """
    chance = Random(f"{seed}/{job_id.lower()}")  # noqa: S311 - invented data, nothing secret
    return Fate(
        queue=chance.uniform(20, 60) / speed,
        work=chance.uniform(300, 600) / speed,
        stopping=chance.uniform(10, 30) / speed,
        reached=chance.uniform(0.3, 0.9),
        fails=chance.randrange(6) == 0 or (isinstance(name, str) and "fail" in name.lower()),
        warns=chance.randrange(3) == 0,
        units=chance.randrange(20, 400) / 20,
    )


@frozen
class Life:
    """What a job's fate comes to. Moments are seconds since 1970; states are spelt as in v2."""

    fate: Fate
    submitted: float
    started: float
    ended: float
    outcome: str
    stopped: float | None = None
    """From when on it does no more work but `stopping`, until it ends."""
    stopping: str = "TerminatingOnCancel"

    def state(self, now: float) -> str:
        if now >= self.ended:
            return self.outcome
        if self.stopped is not None:
            return self.stopping
        return "Active" if now >= self.started else "Queued"

    def percentage(self, now: float) -> int:
        return max(0, int(round(self._done(now) * 100, 6)) // _STEP * _STEP)

    def has_started(self, now: float) -> bool:
        return self.started <= self._worked_until(now)

    def units(self, now: float) -> float:
        """Processing units consumed."""
        return round(self.fate.units * max(0.0, self._done(now)), 2)

    def changed(self, now: float) -> float:
        """The last moment at which something about the job changed."""
        started = self.started if self.has_started(now) else None
        moments = (self.submitted, started, self.stopped, self.ended)
        return max(moment for moment in moments if moment is not None and moment <= now)

    def _worked_until(self, now: float) -> float:
        return min(now, self.ended if self.stopped is None else self.stopped)

    def _done(self, now: float) -> float:
        return (self._worked_until(now) - self.started) / self.fate.work


def submit(drawn: Fate, now: float) -> Life:
    """The life of a job that is submitted now."""
    return _work(drawn, now, now + drawn.queue)


def resume(drawn: Fate, state: str, now: float) -> Life | None:
    """The life of a job that is in this state, from now on; None where it has none: not submitted, ended, unknown."""
    match state.lower():
        case "queued":
            return submit(drawn, now)
        case "active":
            return _work(drawn, now, now)
        case "terminatingoncancel":
            return _stop(_half_done(drawn, now), "TerminatingOnCancel", "Cancelled", now, drawn.stopping)
        case "terminatingonfailure":
            return _stop(_half_done(drawn, now), "TerminatingOnFailure", "Failed", now, drawn.stopping)
        case _:
            return None


def cancel(life: Life, now: float, at_once: bool) -> Life:
    """The life of a job whose cancellation is asked for now."""
    return _stop(life, "TerminatingOnCancel", "Cancelled", now, 0 if at_once else life.fate.stopping)


def _work(drawn: Fate, submitted: float, started: float) -> Life:
    if drawn.fails:
        return Life(drawn, submitted, started, started + drawn.work * drawn.reached, "Failed")
    return Life(drawn, submitted, started, started + drawn.work, "Success")


def _half_done(drawn: Fate, now: float) -> Life:
    begun = now - drawn.work * drawn.reached
    return _work(drawn, begun, begun)


def _stop(life: Life, stopping: str, outcome: str, now: float, seconds: float) -> Life:
    return evolve(life, stopped=now, ended=now + seconds, stopping=stopping, outcome=outcome)
