import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.perception.lane_prior import FASTEST, SIZES_M, TILT, LaneFlow, LanePrior, Lanes
from edge_agent.scene.geometry import inside

LABELS = ("person", "motorcycle", "car")
ASPECT = 2.0
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
TWENTY_METRES = ((20.0, 0.0, 0.0), (0.0, 10.0, 0.0), (0.0, 0.0, 1.0))
"""A picture of 20 by 10 metres, seen straight from above."""


def flow(*lanes: LanePrior, ground: bool = True) -> LaneFlow:
    return LaneFlow(Lanes(lanes, TWENTY_METRES if ground else None), LABELS, ASPECT)


def expected(lanes: LaneFlow, x: float, y: float, class_id: int = 1, height: float = 0.2) -> list[float]:
    """Velocity of one object with its anchor at a place of the picture (0-1), in frame heights per second."""
    found = lanes.velocities(np.array([[x * ASPECT, y]]), np.array([height]), np.array([class_id]))
    return [round(value, 4) for value in found[0].tolist()]


@pytest.mark.parametrize(
    ("direction", "velocity"),
    [
        ((1.0, 0.0), [1.0, 0.0]),
        ((-0.2, 0.0), [-1.0, 0.0]),
        ((0.0, 1.0), [0.0, 1.0]),
        ((0.0, -3.0), [0.0, -1.0]),
        ((0.5, 1.0), [0.7071, 0.7071]),  # 10 m to the right and 10 m down
    ],
)
def test_on_surveyed_ground_the_usual_speed_is_metres(
    direction: tuple[float, float], velocity: list[float]
) -> None:
    assert velocity == expected(flow(LanePrior(WHOLE, direction, 10.0)), 0.5, 0.5)


@pytest.mark.parametrize(
    ("x", "class_id", "velocity"),
    [(0.25, 1, [1.0, 0.0]), (0.25, 2, [1.0, 0.0]), (0.75, 1, [0.0, 0.0]), (0.25, 0, [0.0, 0.0])],
    ids=["motorcycle in the lane", "car in the lane", "outside", "a person keeps to no lane"],
)
def test_only_vehicles_in_a_lane_are_expected_to_go_with_it(
    x: float, class_id: int, velocity: list[float]
) -> None:
    assert velocity == expected(flow(LanePrior(LEFT_HALF, (1.0, 0.0), 10.0)), x, 0.5, class_id)


def test_lanes_that_overlap_and_agree_are_averaged_and_opposite_ones_say_nothing() -> None:
    slow, fast = LanePrior(WHOLE, (1.0, 0.0), 8.0), LanePrior(LEFT_HALF, (1.0, 0.0), 12.0)
    against = LanePrior(LEFT_HALF, (-1.0, 0.0), 8.0)
    assert expected(flow(slow, fast), 0.25, 0.5) == [1.0, 0.0]
    assert expected(flow(slow, against), 0.25, 0.5) == [0.0, 0.0]
    assert expected(flow(slow, against), 0.75, 0.5) == [0.8, 0.0]


def test_without_a_survey_the_box_is_the_ruler() -> None:
    _, width, height = SIZES_M["motorcycle"]
    metres_high = height * TILT[1] + width * TILT[0]
    lanes = flow(LanePrior(WHOLE, (1.0, 0.0), 10.0), ground=False)
    assert expected(lanes, 0.5, 0.5, height=0.2) == [round(10.0 * 0.2 / metres_high, 4), 0.0]
    assert expected(lanes, 0.5, 0.5, height=0.1) == [round(10.0 * 0.1 / metres_high, 4), 0.0]


def test_without_a_survey_a_lane_into_the_depth_says_nothing() -> None:
    deep = LanePrior(WHOLE, (0.1, 1.0), 10.0)
    assert not flow(deep, ground=False)
    assert expected(flow(deep, ground=False), 0.5, 0.5) == [0.0, 0.0]
    assert flow(deep)


def test_no_lanes_no_flow() -> None:
    assert not flow()
    assert flow().horizon() is None


def test_beyond_the_horizon_nothing_is_expected() -> None:
    tilted = ((10.0, 0.0, 0.0), (0.0, 10.0, 0.0), (0.0, 1.0, -0.3))
    lanes = LaneFlow(Lanes((LanePrior(WHOLE, (0.0, 1.0), 10.0),), tilted), LABELS, ASPECT)
    assert expected(lanes, 0.5, 0.3) == [0.0, 0.0]
    assert any(expected(lanes, 0.5, 0.9))


@pytest.mark.parametrize(
    ("left", "velocity", "arrives"),
    [
        (0.0, (1.0, 0.0), True),
        (0.14, (1.0, 0.0), True),
        (0.16, (1.0, 0.0), False),
        (1.8, (1.0, 0.0), False),
        (1.8, (-1.0, 0.0), True),
        (0.0, (-1.0, 0.0), False),
        (0.0, (0.0, 0.0), False),
    ],
)
def test_who_could_have_come_in_since_the_last_frames_is_arriving(
    left: float, velocity: tuple[float, float], *, arrives: bool
) -> None:
    box = np.array([[left, 0.4, left + 0.2, 0.6]])
    assert flow().arriving(box, np.array([velocity]), 0.1).tolist() == [arrives]


unit = st.floats(0.0, 1.0)


@given(st.lists(st.tuples(unit, unit), min_size=1, max_size=20), st.floats(-1, 1), st.floats(-1, 1))
def test_what_is_expected_is_finite_bounded_and_only_inside(
    places: list[tuple[float, float]], dx: float, dy: float
) -> None:
    polygon = ((0.1, 0.2), (0.8, 0.1), (0.9, 0.9), (0.3, 0.7))
    tilted = ((10.0, 1.0, 0.0), (0.0, 10.0, 0.0), (0.1, 1.0, -0.3))
    lanes = LaneFlow(Lanes((LanePrior(polygon, (dx, dy), 80.0),), tilted), LABELS, ASPECT)
    at = np.array(places) * (ASPECT, 1.0)
    found = lanes.velocities(at, np.full(len(at), 0.1), np.ones(len(at), np.int64))
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= FASTEST
    for place, velocity in zip(places, found.tolist(), strict=True):
        assert inside(polygon, place) or velocity == [0.0, 0.0]
