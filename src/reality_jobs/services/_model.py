"""The shape of a registry entry."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ..schema import normalise_enumeration


@frozen
class Places:
    """Where a collection of ids lives in a record.

    `paths` hold for every record (`inputs[].id`: a key, every element of a list, a key). A v2 record keeps its ids
    under `container` in keys that depend on the job's type: `by_type` names them (`*` for every type), bucket paths
    (`bkt:...`) are left out, and a key or a type that nobody listed counts where it holds GUID-shaped text, unless it
    is one of `never`; where `never` is None only listed keys count.
    """

    paths: tuple[str, ...] = ()
    container: str | None = None
    by_type: Mapping[str, tuple[str, ...]] = field(factory=dict)
    never: frozenset[str] | None = None


@frozen
class Operations:
    """How an API spells what is done with one job.

    `submit` and `cancel` are the bodies of a PATCH. Where there is no `submit`, a job is submitted when it is created;
    where there is no `cancel`, DELETE cancels a job, else DELETE deletes one that is not submitted yet.
    """

    progress: str
    """The key of what GET /jobs/{id}/progress answers with."""
    messages_in: str | None = None
    """The key of the record under which errors and warnings are; None where GET /jobs/{id}/messages tells them."""
    submit: Mapping[str, str] | None = None
    cancel: Mapping[str, str] | None = None

    @property
    def messages(self) -> bool:
        """Whether there is GET /jobs/{id}/messages."""
        return self.messages_in is None


@frozen(eq=False)
class Service:
    """One job API: address, dialect, record shape, enumerations, errors."""

    name: str
    title: str
    path: str
    accept: str
    filterable: frozenset[str]
    """The properties that the live `$filter` knows."""
    has_in: bool
    """Whether the dialect lists the operator `in`."""
    scalars: Mapping[str, str]
    """Property to dotted path in a record. A property that is in neither map is never carried: unanswerable."""
    collections: Mapping[str, Places]
    required: frozenset[str]
    """Properties that the published schema requires to be there and not null."""
    enumerations: Mapping[str, tuple[str, ...]]
    """The listed values of `type` and `state`, in the service's own spelling."""
    final_states: frozenset[str]
    marks: tuple[str, ...]
    """Dotted paths by which a record of unknown origin is recognised (see `records.recognise`)."""
    bad_request: int
    bad_request_code: str
    top_target: str
    """How the error body of a bad `$top` spells its target."""
    encodes_next: bool
    """Whether next links come percent-encoded; with raw blanks otherwise."""
    fraction_digits: int
    """Digits of a second in the date-times of its records, as its published examples show; any number is read."""
    operations: Operations
    user_key: str | None = None
    """Key of the id of the user who created the job, where records have one."""

    def answers(self, property: str) -> bool:
        """Whether this service's records carry the property at all."""
        return property in self.scalars or property in self.collections

    def spelling(self, property: str, value: str) -> str:
        """An enumeration value as this service spells it; a value it does not list stays as it is."""
        folded = normalise_enumeration(value)
        return next((v for v in self.enumerations.get(property, ()) if normalise_enumeration(v) == folded), value)
