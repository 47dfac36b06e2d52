"""A filter as generated Python: one function for one filter and one record shape.

The generated expression takes the usual record at full speed and trips over everything else (a missing key, a null, a
number where text belongs): it then raises, and `evaluate` decides that record exactly. Values enter the code as bound
constants, never as source text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import assert_never, cast

from ..errors import Unanswerable
from ..nodes import And, Comparison, Guid, Instant, Membership, Node, Null, Operator, Or
from ..records import Job, fields_of
from ..schema import PROPERTIES, Kind, normalise_identifier
from ..services import Service
from ._folding import FOLD
from ._ids import ids_reader
from ._instants import NAMES, SECONDS_SHAPE, TICKS_SHAPE, VALID, constants
from .evaluate import constant, evaluate

Record = Mapping[str, object]
Predicate = Callable[[Record], bool]
Select = Callable[[Iterable[Record]], Iterator[Record]]

_SYMBOLS = {
    Operator.EQ: "==",
    Operator.NE: "!=",
    Operator.LT: "<",
    Operator.LE: "<=",
    Operator.GT: ">",
    Operator.GE: ">=",
}

_PREDICATE = """
def predicate(r):
    try:
        return {expression}
    except FAULTS:
        return EXACTLY(r)
"""

# The test stands alone inside `try`: whatever the consumer throws into the generator must pass through.
_SELECT = """
def select(records):
    for r in records:
        try:
            hit = {expression}
        except FAULTS:
            hit = EXACTLY(r)
        if hit:
            yield r
"""


def compile_predicate(node: Node, service: Service | None, *, missing: str = "error") -> Predicate:
    """A function from a raw record of that service (None: of no known shape) to true or false."""
    return cast(Predicate, _compiled(_PREDICATE, "predicate", node, service, missing))


def compile_select(node: Node, service: Service | None, *, missing: str = "error") -> Select:
    """The same inlined in a loop over many records."""
    return cast(Select, _compiled(_SELECT, "select", node, service, missing))


def check_answerable(node: Node, service: Service | None, missing: str) -> None:
    """Raises Unanswerable if the filter mentions what this service's records never carry."""
    if missing not in ("error", "null"):
        raise ValueError(f"missing is 'error' or 'null', not {missing!r}")
    if service is not None and missing == "error":
        for name in mentioned(node):
            if not service.answers(name):
                raise Unanswerable(name, service.name)


def mentioned(node: Node) -> Iterator[str]:
    """The properties of a tree, in order, with repetitions."""
    if isinstance(node, And | Or):
        for operand in node.operands:
            yield from mentioned(operand)
    else:
        yield node.property


def _compiled(template: str, name: str, node: Node, service: Service | None, missing: str) -> object:
    check_answerable(node, service, missing)
    code = _Code(service)
    source = template.format(expression=code.expression(node))
    code.names["FAULTS"] = (LookupError, TypeError, AttributeError, ValueError)
    code.names["EXACTLY"] = _exactly(node, service)
    exec(compile(source, f"<filter {name}>", "exec"), code.names)  # noqa: S102 - names and symbols of ours alone
    return code.names[name]


class _Code:
    """Expressions over `r`, and the constants that they name."""

    def __init__(self, service: Service | None) -> None:
        self.service = service
        self.names: dict[str, object] = {
            **NAMES,
            "FOLD": FOLD,
            "IDENTIFIER": _identifier,
            "ODD": _odd,
            "NONE": _none,
        }

    def expression(self, node: Node) -> str:
        match node:
            case Comparison(name, operator, Null()):
                return self._null(name, operator is Operator.EQ, node)
            case Comparison(name, operator, literal):
                if isinstance(literal, Instant):
                    return self._instant(name, [(operator, literal.ticks)])
                value = self._bind(constant(name, literal))
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
                return self._term(name, None, self._bind(values), all(isinstance(x, Guid) for x in literals))
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

    def _bind(self, value: object) -> str:
        name = f"C{len(self.names)}"
        self.names[name] = value
        return name

    def _null(self, name: str, equal: bool, node: Node) -> str:
        if PROPERTIES[name].collection:
            ids = self._ids(name, "w.lower()")
            return f"(not {ids})" if equal else f"({ids} != [])"
        access, _ = self._access(name)
        match PROPERTIES[name].kind:
            case Kind.ENUMERATION:
                return f"FOLD[{access}] is {'' if equal else 'not '}None"
            case Kind.INSTANT:
                # Whether it is a date-time at all decides, and there is no literal to compare it with.
                return f"{self._bind(_exactly(node, self.service))}(r)"
            case _ if equal:
                return f"((v := {access}) is None or v.__class__ is not str and ODD())"
            case _:
                return f"((v := {access}) is not None and (v.__class__ is str or ODD()))"

    def _term(self, name: str, operator: Operator | None, value: str, guids: bool) -> str:
        """One comparison, or a membership where the operator is None. `guids`: every literal is a GUID."""
        if PROPERTIES[name].collection:
            return self._any(name, operator, value, guids)
        access, nullable = self._access(name)
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
            return " and ".join([f"{value} {symbol} {self._bind(literal)}" for symbol, literal in pairs])

        seconds = (SECONDS_SHAPE, f"{VALID} and {all_of('v', [x.seconds for x in values])}")
        ticks = (TICKS_SHAPE, f"{VALID} and {all_of('v', [x.ticks_text for x in values])}")
        usual, other = (ticks, seconds) if self.service and self.service.fraction_digits else (seconds, ticks)
        access, _ = self._access(name)
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
        ids = self._ids(name, "w.lower()" if guids else "IDENTIFIER(w)")
        match operator:
            case None:
                return f"(not {value}.isdisjoint({ids}))"
            case Operator.EQ:
                return f"{value} in {ids}"
            case Operator.NE:
                return f"{value} not in {ids}"
            case _:
                return f"(True in {self._ids(name, f'IDENTIFIER(w) {_SYMBOLS[operator]} {value}')})"

    def _ids(self, name: str, shaped: str) -> str:
        path = fields_of(name, self.service)
        if self.service is not None and path is not None and path.endswith("[].id"):
            holder = "r" + "".join(f'["{key}"]' for key in path.removesuffix("[].id").split("."))
            return f'[{shaped} for x in {holder} or NONE({holder}) if (w := x.get("id")) is not None]'
        reader = self._bind(ids_reader(name, self.service))
        return f"[{shaped} for w in {reader}(r)]"

    def _access(self, name: str) -> tuple[str, bool]:
        """How to reach a scalar, and whether it may be None there; a required key is subscripted, which is faster."""
        service = self.service
        if service is None:
            return f'r.get("{name}")', True
        if name not in service.scalars:
            return "None", True
        *holders, key = service.scalars[name].split(".")
        holder = "r" + "".join(f'["{h}"]' for h in holders)
        if name in service.required:
            return f'{holder}["{key}"]', False
        return f'{holder}.get("{key}")', True


def _exactly(node: Node, service: Service | None) -> Predicate:
    def exactly(record: Record | Job) -> bool:
        # A Job cannot be subscripted, so it always ends here.
        return evaluate(node, record.raw if isinstance(record, Job) else record, service)

    return cast(Predicate, exactly)


def _identifier(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return normalise_identifier(value)


def _none(holder: object) -> tuple[()]:
    """The members of a list that is empty; empty text iterates just as quietly and is no list."""
    if not isinstance(holder, list):
        raise TypeError(holder)
    return ()


def _odd() -> bool:
    raise TypeError
