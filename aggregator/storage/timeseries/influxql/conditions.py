"""Grammar of WHERE: comparisons of tags, fields and the time, joined by AND, OR and parentheses."""

from typing import Final

from aggregator.storage.timeseries.influxql.expressions import reference
from aggregator.storage.timeseries.influxql.lexer import Kind
from aggregator.storage.timeseries.influxql.reader import Reader
from aggregator.storage.timeseries.influxql.refusals import UnsupportedError
from aggregator.storage.timeseries.influxql.syntax import (
    Anchor,
    Both,
    Compare,
    Condition,
    Either,
    Instant,
    Ref,
    TimeBound,
)

_TIME_OPS: Final = ("=", "<", "<=", ">", ">=")
_TEXT_OPS: Final = ("=", "!=")
_NUMBER_OPS: Final = ("=", "!=", "<", "<=", ">", ">=")
_REGEX_OPS: Final = ("=~", "!~")


def where(reader: Reader) -> Condition | None:
    """Read a WHERE clause if one follows."""
    return condition(reader) if reader.takes_word("WHERE") else None


def condition(reader: Reader) -> Condition:
    """Read a condition: AND binds before OR."""
    found = _both(reader)
    while reader.takes_word("OR"):
        found = Either(found, _both(reader))
    return found


def _both(reader: Reader) -> Condition:
    found = _one(reader)
    while reader.takes_word("AND"):
        found = Both(found, _one(reader))
    return found


def _one(reader: Reader) -> Condition:
    if reader.takes_mark("("):
        reader.enter()
        inside = condition(reader)
        reader.need_mark(")")
        reader.leave()
        return inside
    if reader.token.kind in {Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.DURATION}:
        raise UnsupportedError("a comparison begins with a tag, a field or time, not with a value")
    ref = reference(reader)
    op = reader.need(Kind.MARK).value
    if ref.name.lower() == "time" and not ref.kind:
        if op not in _TIME_OPS:
            raise UnsupportedError(f"time {op} is not served: = < <= > >= are")
        return TimeBound(op, _instant(reader))
    return _compare(reader, ref, op)


def _compare(reader: Reader, ref: Ref, op: str) -> Compare:
    token = reader.token
    sign = 1
    if token.is_mark("-", "+") and reader.after.kind in {Kind.INTEGER, Kind.NUMBER}:
        sign = -1 if reader.take().value == "-" else 1
        token = reader.token
    match token.kind:
        case Kind.REGEX:
            allowed, value = _REGEX_OPS, token.value
        case Kind.TEXT:
            allowed, value = _TEXT_OPS, token.value
        case Kind.INTEGER | Kind.NUMBER:
            reader.take()
            return Compare(ref, _allowed(op, _NUMBER_OPS, ref), sign * token.number)
        case Kind.WORD | Kind.QUOTED:
            raise UnsupportedError(f"comparing {ref.name} with another column is not served")
        case _:
            raise reader.unexpected("a text, a regex or a number")
    reader.take()
    return Compare(ref, _allowed(op, allowed, ref), value)


def _allowed(op: str, allowed: tuple[str, ...], ref: Ref) -> str:
    if op in allowed:
        return op
    raise UnsupportedError(f"{ref.name} {op} with this value is not served: {' '.join(allowed)} are")


def _instant(reader: Reader) -> Instant:
    """Read an instant: a literal, now() or a date, and durations added to it."""
    token = reader.token
    if token.kind is Kind.TEXT:
        start = Instant(Anchor.TEXT, 0, reader.take().value)
    elif reader.takes_word("NOW"):
        reader.need_mark("(")
        reader.need_mark(")")
        start = Instant(Anchor.NOW)
    else:
        start = Instant(Anchor.EPOCH, _nanoseconds(reader))
    shift = start.shift_ns
    while reader.token.is_mark("+", "-"):
        sign = -1 if reader.take().value == "-" else 1
        shift += sign * int(reader.need(Kind.DURATION).number)
    return Instant(start.anchor, shift, start.text)


def _nanoseconds(reader: Reader) -> int:
    sign = 1
    if reader.token.is_mark("-", "+"):
        sign = -1 if reader.take().value == "-" else 1
    return sign * int(reader.need(Kind.DURATION, Kind.INTEGER).number)
