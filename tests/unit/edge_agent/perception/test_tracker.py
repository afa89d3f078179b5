import numpy as np
import pytest

from edge_agent.perception.detections import Detections
from edge_agent.perception.tracker import Tracker, TrackerSettings, group_ids
from edge_agent.perception.tracks import Tracks

LABELS = ("person", "car", "truck", "bicycle")
WIDTH, HEIGHT = 0.04, 0.12

Box = tuple[float, float]
"""Bottom-centre of a detection."""


def seen(*anchors: Box, score: float = 0.9, class_id: int = 0) -> Detections:
    boxes = [(x - WIDTH / 2, y - HEIGHT, x + WIDTH / 2, y) for x, y in anchors]
    n = len(boxes)
    return Detections(
        np.array(boxes, np.float32).reshape(n, 4),
        np.full(n, class_id, np.int64),
        np.full(n, score, np.float32),
    )


def both(one: Detections, other: Detections) -> Detections:
    return Detections(
        np.concatenate([one.xyxy, other.xyxy]),
        np.concatenate([one.class_id, other.class_id]),
        np.concatenate([one.score, other.score]),
    )


def tracker(settings: TrackerSettings | None = None) -> Tracker:
    return Tracker(LABELS, aspect=4 / 3, settings=settings)


def ids(tracks: Tracks) -> list[int]:
    return [track.tracker_id for track in tracks.seen()]


@pytest.mark.parametrize("fps", [5.0, 10.0, 25.0])
def test_a_walker_keeps_one_id(fps: float) -> None:
    walker = tracker()
    names = set()
    for index in range(int(6 * fps)):
        at_s = index / fps
        names.update(ids(walker.update(seen((0.1 + 0.12 * at_s, 0.5)), at_s)))
    assert {1} == names


def test_two_who_pass_each_other_keep_their_ids() -> None:
    crowd = tracker()
    for index in range(60):
        at_s = index / 10
        found = seen((0.2 + 0.1 * at_s, 0.50), (0.8 - 0.1 * at_s, 0.53))
        tracks = crowd.update(found, at_s)
    assert [
        (track.tracker_id, (track.anchor[0] > 0.5) == (track.tracker_id == 1)) for track in tracks.live
    ] == [(1, True), (2, True)]


def test_dropped_frames_do_not_break_a_track() -> None:
    walker = tracker()
    times = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.2, 1.3, 2.2, 2.3, 2.4, 3.3]
    names = [ids(walker.update(seen((0.1 + 0.15 * at_s, 0.5)), at_s)) for at_s in times]
    assert [[1]] * len(times) == names


def test_who_is_hidden_for_a_second_comes_back_under_the_same_id() -> None:
    walker = tracker()
    for index in range(60):
        at_s = index / 10
        hidden = 2.0 < at_s < 3.2
        tracks = walker.update(Detections.none() if hidden else seen((0.1 + 0.1 * at_s, 0.5)), at_s)
        if hidden:
            assert ids(tracks) == []
            assert [track.tracker_id for track in tracks.live] == [1]
    assert ids(tracks) == [1]


def test_while_hidden_a_track_stays_where_it_was_last_seen() -> None:
    walker = tracker()
    for index in range(20):
        last = walker.update(seen((0.1 + 0.01 * index, 0.5)), index / 10)
    hidden = walker.update(Detections.none(), 2.4)
    assert last.live[0].xyxy == hidden.live[0].xyxy
    assert hidden.live[0].seen_s == 1.9


def test_a_track_ends_when_it_is_not_seen_for_long_and_its_id_is_not_used_again() -> None:
    walker = tracker(TrackerSettings(lost_s=2.0))
    for index in range(10):
        walker.update(seen((0.5, 0.5)), index / 10)
    assert len(walker.update(Detections.none(), 2.9).live) == 1
    assert len(walker.update(Detections.none(), 3.0).live) == 0
    assert ids(walker.update(seen((0.5, 0.5)), 3.1)) == [2]


def test_a_young_track_ends_soon() -> None:
    walker = tracker()
    walker.update(seen((0.5, 0.5)), 0.0)
    assert len(walker.update(Detections.none(), 0.6).live) == 0


def test_who_walks_out_of_the_picture_is_not_waited_for() -> None:
    walker = tracker()
    for index in range(20):
        walker.update(seen((0.8 + 0.01 * index, 0.5)), index / 10)
    assert len(walker.update(Detections.none(), 2.5).live) == 0


@pytest.mark.parametrize(("score", "expected"), [(0.2, 0), (0.5, 0), (0.55, 1), (0.9, 1)])
def test_only_a_sure_detection_starts_a_track(score: float, expected: int) -> None:
    assert expected == len(tracker().update(seen((0.5, 0.5), score=score), 0.0).live)


@pytest.mark.parametrize(("score", "expected"), [(0.1, []), (0.26, [1]), (0.5, [1])])
def test_an_unsure_detection_keeps_a_track_alive(score: float, expected: list[int]) -> None:
    walker = tracker()
    for index in range(5):
        walker.update(seen((0.5, 0.5)), index / 10)
    assert expected == ids(walker.update(seen((0.5, 0.5), score=score), 0.5))


def test_a_sure_detection_goes_before_an_unsure_one_that_fits_better() -> None:
    walker = tracker()
    for index in range(5):
        walker.update(seen((0.5, 0.5)), index / 10)
    tracks = walker.update(both(seen((0.5, 0.5), score=0.3), seen((0.51, 0.5), score=0.9)), 0.5)
    assert [(1, pytest.approx(0.9))] == [(track.tracker_id, track.score) for track in tracks.live]


def test_a_car_does_not_become_a_person_but_may_become_a_truck() -> None:
    walker = tracker()
    walker.update(seen((0.5, 0.5), class_id=1), 0.0)
    assert ids(walker.update(seen((0.5, 0.5), class_id=2), 0.1)) == [1]
    assert ids(walker.update(seen((0.5, 0.5), class_id=0), 0.2)) == [2]


def test_the_class_is_what_most_detections_said() -> None:
    walker = tracker()
    for index, class_id in enumerate((1, 2, 1, 1, 2)):
        tracks = walker.update(seen((0.5, 0.5), class_id=class_id), index / 10)
    assert (tracks.live[0].class_name, tracks.live[0].class_id) == ("car", 1)


def test_of_two_tracks_on_one_object_the_older_stays() -> None:
    walker = tracker()
    for index in range(10):
        at_s = index / 10
        gap = max(0.0, 0.06 - 0.01 * index)
        tracks = walker.update(seen((0.5, 0.5), (0.5 + gap, 0.5)), at_s)
        if len(tracks.live) == 1:
            break
    assert [track.tracker_id for track in tracks.live] == [1]


def test_the_number_of_tracks_is_bounded() -> None:
    walker = tracker(TrackerSettings(most=5))
    crowd = seen(*[(0.05 + 0.09 * column, 0.2 + 0.3 * row) for row in range(2) for column in range(10)])
    assert len(walker.update(crowd, 0.0).live) == 5
    assert len(walker.update(crowd, 0.1).live) == 5


def test_hold_keeps_who_was_seen_and_lets_the_lost_run_out() -> None:
    walker = tracker()
    for index in range(10):
        found = seen((0.3, 0.5), (0.6, 0.5)) if index < 8 else seen((0.3, 0.5))
        walker.update(found, index / 10)
    held = walker.hold(5.0)
    assert [(track.tracker_id, track.seen_s) for track in held.live] == [(1, 5.0)]
    assert held.live[0].hits == 10
    assert ids(walker.update(seen((0.3, 0.5)), 5.1)) == [1]


def test_the_first_id_may_be_chosen() -> None:
    walker = Tracker(LABELS, aspect=1.0, first_id=7)
    assert ids(walker.update(seen((0.5, 0.5)), 0.0)) == [7]
    assert walker.next_id == 8


def test_an_empty_picture_has_no_tracks() -> None:
    walker = tracker()
    assert Tracks(0.0, ()) == walker.update(Detections.none(), 0.0)
    assert Tracks(0.1, ()) == walker.hold(0.1)


def test_the_same_detections_give_the_same_tracks() -> None:
    rng = np.random.default_rng(5)
    frames = [seen(*rng.uniform(0.2, 0.8, (6, 2)).tolist()) for _ in range(50)]
    one, other = tracker(), tracker()
    assert [one.update(found, index / 10) for index, found in enumerate(frames)] == [
        other.update(found, index / 10) for index, found in enumerate(frames)
    ]


def test_boxes_stay_in_the_picture() -> None:
    walker = tracker()
    for index in range(10):
        tracks = walker.update(seen((0.99 + 0.001 * index, 0.99)), index / 10)
    assert all(0 <= edge <= 1 for edge in tracks.live[0].xyxy)


def test_confusable_classes_share_a_group() -> None:
    person, car, truck, bicycle = group_ids(LABELS).tolist()
    assert car == truck
    assert len({person, car, bicycle}) == 3


def test_a_staged_street_gives_its_golden_tracks() -> None:
    """Two people and a car, seen badly; every id, class and hit as when this was looked through by eye."""
    street = tracker()
    for index in range(40):
        at_s = index / 10
        people = seen((0.1 + 0.15 * at_s, 0.5), score=0.3 if index % 4 == 3 else 0.8)
        if not 1.5 <= at_s <= 2.0:
            people = both(people, seen((0.7 - 0.15 * at_s, 0.56), score=0.7))
        car = seen((0.3, 0.9), score=0.6, class_id=2 if index % 5 == 4 else 1)
        tracks = street.update(both(people, car), at_s)
    assert [(track.tracker_id, track.class_name, track.hits) for track in tracks.live] == [
        (1, "person", 40),
        (2, "person", 34),
        (3, "car", 40),
    ]
    assert [pytest.approx(track.anchor, abs=0.005) for track in tracks.live] == [
        (0.685, 0.5),
        (0.115, 0.56),
        (0.3, 0.9),
    ]
