"""Which events came, which are missing, which are false: the same object, within two seconds. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from staged.staging import Expected

WITHIN_S: Final = 2.0
LEAST_PRECISION: Final = 0.95
LEAST_RECALL: Final = 0.90


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one or many clips.

    Attributes:
        matched: events that came as they must.
        expected: events that must come.
        found: events that came.
    """

    matched: int = 0
    expected: int = 0
    found: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(self.matched + other.matched, self.expected + other.expected, self.found + other.found)

    @property
    def precision(self) -> float | None:
        """Share of the events that are right; nothing when none came."""
        return self.matched / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """Share of what must come that came; nothing when nothing had to."""
        return self.matched / self.expected if self.expected else None

    @property
    def met(self) -> bool:
        """Whether both bars hold; a figure that there is not holds."""
        precision, recall = self.precision, self.recall
        return (precision is None or precision >= LEAST_PRECISION) and (
            recall is None or recall >= LEAST_RECALL
        )


def tally(expected: Iterable[Expected], found: Iterable[Expected]) -> Tally:
    """Pair events one to one, the nearest in time first; the order of the lists does not matter."""
    wanted, came = list(expected), list(found)
    pairs = sorted(
        (abs(one.at_s - other.at_s), i, j)
        for i, one in enumerate(wanted)
        for j, other in enumerate(came)
        if (one.kind, one.object_id) == (other.kind, other.object_id)
        and abs(one.at_s - other.at_s) <= WITHIN_S + 1e-9
    )
    taken_wanted: set[int] = set()
    taken_came: set[int] = set()
    for _, i, j in pairs:
        if i not in taken_wanted and j not in taken_came:
            taken_wanted.add(i)
            taken_came.add(j)
    return Tally(len(taken_wanted), len(wanted), len(came))
