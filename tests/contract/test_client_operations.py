"""What is done with one job: the requests as they are sent, the answers, and what may be sent again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reality_jobs import Job
from reality_jobs.client import Client, creating
from reality_jobs.diagnostics import quoted
from reality_jobs.emulator.faults import Faults
from reality_jobs.emulator.generate import generate
from reality_jobs.emulator.serve import Emulator
from reality_jobs.errors import (
    BadRequest,
    Conflict,
    InvalidSpec,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    ServiceError,
    ServiceUnavailable,
)
from tests.contract.both import TOKEN, Make, client, do, each
from tests.contract.fake_clock import FakeClock
from tests.contract.liar import Liar, Reply, json_reply, liar

ID = "cc3d35cc-416a-4262-9714-b359da70b419"
V1 = f"modeling-v1/{ID}"
V2 = f"modeling-v2/{ID}"
RAW = {"id": ID, "type": "Full", "state": "active"}

CREATION = {
    "type": "Full",
    "name": "Lee's quarry",
    "workspaceId": "6881117d-9fd2-4900-870b-9b721dc90f25",
    "inputs": [{"id": "58e0c0ca-f730-4e5b-808d-1c8cacacb4d4"}],
    "settings": {"quality": "Extra", "outputs": ["OBJ"]},
}
ITWIN = "dc72e0b8-b6d6-4a35-9f5b-0a3f5b7f8a3f"
CREATION_V2 = {
    "type": "ContextSceneTiler",
    "iTwinId": ITWIN,
    "specifications": {"inputs": {"scene": ID}, "options": {"objectToTile": "Cameras"}},
}


def job(**more: object) -> Reply:
    return json_reply({"job": RAW | more})


def refused(status: int, code: str, message: str = "no") -> Reply:
    return json_reply({"error": {"code": code, "message": message}}, status)


def sent(server: Liar) -> list[tuple[str, str, object]]:
    return [(a.method, a.target, json.loads(a.body) if a.body else None) for a in server.asked]


def patient(make: Make, url: str) -> Any:
    return client(make, url, retries=2, clock=FakeClock().clock)


@each
@pytest.mark.parametrize(
    ("named", "path", "accept"),
    [
        (V1, f"/contextcapture/jobs/{ID}", "application/vnd.bentley.itwin-platform.v1+json"),
        (V2, f"/reality-modeling/jobs/{ID}", "application/vnd.bentley.itwin-platform.v2+json"),
        (f" conversion-v2/{ID}\n", f"/reality-conversion/jobs/{ID}", "application/vnd.bentley.itwin-platform.v2+json"),
        (Job("modeling-v1", RAW), f"/contextcapture/jobs/{ID}", "application/vnd.bentley.itwin-platform.v1+json"),
        ("modeling-v1/a b?é", "/contextcapture/jobs/a%20b%3F%C3%A9", "application/vnd.bentley.itwin-platform.v1+json"),
    ],
)
def test_a_job_is_asked_for_by_its_service_and_id(make: Make, named: str | Job, path: str, accept: str) -> None:
    own = named.id if isinstance(named, Job) else named.strip().partition("/")[2]
    with liar([job(id=own)]) as server:
        found = do(client(make, server.url), lambda c: c.get(named))
    assert found.id == own
    assert str(found).partition("/")[0] in str(named)
    assert sent(server) == [("GET", path, None)]
    assert (server.asked[0].headers["accept"], server.asked[0].headers["authorization"]) == (accept, f"Bearer {TOKEN}")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (
            ID,
            "a job is named by its service and id, as in 'modeling-v1/cc3d35cc-416a-4262-9714-b359da70b419', not "
            "'cc3d35cc-416a-4262-9714-b359da70b419'",
        ),
        (
            "modelling-v1/x",
            "unknown service 'modelling-v1'; the services are modeling-v1, modeling-v2, conversion-v2, conversion-v1, "
            "analysis-v1, analysis-v2",
        ),
        *(
            (
                f"modeling-v1/{odd}",
                "a job is named by its service and id, as in 'modeling-v1/cc3d35cc-416a-4262-9714-b359da70b419', not "
                f"{shown}",
            )
            for odd, shown in (
                ("", "'modeling-v1/'"),
                ("..", "'modeling-v1/..'"),
                ("a/b", "'modeling-v1/a/b'"),
                ("x" * 1001, quoted(f"modeling-v1/{'x' * 1001}")),
                ("a\x00b", r"'modeling-v1/a\x00b'"),
            )
        ),
        (Job(None, RAW), "a job of no known service cannot be asked for"),
        (Job("modeling-v1", {}), "a job without an id cannot be asked for"),
    ],
)
@each
def test_what_names_no_job_is_refused_before_anything_is_sent(make: Make, named: str | Job, message: str) -> None:
    with liar([]) as server, pytest.raises(ValueError) as caught:  # noqa: PT011
        do(client(make, server.url), lambda c: c.cancel(named))
    assert str(caught.value) == message
    assert server.asked == []


@pytest.mark.parametrize(
    ("work", "request_sent"),
    [
        (lambda c: c.submit(V1), ("PATCH", f"/contextcapture/jobs/{ID}", {"state": "Active"})),
        (lambda c: c.cancel(V1), ("PATCH", f"/contextcapture/jobs/{ID}", {"state": "Cancelled"})),
        (lambda c: c.cancel(V2), ("DELETE", f"/reality-modeling/jobs/{ID}", None)),
    ],
)
@each
def test_a_change_gives_the_job_after_it(
    make: Make, work: Callable[[Any], Any], request_sent: tuple[str, str, object]
) -> None:
    with liar([job(state="other")]) as server:
        assert do(client(make, server.url), work).state == "other"
    assert sent(server) == [request_sent]
    assert server.asked[0].headers.get("content-type") == (None if request_sent[2] is None else "application/json")


@each
def test_a_change_without_a_body_is_looked_up(make: Make) -> None:
    with liar([Reply(204, b"", {}), job(state="cancelled")]) as server:
        assert do(client(make, server.url), lambda c: c.cancel(V1)).state == "cancelled"
    assert [a.method for a in server.asked] == ["PATCH", "GET"]


@each
def test_delete(make: Make) -> None:
    with liar([Reply(204, b"", {})]) as server:
        assert do(client(make, server.url), lambda c: c.delete(V1)) is None
    assert sent(server) == [("DELETE", f"/contextcapture/jobs/{ID}", None)]


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda c: c.submit(V2), f"{V2}: jobs of Reality Modeling v2 are submitted when they are created"),
        (lambda c: c.delete(V2), f"{V2}: jobs of Reality Modeling v2 are never deleted; cancel ends one that runs"),
    ],
)
@each
def test_what_a_service_has_not_is_refused_before_anything_is_sent(
    make: Make, work: Callable[[Any], Any], message: str
) -> None:
    with liar([]) as server, pytest.raises(ValueError) as caught:  # noqa: PT011
        do(client(make, server.url), work)
    assert str(caught.value) == message
    assert server.asked == []


@pytest.mark.parametrize(
    ("reply", "kind", "message"),
    [
        (
            refused(404, "JobNotFound", "Requested job is not available."),
            NotFound,
            f"modeling-v1: job {ID}: Requested job is not available. (404 JobNotFound)",
        ),
        (
            refused(422, "InvalidChange", "The job is about to complete."),
            Conflict,
            f"modeling-v1: job {ID}: The job is about to complete. (422 InvalidChange)",
        ),
        (
            json_reply(
                {
                    "error": {
                        "code": "InvalidContextCaptureRequest",
                        "message": "Cannot update job.",
                        "details": [{"code": "InvalidChange", "message": "The job is not active.", "target": "state"}],
                    }
                },
                422,
            ),
            Conflict,
            f"modeling-v1: job {ID}: Cannot update job. (422 InvalidContextCaptureRequest)\n"
            "  The job is not active. [state]",
        ),
        (refused(422, "Other"), BadRequest, f"modeling-v1: job {ID}: no (422 Other)"),
        (
            json_reply({"jobs": []}),
            ServiceUnavailable,
            "modeling-v1: answered with JSON that holds no 'job' where a job was due (200)",
        ),
        (
            job(id="other"),
            ServiceUnavailable,
            f"modeling-v1: answered with job 'other' where '{ID}' was due (200)",
        ),
        (
            job(id=None),
            ServiceUnavailable,
            f"modeling-v1: answered with job one without an id where '{ID}' was due (200)",
        ),
        (
            Reply(200, b'{"job": {'),
            ServiceUnavailable,
            "modeling-v1: answered with a body that is not the JSON it says: Input data was truncated (200)",
        ),
    ],
)
@each
def test_refusals(make: Make, reply: Reply, kind: type[ServiceError], message: str) -> None:
    with liar([reply]) as server, pytest.raises(ServiceError) as caught:
        do(client(make, server.url), lambda c: c.cancel(V1))
    assert type(caught.value) is kind
    assert str(caught.value) == message


class TestLostAnswersOfChanges:
    """A change names the state to be in, so it is sent again; a refusal may then be its own doing."""

    @each
    def test_what_was_done_is_no_conflict(self, make: Make) -> None:
        with liar([Reply(drop=True), refused(422, "InvalidChange"), job(state="TerminatingOnCancel")]) as server:
            done = do(patient(make, server.url), lambda c: c.cancel(V2))
        assert done.state == "TerminatingOnCancel"
        assert [a.method for a in server.asked] == ["DELETE", "DELETE", "GET"]

    @each
    def test_what_was_not_done_is_one(self, make: Make) -> None:
        with (
            liar([Reply(drop=True), refused(422, "InvalidChange"), job(state="Success")]) as server,
            pytest.raises(Conflict),
        ):
            do(patient(make, server.url), lambda c: c.cancel(V2))

    @each
    def test_a_conflict_at_once_is_one(self, make: Make) -> None:
        with liar([refused(422, "InvalidChange"), job(state="cancelled")]) as server, pytest.raises(Conflict):
            do(patient(make, server.url), lambda c: c.cancel(V1))
        assert len(server.asked) == 1

    @each
    def test_submit(self, make: Make) -> None:
        with liar([Reply(drop=True), refused(422, "InvalidChange"), job(state="active")]) as server:
            assert do(patient(make, server.url), lambda c: c.submit(V1)).state == "active"

    @each
    def test_what_is_gone_was_deleted(self, make: Make) -> None:
        with liar([Reply(503), refused(404, "JobNotFound")]) as server:
            assert do(patient(make, server.url), lambda c: c.delete(V1)) is None

    @each
    def test_another_404_is_told(self, make: Make) -> None:
        with liar([Reply(503), refused(404, "ResourceNotFound")]) as server, pytest.raises(NotFound):
            do(patient(make, server.url), lambda c: c.delete(V1))

    @pytest.mark.parametrize("state", ["cancelled", "unsubmitted", None])
    @each
    def test_what_was_not_submitted_is_a_conflict(self, make: Make, state: str | None) -> None:
        replies = [Reply(drop=True), refused(422, "InvalidChange"), job(state=state)]
        with liar(replies) as server, pytest.raises(Conflict):
            do(patient(make, server.url), lambda c: c.submit(V1))

    @each
    def test_what_never_was_there_was_not(self, make: Make) -> None:
        with liar([refused(404, "JobNotFound")]) as server, pytest.raises(NotFound):
            do(patient(make, server.url), lambda c: c.delete(V1))


class TestProgressAndMessages:
    @pytest.mark.parametrize(
        ("named", "body"),
        [
            (V1, {"jobProgress": {"percentage": 56, "state": "Active", "step": "Reconstruction"}}),
            (V2, {"progress": {"percentage": 56, "state": "Active", "step": "Reconstruction"}}),
        ],
    )
    @each
    def test_progress(self, make: Make, named: str, body: dict[str, object]) -> None:
        with liar([json_reply(body)]) as server:
            told = do(client(make, server.url), lambda c: c.progress(named))
        assert (told.percentage, told.state, told.step) == (56, "Active", "Reconstruction")
        assert server.paths[0].endswith(f"/jobs/{ID}/progress")

    @each
    def test_messages_of_v2_are_asked_for(self, make: Make) -> None:
        told = {"errors": [{"code": "E1", "title": "t", "message": "m", "params": []}], "warnings": []}
        with liar([json_reply({"messages": told})]) as server:
            messages = do(client(make, server.url), lambda c: c.messages(V2))
        assert [error.code for error in messages.errors] == ["E1"]
        assert server.paths == [f"/reality-modeling/jobs/{ID}/messages"]

    @pytest.mark.parametrize(
        ("record", "codes"),
        [
            ({"executionInformation": {"warnings": [{"code": "W1"}], "errors": None}}, ["W1"]),
            ({"executionInformation": {}}, []),
            ({}, []),
        ],
    )
    @each
    def test_messages_of_v1_are_in_the_record(self, make: Make, record: dict[str, object], codes: list[str]) -> None:
        with liar([job(**record)]) as server:
            messages = do(client(make, server.url), lambda c: c.messages(V1))
        assert [warning.code for warning in messages.warnings or ()] == codes
        assert messages.errors is None
        assert server.paths == [f"/contextcapture/jobs/{ID}"]


class TestCreate:
    @pytest.mark.parametrize(
        ("body", "service", "path"),
        [
            (CREATION, "modeling-v1", "/contextcapture/jobs"),
            (CREATION_V2, "conversion-v2", "/reality-conversion/jobs"),
        ],
    )
    @each
    def test_what_is_sent_is_what_was_given(self, make: Make, body: dict[str, object], service: str, path: str) -> None:
        with liar([json_reply({"job": RAW}, 201)]) as server:
            created = do(client(make, server.url), lambda c: c.create(body, service))
        assert (created.service, created.raw) == (service, RAW)
        assert sent(server) == [("POST", path, body)]
        assert creating(body, service).path == path

    @each
    def test_wrong_creations_are_refused_before_anything_is_sent(self, make: Make) -> None:
        wrong = CREATION | {
            "type": "Fill",
            "name": 5,
            "inputs": [{}],
            "settings": {"quality": "Best", "processingEngines": -1, "outputs": ["OBJ"]},
            "worksapceId": "x",
        }
        with liar([]) as server, pytest.raises(InvalidSpec) as caught:
            do(client(make, server.url), lambda c: c.create(wrong, "modeling-v1"))
        assert str(caught.value).split("\n") == [
            "$.inputs[0].id: is missing",
            "$.name: expected text, found the number 5",
            "$.settings.processingEngines: expected a number from 0, found -1",
            "$.settings.quality: expected one of Draft, Medium, Extra, found 'Best'",
            "$.type: expected one of Full, Calibration, Reconstruction, found 'Fill'",
            "$.worksapceId: is no published key; those are type, name, workspaceId, inputs, settings, "
            "costEstimationParameters",
        ]
        assert server.asked == []

    @pytest.mark.parametrize(
        ("spec", "service", "message"),
        [
            (
                CREATION,
                None,
                "which service creates the job? service= is one of modeling-v1, modeling-v2, conversion-v2, "
                "conversion-v1, analysis-v2",
            ),
            (
                CREATION,
                "analysis-v1",
                "no creation is published for analysis-v1; it is for modeling-v1, modeling-v2, conversion-v2, "
                "conversion-v1, analysis-v2",
            ),
        ],
    )
    def test_the_service_is_needed(self, spec: dict[str, object], service: str | None, message: str) -> None:
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            creating(spec, service)
        assert str(caught.value) == message

    @pytest.mark.parametrize("odd", [{None: 1}, {"\ud800": 1}, type("Odd", (float,), {})(1.5), object()])
    def test_what_is_no_json_is_told(self, odd: object) -> None:
        body = CREATION_V2 | {"specifications": {"inputs": {"scene": ID}, "options": {"objectToTile": odd}}}
        with pytest.raises(InvalidSpec):
            creating(body, "conversion-v2")
        calibration = {"inputs": {"scene": ID, "more": odd}, "outputs": ["scene"]}
        with pytest.raises(InvalidSpec):
            creating(CREATION_V2 | {"type": "Calibration", "specifications": calibration}, "modeling-v2")

    @pytest.mark.parametrize(
        ("lost", "message"),
        [
            (Reply(drop=True), "broke off its answer, or sent what is no HTTP"),
            (Reply(503, b""), "answered with an empty body (503)"),
            (Reply(500, b"oops", {"Content-Type": "text/plain"}), "answered with text/plain: 'oops' (500)"),
            (Reply(201, b'{"job": '), "answered with a body that is not the JSON it says"),
            (Reply(201, b'{"job": {}}', claimed=100), "broke off its answer"),
            *(
                (json_reply({"job": odd}, 201), "answered with a created job without an id that can be asked for (201)")
                for odd in ({}, {"id": 5}, {"id": ""}, {"id": "a/b"})
            ),
            (Reply(303, b"", {"Location": "/elsewhere"}), "redirects to '/elsewhere'"),
            (Reply(201, b"x", {"Content-Encoding": "br"}), "though only gzip was asked for (201)"),
        ],
    )
    @each
    def test_it_is_never_sent_again_where_it_may_have_arrived(self, make: Make, lost: Reply, message: str) -> None:
        with liar([lost, job()]) as server, pytest.raises(OutcomeUnknown) as caught:
            do(patient(make, server.url), lambda c: c.create(CREATION, "modeling-v1"))
        assert len(server.asked) == 1
        assert message in str(caught.value)
        assert caught.value.look_for == (
            "name eq 'Lee''s quarry' and type eq 'Full' and createdDateTime ge 2026-01-01T11:55:00Z"
        )
        assert str(caught.value).endswith(
            "\n  the job may have been created, so the request was not sent again; asked of modeling-v1, "
            "this filter finds it if it was:\n"
            "  name eq 'Lee''s quarry' and type eq 'Full' and createdDateTime ge 2026-01-01T11:55:00Z"
        )

    @each
    def test_the_itwin_is_looked_in(self, make: Make) -> None:
        with liar([Reply(drop=True)]) as server, pytest.raises(OutcomeUnknown) as caught:
            do(patient(make, server.url), lambda c: c.create(CREATION_V2, "conversion-v2"))
        assert caught.value.look_for == (
            "iTwinId eq dc72e0b8-b6d6-4a35-9f5b-0a3f5b7f8a3f and type eq 'ContextSceneTiler' "
            "and createdDateTime ge 2026-01-01T11:55:00Z"
        )

    @each
    def test_it_is_sent_again_where_it_was_asked_too_often(self, make: Make) -> None:
        with liar([refused(429, "RateLimitExceeded"), json_reply({"job": RAW}, 201)]) as server:
            assert do(patient(make, server.url), lambda c: c.create(CREATION, "modeling-v1")).id == ID
        assert len(server.asked) == 2

    @each
    def test_asked_too_often_to_the_end_it_was_not_created(self, make: Make) -> None:
        with liar([refused(429, "RateLimitExceeded")] * 3) as server, pytest.raises(RateLimited):
            do(patient(make, server.url), lambda c: c.create(CREATION, "modeling-v1"))
        assert len(server.asked) == 3

    @each
    def test_without_a_connection_it_was_not_created(self, make: Make) -> None:
        with liar([]) as server:
            url = server.url
        with pytest.raises(ServiceUnavailable) as caught:
            do(patient(make, url), lambda c: c.create(CREATION, "modeling-v1"))
        assert type(caught.value) is ServiceUnavailable

    @each
    def test_what_the_service_refuses_is_told(self, make: Make) -> None:
        body = {
            "error": {
                "code": "InvalidContextCaptureRequest",
                "message": "Cannot create job.",
                "details": [{"code": "InvalidParameter", "message": "Invalid 'type' parameter."}],
            }
        }
        with liar([json_reply(body, 422)]) as server, pytest.raises(BadRequest) as caught:
            do(patient(make, server.url), lambda c: c.create(CREATION, "modeling-v1"))
        assert str(caught.value) == (
            "modeling-v1: Cannot create job. (422 InvalidContextCaptureRequest)\n  Invalid 'type' parameter."
        )
        assert len(server.asked) == 1


@pytest.mark.parametrize("seed", range(8))
def test_what_was_lost_is_found_if_it_is_there(seed: int) -> None:
    """On an emulator that loses answers, some before it has made the job and some after."""
    there = generate(30, 1)
    itwins = [str(job.raw["iTwinId"]) for job in there if job.service == "conversion-v2"]
    emulator = Emulator(there, faults=Faults(reset=0.4, server_error=0.2, cut=0.2, seed=seed))
    options = {"retries": 20, "deadline": None, "clock": FakeClock().clock}
    found = set()
    with emulator.running() as url, Client("any", base_url=url, **options) as c:  # type: ignore[arg-type]
        for number in range(5):
            named = {"name": f"number {number}", "iTwinId": itwins[0]}
            try:
                c.create(CREATION_V2 | named, "conversion-v2")
            except OutcomeUnknown as error:
                found.add(len(list(c.jobs(error.look_for, services=[error.service]))))
    assert found
    assert found <= {0, 1}
