"""How long an object has been in a zone, over blinks of the detector and short absences. Pure."""

from dataclasses import dataclass
from typing import Final

LONGEST_SAMPLE_S: Final = 1.0
"""Between two sights inside that are further apart, nobody knows: that time does not count."""


@dataclass(slots=True)
class Stay:
    """One object's stay in one zone.

    Attributes:
        dwell_s: seconds inside so far.
        inside_s: when it was last seen inside.
        observed_s: when it was last seen at all.
        was_inside: whether that was inside.
        reported: whether its event has been raised.
    """

    dwell_s: float
    inside_s: float
    observed_s: float
    was_inside: bool = True
    reported: bool = False

    @classmethod
    def begun(cls, at_s: float) -> "Stay":
        """Seen inside for the first time."""
        return cls(0.0, at_s, at_s)

    def observe(self, at_s: float, *, inside: bool) -> None:
        """Seen again, inside or not."""
        since_s = at_s - self.observed_s
        if inside:
            if self.was_inside and since_s <= LONGEST_SAMPLE_S:
                self.dwell_s += since_s
            self.inside_s = at_s
        self.was_inside = inside
        self.observed_s = at_s

    def is_over(self, at_s: float, gap_s: float) -> bool:
        """Whether it has not been seen inside for longer than a gap may last."""
        return at_s - self.inside_s > gap_s
