"""What types cannot say of a scene: double ids, references to nothing, impossible shapes. Pure."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from edge_agent.scene.geometry import Polygon, polygon_problem
from edge_agent.scene.road_checks import measured_twice, road_rule_problems
from edge_agent.scene.rule_specs import Crowding, LineCount, Occupancy, RuleSpec
from edge_agent.scene.scene import AnyRule, Lane, Line, Scene, Signal, Zone
from edge_agent.scene.signal_checks import signal_problems, signal_rule_problems

REFERENCES: Final = {
    "line": "lines",
    "stop_line": "lines",
    "zone": "zones",
    "crosswalk": "zones",
    "junction": "zones",
    "service_point": "zones",
    "driveways": "zones",
    "lane": "lanes",
    "turn_lanes": "lanes",
    "signal": "signals",
}
"""Keys of rules that name an entry, or several, of a table."""


def find_problem(scene: Scene) -> str | None:
    """The first thing that is wrong with a scene, with the place and the next step, or nothing."""
    return next(problems(scene), None)


def problems(scene: Scene) -> Iterator[str]:
    """Everything that is wrong with a scene, each with the place and the next step."""
    yield from _double_ids(scene)
    for line in scene.lines:
        if line.start == line.end:
            yield f'[[lines]] (id "{line.id}"): from and to are the same point: move one of them'
    for table, entry_id, polygon in _polygons(scene):
        if problem := polygon_problem(polygon):
            yield f"[[{table}]]{entry_id}, key 'polygon': {problem}"
    for lane in scene.lanes:
        if not any(lane.direction):
            yield f"[[lanes]] (id \"{lane.id}\"), key 'direction': is zero: give [dx, dy] along the traffic"
    for signal in scene.signals:
        yield from signal_problems(signal)
    region = scene.detection.region
    if not isinstance(region, str) and not (region[0] < region[2] and region[1] < region[3]):
        yield "[detection], key 'region': is empty: write [x1, y1, x2, y2], top-left corner first"
    for rule in scene.rules:
        yield from _rule_problems(scene, rule)
    yield from _counted_twice(scene)
    yield from measured_twice(scene)


def _double_ids(scene: Scene) -> Iterator[str]:
    tables: dict[str, tuple[Line | Zone | AnyRule | Lane | Signal, ...]] = {
        "lines": scene.lines,
        "zones": scene.zones,
        "rules": scene.rules,
        "lanes": scene.lanes,
        "signals": scene.signals,
    }
    for table, entries in tables.items():
        ids = [entry.id for entry in entries]
        for name in dict.fromkeys(name for name in ids if ids.count(name) > 1):
            yield f'[[{table}]]: id "{name}" is given {ids.count(name)} times: rename all but one'


def _polygons(scene: Scene) -> Iterator[tuple[str, str, Polygon]]:
    for zone in scene.zones:
        yield "zones", f' (id "{zone.id}")', zone.polygon
    for lane in scene.lanes:
        yield "lanes", f' (id "{lane.id}")', lane.polygon
    for index, mask in enumerate(scene.privacy):
        yield "privacy", f" {index + 1}", mask.polygon


def _rule_problems(scene: Scene, rule: AnyRule) -> Iterator[str]:
    place = f'[[rules]] (id "{rule.id}")'
    for key, table in REFERENCES.items():
        name = getattr(rule, key, None)
        for each in (name,) if isinstance(name, str) else name or ():
            yield from _unknown_reference(place, key, each, _ids(scene, table))
    yield from signal_rule_problems(scene, rule)
    yield from road_rule_problems(scene, rule)
    if isinstance(rule, Crowding):
        if (rule.people is None) == (rule.per_m2 is None):
            yield f"{place}: give either people or per_m2, and only one"
        zone = next((zone for zone in scene.zones if zone.id == rule.zone), None)
        if rule.per_m2 is not None and zone is not None and zone.area_m2 is None:
            yield f"{place}, key 'per_m2': zone \"{zone.id}\" has no area_m2: measure it, or use people"


def _ids(scene: Scene, table: str) -> list[str]:
    match table:
        case "lines":
            return [line.id for line in scene.lines]
        case "zones":
            return [zone.id for zone in scene.zones]
        case "lanes":
            return [lane.id for lane in scene.lanes]
        case _:
            return [signal.id for signal in scene.signals]


def _unknown_reference(place: str, key: str, name: str, known: list[str]) -> Iterator[str]:
    if name not in known:
        what, has = REFERENCES[key].removesuffix("s"), ", ".join(known) or "none"
        yield f'{place}, key {key!r}: there is no {what} "{name}": this scene has {has}'


def _counted_twice(scene: Scene) -> Iterator[str]:
    """Two rules that would both write the same row of measurements."""
    for kind, key in ((LineCount, "line"), (Occupancy, "zone")):
        rules = [rule for rule in scene.rules if isinstance(rule, kind)]
        for one, other in combinations(rules, 2):
            if getattr(one, key) == getattr(other, key) and _share_classes(one, other):
                yield (
                    f'[[rules]] (id "{other.id}"): rule "{one.id}" already measures '
                    f'{key} "{getattr(one, key)}" for the same classes: join them, or split the classes'
                )


def _share_classes(one: RuleSpec, other: RuleSpec) -> bool:
    return one.classes is None or other.classes is None or bool(set(one.classes) & set(other.classes))
