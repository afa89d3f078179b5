from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_agent.perception.lane_match import LIMIT, YOUNG, Followed, misfit
from edge_agent.perception.motion_model import Floats

SIZE = 0.1


def box(x: float, y: float = 0.5, size: float = SIZE) -> list[float]:
    return [x - size / 2, y - size, x + size / 2, y]


MOVING = Followed(
    at=np.array([[0.5, 0.5]]),
    velocity=np.array([[1.0, 0.0]]),
    size=np.array([[SIZE, SIZE]]),
    at_spread=np.array([(0.2 * SIZE) ** 2]),
    shown=np.array([box(0.3)]),
    hits=np.array([5]),
    unseen_s=np.array([0.2]),
    is_new=np.array([False]),
    is_cut=np.array([False]),
)
"""Expected at 0.5, seen at 0.3 a fifth of a second ago."""
NEW = replace(MOVING, hits=np.array([1]), is_new=np.array([True]), at_spread=np.array([(0.7 * SIZE) ** 2]))


def judged(followed: Followed, boxes: list[list[float]]) -> tuple[Floats, NDArray[np.bool_]]:
    return misfit(followed, np.array(boxes).reshape(-1, 4), np.zeros(len(boxes), np.bool_))


def cost(followed: Followed, x: float, y: float = 0.5, size: float = SIZE) -> float:
    return float(judged(followed, [box(x, y, size)])[0][0, 0])


@pytest.mark.parametrize(
    ("followed", "x", "y", "joined"),
    [
        (MOVING, 0.50, 0.50, True),
        (MOVING, 0.55, 0.50, True),
        (MOVING, 0.60, 0.50, False),
        (MOVING, 0.50, 0.54, True),
        (MOVING, 0.50, 0.56, False),
        (NEW, 0.50, 0.50, True),
        (NEW, 0.60, 0.50, True),
        (NEW, 0.40, 0.50, True),
        (NEW, 0.70, 0.50, False),
        (NEW, 0.50, 0.60, False),
    ],
)
def test_a_vehicle_is_looked_for_farther_along_its_way_than_aside(
    followed: Followed, x: float, y: float, *, joined: bool
) -> None:
    assert joined == (cost(followed, x, y) < LIMIT)


def test_a_box_of_another_size_fits_worse() -> None:
    assert cost(MOVING, 0.5) < cost(MOVING, 0.5, size=1.2 * SIZE) < cost(MOVING, 0.5, size=1.5 * SIZE)
    assert cost(MOVING, 0.5, size=2.5 * SIZE) > LIMIT


def test_the_size_of_a_box_at_the_edge_of_the_picture_says_little() -> None:
    cut = replace(NEW, is_cut=np.array([True]))
    assert cost(NEW, 0.5, size=1.7 * SIZE) > LIMIT > cost(cut, 0.5, size=1.7 * SIZE)
    at_edge = misfit(NEW, np.array([box(0.5, size=1.7 * SIZE)]), np.array([True]))[0]
    assert at_edge[0, 0] == cost(cut, 0.5, size=1.7 * SIZE)


def test_who_was_seen_more_often_and_more_lately_goes_first() -> None:
    once, twice = replace(MOVING, hits=np.array([1])), replace(MOVING, hits=np.array([2]))
    assert pytest.approx(YOUNG[0]) == cost(once, 0.5) - cost(MOVING, 0.5)
    assert pytest.approx(YOUNG[1]) == cost(twice, 0.5) - cost(MOVING, 0.5)
    assert cost(replace(MOVING, unseen_s=np.array([1.0])), 0.5) > cost(MOVING, 0.5)


def several(count: int) -> Followed:
    """So many new vehicles, one above the other."""
    down = np.array([[0.0, 0.3 * index] for index in range(count)])
    return Followed(
        at=NEW.at + down,
        velocity=np.repeat(NEW.velocity, count, axis=0),
        size=np.repeat(NEW.size, count, axis=0),
        at_spread=np.repeat(NEW.at_spread, count),
        shown=NEW.shown + np.tile(down, 2),
        hits=np.repeat(NEW.hits, count),
        unseen_s=np.repeat(NEW.unseen_s, count),
        is_new=np.repeat(NEW.is_new, count),
        is_cut=np.repeat(NEW.is_cut, count),
    )


@pytest.mark.parametrize(
    ("stay", "go", "is_queue"), [(4, 0, True), (3, 1, True), (3, 0, False), (2, 2, False), (1, 0, False)]
)
def test_where_most_new_vehicles_stand_they_are_a_queue(stay: int, go: int, *, is_queue: bool) -> None:
    places = [(0.3, 0.5 + 0.3 * i) for i in range(stay)] + [(0.5, 0.5 + 0.3 * (stay + i)) for i in range(go)]
    costs, stands = judged(several(stay + go), [box(*place) for place in places])
    assert [bool(stands[i, i]) for i in range(stay)] == [True] * stay
    assert [bool(costs[i, i] < LIMIT) for i in range(stay)] == [is_queue] * stay
    assert all(costs[i, i] < LIMIT and not stands[i, i] for i in range(stay, stay + go))


@pytest.mark.parametrize(("x", "stands"), [(0.3, True), (0.32, True), (0.34, False), (0.5, False)])
def test_a_vehicle_stands_that_is_where_it_was(x: float, *, stands: bool) -> None:
    assert judged(NEW, [box(x)])[1].tolist() == [[stands]]


def test_only_who_was_seen_once_may_turn_out_to_stand() -> None:
    assert not judged(MOVING, [box(0.3)])[1].any()


def test_far_and_near_are_judged_alike() -> None:
    """Everything twice as large: the same cost."""
    twice = replace(
        MOVING,
        at=MOVING.at * 2,
        velocity=MOVING.velocity * 2,
        size=MOVING.size * 2,
        at_spread=MOVING.at_spread * 4,
        shown=MOVING.shown * 2,
    )
    one, other = judged(MOVING, [box(0.52)]), judged(twice, [[2 * edge for edge in box(0.52)]])
    np.testing.assert_allclose(one[0], other[0])


def test_nobody_and_nothing_give_empty_tables() -> None:
    nobody = Followed(
        np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0),
        np.zeros((0, 4)), np.zeros(0, np.int64), np.zeros(0),
        np.zeros(0, np.bool_), np.zeros(0, np.bool_),
    )  # fmt: skip
    assert judged(nobody, [box(0.5)])[0].shape == (0, 1)
    assert judged(NEW, [])[0].shape == (1, 0)
