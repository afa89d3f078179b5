"""People who wait at a counter: how many, how long, and when the queue has changed.

Who is in the zone long enough and mostly stands still waits; who walks through does not. Who came out of the
queue and stays at the service point has been reached: the time since joining is a measured wait. Who was
there before anybody looked has waited for nobody knows how long, and is counted but not timed. A person whose
track breaks in the queue goes on under the new track that begins in the same place.
"""

from dataclasses import dataclass
from math import hypot
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.gauges import Gauge, How
from edge_agent.rules.moment import LONGEST_GAP_S, Moment, Rule, is_mature
from edge_agent.rules.origin import Origin
from edge_agent.rules.paths import moved_lengths, moved_m
from edge_agent.rules.recent_median import RecentMedian
from edge_agent.rules.wait_book import WaitBook
from edge_agent.scene.geometry import inside
from edge_agent.scene.public_specs import PeopleQueue
from edge_agent.scene.scene import Zone

STILL_M: Final = 2.0
"""Who has come no further within `settle_s` stands still; where the ground is not known, box lengths."""
GONE_S: Final = 2.0
"""Unseen for so long, a person no longer counts as waiting: as long as the tracker itself waits."""
PACE_S: Final = 0.8
LEAST_STEPS: Final = 3
WALKS: Final = 0.4
"""Who came so many of its box's lengths in the last `PACE_S` walks, and goes on walking while unseen."""
REJOIN_S: Final = 10.0
"""A track that begins where another was lost so recently goes on with its wait."""
OUT_S: Final = 10.0
"""Out of the queue for longer without reaching the counter, a person has left it."""
START_S: Final = 2.0
MOST_LOST: Final = 64
ESTIMATED: Final = 1


@dataclass(slots=True)
class _Guest:
    """Somebody who is or was in the zone.

    Attributes:
        track: as last seen in the queue.
        joined_s: when the wait began; None when that was before anybody looked.
        inside_s: since when in the zone, as far as was seen.
        seen_s: last seen in the zone.
        waiting: whether the stay has become a wait.
        at_counter_s: since when at the service point.
        is_out: seen elsewhere since.
        pace: how far the anchor goes in a second, when it walks.
    """

    track: Track
    joined_s: float | None
    inside_s: float
    seen_s: float
    waiting: bool = False
    at_counter_s: float | None = None
    is_out: bool = False
    pace: tuple[float, float] = (0.0, 0.0)


class PeopleQueueRule(Rule):
    """Raises `queue_changed`; measures `queue_people` and `wait_time`."""

    def __init__(self, spec: PeopleQueue, zone: Zone, service_point: Zone, origin: Origin) -> None:
        self.rule_id = spec.id
        self._spec = spec
        self._zone = zone
        self._counter = service_point
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._book = WaitBook()
        self._guests: dict[int, _Guest] = {}
        self._lost: list[_Guest] = []
        self._median = RecentMedian()
        self._started_s: float | None = None
        self._last_s: float | None = None
        self._told = 0
        self._turned_s: float | None = None
        self._waits: list[float] = []

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Who waits, who was reached, and whether the queue has changed."""
        now = moment.at_s
        if self._started_s is None:
            self._started_s = now
        self._waits = []
        self._lose(moment)
        for track in moment.seen:
            if track.class_name in self._classes:
                self._follow(track, moment)
        waiting = sum(
            1
            for guest in (*self._guests.values(), *self._lost)
            if guest.waiting and not guest.is_out and self._is_there(guest, now)
        )
        step_s = 0.0 if self._last_s is None else now - self._last_s
        if step_s > LONGEST_GAP_S:
            step_s, self._turned_s = 0.0, None
        self._last_s = now
        self._book.observe(now, waiting, step_s)
        self.gauges = self._measured(waiting)
        return self._changed(now, self._median.smoothed(now, waiting))

    def pause(self) -> None:
        """Forget who waits and what was measured."""
        self._guests.clear()
        self._lost.clear()
        self._median.clear()
        self._book = WaitBook()
        self._started_s = self._last_s = self._turned_s = None
        self._told = 0
        self.gauges = ()

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _is_there(self, guest: _Guest, now: float) -> bool:
        """Whether somebody in the queue, or hidden since, still waits; who was walking out of it does not."""
        unseen_s = now - guest.seen_s
        if unseen_s <= 0 or guest.pace == (0.0, 0.0):
            return unseen_s <= GONE_S
        (x, y), (dx, dy) = guest.track.anchor, guest.pace
        return unseen_s <= GONE_S and inside(self._zone.polygon, (x + dx * unseen_s, y + dy * unseen_s))

    def _lose(self, moment: Moment) -> None:
        """Tracks that have ended: those who waited may come back under another id."""
        for tracker_id in [each for each in self._guests if each not in moment.ids]:
            self._lost.append(self._guests.pop(tracker_id))
        lost = [each for each in self._lost if moment.at_s - each.seen_s <= REJOIN_S]
        self._lost = lost[-MOST_LOST:]

    def _follow(self, track: Track, moment: Moment) -> None:
        guest = self._guests.get(track.tracker_id)
        if inside(self._counter.polygon, track.anchor):
            self._at_counter(track, guest or self._found_again(track))
        elif inside(self._zone.polygon, track.anchor):
            if guest is None:
                guest = self._found_again(track) or self._new(track)
                self._guests[track.tracker_id] = guest
            guest.track, guest.seen_s, guest.at_counter_s, guest.is_out = track, track.seen_s, None, False
            guest.pace = _pace(track, moment)
            if not guest.waiting and is_mature(track) and self._has_settled(guest, moment):
                guest.waiting = True
                self._book.joined(track.seen_s)
        elif guest is not None:
            guest.is_out = True
            if track.seen_s - guest.seen_s > OUT_S:
                del self._guests[track.tracker_id]

    def _at_counter(self, track: Track, guest: _Guest | None) -> None:
        if guest is None:
            return
        self._guests[track.tracker_id] = guest
        guest.track, guest.is_out = track, True
        if guest.at_counter_s is None:
            guest.at_counter_s = track.seen_s
        if track.seen_s - guest.at_counter_s < self._spec.served_s - 1e-9 or not is_mature(track):
            return
        if guest.joined_s is not None:
            wait_s = guest.at_counter_s - guest.joined_s
            self._book.served(track.seen_s, wait_s)
            self._waits.append(wait_s)
        del self._guests[track.tracker_id]

    def _new(self, track: Track) -> _Guest:
        started_s = track.seen_s if self._started_s is None else self._started_s
        was_there = track.seen_s - started_s <= START_S
        return _Guest(track, None if was_there else track.seen_s, track.seen_s, track.seen_s)

    def _found_again(self, track: Track) -> _Guest | None:
        """The lost one who stood where this track begins; only for tracks that began just now."""
        if track.age_s > START_S:
            return None
        near = [each for each in self._lost if _is_near(each.track, track)]
        if not near:
            return None
        guest = min(near, key=lambda each: _distance(each.track, track))
        self._lost = [each for each in self._lost if each is not guest]
        return guest

    def _has_settled(self, guest: _Guest, moment: Moment) -> bool:
        settle_s = self._spec.settle_s
        if guest.seen_s - guest.inside_s < settle_s - 1e-9:
            return False
        steps = moment.paths.of(guest.track.tracker_id).since(guest.seen_s - settle_s)
        metres = moved_m(steps)
        return (moved_lengths(steps) if metres is None else metres) < STILL_M

    def _measured(self, waiting: int) -> tuple[Gauge, ...]:
        zone = self._zone.id
        people = Gauge("queue_people", zone, "", "", float(waiting), How.TIME_MEAN)
        waits = [Gauge("wait_time", zone, "", "", wait_s, How.SAMPLE_MEAN) for wait_s in self._waits]
        if not waits and waiting and (estimate_s := self._book.estimate_s()) is not None:
            waits = [Gauge("wait_time", zone, "", "", estimate_s, How.SAMPLE_MEAN, ESTIMATED)]
        return (people, *waits)

    def _changed(self, now: float, count: int) -> list[SceneEvent]:
        """The queue differs enough, for long enough, from what was last told; empty is always news."""
        differs = abs(count - self._told) >= self._spec.change_people or (count == 0 and self._told > 0)
        if not differs:
            self._turned_s = None
            return []
        if self._turned_s is None:
            self._turned_s = now
        if now - self._turned_s < self._spec.for_s - 1e-9:
            return []
        began_s, self._turned_s, self._told = self._turned_s, None, count
        return [
            SceneEvent(
                kind="queue_changed",
                rule=self.rule_id,
                camera=self._origin.camera,
                zone_or_line=self._zone.id,
                class_name=self._origin.classes[0],
                track_id=0,
                score=0.0,
                direction="",
                duration_s=now - began_s,
                xyxy=None,
                value=float(count),
                at_s=now,
                model=self._origin.model,
            )
        ]


def _pace(track: Track, moment: Moment) -> tuple[float, float]:
    """What a track's anchor goes in a second, in shares of the picture; nothing while it stands."""
    steps = moment.paths.of(track.tracker_id).since(track.seen_s - PACE_S)
    if len(steps) < LEAST_STEPS or moved_lengths(steps) < WALKS:
        return (0.0, 0.0)
    span_s = steps[-1].at_s - steps[0].at_s
    dx, dy = (steps[-1].x - steps[0].x) / moment.sight.aspect, steps[-1].y - steps[0].y
    return (dx / span_s, dy / span_s)


def _distance(one: Track, other: Track) -> float:
    return hypot(one.anchor[0] - other.anchor[0], one.anchor[1] - other.anchor[1])


def _is_near(one: Track, other: Track) -> bool:
    """Whether a box could be the other's, a step aside."""
    width = max(one.xyxy[2] - one.xyxy[0], other.xyxy[2] - other.xyxy[0])
    height = max(one.xyxy[3] - one.xyxy[1], other.xyxy[3] - other.xyxy[1])
    return (
        abs(one.anchor[0] - other.anchor[0]) <= width and abs(one.anchor[1] - other.anchor[1]) <= height / 2
    )
