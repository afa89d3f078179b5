"""Tracks made from the truth: perfect ones are the truth, worn ones are as far from it as they say."""

from collections import Counter

import pytest
from staged.staging import HEIGHT, WIDTH, Actor, Fault, Lamp, Post, Staging, Waypoint, moments
from staged.stand_ins import JITTERED, PERFECT, StandIn, Wear


def _staging(*actors: Actor, posts: tuple[Post, ...] = (), seconds: float = 60.0) -> Staging:
    lamps = (Lamp("signal", {}, ((0.0, "red"),)),)
    faults = (Fault("dark", 1.0, 2.0),)
    return Staging(
        "test", 4, "large", seconds, "", "campus", "day", actors, lamps=lamps, posts=posts, faults=faults
    )


def _car(object_id: int = 1, y: float = 200.0) -> Actor:
    path = (Waypoint(0.0, 100.0, y), Waypoint(60.0, 500.0, y))
    return Actor(object_id, "wagon", "car", 100, 50, path)


def test_a_perfect_track_is_the_truth() -> None:
    staging = _staging(_car())
    stand_in = StandIn(staging, PERFECT, 0)
    for at_s in moments(10, 10):
        tracks, sight = stand_in.look(at_s)
        (track,) = tracks.live
        box = staging.actors[0].box(at_s) or (0.0, 0.0, 0.0, 0.0)
        assert track.xyxy == pytest.approx((box[0] / WIDTH, box[1] / HEIGHT, box[2] / WIDTH, box[3] / HEIGHT))
        assert (track.tracker_id, track.seen_s, track.born_s) == (1, at_s, 0.0)
        assert sight.lamps["signal"].colour == "red"
    assert stand_in.object_of == {1: 1}


def test_worn_tracks_miss_sights_and_change_their_id_as_often_as_they_say() -> None:
    staging = _staging(*(_car(index + 1, 60.0 * (index + 1)) for index in range(5)))
    stand_in = StandIn(staging, JITTERED, 0)
    seen = wrong = 0
    for at_s in moments(60, 10):
        tracks, sight = stand_in.look(at_s)
        seen += len(tracks.seen())
        wrong += sight.lamps["signal"].colour != "red"
    assert seen / (600 * 5) == pytest.approx(1 - JITTERED.dropped, abs=0.03)
    assert wrong / 600 == pytest.approx(JITTERED.misread, abs=0.03)
    splits = len(stand_in.object_of) - 5
    assert 4 <= splits <= 18, "five objects for a minute, one change in 30 s each: ten on average"
    assert set(Counter(stand_in.object_of.values())) == {1, 2, 3, 4, 5}


def test_a_worn_track_trembles_about_the_truth() -> None:
    staging = _staging(_car())
    stand_in = StandIn(staging, Wear("trembling", tremble=0.02), 0)
    errors = []
    for at_s in moments(60, 10):
        (track,) = stand_in.look(at_s)[0].live
        place = staging.actors[0].at(at_s) or (0.0, 0.0)
        errors.append((track.anchor[1] - place[1] / HEIGHT) * HEIGHT)
    mean = sum(errors) / len(errors)
    spread = (sum((error - mean) ** 2 for error in errors) / len(errors)) ** 0.5
    assert abs(mean) < 0.5
    assert spread == pytest.approx(0.02 * 50, abs=0.35)


def test_what_is_hidden_for_longer_than_the_tracker_waits_comes_back_under_another_id() -> None:
    staging = _staging(_car(), posts=(Post(200, 0, 200, 360),))
    stand_in = StandIn(staging, PERFECT, 0)
    for at_s in moments(60, 10):
        stand_in.look(at_s)
    assert stand_in.object_of == {1: 1, 2: 1}


@pytest.mark.parametrize(
    ("still_s", "at_s", "seen"),
    [(0.0, 10.0, False), (5.0, 5.5, False), (5.0, 6.5, True)],
    ids=["there from the start", "just put down", "lies there"],
)
def test_a_thing_is_told_once_it_lies_still_unless_it_was_always_there(
    still_s: float,
    at_s: float,
    seen: bool,  # noqa: FBT001  a case of the table
) -> None:
    places = [Waypoint(still_s, 300, 200), Waypoint(30, 300, 200)]
    path = ([Waypoint(0, 100, 200)] if still_s else []) + places
    thing = Actor(7, "cone", "thing", 16, 24, tuple(path))
    tracks, sight = StandIn(_staging(thing), PERFECT, 0).look(at_s)
    assert tracks.live == ()
    assert [blob.blob_id for blob in sight.blobs] == ([7] if seen else [])


def test_faults_of_the_camera_show_in_the_condition() -> None:
    stand_in = StandIn(_staging(), PERFECT, 0)
    conditions = [stand_in.look(at_s)[1].condition for at_s in (0.5, 1.5, 2.5)]
    assert [each.brightness < 0.05 for each in conditions if each] == [False, True, False]
