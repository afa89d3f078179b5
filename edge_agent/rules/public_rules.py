"""From what a scene says to the rule that does it: public order, places with people, hazards, the camera."""

from edge_agent.rules.abandoned import abandoned_rule
from edge_agent.rules.camera_health import CameraHealthRule
from edge_agent.rules.hazard import HazardRule, HazardTerms
from edge_agent.rules.littering import littering_rule
from edge_agent.rules.moment import Rule
from edge_agent.rules.origin import Origin
from edge_agent.rules.people_queue import PeopleQueueRule
from edge_agent.rules.visitors import VisitorsRule
from edge_agent.scene.public_specs import (
    Abandoned,
    CameraHealth,
    Flooding,
    Littering,
    PeopleQueue,
    PublicRule,
    SmokeFire,
    Visitors,
)
from edge_agent.scene.scene import Scene


def public_rule(spec: PublicRule, scene: Scene, origin: Origin) -> Rule:
    """The rule of one entry of a checked scene."""
    match spec:
        case PeopleQueue():
            return PeopleQueueRule(spec, scene.zone(spec.zone), scene.zone(spec.service_point), origin)
        case Littering():
            return littering_rule(spec, scene.zone(spec.zone), origin)
        case Abandoned():
            return abandoned_rule(spec, scene.zone(spec.zone), origin)
        case Visitors():
            return VisitorsRule(spec, scene.line(spec.line), origin)
        case SmokeFire() | Flooding():
            return HazardRule(spec.id, _hazard_terms(spec, scene), origin)
        case CameraHealth():
            return CameraHealthRule(spec, origin)


def _hazard_terms(spec: SmokeFire | Flooding, scene: Scene) -> HazardTerms:
    is_fire = isinstance(spec, SmokeFire)
    zone = None if spec.zone is None else scene.zone(spec.zone)
    return HazardTerms(
        kind="smoke_seen" if is_fire else "road_flooded",
        zone_id="" if zone is None else zone.id,
        polygon=None if zone is None else zone.polygon,
        for_s=spec.for_s,
        clear_s=spec.clear_s,
        sees_in_dark=is_fire,
    )
