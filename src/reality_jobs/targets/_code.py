"""Generated expressions: one filter over one shape of record, however its properties are reached.

The expression takes the usual record at full speed and trips over everything else (a missing key, a null, a number
where text belongs): it then raises one of FAULTS, and whoever runs it decides that record exactly. Values enter the
code as bound constants, never as source text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Protocol, assert_never

from ..nodes import And, Comparison, Guid, Instant, Membership, Node, Null, Operator, Or
from ..schema import PROPERTIES, Kind, normalise_identifier
from ._folding import FOLD
from ._instants import NAMES, SECONDS_SHAPE, TICKS_SHAPE, VALID, constants
from .evaluate import constant

FAULTS: Final = (LookupError, TypeError, AttributeError, ValueError)

_SYMBOLS = {
    Operator.EQ: "==",
    Operator.NE: "!=",
    Operator.LT: "<",
    Operator.LE: "<=",
    Operator.GT: ">",
    Operator.GE: ">=",
}


class Reach(Protocol):
    """How the generated code gets at a record's values."""

    fraction_digits: int
    """Digits of a second in the usual date-time."""

    def scalar(self, name: str) -> tuple[str, bool]:
        """The source of a value, and whether it may be None there."""

    def ids(self, code: Code, name: str, shaped: str) -> str:
        """The source of a list of `shaped` for each id `w` of a collection."""

    def lowered(self, code: Code, name: str) -> str:
        """The source of an iterable of the ids in lower case, perhaps among other text that is no GUID."""


class Code:
    """Expressions over one record, and in `names` the constants that they name."""

    def __init__(self, reach: Reach, names: dict[str, object]) -> None:
        self._reach = reach
        self.names = names
        names |= {
            **NAMES,
            "FAULTS": FAULTS,
            "FOLD": FOLD,
            "IDENTIFIER": _identifier,
            "LOWER": str.lower,
            "ODD": odd,
            "NONE": _none,
        }

    def expression(self, node: Node) -> str:
        match node:
            case Comparison(name, operator, Null()):
                return self._null(name, operator is Operator.EQ)
            case Comparison(name, operator, literal):
                if isinstance(literal, Instant):
                    return self._instant(name, [(operator, literal.ticks)])
                value = self.bind(constant(name, literal))
                return self._term(name, operator, value, isinstance(literal, Guid))
            case Membership(_, ()):
                return "False"
            case Membership(name, literals):
                if Null() in literals:
                    others = tuple(literal for literal in literals if not isinstance(literal, Null))
                    null = self.expression(Comparison(name, Operator.EQ, Null()))
                    return f"({null} or {self.expression(Membership(name, others))})"
                if PROPERTIES[name].kind is Kind.INSTANT:
                    ticks = frozenset(x.ticks for x in literals if isinstance(x, Instant))
                    return self._instant(name, [(None, ticks)])
                values = frozenset(constant(name, literal) for literal in literals)
                return self._term(name, None, self.bind(values), all(isinstance(x, Guid) for x in literals))
            case And(operands):
                return "(" + " and ".join(self._conjuncts(operands)) + ")"
            case Or(operands):
                return "(" + " or ".join([self.expression(o) for o in operands]) + ")"
            case _:
                assert_never(node)

    def _conjuncts(self, operands: tuple[Node, ...]) -> Iterator[str]:
        """The operands of an `and`; the ends of a range of time share one look at the record's date-time."""
        ranges: dict[str, list[tuple[Operator | None, int | frozenset[int]]]] = {}
        for operand in operands:
            if isinstance(operand, Comparison) and isinstance(operand.literal, Instant):
                ranges.setdefault(operand.property, []).append((operand.operator, operand.literal.ticks))
            else:
                yield self.expression(operand)
        for name, tests in ranges.items():
            yield self._instant(name, tests)

    def bind(self, value: object) -> str:
        """A name for a constant."""
        name = f"C{len(self.names)}"
        self.names[name] = value
        return name

    def _null(self, name: str, equal: bool) -> str:
        if PROPERTIES[name].collection:
            ids = self._reach.ids(self, name, "w.lower()")
            return f"(not {ids})" if equal else f"({ids} != [])"
        access, _ = self._reach.scalar(name)
        match PROPERTIES[name].kind:
            case Kind.ENUMERATION:
                return f"FOLD[{access}] is {'' if equal else 'not '}None"
            case Kind.INSTANT:
                # Whether it is a date-time at all decides, and there is no literal to compare it with.
                no, word = ("", "or") if equal else ("not ", "and")
                return f"((v := {access}) is {no}None {word} TICKS(v) is {no}None)"
            case _ if equal:
                return f"((v := {access}) is None or v.__class__ is not str and ODD())"
            case _:
                return f"((v := {access}) is not None and (v.__class__ is str or ODD()))"

    def _term(self, name: str, operator: Operator | None, value: str, guids: bool) -> str:
        """One comparison, or a membership where the operator is None. `guids`: every literal is a GUID."""
        if PROPERTIES[name].collection:
            return self._any(name, operator, value, guids)
        access, nullable = self._reach.scalar(name)
        match PROPERTIES[name].kind:
            case Kind.ENUMERATION:
                return self._enumeration(access, operator, value)
            case Kind.TEXT:
                return self._text(access, operator, value)
            case _:
                pass
        # Lowering is exact for GUIDs: no character outside ASCII lowers to a hex digit or a hyphen.
        shaped = "{v}.lower()" if guids and operator in (None, Operator.EQ, Operator.NE) else "IDENTIFIER({v})"
        test = f"{shaped} {'in' if operator is None else _SYMBOLS[operator]} {value}"
        if not nullable:
            return test.format(v=f"(v := {access})")
        null = "is None or" if operator is Operator.NE else "is not None and"
        return f"((v := {access}) {null} {test.format(v='v')})"

    def _instant(self, name: str, tests: list[tuple[Operator | None, int | frozenset[int]]]) -> str:
        """Comparisons of one date-time, all of which must hold."""
        symbols = ["in" if operator is None else _SYMBOLS[operator] for operator, _ in tests]
        values = [constants(operator, literal) for operator, literal in tests]

        def all_of(value: str, literals: Iterable[object]) -> str:
            pairs = zip(symbols, literals, strict=True)
            return " and ".join([f"{value} {symbol} {self.bind(literal)}" for symbol, literal in pairs])

        seconds = (SECONDS_SHAPE, f"{VALID} and {all_of('v', [x.seconds for x in values])}")
        ticks = (TICKS_SHAPE, f"{VALID} and {all_of('v', [x.ticks_text for x in values])}")
        usual, other = (ticks, seconds) if self._reach.fraction_digits else (seconds, ticks)
        access, _ = self._reach.scalar(name)
        exactly = all_of("TICKS(v)", [x.ticks for x in values])
        first, second = usual[0].format(access=f"(v := {access})"), other[0].format(access="v")
        return f"({usual[1]} if {first} else {other[1]} if {second} else {exactly})"

    def _enumeration(self, access: str, operator: Operator | None, value: str) -> str:
        match operator:
            case None:
                return f"FOLD[{access}] in {value}"
            case Operator.EQ | Operator.NE:
                return f"FOLD[{access}] {_SYMBOLS[operator]} {value}"
            case _:
                return f"((v := FOLD[{access}]) is not None and v {_SYMBOLS[operator]} {value})"

    def _text(self, access: str, operator: Operator | None, value: str) -> str:
        """Text compares as it is, so nothing but a look at its class finds a number in its place."""
        match operator:
            case None | Operator.EQ:
                symbol = "in" if operator is None else "=="
                return f"((v := {access}) {symbol} {value} or v.__class__ is not str and v is not None and ODD())"
            case Operator.NE:
                return f"((v := {access}) != {value} and (v.__class__ is str or v is None or ODD()))"
            case _:
                return f"((v := {access}) is not None and v {_SYMBOLS[operator]} {value})"

    def _any(self, name: str, operator: Operator | None, value: str, guids: bool) -> str:
        ids = self._reach.lowered(self, name) if guids else self._reach.ids(self, name, "IDENTIFIER(w)")
        match operator:
            case None:
                return f"(not {value}.isdisjoint({ids}))"
            case Operator.EQ:
                return f"{value} in {ids}"
            case Operator.NE:
                return f"{value} not in {ids}"
            case _:
                return f"(True in {self._reach.ids(self, name, f'IDENTIFIER(w) {_SYMBOLS[operator]} {value}')})"


def _identifier(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return normalise_identifier(value)


def _none(holder: object) -> tuple[()]:
    """The members of a list that is empty; empty text iterates just as quietly and is no list."""
    if not isinstance(holder, list):
        raise TypeError(holder)
    return ()


def odd() -> bool:
    raise TypeError
