"""Answers and errors in InfluxDB 1.x's JSON. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import msgspec

from aggregator.storage.timeseries.influxql.series import Answer, Row, Series

PER_UNIT: Final[Mapping[str, int]] = {
    "ns": 1,
    "n": 1,
    "u": 1_000,
    "µ": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
"""Nanoseconds of each value of `epoch`."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_S: Final = 1_000_000_000


class _Series(msgspec.Struct, frozen=True, omit_defaults=True):
    columns: tuple[str, ...]
    values: Sequence[Row]
    name: str = ""
    tags: Mapping[str, str] = {}
    partial: bool = False


class _Result(msgspec.Struct, frozen=True, omit_defaults=True):
    statement_id: int | None = None
    series: tuple[_Series, ...] = ()
    error: str = ""
    partial: bool = False


class _Results(msgspec.Struct, frozen=True):
    results: tuple[_Result, ...]


class _Error(msgspec.Struct, frozen=True):
    error: str


def whole(answer: Answer, epoch: str, zone: tzinfo) -> bytes:
    """The answer as one document."""
    series = tuple(_shown(one, epoch, zone, partial=answer.partial) for one in answer.series)
    return _line((_Result(statement_id=0, series=series),))


def chunks(answer: Answer, epoch: str, zone: tzinfo, size: int) -> Iterator[bytes]:
    """The answer as documents of at most `size` rows of one series each."""
    parts = [part for one in answer.series for part in _split(_shown(one, epoch, zone), size)]
    if not parts:
        yield _line((_Result(statement_id=0),))
    for number, part in enumerate(parts, 1):
        more = number < len(parts)
        yield _line((_Result(statement_id=0, series=(part,), partial=more or answer.partial),))


def refusal(message: str) -> bytes:
    """An error of the request."""
    return msgspec.json.encode(_Error(message)) + b"\n"


def failed(message: str) -> bytes:
    """An error of the statement."""
    return _line((_Result(statement_id=0, error=message),))


def _line(results: tuple[_Result, ...]) -> bytes:
    return msgspec.json.encode(_Results(results)) + b"\n"


def _split(series: _Series, size: int) -> Iterator[_Series]:
    for start in range(0, len(series.values), size):
        more = start + size < len(series.values)
        yield msgspec.structs.replace(series, values=series.values[start : start + size], partial=more)


def _shown(series: Series, epoch: str, zone: tzinfo, *, partial: bool = False) -> _Series:
    rows = series.rows
    if series.columns[:1] == ("time",):
        rows = [(_time(row[0], epoch, zone), *row[1:]) for row in rows]
    return _Series(series.columns, rows, series.name, series.tags, partial)


def _time(cell: object, epoch: str, zone: tzinfo) -> int | str:
    ns = cell if isinstance(cell, int) else 0
    if epoch:
        width = PER_UNIT[epoch]
        return ns // width if ns >= 0 else -(-ns // width)
    return rfc3339(ns, zone)


def rfc3339(ns: int, zone: tzinfo) -> str:
    """A time as Go's RFC3339Nano writes it: no zeros at the end of the fraction."""
    seconds, fraction = divmod(ns, _NS_PER_S)
    at = (_EPOCH + timedelta(seconds=seconds)).astimezone(zone)
    digits = f".{fraction:09d}".rstrip("0").rstrip(".")
    offset = at.strftime("%z")
    tail = "Z" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}"
    return f"{at:%Y-%m-%dT%H:%M:%S}{digits}{tail}"
