"""Smoke, fire, water on a road: something without limbs or paths, told once while it lasts.

candidate (seen) → confirmed (seen most of the time for `for_s`: one event) → ended (not seen for `clear_s`).
What is seen are the detections of a model that knows the classes; no model that we ship does.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from edge_agent.perception.tracks import Track
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import LEAST_HITS, LONGEST_GAP_S, Moment, Rule
from edge_agent.rules.origin import Origin
from edge_agent.scene.geometry import Polygon, inside

MOST_OF_THE_TIME: Final = 0.6
MOST_SAMPLES: Final = 7300
"""Bound of the window: a minute at 120 frames a second, or longer at fewer."""
_LEAST_STEP_S: Final = 0.1
_NEARLY_ALL: Final = 0.9
"""What was first seen later within the window has not lasted yet."""


@dataclass(frozen=True, slots=True)
class HazardTerms:
    """What makes it an event.

    Attributes:
        kind: the event's kind.
        zone_id: empty for the whole picture.
        polygon: the zone's; None for the whole picture.
        for_s: seen most of the time for so long.
        clear_s: not seen for so long, it is over.
        sees_in_dark: whether it is seen without light.
    """

    kind: str
    zone_id: str
    polygon: Polygon | None
    for_s: float
    clear_s: float
    sees_in_dark: bool


class HazardRule(Rule):
    """Raises one event for each time that it begins; the value is the share of the picture it fills."""

    def __init__(self, rule_id: str, terms: HazardTerms, origin: Origin) -> None:
        self.rule_id = rule_id
        self.sees_in_dark = terms.sees_in_dark
        self._terms = terms
        self._origin = origin
        self._classes = frozenset(origin.classes)
        self._samples: deque[tuple[float, bool]] = deque(maxlen=MOST_SAMPLES)
        self._last_s: float | None = None
        self._seen_s: float | None = None
        self._is_confirmed = False

    def step(self, moment: Moment) -> list[SceneEvent]:
        """Whether it begins with this frame."""
        now = moment.at_s
        if self._last_s is not None and now - self._last_s > LONGEST_GAP_S:
            self._samples.clear()
        self._last_s = now
        largest = self._largest(moment)
        if largest is not None:
            self._seen_s = now
        elif self._seen_s is not None and now - self._seen_s >= self._terms.clear_s:
            self._is_confirmed, self._seen_s = False, None
        share = self._seen_share(now, seen=largest is not None)
        if self._is_confirmed or largest is None or share < MOST_OF_THE_TIME:
            return []
        self._is_confirmed = True
        return [self._event(largest, now)]

    def pause(self) -> None:
        """Forget it."""
        self._samples.clear()
        self._last_s = self._seen_s = None
        self._is_confirmed = False

    def finish(self) -> list[SceneEvent]:
        """The end of the input decides nothing."""
        return []

    def _largest(self, moment: Moment) -> Track | None:
        polygon = self._terms.polygon
        found = [
            track
            for track in moment.seen
            if track.class_name in self._classes
            and track.hits >= LEAST_HITS
            and (polygon is None or inside(polygon, _centre(track)) or inside(polygon, track.anchor))
        ]
        return max(found, key=_area, default=None)

    def _seen_share(self, now: float, *, seen: bool) -> float:
        """Share of the latest `for_s` in which it was seen; 0 until that has been watched."""
        samples, for_s = self._samples, self._terms.for_s
        if not samples or now - samples[-1][0] >= _LEAST_STEP_S - 1e-9:
            samples.append((now, seen))
        while len(samples) > 1 and now - samples[1][0] >= for_s - 1e-9:
            samples.popleft()
        first_s = next((at_s for at_s, was_seen in samples if was_seen), now)
        if now - samples[0][0] < for_s - 1e-9 or now - first_s < _NEARLY_ALL * for_s:
            return 0.0
        return sum(was_seen for _, was_seen in samples) / len(samples)

    def _event(self, track: Track, now: float) -> SceneEvent:
        return SceneEvent(
            kind=self._terms.kind,
            rule=self.rule_id,
            camera=self._origin.camera,
            zone_or_line=self._terms.zone_id,
            class_name=track.class_name,
            track_id=track.tracker_id,
            score=track.score,
            direction="",
            duration_s=self._terms.for_s,
            xyxy=track.xyxy,
            value=_area(track),
            at_s=now,
            model=self._origin.model,
        )


def _centre(track: Track) -> tuple[float, float]:
    x1, y1, x2, y2 = track.xyxy
    return ((x1 + x2) / 2, (y1 + y2) / 2)


def _area(track: Track) -> float:
    x1, y1, x2, y2 = track.xyxy
    return (x2 - x1) * (y2 - y1)
