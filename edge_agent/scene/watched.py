"""Which places of a scene its rules look at, as the pipeline watches them. Pure.

A zone or lane is reached from close by. A line is only a line: what crosses it fast must be followed before
it and behind it, so its reach is longer.
"""

from collections.abc import Iterator
from typing import Final

from edge_agent.perception.view import EVERYWHERE, Place, View
from edge_agent.scene.checks import REFERENCES
from edge_agent.scene.public_specs import SmokeFire
from edge_agent.scene.scene import AnyRule, Scene

AREA_REACH: Final = 0.1
LINE_REACH: Final = 0.25
"""Shares of the picture's width and height."""


def view_of(scene: Scene) -> View:
    """What the rules of a checked scene look at; everywhere when no rule names a place."""
    detection = scene.detection
    if any(isinstance(rule, SmokeFire) and rule.zone is None for rule in scene.rules):
        return EVERYWHERE
    places = tuple(dict.fromkeys(place for rule in scene.rules for place in _places(scene, rule)))
    if detection.region == "frame":
        return View(is_whole=True)
    shown = None if isinstance(detection.region, str) else detection.region
    return View(places, shown) if places or shown else EVERYWHERE


def _places(scene: Scene, rule: AnyRule) -> Iterator[Place]:
    margin = scene.detection.margin
    for key, table in REFERENCES.items():
        named = getattr(rule, key, None) or ()
        for name in (named,) if isinstance(named, str) else named:
            match table:
                case "lines":
                    line = scene.line(name)
                    yield Place((line.start, line.end), LINE_REACH if margin is None else margin)
                case "zones":
                    yield Place(scene.zone(name).polygon, AREA_REACH if margin is None else margin)
                case "lanes":
                    yield Place(scene.lane(name).polygon, AREA_REACH if margin is None else margin)
