"""Rules about signals, lanes and lines, made from their specs."""

from edge_agent.rules.moment import Rule
from edge_agent.rules.origin import Origin
from edge_agent.rules.red_light import RedLightRule
from edge_agent.rules.restricted_lane import RestrictedLaneRule
from edge_agent.rules.solid_line import SolidLineRule
from edge_agent.rules.stop_line import StopLineRule
from edge_agent.rules.wrong_way import WrongWayRule
from edge_agent.scene.scene import Scene
from edge_agent.scene.signal_specs import RedLight, SignalRule, SolidLine, StopLine, WrongWay


def signal_rule(spec: SignalRule, scene: Scene, origin: Origin) -> Rule:
    """The rule of a spec, with the parts of the scene that it names."""
    if isinstance(spec, RedLight):
        line, lane, signal = scene.line(spec.stop_line), scene.lane(spec.lane), scene.signal(spec.signal)
        turns = tuple(scene.lane(name) for name in spec.turn_lanes)
        return RedLightRule(spec, line, lane, signal, origin, turns=turns)
    if isinstance(spec, StopLine):
        line, lane, signal = scene.line(spec.stop_line), scene.lane(spec.lane), scene.signal(spec.signal)
        crosswalk = None if spec.crosswalk is None else scene.zone(spec.crosswalk)
        junction = None if spec.junction is None else scene.zone(spec.junction)
        return StopLineRule(spec, line, lane, signal, origin, crosswalk=crosswalk, junction=junction)
    if isinstance(spec, WrongWay):
        return WrongWayRule(spec, scene.lane(spec.lane), origin)
    if isinstance(spec, SolidLine):
        return SolidLineRule(spec, scene.line(spec.line), origin)
    return RestrictedLaneRule(spec, scene.zone(spec.zone), origin)
