"""Simulated motorbike traffic with a known truth: what a detector would give of it, frame by frame.

A pinhole camera sees 20 m of road with six files of motorbikes (2 m long, 0.7 m wide, 1.6 m high), three in
each direction. Each bike has its own speed around the setting's, wavers, drifts sideways and overtakes, so
that boxes lie on each other. A bike is detected in 85 % of the frames, its box trembles, false boxes
appear. Nothing is seen of a bike that is mostly out of the picture. Same setting and seed, same frames.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_agent.perception.detections import Detections, joined
from edge_agent.scene.geometry import crossing
from edge_agent.scene.parse import parse_scene
from edge_agent.scene.scene import Scene

Floats = NDArray[np.float64]

LABELS: Final = ("person", "bicycle", "car", "motorcycle")
MOTORCYCLE: Final = 3
ASPECT: Final = 16 / 9
FILES_M: Final = (-3.0, -1.8, -0.6, 0.6, 1.8, 3.0)
"""Middle of each file across the road; the first half goes with the road, the others against it."""
BIKE_M: Final = (2.0, 0.7, 1.6)
REACH_M: Final = 18.0
"""Bikes appear and vanish this far from the middle of the picture, well outside of it."""
LEAST_GAP_M: Final = 1.0
MEAN_GAP_S: Final = 0.5
"""What is added to the least gap between two bikes of a file, on average (exponential)."""
SPEED_SPREAD: Final = 0.15
WAVER: Final = 0.08
"""Share of its speed by which a bike goes faster and slower, every three seconds."""
STRAY: Final = 10**6
"""Owner of the boxes of the bike that rides against the traffic."""
DETECTED: Final = 0.85
TREMBLE: Final = 0.05
"""Standard deviation of each edge of a box, in shares of the box's size."""
FALSE_PER_FRAME: Final = 0.3
LEAST_SHOWN: Final = 0.6
"""A bike with less of its box in the picture is not detected."""


@dataclass(frozen=True, slots=True)
class View:
    """A camera over the road; the road runs along x, y is across, z up, metres.

    Attributes:
        name: how results call it.
        eye: where the camera is.
        target: what it looks at.
        focal: focal length in picture widths.
        line: the count line in the picture, from and to.
        forward: the direction of the count line in which the first half of the files crosses it.
    """

    name: str
    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    focal: float
    line: tuple[tuple[float, float], tuple[float, float]]
    forward: str

    def seen(self, points: Floats) -> Floats:
        """Where points (…, 3) appear, x and y normalised, maybe outside 0-1."""
        ahead = np.subtract(self.target, self.eye)
        ahead = ahead / np.linalg.norm(ahead)
        right = np.cross(ahead, (0.0, 0.0, 1.0))
        right = right / np.linalg.norm(right)
        down = np.cross(ahead, right)
        from_eye = points - np.array(self.eye)
        depth = np.maximum(from_eye @ ahead, 0.1)
        x = 0.5 + self.focal * (from_eye @ right) / depth
        y = 0.5 + self.focal * ASPECT * (from_eye @ down) / depth
        return np.stack([x, y], axis=-1)


ACROSS: Final = View(
    "across", (0.0, -14.0, 5.5), (0.0, 0.0, 0.5), 0.75, ((0.5, 0.02), (0.5, 0.98)), "backward"
)
"""From the roadside: bikes go through the picture from side to side."""
ALONG: Final = View(
    "along", (-18.0, 0.0, 7.0), (-4.8, 0.0, 0.0), 1.16, ((0.02, 0.4), (0.98, 0.4)), "backward"
)
"""From a bridge: bikes come and go, small where they are far."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the benchmark.

    Attributes:
        view: the camera.
        speed_kmh: mean speed of the bikes.
        fps: frames a second.
        seconds: for how long bikes set out.
        usual_kmh: what the scene gives as usual speed.
        is_surveyed: whether the scene has a homography.
        detected: share of the frames in which a bike is detected.
    """

    view: View
    speed_kmh: float
    fps: float
    seconds: float = 60.0
    usual_kmh: float | None = None
    is_surveyed: bool = True
    detected: float = DETECTED

    @property
    def scene(self) -> Scene:
        """The scene file that a technician would write for it."""
        return parse_scene(_scene_text(self), "simulated lane")

    @property
    def scene_against_strays(self) -> Scene:
        """The same, and a rule on wrong-way riders in the first direction's lane, off its middle line."""
        watched = (
            f'\n[[lanes]]\nid = "watched"\npolygon = {_lane_corners(self.view, (-4.2, -1.0))}\n'
            f"direction = {list(self.scene.lanes[0].direction)}\n"
            '[[rules]]\nid = "against"\nkind = "wrong_way"\nlane = "watched"\nclasses = ["motorcycle"]\n'
        )
        return parse_scene(_scene_text(self) + watched, "simulated lane")


@dataclass(frozen=True, slots=True)
class Passed:
    """A true crossing: bike, direction, when, and how far along the line (share of the picture)."""

    bike: int
    direction: str
    at_s: float
    place: float


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """What the detector gives of one frame; `owner` is the bike of each box, -1 for a false one."""

    at_s: float
    found: Detections
    owner: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Traffic:
    """A whole run: its frames, and the truth."""

    frames: tuple[SeenFrame, ...]
    passed: tuple[Passed, ...]


@dataclass(frozen=True, slots=True)
class _Bikes:
    """All bikes of a run: one row each."""

    start_s: Floats
    speed: Floats
    way: Floats
    across: Floats
    phase: Floats

    def at(self, at_s: float) -> Floats:
        """Ground position of every bike (n, 2)."""
        since = at_s - self.start_s
        turn = 2 * np.pi / 3.0
        waver = WAVER * self.speed / turn * (np.sin(turn * since + self.phase) - np.sin(self.phase))
        along = self.way * (self.speed * since + waver - REACH_M)
        return np.stack([along, self.across + 0.2 * np.sin(0.8 * since + self.phase)], axis=1)


def simulate(setting: Setting, seed: int) -> Traffic:
    """The frames of a run and who truly crossed the line."""
    rng = np.random.default_rng([seed, round(setting.speed_kmh), round(setting.fps)])
    bikes = _set_out(setting, rng)
    until_s = float((bikes.start_s + 2.2 * REACH_M / bikes.speed).max())
    times = np.arange(float(rng.uniform(0, 1 / setting.fps)), until_s, 1 / setting.fps)
    frames = tuple(_frame(setting, bikes, float(at_s), rng) for at_s in times)
    return Traffic(frames, _crossings(setting.view, bikes, until_s))


def with_stray(setting: Setting, traffic: Traffic, seed: int, *, speed_kmh: float, at_s: float) -> Traffic:
    """The same traffic, and one bike that rides against it in the second file, seen from `at_s` on."""
    rng = np.random.default_rng(seed)
    frames = []
    for frame in traffic.frames:
        along = REACH_M - speed_kmh / 3.6 * (frame.at_s - at_s)
        boxes = _boxes(setting.view, np.array([[along, FILES_M[1]]]))
        is_found = _share_shown(boxes)[0] >= LEAST_SHOWN and rng.random() < setting.detected
        if frame.at_s < at_s or along < -REACH_M or not is_found:
            frames.append(frame)
            continue
        boxes = _trembling(boxes, rng)
        stray = Detections(boxes.astype(np.float32), np.array([MOTORCYCLE]), np.array([0.9], np.float32))
        owner = np.append(frame.owner, STRAY)
        frames.append(SeenFrame(frame.at_s, joined([frame.found, stray]), owner))
    return Traffic(tuple(frames), traffic.passed)


def _set_out(setting: Setting, rng: np.random.Generator) -> _Bikes:
    mean = setting.speed_kmh / 3.6
    rows = []
    for index, across in enumerate(FILES_M):
        way = 1.0 if index < len(FILES_M) / 2 else -1.0
        at_s = 0.0
        while at_s < setting.seconds:
            at_s += (BIKE_M[0] + LEAST_GAP_M) / mean + float(rng.exponential(MEAN_GAP_S))
            speed = mean * float(np.clip(rng.normal(1.0, SPEED_SPREAD), 0.6, 1.4))
            rows.append((at_s, speed, way, across + rng.uniform(-0.25, 0.25), rng.uniform(0, 2 * np.pi)))
    return _Bikes(*np.array(rows, np.float64).T)


def _boxes(view: View, ground: Floats) -> Floats:
    """Boxes `xyxy` of bikes that stand on ground positions (n, 2), not clipped."""
    length, width, height = BIKE_M
    corners = np.array(
        [(x, y, z) for x in (-length / 2, length / 2) for y in (-width / 2, width / 2) for z in (0.0, height)]
    )
    points = np.concatenate([ground, np.zeros((len(ground), 1))], axis=1)[:, None, :] + corners[None]
    seen = view.seen(points)
    return np.concatenate([seen.min(axis=1), seen.max(axis=1)], axis=1)


def _frame(setting: Setting, bikes: _Bikes, at_s: float, rng: np.random.Generator) -> SeenFrame:
    ground = bikes.at(at_s)
    near = np.flatnonzero((at_s >= bikes.start_s) & (np.abs(ground[:, 0]) < REACH_M))
    boxes = _boxes(setting.view, ground[near])
    is_found = (_share_shown(boxes) >= LEAST_SHOWN) & (rng.random(len(near)) < setting.detected)
    owner, boxes = near[is_found], boxes[is_found]
    false = _false_boxes(setting.view, rng)
    boxes = _trembling(np.concatenate([boxes, false]), rng)
    score = np.concatenate([rng.uniform(0.65, 0.95, len(owner)), rng.uniform(0.5, 0.75, len(false))])
    owner = np.concatenate([owner, np.full(len(false), -1)])
    order = rng.permutation(len(boxes))
    good = order[(boxes[order, 2] - boxes[order, 0] > 1e-3) & (boxes[order, 3] - boxes[order, 1] > 1e-3)]
    found = Detections(
        boxes[good].astype(np.float32),
        np.full(len(good), MOTORCYCLE, np.int64),
        score[good].astype(np.float32),
    )
    return SeenFrame(at_s, found, owner[good])


def _false_boxes(view: View, rng: np.random.Generator) -> Floats:
    count = int(rng.poisson(FALSE_PER_FRAME))
    return _boxes(view, np.stack([rng.uniform(-9, 9, count), rng.uniform(-3.5, 3.5, count)], axis=1))


def _share_shown(boxes: Floats) -> Floats:
    """How much of each box is in the picture."""
    return np.asarray(_area(np.clip(boxes, 0.0, 1.0)) / np.maximum(_area(boxes), 1e-12))


def _trembling(boxes: Floats, rng: np.random.Generator) -> Floats:
    """As a detector gives them: every edge a little off, nothing outside the picture."""
    size = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    return np.clip(boxes + rng.normal(0, TREMBLE, boxes.shape) * size, 0.0, 1.0)


def _area(boxes: Floats) -> Floats:
    sides: Floats = np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0)
    return np.asarray(sides[:, 0] * sides[:, 1])


def _crossings(view: View, bikes: _Bikes, until_s: float) -> tuple[Passed, ...]:
    """When the anchor of each bike's true box meets the line, from steps of 20 ms."""
    passed = []
    last: Floats | None = None
    for at_s in np.arange(0.0, until_s, 0.02).tolist():
        boxes = _boxes(view, bikes.at(at_s))
        anchors = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
        if last is not None:
            axis = 0 if view.line[0][0] == view.line[1][0] else 1
            mark = view.line[0][axis]
            for bike in np.flatnonzero((last[:, axis] > mark) != (anchors[:, axis] > mark)).tolist():
                step = crossing(*view.line, tuple(last[bike].tolist()), tuple(anchors[bike].tolist()))
                if step is not None:
                    way = "forward" if step.direction > 0 else "backward"
                    passed.append(Passed(bike, way, at_s, float(anchors[bike, 1 - axis])))
        last = anchors
    return tuple(passed)


def _scene_text(setting: Setting) -> str:
    view = setting.view
    usual = setting.speed_kmh if setting.usual_kmh is None else setting.usual_kmh
    (x1, y1), (x2, y2) = view.line
    text = [f'[[lines]]\nid = "count"\nfrom = [{x1}, {y1}]\nto = [{x2}, {y2}]']
    text.append('[[rules]]\nid = "bikes"\nkind = "line_count"\nline = "count"\nclasses = ["motorcycle"]')
    for name, way, sides in (("out", 1.0, (-4.2, 0.0)), ("back", -1.0, (0.0, 4.0))):
        corners = _lane_corners(view, sides)
        tail, head = view.seen(np.array([[-way, sum(sides) / 2, 0.0], [way, sum(sides) / 2, 0.0]])).tolist()
        text.append(
            f'[[lanes]]\nid = "{name}"\npolygon = {corners}\n'
            f"direction = [{head[0] - tail[0]:.5f}, {head[1] - tail[1]:.5f}]\nusual_speed_kmh = {usual}"
        )
    if setting.is_surveyed:
        places = np.array([(-6.0, -2.5), (6.0, -2.5), (6.0, 2.5), (-6.0, 2.5), (0.0, 0.0)])
        seen = view.seen(np.concatenate([places, np.zeros((5, 1))], axis=1))
        points = [[*map(float, s), *map(float, p)] for s, p in zip(seen.round(4), places, strict=True)]
        text.append(f"[homography]\npoints = {points}")
    return "\n".join(text)


def _lane_corners(view: View, sides: tuple[float, float]) -> list[list[float]]:
    """The part of a lane that lies in the picture, as four corners."""
    along = np.linspace(-REACH_M, REACH_M, 721)
    corners: list[list[float]] = []
    for index, side in enumerate(sides):
        places = view.seen(np.stack([along, np.full_like(along, side), np.zeros_like(along)], axis=1))
        inside = places[((places >= 0) & (places <= 1)).all(axis=1)].round(4).tolist()
        corners += [inside[0], inside[-1]] if index == 0 else [inside[-1], inside[0]]
    return corners
