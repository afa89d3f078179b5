"""Where each object has been in the last seconds: kept once, read by every rule that needs speed or heading.

Pure. Bounded: live tracks only, at most `MOST_STEPS` steps each, none older than `KEEP_S`. Lengths are metres
where the ground is known; in the picture x is stretched by the aspect, so that lengths are in frame heights
and alike in both directions.
"""

from collections import deque
from collections.abc import Iterable
from itertools import pairwise, takewhile
from math import hypot
from typing import Final

import msgspec

from edge_agent.perception.tracks import Track
from edge_agent.scene.homography import Ground

KEEP_S: Final = 20.0
LEAST_GAP_S: Final = 0.06
MOST_STEPS: Final = 340


class Step(msgspec.Struct, frozen=True, gc=False):
    """One sight of an object.

    Attributes:
        at_s: when.
        x: anchor in the picture, in frame heights.
        y: the same, downwards.
        east_m: on the ground; None where the ground is not known.
        north_m: the same.
        size: square root of the box's area, in frame heights.
    """

    at_s: float
    x: float
    y: float
    east_m: float | None
    north_m: float | None
    size: float


class Path:
    """The latest steps of one track, oldest first."""

    def __init__(self) -> None:
        self.steps: deque[Step] = deque(maxlen=MOST_STEPS)

    def since(self, at_s: float) -> tuple[Step, ...]:
        """The steps from this time on."""
        recent = list(takewhile(lambda step: step.at_s >= at_s - 1e-9, reversed(self.steps)))
        recent.reverse()
        return tuple(recent)


class Paths:
    """The paths of one camera's tracks."""

    def __init__(self, ground: Ground | None) -> None:
        self._ground = ground
        self._paths: dict[int, Path] = {}
        self._none = Path()

    def observe(self, seen: Iterable[Track], ids: frozenset[int], aspect: float) -> None:
        """Take in the tracks seen in a frame and forget those that have ended."""
        for track in seen:
            path = self._paths.setdefault(track.tracker_id, Path())
            steps = path.steps
            if steps and track.seen_s - steps[-1].at_s < LEAST_GAP_S - 1e-9:
                continue
            while steps and track.seen_s - steps[0].at_s > KEEP_S:
                steps.popleft()
            steps.append(self._step(track, aspect))
        for gone in [tracker_id for tracker_id in self._paths if tracker_id not in ids]:
            del self._paths[gone]

    def of(self, tracker_id: int) -> Path:
        """The path of a track; without steps when nothing is known of it."""
        return self._paths.get(tracker_id, self._none)

    def _step(self, track: Track, aspect: float) -> Step:
        x1, y1, x2, y2 = track.xyxy
        size = ((x2 - x1) * aspect * (y2 - y1)) ** 0.5
        place = None if self._ground is None else self._ground.to_metres(track.anchor)
        east_m, north_m = (None, None) if place is None else place
        return Step(track.seen_s, track.anchor[0] * aspect, track.anchor[1], east_m, north_m, size)


def steps_since_unseen(steps: tuple[Step, ...], unseen_s: float) -> tuple[Step, ...]:
    """The latest steps that follow one another without a gap of more than `unseen_s`."""
    first = next(
        (
            index
            for index in range(len(steps) - 1, 0, -1)
            if steps[index].at_s - steps[index - 1].at_s > unseen_s + 1e-9
        ),
        0,
    )
    return steps[first:]


def moved_m(steps: tuple[Step, ...]) -> float | None:
    """Metres from the first step to the last, as the crow flies; None where the ground is not known."""
    if not steps:
        return None
    first, last = steps[0], steps[-1]
    if first.east_m is None or first.north_m is None or last.east_m is None or last.north_m is None:
        return None
    return hypot(last.east_m - first.east_m, last.north_m - first.north_m)


def moved_lengths(steps: tuple[Step, ...]) -> float:
    """The same in the object's own sizes: what stands for metres where the ground is not known."""
    if not steps:
        return 0.0
    first, last = steps[0], steps[-1]
    size = sum(step.size for step in steps) / len(steps)
    return hypot(last.x - first.x, last.y - first.y) / size if size > 0 else 0.0


def travelled_m(steps: tuple[Step, ...]) -> float | None:
    """Metres along the way; trembling adds to it, so it is for moving objects."""
    total = 0.0
    for one, other in pairwise(steps):
        part = moved_m((one, other))
        if part is None:
            return None
        total += part
    return total
