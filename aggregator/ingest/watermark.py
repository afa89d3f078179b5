"""What a delivery does to a stream: which facts are new, and how far the stream is accounted for.

Pure. The watermark is the highest n such that every seq ≤ n was committed, dead-lettered or declared
skipped; what lies beyond a hole is kept as ranges, at most MAX_RANGES. A delivery that would need
more is refused whole: it changes nothing, and the node sends it again once the holes are filled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aggregator.storage.seq_ranges import SeqRanges, Span, spans_of
from fleet.wire.messages import Skipped

MAX_RANGES: Final = 256


@dataclass(frozen=True, slots=True)
class NewSkip:
    """A declared skip and how many of its seqs nobody had accounted for."""

    skipped: Skipped
    seqs: int

    @property
    def count(self) -> int:
        """Facts that went, as declared, but never more than the seqs that are newly accounted for."""
        return min(self.skipped.count, self.seqs)


@dataclass(frozen=True, slots=True)
class Accounted:
    """The state after a delivery; `new` are the spans of its facts that were not in the state before."""

    state: SeqRanges
    new: tuple[Span, ...]
    repeated: int
    skips: tuple[NewSkip, ...] = ()


@dataclass(frozen=True, slots=True)
class TooManyRanges:
    """The delivery would leave `ranges` ranges beyond the watermark."""

    ranges: int


def account(
    state: SeqRanges, seqs: Sequence[int], skipped: Sequence[Skipped] = ()
) -> Accounted | TooManyRanges:
    """Account for the facts `seqs` (ascending, distinct) and then for the declared skips.

    Facts go first, so that a fact that lies inside a skip of the same delivery is stored.
    """
    spans = spans_of(seqs)
    new = [gap for first, last in spans for gap in state.missing(first, last)]
    after = state.union(new) if new else state
    skips = []
    for skip in skipped:
        gaps = after.missing(skip.from_seq, skip.to_seq)
        if gaps:
            skips.append(NewSkip(skip, sum(last - first + 1 for first, last in gaps)))
            after = after.union(gaps)
    if len(after.ranges) > max(MAX_RANGES, len(state.ranges)):
        return TooManyRanges(len(after.ranges))
    fresh = sum(last - first + 1 for first, last in new)
    return Accounted(after, tuple(new), len(seqs) - fresh, tuple(skips))
