"""Vehicles that stop where they must not: warned of, then confirmed.

moving → standing (in the zone, drift below the limit) → warned → confirmed → gone. Standing is timed on a
clock of the rule's own that stops while the signal is red, vehicles queue in the lane, or nobody knows what
the signal shows. A vehicle that is hidden goes on standing for `occlusion_s` if it, or a track that begins
there or is found there after a gap and looks like it, is seen in its place; whoever was seen to come is
another vehicle. Once warned of, it must move twice the drift to be gone. State is kept for live tracks, and
for those hidden a moment ago.
"""

from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.lane_traffic import LaneTraffic
from edge_agent.rules.moment import Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.rules.parked import SMOOTH_S, Place, Stand, is_within, may_be_same, place_at, place_of
from edge_agent.rules.paths import steps_since_unseen
from edge_agent.rules.signal_state import Colour, SignalWatch
from edge_agent.rules.track_event import track_event
from edge_agent.scene.geometry import inside
from edge_agent.scene.road_specs import IllegalParking
from edge_agent.scene.scene import Lane, Zone

OUTSIDE_S: Final = 2.0
"""Seen outside the zone for longer, it has left."""
SWAPPED_S: Final = 3.0
"""A passer-by may take a standing vehicle's track along: so long another track may go on in its place."""
UNSEEN_S: Final = 0.6
"""A track unseen for longer was not seen to come: the two may have been exchanged while one hid the other."""
REST_S: Final = 1.0
"""Whoever came further than one drift in this time drives, even where somebody stood before it."""
SETTLED_S: Final = 3.0
"""Whoever is found to stand has stood for up to this time already."""
WORTH_S: Final = 2.0
"""Whoever stood for less is not remembered when it is hidden."""
MOVED_WORTH_S: Final = 5.0
"""The same for who moves off: a vehicle that comes in at the edge of the picture seems to stand there."""
NEAR: Final = 2.0
"""A vehicle that is seen again may be this many drifts away: boxes jump where something hides them."""
GONE: Final = 2.0
"""A vehicle that was warned of is gone when it has moved this many drifts."""


class IllegalParkingRule(Rule):
    """Raises `parking_warned` and `parking_confirmed`."""

    def __init__(self, spec: IllegalParking, zone: Zone, lane: Lane | None, origin: Origin) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._zone = zone
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._signal = SignalWatch()
        self._traffic = None if lane is None else LaneTraffic(lane, origin.classes)
        self._stands: dict[int, Stand] = {}
        self._hidden: list[Stand] = []
        self._clock_s = 0.0
        self._counts_s = 0.0
        self._at_s: float | None = None

    def step(self, moment: Moment) -> list[SceneEvent]:
        """The stands that are long enough with this frame."""
        self._tick(moment)
        self._hide(moment)
        events = []
        for track in moment.seen:
            if track.class_name not in self._classes or not is_mature(track):
                continue
            place = place_of(track, moment)
            stand = None if place is None else self._stand_of(track, place, moment)
            if stand is not None and self._rests(stand, track, moment):
                events += self._due(stand, track, moment.at_s)
        return events

    def pause(self) -> None:
        """Forget every stand."""
        self._stands.clear()
        self._hidden.clear()
        self._signal.forget()
        if self._traffic is not None:
            self._traffic.forget()
        self._at_s, self._counts_s = None, 0.0

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _tick(self, moment: Moment) -> None:
        """Let the rule's clock run, unless this is a time that does not count."""
        gap_s = 0.0 if self._at_s is None else moment.at_s - self._at_s
        if gap_s > max(self._spec.occlusion_s, OUTSIDE_S):
            self.pause()
            gap_s = 0.0
        self._at_s = moment.at_s
        colour = self._colour(moment)
        self.unjudged = "signal_unknown" if colour is Colour.UNKNOWN else ""
        waits = colour in (Colour.RED, Colour.UNKNOWN)
        if self._traffic is not None:
            drivers = self._traffic.step(moment)
            waits = self._traffic.is_queueing(drivers, moment.at_s) or waits
        self._counts_s = 0.0 if waits else self._counts_s + gap_s
        if not waits:
            self._clock_s += gap_s

    def _colour(self, moment: Moment) -> Colour | None:
        if self._spec.signal is None:
            return None
        self._signal.observe(moment.sight.lamps.get(self._spec.signal), moment.at_s)
        return self._signal.colour

    def _hide(self, moment: Moment) -> None:
        """Stands whose track has ended are hidden; those hidden for too long are over."""
        for tracker_id in [each for each in self._stands if each not in moment.ids]:
            self._keep(self._stands.pop(tracker_id))
        self._hidden = [each for each in self._hidden if moment.at_s - each.seen_s <= self._spec.occlusion_s]

    def _keep(self, stand: Stand) -> None:
        least_s = MOVED_WORTH_S if stand.moved_off else WORTH_S
        if self._clock_s - stand.began_s >= least_s or stand.told:
            self._hidden.append(stand)

    def _stand_of(self, track: Track, place: Place, moment: Moment) -> Stand | None:
        """The stand of a track after this frame; None when it is outside the zone."""
        now, aspect = moment.at_s, moment.sight.aspect
        is_inside = inside(self._zone.polygon, (place.x / aspect, place.y))
        stand = self._stands.pop(track.tracker_id, None)
        if stand is not None and not is_within(
            stand.place, place, track.class_name, moment, self._spec.drift_m * (GONE if stand.told else 1.0)
        ):
            stand.moved_off = True
            self._keep(stand)
            stand = None
        if self._hidden and is_inside:
            stand = _joined(self._found_again(track, place, moment), stand)
        if stand is None:
            if not is_inside:
                return None
            began_s = self._clock_s - self._stood_s(track, place, moment)
            stand = Stand(track.tracker_id, track.class_name, place, began_s, now, now, now + SMOOTH_S)
        elif not is_inside and now - stand.inside_s > OUTSIDE_S:
            return None
        if stand.settles_s is not None and now >= stand.settles_s:
            stand.place, stand.settles_s = place, None
        self._stands[track.tracker_id] = stand
        stand.seen_s = now
        stand.inside_s = now if is_inside else stand.inside_s
        return stand

    def _stood_s(self, track: Track, place: Place, moment: Moment) -> float:
        """How long a track has been near this place already, of time that counts: places lag behind."""
        since_s = max(moment.at_s - SETTLED_S, moment.at_s - self._counts_s)
        stood_s = 0.0
        for step in reversed(moment.paths.of(track.tracker_id).since(since_s)):
            if not is_within(place, place_at(step), track.class_name, moment, NEAR * self._spec.drift_m):
                break
            stood_s = moment.at_s - step.at_s
        return stood_s

    def _found_again(self, track: Track, place: Place, moment: Moment) -> Stand | None:
        """The hidden stand that this track goes on, if any; it is hidden no longer."""
        for stand in self._hidden:
            if stand.tracker_id == track.tracker_id:
                reach_m = self._spec.drift_m
                goes_on = is_within(stand.place, place, track.class_name, moment, reach_m)
            else:
                goes_on = self._takes_over(stand, track, place, moment)
            if goes_on:
                self._hidden.remove(stand)
                stand.tracker_id, stand.moved_off = track.tracker_id, False
                return stand
        return None

    def _takes_over(self, stand: Stand, track: Track, place: Place, moment: Moment) -> bool:
        """Whether a track began, or was seen again, where a hidden vehicle stood, and stands there still."""
        patience_s = SWAPPED_S if stand.moved_off else self._spec.occlusion_s
        steps = steps_since_unseen(moment.paths.of(track.tracker_id).since(track.born_s), UNSEEN_S)
        began_s = steps[0].at_s if steps else track.born_s
        if not -SWAPPED_S <= began_s - stand.seen_s <= patience_s:
            return False
        if not may_be_same(stand, track, place):
            return False
        first = [place_at(step) for step in steps[:1]]
        return all(
            is_within(stand.place, each, track.class_name, moment, NEAR * self._spec.drift_m)
            for each in (place, *first)
        )

    def _rests(self, stand: Stand, track: Track, moment: Moment) -> bool:
        """Whether its latest sights are in one place, its own: who drives is told of no more."""
        if moment.at_s - track.born_s < REST_S:
            return False
        steps = moment.paths.of(track.tracker_id).since(moment.at_s - REST_S)
        first, latest = place_at(steps[0]), place_at(steps[-1])
        return is_within(
            stand.place, latest, track.class_name, moment, NEAR * self._spec.drift_m
        ) and is_within(first, latest, track.class_name, moment, self._spec.drift_m)

    def _due(self, stand: Stand, track: Track, at_s: float) -> list[SceneEvent]:
        terms = (("parking_warned", self._spec.warn_s), ("parking_confirmed", self._spec.confirm_s))
        lasted_s = self._clock_s - stand.began_s
        if stand.told == len(terms) or lasted_s < terms[stand.told][1] - 1e-9:
            return []
        kind = terms[stand.told][0]
        stand.told += 1
        return [
            track_event(
                kind,
                track,
                rule_id=self.rule_id,
                origin=self._origin,
                place=self._zone.id,
                at_s=at_s,
                duration_s=lasted_s,
            )
        ]


def _joined(before: Stand | None, now: Stand | None) -> Stand | None:
    """A stand that was hidden and the one that began meanwhile, as one: nothing is told twice."""
    if before is None or now is None:
        return before or now
    before.began_s = min(before.began_s, now.began_s)
    before.told = max(before.told, now.told)
    return before
