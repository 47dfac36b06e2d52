"""A walk that was stopped after any page goes on: nothing twice, nothing missing, and nowhere else."""

from __future__ import annotations

import json
import pickle
import re
import tracemalloc
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reality_jobs import F, Filter, Job, services
from reality_jobs.client import Page
from reality_jobs.client.resume import read_point, write_point
from reality_jobs.errors import BadRequest, FilterRefused, NotFound
from tests.contract.both import V1, Make, client, each, jobs, pages

pytest.importorskip("uvicorn")
from reality_jobs.emulator.app import App
from reality_jobs.emulator.faults import Faults
from reality_jobs.emulator.generate import generate

API = "https://api.example"
JOBS = generate(240, seed=11)
SAMPLES = [Job(job.service, job.raw) for job in JOBS]
ITWINS = [itwin for itwin, _ in Counter(job.itwin_id for job in SAMPLES if job.itwin_id).most_common(3)]
INPUT, _ = Counter(i for job in SAMPLES for i in job.input_ids).most_common(1)[0]
IDS = [str(job.raw["id"]) for job in JOBS]


class Enough(Exception):
    """The walk is stopped here."""


def until(number: int) -> Callable[[Page], None]:
    """What stops a walk when it is at its page of that number."""
    left = iter(range(1, number))

    def work(page: Page) -> None:
        if next(left, None) is None:
            raise Enough

    return work


def first_pages(c: Any, number: int, f: Any = None, **call: Any) -> list[Page]:
    found: list[Page] = []
    stop = until(number)

    def work(page: Page) -> None:
        found.append(page)
        stop(page)

    with suppress(Enough):
        pages(c, f, work, **call)
    return found


def names(found: list[Page]) -> list[str]:
    return [str(job) for page in found for job in page]


FILTERS: list[Filter | None] = [
    None,
    F.state == "Success",
    F.itwin_id.in_(ITWINS),
    (F.itwin_id == ITWINS[0]) | (F.state == "Success"),
    F.itwin_id.in_(ITWINS) & (F.created_date_time >= "2025-03-01T00:00:00Z"),
    (F.input_id == INPUT) | (F.itwin_id == ITWINS[1]),
    F.id.in_(IDS),
    F.id.in_(IDS[:100]) | F.itwin_id.in_(ITWINS[:2]),
    F.name == "there is no such name",
]

QUESTIONS = st.fixed_dictionaries(
    {
        "f": st.sampled_from(FILTERS),
        "services": st.lists(st.sampled_from(sorted(services.ALL)), min_size=1, max_size=4, unique=True),
        "page_size": st.integers(1, 9),
        "order": st.sampled_from(["arrival", "service"]),
        "max_url": st.sampled_from([900, 2048]),
    }
)
# A short request line makes the emulator refuse first requests, or only those with a continuation token.
SERVERS = st.fixed_dictionaries({"max_request_line": st.sampled_from([250, 330, 500, 8192])})
STOPS = st.lists(st.integers(1, 12), min_size=1, max_size=3)


@each
class TestGoingOn:
    @settings(max_examples=20)
    @given(question=QUESTIONS, server=SERVERS, stops=STOPS, in_flight=st.integers(1, 5))
    def test_everything_once_however_often_it_is_stopped(
        self, make: Make, question: dict[str, Any], server: dict[str, Any], stops: list[int], in_flight: int
    ) -> None:
        app = App(JOBS, **server)

        def fresh() -> Any:
            return client(make, API, transport=httpx.ASGITransport(app), max_in_flight=in_flight)

        everything = {str(job) for job in jobs(fresh(), **question | {"page_size": 1000})}
        out: list[str] = []
        unaware: list[str] = []
        resume = None
        for stop in stops:
            found = first_pages(fresh(), stop, resume=resume, seen=out, **question)
            # Where nobody remembers what came out, it may come again.
            unaware += names(first_pages(fresh(), stop, resume=resume, **question))
            out += names(found)
            resume = found[-1].resume if found else resume
        out += names(pages(fresh(), resume=resume, seen=iter(out), **question))
        assert sorted(out) == sorted(everything)
        assert {*unaware, *names(pages(fresh(), resume=resume, **question))} == everything

    def test_after_every_single_page(self, make: Make) -> None:
        app = App(JOBS)
        question: dict[str, Any] = {"f": (F.itwin_id == ITWINS[0]) | (F.state == "Success"), "page_size": 4}

        def some(resume: str | None, seen: list[str]) -> list[Page]:
            c = client(make, API, transport=httpx.ASGITransport(app))
            return first_pages(c, 1, resume=resume, seen=seen, **question)

        out: list[str] = []
        points: list[str] = []
        while found := some(points[-1] if points else None, out):
            out += names(found)
            points.append(pickle.loads(pickle.dumps(found[0].resume)))  # noqa: S301
        whole = names(pages(client(make, API, transport=httpx.ASGITransport(app)), **question))
        assert sorted(out) == sorted(whole)
        assert len(points) > 10
        assert all(re.fullmatch(r"[A-Za-z0-9_=-]+", point) for point in points)

    def test_lists_that_were_cut_because_they_were_too_long(self, make: Make) -> None:
        app = App(JOBS, max_request_line=300)

        def fresh() -> Any:
            return client(make, API, transport=httpx.ASGITransport(app))

        question: dict[str, Any] = {"f": F.id.in_(IDS[:40]) | (F.itwin_id == ITWINS[0]), "page_size": 2}
        whole = names(pages(fresh(), **question))
        assert sum(exchange.status == 414 for exchange in app.requests) > 10
        for stop in (1, 2, 5, 9):
            found = first_pages(fresh(), stop, **question)
            out = names(found)
            out += names(pages(fresh(), resume=found[-1].resume, seen=out, **question))
            assert sorted(out) == sorted(whole)

    def test_a_point_of_a_page_that_is_kept(self, make: Make) -> None:
        """Pages may be looked at when the walk is long over."""
        app = App(JOBS)
        c = client(make, API, transport=httpx.ASGITransport(app))
        found = pages(c, services=V1, page_size=10)
        for page in found:
            again = client(make, API, transport=httpx.ASGITransport(app))
            rest = names(pages(again, services=V1, page_size=10, resume=page.resume))
            assert rest == names(found[found.index(page) + 1 :])

    def test_what_is_asked_for_goes_on_where_it_stopped(self, make: Make) -> None:
        asked: list[str] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.raw_path.decode())
            return paged(request, 4)

        (stopped,) = first_pages(client(make, API, transport=httpx.MockTransport(answer)), 1, services=V1)
        asked.clear()
        c = client(make, API, transport=httpx.MockTransport(answer))
        assert names(pages(c, services=V1, resume=stopped.resume, page_size=7, order="service")) == [
            "modeling-v1/2",
            "modeling-v1/3",
            "modeling-v1/4",
        ]
        assert asked == [f"/contextcapture/jobs?$filter=x&continuationToken={n}" for n in "234"]


def paged(request: httpx.Request, last: int) -> httpx.Response:
    """One of the pages 1 to `last`, each with a job of that id."""
    number = int(request.url.params.get("continuationToken", "1"))
    found: dict[str, object] = {"jobs": [{"id": str(number)}]}
    if number < last:
        link = f"{request.url.path}?$filter=x&continuationToken={number + 1}"
        found["_links"] = {"next": {"href": link}}
    return httpx.Response(200, json=found)


def point(make: Make, f: Any = None, base_url: str = API, **call: Any) -> str:
    """The resume point after the first of three pages."""
    c = client(make, base_url, transport=httpx.MockTransport(lambda request: paged(request, 3)))
    return str(first_pages(c, 1, f, **{"services": V1} | call)[0].resume)


def refusal(make: Make, resume: str, f: Any = None, base_url: str = API, **call: Any) -> str:
    """What is said instead of going on; nothing is asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    c = client(make, base_url, transport=httpx.MockTransport(answer))
    with pytest.raises(ValueError, match="resume") as raised:
        pages(c, f, resume=resume, **{"services": V1} | call)
    assert asked == []
    return str(raised.value)


OTHER = "the resume point belongs to another filter, other services or another base_url"
NONE = "resume is no resume point; use one as it came from a page"
NOT_OF_THIS = "resume is no resume point of this list"


@each
class TestRefused:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"f": F.state == "Success"}, {"f": F.state == "Failed"}),
            ({"f": F.state == "Success"}, {}),
            ({"services": ["modeling-v1"]}, {"services": ["modeling-v2"]}),
            ({"services": ["modeling-v1"]}, {"services": ["modeling-v1", "modeling-v2"]}),
            ({"services": ["modeling-v1", "modeling-v2"]}, {"services": ["modeling-v2", "modeling-v1"]}),
            ({"base_url": "https://api.example"}, {"base_url": "https://qa-api.example"}),
            ({"base_url": "https://api.example"}, {"base_url": "https://api.example/behind"}),
            # The same request, but what is decided here differs.
            (
                {"f": F.input_id == INPUT, "services": ["modeling-v2"]},
                {"f": F.input_id == ITWINS[0], "services": ["modeling-v2"]},
            ),
        ],
    )
    def test_a_point_of_another_question(self, make: Make, one: dict[str, Any], other: dict[str, Any]) -> None:
        assert refusal(make, point(make, **one), **other) == OTHER
        assert refusal(make, point(make, **other), **one) == OTHER

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "x",
            "no point at all!",
            "\u00e9\u00e9\u00e9\u00e9",
            "====",
            urlsafe_b64encode(b"not compressed").decode(),
            urlsafe_b64encode(zlib.compress(b"no JSON")).decode(),
            urlsafe_b64encode(zlib.compress(b"\xff\xfe")).decode(),
            urlsafe_b64encode(zlib.compress(b"null")).decode(),
            urlsafe_b64encode(zlib.compress(b"[1]")).decode(),
            urlsafe_b64encode(zlib.compress(b"[" * 1_000_000)).decode(),
        ],
    )
    def test_no_point(self, make: Make, text: str) -> None:
        assert refusal(make, text) == NONE

    @pytest.mark.parametrize("wrong", [5, b"x", ["x"], 1.5, True])
    def test_no_text(self, make: Make, wrong: Any) -> None:
        assert refusal(make, wrong) == NONE

    def test_another_format_than_ours(self, make: Make) -> None:
        form, about, positions = unpacked(point(make))
        assert form == 1
        for changed in ([2, about, positions], [1, about, {}], [1, about, "x"], [1, None, positions]):
            assert refusal(make, packed(changed)) == OTHER

    def test_a_part_of_a_point(self, make: Make) -> None:
        whole = point(make)
        for part in (whole[: len(whole) // 2], whole[:-12], whole[len(whole) // 2 :]):
            assert refusal(make, part) == NONE

    def test_a_text_that_swells_up(self, make: Make) -> None:
        swelling = zlib.compressobj(9)
        bomb = b"".join([*(swelling.compress(bytes(2**24)) for _ in range(16)), swelling.flush()])
        text = urlsafe_b64encode(bomb).decode()
        tracemalloc.start()
        try:
            assert refusal(make, text) == NONE
            assert tracemalloc.get_traced_memory()[1] < 2**26
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize(
        ("link", "why"),
        [
            (
                "https://evil.example/contextcapture/jobs?continuationToken=x",
                "leaves https://api.example: 'https://evil.example'",
            ),
            (
                "http://api.example/contextcapture/jobs?continuationToken=x",
                "leaves https://api.example: 'http://api.example'",
            ),
            ("https://a:b@api.example/contextcapture/jobs?continuationToken=x", "holds a user part (...@)"),
            ("//evil.example/contextcapture/jobs?continuationToken=x", "is no absolute address: "),
            ("/itwins?continuationToken=x", "leaves /contextcapture/jobs: '/itwins'"),
            (
                "/contextcapture/jobs/../../itwins?continuationToken=x",
                "leaves /contextcapture/jobs: '/contextcapture/jobs/../../itwins'",
            ),
            ("/reality-modeling/jobs?continuationToken=x", "leaves /contextcapture/jobs: '/reality-modeling/jobs'"),
            (f"/contextcapture/jobs?continuationToken={'x' * 70_000}", "is longer than 60,000 characters"),
        ],
    )
    def test_a_link_that_leaves_the_service(self, make: Make, link: str, why: str) -> None:
        said = refusal(make, tampered(make, [link]))
        assert said.startswith(f"resume holds a next link that {why}")

    @pytest.mark.parametrize(
        "positions",
        [
            [],
            [0, 0],
            ["/contextcapture/jobs?$filter=x"],
            [""],
            [[0, 0]],
            [[]],
            [[[[0]]]],
            [5],
            [-1],
            [1.5],
            [True],
            [{}],
        ],
    )
    def test_positions_that_are_none_of_this_list(self, make: Make, positions: list[object]) -> None:
        assert refusal(make, tampered(make, positions)).startswith("resume ")

    def test_a_character_that_was_changed(self, make: Make) -> None:
        """Either it is noticed, or it has changed nothing."""
        whole = point(make)
        _, about, positions = unpacked(whole)
        chance = Random(1)
        alphabet = "ABCabc012_-=. \u00e9"
        for _ in range(1000):
            at = chance.randrange(len(whole))
            changed = whole[:at] + chance.choice(alphabet) + whole[at + chance.randrange(2) :]
            try:
                assert read_point(changed, about) == positions
            except ValueError as error:
                assert str(error) in (NONE, OTHER)  # noqa: PT017


def unpacked(text: str) -> list[Any]:
    found: list[Any] = json.loads(zlib.decompress(urlsafe_b64decode(text)))
    return found


def packed(value: object) -> str:
    return urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode()


def tampered(make: Make, positions: list[Any]) -> str:
    return write_point(positions, unpacked(point(make))[1])


class Forgetful:
    """A list of so many pages of one job each, whose tokens are all forgotten before the requests of these numbers."""

    def __init__(self, last: int, *forgets: int, status: int = 400) -> None:
        self.asked = 0
        self._last = last
        self._forgets = forgets
        self._status = status
        self._memory = 0

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        self._memory += self.asked in self._forgets
        token = request.url.params.get("continuationToken", f"{self._memory}-1")
        memory, _, number = token.partition("-")
        if int(memory) < self._memory:
            return httpx.Response(self._status, json={"error": {"code": "Expired", "message": "token expired"}})
        found: dict[str, object] = {"jobs": [{"id": number}]}
        if int(number) < self._last:
            link = f"{API}{request.url.path}?continuationToken={self._memory}-{int(number) + 1}"
            found["_links"] = {"next": {"href": link}}
        return httpx.Response(200, json=found)


@each
class TestForgotten:
    @pytest.mark.parametrize("status", [400, 410, 422])
    def test_the_list_is_begun_again_and_nothing_comes_twice(self, make: Make, status: int) -> None:
        server = Forgetful(4, 3, status=status)
        found = pages(client(make, API, transport=server.transport), services=V1)
        assert [[job.id for job in page] for page in found] == [["1"], ["2"], [], [], ["3"], ["4"]]
        assert server.asked == 7

    def test_as_often_as_it_gets_on_meanwhile(self, make: Make) -> None:
        server = Forgetful(6, 3, 7, 12, 18)
        assert [job.id for job in jobs(client(make, API, transport=server.transport), services=V1)] == list("123456")

    def test_a_token_that_is_never_good_ends_in_what_the_service_says(self, make: Make) -> None:
        server = Forgetful(4, *range(2, 100, 2))
        found: list[Page] = []
        with pytest.raises(FilterRefused) as raised:
            pages(client(make, API, transport=server.transport), None, found.append, services=V1)
        assert str(raised.value) == "modeling-v1: token expired (400 Expired)"
        assert [[job.id for job in page] for page in found] == [["1"], [], []]
        assert server.asked == 6

    def test_a_refused_first_page_is_no_forgotten_one(self, make: Make) -> None:
        asked: list[object] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return httpx.Response(400, json={"error": {"message": "no"}})

        with pytest.raises(BadRequest):
            jobs(client(make, API, transport=httpx.MockTransport(answer)), services=V1)
        assert len(asked) == 1

    def test_another_error_is_no_forgotten_token(self, make: Make) -> None:
        server = Forgetful(4, 3, status=404)
        with pytest.raises(NotFound):
            jobs(client(make, API, transport=server.transport), services=V1)
        assert server.asked == 3

    def test_by_the_time_that_it_is_resumed(self, make: Make) -> None:
        server = Forgetful(4, 4)
        stopped = first_pages(client(make, API, transport=server.transport, max_in_flight=1), 2, services=V1)
        server.asked = 3

        def resumed(**seen: Any) -> list[str]:
            c = client(make, API, transport=server.transport)
            return names(pages(c, services=V1, resume=stopped[-1].resume, **seen))

        assert resumed(seen=names(stopped)) == ["modeling-v1/3", "modeling-v1/4"]
        assert resumed() == [f"modeling-v1/{number}" for number in "1234"]

    def test_several_lists_in_the_emulator(self, make: Make) -> None:
        app = App(JOBS, faults=Faults(continuation_expired=0.3, expirations=3, shift=0.3, added=5, seed=4))
        f = (F.itwin_id == ITWINS[0]) | (F.state == "Success")
        out = names(pages(client(make, API, transport=httpx.ASGITransport(app)), f, page_size=5))
        calm = client(make, API, transport=httpx.ASGITransport(App(JOBS)))
        added = {f"{job.service}/{job.raw['id']}" for job in app.added}
        assert len(out) == len(set(out))
        assert set(out) - added == {str(job) for job in jobs(calm, f)}
        assert any(exchange.fault == "continuation_expired" for exchange in app.requests)
