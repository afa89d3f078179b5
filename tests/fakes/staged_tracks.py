"""Tracks that walk where a test says, without a picture or a detector."""

from collections.abc import Iterable, Sequence

from edge_agent.perception.tracks import Track, Tracks
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import Rule, moment_of
from edge_agent.rules.paths import Paths

Point = tuple[float, float]
Sight = tuple[float, Point]
"""When and where a track's anchor was seen."""

WIDTH, HEIGHT = 0.04, 0.1


def track_at(
    anchor: Point, *, tracker_id: int = 1, class_name: str = "person", born_s: float, seen_s: float, hits: int
) -> Track:
    """A track whose box stands on `anchor`."""
    x, y = anchor
    box = (x - WIDTH / 2, y - HEIGHT, x + WIDTH / 2, y)
    return Track(tracker_id, 0, class_name, 0.9, box, anchor, born_s, seen_s, hits)


def walk(points: Sequence[Point], *, fps: float = 10.0, start_s: float = 0.0) -> list[Sight]:
    """Sights at a steady rate."""
    return [(start_s + index / fps, point) for index, point in enumerate(points)]


def straight(start: Point, end: Point, steps: int) -> list[Point]:
    """Points on the way from `start` to `end`, both included."""
    return [
        (start[0] + (end[0] - start[0]) * i / steps, start[1] + (end[1] - start[1]) * i / steps)
        for i in range(steps + 1)
    ]


def staged(sights: Iterable[Sight], *, tracker_id: int = 1, class_name: str = "person") -> list[Tracks]:
    """One track, seen at these times; between and after them there are no frames."""
    frames: list[Tracks] = []
    born_s: float | None = None
    for hits, (at_s, anchor) in enumerate(sights, 1):
        born_s = at_s if born_s is None else born_s
        track = track_at(
            anchor, tracker_id=tracker_id, class_name=class_name, born_s=born_s, seen_s=at_s, hits=hits
        )
        frames.append(Tracks(at_s, (track,)))
    return frames


def together(*each: list[Tracks]) -> list[Tracks]:
    """Several staged tracks in one scene; who has no sight in a frame is unseen, who is over is gone."""
    times = sorted({frame.at_s for frames in each for frame in frames})
    return [Tracks(at_s, tuple(t for frames in each if (t := _at(frames, at_s)))) for at_s in times]


def standing(count: int, at_s: float, place: Point = (0.5, 0.5)) -> Tracks:
    """So many mature tracks in one place, seen in this frame."""
    tracks = (
        track_at(place, tracker_id=number, born_s=at_s - 5, seen_s=at_s, hits=50)
        for number in range(1, count + 1)
    )
    return Tracks(at_s, tuple(tracks))


def played(rule: Rule, frames: Iterable[Tracks]) -> list[SceneEvent]:
    """What a rule decides over these frames, the end of the input left out."""
    paths = Paths(None)
    return [event for frame in frames for event in rule.step(moment_of(frame, paths=paths))]


def _at(frames: list[Tracks], at_s: float) -> Track | None:
    before = [frame for frame in frames if frame.at_s <= at_s]
    return before[-1].live[0] if before and at_s <= frames[-1].at_s else None
