"""Somebody drops something and goes: still for 5 s, the carrier 2 m away."""

from edge_agent.rules.left_behind import LeavingTerms, LeftBehindRule
from edge_agent.rules.origin import Origin
from edge_agent.scene.public_specs import Littering
from edge_agent.scene.scene import Zone


def littering_rule(spec: Littering, zone: Zone, origin: Origin) -> LeftBehindRule:
    """Raises `littered`, once for each thing."""
    terms = LeavingTerms("littered", spec.static_s, spec.away_m, 0.0, spec.objects)
    return LeftBehindRule(spec.id, terms, zone, origin)
