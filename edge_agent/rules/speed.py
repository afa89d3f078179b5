"""The speed of one vehicle on surveyed ground, with its error. Pure.

The speed is the median of the speeds between all pairs of sights that are far enough apart in time
(Theil–Sen), east and north apart: a few wrong sights do not move it, and trembling does not add to it as it
would to a path's length. The error joins what may be wrong, each as one standard deviation, and is `COVERAGE`
of them:

- the survey: how far off it may put the length between the first and the last sight;
- the picture: how the sights scatter about the line, and no less than `LEAST_NOISE` of the object's size.
  A tracker smooths, so sights within `ALIKE_S` of each other err alike and count as one;
- time: what the time of a frame is off.

What it cannot know: that the scene file's ground is another than the one under the wheels, such as after the
camera was turned.
"""

from itertools import combinations
from math import hypot, sqrt
from statistics import fmean, median
from typing import Final

import msgspec

from edge_agent.rules.paths import Step
from edge_agent.rules.vehicle_sizes import metres_moved
from edge_agent.scene.homography import Ground

LEAST_M: Final = 8.0
LEAST_SAMPLES: Final = 5
MOST_SAMPLES: Final = 24
"""More sights are thinned out: pairs grow with the square."""
APART: Final = 0.4
"""Sights of a pair are apart by this share of the whole time at least."""
LEAST_NOISE: Final = 0.02
ALIKE_S: Final = 0.4
FRAME_TIME_S: Final = 0.02
COVERAGE: Final = 2.0
KMH: Final = 3.6
PACE_S: Final = 1.5
_LEAST_PACE_S: Final = 0.4
_LEAST_PACE_STEPS: Final = 4


class Speed(msgspec.Struct, frozen=True, gc=False):
    """How fast a vehicle went between two sights.

    Attributes:
        kmh: the speed.
        length_m: how far it went.
        duration_s: in what time.
        samples: number of sights behind it.
        scatter_m: standard deviation of the sights about the line, along it.
        spread_s: root of the sum of squares of the sights' times about their mean.
        first: the first sight.
        last: the last sight.
    """

    kmh: float
    length_m: float
    duration_s: float
    samples: int
    scatter_m: float
    spread_s: float
    first: Step
    last: Step


def speed_of(steps: tuple[Step, ...]) -> Speed | None:
    """Speed over these steps; nothing when they are too few, too short, or not on known ground."""
    sights = [(s.at_s, s.east_m, s.north_m) for s in _thinned(steps)]
    known = [(t, e, n) for t, e, n in sights if e is not None and n is not None]
    if len(known) < LEAST_SAMPLES or len(known) < len(sights):
        return None
    duration_s = known[-1][0] - known[0][0]
    if duration_s <= 0:
        return None
    pairs = [(a, b) for a, b in combinations(known, 2) if b[0] - a[0] >= APART * duration_s]
    east = median([(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs])
    north = median([(b[2] - a[2]) / (b[0] - a[0]) for a, b in pairs])
    speed = hypot(east, north)
    if speed * duration_s < LEAST_M:
        return None
    along = [(t, (e * east + n * north) / speed - speed * t) for t, e, n in known]
    middle = median([place for _, place in along])
    mean_s = fmean(t for t, _ in along)
    return Speed(
        kmh=speed * KMH,
        length_m=speed * duration_s,
        duration_s=duration_s,
        samples=len(known),
        scatter_m=sqrt(sum((place - middle) ** 2 for _, place in along) / (len(along) - 2)),
        spread_s=sqrt(sum((t - mean_s) ** 2 for t, _ in along)),
        first=steps[0],
        last=steps[-1],
    )


def error_kmh(speed: Speed, ground: Ground, aspect: float) -> float | None:
    """What a speed may be off, either way; nothing where the survey does not say."""
    ends = [(step, (step.x / aspect, step.y)) for step in (speed.first, speed.last)]
    survey_m = ground.length_error_m(ends[0][1], ends[1][1])
    if survey_m is None:
        return None
    noise = 0.0
    for step, point in ends:
        shaken = ground.error_m(point, (LEAST_NOISE * step.size / aspect, LEAST_NOISE * step.size))
        still = ground.error_m(point, (0.0, 0.0))
        if shaken is None or still is None:
            return None
        noise += (shaken**2 - still**2) / 2
    place_m = max(speed.scatter_m, sqrt(noise))
    apart = max(min(speed.samples, 1 + speed.duration_s / ALIKE_S), 2)
    by_picture = place_m * sqrt(speed.samples / apart) / speed.spread_s * KMH
    by_survey = speed.kmh * survey_m / speed.length_m
    by_time = speed.kmh * sqrt(2) * FRAME_TIME_S / speed.duration_s
    return COVERAGE * sqrt(by_picture**2 + by_survey**2 + by_time**2)


def pace_kmh(steps: tuple[Step, ...], class_name: str) -> float | None:
    """Roughly how fast a vehicle goes, from the steps of the last `PACE_S`: does it stand or drive.

    From the middle of the first half to the middle of the second, so that trembling averages out; on ground
    that was not surveyed by the vehicle's usual size.
    """
    if len(steps) < _LEAST_PACE_STEPS or steps[-1].at_s - steps[0].at_s < _LEAST_PACE_S - 1e-9:
        return None
    half = len(steps) // 2
    one, other = _middle(steps[:half]), _middle(steps[-half:])
    return metres_moved((one, other), class_name) / (other.at_s - one.at_s) * KMH


def _middle(steps: tuple[Step, ...]) -> Step:
    """The mean of some steps."""
    east = [s.east_m for s in steps if s.east_m is not None]
    north = [s.north_m for s in steps if s.north_m is not None]
    known = len(east) == len(north) == len(steps)
    return Step(
        fmean(s.at_s for s in steps),
        fmean(s.x for s in steps),
        fmean(s.y for s in steps),
        fmean(east) if known else None,
        fmean(north) if known else None,
        fmean(s.size for s in steps),
    )


def _thinned(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """At most `MOST_SAMPLES` of the steps, evenly, the first and the last among them."""
    if len(steps) <= MOST_SAMPLES:
        return steps
    last = len(steps) - 1
    return tuple(steps[round(i * last / (MOST_SAMPLES - 1))] for i in range(MOST_SAMPLES))
