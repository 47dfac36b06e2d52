"""What is asked when, and in which order it comes out: pages ahead, lists side by side, `max_in_flight`."""

from __future__ import annotations

import asyncio
import sys
import threading
import weakref
from random import Random
from typing import Any

import httpx
import pytest

from reality_jobs import F, Filter, Job, services
from reality_jobs.client import Page, RequestEvent
from reality_jobs.client.addresses import Base
from reality_jobs.client.judging import Judge
from reality_jobs.client.listing import Listing
from reality_jobs.client.responses import Answer
from reality_jobs.client.steps import Asked as Question
from reality_jobs.client.steps import Step
from reality_jobs.client.walk import Fetched
from reality_jobs.errors import ServiceError, ServiceUnavailable
from reality_jobs.plan import Request, everything
from tests.contract.both import TOKEN, V1, Make, client, each, jobs, pages, take
from tests.contract.liar import Asked, Reply, job, json_reply, liar, numbered, page, paged

ALL = tuple(services.ALL)
ITWINS = [f"dc720f05-e5f7-448b-ae06-765de46f0af{digit}" for digit in "0123456789"]


def named(found: list[Page]) -> list[str]:
    return [str(job.id) for page in found for job in page]


class Gate:
    """Lets answers go one by one: `wait` blocks the server, `open` lets who waits with that name go on."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: set[str] = set()
        self.waiting: set[str] = set()

    def wait(self, name: str) -> None:
        with self._changed:
            self.waiting.add(name)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: name in self._open, 10), f"nobody let {name} go on"
            self.waiting.remove(name)

    def open(self, *names: str) -> None:
        with self._changed:
            self._open.update(names)
            self._changed.notify_all()

    def full(self, count: int) -> None:
        """Wait until so many wait."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.waiting) >= count, 10), f"only {self.waiting} came"


def settle() -> None:
    """Time enough for a request that should not come to come."""
    threading.Event().wait(0.05)


@each
class TestAhead:
    def test_one_page_is_asked_for_while_the_caller_works_and_no_more(self, make: Make) -> None:
        answered: list[RequestEvent] = []
        came = threading.Condition()
        seen: list[int] = []

        def look(event: RequestEvent) -> None:
            with came:
                answered.append(event)
                came.notify_all()

        def work(page: Page) -> None:
            wanted = min(len(seen) + 2, 4)
            with came:
                assert came.wait_for(lambda: len(answered) >= wanted, 10)
            settle()
            seen.append(len(server.asked))

        with liar(numbered(4)) as server:
            found = pages(client(make, server.url, on_request=look), services=V1, work=work)
        assert len(found) == 4
        assert seen == [2, 3, 4, 4]

    @pytest.mark.parametrize(("limit", "most"), [(1, 1), (2, 2), (3, 3), (4, 4), (6, 6), (100, 6)])
    @pytest.mark.parametrize("order", ["arrival", "service"])
    def test_max_in_flight(self, make: Make, limit: int, most: int, order: Any) -> None:
        gate = Gate()
        pages_of = numbered(3)
        counts: list[int] = []

        def script(asked: Asked) -> Reply:
            gate.wait(asked.path)
            return pages_of(asked)

        def watch() -> None:
            gate.full(most)
            settle()
            counts.append(len(server.asked))
            gate.open(*(f"{service.path}/jobs" for service in services.ALL.values()))

        with liar(script) as server:
            watcher = threading.Thread(target=watch)
            watcher.start()
            found = pages(client(make, server.url, max_in_flight=limit), services=ALL, order=order)
            watcher.join()
        assert counts == [most]
        assert sorted(named(found)) == sorted(
            f"{service.path}/jobs#{number}" for service in services.ALL.values() for number in (1, 2, 3)
        )

    @pytest.mark.parametrize("order", ["arrival", "service"])
    def test_pages_that_wait_to_be_taken_count_as_in_flight(self, make: Make, order: Any) -> None:
        """With one page in the caller's hands there are at most `max_in_flight` more that were asked for."""
        ahead: list[int] = []
        taken = 0

        def work(page: Page) -> None:
            nonlocal taken
            taken += 1
            settle()
            ahead.append(len(server.asked) - taken)

        with liar(numbered(2)) as server:
            pages(client(make, server.url, max_in_flight=2), services=ALL, order=order, work=work)
        assert taken == 12
        assert max(ahead) == 2

    def test_a_page_is_let_go_while_the_next_one_is_waited_for(self, make: Make) -> None:
        held: list[weakref.ref[Job]] = []
        alive: list[int] = []
        all_taken = threading.Event()
        answer = paged([job(f"1-{k}") for k in range(50)], [job("2")])

        def script(asked: Asked) -> Reply:
            if "continuationToken" in asked.query:
                assert all_taken.wait(10)
                settle()
                alive.append(sum(ref() is not None for ref in held))
            return answer(asked)

        def look(found: Job) -> None:
            held.append(weakref.ref(found))
            if len(held) == 50:
                all_taken.set()

        with liar(script) as server:
            take(client(make, server.url), look, services=V1)
        assert len(held) == 51
        # The last job of the page is still in the caller's hands.
        assert alive == [1]


@each
class TestOrder:
    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("f", [None, F.itwin_id.in_(ITWINS[:3])], ids=["services", "requests"])
    def test_service_is_the_same_however_the_answers_come(self, make: Make, seed: int, f: Filter | None) -> None:
        chance = Random(seed)
        answered: list[str] = []

        async def answer(request: httpx.Request) -> httpx.Response:
            for _ in range(chance.randrange(50)):
                await asyncio.sleep(0)
            number = int(request.url.params.get("continuationToken", "1"))
            here = f"{request.url.path} {request.url.params['$filter']}"
            answered.append(f"{here} {number}")
            following = f"{str(request.url).partition('&')[0]}&continuationToken={number + 1}" if number < 3 else None
            reply = page(job(answered[-1]), next_link=following)
            return httpx.Response(200, headers=dict(reply.headers), content=reply.body)

        plan = everything(services.select(None)) if f is None else f.plan()
        expected = [
            f"{part.service.path}/jobs {request.filter} {number}"
            for part in plan.services
            for request in part.requests
            for number in (1, 2, 3)
        ]
        c = make(TOKEN, transport=httpx.MockTransport(answer), on_mismatch="off")
        assert [found.id for found in jobs(c, f, order="service")] == expected
        assert answered != expected

    def test_arrival_is_as_they_come(self, make: Make) -> None:
        gate = Gate()

        def script(asked: Asked) -> Reply:
            if asked.path == "/contextcapture/jobs":
                gate.wait("slow")
            return page(job(asked.path))

        arrived: set[str] = set()

        def work(page: Page) -> None:
            arrived.add(page.service)
            if arrived >= {"conversion-v2", "modeling-v2"}:
                gate.open("slow")

        with liar(script) as server:
            found = pages(client(make, server.url), work=work)
        assert sorted(page.service for page in found) == sorted(services.DEFAULT)
        assert found[-1].service == "modeling-v1"

    def test_a_list_that_has_begun_goes_on_before_another_begins(self, make: Make) -> None:
        with liar(numbered(3)) as server:
            pages(client(make, server.url, max_in_flight=1))
            assert server.paths == [f"{services.get(name).path}/jobs" for name in services.DEFAULT for _ in range(3)]

    def test_service_has_errors_in_their_turn(self, make: Make) -> None:
        out: list[str | None] = []
        pages_of = numbered(3)

        def script(asked: Asked) -> Reply:
            return json_reply({}, 500) if asked.path == "/reality-conversion/jobs" else pages_of(asked)

        with liar(script) as server, pytest.raises(ServiceUnavailable) as raised:
            take(client(make, server.url), lambda found: out.append(found.id), order="service")
        assert raised.value.service == "conversion-v2"
        assert out == [
            f"{path}#{number}" for path in ("/contextcapture/jobs", "/reality-modeling/jobs") for number in (1, 2, 3)
        ]

    def test_arrival_has_errors_at_once(self, make: Make) -> None:
        """And what is still in flight is let go, whether its server answers or not."""
        all_asked = threading.Barrier(3, timeout=10)
        all_gone = threading.Semaphore(0)
        gone: list[bool] = []

        def script(asked: Asked) -> Reply:
            all_asked.wait()
            if asked.path == "/reality-conversion/jobs":
                return json_reply({}, 500)
            gone.append(asked.gone())
            all_gone.release()
            return Reply(drop=True)

        with liar(script) as server:
            with pytest.raises(ServiceUnavailable) as raised:
                jobs(client(make, server.url))
            assert all_gone.acquire(timeout=10)
            assert all_gone.acquire(timeout=10)
        assert raised.value.service == "conversion-v2"
        assert gone == [True, True]


class TestListing:
    """Several requests of one service: which the plan decides, so here the steps are given."""

    SERVICE = services.get("modeling-v1")
    BASE = Base.parse("https://api.bentley.com")

    def step(self, filter_text: str, residual: Any = None) -> Step:
        return Step(self.SERVICE, Request(filter_text, None), "error", residual, None)

    def listing(self, *steps: Step, page_size: int = 100) -> Listing:
        return Listing(self.BASE, Question(None, page_size=page_size), steps, Judge("off"), limit=1)

    def answer(self, listing: Listing, value: object) -> list[str | None]:
        """Answer what is due with this page; what comes out."""
        (walk,) = listing.due()
        listing.take(walk, Fetched(value, Answer(200, {}, b"")))
        found = listing.pop()
        assert found is not None
        return [job.id for job in found]

    def walk(self, steps: tuple[Step, ...], pages: list[list[object]]) -> list[str | None]:
        listing = self.listing(*steps)
        out = [job_id for jobs in pages for job_id in self.answer(listing, {"jobs": jobs})]
        assert listing.done
        assert (listing.due(), listing.pop()) == ([], None)
        return out

    def test_a_job_comes_out_once_over_all_requests(self) -> None:
        steps = (self.step("a"), self.step("b"))
        assert self.walk(steps, [[job("1"), job("2")], [job("2"), job("3")]]) == ["1", "2", "3"]

    def test_a_residual_that_drops_a_job_does_not_drop_it_for_the_next_request(self) -> None:
        steps = (self.step("a", lambda record: record["id"] == "1"), self.step("b"))
        assert self.walk(steps, [[job("1"), job("2")], [job("2"), job("1")]]) == ["1", "2"]

    def test_nothing_to_ask(self) -> None:
        assert self.walk((), []) == []

    def test_a_filter_that_no_address_holds(self) -> None:
        (walk,) = self.listing(self.step("x" * 60_000)).due()
        with pytest.raises(ServiceError) as raised:
            _ = walk.request
        assert str(raised.value) == (
            "modeling-v1: the filter makes an address of 60,061 characters; at most 60,000 can be sent"
        )

    def test_what_is_kept_of_a_job_that_came_out_is_about_a_hundred_bytes(self) -> None:
        listing = self.listing(self.step("a"), page_size=1000)
        count = 20_000
        for start in range(0, count, 1000):
            records = [job(f"{n:08x}-e5f7-448b-ae06-765de46f0af1") for n in range(start, start + 1000)]
            href = f"https://api.bentley.com/contextcapture/jobs?continuationToken={start}"
            assert len(self.answer(listing, {"jobs": records, "_links": {"next": {"href": href}}})) == 1000
        seen = listing._out["modeling-v1"]
        assert len(seen) == count
        assert (sys.getsizeof(seen) + sum(map(sys.getsizeof, seen))) / count < 160
        self.answer(listing, {"jobs": []})
        assert listing.done
        assert listing._out == {}
