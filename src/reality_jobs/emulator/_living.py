"""What a job's record, its progress and its messages say at a moment of its life. No I/O.

Sources: the published operations "Retrieve job progress" (Reality Modeling v1), "Get job progress" (Reality Analysis
v2), "Patch a job" (Reality Modeling v1); what none of them says is marked as our choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import NAMESPACE_URL, uuid5

from ..instants import SECOND, read_ticks
from ..services import Service
from ._lives import Fate, Life
from ._world import few_images, unusable_image, v1_time, v2_time

Record = dict[str, object]

_KEPT = 30 * 86_400
"""Seconds after a job's end for which there is a progress: "won't be available after 30 days"."""

_SUBMITTED = {"modeling-v1": "submittedDateTime"}
_STEPS = {"Full": ("Calibration", "Reconstruction")}
_OVER = {"unsubmitted": "Unsubmitted", "active": "Active"}


def is_v2(service: Service) -> bool:
    """Whether a job is submitted with its creation."""
    return service.operations.submit is None


def time_text(service: Service, moment: float) -> str:
    """A moment as the service's records print it."""
    ticks = round(moment * 1_000_000) * (SECOND // 1_000_000)
    return v2_time(ticks) if service.fraction_digits else v1_time(ticks)


def new_id(job_id: str, what: str) -> str:
    """The id of something that a job makes: the same each time."""
    return str(uuid5(NAMESPACE_URL, f"{job_id}/{what}"))


def record_at(service: Service, raw: Mapping[str, object], life: Life, now: float) -> Record:
    """A job's record at a moment; `raw` is how it was when its life began, and the times that it told stay."""
    state = _spelt(service, life.state(now))
    record = dict(raw) | {"state": state}
    if is_v2(service):
        times = _times(service, life, now, "processingUnits")
        return record | {"executionInfo": _merged(raw.get("executionInfo"), times)}
    if state == raw.get("state"):
        return record
    info: Record = {_SUBMITTED.get(service.name, "submissionDateTime"): time_text(service, life.submitted)}
    info |= _times(service, life, now, "estimatedUnits")
    if now >= life.ended and service.name != "conversion-v1":  # whose schema has neither errors nor warnings
        info |= messages(state, life.fate)
    record["executionInformation"] = _merged(raw.get("executionInformation"), info)
    record["lastModifiedDateTime"] = time_text(service, life.changed(now))
    return _with_outputs(record) if state == "success" else record


def messages(state: str, drawn: Fate) -> Record:
    """Errors and warnings: none before a job has ended (our choice)."""
    failed, done = state.lower() == "failed", state.lower() in ("failed", "success")
    return {"errors": [unusable_image()] if failed else [], "warnings": [few_images()] if done and drawn.warns else []}


def progress(
    service: Service, record: Mapping[str, object], life: Life | None, drawn: Fate, now: float
) -> Record | None:
    """What is under the key of a progress; None where there is none.

    Our choice: there is none before a v2 job has left the queue, while one of v1 starts with 0.
    """
    state = str(record.get("state"))
    ended = _ended(service, record, life) if state in service.final_states else None
    if state == "Queued" or (state in service.final_states and (ended is None or now - ended > _KEPT)):
        return None
    percentage = life.percentage(now) if life else _finished(state, drawn)
    if is_v2(service):
        return {"percentage": percentage, "state": state}
    told = _OVER.get(state, "Over") if service.name == "modeling-v1" else state
    if state == "unsubmitted":
        return {"percentage": 0, "state": told}
    return {"percentage": percentage, "state": told, "step": _step(record.get("type"), percentage)}


def _spelt(service: Service, state: str) -> str:
    """In the service's spelling; v1 knows no queue."""
    known = state if is_v2(service) or state != "Queued" else "Active"
    return service.spelling("state", known)


def _times(service: Service, life: Life, now: float, units: str) -> Record:
    times: Record = {}
    if life.has_started(now):
        times["startedDateTime"] = time_text(service, life.started)
    if now >= life.ended:
        times |= {"endedDateTime": time_text(service, life.ended), units: life.units(now)}
    return times


def _merged(before: object, info: Record) -> Record:
    kept = dict(before) if isinstance(before, Mapping) else {}
    return kept | {key: value for key, value in info.items() if kept.get(key) is None}


def _with_outputs(record: Record) -> Record:
    """A v1 record whose outputs have ids; v2 records have had them since their creation."""
    settings = record.get("jobSettings")
    holder = settings if isinstance(settings, dict) else record
    outputs = holder.get("outputs")
    if not isinstance(outputs, list):
        return record
    filled = [
        output if output.get("id") else output | {"id": new_id(str(record["id"]), f"outputs/{number}")}
        for number, output in enumerate(outputs)
    ]
    return record | ({"jobSettings": holder | {"outputs": filled}} if holder is settings else {"outputs": filled})


def _ended(service: Service, record: Mapping[str, object], life: Life | None) -> float | None:
    if life is not None:
        return life.ended
    info = record.get("executionInfo" if is_v2(service) else "executionInformation")
    text = info.get("endedDateTime") if isinstance(info, Mapping) else None
    try:
        return read_ticks(text) / SECOND if isinstance(text, str) else None
    except ValueError:
        return None


def _finished(state: str, drawn: Fate) -> int:
    """Of a job that was over before anyone asked."""
    return 100 if state.lower() == "success" else int(drawn.reached * 100)


def _step(job_type: object, percentage: int) -> str:
    """Published is just `Reconstruction`; the others are our choice."""
    first, last = _STEPS.get(str(job_type), (str(job_type), str(job_type)))
    return first if percentage < 50 else last
