"""Makes the rules of the road from what the scene says. Pure."""

from edge_agent.rules.congestion import CongestionRule
from edge_agent.rules.illegal_parking import IllegalParkingRule
from edge_agent.rules.moment import Rule
from edge_agent.rules.no_helmet import NoHelmetRule
from edge_agent.rules.origin import Origin
from edge_agent.rules.pavement import PavementRule
from edge_agent.rules.road_queue import RoadQueueRule
from edge_agent.rules.speeding import SpeedingRule
from edge_agent.scene.errors import SceneError
from edge_agent.scene.homography import Ground, fit_ground
from edge_agent.scene.road_specs import (
    Congestion,
    IllegalParking,
    NoHelmet,
    Pavement,
    RoadQueue,
    RoadRule,
    Speeding,
)
from edge_agent.scene.scene import Scene


def road_rule(spec: RoadRule, scene: Scene, origin: Origin) -> Rule:
    """The rule that a spec of a checked scene asks for.

    Raises:
        SceneError: the survey does not reach where the rule measures.
    """
    match spec:
        case IllegalParking():
            lane = None if spec.lane is None else scene.lane(spec.lane)
            return IllegalParkingRule(spec, scene.zone(spec.zone), lane, origin)
        case Speeding():
            return SpeedingRule(spec, scene.lane(spec.lane), origin, measures=measures_speed(spec, scene))
        case Pavement():
            driveways = tuple(scene.zone(each) for each in spec.driveways)
            return PavementRule(spec, scene.zone(spec.zone), driveways, origin)
        case Congestion():
            return CongestionRule(
                spec, scene.lane(spec.lane), _ground(scene), origin, measures=measures_speed(spec, scene)
            )
        case RoadQueue():
            ground = _ground(scene)
            if ground is None:
                raise SceneError(f'[[rules]] (id "{spec.id}"): metres need [homography]: survey four points')
            return RoadQueueRule(spec, scene.lane(spec.lane), scene.line(spec.stop_line), ground, origin)
        case NoHelmet():
            return NoHelmetRule(spec, scene.zone(spec.zone), origin)


def measures_speed(spec: Speeding | Congestion, scene: Scene) -> bool:
    """Whether this rule writes the speeds of its lane: one rule of a lane does.

    The first that is always on, for a schedule would leave holes; without one, the first.
    """
    if scene.homography is None:
        return False
    rules = [
        each for each in scene.rules if isinstance(each, Speeding | Congestion) and each.lane == spec.lane
    ]
    return min(rules, key=lambda each: bool(each.schedule)).id == spec.id


def _ground(scene: Scene) -> Ground | None:
    return None if scene.homography is None else fit_ground(scene.homography.points)
