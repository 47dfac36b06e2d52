"""The meaning of a filter, evaluated as naively as it is written down: the oracle that every target is held against.

Written from the rules of the language alone. It shares the node classes with the package and nothing else: its own
tables of where ids live, its own calendar, its own recognition by shape. Slow on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from reality_jobs.nodes import And, Guid, Instant, Membership, Node, Null, Operator, Or, Text

COLLECTIONS = ("inputId", "outputId")
IDENTIFIERS = ("id", "iTwinId", *COLLECTIONS)
ENUMERATIONS = ("type", "state")
V2 = ("modeling-v2", "conversion-v2", "analysis-v2")


class Unanswerable(Exception):
    """The filter mentions a property that the records of the service never carry."""

    def __init__(self, property: str, service: str) -> None:
        super().__init__(property, service)
        self.property = property
        self.service = service


@dataclass(frozen=True)
class Verdict:
    """`answer` is None if it depends on an odd value; `odd` says that a value in reach of the filter is odd."""

    answer: bool | None
    odd: bool = False


ODD = Verdict(None, True)


class _Odd:
    """A value of the wrong JSON type, or an unreadable date-time: neither null nor comparable."""


_ODD = _Odd()
Value = str | Fraction | None | _Odd


def verdict(node: Node, record: Mapping[str, object], service: str | None = None, missing: str = "error") -> Verdict:
    """The answer for one raw record; without a service the record is recognised by its shape."""
    service = service or recognised(record)
    if missing == "error" and service in V2 and "email" in mentioned(node):
        raise Unanswerable("email", service)
    return _verdict(node, record, service)


def allowed(expected: Verdict, outcome: bool | None) -> bool:
    """Whether a target may answer so; `outcome` None stands for InvalidRecord.

    An answer is exact where no odd value is in reach. Where one is and other terms decide, both the answer and
    InvalidRecord will do; where the answer depends on it, only InvalidRecord.
    """
    return expected.odd if outcome is None else outcome == expected.answer


def mentioned(node: Node) -> set[str]:
    """The properties that the filter names."""
    if isinstance(node, And | Or):
        return {name for operand in node.operands for name in mentioned(operand)}
    return {node.property}


def _verdict(node: Node, record: Mapping[str, object], service: str | None) -> Verdict:
    if isinstance(node, And | Or):
        parts = [_verdict(operand, record, service) for operand in node.operands]
        answers = [part.answer for part in parts]
        return Verdict(_all(answers) if isinstance(node, And) else _any(answers), any(part.odd for part in parts))
    values = _values(record, node.property, service)
    if isinstance(node, Membership):
        answer = _any(_term(node.property, Operator.EQ, values, _plain(node.property, x)) for x in node.literals)
    else:
        answer = _term(node.property, node.operator, values, _plain(node.property, node.literal))
    return Verdict(answer, _ODD in values)


def _term(property: str, operator: Operator, values: list[Value], literal: Value) -> bool | None:
    if operator is Operator.NE:
        return _not(_term(property, Operator.EQ, values, literal))
    if property in COLLECTIONS and operator is Operator.EQ and literal is None:
        # "There is none": a plain member settles it, an odd one does not.
        return _not(_any(None if value is _ODD else True for value in values))
    if operator is not Operator.EQ and literal is None:
        return False
    return _any(_compare(operator, value, literal) for value in values)


def _compare(operator: Operator, value: Value, literal: Value) -> bool | None:
    if isinstance(value, _Odd):
        return None
    if operator is Operator.EQ:
        return value == literal
    if value is None or literal is None:
        return False
    order: dict[Operator, Callable[[object, object], bool]] = {
        Operator.LT: lambda a, b: a < b,  # type: ignore[operator]
        Operator.LE: lambda a, b: a < b or a == b,  # type: ignore[operator]
        Operator.GT: lambda a, b: b < a,  # type: ignore[operator]
        Operator.GE: lambda a, b: b < a or a == b,  # type: ignore[operator]
    }
    return order[operator](value, literal)


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _any(answers: Iterable[bool | None]) -> bool | None:
    seen = list(answers)
    return True if True in seen else None if None in seen else False


def _all(answers: Iterable[bool | None]) -> bool | None:
    return _not(_any(_not(answer) for answer in answers))


def _plain(property: str, literal: Guid | Text | Instant | Null) -> Value:
    if isinstance(literal, Null):
        return None
    return Fraction(literal.ticks, 10_000_000) if isinstance(literal, Instant) else _normal(property, literal.value)


# Values: how text compares.


def guid_shaped(text: str) -> bool:
    """8-4-4-4-12 ASCII hex digits in either case."""
    parts = text.split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and set("".join(parts)) <= set("0123456789abcdefABCDEF")


def _normal(property: str, text: str) -> str:
    if property in ENUMERATIONS:
        return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)
    return text.lower() if property in IDENTIFIERS and guid_shaped(text) else text


_DATE_TIME = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?P<clock>[0-9]{2}:[0-9]{2}(:[0-9]{2})?)"
    r"(?P<fraction>(?<=:[0-9]{2}:[0-9]{2})\.[0-9]{1,12})?(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def moment(text: str) -> Fraction | None:
    """Seconds since 1970-01-01T00:00:00Z, cut to 100 ns; None for what is no date-time."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day = map(int, match["date"].split("-"))
    hour, minute, second = [*map(int, match["clock"].split(":")), 0][:3]
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if year == 0 or not 1 <= month <= 12 or not 1 <= day <= _MONTHS[month - 1] + (leap and month == 2):
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    days = _days(year) + sum(_MONTHS[: month - 1]) + (leap and month > 2) + day - 1
    seconds = Fraction(((days * 24 + hour) * 60 + minute) * 60 + second)
    seconds += Fraction(int(f"{match['fraction'] or '.'}0000000"[1:8]), 10**7)
    if match["zone"] not in "Zz":
        hours, minutes = int(match["zone"][1:3]), int(match["zone"][4:])
        if hours > 23 or minutes > 59:
            return None
        seconds -= (hours * 60 + minutes) * 60 * (-1 if match["zone"][0] == "-" else 1)
    return seconds if _days(1) * 86_400 <= seconds < _days(10_000) * 86_400 else None


def _days(year: int) -> int:
    """Days from 1970 to the first of January of a year."""

    def before(y: int) -> int:
        return 365 * y + (y - 1) // 4 - (y - 1) // 100 + (y - 1) // 400

    return before(year) - before(1970)


# Places: where a property lives in a record.

V2_INPUTS: dict[str, dict[str, tuple[str, ...]]] = {
    "modeling-v2": {
        "FillImageProperties": ("imageCollections", "sceneToProcess", "sceneToComplete"),
        "ImportPointCloud": ("scene",),
        "Calibration": ("scene",),
        "Tiling": ("scene",),
        "Production": ("scene", "modelingReference"),
        "Reconstruction": ("scene", "modelingReference"),
        "Constraints": ("modelingReference",),
        "TouchUpExport": ("modelingReference",),
        "TouchUpImport": ("modelingReference", "touchUpData"),
        "WaterConstraints": ("scene", "modelingReference"),
        "GaussianSplats": ("scene", "splatsReference"),
    },
    "analysis-v2": {
        "Objects2D": ("photos", "model3D", "objects2D"),
        "Segmentation2D": ("photos", "model3D", "segmentation2D"),
        "Segmentation3D": ("model3D", "segmentation3D"),
        "SegmentationOrthophoto": ("orthophoto",),
        "ChangeDetection": ("model3DA", "model3DB", "model3dA", "model3dB"),
        "EvalO2D": ("reference", "prediction"),
        "EvalO3D": ("reference", "prediction"),
        "EvalS2D": ("reference", "prediction"),
        "EvalS3D": ("reference", "prediction"),
        "EvalSOrtho": ("reference", "prediction"),
        "ClearanceCalculation": ("clearanceFootprint", "model3D"),
        "TrainingS3D": ("segmentations3D",),
    },
    "conversion-v2": {
        "PointCloudConversion": ("pointCloud",),
        "PointCloudOptimization": ("pointClouds",),
        "TileMapOptimization": ("tileMaps",),
        "VectorOptimization": ("vectors",),
        "MeshSampling": ("meshes",),
        "ContextSceneTiler": ("scene",),
    },
}
# Analysis v2 output keys changed their names within months, so none is listed: they count by the shape of the value.
V2_OUTPUTS: dict[str, dict[str, tuple[str, ...]]] = {
    "modeling-v2": {
        "FillImageProperties": ("scene",),
        "ImportPointCloud": ("scanCollection", "scene"),
        "Calibration": ("scene", "texturedTiePoints"),
        "Tiling": ("modelingReference>location",),
        "Production": ("exports>>location",),
        "Reconstruction": ("modelingReference>location", "exports>>location"),
        "TouchUpExport": ("touchUpData",),
        "GaussianSplats": ("splats", "splatsReference"),
    },
    "analysis-v2": {},
}
V1_TYPES = {
    "modeling-v1": ("Full", "Calibration", "Reconstruction"),
    "conversion-v1": ("Conversion", "ImportFeatures"),
    "analysis-v1": (
        "objects2D",
        "segmentation2D",
        "segmentationOrthophoto",
        "segmentation3D",
        "changeDetection",
        "extractGround",
    ),
}
NO_DATA = ("constraintsToDelete", "constraintsToAdd", "preset", "presets", "tilesToTouchUp", "crsData")


def _values(record: Mapping[str, object], property: str, service: str | None) -> list[Value]:
    """One value of a plain property (None for null); of a collection its members, absent ones left out."""
    if property in COLLECTIONS:
        return [x if isinstance(x, _Odd) else _normal(property, x) for x in _members(record, property, service)]
    value: object
    if service in V2 and property == "email":
        value = None
    elif service in V2 and property == "createdDateTime":
        value = _get(record.get("executionInfo"), "createdDateTime")
    else:
        value = record.get(property)
    if value is None:
        return [None]
    if not isinstance(value, str):
        return [_ODD]
    if property == "createdDateTime":
        seconds = moment(value)
        return [_ODD if seconds is None else seconds]
    return [_normal(property, value)]


def _get(holder: object, key: str) -> object:
    if holder is None or isinstance(holder, _Odd):
        return holder
    return holder.get(key) if isinstance(holder, dict) else _ODD


def _members(record: Mapping[str, object], property: str, service: str | None) -> Iterator[str | _Odd]:
    if service is None:
        yield from _leaf(record.get(property))
    elif service in V2:
        yield from _v2_members(record, property, service)
    elif property == "inputId":
        yield from _objects(record.get("inputs"), "id")
        if service == "analysis-v1":
            yield from _objects(record.get("inputs"), "realityDataId")
    elif service == "modeling-v1":
        yield from _objects(_get(record.get("jobSettings"), "outputs"), "id")
    else:
        yield from _objects(record.get("outputs"), "id")


def _v2_members(record: Mapping[str, object], property: str, service: str) -> Iterator[str | _Odd]:
    specifications = record.get("specifications")
    if service == "conversion-v2" and property == "outputId":
        yield from _no_bucket(_leaf(_get(specifications, "output")))
        return
    holder = _get(specifications, "inputs" if property == "inputId" else "outputs")
    if holder is None:
        return
    if not isinstance(holder, dict):
        yield _ODD
        return
    job_type = record.get("type")
    table = (V2_INPUTS if property == "inputId" else V2_OUTPUTS)[service]
    listed = table.get(job_type, ()) if isinstance(job_type, str) else ()
    for place in listed:
        if ">>" in place:
            key, _, inner = place.partition(">>")
            found = _objects(holder.get(key), inner)
        elif ">" in place:
            key, _, inner = place.partition(">")
            found = _leaf(_get(holder.get(key), inner))
        else:
            found = _leaf(holder.get(place))
        yield from _no_bucket(found)
    for key, value in holder.items():
        if service == "analysis-v2" and property == "outputId" and key == "detector":
            continue  # a detector is named, whatever its name looks like
        if key not in NO_DATA and not any(re.split(">+", place)[0] == key for place in listed):
            yield from _unlisted(value)


def _no_bucket(found: Iterable[str | _Odd]) -> Iterator[str | _Odd]:
    return (x for x in found if isinstance(x, _Odd) or not x.startswith("bkt:"))


def _unlisted(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        text = item.get("location") if isinstance(item, dict) else item
        if isinstance(text, str) and guid_shaped(text):
            yield text


def _objects(value: object, key: str) -> Iterator[str | _Odd]:
    """The ids in a list of objects; one object counts as a list of one, nulls as absent."""
    for item in value if isinstance(value, list) else [value]:
        yield from _leaf(_get(item, key))


def _leaf(value: object) -> Iterator[str | _Odd]:
    """Text, or a list of text; nulls are absent."""
    for item in value if isinstance(value, list) else [value]:
        if item is not None:
            yield item if isinstance(item, str) else _ODD


# Recognition: which service a record of unknown origin comes from.

_V1_MARKS = ("inputs", "executionInformation", "lastModifiedDateTime")
_V2_MARKS = ("specifications", "executionInfo")
_MARKS: dict[str, tuple[str, ...]] = {
    "modeling-v1": (*_V1_MARKS, "jobSettings", "workspaceId", "location"),
    "modeling-v2": (*_V2_MARKS, "specifications/outputs"),
    "conversion-v2": (*_V2_MARKS, "specifications/output"),
    "conversion-v1": (*_V1_MARKS, "outputs", "dataCenter"),
    "analysis-v1": (*_V1_MARKS, "outputs", "dataCenter"),
    "analysis-v2": (*_V2_MARKS, "specifications/outputs"),
}


def recognised(record: Mapping[str, object]) -> str | None:
    """A service has a mark in the record; one that lists the record's type goes first, then more marks, then order."""
    marks = {name: sum(_marked(record, mark) for mark in _MARKS[name]) for name in _MARKS}
    candidates = [name for name in _MARKS if marks[name]]
    types = {name: tuple(V2_INPUTS[name]) if name in V2 else V1_TYPES[name] for name in _MARKS}
    candidates.sort(key=lambda name: (record.get("type") not in types[name], -marks[name]))
    return candidates[0] if candidates else None


def _marked(record: Mapping[str, object], mark: str) -> bool:
    first, _, second = mark.partition("/")
    inner = record.get(first)
    return first in record and (not second or (isinstance(inner, dict) and second in inner))
