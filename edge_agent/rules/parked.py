"""Where a vehicle stands, told apart from its trembling, and the same vehicle after it was hidden. Pure.

A place is the median of the last `SMOOTH_S` of a path. How far it may drift is given in metres; where the
ground is surveyed, what the picture cannot tell at that distance (`NOISE` of the vehicle's size) is added,
and where it is not, the vehicle's usual size stands for metres: 0.5 m are then 0.23 of the size of a car's
box (the square root of its area), and 0.36 of a motorbike's.
"""

from dataclasses import dataclass
from math import hypot, sqrt
from statistics import median
from typing import Final

import msgspec

from edge_agent.perception.tracks import Track
from edge_agent.rules.moment import Moment
from edge_agent.rules.paths import Step
from edge_agent.rules.vehicle_sizes import size_of

SMOOTH_S: Final = 2.0
NOISE: Final = 0.02
ALIKE: Final = 0.7
"""Least ratio of the sizes of two boxes that may be the same vehicle."""
_GROUPS: Final = {
    name: number
    for number, names in enumerate((("car", "truck", "bus", "train"), ("motorcycle", "bicycle")))
    for name in names
}


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a vehicle is.

    Attributes:
        x: anchor in the picture, in frame heights.
        y: the same, downwards.
        east_m: on the ground; None where that is not known.
        north_m: the same.
        size: square root of the area of its box, in frame heights.
    """

    x: float
    y: float
    east_m: float | None
    north_m: float | None
    size: float


@dataclass(slots=True)
class Stand:
    """One vehicle's standing in one place.

    Attributes:
        tracker_id: its track; another one after it was hidden.
        class_name: its class.
        place: where it stands.
        began_s: when it came to stand, on the clock of the rule, which does not run while nothing counts.
        seen_s: when it was last seen, on the frames' clock.
        inside_s: when it was last seen inside the zone, on the frames' clock.
        settles_s: when its place is taken anew, out of sights of standing alone; None when that is done.
        moved_off: its track was seen elsewhere, and not only lost.
        told: how many of its events have been raised.
    """

    tracker_id: int
    class_name: str
    place: Place
    began_s: float
    seen_s: float
    inside_s: float
    settles_s: float | None
    moved_off: bool = False
    told: int = 0


def place_of(track: Track, moment: Moment) -> Place | None:
    """Where a track is, smoothed; nothing when nothing is known of its path."""
    steps = moment.paths.of(track.tracker_id).since(moment.at_s - SMOOTH_S)
    if not steps:
        return None
    east = [step.east_m for step in steps if step.east_m is not None]
    north = [step.north_m for step in steps if step.north_m is not None]
    known = len(east) == len(north) == len(steps)
    return Place(
        median([step.x for step in steps]),
        median([step.y for step in steps]),
        median(east) if known else None,
        median(north) if known else None,
        median([step.size for step in steps]),
    )


def is_within(one: Place, other: Place, class_name: str, moment: Moment, reach_m: float) -> bool:
    """Whether two places are no further apart than this, as far as the picture can tell."""
    flat = hypot(other.x - one.x, other.y - one.y)
    if (
        moment.ground is None
        or one.east_m is None
        or one.north_m is None
        or other.east_m is None
        or other.north_m is None
    ):
        return flat * size_of(class_name).seen <= reach_m * (one.size + other.size) / 2
    apart_m = hypot(other.east_m - one.east_m, other.north_m - one.north_m)
    if apart_m <= reach_m:
        return True
    aspect = moment.sight.aspect
    point, noise = (one.x / aspect, one.y), (NOISE * one.size / aspect, NOISE * one.size)
    shaken, still = moment.ground.error_m(point, noise), moment.ground.error_m(point, (0.0, 0.0))
    if shaken is None or still is None:
        return False
    return apart_m <= reach_m + sqrt(max(shaken**2 - still**2, 0.0))


def place_at(step: Step) -> Place:
    """Where one sight was."""
    return Place(step.x, step.y, step.east_m, step.north_m, step.size)


def may_be_same(stand: Stand, track: Track, place: Place) -> bool:
    """Whether a track looks like who stood there: a class that detectors confuse, alike in size."""
    group, other = _GROUPS.get(stand.class_name), _GROUPS.get(track.class_name)
    alike = stand.class_name == track.class_name if group is None else group == other
    small, large = sorted((stand.place.size, place.size))
    return alike and small >= ALIKE * large
