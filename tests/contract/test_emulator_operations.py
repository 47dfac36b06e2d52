"""The emulator's operations on single jobs over real HTTP, held against the published pages, by the test's clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from reality_jobs.emulator.faults import Faults
from reality_jobs.emulator.generate import generate
from reality_jobs.records.models import structure
from tests.contract.desk import (
    ANY,
    BODIES,
    CODE,
    CREATED,
    GUID,
    INVALID,
    ITWIN,
    NO_JOB,
    NO_PROGRESS,
    NOBODY,
    NOON,
    SCENE,
    V1,
    V2,
    Answer,
    Desk,
    desk,
    generated,
    in_turn,
    refused,
    seconds,
)
from tests.contract.test_emulator import ADDRESS, BAD_TOKEN, NAMES, NO_HEADER, NO_OPERATION, USER


class TestCreated:
    def test_the_published_example_of_modeling_v1(self) -> None:
        with desk() as d:
            job = d.create("modeling-v1")
            assert d.job("modeling-v1", job["id"]) == job
        assert GUID.fullmatch(job.pop("id"))
        assert GUID.fullmatch(job.pop("iTwinId"))
        body = BODIES["modeling-v1"]
        assert job == {
            "name": body["name"],
            "type": "Full",
            "state": "unsubmitted",
            "createdDateTime": NOON,
            "lastModifiedDateTime": NOON,
            "location": "East US",
            "email": "nobody@example.com",
            "workspaceId": body["workspaceId"],
            "inputs": body["inputs"],
            "jobSettings": {
                "quality": "Extra",
                "outputs": [{"format": "OBJ", "id": None}, {"format": "3MX", "id": None}],
                "processingEngines": 5,
            },
            "costEstimationParameters": body["costEstimationParameters"],
            "estimatedCost": 4.0,
        }

    def test_conversion_v1(self) -> None:
        with desk(generate(50, seed=1)) as d:
            job = d.create("conversion-v1", costEstimationParameters={"megaPoints": 2.5})
        assert {key: job[key] for key in ("inputs", "outputs", "options", "costEstimation", "email", "dataCenter")} == {
            "inputs": [{"id": SCENE}],
            "outputs": [{"type": "OPC", "id": None}, {"type": "LAS", "id": None}],
            "options": {"merge": True},
            "costEstimation": {"megaPoints": 2.5, "estimatedCost": 2.5},
            "email": USER,
            "dataCenter": "EastUs",
        }

    @pytest.mark.parametrize("name", V2)
    def test_v2(self, name: str) -> None:
        with desk(generate(50, seed=1)) as d:
            job = d.create(name)
            assert d.job(name, job["id"].upper()) == job
        body = BODIES[name]
        specifications = job.pop("specifications")
        assert GUID.fullmatch(job.pop("id"))
        assert GUID.fullmatch(job.pop("userId"))
        assert job == {
            "name": body["name"],
            "type": body["type"],
            "state": "Queued",
            "iTwinId": ITWIN,
            "executionInfo": {"createdDateTime": "2026-11-23T12:00:00.0000000+00:00"},
        }
        assert specifications["inputs"] == body["specifications"]["inputs"]
        assert specifications.get("options") == body["specifications"].get("options")

    @pytest.mark.parametrize(
        ("name", "change", "outputs"),
        [
            # The scene comes unasked: the schema of the record requires it.
            ("modeling-v2", {}, {"report": "bkt:", "texturedTiePoints": "", "scene": ""}),
            ("analysis-v2", {}, {"objects2D": "", "locations3DAsNothingKnown": ""}),
            (
                "analysis-v2",
                {"type": "evalo2d", "specifications": {"inputs": {}, "outputs": ["Report"]}},
                {"report": "bkt:"},
            ),
        ],
    )
    def test_outputs_of_v2_are_there_from_the_start(
        self, name: str, change: dict[str, Any], outputs: dict[str, str]
    ) -> None:
        with desk() as d:
            job = d.create(name, **change)
            structure(job, name)
        made = job["specifications"]["outputs"]
        assert list(made) == list(outputs)
        assert all(
            made[key].startswith("bkt:") if start else GUID.fullmatch(made[key]) for key, start in outputs.items()
        )

    def test_a_type_is_spelt_as_the_service_does(self) -> None:
        with desk() as d:
            assert d.create("modeling-v2", type="CALIBRATION")["type"] == "Calibration"

    def test_exports_are_made_one_by_one(self) -> None:
        outputs = {"modelingReference": True, "exports": [{"format": "3MX", "name": "m"}, {"format": "OBJ"}]}
        with desk() as d:
            job = d.create(
                "modeling-v2",
                type="Reconstruction",
                specifications={"inputs": {"scene": SCENE}, "outputs": outputs},
            )
            structure(job, "modeling-v2")
        made = job["specifications"]["outputs"]
        places = [made["modelingReference"]["location"], *(export.pop("location") for export in made["exports"])]
        assert len({place for place in places if GUID.fullmatch(place)}) == 3
        assert made["exports"] == outputs["exports"]

    def test_a_feature_database_is_no_reality_data(self) -> None:
        with desk() as d:
            output = d.create("conversion-v2")["specifications"]["output"]
            other = d.create("conversion-v2", specifications={"inputs": {"vectors": [SCENE]}})
        assert output.startswith("fdb:")
        assert GUID.fullmatch(other["specifications"]["output"])

    @pytest.mark.parametrize("name", CREATED)
    def test_it_is_the_tokens_users_and_in_their_list(self, name: str) -> None:
        jobs = generate(200, seed=4)
        pilot = "pilot-1@example.com"
        user_id = next(s.user_id for s in jobs if s.email == pilot)
        with desk(jobs) as d:
            before = d.ids(name, token=pilot)
            job = d.create(name, token=pilot)
            assert job.get("userId", user_id) == user_id
            assert job.get("email", pilot) == pilot
            assert d.ids(name, token=pilot) == [*before, job["id"]]
            assert job["id"] in d.ids(name, f"email eq '{pilot}'", token=pilot)
            assert job["id"] not in d.ids(name)
            # Our choice: its iTwin is known from now on, and anyone may look at a job by its id.
            assert d.ids(name, f"iTwinId eq {job['iTwinId']}") == [job["id"]]
            assert d.job(name, job["id"]) == job

    def test_the_same_seed_makes_the_same_jobs(self) -> None:
        def made(seed: int) -> list[tuple[str, str, Any]]:
            with desk(seed=seed) as d:
                names = CREATED * 2
                ids = [d.submitted(name) for name in names]
                d.clock[0] += 400
                return [(i, d.job(name, i)["state"], d.progress(name, i)) for name, i in zip(names, ids, strict=True)]

        one, other = made(1), made(2)
        assert one == made(1)
        assert len({job_id for job_id, *_ in one + other}) == 4 * len(CREATED)
        assert [told[1:] for told in one] != [told[1:] for told in other]


class TestRefusedCreations:
    @pytest.mark.parametrize(
        ("name", "change", "paths"),
        [
            ("modeling-v1", {"type": "Fast"}, ["type"]),
            ("modeling-v1", {"name": 5, "inputs": [{"id": SCENE}, {}]}, ["inputs[1].id", "name"]),
            ("conversion-v1", {"outputs": ["OPC", "DOC"]}, ["outputs[1]"]),
        ],
    )
    def test_v1(self, name: str, change: dict[str, Any], paths: list[str]) -> None:
        details = [{"code": "InvalidParameter", "message": f"Invalid '{path}' parameter."} for path in paths]
        error = {"code": CODE[name], "message": "Cannot create job.", "details": details}
        with desk() as d:
            assert d("POST", name, body=BODIES[name] | change) == (422, {"error": error})
            assert d.ids(name) == []

    @pytest.mark.parametrize(
        ("name", "change", "reasons"),
        [
            ("modeling-v2", {"name": "no"}, {"name": "expected 3 to 256 characters, found 2"}),
            ("conversion-v2", {"iTwinId": None}, {"iTwinId": "expected text, found null"}),
            (
                "conversion-v2",
                {"specifications": {"inputs": {}, "options": {"outputFormat": "DOC"}}},
                {
                    "specifications.inputs.vectors": "is missing",
                    "specifications.options.outputFormat": "expected one of GeoJSON, FeatureDB, found 'DOC'",
                },
            ),
        ],
    )
    def test_v2(self, name: str, change: dict[str, Any], reasons: dict[str, str]) -> None:
        details = [
            {"code": "InvalidProperty", "message": f"Invalid value for property '{path}': {reason}.", "target": path}
            for path, reason in reasons.items()
        ]
        error = {"code": CODE[name], "message": INVALID[name], "details": details}
        with desk() as d:
            assert d("POST", name, body=BODIES[name] | change) == (400, {"error": error})
            assert d.ids(name) == []

    @pytest.mark.parametrize("name", CREATED)
    def test_a_body_that_is_none(self, name: str) -> None:
        with desk() as d:
            for body in (b"", b"{", b"[]", b'"x"', b"null", b"[" * 100_000, b'{"a":1e999}', b"\xff"):
                status, answer = d("POST", name, body=body)
                assert status == (400 if name in V2 else 422)
                (detail,) = answer["error"]["details"]
                if name in V1:
                    assert detail == {"code": "InvalidParameter", "message": "Invalid 'body' parameter."}
                else:
                    assert (detail["code"], detail["target"]) == ("InvalidProperty", "body")
                    assert detail["message"].startswith("Invalid value for property 'body': expected ")
            assert d.ids(name) == []


class TestChanges:
    @pytest.mark.parametrize("name", [name for name in CREATED if name in V2])
    @pytest.mark.parametrize("after", [0, 100])
    def test_v2_terminates_before_it_is_cancelled(self, name: str, after: float) -> None:
        with desk() as d:
            job_id = d.submitted(name)
            d.clock[0] += after
            before = d.job(name, job_id)
            wanted = (200, {"job": before | {"state": "TerminatingOnCancel"}})
            assert d("DELETE", name, f"/{job_id}") == wanted
            d.clock[0] += 5
            assert d("DELETE", name, f"/{job_id}") == wanted
            stopped = d.progress(name, job_id)
            seen = d.until_ended(name, job_id)
            ended = d.job(name, job_id)
            assert d("DELETE", name, f"/{job_id}") == refused(name, "", "The job has already ended.")
        assert stopped is not None
        assert stopped["state"] == "TerminatingOnCancel"
        assert in_turn(state for state, _ in seen) == ["TerminatingOnCancel", "Cancelled"]
        assert {p["percentage"] for _, p in seen if p} == {stopped["percentage"]}
        assert (stopped["percentage"] > 0) == (after > 0)
        info = ended["executionInfo"]
        assert ("startedDateTime" in info) == (after > 0)
        assert after + 10 <= seconds(info["createdDateTime"], info["endedDateTime"]) <= after + 30
        assert (info["processingUnits"] > 0) == (after > 0)

    @pytest.mark.parametrize("name", [name for name in CREATED if name in V1])
    def test_v1_is_cancelled_at_once(self, name: str) -> None:
        with desk() as d:
            job_id = d.create(name)["id"]
            unsubmitted = refused(name, "Cannot modify job.", "Cannot cancel a job that is not submitted.")
            assert d("PATCH", name, f"/{job_id}", {"state": "cancelled"}) == unsubmitted
            d("PATCH", name, f"/{job_id}", {"state": "active"})
            d.clock[0] += 200
            status, body = d("PATCH", name, f"/{job_id}", {"state": "Cancelled"})
            assert (status, body["job"]["state"]) == (200, "cancelled")
            assert body["job"] == d.job(name, job_id)
            assert body["job"]["lastModifiedDateTime"] == "2026-11-23T12:03:20Z"
            assert body["job"]["executionInformation"]["endedDateTime"] == "2026-11-23T12:03:20Z"
            d.clock[0] += 700
            assert d.job(name, job_id) == body["job"]
            ended = refused(name, "Cannot modify job.", "The job has already ended.")
            assert d("PATCH", name, f"/{job_id}", {"state": "cancelled"}) == ended

    @pytest.mark.parametrize("name", V1)
    def test_v1_is_submitted_once_and_deleted_before(self, name: str) -> None:
        jobs = generate(300, seed=2)
        again = refused(name, "Cannot modify job.", "Cannot resubmit an already submitted job.")
        reason = (
            "Submitted job cannot be deleted." if name == "analysis-v1" else "Cannot delete an already submitted job."
        )
        with desk(jobs) as d:
            for state in ("active", "success", "cancelled", "failed"):
                job_id = generated(name, state, jobs)
                assert d("PATCH", name, f"/{job_id}", {"state": "active"}) == again
                assert d("DELETE", name, f"/{job_id}") == refused(name, "Cannot delete job.", reason)
            job_id = generated(name, "unsubmitted", jobs)
            everything = d.ids(
                name, f"id eq {job_id} or {ANY}", token=next(s.email for s in jobs if s.raw["id"] == job_id)
            )
            assert job_id in everything
            assert d("DELETE", name, f"/{job_id}") == (204, None)
            for method, place in [("GET", ""), ("DELETE", ""), ("PATCH", "")]:
                assert d(method, name, f"/{job_id}{place}", {"state": "active"}) == (404, NO_JOB)
            assert d.progress(name, job_id) is None
            left = d.ids(name, f"id eq {job_id} or {ANY}", token=next(s.email for s in jobs if s.raw["id"] == job_id))
            assert left == [i for i in everything if i != job_id]

    def test_nothing_but_the_state_can_be_changed(self) -> None:
        detail = {"code": "InvalidParameter", "message": "Invalid 'state' parameter."}
        error = {"code": CODE["modeling-v1"], "message": "Cannot modify job.", "details": [detail]}
        wrong: tuple[object, ...] = (
            [],
            {},
            {"state": "success"},
            {"state": 1},
            {"state": "active", "name": "x"},
            {"settings": {}},
        )
        with desk() as d:
            job = d.create("modeling-v1")
            for body in wrong:
                assert d("PATCH", "modeling-v1", f"/{job['id']}", body) == (422, {"error": error})
            detail["message"] = "Invalid 'body' parameter."
            assert d("PATCH", "modeling-v1", f"/{job['id']}", b"") == (422, {"error": error})
            assert d.job("modeling-v1", job["id"]) == job


class TestNoSuchThing:
    @pytest.mark.parametrize("name", NAMES)
    def test_job(self, name: str) -> None:
        with desk(generate(20, seed=1)) as d:
            for job_id in (NOBODY, "x", "%2E%2E", "%3F", "a%0Ab"):
                assert d("GET", name, f"/{job_id}") == (404, NO_JOB)
                assert d("DELETE", name, f"/{job_id}") == (404, NO_JOB)
                assert d("GET", name, f"/{job_id}/progress") == (404, NO_PROGRESS[name])
                messages = d("GET", name, f"/{job_id}/messages")
                assert messages == (404, NO_JOB if name in V2 else NO_OPERATION)
                changed = d("PATCH", name, f"/{job_id}", {"state": "active"})
                assert changed == (404, NO_OPERATION if name in V2 else NO_JOB)

    @pytest.mark.parametrize("name", NAMES)
    def test_operation(self, name: str) -> None:
        jobs = generate(100, seed=1)
        other = next(str(s.raw["id"]) for s in jobs if s.service != name)
        known = next(str(s.raw["id"]) for s in jobs if s.service == name)
        with desk(jobs) as d:
            assert d("GET", name, f"/{other}") == (404, NO_JOB)
            for method, place in [
                ("PUT", ""),
                ("DELETE", ""),
                ("PATCH", ""),
                ("POST", f"/{known}"),
                ("GET", f"/{known}/"),
                ("GET", f"/{known}/progress/"),
                ("POST", f"/{known}/progress"),
                ("GET", f"/{known}/progress/x"),
                ("GET", f"/{known}/nothing"),
            ]:
                assert d(method, name, place) == (404, NO_OPERATION), (method, place)
            path, version = ADDRESS[name]
            accept = f"application/vnd.bentley.itwin-platform.{'v1' if version == 'v2' else 'v2'}+json"
            headers = {"accept": accept, "authorization": "Bearer x"}
            response = d.http.get(f"{path}/jobs/{known}", headers=headers)
            assert (response.status_code, response.json()) == (404, NO_OPERATION)

    def test_creation_of_analysis_v1(self) -> None:
        """Its body is not published."""
        with desk() as d:
            assert d("POST", "analysis-v1", body={}) == (404, NO_OPERATION)

    def test_token(self) -> None:
        with desk() as d:
            job_id = d.create("modeling-v2")["id"]
            for method, place in [("GET", ""), ("DELETE", ""), ("GET", "/progress"), ("GET", "/messages")]:
                assert d(method, "modeling-v2", f"/{job_id}{place}", token="expired") == (401, BAD_TOKEN)  # noqa: S106
                bare = d.http.request(method, f"/reality-modeling/jobs/{job_id}{place}")
                assert (bare.status_code, bare.json()) == (401, NO_HEADER)
            refused = d("POST", "modeling-v2", body=BODIES["modeling-v2"], token="expired")  # noqa: S106
            assert refused == (401, BAD_TOKEN)
            assert d.ids("modeling-v2") == [job_id]


def walk(d: Desk, name: str, text: str, between: Callable[[], None], top: int = 3) -> tuple[list[str], Answer]:
    """The ids of all pages, with something that happens after the first of them; and the last answer."""
    query: str | None = f"$filter={quote(text)}&$top={top}"
    seen: list[str] = []
    answer: Answer = (0, None)
    while query is not None:
        answer = d("GET", name, f"?{query}")
        if answer[0] != 200:
            return seen, answer
        if not seen:
            between()
        seen += [job["id"] for job in answer[1]["jobs"]]
        href = ((answer[1].get("_links") or {}).get("next") or {}).get("href")
        query = href.partition("?")[2].replace(" ", "%20") if href else None
    return seen, answer


class TestPaging:
    @pytest.mark.parametrize("name", CREATED)
    def test_no_job_is_skipped_while_states_change(self, name: str) -> None:
        text = f"state eq '{'Queued' if name in V2 else 'unsubmitted'}'"
        with desk() as d:
            ids = sorted(d.create(name)["id"] for _ in range(20))

            def change() -> None:
                d.clock[0] += 3600
                if name in V1:
                    for job_id in ids[:10]:
                        d("PATCH", name, f"/{job_id}", {"state": "active"})
                    for job_id in ids[10:]:
                        d("DELETE", name, f"/{job_id}")
                d.create(name)

            seen, _ = walk(d, name, text, change)
            assert seen == ids
            assert len(d.ids(name, text)) == 1

    def test_a_walk_of_one_list_is_not_disturbed_by_another(self) -> None:
        with desk() as d:
            ids = sorted(d.create("modeling-v2")["id"] for _ in range(20))

            def another() -> None:
                d.clock[0] += 3600
                assert walk(d, "modeling-v2", "state eq 'Queued'", lambda: None)[0] == []
                ended = walk(d, "modeling-v2", "state eq 'Failed' or state eq 'Success'", lambda: None)[0]
                assert sorted(ended) == ids

            assert walk(d, "modeling-v2", "state eq 'Queued'", another)[0] == ids

    def test_a_list_that_is_forgotten_has_expired(self) -> None:
        """Rather than leave a job out; a client starts again."""
        with desk() as d:
            for _ in range(8):
                d.create("conversion-v2")

            def forget(change: bool) -> None:
                if change:
                    d.create("conversion-v2")
                for number in range(130):
                    d.ids("conversion-v2", f"name ne 'x{number}'")

            # As long as nothing has changed, it can be found again.
            assert len(walk(d, "conversion-v2", ANY, lambda: forget(change=False))[0]) == 8
            seen, answer = walk(d, "conversion-v2", ANY, lambda: forget(change=True))
        message = "The continuationToken query parameter has expired."
        detail = {"code": "InvalidParameter", "message": message, "target": "continuationToken"}
        error = {"code": "InvalidRealityConversionRequest", "message": "Cannot find jobs.", "details": [detail]}
        assert (len(seen), answer) == (3, (400, {"error": error}))

    def test_jobs_that_a_fault_adds_live_too(self) -> None:
        jobs = [s for s in generate(400, seed=2) if s.service == "modeling-v2" and s.raw["state"] == "Active"]
        text = "state eq 'Active'"
        with desk(jobs, faults=Faults(added=4)) as d:
            whole = d.ids("modeling-v2", text)

            def cancel_added() -> None:
                for stored in d.emulator.added:
                    assert d("DELETE", "modeling-v2", f"/{stored.raw['id']}")[0] == 200

            during, _ = walk(d, "modeling-v2", text, lambda: None, top=2)
            added = [str(stored.raw["id"]) for stored in d.emulator.added]
            assert len(added) == 4
            assert set(during) == set(whole)
            afterwards, _ = walk(d, "modeling-v2", text, cancel_added, top=2)
            assert afterwards == added + whole
            assert d.ids("modeling-v2", text) == whole


class TestFaults:
    def outcomes(self, faults: Faults, count: int = 60) -> list[tuple[str, bool]]:
        """For each creation, what came of it and whether the job is there."""
        seen: list[str] = []
        with desk(faults=faults) as d:
            for number in range(count):
                try:
                    status, body = d("POST", "modeling-v2", body=BODIES["modeling-v2"] | {"name": f"job {number}"})
                    seen.append("created" if (status, body["job"]["name"]) == (201, f"job {number}") else "?")
                except httpx.RemoteProtocolError:
                    seen.append("cut")
                except httpx.TransportError:
                    seen.append("reset")
                except (ValueError, AssertionError, KeyError, TypeError):
                    seen.append(d.emulator.requests[-1].fault or "?")
            assert {(e.service, e.method, e.path) for e in d.emulator.requests} == {
                ("modeling-v2", "POST", "/reality-modeling/jobs")
            }
            assert [e.fault or "created" for e in d.emulator.requests] == seen
            there: set[str] = set()
            while not there:
                try:
                    status, body = d("GET", "modeling-v2", params={"$filter": ANY, "$top": "1000"})
                    there = {job["name"] for job in body["jobs"]} if status == 200 else set()
                except (httpx.TransportError, ValueError, AssertionError):
                    continue
        return [(outcome, f"job {number}" in there) for number, outcome in enumerate(seen)]

    @pytest.mark.parametrize("word", ["reset", "server_error", "cut"])
    def test_a_lost_creation_was_made_or_not(self, word: str) -> None:
        counted = Counter(self.outcomes(Faults.parse(f"{word}=0.6", seed=3)))
        assert set(counted) == {("created", True), (word, True), (word, False)}
        assert min(counted.values()) > 8

    def test_the_same_seed_decides_the_same(self) -> None:
        faults = Faults(reset=0.2, server_error=0.2, cut=0.2, seed=5)
        assert self.outcomes(faults, 30) == self.outcomes(faults, 30)

    def test_a_creation_that_is_refused_is_never_made(self) -> None:
        with desk(faults=Faults(rate_limit=1.0)) as d:
            assert d("POST", "modeling-v2", body=BODIES["modeling-v2"])[0] == 429
            assert d.emulator.requests[-1].fault == "rate_limit"

    def test_other_operations_are_struck_like_lists(self) -> None:
        jobs = generate(100, seed=1)
        job_id = generated("modeling-v1", "active", jobs)
        for method, place in [("GET", ""), ("GET", "/progress"), ("PATCH", ""), ("DELETE", "")]:
            with desk(jobs, faults=Faults(reset=1.0)) as d:
                with pytest.raises(httpx.TransportError):
                    d(method, "modeling-v1", f"/{job_id}{place}", {"state": "cancelled"})
                (exchange,) = d.emulator.requests
            told = (exchange.service, exchange.method, exchange.path, exchange.status, exchange.fault)
            assert told == ("modeling-v1", method, f"/contextcapture/jobs/{job_id}{place}", None, "reset")

    def test_an_answer_without_a_body_cannot_break_off(self) -> None:
        jobs = generate(300, seed=2)
        with desk(jobs, faults=Faults(cut=1.0)) as d:
            assert d("DELETE", "modeling-v1", f"/{generated('modeling-v1', 'unsubmitted', jobs)}") == (204, None)

    def test_what_was_asked_is_told(self) -> None:
        with desk() as d:
            job_id = d.create("modeling-v1")["id"]
            d("PATCH", "modeling-v1", f"/{job_id}", {"state": "active"})
            d("GET", "modeling-v1", f"/{job_id}/progress")
            d("DELETE", "modeling-v1", f"/{job_id}")
            told = [(e.service, e.method, e.path, e.status) for e in d.emulator.requests]
        root = "/contextcapture/jobs"
        assert told == [
            ("modeling-v1", "POST", root, 201),
            ("modeling-v1", "PATCH", f"{root}/{job_id}", 200),
            ("modeling-v1", "GET", f"{root}/{job_id}/progress", 200),
            ("modeling-v1", "DELETE", f"{root}/{job_id}", 422),
        ]

    def test_the_rate_counts_all_operations(self) -> None:
        with desk(rate=2) as d:
            job_id = d.create("modeling-v2")["id"]
            statuses = [d("GET", "modeling-v2", f"/{job_id}{place}")[0] for place in ("", "/progress", "/messages")]
        assert statuses == [200, 429, 429]
