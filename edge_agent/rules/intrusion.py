"""Somebody is in a zone, by schedule: inside for 1 s without stepping out; ended after 2 s away."""

from typing import Final

from edge_agent.rules.dwelling import DwellingRule, DwellTerms
from edge_agent.rules.origin import Origin
from edge_agent.scene.rule_specs import Intrusion
from edge_agent.scene.scene import Zone

EXIT_S: Final = 2.0


def intrusion_rule(spec: Intrusion, zone: Zone, origin: Origin) -> DwellingRule:
    """Raises `intruded`, once for each time that an object comes in."""
    terms = DwellTerms("intruded", spec.inside_s, EXIT_S, cumulative=False)
    return DwellingRule(spec.id, terms, zone, origin)
