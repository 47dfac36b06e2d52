"""A job to be created: what is sent, checked before it is, and how to find it where the answer is lost. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
from attrs import frozen

from .. import services
from ..errors import InvalidSpec, OutcomeUnknown, ServiceError
from ..filters import F, Filter
from ..schema import PROPERTIES

if TYPE_CHECKING:
    from ..records.models import Creation

_SKEW: Final = timedelta(minutes=5)
"""How far the service's clock may be behind ours: our choice."""

_TOLD: Final = frozenset({"type", "name", "itwin_id"})
"""Properties that a creation tells."""


@frozen
class Creating:
    """The request that `create` sends, but for who asks."""

    service: str
    path: str
    body: Mapping[str, object]
    method: str = "POST"

    def lost(self, error: ServiceError, since: datetime) -> OutcomeUnknown:
        """What to raise from an error after which nobody knows whether the job is there."""
        return OutcomeUnknown(
            error.service,
            error.message,
            error.status,
            error.code,
            error.details,
            error.correlation_id,
            str(self.look_for(since)),
        )

    def look_for(self, since: datetime) -> Filter:
        """A filter that finds the job, if it was created since then: by its name and type, and its iTwin where one is
        named."""
        found = F.created_date_time >= (since - _SKEW).replace(microsecond=0)
        for property in reversed(PROPERTIES.values()):
            value = self.body.get(property.name)
            if property.attribute in _TOLD and isinstance(value, str):
                found = (getattr(F, property.attribute) == value) & found
        return found


def creating(spec: Creation | Mapping[str, object], service: str | None = None) -> Creating:
    """What `create` would send. No request is made, and no token is needed.

    `spec` is a model of `records.models`, or its JSON object with the name of the service. Raises InvalidSpec with
    every wrong place, and ValueError where the service is not named or publishes no creation.
    """
    # Loaded by who needs them: a list does not.
    from ..records.models import CREATIONS, Creation, check, structure_as, unstructure

    if isinstance(spec, Creation):
        if service not in (None, spec.service):
            raise ValueError(f"a {type(spec).__name__} is for {spec.service}, not for {service}")
        model = spec
    elif isinstance(spec, Mapping):
        if service is None:
            raise ValueError(f"which service creates the job? service= is one of {', '.join(CREATIONS)}")
        known = CREATIONS.get(services.get(service).name)
        if known is None:
            raise ValueError(f"no creation is published for {service}; it is for {', '.join(CREATIONS)}")
        model = structure_as(spec, known)
    else:
        raise TypeError(f"a job to be created is a model of records.models or a mapping, not {type(spec).__name__}")
    wrong = check(model)
    if wrong:
        raise InvalidSpec(wrong)
    body = unstructure(model)
    try:
        msgspec.json.encode(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidSpec([("$", f"cannot be sent as JSON: {error}")]) from error
    return Creating(model.service, f"{services.get(model.service).path}/jobs", body)
