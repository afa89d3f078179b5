"""A road in metres, seen by a camera on a pole: vehicles as bodies, their boxes as a detector gives them.

The camera stands over the origin, six metres up, and looks north; east is to the right. A vehicle's place is
the middle of its near end on the ground, which is where the bottom-centre of its box is.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians, sin

from edge_agent.perception.tracks import Track, Tracks
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Rule, moment_of
from edge_agent.rules.paths import Paths
from edge_agent.rules.sight import LampReading, Sight
from edge_agent.scene.homography import Ground, fit_ground

Place = tuple[float, float]
"""Metres east and north."""
Box = tuple[float, float, float, float]
Plan = Sequence[tuple[float, str]]
"""When each colour begins; an empty colour is a lamp that cannot be read."""

ASPECT = 16 / 9
_HEIGHT_M = 6.0
_COS, _SIN = cos(radians(18)), sin(radians(18))
_FOCAL = 1.1


def pictured(east_m: float, north_m: float, up_m: float = 0.0) -> Place:
    """Where a point of the world is in the picture, normalised."""
    depth = north_m * _COS + (_HEIGHT_M - up_m) * _SIN
    up = north_m * _SIN - (_HEIGHT_M - up_m) * _COS
    return (0.5 + _FOCAL * east_m / depth / ASPECT, 0.5 - _FOCAL * up / depth)


GROUND = fit_ground(
    [(*pictured(east, north), east, north) for east in (-8.0, 8.0) for north in (8.0, 20.0, 45.0)]
)
EITHER_GROUND = [None, GROUND]


@dataclass(frozen=True)
class Body:
    """A vehicle's size in metres."""

    class_name: str
    length_m: float
    width_m: float
    height_m: float

    def box(self, place: Place) -> Box:
        """Its box, from its eight corners."""
        left, right = place[0] - self.width_m / 2, place[0] + self.width_m / 2
        near, far = place[1], place[1] + self.length_m
        corners = [
            pictured(east, north, up)
            for east in (left, right)
            for north in (near, far)
            for up in (0.0, self.height_m)
        ]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return (min(xs), min(ys), max(xs), max(ys))


CAR = Body("car", 4.2, 1.8, 1.5)
BIKE = Body("motorcycle", 1.9, 0.7, 1.6)
BUS = Body("bus", 10.0, 2.5, 3.1)


def ways(*legs: tuple[float, Place]) -> Callable[[float], Place]:
    """A way through these places, each given with the time at which it is reached."""

    def at(at_s: float) -> Place:
        before = legs[0]
        for after in legs:
            if after[0] >= at_s:
                share = 0.0 if after[0] == before[0] else (at_s - before[0]) / (after[0] - before[0])
                return (
                    before[1][0] + share * (after[1][0] - before[1][0]),
                    before[1][1] + share * (after[1][1] - before[1][1]),
                )
            before = after
        return legs[-1][1]

    return at


@dataclass(frozen=True)
class Vehicle:
    """Something that drives.

    Attributes:
        way: where it is at each time.
        body: what it is.
        seen_s: from when to when it is seen at all.
        hidden_s: from when to when it is behind something.
    """

    way: Callable[[float], Place]
    body: Body = CAR
    seen_s: tuple[float, float] = (0.0, 1e9)
    hidden_s: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Filming:
    """How the road is filmed.

    Attributes:
        fps: frames a second.
        dropped: share of frames that are lost.
        jitter: how far a box is off in x and y, as a share of its height.
        ground: the surveyed ground, or none.
        seed: of drops and jitter.
    """

    fps: float = 10.0
    dropped: float = 0.0
    jitter: float = 0.0
    ground: Ground | None = GROUND
    seed: int = 1

    def __str__(self) -> str:
        ground = "surveyed" if self.ground else "not surveyed"
        return f"{self.fps:g} fps, {self.dropped:.0%} dropped, {self.jitter:.0%} jitter, {ground}"


FILMINGS = [
    Filming(5.0, 0.2, 0.03, GROUND, seed=2),
    Filming(5.0, 0.0, 0.0, None, seed=1),
    Filming(10.0, 0.2, 0.03, None, seed=4),
    Filming(15.0, 0.0, 0.03, GROUND, seed=5),
]
"""Every rule decides the same in all of these."""


def everywhere(count: int) -> dict[str, int]:
    """So many events in each of `FILMINGS`."""
    return {str(filming): count for filming in FILMINGS}


def counted(
    new_rule: Callable[[], Rule], vehicles: Sequence["Vehicle"], seconds: float, *, plan: Plan = ()
) -> dict[str, int]:
    """Events in each of `FILMINGS`."""
    return {
        str(filming): len(judged(new_rule(), vehicles, seconds, filming, plan=plan)) for filming in FILMINGS
    }


def filmed(vehicles: Sequence[Vehicle], seconds: float, filming: Filming) -> list[Tracks]:
    """What a perfect tracker makes of it: ids from 1 in the order given, kept while hidden."""
    rng = random.Random(filming.seed)
    born: dict[int, float] = {}
    latest: dict[int, Track] = {}
    frames = []
    for index in range(round(seconds * filming.fps)):
        at_s = index / filming.fps
        if rng.random() < filming.dropped:
            continue
        live = []
        for tracker_id, vehicle in enumerate(vehicles, 1):
            if not vehicle.seen_s[0] <= at_s <= vehicle.seen_s[1]:
                continue
            if not vehicle.hidden_s[0] <= at_s < vehicle.hidden_s[1]:
                born.setdefault(tracker_id, at_s)
                hits = latest[tracker_id].hits + 1 if tracker_id in latest else 1
                box = _shaken(vehicle.body.box(vehicle.way(at_s)), filming.jitter, rng)
                anchor = ((box[0] + box[2]) / 2, box[3])
                name = vehicle.body.class_name
                latest[tracker_id] = Track(
                    tracker_id, 0, name, 0.9, box, anchor, born[tracker_id], at_s, hits
                )
            if tracker_id in latest:
                live.append(latest[tracker_id])
        frames.append(Tracks(at_s, tuple(live)))
    return frames


def _shaken(box: Box, jitter: float, rng: random.Random) -> Box:
    x1, y1, x2, y2 = box
    far = jitter * (y2 - y1)
    dx, dy = rng.uniform(-far, far) / ASPECT, rng.uniform(-far, far)
    return (x1 + dx, y1 + dy, x2 + dx, y2 + dy)


def shown(plan: Plan, at_s: float) -> str:
    """The colour at a time."""
    return [colour for begins_s, colour in plan if begins_s <= at_s + 1e-9][-1]


def judged(
    rule: Rule,
    vehicles: Sequence[Vehicle],
    seconds: float,
    filming: Filming,
    *,
    plan: Plan = (),
    signal: str = "lamp",
) -> list[SceneEvent]:
    """The events of a rule over a filmed road; with a plan, its signal is read in every frame."""
    return judged_frames(rule, filmed(vehicles, seconds, filming), filming.ground, plan=plan, signal=signal)


def judged_frames(
    rule: Rule, frames: Iterable[Tracks], ground: Ground | None, *, plan: Plan = (), signal: str = "lamp"
) -> list[SceneEvent]:
    """The same over frames that stand."""
    paths = Paths(ground)
    events = []
    for frame in frames:
        lamps = {}
        if plan:
            colour = shown(plan, frame.at_s)
            lamps[signal] = LampReading(colour, 0.95 if colour else 0.3, frame.at_s)
        sight = Sight(aspect=ASPECT, lamps=lamps)
        events += rule.step(moment_of(frame, sight, paths=paths, ground=ground))
    return events
