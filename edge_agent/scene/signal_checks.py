"""What types cannot say of signals, and of the rules that read them. Pure."""

import re
from collections.abc import Iterator
from math import cos, hypot, radians
from typing import Final

from edge_agent.scene.geometry import inside
from edge_agent.scene.rule_specs import RuleSpec
from edge_agent.scene.scene import Lane, Line, Scene, Signal
from edge_agent.scene.signal_specs import RedLight, StopLine

_FEED: Final = re.compile(r"(mqtt:[^#+\0]+|https?://[^\s/@]+(/\S*)?)\Z")
LEAST_ANGLE: Final = 10.0
"""Degrees between a lane and its stop line; at less nobody can say which way over the line is ahead."""


def signal_problems(signal: Signal) -> Iterator[str]:
    """What is wrong with a signal by itself."""
    place = f'[[signals]] (id "{signal.id}")'
    if signal.source is None and not (signal.box and signal.lamps):
        yield f'{place}: has neither box and lamps nor source: give where its lamps are, or source = "mqtt:…"'
    if signal.source is None and signal.lamps and "red" not in signal.lamps:
        yield f"{place}, key 'lamps': has no red: rules ask for red, give where it is"
    if signal.source is not None and not _FEED.match(signal.source):
        yield (
            f"{place}, key 'source': {signal.source!r} is no feed: write \"mqtt:TOPIC\" without wildcards, "
            'or "http://HOST/PATH" without a password'
        )
    boxes = [("box", signal.box), *((f"lamps.{name}", box) for name, box in signal.lamps.items())]
    for key, box in boxes:
        if box is not None and not (box[0] < box[2] and box[1] < box[3]):
            yield f"{place}, key {key!r}: is empty: write [x1, y1, x2, y2], top-left corner first"
    if signal.box is not None:
        for name, lamp in signal.lamps.items():
            if not _holds(signal.box, lamp):
                yield f"{place}, key 'lamps.{name}': lies outside box: draw the box around the whole housing"


def signal_rule_problems(scene: Scene, rule: RuleSpec) -> Iterator[str]:
    """What is wrong between a rule and the line and lane that it names."""
    if not isinstance(rule, RedLight | StopLine):
        return
    place = f'[[rules]] (id "{rule.id}")'
    line = next((line for line in scene.lines if line.id == rule.stop_line), None)
    lane = next((lane for lane in scene.lanes if lane.id == rule.lane), None)
    if line is not None and lane is not None and _runs_along(line, lane):
        yield (
            f'{place}: lane "{lane.id}" runs along stop_line "{line.id}": draw the line across the lane, '
            "or mend the lane's direction"
        )
    if isinstance(rule, RedLight) and rule.lane in rule.turn_lanes:
        yield f"{place}, key 'turn_lanes': names the rule's own lane: no vehicle would be judged"
    if isinstance(rule, StopLine) and rule.junction is not None and line is not None:
        junction = next((zone for zone in scene.zones if zone.id == rule.junction), None)
        middle = ((line.start[0] + line.end[0]) / 2, (line.start[1] + line.end[1]) / 2)
        if junction is not None and junction.polygon and inside(junction.polygon, middle):
            yield (
                f"{place}, key 'junction': zone \"{junction.id}\" holds the stop line itself: begin it "
                "beyond the crosswalk"
            )


def _runs_along(line: Line, lane: Lane) -> bool:
    dx, dy = line.end[0] - line.start[0], line.end[1] - line.start[1]
    ux, uy = lane.direction
    lengths = hypot(dx, dy) * hypot(ux, uy)
    return lengths > 0 and abs(dx * ux + dy * uy) > lengths * cos(radians(LEAST_ANGLE))


def _holds(box: tuple[float, float, float, float], lamp: tuple[float, float, float, float]) -> bool:
    """Whether a lamp's centre lies in the housing."""
    x, y = (lamp[0] + lamp[2]) / 2, (lamp[1] + lamp[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]
