"""Both clients against the emulator: every job that a filter finds comes out, once, whatever the pages look like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from reality_jobs import F, Filter, Job, services
from reality_jobs.errors import FilterRefused, NotFound, RateLimited, ServiceError, Unauthorized

pytest.importorskip("uvicorn")
from reality_jobs.emulator.generate import StoredJob, generate
from reality_jobs.emulator.serve import running
from tests.contract.both import Make, client, each, jobs

JOBS = generate(900, seed=7)
USER, _ = Counter(job.user_id for job in JOBS).most_common(1)[0]
ALL = tuple(services.ALL)
SAMPLES = [Job(job.service, job.raw) for job in JOBS]
ITWIN, _ = Counter(job.itwin_id for job in SAMPLES if job.itwin_id).most_common(1)[0]
INPUT, _ = Counter(i for job in SAMPLES for i in job.input_ids).most_common(1)[0]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(JOBS) as base:
        yield base


def key(job: Job) -> tuple[str | None, str | None]:
    return job.service, job.id


def expected(f: Filter | None, names: tuple[str, ...], scope: str | None = None) -> list[tuple[str | None, str | None]]:
    """From the stored jobs, by the predicate: the user's own, or those of an iTwin."""

    def seen(stored: StoredJob) -> bool:
        job = Job(stored.service, stored.raw)
        visible = stored.user_id == USER if scope is None else job.itwin_id == scope
        return stored.service in names and visible and (f is None or f.matches(job))

    return sorted((job.service, str(job.raw["id"])) for job in JOBS if seen(job))


def listed(make: Make, url: str, f: Filter | None, names: tuple[str, ...], page_size: int = 100) -> list[object]:
    found = jobs(client(make, url, USER, on_mismatch="raise"), f, services=names, page_size=page_size)
    return sorted(map(key, found))  # type: ignore[type-var]


@each
@pytest.mark.parametrize("page_size", [2, 7, 100, 1000])
@pytest.mark.parametrize("names", [services.DEFAULT, ALL], ids=["default", "all"])
def test_all_own_jobs(make: Make, url: str, names: tuple[str, ...], page_size: int) -> None:
    found = listed(make, url, None, names, page_size)
    assert found == expected(None, names)
    assert len(found) > 20


FILTERS = [
    F.state == "Success",
    F.state != "Success",
    F.state.in_(["failed", "Cancelled"]) & (F.created_date_time >= "2025-06-01T00:00:00Z"),
    (F.type == "Calibration") | (F.type == "PointCloudConversion"),
    F.name == "no such name",
    F.input_id == INPUT,
    F.input_id.in_([INPUT, "dc720f05-e5f7-448b-ae06-765de46f0af1"]) | (F.state == "Failed"),
    ~(F.input_id == INPUT) & (F.state == "Success"),
    F.output_id == None,  # noqa: E711
    F.id.in_([str(job.raw["id"]) for job in JOBS]),
    F.name.in_(["R&D", "a+b", "100%41", "#1", "O'Brien"]) | (F.state == "Active"),
]


@each
@pytest.mark.parametrize("f", FILTERS, ids=lambda f: str(f)[:60])
@pytest.mark.parametrize("page_size", [3, 100])
def test_filters(make: Make, url: str, f: Filter, page_size: int) -> None:
    assert listed(make, url, f, ALL, page_size) == expected(f, ALL)


@each
def test_an_itwin_widens_the_search_to_its_jobs(make: Make, url: str) -> None:
    f = (F.itwin_id == ITWIN) & (F.state == "Success")
    found = listed(make, url, f, ALL, 3)
    assert found == expected(f, ALL, ITWIN)
    assert found


@each
@pytest.mark.parametrize("shape", ["absent", "empty", "null", "null-next", "tokenless"])
def test_every_shape_of_a_last_page(make: Make, shape: str) -> None:
    with running(JOBS, last_page=shape) as url:  # type: ignore[arg-type]
        assert listed(make, url, None, ALL, 50) == expected(None, ALL)


def refusal(make: Make, url: str, f: Filter | None, token: str = USER) -> ServiceError:
    with pytest.raises(ServiceError) as raised:
        jobs(client(make, url, token), f, order="service")
    return raised.value


@each
def test_what_the_services_refuse(make: Make, url: str) -> None:
    unknown = refusal(make, url, F.itwin_id == "dc720f05-e5f7-448b-ae06-765de46f0af1")
    assert (type(unknown), unknown.status, unknown.code) == (NotFound, 404, "iTwinNotFound")
    assert unknown.correlation_id
    expired = refusal(make, url, None, "expired")
    assert (type(expired), expired.status, expired.code) == (Unauthorized, 401, "Unauthorized")


@each
def test_a_bad_page_size_of_the_service_is_a_refused_request(make: Make) -> None:
    with running(JOBS, max_top=50) as url:
        error = refusal(make, url, None)
    assert (type(error), error.status, error.code) == (FilterRefused, 422, "InvalidRealityModelingRequest")
    assert str(error).splitlines()[:2] == [
        "modeling-v1: Cannot find jobs. (422 InvalidRealityModelingRequest)",
        "  The $top query parameter value must be a positive integer that does not exceed 50. [$Top]",
    ]


@each
def test_the_rate_limit_tells_how_long_to_wait(make: Make) -> None:
    with running(JOBS, rate=1, now=lambda: 1000.0) as url:
        error = refusal(make, url, None)
    assert isinstance(error, RateLimited)
    assert (error.code, error.retry_after) == ("RateLimitExceeded", 60.0)
