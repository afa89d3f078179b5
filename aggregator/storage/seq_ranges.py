"""Sets of sequence numbers that are almost whole: everything up to a number, and ranges beyond it.

Pure. Invariants of a `SeqRanges`: every seq in 1..`through` is in the set; `ranges` are ascending,
disjoint, never touch one another nor `through`, and all lie beyond it. Equal sets are equal values.
"""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[int, int]
"""First and last seq, both in."""


@dataclass(frozen=True, slots=True)
class SeqRanges:
    """A set of seqs ≥ 1."""

    through: int = 0
    ranges: tuple[Span, ...] = ()

    def __contains__(self, seq: int) -> bool:
        """Tell whether `seq` is in the set."""
        if seq <= self.through:
            return True
        index = bisect.bisect_right(self.ranges, seq, key=_first) - 1
        return index >= 0 and seq <= self.ranges[index][1]

    def union(self, spans: Iterable[Span]) -> "SeqRanges":
        """This set and every seq of `spans`, which may overlap and come in any order."""
        ordered = sorted(spans)
        if not ordered:
            return self
        if not self.ranges and len(ordered) == 1:  # the common case: the stream goes on
            first, last = ordered[0]
            if first <= self.through + 1:
                return self if last <= self.through else SeqRanges(last)
            return SeqRanges(self.through, (ordered[0],))
        return _joined(self.through, sorted([*self.ranges, *ordered]))

    def missing(self, first: int, last: int) -> list[Span]:
        """The spans of first..last that are not in the set."""
        gaps = []
        start = max(first, self.through + 1)
        index = max(0, bisect.bisect_right(self.ranges, start, key=_first) - 1)
        for low, high in self.ranges[index:]:
            if low > last:
                break
            if start < low:
                gaps.append((start, low - 1))
            start = max(start, high + 1)
        if start <= last:
            gaps.append((start, last))
        return gaps


def spans_of(ascending: Sequence[int]) -> list[Span]:
    """Ascending, distinct seqs as spans."""
    if not ascending:
        return []
    if ascending[-1] - ascending[0] == len(ascending) - 1:
        return [(ascending[0], ascending[-1])]
    spans = []
    first = last = ascending[0]
    for seq in ascending[1:]:
        if seq != last + 1:
            spans.append((first, last))
            first = seq
        last = seq
    spans.append((first, last))
    return spans


def _joined(through: int, ordered: list[Span]) -> SeqRanges:
    ranges: list[Span] = []
    for first, last in ordered:
        if first <= through + 1:
            through = max(through, last)
        elif ranges and first <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], last))
        else:
            ranges.append((first, last))
    return SeqRanges(through, tuple(ranges))


def _first(span: Span) -> int:
    return span[0]
