"""Things that somebody leaves: what littering and abandoned objects have in common.

candidate (a thing lies still, and somebody put it down) → confirmed (still for `static_s` and its carrier
away for `away_s`: one event) → ended (the thing is gone). Whoever puts something down and stays is no event,
nor is what nobody was seen to put down. A carrier who vanishes close to the thing is away only when nobody
like him is left there: his track may have broken.
"""

from dataclasses import dataclass
from math import hypot
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.carriers import Carriers, area, length_of
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Moment, Rule
from edge_agent.rules.origin import Origin
from edge_agent.rules.things import Thing, Things
from edge_agent.scene.geometry import inside
from edge_agent.scene.scene import Zone

START_S: Final = 3.0
"""What lies there so soon after watching began was there before."""
LOOK_UP_S: Final = 1.0
"""A thing must lie for so long before it is asked who put it down."""
BEFORE_S: Final = 2.0
GONE_S: Final = 2.0
STAYS_S: Final = 1.0
"""The thing must still be seen so long after its carrier has gone: he may have taken it along."""
LARGEST: Final = 0.5
"""A thing found only by the picture's change is at most so much of its carrier's box: more is a person that
the detector misses, or a vehicle."""


@dataclass(frozen=True, slots=True)
class LeavingTerms:
    """What makes it an event.

    Attributes:
        kind: the event's kind.
        static_s: how long the thing must have lain still.
        away_m: how far the carriers must be, metres; box lengths where the ground is not known.
        away_s: and for how long.
        objects: classes of things.
    """

    kind: str
    static_s: float
    away_m: float
    away_s: float
    objects: tuple[str, ...]


class LeftBehindRule(Rule):
    """Raises one event for each thing; `track_id` is its carrier's, `xyxy` the thing's."""

    def __init__(self, rule_id: str, terms: LeavingTerms, zone: Zone, origin: Origin) -> None:
        self.rule_id = rule_id
        self._terms = terms
        self._zone = zone
        self._origin = origin
        self._objects = frozenset(terms.objects)
        self._carriers = Carriers(frozenset(origin.classes))
        self._things = Things()
        self._started_s: float | None = None

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Things that this frame confirms."""
        now = moment.at_s
        if self._started_s is None:
            self._started_s = now
        self.unjudged = ""
        self._carriers.observe(moment)
        things = [track for track in moment.seen if track.class_name in self._objects]
        self._things.observe(things, moment.sight.blobs, now)
        if now - self._started_s <= START_S:
            for thing in self._things.known:
                thing.is_known = True
        waiting = [each for each in self._things.known if not each.is_known]
        return [event for thing in waiting if (event := self._judged(thing, moment))]

    def pause(self) -> None:
        """Forget everything; what lies there when it begins again was there before."""
        self._carriers.clear()
        self._things = Things()
        self._started_s = None
        self.unjudged = ""

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _judged(self, thing: Thing, moment: Moment) -> SceneEvent | None:
        now, terms = moment.at_s, self._terms
        if now - thing.still_s < LOOK_UP_S - 1e-9:
            return None
        if thing.carriers is None:
            self._look_up(thing, moment)
        if not thing.carriers:
            return None
        away = [self._is_away(tracker_id, thing, moment) for tracker_id in thing.carriers]
        thing.away_s = (thing.away_s if thing.away_s is not None else now) if all(away) else None
        if (
            thing.away_s is None
            or now - thing.away_s < terms.away_s - 1e-9
            or thing.seen_s - thing.still_s < terms.static_s - 1e-9
            or thing.seen_s - thing.away_s < STAYS_S - 1e-9
            or not inside(self._zone.polygon, thing.anchor)
            or thing.shown_s < now
        ):
            return None
        thing.is_known = True
        return self._event(thing, now)

    def _look_up(self, thing: Thing, moment: Moment) -> None:
        """Who put it down; when nobody was near, it was there, or came by itself: not news."""
        began_s = thing.still_s
        near = self._carriers.near(thing.lay_at, began_s - BEFORE_S, began_s + LOOK_UP_S, moment.sight.aspect)
        if not thing.track_id:
            near = {each: size for each, size in near.items() if area(thing.xyxy) <= LARGEST * size}
        thing.carriers = near
        thing.is_known = not near

    def _is_away(self, tracker_id: int, thing: Thing, moment: Moment) -> bool:
        now = moment.at_s
        here = next((track for track in moment.present if track.tracker_id == tracker_id), None)
        if here is not None:
            away = self._distance(here, thing, moment) >= self._terms.away_m
            thing.last_gap_s[tracker_id] = (now, away)
            return away
        seen_s, was_away = thing.last_gap_s.get(tracker_id, (thing.still_s, False))
        if was_away:
            return True
        if tracker_id in moment.ids or now - seen_s < GONE_S:
            return False
        if any(
            self._carriers.is_ours(track) and self._distance(track, thing, moment) < self._terms.away_m
            for track in moment.present
        ):
            self.unjudged = "carrier_lost"
            return False
        return True

    def _distance(self, track: Track, thing: Thing, moment: Moment) -> float:
        """Metres; where the ground is not known, lengths of the track's box."""
        if moment.ground is not None:
            metres = moment.ground.metres_between(track.anchor, thing.anchor)
            if metres is not None:
                return metres
        aspect = moment.sight.aspect
        dx, dy = (track.anchor[0] - thing.anchor[0]) * aspect, track.anchor[1] - thing.anchor[1]
        length = length_of(track.xyxy, aspect)
        return hypot(dx, dy) / length if length > 0 else float("inf")

    def _event(self, thing: Thing, now: float) -> SceneEvent:
        return SceneEvent(
            kind=self._terms.kind,
            rule=self.rule_id,
            camera=self._origin.camera,
            zone_or_line=self._zone.id,
            class_name=thing.class_name,
            track_id=min(thing.carriers or (0,)),
            score=thing.score,
            direction="",
            duration_s=now - thing.still_s,
            xyxy=thing.xyxy,
            value=None,
            at_s=now,
            model=self._origin.model,
        )
