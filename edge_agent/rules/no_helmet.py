"""Motorbikes whose rider wears no helmet, by the word of a second model that looks at heads.

A rider is joined to a motorbike; readings of heads lower than `min_px` do not count. A rider is bare-headed
when of at least `least_crops` readings at least `least_bare`, and the same share of all, say so at
`min_score`. One event for each motorbike. Without a second model, or with one that has no such word, the
rule decides nothing and says so. State is kept for live tracks only.
"""

from collections import deque
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.perception.traits import ENOUGH, rides_of
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.rules.sight import Trait
from edge_agent.rules.track_event import track_event
from edge_agent.scene.geometry import inside
from edge_agent.scene.road_specs import NoHelmet
from edge_agent.scene.scene import Zone

NO_MODEL: Final = "no_helmet_model"


class NoHelmetRule(Rule):
    """Raises `no_helmet` for a motorbike; the value is the share of its rider's readings that say so."""

    def __init__(self, spec: NoHelmet, zone: Zone, origin: Origin) -> None:
        self.rule_id = spec.id
        self.unjudged = "" if spec.model else NO_MODEL
        self._spec = spec
        self._zone = zone
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._heads: dict[int, deque[tuple[float, bool]]] = {}
        self._told: set[int] = set()

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Motorbikes whose rider is found bare-headed with this frame."""
        self._heads = {each: kept for each, kept in self._heads.items() if each in moment.ids}
        self._told &= moment.ids
        events = []
        for ride in rides_of(track for track in moment.seen if track.class_name in self._classes):
            bike = ride.bike
            if bike.tracker_id in self._told or not is_mature(bike):
                continue
            if not inside(self._zone.polygon, bike.anchor):
                continue
            share = self._share(ride.rider, moment.sight.traits.get(ride.rider.tracker_id, ()))
            if share is None:
                continue
            self._told.add(bike.tracker_id)
            events.append(
                track_event(
                    "no_helmet",
                    bike,
                    rule_id=self.rule_id,
                    origin=self._origin,
                    place=self._zone.id,
                    at_s=moment.at_s,
                    duration_s=moment.at_s - self._heads[ride.rider.tracker_id][0][0],
                    value=share,
                )
            )
        return events

    def pause(self) -> None:
        """Forget every reading."""
        self._heads.clear()
        self._told.clear()

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _share(self, rider: Track, traits: tuple[Trait, ...]) -> float | None:
        """Share of a rider's readings that say bare, when it is enough for an event."""
        spec = self._spec
        kept = self._heads.setdefault(rider.tracker_id, deque(maxlen=ENOUGH))
        latest_s = kept[-1][0] if kept else float("-inf")
        fresh = [
            (trait.at_s, trait.label == spec.bare and trait.score >= spec.min_score)
            for trait in traits
            if trait.size_px >= spec.min_px and trait.at_s > latest_s
        ]
        kept += fresh
        bare = sum(is_bare for _, is_bare in kept)
        if not fresh or len(kept) < spec.least_crops or bare < spec.least_bare:
            return None
        share = bare / len(kept)
        return share if share >= spec.least_bare / spec.least_crops - 1e-9 else None
