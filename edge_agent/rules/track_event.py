"""The event of one track: what all rules about single objects have in common. Pure."""

from edge_agent.perception.tracks import Track
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.origin import Origin


def track_event(
    kind: str,
    track: Track,
    *,
    rule_id: str,
    origin: Origin,
    place: str,
    at_s: float,
    duration_s: float,
    direction: str = "",
    value: float | None = None,
    error: float | None = None,
) -> SceneEvent:
    """Something that a track did at a place of the scene."""
    return SceneEvent(
        kind=kind,
        rule=rule_id,
        camera=origin.camera,
        zone_or_line=place,
        class_name=track.class_name,
        track_id=track.tracker_id,
        score=track.score,
        direction=direction,
        duration_s=duration_s,
        xyxy=track.xyxy,
        value=value,
        at_s=at_s,
        model=origin.model,
        error=error,
    )
