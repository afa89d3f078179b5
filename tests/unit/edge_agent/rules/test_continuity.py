"""Which tracks go on under an earlier id."""

import pytest

from edge_agent.perception.tracks import Track, Tracks
from edge_agent.rules.continuity import Continuity

ASPECT = 16 / 9
SIZE = (0.05, 0.1)


def _track(
    tracker_id: int,
    at_s: float,
    x: float,
    *,
    born_s: float = 0.0,
    class_name: str = "car",
    size: tuple[float, float] = SIZE,
    hits: int = 5,
) -> Track:
    width, height = size
    return Track(
        tracker_id=tracker_id,
        class_id=0,
        class_name=class_name,
        score=0.8,
        xyxy=(x - width / 2, 0.5 - height, x + width / 2, 0.5),
        anchor=(x, 0.5),
        born_s=born_s,
        seen_s=at_s,
        hits=hits,
    )


def _after_a_drive(continuity: Continuity) -> Track:
    """Object 1 drives at 0.1 a second until 1.0 s; its last sight."""
    for step in range(11):
        track = _track(1, step / 10, 0.3 + step / 100, hits=step + 1)
        continuity.joined(Tracks(step / 10, (track,)), ASPECT)
    return track


@pytest.mark.parametrize(
    ("begins", "shown"),
    [
        (_track(2, 1.5, 0.45, born_s=1.5, hits=1), 1),
        (_track(2, 1.5, 0.45, born_s=1.5, hits=1, class_name="truck"), 1),
        (_track(2, 1.5, 0.45, born_s=1.5, hits=1, class_name="person"), 2),
        (_track(2, 1.5, 0.60, born_s=1.5, hits=1), 2),
        (_track(2, 1.5, 0.45, born_s=1.5, hits=1, size=(0.02, 0.05)), 2),
        (_track(2, 3.2, 0.62, born_s=3.2, hits=1), 2),
    ],
    ids=[
        "where it should be by now",
        "a class taken for another",
        "another kind",
        "too far",
        "too small",
        "too late",
    ],
)
def test_a_track_goes_on_for_a_lost_one_of_its_kind_and_size_where_that_should_be(
    begins: Track, shown: int
) -> None:
    continuity = Continuity()
    last = _after_a_drive(continuity)
    live = (last, begins) if begins.seen_s < 3 else (begins,)
    tracks = continuity.joined(Tracks(begins.seen_s, live), ASPECT)
    assert [track.tracker_id for track in tracks.live] == (
        [1] if shown == 1 else [t.tracker_id for t in live]
    )


@pytest.mark.parametrize("last_x", [0.976, 0.95], ids=["last seen at the edge", "seen a step before it"])
def test_whoever_comes_in_where_another_went_out_is_somebody_else(last_x: float) -> None:
    continuity = Continuity()
    for step in range(11):
        at_s = step / 10
        x = last_x - 0.1 + at_s / 10
        continuity.joined(Tracks(at_s, (_track(1, at_s, x, hits=step + 1),)), ASPECT)
    tracks = continuity.joined(Tracks(1.5, (_track(2, 1.5, 0.976, born_s=1.5, hits=1),)), ASPECT)
    assert [track.tracker_id for track in tracks.live] == [2]


def test_age_and_detections_go_on() -> None:
    continuity = Continuity()
    _after_a_drive(continuity)
    (track,) = continuity.joined(Tracks(1.5, (_track(2, 1.5, 0.45, born_s=1.5, hits=1),)), ASPECT).live
    assert (track.tracker_id, track.born_s, track.hits, track.seen_s) == (1, 0.0, 12, 1.5)


def test_two_breaks_in_a_row_lead_to_the_first_id() -> None:
    continuity = Continuity()
    _after_a_drive(continuity)
    for step in range(5):
        at_s = 1.2 + step / 10
        continuity.joined(
            Tracks(at_s, (_track(2, at_s, at_s / 10 + 0.3, born_s=1.2, hits=step + 1),)), ASPECT
        )
    tracks = continuity.joined(Tracks(1.8, (_track(3, 1.8, 0.48, born_s=1.8, hits=1),)), ASPECT)
    assert [(track.tracker_id, track.hits) for track in tracks.live] == [(1, 17)]


def test_an_old_track_that_is_seen_again_keeps_its_id_and_the_other_gets_its_own() -> None:
    continuity = Continuity()
    last = _after_a_drive(continuity)
    continuity.joined(Tracks(1.2, (last, _track(2, 1.2, 0.42, born_s=1.2, hits=1))), ASPECT)
    both = (_track(1, 1.3, 0.43, hits=12), _track(2, 1.3, 0.44, born_s=1.2, hits=2))
    tracks = continuity.joined(Tracks(1.3, both), ASPECT)
    assert [(track.tracker_id, track.hits) for track in tracks.live] == [(1, 12), (2, 2)]


def test_a_track_beside_one_that_is_seen_is_another_object() -> None:
    continuity = Continuity()
    _after_a_drive(continuity)
    both = (_track(1, 1.1, 0.41, hits=12), _track(2, 1.1, 0.42, born_s=1.1, hits=1))
    assert [track.tracker_id for track in continuity.joined(Tracks(1.1, both), ASPECT).live] == [1, 2]


def test_nothing_is_kept_of_tracks_that_ended() -> None:
    continuity = Continuity()
    for index in range(500):
        at_s = index * 0.1
        x = 0.1 + 0.8 * (index % 7) / 7
        continuity.joined(Tracks(at_s, (_track(index + 1, at_s, x, born_s=at_s, hits=3),)), ASPECT)
    assert len(continuity._lives) <= 22
