"""Somebody stays in a zone: 60 s together, absences of up to 5 s not counted and not held against it."""

from typing import Final

from edge_agent.rules.dwelling import DwellingRule, DwellTerms
from edge_agent.rules.origin import Origin
from edge_agent.scene.rule_specs import Loitering
from edge_agent.scene.scene import Zone

GAP_S: Final = 5.0


def loitering_rule(spec: Loitering, zone: Zone, origin: Origin) -> DwellingRule:
    """Raises `loitered`, once for each stay."""
    terms = DwellTerms("loitered", spec.dwell_s, GAP_S, cumulative=True)
    return DwellingRule(spec.id, terms, zone, origin)
