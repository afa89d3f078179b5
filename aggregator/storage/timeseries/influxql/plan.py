"""A SELECT checked against its schema: which aggregates it reads, and what its columns are. Pure.

Names of columns and the refusals that InfluxDB has, too, follow InfluxDB 1.x word for word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aggregator.storage.timeseries.influxql.expressions import AGGREGATES, SELECTORS, TRANSFORMS
from aggregator.storage.timeseries.influxql.refusals import SyntaxRefusedError, UnsupportedError
from aggregator.storage.timeseries.influxql.schema import FieldType, Schema
from aggregator.storage.timeseries.influxql.syntax import (
    Arithmetic,
    Call,
    Column,
    Expression,
    Literal,
    Ref,
    Select,
    Span,
)

_ANY_TYPE: Final = frozenset({"count", "count_distinct", "distinct"})
_FLOATS: Final = frozenset({"mean", "median", "stddev"})
_LOOK_BACK: Final = TRANSFORMS - {"cumulative_sum"}
"""What reads one bucket before the range."""
_NS_PER_S: Final = 1_000_000_000
_PER_CENT: Final = 100


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregate of one field.

    `percent` belongs to percentile; `early` is how many buckets before the range it reads, because a
    running function around it needs them.
    """

    function: str
    field: str
    type: FieldType
    percent: float = 0
    early: int = 0

    @property
    def integer(self) -> bool:
        """Whether its values are integers."""
        if self.function in {"count", "count_distinct"}:
            return True
        return self.type is FieldType.INTEGER and self.function not in _FLOATS


@dataclass(frozen=True, slots=True)
class Transform:
    """A running function over an aggregate, or over the raw field when `of` is a Ref.

    `unit_ns` belongs to the derivatives, `points` to moving_average.
    """

    function: str
    of: "Aggregate | Ref"
    unit_ns: int = 0
    points: int = 0

    @property
    def integer(self) -> bool:
        """Whether its values are integers."""
        whole = self.function in {"difference", "non_negative_difference", "cumulative_sum"}
        return whole and isinstance(self.of, Aggregate) and self.of.integer


@dataclass(frozen=True, slots=True)
class Operation:
    """Arithmetic over what was planned."""

    op: str
    left: "Node"
    right: "Node"


Node = Aggregate | Transform | Operation | Ref | Literal


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """A column of the answer."""

    name: str
    node: Node


@dataclass(frozen=True, slots=True)
class Plan:
    """What a SELECT reads; `tags` are those of GROUP BY in their order in answers (by name).

    `aggregated` tells buckets from raw points. An empty `columns` reads nothing: no such field.
    """

    columns: tuple[PlannedColumn, ...]
    tags: tuple[str, ...]
    aggregated: bool

    @property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """Every aggregate once."""
        found = (node for column in self.columns for node in _leaves(column.node))
        return tuple(dict.fromkeys(node for node in found if isinstance(node, Aggregate)))

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Every raw tag or field once."""
        found = (node for column in self.columns for node in _leaves(column.node))
        return tuple(dict.fromkeys(node for node in found if isinstance(node, Ref)))

    @property
    def calls(self) -> tuple[Aggregate | Transform, ...]:
        """Every function that stands in a column itself, once: each has a line of its own."""
        found = (node for column in self.columns for node in _operands(column.node))
        return tuple(dict.fromkeys(node for node in found if isinstance(node, Aggregate | Transform)))

    @property
    def lone_selector(self) -> bool:
        """Whether the answer is one point with its own time."""
        calls = self.calls
        return len(calls) == 1 and isinstance(calls[0], Aggregate) and calls[0].function in SELECTORS


def plan(select: Select, schema: Schema) -> Plan:
    """Check `select` and plan it; raises QueryRefusedError."""
    names = _names(select.columns)
    calls = any(_has_call(column.expression) for column in select.columns)
    planner = _Planner(select, schema, aggregated=calls)
    nodes = [planner.node(column.expression) for column in select.columns]
    _check(select, nodes, names)
    tags = schema.tags if select.all_tags else tuple(sorted(select.tags))
    aggregated = any(isinstance(leaf, Aggregate) for node in nodes for leaf in _leaves(node))
    if planner.unknown:
        return Plan((), tags, aggregated)
    columns = tuple(PlannedColumn(name, node) for name, node in zip(names, nodes, strict=True))
    return Plan(columns, tags, aggregated)


def _check(select: Select, nodes: list[Node], names: list[str]) -> None:
    kinds = {type(leaf) for node in nodes for leaf in _leaves(node)}
    within = [n for node in nodes for n in _walk(node)]
    running = [n for n in within if isinstance(n, Transform)]
    bare = any(isinstance(part, Ref) for node in nodes for part in _operands(node))
    if Aggregate in kinds and (bare or any(isinstance(r.of, Ref) for r in running)):
        raise UnsupportedError("mixing aggregate and non-aggregate queries is not supported")
    if running and bare:
        raise UnsupportedError("mixing aggregate and non-aggregate queries is not supported")
    if not kinds & {Aggregate, Ref}:
        raise SyntaxRefusedError("at least 1 non-time field must be queried")
    if select.every is not None and Aggregate not in kinds:
        raise SyntaxRefusedError("GROUP BY requires at least one aggregate function")
    if any(isinstance(n, Aggregate) and n.function == "distinct" for n in within) and len(names) > 1:
        raise SyntaxRefusedError(
            "aggregate function distinct() cannot be combined with other functions or fields"
        )
    for transform in running:
        if isinstance(transform.of, Aggregate) and select.every is None:
            raise SyntaxRefusedError(f"{transform.function} aggregate requires a GROUP BY interval")


class _Planner:
    """Turns expressions into nodes; `unknown` once a field was named that the schema has not."""

    def __init__(self, select: Select, schema: Schema, *, aggregated: bool) -> None:
        self._width_ns = select.every.width_ns if select.every else 0
        self._schema = schema
        self._aggregated = aggregated
        self.unknown = False

    def node(self, expression: Expression) -> Node:
        match expression:
            case Literal():
                return expression
            case Span():
                raise UnsupportedError("a duration is not served as a column")
            case Ref():
                return self._ref(expression)
            case Arithmetic(op, left, right):
                operation = Operation(op, self.node(left), self.node(right))
                if any(self._is_text(part) for part in (operation.left, operation.right)):
                    raise UnsupportedError("arithmetic with a tag, a text field or distinct() is not served")
                return operation
            case Call() if expression.name in TRANSFORMS:
                return self._transform(expression)
            case Call():
                return self._aggregate(expression, 0)

    def _ref(self, ref: Ref) -> Ref:
        if self._is_tag(ref):
            return Ref(ref.name, "tag")
        if ref.name not in self._schema.fields or ref.kind == "tag":
            self.unknown = True
        return Ref(ref.name, "field")

    def _is_tag(self, ref: Ref) -> bool:
        return ref.kind != "field" and ref.name in self._schema.tags

    def _is_text(self, node: Node) -> bool:
        match node:
            case Ref():
                return node.kind == "tag" or self._type(node) is FieldType.STRING
            case Aggregate():
                return node.function == "distinct"
            case _:
                return False

    def _type(self, ref: Ref) -> FieldType:
        return self._schema.fields.get(ref.name, FieldType.FLOAT)

    def _aggregate(self, call: Call, early: int) -> Aggregate:
        first, *others = call.arguments
        function = call.name
        if function == "count" and isinstance(first, Call) and first.name == "distinct":
            function, (first, *more) = "count_distinct", first.arguments
            others += more
        if not isinstance(first, Ref):
            raise SyntaxRefusedError(f"expected field argument in {call.name}()")
        percent = 0.0
        if function == "percentile":
            percent = _percent(others)
        elif others:
            raise SyntaxRefusedError(
                f"invalid number of arguments for {call.name}, expected 1, got {len(call.arguments)}"
            )
        if self._is_tag(first) or first.name not in self._schema.fields:
            self.unknown = True
        type_ = self._type(first)
        if type_ is FieldType.STRING and function not in _ANY_TYPE:
            raise UnsupportedError(f"{call.name}() of the text field {first.name} is not served")
        return Aggregate(function, first.name, type_, percent, early)

    def _transform(self, call: Call) -> Transform:
        of, *others = call.arguments
        unit_ns, points = 0, 0
        early = 1 if call.name in _LOOK_BACK else 0
        if call.name in {"derivative", "non_negative_derivative"}:
            unit_ns = _unit(call, others, self._width_ns if isinstance(of, Call) else 0)
        elif call.name == "moving_average":
            points = _points(others)
        elif others:
            raise SyntaxRefusedError(
                f"invalid number of arguments for {call.name}, expected 1, got {len(call.arguments)}"
            )
        if isinstance(of, Call) and of.name in AGGREGATES - {"distinct"}:
            return Transform(call.name, self._aggregate(of, early), unit_ns, points)
        if not isinstance(of, Ref):
            raise UnsupportedError(f"{call.name}() takes a field or an aggregate of one")
        ref = self._ref(of)
        if self._is_text(ref):
            raise UnsupportedError(f"{call.name}() of a tag or a text field is not served")
        return Transform(call.name, ref, unit_ns, points)


def _percent(others: list[Expression]) -> float:
    if len(others) != 1:
        raise SyntaxRefusedError(
            f"invalid number of arguments for percentile, expected 2, got {len(others) + 1}"
        )
    if not isinstance(others[0], Literal):
        raise SyntaxRefusedError("expected float argument in percentile()")
    if not 0 <= others[0].value <= _PER_CENT:
        raise UnsupportedError("percentile() takes a number between 0 and 100")
    return others[0].value


def _unit(call: Call, others: list[Expression], width_ns: int) -> int:
    if not others:
        return width_ns or _NS_PER_S
    if len(others) > 1 or not isinstance(others[0], Span):
        raise SyntaxRefusedError(f"second argument to {call.name} must be a duration")
    if others[0].ns <= 0:
        raise SyntaxRefusedError(f"duration argument must be positive, got {others[0].ns}ns")
    return others[0].ns


def _points(others: list[Expression]) -> int:
    if len(others) != 1 or not isinstance(others[0], Literal) or not isinstance(others[0].value, int):
        raise SyntaxRefusedError("second argument for moving_average must be an integer")
    if not 1 < others[0].value <= _MOST_POINTS:
        raise SyntaxRefusedError(f"moving_average window must be between 2 and {_MOST_POINTS}")
    return others[0].value


_MOST_POINTS: Final = 10_000


def _names(columns: tuple[Column, ...]) -> list[str]:
    """Names of the columns: aliases first, then what is left, told apart by numbers."""
    taken = {column.alias: 1 for column in columns if column.alias}
    names: list[str] = []
    for column in columns:
        name = column.alias or _distinct("_".join(_parts(column.expression)), taken)
        names.append(name)
    return names


def _distinct(name: str, taken: dict[str, int]) -> str:
    count = taken.get(name)
    if count is None:
        taken[name] = 1
        return name
    while f"{name}_{count}" in taken:
        count += 1
    taken[name] = count + 1
    taken[f"{name}_{count}"] = 1
    return f"{name}_{count}"


def _parts(expression: Expression) -> Iterator[str]:
    match expression:
        case Ref() | Call():
            yield expression.name
        case Arithmetic(_, left, right):
            yield from _parts(left)
            yield from _parts(right)


def _has_call(expression: Expression) -> bool:
    match expression:
        case Call():
            return True
        case Arithmetic(_, left, right):
            return _has_call(left) or _has_call(right)
        case _:
            return False


def _walk(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Operation):
        yield from _walk(node.left)
        yield from _walk(node.right)
    elif isinstance(node, Transform):
        yield node.of


def _leaves(node: Node) -> Iterator[Node]:
    return (found for found in _walk(node) if not isinstance(found, Operation | Transform))


def _operands(node: Node) -> Iterator[Node]:
    """What arithmetic joins: functions, refs and literals."""
    if isinstance(node, Operation):
        yield from _operands(node.left)
        yield from _operands(node.right)
    else:
        yield node
