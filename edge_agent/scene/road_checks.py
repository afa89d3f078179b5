"""What types cannot say of the rules of the road: what is missing, and what to do about it. Pure."""

from collections.abc import Iterator
from itertools import combinations

from edge_agent.scene.road_specs import (
    Congestion,
    IllegalParking,
    NoHelmet,
    RoadQueue,
    Speeding,
)
from edge_agent.scene.rule_specs import RuleSpec
from edge_agent.scene.scene import Scene

_SURVEY = "survey at least four points of the road (edge-agent scene calibrate) and add [homography]"


def road_rule_problems(scene: Scene, rule: RuleSpec) -> Iterator[str]:
    """What is wrong with one rule; nothing for rules of other fields."""
    place = f'[[rules]] (id "{rule.id}")'
    if isinstance(rule, Speeding) and scene.homography is None:
        yield f"{place}: speeding measures km/h on the ground, which was not surveyed: {_SURVEY}"
    if isinstance(rule, RoadQueue) and scene.homography is None:
        yield f"{place}: road_queue measures metres on the ground, which was not surveyed: {_SURVEY}"
    if isinstance(rule, IllegalParking) and rule.confirm_s <= rule.warn_s:
        yield f"{place}, key 'confirm_s': is not later than warn_s: warn first, confirm later"
    if isinstance(rule, Congestion):
        if list(rule.levels) != sorted(set(rule.levels)):
            yield f"{place}, key 'levels': do not rise: give three shares, such as [0.2, 0.4, 0.6]"
        if list(rule.slow) != sorted(set(rule.slow), reverse=True):
            yield f"{place}, key 'slow': do not fall: give three shares, such as [0.75, 0.5, 0.25]"
    if isinstance(rule, NoHelmet) and rule.least_bare > rule.least_crops:
        yield f"{place}, key 'least_bare': is more than least_crops: of 5 readings at most 5 can say so"


def measured_twice(scene: Scene) -> Iterator[str]:
    """Two rules of the road that would both write the same row of measurements."""
    yield from _two_models(scene)
    for kind, what in ((Congestion, "congestion"), (RoadQueue, "the queue")):
        rules = [rule for rule in scene.rules if isinstance(rule, kind)]
        for one, other in combinations(rules, 2):
            if one.lane == other.lane:
                yield (
                    f'[[rules]] (id "{other.id}"): rule "{one.id}" already measures {what} of lane '
                    f'"{one.lane}": join them'
                )


def _two_models(scene: Scene) -> Iterator[str]:
    """A camera has one second model: more would take the processor from the detector."""
    rules = [rule for rule in scene.rules if isinstance(rule, NoHelmet) and rule.model]
    for other in rules[1:]:
        if other.model != rules[0].model:
            yield (
                f'[[rules]] (id "{other.id}"), key \'model\': rule "{rules[0].id}" looks at heads with '
                f"{rules[0].model}: name the same model in both"
            )
