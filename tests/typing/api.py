"""The public names as a typed program uses them. Read by type checkers only: every line must pass."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from enum import StrEnum
from typing import assert_type
from uuid import UUID

import httpx

from reality_jobs import (
    BadRequest,
    F,
    Filter,
    FilterRefused,
    InvalidFilter,
    InvalidRecord,
    InvalidSpec,
    Job,
    NotFound,
    OutcomeUnknown,
    PagingError,
    Problem,
    RateLimited,
    RealityJobsError,
    ServiceError,
    ServiceUnavailable,
    Unanswerable,
    Unauthorized,
    complete,
    parse,
    problems,
    read_export,
    services,
)
from reality_jobs.client import (
    AsyncClient,
    AsyncJobs,
    Call,
    Client,
    ClientCredentials,
    Clock,
    Jobs,
    Options,
    Page,
    PageEvent,
    RequestEvent,
    Status,
)
from reality_jobs.records.models import Messages, Progress
from reality_jobs.records.models import conversion_v2 as models


class State(StrEnum):
    DONE = "Success"


ids: list[str] = ["dc720f05-e5f7-448b-ae06-765de46f0af1"]
keys: set[UUID] = set(map(UUID, ids))
mixed: tuple[str | UUID | None, ...] = (*ids, *keys, None)
moment = datetime(2026, 1, 1, tzinfo=UTC)
records: list[Mapping[str, object]] = [{"id": ids[0]}]
record = records[0]

# Every comparison is a filter.

assert_type(F.state == "Success", Filter)
assert_type(F.state != State.DONE, Filter)
assert_type(F.type >= "Full", Filter)
assert_type(F.id == UUID(ids[0]), Filter)
assert_type(F.itwin_id != None, Filter)  # noqa: E711
assert_type(F.name < "m", Filter)
assert_type(F.email <= "m", Filter)
assert_type("m" < F.name, Filter)  # noqa: SIM300
assert_type(F.created_date_time >= moment, Filter)
assert_type(moment > F.created_date_time, Filter)
assert_type(F.created_date_time == "2024-06-24T13:00:00.1234567Z", Filter)
assert_type(F.input_id.in_(ids), Filter)
assert_type(F.output_id.in_(keys), Filter)
assert_type(F.id.in_(mixed), Filter)
assert_type(F.state.in_(State), Filter)
assert_type(F.state.in_([]), Filter)
assert_type(F.name.in_(name.lower() for name in ids), Filter)
assert_type(F.created_date_time.in_([moment, "2024-06-24T13:00Z", None]), Filter)

# Filters combine into filters.

f = (F.state == "Success") & (F.created_date_time >= moment) & F.input_id.in_(ids)
assert_type(f, Filter)
assert_type(f | f, Filter)
assert_type(~f, Filter)
assert_type(f == parse(str(f)), bool)
assert_type(parse("state eq 'Success'", max_length=100, max_nesting=10), Filter)
assert_type(hash(f), int)
assert_type({f: 1}, dict[Filter, int])

# What a filter is for.

assert_type(f.text(), str)
assert_type(f.text("modeling-v1"), str)
assert_type(f.matches(record), bool)
assert_type(f.matches(Job.of(record), service="modeling-v2", missing="null"), bool)
assert_type(f.predicate("modeling-v2"), Callable[[Mapping[str, object] | Job], bool])
assert_type(list(filter(f.predicate(missing="null"), records)), list[Mapping[str, object]])
assert_type(f.select(records, "modeling-v1"), Iterator[Mapping[str, object]])

plan = f.plan(["modeling-v1", "modeling-v2"], max_requests=8, max_url=4_096)
assert_type(str(plan), str)
for part in plan.services:
    assert_type(part.service.name, str)
    assert_type(part.refused, RealityJobsError | None)
    for request in part.requests:
        assert_type(request.filter, str)
        assert_type(request.itwin_id, str | None)
        if request.residual is not None:
            assert_type(Filter(request.residual), Filter)

# Texts and their problems.

found = problems("state eq Success", service="modeling-v1")
assert_type(found, tuple[Problem, ...])
for problem in found:
    assert_type(problem.code, str)
    assert_type(problem.span.start, int)
    assert_type(problem.hint, str | None)
    assert_type(problem.replacement, str | None)
    assert_type(problem.render("state eq Success"), str)
for completion in complete("sta", 3):
    assert_type(completion.text, str)

# Jobs, saved and live.


def shown(job: Job) -> str:
    assert_type(job.service, str | None)
    assert_type(job.id, str | None)
    assert_type(job.itwin_id, str | None)
    assert_type(job.created_date_time, datetime | None)
    assert_type(job.created_ticks, int | None)
    assert_type(job.input_ids, tuple[str, ...])
    assert_type(job.raw, Mapping[str, object])
    return f"{job.name} {job.email} {job.user_id} {job.type} {job.state} {job.output_ids}"


for saved in read_export("jobs.ndjson", where=f):
    shown(saved)

with Client(token="secret", base_url="https://api.bentley.com") as client:  # noqa: S106
    for job in client.jobs(f, services=("modeling-v1", "conversion-v2"), page_size=100):
        shown(job)
    assert_type(client.jobs(), Jobs)
    with client.jobs("state eq 'Success'", order="service", missing="null", prune=False, max_requests=8) as jobs:
        assert_type(next(iter(jobs)), Job)
    for page in client.jobs(max_url=4_000).pages(resume=None, seen=["modeling-v1/a"]):
        assert_type(page, Page)
        assert_type((page.service, page.jobs, page.resume), tuple[str, tuple[Job, ...], str])
    creation = models.ConversionV2Creation(
        type="ContextSceneTiler",
        itwin_id="dc720f05-e5f7-448b-ae06-765de46f0af1",
        specifications=models.ContextSceneTilerCreation(
            inputs=models.ContextSceneTilerInputs(scene="8c2c7a5c-52cf-4a4e-9b1e-0d7d3a0c6c2e")
        ),
    )
    created = client.create(creation)
    assert_type(created, Job)
    assert_type(client.create({"type": "Full"}, "modeling-v1"), Job)
    for changed in (client.get("modeling-v2/a"), client.submit(created), client.cancel(created)):
        assert_type(changed, Job)
    client.delete(created)
    assert_type(client.progress(created), Progress)
    assert_type(client.messages(created), Messages)
    assert_type(client.status(created), Status)
    for status in client.watch(created, "modeling-v2/a", every=1):
        assert_type(status, Status)
        assert_type((status.percentage, status.job, status.ended), tuple[float | None, Job | None, bool])
    with client.watch_all(f, services=["modeling-v2"]) as watch:
        assert_type(next(watch), Status)
    assert_type(client.wait([created, "modeling-v2/a"], timeout=60), list[Job])


def told(event: RequestEvent | PageEvent) -> None:
    assert_type(event.service, str)


async def main() -> None:
    who = ClientCredentials("id", "secret", token_url="https://ims.bentley.com/connect/token")  # noqa: S106
    options: Options = {"timeout": 10, "retries": 0, "deadline": None, "max_in_flight": 8, "rate": [(500, 60)]}
    async with AsyncClient(who, **options) as client:
        assert_type(client.jobs(), AsyncJobs)
        call: Call = {"page_size": 500, "order": "arrival"}
        async for job in client.jobs(f, **call):
            shown(job)
        async with client.jobs(f) as jobs, aclosing(jobs.pages()) as pages:
            async for page in pages:
                assert_type(page, Page)
        assert_type(await client.create(creation), Job)
        assert_type(await client.cancel("modeling-v2/a"), Job)
        assert_type(await client.wait(["modeling-v2/a"]), list[Job])
        async for status in client.watch("modeling-v2/a"):
            assert_type(status, Status)
        async with client.watch_all("state eq 'Active'", every=1) as watch:
            assert_type(await anext(watch), Status)


async def fetched() -> str:
    return "token"


AsyncClient(fetched, on_mismatch="raise", on_request=told, on_page=told)
Client(lambda: "token", rate="community", clock=Clock())
Client(httpx.BasicAuth("name", "secret"))

assert_type(services.get("modeling-v1"), services.Service)
assert_type(services.DEFAULT, tuple[str, ...])

# Errors carry data.

try:
    parse("")
except InvalidFilter as error:
    assert_type(error.source, str)
    assert_type(error.problems, tuple[Problem, ...])
except Unanswerable as error:
    assert_type((error.property, error.service), tuple[str, str])
except InvalidRecord as error:
    assert_type((error.path, error.file, error.line), tuple[str | None, str | None, int | None])
except RateLimited as error:
    assert_type(error.retry_after, float | None)
except OutcomeUnknown as error:
    assert_type(error.look_for, str | None)
except InvalidSpec as error:
    assert_type(error.problems, tuple[tuple[str, str], ...])
except (Unauthorized, NotFound, ServiceUnavailable, FilterRefused, BadRequest, ServiceError) as error:
    assert_type(error.status, int | None)
    assert_type(error.correlation_id, str | None)
except PagingError as error:
    assert_type(error.service, str)
