"""Where actors are, and when what happens to them."""

import pytest
from staged.staging import Actor, Lamp, Post, Staging, Waypoint


def _actor(*path: tuple[float, float, float], object_id: int = 1) -> Actor:
    return Actor(object_id, "wagon", "car", 100, 50, tuple(Waypoint(*each) for each in path))


def _staging(*actors: Actor, posts: tuple[Post, ...] = ()) -> Staging:
    return Staging("test", 1, "large", 10.0, "", "campus", "day", actors, posts=posts)


@pytest.mark.parametrize(
    ("at_s", "place"),
    [
        (0.9, None),
        (1.0, (0, 100)),
        (2.0, (50, 100)),
        (3.0, (100, 100)),
        (4.5, (100, 100)),
        (5.1, None),
    ],
)
def test_an_actor_moves_evenly_between_its_waypoints_and_is_nowhere_else(
    at_s: float, place: tuple[float, float] | None
) -> None:
    assert _actor((1, 0, 100), (3, 100, 100), (5, 100, 100)).at(at_s) == place


def test_a_crossing_is_found_with_its_time_and_direction() -> None:
    actor = _actor((0, 0, 180), (6.4, 640, 180), (12.8, 0, 180))
    found = actor.crosses((0.5, 0.1), (0.5, 0.9))
    assert [(round(at_s, 1), way) for at_s, way in found] == [(3.2, -1), (9.6, 1)]


def test_a_condition_must_hold_without_a_break() -> None:
    actor = _actor((0, 300, 100), (1, 330, 100), (2, 300, 100), (6, 400, 100))
    assert actor.first(lambda place: place[0] > 0.5, for_s=1.0) == pytest.approx(3.8, abs=0.05)


@pytest.mark.parametrize(
    ("actors", "posts", "share"),
    [
        ((), (), 1.0),
        ((_actor((0, 125, 105), (9, 125, 105), object_id=2),), (), 0.325),
        ((_actor((0, 125, 95), (9, 125, 95), object_id=2),), (), 1.0),
        ((), (Post(0, 0, 75, 360),), 0.75),
    ],
    ids=["alone", "behind another", "before another", "behind a post"],
)
def test_what_is_nearer_hides_what_is_behind(
    actors: tuple[Actor, ...], posts: tuple[Post, ...], share: float
) -> None:
    actor = _actor((0, 100, 100), (9, 100, 100))
    assert _staging(actor, *actors, posts=posts).visible(actor, 1.0) == pytest.approx(share)


def test_outside_the_picture_nothing_is_visible() -> None:
    actor = _actor((0, 640, 100), (9, 640, 100))
    assert _staging(actor).visible(actor, 1.0) == pytest.approx(0.5)


@pytest.mark.parametrize(("at_s", "since_s"), [(1.0, None), (5.0, 5.0), (7.0, 5.0), (9.0, None)])
def test_a_signal_tells_since_when_it_is_red(at_s: float, since_s: float | None) -> None:
    lamp = Lamp("signal", {}, ((0.0, "green"), (5.0, "red"), (9.0, "green")))
    assert lamp.red_since(at_s) == since_s
