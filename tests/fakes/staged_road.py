"""A road seen by a pinhole camera: vehicles drive in metres, and tracks come out as a tracker gives them.

East is to the right, north away from the camera, which hangs 7 m above (0, 0) and looks down by 18 degrees.
Boxes are those of the projected bodies, so that an anchor is where a detector would put it, not where the
wheels are.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from random import Random

from edge_agent.perception.tracks import Track, Tracks
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.gauges import Gauge
from edge_agent.rules.moment import Rule, moment_of
from edge_agent.rules.paths import Paths
from edge_agent.rules.sight import LampReading, Sight
from edge_agent.scene.homography import Ground, fit_ground
from edge_agent.scene.scene import Lane, Zone

ASPECT = 16 / 9
CAMERA_M = 7.0
PITCH = math.radians(18)
FOCAL = 1.1
"""In picture heights: a view of 49 degrees upwards and 78 across."""
LOST_S = 2.0
BODIES = {
    "car": (4.5, 1.8, 1.5),
    "motorcycle": (2.0, 0.8, 1.7),
    "bus": (11.0, 2.5, 3.2),
    "truck": (8.0, 2.5, 3.0),
}
"""Length, width, height, metres."""

Place = tuple[float, float]
Way = Callable[[float], Place | None]
"""Where the middle of a vehicle is at a time; None while it is hidden or away."""


@dataclass(frozen=True)
class Vehicle:
    """One vehicle; it heads north or south."""

    way: Way
    class_name: str = "car"


def picture_of(east: float, north: float, up: float = 0.0) -> Place:
    """Where a point appears, normalised; it must be in front of the camera."""
    down = CAMERA_M - up
    depth = north * math.cos(PITCH) + down * math.sin(PITCH)
    below = down * math.cos(PITCH) - north * math.sin(PITCH)
    return (0.5 + FOCAL * east / depth / ASPECT, 0.5 + FOCAL * below / depth)


def surveyed(survey_m: float = 0.0, seed: int = 0) -> tuple[tuple[float, float, float, float], ...]:
    """Six points of the road as a technician measures them, each off by so much."""
    rng = Random(seed)
    places = [(-4.0, 12.0), (8.0, 12.0), (-4.0, 30.0), (8.0, 30.0), (-4.0, 55.0), (8.0, 55.0)]
    return tuple(
        (*picture_of(east, north), east + rng.gauss(0, survey_m), north + rng.gauss(0, survey_m))
        for east, north in places
    )


GROUND = fit_ground(surveyed())


def area(west: float, east: float, south: float, north: float) -> tuple[Place, ...]:
    """A rectangle of the ground as a polygon of the picture."""
    corners = ((west, south), (east, south), (east, north), (west, north))
    return tuple(picture_of(*corner) for corner in corners)


LANE = Lane(id="lane", polygon=area(0.0, 3.5, 12.0, 55.0), direction=(0.0, -1.0))
"""Traffic drives away from the camera."""
KERB = Zone(id="kerb", polygon=area(3.5, 6.0, 12.0, 40.0))


def steady(kmh: float, *, east: float = 1.75, start: float = 12.0, at_s: float = 0.0) -> Way:
    """Northwards at a steady speed from `start`, from `at_s` on."""
    return lambda t: (east, start + kmh / 3.6 * (t - at_s)) if t >= at_s else None


def parked(east: float, north: float, from_s: float = 0.0, to_s: float = math.inf) -> Way:
    """Drives in from the south at 5 m/s, stands from `from_s` to `to_s`, drives on."""

    def way(t: float) -> Place | None:
        before, after = max(from_s - t, 0.0), max(t - to_s, 0.0)
        place = north - 5 * before + 3 * after
        return (east, place) if 8.0 < place < 60.0 else None

    return way


def hidden(way: Way, *spells: tuple[float, float]) -> Way:
    """The same, not seen during these spells."""
    return lambda t: None if any(begin <= t < end for begin, end in spells) else way(t)


@lru_cache(maxsize=4096)
def box_of(place: Place, class_name: str) -> tuple[float, float, float, float] | None:
    """The box of a vehicle's body, clipped; None when most of it is outside the picture."""
    length, width, height = BODIES[class_name]
    if place[1] - length / 2 < 1.0:
        return None
    corners = [
        picture_of(place[0] + side * width / 2, place[1] + end * length / 2, top * height)
        for side, end, top in product((-1, 1), (-1, 1), (0, 1))
    ]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    box = (max(min(xs), 0.0), max(min(ys), 0.0), min(max(xs), 1.0), min(max(ys), 1.0))
    whole = (max(xs) - min(xs)) * (max(ys) - min(ys))
    shown = (box[2] - box[0]) * (box[3] - box[1])
    return box if box[2] > box[0] and box[3] > box[1] and shown > 0.9 * whole else None


@dataclass
class _Followed:
    """What the tracker knows of one vehicle."""

    tracker_id: int
    born_s: float
    seen_s: float
    hits: int
    box: tuple[float, float, float, float]


def driven(
    vehicles: Iterable[Vehicle],
    seconds: float,
    *,
    fps: float = 10.0,
    jitter: float = 0.0,
    missed: float = 0.0,
    dropped: float = 0.0,
    seed: int = 0,
) -> list[Tracks]:
    """Frames of these vehicles.

    Args:
        vehicles: in the order of their first ids.
        seconds: how long.
        fps: frames a second.
        jitter: standard deviation of each side of a box, as a share of the square root of its area.
        missed: share of detections that fail.
        dropped: share of frames that do not come.
        seed: of all that.
    """
    rng, known, frames, next_id = Random(seed), dict[int, _Followed](), list[Tracks](), 1
    each = list(vehicles)
    for index in range(round(seconds * fps)):
        at_s = index / fps
        if rng.random() < dropped:
            continue
        for number, vehicle in enumerate(each):
            place = vehicle.way(at_s)
            box = None if place is None else box_of(place, vehicle.class_name)
            if box is None or rng.random() < missed:
                continue
            box = _shaken(box, jitter, rng)
            before = known.get(number)
            if before is None or at_s - before.seen_s > LOST_S:
                known[number] = _Followed(next_id, at_s, at_s, 1, box)
                next_id += 1
            else:
                before.seen_s, before.hits, before.box = at_s, before.hits + 1, box
        live = [
            _track(vehicle, known[number])
            for number, vehicle in enumerate(each)
            if number in known and at_s - known[number].seen_s <= LOST_S
        ]
        frames.append(Tracks(at_s, tuple(sorted(live, key=lambda track: track.tracker_id))))
    return frames


def judged(
    rule: Rule,
    frames: Iterable[Tracks],
    *,
    ground: Ground | None = GROUND,
    lamps: Callable[[float], Mapping[str, LampReading]] = lambda _: {},
) -> list[SceneEvent]:
    """What a rule decides over these frames."""
    return [event for events, _ in stepped(rule, frames, ground=ground, lamps=lamps) for event in events]


def stepped(
    rule: Rule,
    frames: Iterable[Tracks],
    *,
    ground: Ground | None = GROUND,
    lamps: Callable[[float], Mapping[str, LampReading]] = lambda _: {},
) -> list[tuple[list[SceneEvent], tuple[Gauge, ...]]]:
    """Events and gauges of each frame."""
    paths = Paths(ground)
    steps = []
    for frame in frames:
        sight = Sight(aspect=ASPECT, lamps=lamps(frame.at_s))
        events = rule.step(moment_of(frame, sight, paths=paths, ground=ground))
        steps.append((events, rule.gauges))
    return steps


def _shaken(
    box: tuple[float, float, float, float], jitter: float, rng: Random
) -> tuple[float, float, float, float]:
    size = math.sqrt((box[2] - box[0]) * ASPECT * (box[3] - box[1]))
    x1, x2 = (box[i] + rng.gauss(0, jitter * size) / ASPECT for i in (0, 2))
    y1, y2 = (box[i] + rng.gauss(0, jitter * size) for i in (1, 3))
    return (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def _track(vehicle: Vehicle, known: _Followed) -> Track:
    box = known.box
    anchor = ((box[0] + box[2]) / 2, box[3])
    return Track(
        known.tracker_id, 0, vehicle.class_name, 0.9, box, anchor, known.born_s, known.seen_s, known.hits
    )
