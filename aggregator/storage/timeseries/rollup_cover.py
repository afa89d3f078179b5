"""Which rows answer a query: hours, minutes or raw rows for each part of its range. Pure.

Invariant: the parts are disjoint and together the whole range; a minute that was written to since its roll-up
was made (a dirty one) is always read raw, and so is every hour and minute that the range cuts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MINUTE_NS: Final = 60_000_000_000
HOUR_NS: Final = 60 * MINUTE_NS
_MINUTES: Final = 60
_HOUR_S: Final = 3600
MAX_PARTS: Final = 100

Range = tuple[int, int]
"""Nanoseconds; the first is in, the last is out."""


@dataclass(frozen=True, slots=True)
class Cover:
    """Parts of a range by where they are read."""

    raw: tuple[Range, ...] = ()
    minutes: tuple[Range, ...] = ()
    hours: tuple[Range, ...] = ()


def cover(start_ns: int, end_ns: int, step_s: int, dirty: Iterable[int]) -> Cover:
    """Cover `start_ns..end_ns` for buckets whose edges are multiples of `step_s`.

    `dirty` are minutes since 1970, in any order. Many scattered dirty minutes are joined to at most
    MAX_PARTS stretches, whose clean minutes are then read raw too.
    """
    if start_ns >= end_ns:
        return Cover()
    first, last = -(-start_ns // MINUTE_NS), end_ns // MINUTE_NS
    if step_s <= 0 or step_s % 60 or first >= last:
        return Cover(raw=((start_ns, end_ns),))
    stretches = _stretches(sorted({minute for minute in dirty if first <= minute < last}))
    raw = [(start_ns, first * MINUTE_NS)]
    minutes: list[Range] = []
    hours: list[Range] = []
    clean_from = first
    for low, high in (*stretches, (last, last)):
        _split(clean_from, low, minutes, hours, by_hour=step_s % _HOUR_S == 0)
        raw.append((low * MINUTE_NS, high * MINUTE_NS))
        clean_from = high
    raw.append((last * MINUTE_NS, end_ns))
    return Cover(_joined(raw), tuple(minutes), tuple(hours))


def _split(low: int, high: int, minutes: list[Range], hours: list[Range], *, by_hour: bool) -> None:
    """Give the clean minutes `low..high` to the hours that they hold whole, and the rest to the minutes."""
    first, last = -(-low // _MINUTES) * _MINUTES, high // _MINUTES * _MINUTES
    if by_hour and first < last:
        hours.append((first * MINUTE_NS, last * MINUTE_NS))
        rest = [(low, first), (last, high)]
    else:
        rest = [(low, high)]
    minutes += [(a * MINUTE_NS, b * MINUTE_NS) for a, b in rest if a < b]


def _stretches(ascending: Sequence[int]) -> list[tuple[int, int]]:
    gap = 0
    while True:
        found: list[tuple[int, int]] = []
        for minute in ascending:
            if found and minute - found[-1][1] <= gap:
                found[-1] = (found[-1][0], minute + 1)
            else:
                found.append((minute, minute + 1))
        if len(found) <= MAX_PARTS:
            return found
        gap = gap * 2 + 1


def _joined(ranges: Iterable[Range]) -> tuple[Range, ...]:
    found: list[Range] = []
    for low, high in ranges:
        if low >= high:
            continue
        if found and found[-1][1] == low:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return tuple(found)
