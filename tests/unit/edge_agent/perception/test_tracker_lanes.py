"""The tracker with lanes: fast vehicles are followed, and a lane that is wrong breaks nothing."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.perception.detections import Detections
from edge_agent.perception.lane_prior import LanePrior, Lanes
from edge_agent.perception.tracker import Tracker, TrackerSettings
from edge_agent.perception.tracks import Tracks

LABELS = ("person", "bicycle", "motorcycle")
PERSON, BICYCLE, MOTORCYCLE = range(3)
ASPECT = 2.0
METRES = 20.0
"""The picture shows 20 by 10 metres from straight above."""
GROUND = ((METRES, 0.0, 0.0), (0.0, METRES / ASPECT, 0.0), (0.0, 0.0, 1.0))
KMH = 1 / 3.6
BIKE_M = (2.0, 0.8)
UPPER = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))
LOWER = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
LANES = Lanes((LanePrior(UPPER, (-1.0, 0.0), 40 * KMH), LanePrior(LOWER, (1.0, 0.0), 40 * KMH)), GROUND)

Place = tuple[float, float]
"""Bottom-centre of a vehicle in metres: x to the right, y downwards."""


def seen(*places: Place, class_id: int = MOTORCYCLE) -> Detections:
    """The vehicles that are at least half in the picture, their boxes clipped to it."""
    boxes = np.array(
        [
            (x - BIKE_M[0] / 2, y - BIKE_M[1], x + BIKE_M[0] / 2, y)
            for x, y in places
            if 0 <= x <= METRES and BIKE_M[1] / 2 <= y <= METRES / ASPECT
        ]
    ).reshape(-1, 4)
    boxes = np.clip(boxes / (METRES, METRES / ASPECT, METRES, METRES / ASPECT), 0.0, 1.0)
    n = len(boxes)
    return Detections(boxes.astype(np.float32), np.full(n, class_id), np.full(n, 0.9, np.float32))


def followed(
    places: Callable[[float], list[Place]],
    *,
    fps: float,
    seconds: float,
    lanes: Lanes | None = LANES,
    class_id: int = MOTORCYCLE,
) -> list[Tracks]:
    tracker = Tracker(LABELS, aspect=ASPECT, lanes=lanes)
    times = [index / fps for index in range(round(seconds * fps) + 1)]
    return [tracker.update(seen(*places(at_s), class_id=class_id), at_s) for at_s in times]


def runs(frames: list[Tracks]) -> dict[int, int]:
    """How often each id was seen."""
    counts: dict[int, int] = {}
    for frame in frames:
        for track in frame.seen():
            counts[track.tracker_id] = counts.get(track.tracker_id, 0) + 1
    return counts


def lasting(frames: list[Tracks]) -> list[int]:
    """Ids seen at least three times: what rules may believe."""
    return [tracker_id for tracker_id, count in sorted(runs(frames).items()) if count >= 3]


def rider(speed_kmh: float, y: float = 8.0, start: float = 0.3) -> Callable[[float], list[Place]]:
    """One bike; a negative speed is to the left."""
    return lambda at_s: [(start + speed_kmh * KMH * at_s, y)]


@pytest.mark.parametrize("fps", [5.0, 10.0, 15.0])
@pytest.mark.parametrize("speed_kmh", [30.0, 40.0, 50.0, 60.0])
def test_a_bike_keeps_one_id_at_any_speed_near_the_usual_one(speed_kmh: float, fps: float) -> None:
    seconds = 19.0 / (speed_kmh * KMH)
    frames = followed(rider(speed_kmh), fps=fps, seconds=seconds)
    assert {1: sum(len(seen(*rider(speed_kmh)(frame.at_s))) for frame in frames)} == runs(frames)


def test_without_the_lane_a_fast_bike_is_a_new_one_in_every_frame() -> None:
    frames = followed(rider(60.0), fps=5.0, seconds=1.0, lanes=None)
    assert list(runs(frames).values()) == [1] * 6


def test_missed_frames_do_not_lose_a_fast_bike() -> None:
    tracker, names = Tracker(LABELS, aspect=ASPECT, lanes=LANES), set()
    for index in range(9):
        places = [] if index in {2, 5, 6} else rider(40.0)(index / 5)
        names |= {track.tracker_id for track in tracker.update(seen(*places), index / 5).seen()}
    assert {1} == names


def test_opposite_files_of_close_bikes_do_not_swap_ids() -> None:
    """Two files in each direction, bikes 5 m apart, at 5 frames a second."""

    def places(at_s: float) -> list[Place]:
        step = 40 * KMH * at_s
        right = [(step - 5.0 * k + shift, y) for y, shift in ((6.5, 0.0), (9.0, 2.5)) for k in range(12)]
        left = [(METRES - step + 5.0 * k - s, y) for y, s in ((2.0, 0.0), (4.5, 2.5)) for k in range(12)]
        return right + left

    frames = followed(places, fps=5.0, seconds=4.0)
    ways: dict[int, list[tuple[float, float]]] = {}
    for frame in frames:
        for track in frame.seen():
            ways.setdefault(track.tracker_id, []).append((frame.at_s, track.anchor[0] * METRES))
    for steps in ways.values():
        (t0, x0), (t1, x1) = steps[0], steps[-1]
        if len(steps) >= 3:
            assert pytest.approx(40 * KMH, rel=0.15) == abs(x1 - x0) / (t1 - t0)
            assert all((b[1] > a[1]) == (x1 > x0) for a, b in pairwise(steps))


@pytest.mark.parametrize("fps", [5.0, 10.0, 15.0])
@pytest.mark.parametrize("speed_kmh", [-10.0, -20.0, -30.0])
def test_a_bike_that_goes_the_wrong_way_is_followed(speed_kmh: float, fps: float) -> None:
    """As well as without the lane, but for its first sights."""
    seconds = 18.0 / abs(speed_kmh * KMH)
    frames = followed(rider(speed_kmh, start=19.0), fps=fps, seconds=seconds)
    (only,) = lasting(frames)
    assert runs(frames)[only] >= len(frames) - 2
    assert len(runs(frames)) <= 3


@pytest.mark.parametrize("fps", [5.0, 10.0])
@pytest.mark.parametrize("gap_m", [2.22, 3.0, 5.0])
def test_a_queue_that_stands_when_the_camera_starts_stays_where_it_is(gap_m: float, fps: float) -> None:
    """Gaps as long as a step of the usual speed would be taken for traffic by its boxes alone."""
    rng = np.random.default_rng(3)

    def places(_: float) -> list[Place]:
        return [(1.0 + gap_m * k + float(rng.normal(0, 0.05)), 8.0) for k in range(int(18 / gap_m))]

    frames = followed(places, fps=fps, seconds=3.0)
    count = len(places(0.0))
    assert count == len(lasting(frames))
    assert all(runs(frames)[tracker_id] >= len(frames) - 2 for tracker_id in lasting(frames))


def test_a_queue_that_forms_is_followed_to_a_stand() -> None:
    """Bikes brake one after the other behind the line at 18 m, 3 m apart."""

    def places(at_s: float) -> list[Place]:
        speed = 30 * KMH
        return [(min(speed * max(at_s - 1.2 * k, 0.0), 18.0 - 3.0 * k), 8.0) for k in range(4)]

    frames = followed(places, fps=10.0, seconds=8.0)
    assert len([track for track in frames[-1].seen() if track.hits >= 30]) == 4


@pytest.mark.parametrize("class_id", [PERSON, BICYCLE], ids=["on foot", "taken for a bicycle"])
@pytest.mark.parametrize("fps", [5.0, 10.0])
def test_who_crosses_the_lane_keeps_one_id(class_id: int, fps: float) -> None:
    frames = followed(lambda at_s: [(10.0, 1.0 + 1.4 * at_s)], fps=fps, seconds=6.0, class_id=class_id)
    (only,) = lasting(frames)
    assert runs(frames)[only] >= len(frames) - 2


@pytest.mark.parametrize(("speed_kmh", "fps"), [(20.0, 5.0), (20.0, 10.0), (80.0, 10.0), (80.0, 15.0)])
def test_a_usual_speed_that_is_off_by_a_factor_of_two_breaks_no_track(speed_kmh: float, fps: float) -> None:
    frames = followed(rider(speed_kmh), fps=fps, seconds=18.0 / (speed_kmh * KMH))
    (only,) = lasting(frames)
    assert runs(frames)[only] >= len(frames) - 2


def test_who_stood_while_nothing_moved_is_not_expected_to_have_gone() -> None:
    tracker = Tracker(LABELS, aspect=ASPECT, lanes=LANES)
    tracker.update(seen((5.0, 8.0)), 0.0)
    for index in range(1, 20):
        tracker.hold(index / 10)
    assert [track.tracker_id for track in tracker.update(seen((5.0, 8.0)), 2.0).seen()] == [1]


places_m = st.lists(st.tuples(st.floats(0.0, METRES), st.floats(0.5, METRES / ASPECT)), max_size=12)


@given(st.lists(places_m, min_size=1, max_size=12), st.sampled_from([5.0, 15.0]))
def test_same_input_same_output_bounded_and_no_id_twice(shots: list[list[Place]], fps: float) -> None:
    settings = TrackerSettings(most=10)
    one, other = (Tracker(LABELS, aspect=ASPECT, lanes=LANES, settings=settings) for _ in range(2))
    gone: set[int] = set()
    before: set[int] = set()
    for index, places in enumerate(shots):
        found, at_s = seen(*places), index / fps
        tracks = one.update(found, at_s)
        assert tracks == other.update(found, at_s)
        names = [track.tracker_id for track in tracks.live]
        assert len(names) == len(set(names)) <= settings.most
        gone |= before - set(names)
        assert not gone & set(names)
        before = set(names)
        assert all(0.0 <= edge <= 1.0 for track in tracks.live for edge in track.xyxy)
