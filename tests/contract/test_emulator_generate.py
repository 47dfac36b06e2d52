"""The invented jobs, and jobs taken from an export."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from reality_jobs import Job, services
from reality_jobs.emulator.generate import StoredJob, generate, load
from reality_jobs.records import recognise

JOBS = generate(2000, seed=1)

V1_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
V2_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00")


def of(service: str) -> list[Job]:
    return [Job(service, stored.raw) for stored in JOBS if stored.service == service]


def test_the_same_numbers_give_the_same_jobs() -> None:
    assert generate(300, seed=5) == generate(300, seed=5)
    assert generate(300, seed=5) != generate(300, seed=6)
    assert generate(0, seed=1) == []


def test_the_first_job_of_seed_1_stays_what_it_is() -> None:
    """Printed examples and saved demos rest on it: a change here is a change for users."""
    first = generate(1, seed=1)[0]
    assert (first.service, first.email, first.raw["type"], first.raw["state"], first.raw["id"]) == (
        "modeling-v1",
        "surveyor-1@example.com",
        "Reconstruction",
        "active",
        "e585552f-ac95-4ab5-92c9-357d34accd78",
    )


@pytest.mark.parametrize("name", services.ALL)
def test_every_type_occurs_in_every_state(name: str) -> None:
    listed = services.get(name).enumerations
    wanted = {(job_type, state) for job_type in listed["type"] for state in listed["state"]}
    assert {(job.type, job.state) for job in of(name)} == wanted


def test_the_default_services_have_most_jobs() -> None:
    counts = Counter(stored.service for stored in JOBS)
    assert min(counts[name] for name in services.DEFAULT) > max(
        counts[name] for name in services.ALL if name not in services.DEFAULT
    )


def test_each_record_is_recognised_as_its_own_service() -> None:
    recognised = [recognise(stored.raw) for stored in JOBS]
    assert [service and service.name for service in recognised] == [stored.service for stored in JOBS]


def test_records_are_json_as_they_stand() -> None:
    assert [json.loads(json.dumps(stored.raw)) for stored in JOBS] == [stored.raw for stored in JOBS]


@pytest.mark.parametrize(
    ("name", "keys", "optional"),
    [
        (
            "modeling-v1",
            "id name type state createdDateTime lastModifiedDateTime location workspaceId email inputs jobSettings",
            "iTwinId executionInformation costEstimationParameters estimatedCost",
        ),
        (
            "conversion-v1",
            "id name type state createdDateTime lastModifiedDateTime dataCenter inputs outputs iTwinId",
            "ownerId email executionInformation costEstimation options",
        ),
        (
            "analysis-v1",
            "id name type state createdDateTime lastModifiedDateTime iTwinId email dataCenter inputs outputs options",
            "executionInformation",
        ),
        ("modeling-v2", "id iTwinId type state userId executionInfo specifications", "name"),
        ("conversion-v2", "id iTwinId type state userId executionInfo specifications", "name"),
        ("analysis-v2", "id iTwinId type state userId executionInfo specifications", "name"),
    ],
)
def test_records_have_the_published_keys(name: str, keys: str, optional: str) -> None:
    required = set(keys.split())
    extra = [set(job.raw) - required for job in of(name)]
    assert all(required <= set(job.raw) for job in of(name))
    assert set().union(*extra) == set(optional.split())
    assert all(any(key not in keys for keys in extra) for key in optional.split()), "each is missing somewhere"


@pytest.mark.parametrize("name", services.ALL)
def test_times_are_spelt_as_published_and_lie_within_two_years(name: str) -> None:
    spelling = V2_TIME if name.endswith("v2") else V1_TIME
    path = services.get(name).scalars["createdDateTime"].split(".")
    for job in of(name):
        value: object = job.raw
        for key in path:
            assert isinstance(value, dict)
            value = value[key]
        assert isinstance(value, str)
        assert spelling.fullmatch(value)
        assert "2024-11-01" <= value < "2026-11-01"


def test_some_jobs_share_a_moment_and_some_are_one_tick_apart() -> None:
    ticks = [job.created_ticks for name in ("modeling-v2", "conversion-v2") for job in of(name)]
    moments = Counter(t for t in ticks if t is not None)
    assert any(n > 1 for n in moments.values())
    assert any(moment + 1 in moments for moment in moments)


@pytest.mark.parametrize("property", ["input_ids", "output_ids"])
def test_reality_data_recur_across_jobs_and_services(property: str) -> None:
    seen: dict[str, set[str]] = {}
    uses = Counter[str]()
    for stored in JOBS:
        ids = set(getattr(Job(stored.service, stored.raw), property))
        uses.update(ids)
        for one in ids:
            seen.setdefault(one, set()).add(stored.service)
    assert uses.most_common(50)[-1][1] >= 2
    assert any(len(names) > 1 for names in seen.values())


def test_what_one_job_wrote_another_reads() -> None:
    jobs = [Job(stored.service, stored.raw) for stored in JOBS]
    written = {one for job in jobs for one in job.output_ids}
    assert sum(bool(written & set(job.input_ids)) for job in jobs) > len(jobs) // 2


def test_the_awkward_values_occur() -> None:
    texts = [json.dumps(stored.raw, ensure_ascii=False) for stored in JOBS]
    for awkward in ('"fdb:', '"bkt:', '"id": null', '"constraintsToDelete": ["', '"presets": ["', '"name": null'):
        assert any(awkward in text for text in texts), awkward
    names = {job.name for name in services.ALL for job in of(name)}
    for sign in ("'", ",", "%", "&", "+", "ü", "🗼"):
        assert any(name and sign in name for name in names), sign
    assert not any(name and set(name) & set('"<>|:*?\\/') for name in names), "the published pattern of names"
    pointers = [
        stored.raw["specifications"]["inputs"]["pointClouds"]  # type: ignore[index]
        for stored in JOBS
        if stored.raw["type"] == "PointCloudOptimization"
    ]
    assert {type(value) for value in pointers} == {str, list}


def test_v2_records_hold_a_user_id_and_no_address() -> None:
    pairs = {stored.email: stored.user_id for stored in JOBS}
    assert len(set(pairs.values())) == len(pairs) == 4
    assert all(re.fullmatch(r"[a-z]+-[12]@example\.com", email) for email in pairs)
    for stored in JOBS:
        assert pairs[stored.email] == stored.user_id
        if stored.service.endswith("v2"):
            assert stored.raw["userId"] == stored.user_id
            assert "@" not in json.dumps(stored.raw)
        else:
            assert stored.raw.get("email") in (stored.email, None)


def saved(tmp_path: Path, jobs: list[StoredJob]) -> Path:
    path = tmp_path / "jobs.ndjson"
    path.write_text("".join(json.dumps(stored.raw) + "\n" for stored in jobs))
    return path


def test_an_export_is_loaded_with_creators_made_up(tmp_path: Path) -> None:
    jobs = JOBS[:200]
    path = saved(tmp_path, jobs)
    loaded = load(path)
    assert [(j.service, j.raw) for j in loaded] == [(j.service, j.raw) for j in jobs]
    assert loaded == load(path)
    for stored, original in zip(loaded, jobs, strict=True):
        if stored.service.endswith("v2"):
            assert (stored.user_id, stored.email) == (original.user_id, f"{original.user_id}@example.com")
        elif "email" in stored.raw:
            assert stored.email == original.email
    assert len({j.user_id for j in loaded}) == len({j.email for j in loaded})


def test_an_export_of_one_person_keeps_them_one(tmp_path: Path) -> None:
    jobs = [stored for stored in JOBS[:200] if stored.email == "surveyor-1@example.com"]
    jobs = [stored for stored in jobs if stored.service != "conversion-v1"]
    assert load(saved(tmp_path, jobs)) == jobs
