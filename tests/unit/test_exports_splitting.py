"""`split`: never anything but what the scanner finds at the same places, and as much of it as can be had."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reality_jobs.exports.splitting import split
from reality_jobs.exports.structure import Event, Level, MalformedError, State, Structure

Place = tuple[int, State]

LAYOUTS = ["compact", "spaced", "one a line", "indent 1", "indent 2", "tabs", "page", "windows"]


def scanned(data: bytes) -> tuple[list[tuple[int, int]], list[Place]]:
    """Where the records of the outermost value are by the scanner, and where each can be asked for."""
    structure, position = Structure(), 0
    records: list[tuple[int, int]] = []
    places: list[Place] = []
    try:
        while True:
            event, position = structure.run(data, position, True)
            if event is not Event.RECORD or structure.stack[-1:] != [Level.RECORDS]:
                return records, places
            if not records:
                begin = data[: structure.start].rindex(b"[") + 1
                places.append((begin, State.VALUE_OR_END))
                if data[begin : structure.start].strip():
                    return [], []
            records.append((structure.start, position))
            places.append((position, State.AFTER))
            structure.start = -1
    except MalformedError:
        return records, places


def laid_out(values: Iterable[object], layout: str, ascii_only: bool = True) -> bytes:
    match layout:
        case "compact":
            text = json.dumps(list(values), separators=(",", ":"), ensure_ascii=ascii_only)
        case "spaced":
            text = json.dumps(list(values), ensure_ascii=ascii_only)
        case "one a line":
            text = "[\n" + ",\n".join(json.dumps(value, ensure_ascii=ascii_only) for value in values) + "\n]\n"
        case "page":
            text = json.dumps({"_links": None, "jobs": list(values)}, indent=2, ensure_ascii=ascii_only)
        case "windows":
            text = json.dumps(list(values), indent=2, ensure_ascii=ascii_only).replace("\n", "\r\n")
        case _:
            indent: int | str = "\t" if layout == "tabs" else int(layout[-1])
            text = json.dumps(list(values), indent=indent, ensure_ascii=ascii_only)
    return text.encode()


def at_once(data: bytes, position: int, state: State) -> tuple[list[bytes], int] | None:
    """All that can be had from a place on, and the position behind it; what comes of it must stand where it says."""
    raws: list[bytes] = []
    for begin, end, some in split(data, position, state):
        assert data.startswith(some[0], begin)
        assert data.endswith(some[-1], begin, end)
        raws += some
        position = end
    return (raws, position) if raws else None


def agrees(data: bytes) -> None:
    """From every place: nothing, or the next records of the scanner."""
    extents, places = scanned(data)
    for number, (position, state) in enumerate(places):
        found = at_once(data, position, state)
        if found is not None:
            raws, end = found
            expected = extents[number : number + len(raws)]
            assert raws == [data[first:last] for first, last in expected]
            assert end == expected[-1][1]


def jobs(count: int, **more: object) -> list[dict[str, object]]:
    inputs = [{"id": "i", "description": '},{"id":"'}, {"id": "i", "description": "]"}]
    return [{"id": str(n), "name": f"n{n}", "inputs": inputs, **more} for n in range(count)]


def taken(data: bytes) -> int:
    agrees(data)
    _, places = scanned(data)
    found = at_once(data, *places[0])
    return 0 if found is None else len(found[0])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("count", [2, 3, 10, 300])
def test_all_but_the_last_record(layout: str, count: int) -> None:
    assert taken(laid_out(jobs(count), layout)) == count - 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_in_a_window_that_ends_anywhere(layout: str) -> None:
    whole = laid_out(jobs(6), layout)
    extents, places = scanned(whole)
    for end in range(len(whole)):
        found = at_once(whole[:end], *places[0])
        complete = sum(last <= end for _, last in extents)
        assert found is None or whole[places[0][0] : found[1]].endswith(found[0][-1])
        # What begins after the last whole record is enough to know it by.
        assert complete - 2 <= (len(found[0]) if found else 0) <= complete


@pytest.mark.parametrize("layout", LAYOUTS)
def test_many_a_window(layout: str) -> None:
    data = laid_out(jobs(3000), layout)
    extents, places = scanned(data)
    position, state = places[0]
    raws: list[bytes] = []
    while found := at_once(data[position : position + 100_000], 0, state):
        raws += found[0]
        position, state = position + found[1], State.AFTER
    assert raws == [data[first:last] for first, last in extents[:-1]]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_array_may_end_in_the_window(layout: str) -> None:
    assert taken(laid_out(jobs(5), layout) + b"\n" + laid_out(jobs(50), layout)) == 5
    assert taken(b"[" + laid_out(jobs(5), "page") + b"," + laid_out(jobs(50), "page") + b"]") == 5


@pytest.mark.parametrize(
    ("odd", "least"),
    [
        pytest.param('{"id":"x","name":NaN}', 3, id="a number that is none"),
        pytest.param('{"id":"x","name":"\\ud800"}', 3, id="half a pair"),
        pytest.param('{"id":"x","name":"\\x"}', 9, id="no escape"),
        pytest.param('{"id":"x","name":"a\nb"}', 9, id="a line end in a text"),
        pytest.param('{"id":"x" "name":"b"}', 9, id="no comma"),
        pytest.param('{"id":"x","name":"b"', 9, id="never closed"),
        pytest.param('{"id":"x","name":"b"}}', 9, id="closed twice"),
        pytest.param('{"id":"x","name":"b"}]', 11, id="array closed"),
        pytest.param('{"id":"x","name":"b"} {}', 9, id="two without a comma"),
        pytest.param('{"id":"x","name":"b"},', 9, id="two commas"),
        pytest.param('{"id":"x","name":' + "[" * 5000 + "]" * 5000 + "}", 0, id="deep"),
        pytest.param("1", 0, id="a number"),
        pytest.param('["id"]', 0, id="an array"),
        pytest.param('"},{"', 0, id="a text"),
        pytest.param("", 9, id="nothing"),
    ],
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_odd_one_among_them(layout: str, odd: str, least: int) -> None:
    data = laid_out([*jobs(10), "ODD", *jobs(10)], layout).replace(b'"ODD"', odd.encode())
    agrees(data)
    _, places = scanned(data)
    found = at_once(data, *places[0])
    assert least <= (len(found[0]) if found else 0) <= 11


@pytest.mark.parametrize("layout", LAYOUTS)
def test_look_alikes_inside_records(layout: str) -> None:
    assert taken(laid_out(jobs(9, copies=jobs(1)), layout)) == 8
    assert taken(laid_out([*jobs(9), *jobs(1, copies=jobs(5))], layout)) > 0


def test_long_records_and_long_keys() -> None:
    assert taken(laid_out(jobs(5, notes="x" * 100_000), "compact")) >= 3
    assert taken(laid_out([{"k" * 1000: 1, "l": 2}] * 50, "compact")) == 0


def test_where_none_is_to_be_had() -> None:
    data = b'[{"id":1,"a":1},{"id":2,"a":2},{"id":3,"a":3}]'
    assert at_once(data, 1, State.AFTER) is None
    assert at_once(data, 15, State.VALUE) is None
    assert at_once(data, 15, State.AFTER) == ([b'{"id":2,"a":2}'], 30)
    assert at_once(data, 16, State.VALUE) == ([b'{"id":2,"a":2}'], 30)
    assert at_once(data, len(data) - 1, State.AFTER) is None
    assert at_once(data, len(data), State.VALUE) is None
    assert at_once(b"{},{},{}", 0, State.VALUE) is None


texts = st.text(st.characters(codec="utf-8"), max_size=4) | st.sampled_from(['"', "\\", "},{", "]", '{"id":', "\u2028"])
keys = st.sampled_from(["id", "name", "a"]) | texts.filter(lambda key: key not in ("job", "jobs"))
values = st.recursive(
    st.none() | st.integers(-9, 9) | st.floats(allow_infinity=False, allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
alike = st.builds(
    lambda name, rest: {"id": "1", "name": name, **rest},
    texts,
    st.dictionaries(st.sampled_from(["b", "c"]), values, max_size=2),
)
elements = st.lists(alike, max_size=6) | st.lists(
    alike | st.dictionaries(keys, values, max_size=3) | values, max_size=6
)


@st.composite
def arrays(draw: st.DrawFn) -> bytes:
    text = b"".join(laid_out(draw(elements), draw(st.sampled_from(LAYOUTS)), draw(st.booleans())) for _ in range(2))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        put = draw(
            st.sampled_from([b"", b"{", b"}", b"[", b"]", b'"', b",", b",,", b"\n", b"\\", b"\xff", b" ", b"NaN"])
        )
        text = text[:at] + put + text[at + draw(st.integers(0, 3)) :]
    return text


@given(arrays())
def test_what_is_taken_is_what_the_scanner_finds(data: bytes) -> None:
    agrees(data)
