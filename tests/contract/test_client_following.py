"""Polling jobs to their ends: the schedule, what is told, and what goes wrong meanwhile. No real time is waited."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest

from reality_jobs.client import AsyncClient, Client
from reality_jobs.client.background import Background
from reality_jobs.errors import NotFound, RateLimited, ServiceUnavailable
from tests.contract.both import Make, client, do, each
from tests.contract.fake_clock import FakeClock
from tests.contract.liar import Asked, Reply, json_reply, liar, page

V1 = "modeling-v1/a"
V2 = "modeling-v2/a"
GONE = json_reply({"error": {"code": "JobProgressNotFound", "message": "no progress"}}, 404)


def progress(percentage: float, state: str = "Active") -> Reply:
    return json_reply({"progress": {"percentage": percentage, "state": state}})


def job(state: str, id: str = "a") -> Reply:
    return json_reply({"job": {"id": id, "type": "Tiling", "state": state}})


def scripted(progresses: list[Reply], *jobs: Reply) -> Callable[[Asked], Reply]:
    told, records = iter(progresses), iter(jobs)
    return lambda asked: next(told) if asked.path.endswith("/progress") else next(records)


def polling() -> bool:
    """Whether a poll is on its way: answers take no time by this clock."""
    return any("Operator.status" in str(task.get_coro()) for task in asyncio.all_tasks())


class Timed:
    """A client with a clock of its own, and when what was asked."""

    def __init__(self, make: Make, script: Callable[[Asked], Reply], **options: Any) -> None:
        self.fake = FakeClock(hold=polling)
        self.times: list[tuple[float, str]] = []
        self._script = script
        self._make = make
        self._options = {"clock": self.fake.clock} | options

    def do(self, work: Callable[[Any], Any]) -> Any:
        def script(asked: Asked) -> Reply:
            self.times.append((self.fake.time, asked.path.partition("/jobs/")[2] or asked.path))
            return self._script(asked)

        with liar(script) as server:
            return do(client(self._make, server.url, **self._options), work)


@each
def test_the_published_schedule(make: Make) -> None:
    """15, 30, 60, 120, and again 15 where the percentage changed."""
    shown = [0, 0, 0, 0, 0, 0, 7, 7, 7, 8, 100]
    timed = Timed(make, scripted([progress(p) for p in shown], job("Active"), job("Active"), job("Success")))
    statuses = timed.do(lambda c: c.watch(V2))
    polls = [time for time, what in timed.times if what == "a/progress"]
    assert [b - a for a, b in pairwise(polls)] == [15, 30, 60, 120, 120, 120, 15, 30, 60, 15]
    assert [(s.percentage, s.state, s.ended) for s in statuses] == [(p, "Active", False) for p in shown[:-1]] + [
        (100, "Success", True)
    ]
    assert [str(s) for s in statuses] == [V2] * len(shown)
    # After a whole sequence without a change the job is looked at, too.
    assert [s.job is not None for s in statuses] == [number in (5, 6, 10) for number in range(11)]
    assert [time for time, what in timed.times if what == "a"] == [polls[5], polls[6], polls[10]]


@each
def test_intervals_of_ones_own(make: Make) -> None:
    timed = Timed(make, scripted([progress(p) for p in (0, 0, 0, 5, 100)], job("Success")))
    timed.do(lambda c: c.watch(V2, every=2))
    assert timed.fake.slept == [2, 2, 2, 2]


@each
def test_without_a_progress_the_job_tells_its_state(make: Make) -> None:
    timed = Timed(make, scripted([GONE, GONE, progress(3), GONE], job("Queued"), job("Queued"), job("Failed")))
    statuses = timed.do(lambda c: c.watch(V2))
    assert [(s.state, s.percentage, s.job is not None, s.ended) for s in statuses] == [
        ("Queued", None, True, False),
        ("Queued", None, True, False),
        ("Active", 3, False, False),
        ("Failed", None, True, True),
    ]
    # The first percentage is a change.
    assert timed.fake.slept == [15, 30, 15]


@each
def test_a_progress_that_cannot_be_read_is_none(make: Make) -> None:
    odd = json_reply({"progress": {"percentage": "half", "state": "Active"}})
    timed = Timed(make, scripted([odd], job("Cancelled")))
    assert [s.state for s in timed.do(lambda c: c.watch(V2))] == ["Cancelled"]


@each
def test_a_progress_that_stands_still_is_not_believed_for_ever(make: Make) -> None:
    timed = Timed(make, scripted([progress(40)] * 99, job("Active"), job("Failed")))
    statuses = timed.do(lambda c: c.watch(V2))
    assert [s.state for s in statuses] == ["Active"] * 6 + ["Failed"]


@each
@pytest.mark.parametrize("state", ["Stopped", "Over", "Success", ""])
def test_a_state_that_is_not_of_one_that_runs_is_asked_of_the_job(make: Make, state: str) -> None:
    timed = Timed(make, scripted([progress(40, state)], job("Cancelled")))
    assert [(s.state, s.percentage) for s in timed.do(lambda c: c.watch(V2))] == [("Cancelled", 40)]


@each
def test_a_service_that_asks_to_wait_too_long_ends_the_watch(make: Make) -> None:
    def busy(seconds: int) -> Reply:
        return json_reply({"error": {"code": "RateLimitExceeded", "message": "no"}}, 429, Retry_After=str(seconds))

    timed = Timed(make, scripted([busy(100), busy(121)]))
    with pytest.raises(RateLimited):
        timed.do(lambda c: c.watch(V2))
    assert timed.fake.slept == [100]


@each
def test_how_a_v1_job_ended_the_job_tells(make: Make) -> None:
    def told(state: str) -> Reply:
        return json_reply({"jobProgress": {"percentage": 40, "state": state, "step": "Tiling"}})

    timed = Timed(make, scripted([told("Active"), told("Over")], job("failed")))
    statuses = timed.do(lambda c: c.watch(V1))
    assert [(s.state, s.percentage, s.step, s.ended) for s in statuses] == [
        ("Active", 40, "Tiling", False),
        ("failed", 40, "Tiling", True),
    ]


@each
def test_a_job_that_lags_behind_its_progress_is_followed_on(make: Make) -> None:
    timed = Timed(make, scripted([progress(100), progress(100)], job("Active"), job("Success")))
    assert [s.state for s in timed.do(lambda c: c.watch(V2))] == ["Active", "Success"]
    assert timed.fake.slept == [15]


@each
def test_polls_that_fail_are_no_news(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    script = scripted([progress(1), *[Reply(503)] * 4, progress(1), *[Reply(503)] * 4, progress(100)], job("Success"))
    timed = Timed(make, script)
    with caplog.at_level(logging.WARNING, "reality_jobs"):
        statuses = timed.do(lambda c: c.watch(V2))
    assert [s.percentage for s in statuses] == [1, 1, 100]
    assert caplog.messages == ["modeling-v2/a: no news: modeling-v2: job a: answered with an empty body (503)"] * 8
    assert timed.fake.slept == [15, 30, 60] + [120] * 7


@each
def test_five_in_a_row_are_an_error(make: Make) -> None:
    timed = Timed(make, scripted([Reply(503)] * 5))
    with pytest.raises(ServiceUnavailable):
        timed.do(lambda c: c.watch(V2))
    assert len(timed.times) == 5


@each
def test_a_job_that_is_not_there_is_one_at_once(make: Make) -> None:
    missing = json_reply({"error": {"code": "JobNotFound", "message": "Requested job is not available."}}, 404)
    timed = Timed(make, scripted([GONE], missing))
    with pytest.raises(NotFound) as caught:
        timed.do(lambda c: c.watch(V2))
    assert str(caught.value) == "modeling-v2: job a: Requested job is not available. (404 JobNotFound)"


def lives(**lengths: int) -> Callable[[Asked], Reply]:
    """Jobs that have ended at their so manyth poll."""
    polls = dict.fromkeys(lengths, 0)

    def script(asked: Asked) -> Reply:
        if asked.path.endswith("/jobs"):
            return page(*({"id": id, "state": "Active" if n else "Success"} for id, n in lengths.items()))
        id, _, what = asked.path.partition("/jobs/")[2].partition("/")
        if what:
            polls[id] += 1
            return progress(100 if polls[id] >= lengths[id] else 1)
        return job("Success", id)

    return script


@each
def test_many_are_waited_for_side_by_side(make: Make) -> None:
    timed = Timed(make, lives(a=3, b=1, c=2))
    ended = timed.do(lambda c: c.wait([f"modeling-v2/{id}" for id in "abca"]))
    assert [(str(job), job.state) for job in ended] == [(f"modeling-v2/{id}", "Success") for id in "abca"]
    when = {what: time for time, what in timed.times}
    assert (when["b"], when["c"], when["a"]) == (0, 15, 45)
    assert sum(what.endswith("progress") for _, what in timed.times) == 6


@each
def test_nothing_to_wait_for(make: Make) -> None:
    timed = Timed(make, lives())
    assert timed.do(lambda c: c.wait([])) == []
    assert timed.times == []


@each
def test_a_timeout_names_what_has_not_ended(make: Make) -> None:
    timed = Timed(make, lives(a=99, b=99, c=1, d=99, e=99))
    with pytest.raises(TimeoutError) as caught:
        timed.do(lambda c: c.wait([f"modeling-v2/{id}" for id in "abcde"], timeout=50))
    lead, _, shown = str(caught.value).partition(": ")
    assert lead == "4 jobs have not ended within 50 s"
    assert sorted(shown.split(", "))[0] == "..."
    assert set(shown.split(", ")[:3]) < {f"modeling-v2/{id}" for id in "abde"}
    assert timed.fake.time == 50


@each
def test_all_that_match_are_followed(make: Make) -> None:
    timed = Timed(make, lives(a=2, b=0, c=1))
    statuses = timed.do(lambda c: c.watch_all("state ne 'Failed'", services=["modeling-v2"]))
    first, later = statuses[:3], statuses[3:]
    assert [(s.id, s.state, s.ended) for s in first] == [
        ("a", "Active", False),
        ("b", "Success", True),
        ("c", "Active", False),
    ]
    assert sorted((s.id, s.percentage, s.ended) for s in later) == [("a", 1, False), ("a", 100, True), ("c", 100, True)]
    assert not any(what.startswith("b") for _, what in timed.times)


def test_an_error_ends_the_following_of_one_job_alone() -> None:
    def script(asked: Asked) -> Reply:
        if asked.path.endswith("/jobs"):
            return page({"id": "a", "state": "Active"}, {"id": "b", "state": "Active"}, {"state": "Active"})
        return Reply(404) if "/a" in asked.path else job("Success", "b") if asked.path.endswith("/b") else progress(100)

    def work(c: Any) -> list[str]:
        watch = c.watch_all(None, services=["modeling-v2"])
        told: list[str] = []
        for _ in range(6):
            try:
                told.append(str(next(watch, None)))
            except (NotFound, ValueError) as error:
                told.append(str(error))
        return told

    assert sorted(Timed(Client, script).do(work)) == [
        "None",
        "a job without an id cannot be asked for",
        "modeling-v2/a",
        "modeling-v2/b",
        "modeling-v2/b",
        "modeling-v2: job a: answered with an empty body (404)",
    ]


@each
def test_a_watch_that_is_left_leaves_nothing(make: Make) -> None:
    def script(asked: Asked) -> Reply:
        return progress(1)

    async def first_async(c: Any) -> object:
        async with c.watch(V2) as watch:
            return await anext(watch)

    def first(c: Any) -> object:
        if make.__name__ == "AsyncClient":
            return first_async(c)
        with c.watch(V2) as watch:
            return next(watch)

    timed = Timed(make, script)
    assert timed.do(first).percentage == 1
    assert len(timed.times) == 1


@pytest.mark.parametrize("slow", ["poll", "list", "sleep"])
def test_closing_ends_who_waits(slow: str) -> None:
    """At once, whatever it waits for."""
    asked = asyncio.Event()

    async def main(url: str, loop: asyncio.AbstractEventLoop) -> None:
        async with AsyncClient("token", base_url=url, retries=0) as c:
            watch = c.watch_all(services=["modeling-v2"]) if slow == "list" else c.watch(V2)
            if slow == "sleep":
                await anext(watch)
                asked.set()
            taker = asyncio.ensure_future(watch.__anext__())
            await asyncio.wait_for(asked.wait(), 5)
            await asyncio.sleep(0.01)
            await asyncio.wait_for(watch.aclose(), 5)
            with pytest.raises(RuntimeError, match=r"^the loop was closed, so it cannot go on$"):
                await asyncio.wait_for(taker, 5)

    async def served() -> None:
        loop = asyncio.get_running_loop()

        def script(request: Asked) -> Reply:
            if slow != "sleep":
                loop.call_soon_threadsafe(asked.set)
                request.gone()
            return progress(1)

        with liar(script) as server:
            await main(server.url, loop)

    asyncio.run(served())


def test_two_takers_share_one_list() -> None:
    async def main() -> None:
        with liar(lives(a=0, b=0)) as server:
            async with AsyncClient("token", base_url=server.url) as c:
                watch = c.watch_all(services=["modeling-v2"])
                told = await asyncio.gather(anext(watch), anext(watch))
            assert sorted(status.id for status in told) == ["a", "b"]
            assert len(server.asked) == 1

    asyncio.run(main())


def test_what_is_closed_before_it_began_does_not_begin() -> None:
    with liar([]) as server, Client("token", base_url=server.url) as c:
        with c.watch(V2) as watch:
            pass
        with pytest.raises(RuntimeError, match=r"^the watch was closed, so it cannot go on$"):
            next(watch)
    assert server.asked == []


def test_interrupted_while_its_thread_starts_a_client_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*parts: object) -> None:
        monkeypatch.undo()
        raise Interrupted

    with liar(lives()) as server, Client("token", base_url=server.url) as c:
        monkeypatch.setattr("reality_jobs.client.background._Running", interrupted)
        with pytest.raises(Interrupted):
            c.get("modeling-v2/a")
        assert c.get("modeling-v2/a").state == "Success"


class Interrupted(BaseException):
    """What a signal raises wherever the main thread is."""


@pytest.fixture
def interrupting() -> Iterator[Callable[[], None]]:
    """What sends the main thread a signal that raises, as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        yield lambda: signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to a thread")
def test_what_came_as_the_caller_was_interrupted_is_told_by_the_next_call(interrupting: Callable[[], None]) -> None:
    async def closing() -> None:
        pass

    background, kept = Background(closing), list[int]()

    async def work() -> int:
        interrupting()
        return 5

    async def endless() -> int:
        interrupting()
        await asyncio.sleep(60)
        return 6

    for what in (work, endless):
        with pytest.raises(Interrupted):
            background.run(what, kept.append)
    background.stop()
    assert kept == [5]


@pytest.mark.skipif(sys.platform == "win32", reason="no signals to a thread")
def test_a_watch_that_is_interrupted_goes_on(interrupting: Callable[[], None]) -> None:
    def script(asked: Asked) -> Reply:
        if asked.path.endswith("/progress"):
            interrupting()
            return progress(len(server.asked))
        return job("Success")

    with liar(script) as server, Client("token", base_url=server.url) as c:
        watch, told = c.watch(V2, every=0.01), list[float | None]()
        while len(told) < 5:
            with suppress(Interrupted):
                told.append(next(watch).percentage)
        watch.close()
    assert told == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("every", [0, -1, float("inf"), float("nan")])
@each
def test_an_interval_that_makes_no_sense(make: Make, every: float) -> None:
    with pytest.raises(ValueError, match=r"^every must be a positive number of seconds, not "):
        Timed(make, lives()).do(lambda c: c.watch(V2, every=every))


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "5"])
@each
def test_a_timeout_that_makes_no_sense(make: Make, timeout: float) -> None:
    message = rf"^timeout must be a positive number of seconds, or None, not {timeout!r}$"
    with pytest.raises(ValueError, match=message):
        Timed(make, lives()).do(lambda c: c.wait([V2], timeout))
