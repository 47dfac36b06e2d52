"""`f.select` and `f.predicate` over records and jobs in memory: the very objects, lazily, in order, of any service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count, islice
from types import MappingProxyType

import pytest

from reality_jobs import F, InvalidRecord, Job, Unanswerable, parse
from reality_jobs.emulator.generate import generate

STORED = tuple(generate(600, seed=5))
JOBS = [Job.of(stored.raw, stored.service) for stored in STORED]
SUCCESS = F.state == "success"
GUID = "dc720f05-e5f7-448b-ae06-765de46f0af1"
V1 = {"type": "Full", "state": "success", "email": "a", "jobSettings": {}}
V2 = {"type": "Tiling", "state": "Success", "specifications": {"inputs": {"scene": GUID}, "outputs": {}}}
BARE = {"state": "SUCCESS", "inputId": [GUID]}


def same(found: list[object], wanted: list[object]) -> bool:
    return [id(each) for each in found] == [id(each) for each in wanted]


@pytest.mark.parametrize(
    "text", ["state eq 'Success'", "createdDateTime ge 2025-06-01T00:00:00Z", "outputId eq null or name eq 'x'"]
)
def test_jobs_come_out_as_they_went_in(text: str) -> None:
    f = parse(text)
    wanted = [job for job in JOBS if f.predicate(job.service)(job.raw)]
    assert 0 < len(wanted) < len(JOBS)
    assert same(list(f.select(JOBS)), wanted)
    assert [f.predicate()(job) for job in JOBS] == [any(job is each for each in wanted) for job in JOBS]


def test_records_come_out_as_they_went_in() -> None:
    records = [job.raw for job in JOBS]
    assert same(list(SUCCESS.select(records)), [r for r in records if SUCCESS.matches(r)])


def test_jobs_and_records_of_every_kind_in_one_list() -> None:
    mixed: list[Job | Mapping[str, object]] = [V1, Job.of(V2), BARE, MappingProxyType(V1), Job.of(BARE), V2, Job.of(V1)]
    assert same(list(SUCCESS.select(mixed)), mixed)
    assert same(list((F.input_id == GUID).select(mixed)), [mixed[i] for i in (1, 2, 4, 5)])


def test_of_a_named_service_a_job_is_read_like_its_record() -> None:
    job = Job("modeling-v1", V2)
    assert list((F.input_id == GUID).select([job, V2], "modeling-v2")) == [job, V2]
    assert (F.input_id == GUID).predicate("modeling-v2")(job)
    assert not (F.input_id == GUID).matches(job)


def test_other_services_follow_after_thousands_of_one() -> None:
    many = [V1] * 2_500 + [V2] * 2_500 + [BARE] * 1_500 + [Job.of(V2)] * 1_500
    assert len(list(SUCCESS.select(many))) == len(many)
    assert len(list((F.input_id == GUID).select(many))) == 5_500


def test_a_type_of_two_services_goes_by_the_marks() -> None:
    f = F.input_id == GUID
    v1 = {"type": "Calibration", "inputs": [{"id": GUID.upper()}]}
    v2 = {"type": "Calibration", "specifications": {"inputs": {"scene": GUID.upper()}}}
    both = v1 | {"specifications": {"inputs": {}}, "location": "x", "workspaceId": "y"}
    unlisted = v2 | {"type": "Brand new"}
    records = [v1, v2, both, unlisted]
    assert same(list(f.select(records)), records)
    assert all(map(f.predicate(), records))


def test_nothing_is_taken_before_it_is_asked_for() -> None:
    taken: list[int] = []

    def records() -> Iterator[Mapping[str, object]]:
        for number in count():
            taken.append(number)
            yield V2 if number % 2 else V1

    for service in (None, "modeling-v1"):
        taken.clear()
        found = SUCCESS.select(records(), service)
        assert taken == []
        assert list(islice(found, 3)) == [V1, V2, V1]
        assert taken == [0, 1, 2]


@pytest.mark.parametrize("service", [None, "modeling-v1"])
def test_what_is_thrown_in_comes_out(service: str | None) -> None:
    for fault in (TypeError, KeyError, GeneratorExit):
        found = SUCCESS.select([V1, V1, V1], service)
        next(found)
        next(found)
        with pytest.raises(fault):
            found.throw(fault("mine"))  # type: ignore[attr-defined]
        assert list(found) == []


@pytest.mark.parametrize("service", [None, "modeling-v1"])
def test_what_the_source_raises_comes_out(service: str | None) -> None:
    def records() -> Iterator[Mapping[str, object]]:
        yield V1
        raise KeyError("the source's own")

    found = SUCCESS.select(records(), service)
    assert next(found) is V1
    with pytest.raises(KeyError, match="the source's own"):
        next(found)


def test_it_raises_where_the_predicate_does() -> None:
    found = (F.email == "a").select([V1, V1, V2, V1])
    assert [next(found), next(found)] == [V1, V1]
    with pytest.raises(Unanswerable) as caught:
        next(found)
    assert (caught.value.property, caught.value.service) == ("email", "modeling-v2")
    assert list((F.email == "a").select([V1, V2, V1], missing="null")) == [V1, V1]
    with pytest.raises(Unanswerable):
        (F.email == "a").select([V2], "modeling-v2")
    with pytest.raises(Unanswerable):
        list((F.email == "a").select([Job.of(V2)]))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({**V1, "state": 5}, "expected text, found the number 5"),
        (Job("modeling-v1", {**V1, "state": 5}), "expected text, found the number 5"),
        ({**V1, "type": ["Full"], "state": []}, "expected text, found an array"),
        (5, "expected a job record (an object), found the number 5"),
        ("Full", "expected a job record (an object), found text"),
        (None, "expected a job record (an object), found null"),
    ],
)
def test_an_odd_value_is_told(first: bool, record: object, message: str) -> None:
    found = SUCCESS.select([record] if first else [V1, record])  # type: ignore[type-var]
    if not first:
        assert next(found) is V1  # type: ignore[comparison-overlap]
    with pytest.raises(InvalidRecord) as caught:
        next(found)
    assert message in str(caught.value)
    with pytest.raises(InvalidRecord) as same_again:
        SUCCESS.predicate()(record)  # type: ignore[arg-type]
    assert str(same_again.value) == str(caught.value)


def test_a_job_of_an_unknown_service_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^unknown service 'x'; the services are modeling-v1, "):
        list(SUCCESS.select([Job("x", V1)]))


class MyJob(Job):
    """Whoever views jobs through more names."""


def test_a_job_of_a_derived_class_is_one_too() -> None:
    job = MyJob("modeling-v2", V2)
    assert list(SUCCESS.select([job, V1])) == [job, V1]
    assert list(SUCCESS.select([job], "modeling-v2")) == [job]
    assert SUCCESS.predicate("modeling-v2")(job)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"scene": GUID.upper()}, True),
        ({"scene": None, "extent": GUID}, True),
        ({"scene": ["x", None, GUID]}, True),
        ({"scene": f"bkt:{GUID}"}, False),
        ({"presets": [GUID]}, False),
        ({"preset": GUID, "scene": f" {GUID}"}, False),
        ({"extent": f"{GUID}0"}, False),
        ({"extent": {"location": GUID}}, True),
        (None, False),
    ],
)
def test_ids_of_a_published_shape(inputs: object, expected: bool) -> None:
    record = {**V2, "specifications": {"inputs": inputs}}
    other = "00000000-0000-0000-0000-000000000000"
    assert (F.input_id == GUID).matches(record) is expected
    assert (F.input_id != GUID).matches(record) is not expected
    assert F.input_id.in_([GUID, other]).matches(record) is expected
    assert F.input_id.in_([GUID, "fdb:1"]).matches(record) is expected
