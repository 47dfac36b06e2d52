"""What the bytes of an input say: a filter up to the first line break, a record as JSON behind it; and its mutation.

Mutated as bytes, nine cases in ten would be broken; here terms are exchanged for terms and values for values, and both
draw from each other, so that filters often hit.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence

from driver import decoded, instrumented

with instrumented():
    from reality_jobs import Filter, InvalidFilter, parse
    from reality_jobs.nodes import And, Node, Or
    from reality_jobs.schema import PROPERTIES, Kind
    from reality_jobs.targets.text import write

Record = dict[str, object]

GUID = "dc720f05-e5f7-448b-ae06-765de46f0af1"
_TEXTS = ["", "a", "B", GUID, GUID.upper(), f"{GUID}\n", "bkt:a", "fdb:1", "null", "\ud800", "\u212a", "\u0130"]
_TEXTS += ["Success", "success", "\u017fuccess", "Full", "Reconstruction", "ChangeDetection", "PointCloudOptimization"]
_LITERALS = ["2024-06-24T13:00:00Z", "2024-06-24T13:00Z", "2024-06-24T13:00:00.0000001+00:00"]
_LITERALS += ["2024-06-24t15:00:00.123456789012+02:00", "0001-01-01T00:00:00Z"]
_LITERALS += ["9999-12-31T23:59:59.9999999Z", "2024-06-24T13:00-23:59"]
_UNREADABLE = ["0001-01-01T00:00:00+00:01", "2024-02-30T13:00:00Z", "2024-06-24T13:00:60Z"]
_UNREADABLE += ["2024-06-24T24:00:00Z", "2024-06-24", "2024-06-24T13:00:00.Z"]
_UNREADABLE += ["2024-06-24T13:00:00.0000000\u221200:00", "2024-06-24T13:00:00.000000\u0660+00:00"]
_KEYS = ["inputs", "outputs", "jobSettings", "specifications", "executionInfo", "scene", "output"]
_KEYS += ["location", "exports", "meshes", "modelingReference", "presets", "report", "realityDataId"]
_KEYS += ["workspaceId", "dataCenter", "userId"]
_ODD: list[object] = [None, 0, -1.5, True, 10**30, [], {}, [None], [[]], ""]


def case(data: bytes) -> tuple[Filter, Record | None] | None:
    """None if the first line is no filter; no record where the rest is no JSON object."""
    text, _, rest = decoded(data).partition("\n")
    try:
        made = parse(text)
    except InvalidFilter:
        return None
    try:
        record = json.loads(rest)
    except (ValueError, RecursionError):
        return made, None
    return made, record if isinstance(record, dict) else None


def mutate_case(data: bytes, pool: Sequence[bytes], chance: random.Random) -> bytes:
    """A case like this one; an input that is none comes back as it is."""
    found = case(data)
    if found is None:
        return data
    made, record = found
    other = case(chance.choice(pool)) if not chance.randrange(8) else None
    if other is not None and other[1] is not None:
        record = other[1]
    text = str(made)
    if chance.random() < 0.6:
        text = _filter(made.node, record or {}, chance)
    if record is not None and chance.random() < 0.6:
        for _ in range(chance.choice((1, 1, 2, 4))):
            record = _changed(record, [*_strings(record), *_TEXTS, *_LITERALS, *_UNREADABLE], chance)  # type: ignore[assignment]
    rest = "" if record is None else f"\n{json.dumps(record)}"
    return f"{text}{rest}".encode("utf-8", "surrogatepass")


def _filter(node: Node, record: Record, chance: random.Random) -> str:
    match chance.randrange(4):
        case 0:
            return _term(record, chance)
        case 1:
            word = chance.choice(("and", "or"))
            return f"({write(node)}) {word} {_term(record, chance)}"
        case _:
            return _retold(node, record, chance)


def _retold(node: Node, record: Record, chance: random.Random) -> str:
    """The text of the tree with one operand left out, or one term for another."""
    if not isinstance(node, And | Or):
        return _term(record, chance)
    texts = [f"({write(operand)})" for operand in node.operands]
    at = chance.randrange(len(texts))
    if chance.randrange(3):
        texts[at] = f"({_retold(node.operands[at], record, chance)})"
    elif len(texts) > 1:
        del texts[at]
    return (" and " if isinstance(node, And) else " or ").join(texts)


def _term(record: Record, chance: random.Random) -> str:
    """A comparison or a membership, half of them with the value that the record holds there, if it is text."""
    name = chance.choice(list(PROPERTIES))
    own = record.get(name)
    strings = [own] if isinstance(own, str) and chance.randrange(2) else [*_strings(record), *_TEXTS]
    operator = chance.choice(("eq", "ne", "lt", "le", "gt", "ge", "in", "in"))
    nulls = operator in ("eq", "ne", "in")
    if operator == "in":
        members = [_literal(name, strings, nulls, chance) for _ in range(chance.choice((0, 1, 2, 3)))]
        return f"{name} in ({', '.join(members)})"
    return f"{name} {operator} {_literal(name, strings, nulls, chance)}"


def _literal(name: str, strings: list[str], nulls: bool, chance: random.Random) -> str:
    if nulls and not chance.randrange(4):
        return "null"
    if PROPERTIES[name].kind is Kind.INSTANT:
        moments = [text for text in strings if text[10:11] in ("T", "t")]
        return chance.choice(moments if moments and chance.randrange(2) else _LITERALS)
    text = chance.choice(strings)
    return "'" + (text.swapcase() if not chance.randrange(4) else text).replace("'", "''") + "'"


def _changed(value: object, strings: list[str], chance: random.Random) -> object:
    """A value of JSON with one change somewhere in it."""
    if isinstance(value, dict) and value and chance.random() < 0.75:
        key = chance.choice(list(value))
        return {**value, key: _changed(value[key], strings, chance)}
    if isinstance(value, list) and value and chance.random() < 0.75:
        at = chance.randrange(len(value))
        return [*value[:at], _changed(value[at], strings, chance), *value[at + 1 :]]
    if isinstance(value, dict):
        key = chance.choice([*value, *PROPERTIES, *_KEYS])
        if key in value and chance.randrange(2):
            return {other: value[other] for other in value if other != key}
        return {**value, key: _fresh(strings, chance)}
    if isinstance(value, list):
        return [*value, _fresh(strings, chance)] if chance.randrange(3) else value[:-1]
    match chance.randrange(6):
        case 0:
            return [value]
        case 1:
            return {chance.choice(("id", "location")): value}
        case 2 if isinstance(value, str):
            return value.swapcase()
        case _:
            return _fresh(strings, chance)


def _fresh(strings: list[str], chance: random.Random) -> object:
    value: object = chance.choice(strings) if chance.randrange(4) else chance.choice(_ODD)
    match chance.randrange(8):
        case 0:
            return [value, chance.choice(strings)]
        case 1:
            return {chance.choice(("id", "location", "createdDateTime", "outputs", "inputs", "scene")): value}
        case 2:
            return [{chance.choice(("id", "location")): value}]
        case _:
            return value


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
