"""The time range of a query and its buckets, as InfluxDB has them. Pure; times are int64 ns since 1970."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from aggregator.storage.timeseries.influxql.refusals import (
    SyntaxRefusedError,
    TooMuchError,
    UnsupportedError,
)
from aggregator.storage.timeseries.influxql.syntax import (
    Anchor,
    Both,
    Compare,
    Condition,
    Either,
    Every,
    Instant,
    TimeBound,
)

MIN_NS: Final = -(2**63) + 2
MAX_NS: Final = 2**63 - 2
_NS_PER_S: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_SINCE: Final = datetime(1980, 1, 1, tzinfo=UTC)
_CLOCKS_UNTIL: Final = datetime(2037, 1, 1, tzinfo=UTC)
_STEPS: Final = 400
_DATE: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


@dataclass(frozen=True, slots=True)
class Range:
    """`start_ns` and `end_ns` are both in the range; without a bound they are MIN_NS and MAX_NS."""

    start_ns: int
    end_ns: int

    @property
    def empty(self) -> bool:
        """Whether no time is in it."""
        return self.start_ns > self.end_ns


@dataclass(frozen=True, slots=True)
class Windows:
    """Buckets of `width_ns`; their edges are the multiples of it plus `phase_ns` (0 ≤ phase < width)."""

    width_ns: int
    phase_ns: int

    def start(self, time_ns: int) -> int:
        """Start of the bucket of a time."""
        return (time_ns - self.phase_ns) // self.width_ns * self.width_ns + self.phase_ns

    def count(self, within: Range) -> int:
        """How many buckets touch the range."""
        return (self.start(within.end_ns) - self.start(within.start_ns)) // self.width_ns + 1

    def starts(self, within: Range, *, descending: bool = False) -> Iterator[int]:
        """Starts of the buckets that touch the range."""
        first, last = self.start(within.start_ns), self.start(within.end_ns)
        if descending:
            return iter(range(last, first - 1, -self.width_ns))
        return iter(range(first, last + 1, self.width_ns))


def split(where: Condition | None) -> tuple[tuple[TimeBound, ...], Condition | None]:
    """Bounds of time and the rest of a condition; raises UnsupportedError where OR joins a time."""
    match where:
        case None:
            return (), None
        case TimeBound():
            return (where,), None
        case Compare():
            return (), where
        case Both(left, right):
            left_bounds, left_rest = split(left)
            right_bounds, right_rest = split(right)
            rest = left_rest if right_rest is None else right_rest
            if left_rest is not None and right_rest is not None:
                rest = Both(left_rest, right_rest)
            return left_bounds + right_bounds, rest
        case Either(left, right):
            if split(left)[0] or split(right)[0]:
                raise UnsupportedError("time inside OR is not served: join bounds of time by AND")
            return (), where


def range_of(bounds: tuple[TimeBound, ...], *, now: datetime, zone: tzinfo, bucketed: bool) -> Range:
    """The range that the bounds leave; a bucketed query ends at `now` when nothing else ends it."""
    start, end = MIN_NS, MAX_NS
    for bound in bounds:
        at = _clamped(_resolved(bound.at, now, zone))
        if bound.op in {"=", ">", ">="}:
            start = max(start, at + (bound.op == ">"))
        if bound.op in {"=", "<", "<="}:
            end = min(end, at - (bound.op == "<"))
    if bucketed and end == MAX_NS:
        end = ns_of(now)
    return Range(start, end)


def windows_of(every: Every, within: Range, zone: tzinfo) -> Windows:
    """Buckets of GROUP BY time in a zone; raises UnsupportedError where its clock changes in the range."""
    offset_s = _offset_s(within, zone)
    return Windows(every.width_ns, (every.offset_ns - offset_s * _NS_PER_S) % every.width_ns)


def capped(within: Range, windows: Windows, most: int) -> None:
    """Raise TooMuchError when the range has more than `most` buckets."""
    if within.start_ns == MIN_NS or within.empty:
        return
    if (buckets := windows.count(within)) > most:
        raise TooMuchError(
            f"max-select-buckets limit exceeded: ({buckets}/{most}); widen GROUP BY time or narrow the range"
        )


def ns_of(instant: datetime) -> int:
    """An aware instant as ns."""
    return (instant - _EPOCH) // timedelta(microseconds=1) * 1000


def zone_of(name: str) -> tzinfo:
    """The zone of a tz clause; UTC without one. Raises SyntaxRefusedError."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise SyntaxRefusedError(f"unable to find time zone {name}") from error


def moved(within: Range, *, start_ns: int = 0, end_ns: int = 0) -> Range:
    """The range, begun earlier or ended later by so much."""
    start = within.start_ns if within.start_ns == MIN_NS else within.start_ns - start_ns
    return replace(within, start_ns=start, end_ns=min(MAX_NS, within.end_ns + end_ns))


def _clamped(ns: int) -> int:
    return max(MIN_NS, min(MAX_NS, ns))


def _resolved(at: Instant, now: datetime, zone: tzinfo) -> int:
    match at.anchor:
        case Anchor.EPOCH:
            return at.shift_ns
        case Anchor.NOW:
            return ns_of(now) + at.shift_ns
        case Anchor.TEXT:
            return _date_ns(at.text, zone) + at.shift_ns


def _date_ns(text: str, zone: tzinfo) -> int:
    found = _DATE.fullmatch(text)
    day, clock, fraction, offset = found.groups(default="") if found else ("", "", "", "")
    try:
        parsed = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}{offset}")
    except ValueError as error:
        raise SyntaxRefusedError(f"invalid timestamp string: {text!r}; write 2026-11-20T08:00:00Z") from error
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
    return ns_of(aware) + int((fraction or "0").ljust(9, "0"))


def _offset_s(within: Range, zone: tzinfo) -> int:
    """Offset of the zone from UTC in the whole range."""
    if zone is UTC:
        return 0
    start = _instant(max(within.start_ns, ns_of(_CLOCKS_SINCE)))
    end = _instant(min(within.end_ns, ns_of(_CLOCKS_UNTIL)))
    step = max((end - start) / _STEPS, timedelta(days=7))
    offset = _utc_offset(end, zone)
    while start < end:
        if _utc_offset(start, zone) != offset:
            raise UnsupportedError("GROUP BY time over a change of the clock is not served: split the range")
        start += step
    return int(offset.total_seconds())


def _utc_offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _instant(ns: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ns // 1000)
