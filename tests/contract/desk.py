"""One emulator that is served, by a clock of the test's: what the tests of its operations on single jobs share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from reality_jobs import services
from reality_jobs.emulator.generate import StoredJob
from reality_jobs.emulator.serve import Emulator
from reality_jobs.instants import SECOND, read_ticks
from reality_jobs.records.models import structure
from tests.contract.test_emulator import ADDRESS, NAMES, USER

V2 = ("modeling-v2", "conversion-v2", "analysis-v2")
V1 = tuple(name for name in NAMES if name not in V2)
NOON = "2026-11-23T12:00:00Z"
ANY = "createdDateTime ge 1970-01-01T00:00:00Z"
ITWIN = "dc720f05-e5f7-448b-ae06-765de46f0af1"
SCENE = "401975b7-0c0a-4498-8896-84987921f4bb"
NOBODY = "00000000-0000-4000-8000-000000000000"
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# The body of "Create a new job" of Reality Modeling v1, and the least of the others.
BODIES: dict[str, dict[str, Any]] = {
    "modeling-v1": {
        "type": "Full",
        "name": "My first Reality Modeling job",
        "costEstimationParameters": {"gigaPixels": 2.5, "megaPoints": 1.5, "meshQuality": "Extra"},
        "inputs": [
            {"id": "58e0c0ca-f730-4e5b-808d-1c8cacacb4d4", "description": "Drone ImageCollection"},
            {"id": "dc65ce7d-2598-422f-97a5-5ae8eb004b67", "description": "Drone CCOrientations"},
        ],
        "workspaceId": "6881117d-9fd2-4900-870b-9b721dc90f25",
        "settings": {"quality": "Extra", "processingEngines": 5, "outputs": ["OBJ", "3MX"]},
    },
    "modeling-v2": {
        "type": "Calibration",
        "name": "bridge",
        "iTwinId": ITWIN,
        "specifications": {
            "inputs": {"scene": SCENE},
            "outputs": ["report", "texturedTiePoints"],
            "options": {"centerPolicy": "Keep"},
        },
    },
    "conversion-v2": {
        "type": "VectorOptimization",
        "name": "roads",
        "iTwinId": ITWIN,
        "specifications": {"inputs": {"vectors": [SCENE]}, "options": {"outputFormat": "FeatureDB"}},
    },
    "conversion-v1": {
        "type": "Conversion",
        "name": "cloud",
        "iTwinId": ITWIN,
        "inputs": [{"id": SCENE}],
        "outputs": ["OPC", "LAS"],
        "options": {"merge": True},
    },
    "analysis-v2": {
        "type": "Objects2D",
        "name": "signs",
        "iTwinId": ITWIN,
        "specifications": {
            "inputs": {"photos": SCENE, "photoObjectDetector": "bentley-signs-o2d/1.0"},
            "outputs": ["Objects2D", "Locations3DAsNothingKnown"],
        },
    },
}
CREATED = tuple(BODIES)

# Codes above the details, from the published operations; above those of lists Reality Modeling v1 has another one.
CODE = {
    "modeling-v1": "InvalidContextCaptureRequest",
    "modeling-v2": "InvalidRealityModelingRequest",
    "conversion-v2": "InvalidRealityConversionRequest",
    "conversion-v1": "InvalidRealityConversionRequest",
    "analysis-v1": "InvalidRealityDataAnalysisRequest",
    "analysis-v2": "InvalidRealityAnalysisRequest",
}
INVALID = {
    "modeling-v2": "Invalid request to Reality Modeling.",
    "conversion-v2": "Invalid request to Reality Conversion.",
    "analysis-v2": "Invalid request to Reality Analysis.",
}
NO_JOB = {"error": {"code": "JobNotFound", "message": "Requested job is not available."}}
NO_PROGRESS = {
    "modeling-v1": NO_JOB,
    **{
        name: {"error": {"code": "ProgressNotFound", "message": "Requested progress is not available."}}
        for name in ("conversion-v1", "analysis-v1")
    },
    **{
        name: {"error": {"code": "JobProgressNotFound", "message": "Requested job progress is not available."}}
        for name in V2
    },
}
UNUSABLE = {"code": "InvalidImage", "title": "Image not usable", "message": "%1 cannot be read.", "params": ["7.jpg"]}
FEW = {"code": "FewImages", "title": "Few images", "message": "Only %1 images overlap.", "params": ["12"]}

Answer = tuple[int, Any]


class Desk:
    """One emulator that is served, its clock, and a connection to it."""

    def __init__(self, emulator: Emulator, base: str, clock: list[float]) -> None:
        self.emulator = emulator
        self.http = httpx.Client(trust_env=False, base_url=base)
        self.clock = clock

    def __call__(
        self, method: str, name: str, place: str = "", body: object = None, token: str = USER, **more: Any
    ) -> Answer:
        path, version = ADDRESS[name]
        headers = {
            "accept": f"application/vnd.bentley.itwin-platform.{version}+json",
            "authorization": f"Bearer {token}",
        }
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.http.request(method, f"{path}/jobs{place}", headers=headers, content=content, **more)
        if not response.content:
            return response.status_code, None
        assert response.headers["content-type"] == "application/json"
        return response.status_code, response.json()

    def create(self, name: str, /, token: str = USER, **change: Any) -> dict[str, Any]:
        status, body = self("POST", name, body=BODIES[name] | change, token=token)
        assert status == 201, body
        job: dict[str, Any] = body["job"]
        return job

    def submitted(self, name: str, /, **change: Any) -> str:
        """The id of a new job that is in the queue."""
        job = self.create(name, **change)
        if name in V1:
            assert self("PATCH", name, f"/{job['id']}", {"state": "active"})[0] == 200
        return str(job["id"])

    def job(self, name: str, job_id: str) -> dict[str, Any]:
        status, body = self("GET", name, f"/{job_id}")
        assert status == 200, body
        structure(body["job"], name)
        job: dict[str, Any] = body["job"]
        return job

    def progress(self, name: str, job_id: str) -> dict[str, Any] | None:
        status, body = self("GET", name, f"/{job_id}/progress")
        if status == 404:
            assert body == NO_PROGRESS[name]
            return None
        (key,) = body
        assert (status, key) == (200, "jobProgress" if name == "modeling-v1" else "progress")
        told: dict[str, Any] = body[key]
        return told

    def ids(self, name: str, text: str = ANY, token: str = USER) -> list[str]:
        status, body = self("GET", name, params={"$filter": text, "$top": "1000"}, token=token)
        assert status == 200, body
        return [job["id"] for job in body["jobs"]]

    def until_ended(self, name: str, job_id: str, step: float = 5) -> list[tuple[str, dict[str, Any] | None]]:
        """State and progress at each step of the clock, up to the first that is final."""
        seen = []
        while True:
            state = self.job(name, job_id)["state"]
            seen.append((state, self.progress(name, job_id)))
            if state in services.get(name).final_states:
                return seen
            self.clock[0] += step


@contextmanager
def desk(jobs: Iterable[StoredJob] = (), **options: Any) -> Iterator[Desk]:
    clock = [read_ticks(NOON) / SECOND]
    emulator = Emulator(jobs, now=lambda: clock[0], **options)
    with emulator.running() as base:
        made = Desk(emulator, base, clock)
        with made.http:
            yield made


def in_turn(values: Iterable[Any]) -> list[Any]:
    """Without what repeats the one before."""
    turns: list[Any] = []
    for value in values:
        if not turns or turns[-1] != value:
            turns.append(value)
    return turns


def seconds(early: str, late: str) -> float:
    return (read_ticks(late) - read_ticks(early)) / SECOND


def refused(name: str, message: str, reason: str) -> Answer:
    """422 `InvalidChange`, as either version has it."""
    detail = {"code": "InvalidChange", "message": reason} | ({"target": ""} if name in V2 else {})
    message = INVALID.get(name, message)
    return 422, {"error": {"code": CODE[name], "message": message, "details": [detail]}}


def generated(name: str, state: str, jobs: list[StoredJob]) -> str:
    return next(str(s.raw["id"]) for s in jobs if s.service == name and s.raw["state"] == state)
