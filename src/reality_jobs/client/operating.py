"""What is done with one job: asked for, created, submitted, cancelled, deleted; its progress, its messages.

Sources: "Create job", "Submit a job", "Cancel a job", "Delete job", "Retrieve job details", "Retrieve job progress" and
"Retrieve job messages" of the services; how each spells them is in `services`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from .. import services
from ..diagnostics import printable, quoted
from ..errors import Conflict, InvalidRecord, NotFound, ServiceError, ServiceUnavailable
from ..records import Job
from ..schema import normalise_enumeration, normalise_identifier
from .addresses import Base
from .creating import Creating
from .requests import Request
from .responses import Answer, accept, decode_part
from .sending import Sender
from .targets import Target
from .watching import Status, may_have_ended

if TYPE_CHECKING:
    from ..records.models import Messages, Progress

_SUBMITTED: Final = frozenset({"active", "success", "failed"})
_CANCELLED: Final = frozenset({"cancelled", "terminatingoncancel"})
_GONE: Final = "JobNotFound"
_MESSAGES: Final = ("errors", "warnings")


class Operator:
    """Sends what `Target` and `Creating` ask for, and reads the answers."""

    def __init__(self, sender: Sender, base: Base) -> None:
        self._sender = sender
        self._base = base

    async def get(self, target: Target) -> Job:
        def read(answer: Answer) -> Job:
            return self._job(target, answer)

        return await self._sender.answered(target.request(self._base), read, self._sender.attempts())

    async def progress(self, target: Target) -> Progress:
        from ..records.models import Progress, structure_as

        key = target.service.operations.progress
        return structure_as(await self._part(target, "/progress", key, "a progress"), Progress)

    async def status(self, target: Target, sure: bool = False) -> Status:
        """By the progress, or by the job: where there is no progress, where it may be over, and to be `sure`."""
        progress = None
        # Not there yet, or not any more, or not to be read.
        with suppress(NotFound, InvalidRecord):
            progress = await self.progress(target)
        if progress is not None and not sure and not may_have_ended(progress):
            return Status.of_progress(target, progress)
        return Status.of_job(target, await self.get(target), progress)

    async def messages(self, target: Target) -> Messages:
        from ..records.models import Messages, structure_as

        place = target.service.operations.messages_in
        if place is None:
            return structure_as(await self._part(target, "/messages", "messages", "messages"), Messages)
        times = (await self.get(target)).raw.get(place)
        told = times if isinstance(times, Mapping) else {}
        return structure_as({key: told[key] for key in _MESSAGES if key in told}, Messages)

    async def create(self, asked: Creating) -> Job:
        service = services.get(asked.service)
        request = Request.to(service, f"{self._base.origin}{self._base.path}{asked.path}", asked.method, asked.body)
        attempts = self._sender.attempts(repeatable=False)
        since = self._sender.now()

        def read(answer: Answer) -> Job:
            raw = decode_part(service, answer, self._sender.now(), "job", "the created job")
            job = Job(service.name, raw)
            try:
                Target.of(job)
            except ValueError as error:
                message = "answered with a created job without an id that can be asked for"
                raise ServiceUnavailable(
                    service.name, message, answer.status, None, (), answer.correlation_id
                ) from error
            return job

        try:
            return await self._sender.answered(request, read, attempts)
        except ServiceError as error:
            if attempts.lost:
                raise asked.lost(error, since) from error
            raise

    async def submit(self, target: Target) -> Job:
        body = target.service.operations.submit
        if body is None:
            raise ValueError(f"{target}: jobs of {target.service.title} are submitted when they are created")
        request = target.request(self._base, "", "PATCH", body)
        return await self._changed(target, request, _SUBMITTED.__contains__)

    async def cancel(self, target: Target) -> Job:
        body = target.service.operations.cancel
        request = target.request(self._base, "", "DELETE" if body is None else "PATCH", body)
        return await self._changed(target, request, _CANCELLED.__contains__)

    async def delete(self, target: Target) -> None:
        if target.service.operations.cancel is None:
            raise ValueError(f"{target}: jobs of {target.service.title} are never deleted; cancel ends one that runs")
        attempts = self._sender.attempts()

        def read(answer: Answer) -> None:
            accept(target.service, answer, self._sender.now(), about=_named(target))

        try:
            await self._sender.answered(target.request(self._base, "", "DELETE"), read, attempts)
        except NotFound as error:
            # An earlier attempt, whose answer was lost, may be why it is gone.
            if not attempts.lost or error.code != _GONE:
                raise

    async def _changed(self, target: Target, request: Request, there: Callable[[str], bool]) -> Job:
        """The job after a change that may be sent twice, since it names the state to be in."""
        attempts = self._sender.attempts()

        def read(answer: Answer) -> Job | None:
            if 200 <= answer.status < 300 and not answer.body:
                return None
            return self._job(target, answer)

        try:
            job = await self._sender.answered(request, read, attempts)
        except Conflict:
            # An earlier attempt, whose answer was lost, may have brought it there.
            if not attempts.lost:
                raise
            job = await self.get(target)
            if not there(normalise_enumeration(job.state or "")):
                raise
        return await self.get(target) if job is None else job

    async def _part(self, target: Target, part: str, key: str, due: str) -> Mapping[str, object]:
        def read(answer: Answer) -> Mapping[str, object]:
            return self._decoded(target, answer, key, due)

        return await self._sender.answered(target.request(self._base, part), read, self._sender.attempts())

    def _job(self, target: Target, answer: Answer) -> Job:
        job = Job(target.service.name, self._decoded(target, answer, "job", "a job"))
        found = job.raw.get("id")
        if not isinstance(found, str) or normalise_identifier(found) != normalise_identifier(target.id):
            shown = answer.shown(found) if isinstance(found, str) else "one without an id"
            message = f"answered with job {shown} where {quoted(target.id)} was due"
            raise ServiceUnavailable(target.service.name, message, answer.status, None, (), answer.correlation_id)
        return job

    def _decoded(self, target: Target, answer: Answer, key: str, due: str) -> Mapping[str, object]:
        return decode_part(target.service, answer, self._sender.now(), key, due, about=_named(target))


def _named(target: Target) -> str:
    return f"job {printable(target.id)}: "
