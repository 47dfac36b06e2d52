"""Mutations that know words: half of what they make of a filter or of JSON is still a filter, or still JSON."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

# Pieces that a mutation takes as one: quoted text, words and literals, white space, any other byte.
_PIECE = re.compile(rb"""'[^'\n]*'|"(?:[^"\\\n]|\\.)*"|[\w.:@/+-]+|\s+|.""", re.DOTALL)
_ENTRY = re.compile(r'(?:\w+\s*=\s*)?"((?:[^"\\]|\\.)*)"\s*')
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))")
# Bytes that matter to a reader of text: quotes, brackets, ends of lines, halves of a surrogate pair, no UTF-8 at all.
_BYTES = [b"'", b'"', b"\\", *(bytes([byte]) for byte in b"()[]{},: \t\r\n\0\x7f\xff\xc3")]
_BYTES += [b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x9f\x98\x80", b"\xc2\xa0", b"\xe2\x80\xa8"]

Special = Callable[[bytes, Sequence[bytes], random.Random], bytes]
"""What a harness knows better than to cut and paste: a new input of an input, the pool and a source of chance."""


def pieces(data: bytes) -> list[bytes]:
    """The data cut into what a mutation takes as one; joined they are the data again."""
    return _PIECE.findall(data)


def read_dictionary(path: Path) -> tuple[bytes, ...]:
    """The words of a dictionary in libFuzzer's syntax: `name="value"` a line, `\\xAB` for a byte, `#` for remarks."""
    words = []
    for line in path.read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            raise ValueError(f"{path}: no entry of a dictionary: {line!r}")
        words.append(_ESCAPE.sub(_byte, entry[1].encode()))
    return tuple(words)


class Mutation:
    """Makes a new input of an old one; `pool` is where words and halves of other inputs come from, and may grow."""

    def __init__(self, words: Sequence[bytes], pool: Sequence[bytes], special: Special | None = None) -> None:
        self._words = words
        self._pool = pool
        self._special = special

    def __call__(self, data: bytes, chance: random.Random, max_size: int) -> bytes:
        """A few edits of the pieces, now and then of the bytes; three times in four the special mutation, if any."""
        if self._special is not None and chance.randrange(4):
            return self._special(data, self._pool, chance)[:max_size]
        parts = pieces(data)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
            begin = chance.randint(0, len(parts))
            end = min(len(parts), begin + chance.choice((1, 1, 1, 2, 4, 12)))
            parts = self._edited(parts, begin, end, chance)
        made = b"".join(parts)
        if not chance.randrange(4):
            made = _broken(made, chance)
        return made[:max_size]

    def _edited(self, parts: list[bytes], begin: int, end: int, chance: random.Random) -> list[bytes]:
        before, chosen, after = parts[:begin], parts[begin:end], parts[end:]
        match chance.randrange(9):
            case 0:
                return before + after
            case 1:
                return before + chosen * chance.choice((2, 2, 2, 2, 3, 3, 20, 200)) + after
            case 2:
                return [*before, chance.choice(self._words), *chosen, *after]
            case 3:
                return [*before, chance.choice(self._words), *chosen[1:], *after]
            case 4:
                return before + self._piece_like(chosen, chance) + chosen[1:] + after
            case 5:
                other = pieces(chance.choice(self._pool))
                return before + other[chance.randint(0, len(other)) :]
            case 6:
                other = pieces(chance.choice(self._pool))
                start = chance.randint(0, len(other))
                return before + other[start : start + chance.choice((1, 3, 9))] + after
            case 7:
                at = chance.randint(0, len(after))
                return before + after[:at] + chosen + after[at:]
            case _:
                return before + [piece.swapcase() for piece in chosen] + after

    def _piece_like(self, chosen: list[bytes], chance: random.Random) -> list[bytes]:
        """A piece of the same sort from elsewhere: text for text, a word for a word."""
        if not chosen:
            return []
        sort = chosen[0][:1]
        others = pieces(chance.choice(self._pool)) + list(self._words)
        alike = [x for x in others if x[:1] == sort or (x[:1].isalnum() and sort.isalnum())]
        return [chance.choice(alike)] if alike else chosen[:1]


def _broken(data: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    match chance.randrange(4):
        case 0:
            return data[:at] + data[at + 1 :]
        case 1:
            return data[:at]
        case 2:
            return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        case _:
            return data[:at] + chance.choice(_BYTES) + data[at:]


def _byte(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 16)]) if escape[1] else escape[2]
