"""What is unwise in a scene that is not wrong: it would run, and count badly. Pure.

Each finding is a code with values; the words for it, in both languages, are in `messages.toml`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import atan2, degrees, hypot, pi
from typing import Final

import numpy as np

from edge_agent.scene.checks import REFERENCES
from edge_agent.scene.geometry import Point, Polygon, inside, segments_meet, signed_area
from edge_agent.scene.homography import Ground
from edge_agent.scene.rule_specs import RuleSpec
from edge_agent.scene.scene import Lane, Line, Scene

SMALLEST: Final = 0.04
"""Of the picture's height: an object that is lower is hardly ever detected (about 24 of 576 pixels)."""
EDGE: Final = 0.02
ELONGATED: Final = 2.0
ACROSS_DEG: Final = 50.0
MUCH: Final = 0.3
SMALLEST_LAMP: Final = 0.006
GOOD_RMS_M: Final = 0.5
LEAST_TO_JUDGE: Final = 5
AREA_OFF: Final = 0.3
_SAMPLES: Final = 24
IN_METRES: Final = frozenset({"congestion", "wrong_way", "illegal_parking", "pavement"})
"""Kinds of rules that are better in metres and manage without; others the parser refuses without a survey."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One finding.

    Attributes:
        code: its entry in the catalogue.
        table: which table of the scene it is about; empty for the whole scene.
        entry: id of the entry, or its number for one without.
        values: what its words mention.
    """

    code: str
    table: str = ""
    entry: str = ""
    values: dict[str, str] = field(default_factory=dict)


def advise(
    scene: Scene, ground: Ground | None, *, aspect: float, weak_classes: Iterable[str] = ()
) -> list[Advice]:
    """Everything unwise.

    Args:
        scene: a scene without problems.
        ground: its ground, where it has one.
        aspect: width by height of the picture.
        weak_classes: labels that the model knows and nobody has found good enough.
    """
    return [
        *_unused(scene),
        *_lines(scene, aspect),
        *_zones(scene, ground, aspect),
        *_lanes(scene, ground, aspect),
        *_signals(scene),
        *_rules(scene, ground, frozenset(weak_classes)),
        *_survey(scene, ground),
        *_hidden(scene),
    ]


def kind_of(rule: RuleSpec) -> str:
    """A rule's kind, as the scene file writes it."""
    return str(rule.__struct_config__.tag)


def referred(rule: RuleSpec) -> Iterator[tuple[str, str, str]]:
    """What a rule names: key, table, id."""
    for key, table in REFERENCES.items():
        name = getattr(rule, key, None)
        for each in (name,) if isinstance(name, str) else name or ():
            yield key, table, each


def _unused(scene: Scene) -> Iterator[Advice]:
    if not scene.rules:
        yield Advice("no_rules")
    used = {(table, name) for rule in scene.rules for _, table, name in referred(rule)}
    for table, entries in (("lines", scene.lines), ("zones", scene.zones), ("signals", scene.signals)):
        for entry in entries:
            if scene.rules and (table, entry.id) not in used:
                yield Advice("unused", table, entry.id)


def _lines(scene: Scene, aspect: float) -> Iterator[Advice]:
    for line in scene.lines:
        length = hypot((line.end[0] - line.start[0]) * aspect, line.end[1] - line.start[1])
        if length < 2 * SMALLEST:
            yield Advice("line_short", "lines", line.id, {"length": f"{length:.1%}"})
        if _at_edge(line):
            yield Advice("line_at_edge", "lines", line.id)


def _at_edge(line: Line) -> bool:
    """Whether a line runs along an edge of the picture."""
    pairs = zip(line.start, line.end, strict=True)
    return any(max(one, other) < EDGE or min(one, other) > 1 - EDGE for one, other in pairs)


def _zones(scene: Scene, ground: Ground | None, aspect: float) -> Iterator[Advice]:
    for zone in scene.zones:
        if _width(zone.polygon, aspect) < SMALLEST:
            yield Advice("zone_small", "zones", zone.id, {"width": f"{_width(zone.polygon, aspect):.1%}"})
        measured = _area_m2(zone.polygon, ground)
        if measured and zone.area_m2 and abs(measured / zone.area_m2 - 1) > AREA_OFF:
            yield Advice(
                "area_differs",
                "zones",
                zone.id,
                {"given": f"{zone.area_m2:g}", "measured": f"{measured:.0f}"},
            )


def _lanes(scene: Scene, ground: Ground | None, aspect: float) -> Iterator[Advice]:
    for lane in scene.lanes:
        if _width(lane.polygon, aspect) < SMALLEST:
            yield Advice("zone_small", "lanes", lane.id, {"width": f"{_width(lane.polygon, aspect):.1%}"})
        angle = _off_axis_deg(lane, aspect)
        if angle is not None and angle > ACROSS_DEG:
            yield Advice("lane_across", "lanes", lane.id, {"angle": f"{angle:.0f}"})
        if ground is not None and any(ground.to_metres(corner) is None for corner in lane.polygon):
            yield Advice("beyond_horizon", "lanes", lane.id)


def _off_axis_deg(lane: Lane, aspect: float) -> float | None:
    """Angle between a lane's direction and its long axis, 0-90; None when it has no long axis."""
    corners = np.array([(x * aspect, y) for x, y in lane.polygon], np.float64)
    values, vectors = np.linalg.eigh(np.cov((corners - corners.mean(axis=0)).T))
    if values[0] > 0 and values[1] / values[0] < ELONGATED**2:
        return None
    axis = vectors[:, 1]
    way = (lane.direction[0] * aspect, lane.direction[1])
    return _angle_deg((float(axis[0]), float(axis[1])), way)


def _angle_deg(one: Point, other: Point) -> float:
    """Angle between two straight lines, 0-90."""
    apart = abs(atan2(one[1], one[0]) - atan2(other[1], other[0])) % pi
    return degrees(min(apart, pi - apart))


def _signals(scene: Scene) -> Iterator[Advice]:
    for signal in scene.signals:
        for name, lamp in signal.lamps.items():
            if min(lamp[2] - lamp[0], lamp[3] - lamp[1]) < SMALLEST_LAMP:
                yield Advice("lamp_small", "signals", signal.id, {"lamp": name})


def _rules(scene: Scene, ground: Ground | None, weak: frozenset[str]) -> Iterator[Advice]:
    for rule in scene.rules:
        for name in rule.classes or ():
            if name in weak:
                yield Advice("class_weak", "rules", rule.id, {"class": name})
        if ground is None and kind_of(rule) in IN_METRES:
            yield Advice("no_ground", "rules", rule.id, {"kind": kind_of(rule)})
        names = {key: name for key, _, name in referred(rule)}
        if "stop_line" in names and "lane" in names:
            yield from _stop_line(rule.id, scene.line(names["stop_line"]), scene.lane(names["lane"]))


def _stop_line(rule_id: str, line: Line, lane: Lane) -> Iterator[Advice]:
    edges = zip(lane.polygon, (*lane.polygon[1:], lane.polygon[0]), strict=True)
    meets = any(segments_meet(line.start, line.end, one, other) for one, other in edges)
    if not meets and not inside(lane.polygon, line.start):
        yield Advice("stop_line_off_lane", "rules", rule_id, {"line": line.id, "lane": lane.id})


def _survey(scene: Scene, ground: Ground | None) -> Iterator[Advice]:
    if scene.homography is None or ground is None:
        return
    if ground.is_mirrored:
        yield Advice("mirrored", "homography")
    if len(scene.homography.points) < LEAST_TO_JUDGE:
        yield Advice("four_points", "homography")
    elif ground.rms_m > GOOD_RMS_M:
        worst = max(range(len(ground.residuals_m)), key=ground.residuals_m.__getitem__)
        values = {"rms": f"{ground.rms_m:.2f}", "worst": str(worst + 1)}
        yield Advice("poor_fit", "homography", "", {**values, "off": f"{ground.residuals_m[worst]:.2f}"})


def _hidden(scene: Scene) -> Iterator[Advice]:
    """Places of rules under privacy areas: the evidence would show nothing of them."""
    masks = [mask.polygon for mask in scene.privacy]
    used = {(table, name) for rule in scene.rules for _, table, name in referred(rule)}
    places: list[tuple[str, str, list[Point]]] = [
        *(("lines", line.id, _along(line)) for line in scene.lines),
        *(("zones", zone.id, _inner(zone.polygon)) for zone in scene.zones),
        *(("lanes", lane.id, _inner(lane.polygon)) for lane in scene.lanes),
    ]
    for table, name, points in places:
        if (table, name) not in used or not points:
            continue
        share = sum(any(inside(mask, point) for mask in masks) for point in points) / len(points)
        if share >= MUCH:
            yield Advice("hidden", table, name, {"share": f"{share:.0%}"})


def _along(line: Line) -> list[Point]:
    shares = [(index + 0.5) / _SAMPLES for index in range(_SAMPLES)]
    return [
        (
            line.start[0] + share * (line.end[0] - line.start[0]),
            line.start[1] + share * (line.end[1] - line.start[1]),
        )
        for share in shares
    ]


def _inner(polygon: Polygon) -> list[Point]:
    """Points spread over a polygon."""
    left, right = min(x for x, _ in polygon), max(x for x, _ in polygon)
    top, bottom = min(y for _, y in polygon), max(y for _, y in polygon)
    steps = [(index + 0.5) / _SAMPLES for index in range(_SAMPLES)]
    grid = [(left + u * (right - left), top + v * (bottom - top)) for u in steps for v in steps]
    return [point for point in grid if inside(polygon, point)]


def _width(polygon: Polygon, aspect: float) -> float:
    """Area by length: about how wide an area is, in frame heights."""
    corners = [(x * aspect, y) for x, y in polygon]
    length = max(hypot(a[0] - b[0], a[1] - b[1]) for a in corners for b in corners)
    return abs(signed_area(tuple(corners))) / length if length else 0.0


def _area_m2(polygon: Polygon, ground: Ground | None) -> float | None:
    if ground is None:
        return None
    corners = [ground.to_metres(corner) for corner in polygon]
    known = [corner for corner in corners if corner is not None]
    return abs(signed_area(tuple(known))) if len(known) == len(polygon) else None
