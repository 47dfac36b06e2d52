"""The operations on single jobs, and which operation a request asks for. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

from attrs import field, frozen

from .. import services
from ..records.models import CREATIONS
from ..services import Service
from ._creation import created, read_body
from ._lives import Fate, cancel, fate, resume, submit
from ._living import is_v2, messages, progress
from ._replies import Call, Reply, json_reply, no_job, no_progress, refuse_body, refuse_change
from ._store import Entry, Store, User
from .generate import StoredJob

_SAVING = "The job is about to complete. It is saving the data. Cancellation is not allowed during this period."

Name = Literal["list", "create", "get", "change", "delete", "progress", "messages"]


@frozen
class Operation:
    """What a request asks of a service."""

    service: Service
    name: Name
    job_id: str = ""


def operations(service: Service) -> Mapping[tuple[str, str], Name]:
    """What a service can be asked: method, and what follows `/jobs` in the address.

    A creation is left out where its body is not published.
    """
    offered: dict[tuple[str, str], Name] = {("GET", ""): "list"}
    if service.name in CREATIONS:
        offered["POST", ""] = "create"
    offered |= {("GET", "/{id}"): "get", ("DELETE", "/{id}"): "delete", ("GET", "/{id}/progress"): "progress"}
    if service.operations.cancel is not None:
        offered["PATCH", "/{id}"] = "change"
    if service.operations.messages:
        offered["GET", "/{id}/messages"] = "messages"
    return offered


def operation(call: Call) -> Operation | None:
    """By method, address and version. No Accept header, or a wide open one, takes any version."""
    ranges = {part.partition(";")[0].strip().lower() for part in call.headers.get("accept", "*/*").split(",")}
    for service in services.ALL.values():
        address = re.fullmatch(f"{service.path}/jobs(?:/([^/]+)(/.*)?)?", call.path)
        if address is not None and ranges & {service.accept, "*/*", "application/*"}:
            place = "/{id}" + (address[2] or "") if address[1] else ""
            name = operations(service).get((call.method, place))
            return Operation(service, name, address[1] or "") if name else None
    return None


@frozen
class Made:
    """A job that a creation makes, once it is kept."""

    job: StoredJob
    reply: Reply


@frozen
class Jobs:
    """What is done with one job at a time. Our choice: by whoever asks.

    A job that was there before anyone asked takes up its life, from its state on, with the first question for its
    progress, the first change or the first cancellation (our choice); till then it stays as it came.
    """

    _store: Store
    _seed: int
    _speed: float
    _numbers: dict[str, int] = field(factory=dict, init=False)

    def make(self, service: Service, body: bytes, user: User, now: float) -> Made:
        """The next job of a service; raises RefusedError."""
        number = self._numbers.get(service.name, 0)
        job_id = str(uuid5(NAMESPACE_URL, f"{self._seed}/{service.name}/created/{number}"))
        record = created(service, body, job_id, user, now)
        self._numbers[service.name] = number + 1
        return Made(StoredJob(service.name, record, user.email, user.id), json_reply(201, {"job": record}))

    def keep(self, made: Made, now: float) -> None:
        entry = self._store.add(made.job)
        if is_v2(services.get(made.job.service)):
            self._store.give_life(entry, submit(self._fate(entry), now), now)

    def answer(self, asked: Operation, body: bytes, now: float) -> Reply:
        """Raises RefusedError."""
        entry = self._store.get(asked.service, asked.job_id)
        if entry is None:
            raise no_progress(asked.service) if asked.name == "progress" else no_job()
        match asked.name:
            case "progress":
                return self._progress(asked.service, entry, now)
            case "messages":
                told = messages(str(entry.record.get("state")), self._fate(entry))
                return json_reply(200, {"messages": told})
            case "change":
                self._change(asked.service, entry, body, now)
            case "delete" if is_v2(asked.service):
                self._cancel(asked.service, entry, now)
            case "delete":
                self._delete(asked.service, entry)
                return Reply(204, b"")
        return json_reply(200, {"job": entry.record})

    def _progress(self, service: Service, entry: Entry, now: float) -> Reply:
        self._take_up(entry, now)
        told = progress(service, entry.record, entry.life, self._fate(entry), now)
        if told is None:
            raise no_progress(service)
        return json_reply(200, {service.operations.progress: told})

    def _change(self, service: Service, entry: Entry, body: bytes, now: float) -> None:
        """Published of v1: a job is submitted and cancelled by its state (`Active` and `active` are both shown)."""
        refused = "Cannot modify job."
        wanted = read_body(service, body, refused)
        state = wanted.get("state") if isinstance(wanted, dict) and len(wanted) == 1 else None
        if not isinstance(state, str) or state.lower() not in ("active", "cancelled"):
            # Our choice: nothing else can be changed here, settings and cost estimations neither.
            raise refuse_body(service, refused, [("$.state", "expected active or cancelled")])
        submitted = entry.record.get("state") != "unsubmitted"
        if state.lower() == "active":
            if submitted:
                raise refuse_change(service, refused, "Cannot resubmit an already submitted job.")
            self._store.give_life(entry, submit(self._fate(entry), now), now)
        elif not submitted:
            # Not published: "Set to 'cancelled' to cancel the running job".
            raise refuse_change(service, refused, "Cannot cancel a job that is not submitted.")
        else:
            self._cancel(service, entry, now)

    def _cancel(self, service: Service, entry: Entry, now: float) -> None:
        """Our choice: to cancel a job that is being cancelled already changes nothing, and is no error."""
        state = entry.record.get("state")
        if state in service.final_states:
            raise refuse_change(service, "Cannot modify job.", "The job has already ended.")
        if state == "TerminatingOnFailure":
            reason = (
                "The job is about to complete. It is saving the data. Cancellation is not allowed during this period."
            )
            raise refuse_change(service, "Cannot modify job.", reason)
        self._take_up(entry, now)
        if entry.life is not None and state != "TerminatingOnCancel":
            self._store.give_life(entry, cancel(entry.life, now, at_once=not is_v2(service)), now)

    def _delete(self, service: Service, entry: Entry) -> None:
        if entry.record.get("state") != "unsubmitted":
            reason = "Cannot delete an already submitted job."
            if service.name == "analysis-v1":
                reason = "Submitted job cannot be deleted."
            raise refuse_change(service, "Cannot delete job.", reason)
        self._store.remove(entry)

    def _take_up(self, entry: Entry, now: float) -> None:
        if entry.life is None:
            life = resume(self._fate(entry), str(entry.record.get("state")), now)
            if life is not None:
                self._store.give_life(entry, life, now)

    def _fate(self, entry: Entry) -> Fate:
        return fate(str(entry.record.get("id")), entry.record.get("name"), self._seed, self._speed)
