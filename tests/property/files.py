"""Files of saved jobs as somebody may have written them: the same records in any spelling, any shape, whole or cut off.

What is in a file is known by building it: where each record's text stands, and what python reads in it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from attrs import field, frozen
from hypothesis import strategies as st

from reality_jobs.nodes import And, Comparison, Guid, Membership, Node, Operator, Or, Text
from tests.oracle import COLLECTIONS, ENUMERATIONS, IDENTIFIERS, guid_shaped
from tests.strategies import GUIDS, Record, any_records, filters, mixed_case, terms

LOOK_ALIKES = (
    '","state":"failed","x":"',
    '{"id":"a","state":"Success"}',
    "}\n{",
    "]}\r\n{",
    '{"jobs":[{"id":"a"}]}',
    "\\",
    '\\"',
    "\\u0041",
    "\ud800",
    "\U0001f600",
    *GUIDS,
    "Success",
    "specifications",
)
NESTED: tuple[object, ...] = (
    {"state": "Success", "id": GUIDS[0], "name": "a"},
    {"jobs": [{"id": GUIDS[1]}]},
    {"job": {"id": "a", "email": "ann@example.com"}},
    [{"state": "failed"}, [{"inputs": [{"id": GUIDS[0]}]}]],
)
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Placed(NamedTuple):
    """A record of a file: its text, the offset and the line (from 1) of its first byte, and what is read in it."""

    raw: bytes
    start: int
    line: int
    record: dict[str, object]


@frozen
class File:
    """`cut`: it ends inside of a value."""

    content: bytes
    placed: list[Placed] = field(factory=list, repr=False)
    cut: bool = False


class Spelling:
    """One of the many texts of a JSON value, as chance has it."""

    def __init__(self, seed: int, *, lines: bool) -> None:
        """`lines` may break a record over several."""
        self._chance = random.Random(seed)
        blanks = ["", "", "", " ", "\t"] + (["\n", "\r\n", "\n  "] if lines else [])
        self._blanks = blanks if self._chance.random() < (0.7 if lines else 0.4) else [""]
        self._depth = self._chance.choice((1, 9))
        """How deep there are blanks: below, an object stands on a line of its own."""
        self._escaped = self._chance.choice((0.0, 0.0, 0.02, 0.2))
        self._ascii = self._chance.random() < 0.5
        self._twice = self._chance.choice((0.0, 0.0, 0.1))

    def written(self, value: object) -> bytes:
        return self._value(value).encode()

    def _value(self, value: object) -> str:
        if isinstance(value, dict | list):
            self._depth -= 1
            if isinstance(value, dict):
                text = self._joined([text for key, inner in value.items() for text in self._member(key, inner)])
            else:
                text = self._joined(list(map(self._value, value)))
            self._depth += 1
            return f"{{{text}}}" if isinstance(value, dict) else f"[{text}]"
        return self._text(value) if isinstance(value, str) else json.dumps(value)

    def _member(self, key: str, value: object) -> Iterator[str]:
        if self._chance.random() < self._twice:
            first = self._chance.choice((None, 5, "", "a", "Success", [], {}, {"id": "a"}, GUIDS[0], value))
            yield self._text(key) + self._blank() + ":" + self._value(first)
        yield self._text(key) + self._blank() + ":" + self._blank() + self._value(value)

    def _joined(self, texts: list[str]) -> str:
        return self._blank() + (self._blank() + "," + self._blank()).join(texts) + self._blank()

    def _blank(self) -> str:
        return self._chance.choice(self._blanks) if self._depth >= 0 else ""

    def _text(self, text: str) -> str:
        return f'"{"".join(map(self._character, text))}"'

    def _character(self, char: str) -> str:
        surrogate = "\ud800" <= char <= "\udfff"
        if surrogate or (self._ascii and char > "~") or self._chance.random() < self._escaped:
            if char == "/" and self._chance.random() < 0.5:
                return "\\/"
            units = char.encode("utf-16-be", "surrogatepass").hex()
            units = units.upper() if self._chance.random() < 0.5 else units
            return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
        return _SHORT.get(char) or (f"\\u{ord(char):04x}" if char < " " else char)


@st.composite
def saved_records(draw: st.DrawFn) -> Record:
    """A record of any service or of none, with text in it that looks like what it is not."""
    record = dict(draw(any_records())[1])
    if not draw(st.integers(0, 5)):
        record = {**draw(any_records())[1], **record}  # with the marks of two services
    for _ in range(draw(st.sampled_from((0, 0, 1, 2)))):
        key = draw(st.sampled_from(("description", "tags", "0", "zz", 'state":"failed')))
        record[key] = draw(st.sampled_from((*LOOK_ALIKES, *NESTED)))
    if not draw(st.integers(0, 5)):
        record["name"] = draw(st.sampled_from(LOOK_ALIKES))
    return record


@st.composite
def findable_filters(draw: st.DrawFn, records: Sequence[Record]) -> Node:
    """Filters that ask for values of these records, alone or among other terms."""
    held = sorted({pair for record in records for pair in _held(record)})
    if not held:
        return draw(filters())

    def term() -> Node:
        some = draw(st.lists(st.sampled_from(held), min_size=1, max_size=8))
        name = some[0][0]
        literals = [
            _literal(draw(mixed_case(text)) if caseless(key, text) else text) for key, text in some if key == name
        ]
        return Comparison(name, Operator.EQ, literals[0]) if len(literals) == 1 else Membership(name, tuple(literals))

    match draw(st.integers(0, 5)):
        case 0:
            return And((term(), draw(terms())))
        case 1:
            return Or((term(), term()))
        case 2:
            return Or((And((term(), draw(terms()))), term()))
        case _:
            return term()


def caseless(name: str, text: str) -> bool:
    """Whether the case of a-z does not matter."""
    return name in ENUMERATIONS or (name in IDENTIFIERS and guid_shaped(text))


def _held(record: Record) -> Iterator[tuple[str, str]]:
    for name in ("id", "iTwinId", "name", "email", "type", "state"):
        text = record.get(name)
        if isinstance(text, str) and text and not any("\ud800" <= char <= "\udfff" for char in text):
            yield name, text
    for text in _guids(record):
        yield from ((name, text) for name in COLLECTIONS)


def _guids(value: object) -> Iterator[str]:
    if isinstance(value, str) and guid_shaped(value):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _guids(inner)


def _literal(text: str) -> Guid | Text:
    return Guid(text.lower()) if guid_shaped(text) else Text(text)


class _Builder:
    def __init__(self, chance: random.Random) -> None:
        self.content = bytearray()
        self.placed: list[Placed] = []
        self.chance = chance

    def put(self, *pieces: bytes) -> None:
        self.content += b"".join(pieces)

    def record(self, raw: bytes) -> None:
        start = len(self.content)
        self.content += raw
        self.placed.append(Placed(raw, start, self.content.count(b"\n", 0, start) + 1, json.loads(raw)))

    def array(self, raws: Iterable[bytes], between: bytes) -> None:
        self.put(b"[", between.replace(b",", b""))
        for i, raw in enumerate(raws):
            self.put(between if i else b"")
            self.record(raw)
        self.put(self.chance.choice((b"", b"\n", b"\r\n")), b"]")


_LINKS = b'"_links":{"next":{"href":"https://example.com/?continuationToken=a"}}'
_GAPS = (b"\n", b"\n", b"\r\n", b"\n\n", b" \n", b"", b" ", b"\n\r\n \t\n", b"\r", b"\n" + b" " * 70)
_BETWEEN = (b",", b", ", b",\n", b",\r\n", b"\n,", b",\n    ", b" ,\t")


def _records(build: _Builder, raws: list[bytes], gap: Callable[[], bytes]) -> None:
    for raw in raws:
        build.record(raw)
        build.put(gap())


def _array(build: _Builder, raws: list[bytes], gap: Callable[[], bytes]) -> None:
    build.array(raws, build.chance.choice(_BETWEEN))


def _page(build: _Builder, raws: list[bytes], gap: Callable[[], bytes]) -> None:
    first = build.chance.random() < 0.3
    line = build.chance.choice((b"", b"", b"\n", b"\n  "))
    build.put(b"{", line, _LINKS + b"," if first else b"", b'"jobs":', build.chance.choice((b"", b" ")))
    build.array(raws, build.chance.choice(_BETWEEN))
    build.put(b"," + line + _LINKS if not first and build.chance.random() < 0.5 else b"", line.rstrip(b" "), b"}")


def _details(build: _Builder, raws: list[bytes], gap: Callable[[], bytes]) -> None:
    for raw in raws:
        build.put(b'{"job":')
        build.record(raw)
        build.put(b"}", gap())


def _pages(build: _Builder, raws: list[bytes], gap: Callable[[], bytes]) -> None:
    build.put(b"[")
    _page(build, raws[::2], gap)
    build.put(build.chance.choice(_BETWEEN))
    _page(build, raws[1::2], gap)
    build.put(b"]")


_SHAPES = (_records, _records, _records, _array, _page, _page, _details, _pages)


@st.composite
def files(draw: st.DrawFn, records: Sequence[Record], *, lines: bool = True) -> File:
    """A file of these records, each any number of times, in any order; `lines`: one may stand on several."""
    chance = random.Random(draw(st.integers(0, 1 << 32)))
    build = _Builder(chance)
    style = draw(st.sampled_from(("a line each", "alike", "any", "any, on lines")))
    build.put(draw(st.sampled_from((b"", b"", b"", b"\xef\xbb\xbf", b"\n", b" \r\n"))))
    gaps = _GAPS if style.startswith("any") else draw(st.sampled_from(((b"\n",), (b"\r\n",), (b"\n", b"\n\n"))))
    seed = chance.getrandbits(32)
    raws = []
    for record in chance.choices(records, k=draw(st.integers(1, 12))):
        seed = seed if style == "alike" else chance.getrandbits(32)
        raws.append(Spelling(seed, lines=lines and style == "any, on lines").written(record))
    while raws:
        count = len(raws) if style == "alike" else chance.randint(1, len(raws))
        shape = _records if style == "a line each" else chance.choice(_SHAPES)
        shape(build, raws[:count], lambda: chance.choice(gaps))
        build.put(chance.choice(gaps))
        del raws[:count]
    if style != "alike" and chance.random() < 0.2:
        build.put(chance.choice((b'{"jobs":[]}', b"[]", b'{"jobs":[],"_links":{}}', b'{"_links":{}}')))
    return File(bytes(build.content), build.placed)


@st.composite
def cut_files(draw: st.DrawFn, file: File) -> File:
    """The same file, its end cut off inside the last record."""
    last = file.placed[-1]
    end = draw(st.integers(last.start + 1, last.start + len(last.raw) - 1))
    if draw(st.booleans()):
        inner = [i + 1 for i in range(last.start, end) if file.content[i : i + 1] in b"}]\n"]
        end = draw(st.sampled_from(inner)) if inner else end
    return File(file.content[:end], file.placed[:-1], cut=True)
