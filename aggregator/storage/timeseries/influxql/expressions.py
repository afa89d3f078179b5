"""Grammar of the columns of a SELECT, and of the functions that may stand in them."""

from typing import Final

from aggregator.storage.timeseries.influxql.lexer import Kind
from aggregator.storage.timeseries.influxql.reader import Reader
from aggregator.storage.timeseries.influxql.refusals import UnsupportedError
from aggregator.storage.timeseries.influxql.syntax import (
    Arithmetic,
    Call,
    Column,
    Expression,
    Literal,
    Ref,
    Span,
)

AGGREGATES: Final = frozenset(
    {"count", "sum", "mean", "min", "max", "first", "last", "median", "percentile", "spread", "stddev"}
    | {"distinct"}
)
SELECTORS: Final = frozenset(["min", "max", "first", "last", "percentile"])
"""Aggregates whose answer is one of the points, so that it has a time of its own."""
TRANSFORMS: Final = frozenset(
    {"derivative", "non_negative_derivative", "difference", "non_negative_difference"}
    | {"cumulative_sum", "moving_average"}
)
_PRECEDENCE: Final = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2}


def precedence(op: str) -> int:
    """How tightly an operator binds."""
    return _PRECEDENCE[op]


def columns(reader: Reader) -> tuple[Column, ...]:
    """Read the columns up to FROM."""
    found = [_column(reader)]
    while reader.takes_mark(","):
        found.append(_column(reader))
    return tuple(found)


def reference(reader: Reader) -> Ref:
    """Read a tag or field, with its cast."""
    name = reader.name()
    if not reader.takes_mark("::"):
        return Ref(name)
    cast = reader.need(Kind.WORD).value.lower()
    if cast not in {"tag", "field"}:
        raise UnsupportedError(f"the cast ::{cast} is not served: ::tag and ::field are")
    return Ref(name, cast)


def _column(reader: Reader) -> Column:
    if reader.token.is_mark("*"):
        raise UnsupportedError("SELECT * is not served: name the fields and tags")
    if reader.token.kind is Kind.REGEX:
        raise UnsupportedError("a regex as a column is not served: name the fields and tags")
    expression = _sum(reader, 1)
    alias = reader.name() if reader.takes_word("AS") else ""
    return Column(expression, alias)


def _sum(reader: Reader, level: int) -> Expression:
    left = _operand(reader)
    while True:
        token = reader.token
        if token.is_mark("&", "|", "^"):
            raise UnsupportedError(f"the bitwise operator {token.value} is not served")
        if token.kind is not Kind.MARK or _PRECEDENCE.get(token.value, 0) < level:
            return left
        op = reader.take().value
        left = Arithmetic(op, left, _sum(reader, _PRECEDENCE[op] + 1))


def _operand(reader: Reader) -> Expression:
    if reader.takes_mark("("):
        return _inside(reader)
    if reader.token.is_mark("+", "-"):
        return _signed(reader)
    match reader.token.kind:
        case Kind.INTEGER | Kind.NUMBER:
            return Literal(reader.take().number)
        case Kind.DURATION:
            return Span(int(reader.take().number))
        case Kind.TEXT:
            raise UnsupportedError("a text is not served as a column: name a field or a function of one")
        case _:
            return _named(reader)


def _inside(reader: Reader) -> Expression:
    reader.enter()
    inside = _sum(reader, 1)
    reader.need_mark(")")
    reader.leave()
    return inside


def _named(reader: Reader) -> Expression:
    if reader.token.kind is Kind.WORD and reader.after.is_mark("("):
        return _call(reader)
    if reader.takes_word("DISTINCT"):
        return Call("distinct", (reference(reader),))
    return reference(reader)


def _signed(reader: Reader) -> Expression:
    sign = -1 if reader.take().value == "-" else 1
    token = reader.token
    if token.kind in {Kind.INTEGER, Kind.NUMBER}:
        return Literal(sign * reader.take().number)
    if token.kind is Kind.DURATION:
        return Span(sign * int(reader.take().number))
    reader.enter()
    operand = _operand(reader)
    reader.leave()
    return operand if sign > 0 else Arithmetic("*", Literal(-1), operand)


def _call(reader: Reader) -> Call:
    name = reader.take().value.lower()
    if name not in AGGREGATES | TRANSFORMS:
        known = ", ".join(sorted(AGGREGATES | TRANSFORMS))
        raise UnsupportedError(f"the function {name}() is not served; these are: {known}")
    reader.need_mark("(")
    reader.enter()
    if reader.token.is_mark("*") or reader.token.kind is Kind.REGEX:
        raise UnsupportedError(f"{name}(*) is not served: name one field")
    arguments = [_sum(reader, 1)]
    while reader.takes_mark(","):
        arguments.append(_sum(reader, 1))
    reader.need_mark(")")
    reader.leave()
    return Call(name, tuple(arguments))
