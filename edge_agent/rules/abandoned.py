"""Somebody leaves something and does not come back: still for 60 s, the owner 3 m away for 30 s."""

from edge_agent.rules.left_behind import LeavingTerms, LeftBehindRule
from edge_agent.rules.origin import Origin
from edge_agent.scene.public_specs import Abandoned
from edge_agent.scene.scene import Zone


def abandoned_rule(spec: Abandoned, zone: Zone, origin: Origin) -> LeftBehindRule:
    """Raises `object_abandoned`, once for each thing."""
    terms = LeavingTerms("object_abandoned", spec.static_s, spec.away_m, spec.away_s, spec.objects)
    return LeftBehindRule(spec.id, terms, zone, origin)
