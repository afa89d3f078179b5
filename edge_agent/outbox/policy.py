"""What to drop when space runs out, and which acknowledgements to believe. Pure.

Invariants: the lowest priority goes first, the oldest first within it, alarms last; no more goes than was
asked for; every seq that goes lies in a declared range, so that the watermark can pass it and the loss is
counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored fact that could be dropped; `size` in bytes."""

    seq: int
    priority: int
    size: int


@dataclass(frozen=True, slots=True)
class SeqRange:
    """Every seq from `first` to `last`, both included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


def to_drop(candidates: Iterable[Candidate], need: int) -> list[int]:
    """Seqs to drop so that at least `need` bytes go: the fewest that do, least worthy and oldest first."""
    doomed: list[int] = []
    for candidate in sorted(candidates, key=lambda c: (c.priority, c.seq)):
        if need <= 0:
            break
        doomed.append(candidate.seq)
        need -= candidate.size
    return doomed


def ranges_of(seqs: Iterable[int]) -> list[SeqRange]:
    """Cover `seqs`, and nothing else, by the fewest ranges, ascending."""
    ranges: list[SeqRange] = []
    for seq in sorted(set(seqs)):
        if ranges and ranges[-1].last == seq - 1:
            ranges[-1] = SeqRange(ranges[-1].first, seq)
        else:
            ranges.append(SeqRange(seq, seq))
    return ranges


@dataclass(frozen=True, slots=True)
class StreamMarks:
    """Where a stream stands.

    Attributes:
        stream: its id.
        watermark: everything up to it is settled.
        floor: highest seq given out before this process opened the journal: an earlier life may have sent it.
        sent: highest seq that may have been sent, never below `floor`.
        heard: an acknowledgement of this stream was believed since the journal was opened.
    """

    stream: bytes
    watermark: int
    floor: int
    sent: int
    heard: bool


class Verdict(StrEnum):
    """What an acknowledgement means for a stream."""

    SETTLES = "settles"
    STALE = "stale"
    OTHER_STREAM = "other_stream"
    BEYOND_SENT = "beyond_sent"
    ROLLED_BACK = "rolled_back"


def judge(stream: bytes, seq: int, marks: StreamMarks) -> Verdict:
    """Judge an acknowledgement.

    The aggregator knowing more of this stream than was ever given out, before anything was sent in this
    life, means that the file is older than itself: a card restored from an image, or one that lost writes
    it had confirmed. Numbers would then be used twice and the second fact taken for a repetition, so
    the stream has to end. Later in a life the same claim is the aggregator's fault, and ignored.
    """
    if stream != marks.stream:
        return Verdict.OTHER_STREAM
    if seq > marks.sent:
        untouched = marks.sent == marks.floor and not marks.heard
        return Verdict.ROLLED_BACK if untouched else Verdict.BEYOND_SENT
    return Verdict.SETTLES if seq > marks.watermark else Verdict.STALE
