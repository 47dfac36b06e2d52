"""The job APIs as data: `services.ALL["modeling-v1"]`. A seventh is one more entry of `registry` and nothing else.

Sources, per field, stand in `registry`; what a page does not say is marked there as inferred or as our choice.
"""

from __future__ import annotations

from collections.abc import Iterable

from ._model import Operations, Places, Service
from .registry import ALL

DEFAULT: tuple[str, ...] = ("modeling-v1", "modeling-v2", "conversion-v2")
"""The three job APIs that are asked when the caller names none."""

__all__ = ["ALL", "DEFAULT", "Operations", "Places", "Service", "get", "listed_values", "select"]


def get(name: str) -> Service:
    """The service of that name; ValueError lists the names there are."""
    try:
        return ALL[name]
    except KeyError:
        raise ValueError(f"unknown service {name!r}; the services are {', '.join(ALL)}") from None


def select(names: Iterable[str] | None) -> tuple[Service, ...]:
    """The services of these names, each once, in this order; the default three for None."""
    if isinstance(names, str):
        raise TypeError(f"services is a list of names: services=[{names!r}]")
    return tuple(get(name) for name in dict.fromkeys(DEFAULT if names is None else names))


def listed_values(property: str, names: Iterable[str] = ALL) -> tuple[str, ...]:
    """What these services list for `type` or `state`, each spelling once; nothing for other properties."""
    return tuple(dict.fromkeys(value for name in names for value in ALL[name].enumerations.get(property, ())))
