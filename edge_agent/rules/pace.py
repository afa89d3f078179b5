"""How fast an object moves, and where to, over its latest steps. Pure.

A straight line is fitted through the steps, so that the trembling of single boxes weighs little. Speeds are
km/h where the ground is known, the object's own lengths a second elsewhere.
"""

from collections.abc import Sequence
from math import hypot
from typing import Final

import msgspec

from edge_agent.rules.paths import Step

LENGTHS_PER_M: Final = 0.5
"""What stands for a metre where the ground is not known: half of the object's own size."""
DEPTH: Final = 0.35
"""The same up and down the picture: from a pole the ground is foreshortened so (at about 20 degrees)."""
_KMH: Final = 3.6
_LEAST_STEPS: Final = 2


class Pace(msgspec.Struct, frozen=True, gc=False):
    """The mean velocity over some steps.

    Attributes:
        x: frame heights a second, to the right.
        y: the same, downwards.
        east_ms: m/s on the ground; None where it is not known.
        north_ms: the same.
        size: the object's size in frame heights.
    """

    x: float
    y: float
    east_ms: float | None
    north_ms: float | None
    size: float

    def is_below(self, kmh: float) -> bool:
        """Whether it is slower than that, in metres or, without them, in lengths."""
        if self.east_ms is not None and self.north_ms is not None:
            return hypot(self.east_ms, self.north_ms) * _KMH < kmh
        return hypot(self.x, self.y / DEPTH) < self.size * LENGTHS_PER_M * kmh / _KMH


def pace(steps: Sequence[Step], least_s: float) -> Pace | None:
    """The velocity over these steps; nothing when they span less than `least_s`."""
    if len(steps) < _LEAST_STEPS or steps[-1].at_s - steps[0].at_s < least_s - 1e-9:
        return None
    n = len(steps)
    mid_s = sum(step.at_s for step in steps) / n
    weights = [step.at_s - mid_s for step in steps]
    spread = sum(weight * weight for weight in weights)

    def slope(values: list[float]) -> float:
        return sum(weight * value for weight, value in zip(weights, values, strict=True)) / spread

    east = [step.east_m for step in steps if step.east_m is not None]
    north = [step.north_m for step in steps if step.north_m is not None]
    is_known = len(east) == n and len(north) == n
    return Pace(
        slope([step.x for step in steps]),
        slope([step.y for step in steps]),
        slope(east) if is_known else None,
        slope(north) if is_known else None,
        sum(step.size for step in steps) / n,
    )
