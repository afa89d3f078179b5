"""Motorbikes whose rider wears no helmet, by the word of a second model that looks at heads.

A rider is joined to a motorbike; readings of heads lower than `min_px` do not count. A rider is bare-headed
when of at least `least_crops` readings at least `least_bare`, and the same share of all, say so at
`min_score`. One event for each motorbike. Without a second model, or with one that has no such word, the
rule decides nothing and says so. State is kept for live tracks only.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.perception.traits import ENOUGH, Ride, rides_of
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.rules.sight import Trait
from edge_agent.rules.track_event import track_event
from edge_agent.scene.geometry import inside
from edge_agent.scene.road_specs import NoHelmet
from edge_agent.scene.scene import Zone

NO_MODEL: Final = "no_helmet_model"


@dataclass(slots=True)
class _Head:
    """What is known of one rider's head.

    Attributes:
        bike: track of the motorbike.
        readings: when, and whether the second model said bare.
        told: whether the motorbike's event has been raised.
    """

    bike: int
    readings: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=ENOUGH))
    told: bool = False


class NoHelmetRule(Rule):
    """Raises `no_helmet` for a motorbike; the value is the share of its rider's readings that say so."""

    def __init__(self, spec: NoHelmet, zone: Zone, origin: Origin) -> None:
        self.rule_id = spec.id
        self.unjudged = "" if spec.model else NO_MODEL
        self._spec = spec
        self._zone = zone
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._heads: dict[int, _Head] = {}
        self._told: set[int] = set()

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Motorbikes whose rider is found bare-headed with this frame."""
        ids = moment.ids
        self._heads = {key: head for key, head in self._heads.items() if key in ids or head.bike in ids}
        self._told &= ids
        rides = rides_of(track for track in moment.seen if track.class_name in self._classes)
        riders = frozenset(ride.rider.tracker_id for ride in rides)
        events = []
        for ride in rides:
            if not is_mature(ride.bike) or not inside(self._zone.polygon, ride.bike.anchor):
                continue
            head = self._head_of(ride, riders)
            share = self._share(head, moment.sight.traits.get(ride.rider.tracker_id, ()))
            if head.told or ride.bike.tracker_id in self._told:
                self._told.add(ride.bike.tracker_id)
            elif share is not None:
                head.told = True
                self._told.add(ride.bike.tracker_id)
                events.append(self._event(ride.bike, head, share, moment.at_s))
        return events

    def pause(self) -> None:
        """Forget every reading."""
        self._heads.clear()
        self._told.clear()

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _head_of(self, ride: Ride, riders: frozenset[int]) -> _Head:
        """What is known of a rider; a new track on the same motorbike goes on for one that is not seen."""
        rider, bike = ride.rider.tracker_id, ride.bike.tracker_id
        head = self._heads.get(rider)
        if head is None:
            lost = (key for key, known in self._heads.items() if known.bike == bike and key not in riders)
            before = next(lost, None)
            head = _Head(bike) if before is None else self._heads.pop(before)
            self._heads[rider] = head
        head.bike = bike
        return head

    def _share(self, head: _Head, traits: tuple[Trait, ...]) -> float | None:
        """Share of a rider's readings that say bare, when it is enough for an event."""
        spec, kept = self._spec, head.readings
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

    def _event(self, bike: Track, head: _Head, share: float, at_s: float) -> SceneEvent:
        return track_event(
            "no_helmet",
            bike,
            rule_id=self.rule_id,
            origin=self._origin,
            place=self._zone.id,
            at_s=at_s,
            duration_s=at_s - head.readings[0][0],
            value=share,
        )
