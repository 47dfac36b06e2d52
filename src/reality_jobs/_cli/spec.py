"""The job to be created: a JSON file, what `--set` changes of it, and which service it is for."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import Final

import click
from attrs import frozen

from .. import services
from ..diagnostics import quoted
from ..records import json_kind
from ..schema import normalise_enumeration
from .options import read_stdin

Spec = dict[str, object]

_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[([0-9]+)\]")
_PATH: Final = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[[0-9]+\])*")


@frozen
class Setting:
    """One `--set`: a value and its place. A step that is a number counts the elements of an array."""

    text: str
    steps: tuple[str | int, ...]
    value: object

    @classmethod
    def parse(cls, text: str) -> Setting:
        """`specifications.options.outputFormat=LAS`. The value is JSON where it can be, else text."""
        path, sign, value = text.partition("=")
        if not sign or not _PATH.fullmatch(path):
            raise ValueError(
                f"a setting is written PATH=VALUE, as in name=bridge or inputs[0].id=..., not {quoted(text)}"
            )
        found = (next(filter(None, step.groups())) for step in _STEP.finditer(path))
        return cls(text, tuple(int(step) if re.fullmatch("[0-9]+", step) else step for step in found), _value(value))

    def apply(self, spec: Spec) -> None:
        """Objects and arrays on the way are made where there are none. Raises ValueError."""
        holder: object = spec
        path = "$"
        for step, following in zip(self.steps, (*self.steps[1:], None), strict=True):
            new: object = self.value if following is None else [] if isinstance(following, int) else {}
            holder = self._put(holder, path, step, new, last=following is None)
            path += f"[{step}]" if isinstance(step, int) else f".{step}"

    def _put(self, holder: object, path: str, step: str | int, new: object, *, last: bool) -> object:
        """What is at this step of the holder, the new value where it is the last step or nothing is there."""
        if isinstance(holder, dict) and isinstance(step, str):
            if last or holder.get(step) is None:
                holder[step] = new
            return holder[step]
        if isinstance(holder, list) and isinstance(step, int):
            if step > len(holder):
                raise self._wrong(f"{path} has no element [{step}]; the next one is [{len(holder)}]")
            if step == len(holder):
                holder.append(new)
            elif last or holder[step] is None:
                holder[step] = new
            return holder[step]
        if isinstance(holder, list):
            raise self._wrong(f"{path} is an array; its elements are {path[2:] or path}[0] and so on")
        if isinstance(holder, dict):
            raise self._wrong(f"{path} is an object and has no element [{step}]")
        raise self._wrong(f"{path} is {json_kind(holder)} and holds nothing below it")

    def _wrong(self, why: str) -> ValueError:
        return ValueError(f"{quoted(self.text)}: {why}")


def settings(ctx: click.Context, param: click.Parameter, values: Iterable[str]) -> tuple[Setting, ...]:
    """For click."""
    try:
        return tuple(map(Setting.parse, values))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def read_spec(path: str, changes: Iterable[Setting]) -> Spec:
    """The JSON object in a file (`-` is stdin) with these changes. What is wrong is a usage error."""
    data = read_stdin("--from").encode("utf-8", "surrogateescape") if path == "-" else Path(path).read_bytes()
    name = "stdin" if path == "-" else path
    try:
        spec = _json(data.removeprefix(codecs.BOM_UTF8).decode())
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{name} is no UTF-8: byte {error.start}", param_hint="'--from'") from error
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"{name} is no JSON: {error}", param_hint="'--from'") from error
    if not isinstance(spec, dict):
        raise click.BadParameter(f"{name} holds {json_kind(spec)}, not an object", param_hint="'--from'")
    for change in changes:
        try:
            change.apply(spec)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="'--set'") from error
    try:
        json.dumps(spec, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise click.UsageError("half a character (a lone surrogate) cannot be sent") from error
    except RecursionError as error:
        raise click.UsageError("the job nests too deep to be sent") from error
    return spec


def service_of(spec: Spec) -> str:
    """The one service that lists the type and publishes most of the keys; a usage error where there is no such one."""
    from ..records.models import CREATIONS
    from ..records.models.shape import shape

    wanted = spec.get("type")
    folded = normalise_enumeration(wanted) if isinstance(wanted, str) else ""
    known = {
        name: len(spec.keys() & shape(model).keys())
        for name, model in CREATIONS.items()
        if folded in map(normalise_enumeration, services.get(name).enumerations["type"])
    }
    most = [name for name, count in known.items() if count == max(known.values())]
    if len(most) != 1:
        said = f"the type {quoted(wanted)} does not say" if isinstance(wanted, str) else "no type says"
        raise click.UsageError(
            f"{said} which service creates the job; --service is one of {', '.join(most or CREATIONS)}"
        )
    return most[0]


def _value(text: str) -> object:
    try:
        return _json(text)
    except (ValueError, RecursionError):
        return text


def _json(text: str) -> object:
    """Strict: no NaN, no number beyond all bounds, no key twice."""
    value: object = json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once)
    return value


def _refuse(text: str) -> object:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is beyond all bounds")
    return value


def _once(pairs: list[tuple[str, object]]) -> Spec:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {quoted(next(key for key in keys if keys.count(key) > 1))} is there twice")
    return found
