import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge_agent.scene.geometry import (
    BACKWARD,
    FORWARD,
    Crossing,
    Point,
    crossing,
    edge_distance,
    inside,
    polygon_problem,
    segments_meet,
    side,
    signed_area,
)

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
UPRIGHT = ((0.5, 0.1), (0.5, 0.9))

shares = st.integers(0, 1000).map(lambda n: n / 1000)
points = st.tuples(shares, shares)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param((0.4, 0.5), (0.6, 0.5), BACKWARD, id="left to right over a downward line"),
        pytest.param((0.6, 0.5), (0.4, 0.5), FORWARD, id="right to left over a downward line"),
        pytest.param((0.4, 0.95), (0.6, 0.95), None, id="below the segment's end"),
        pytest.param((0.4, 0.05), (0.6, 0.05), None, id="above the segment's start"),
        pytest.param((0.4, 0.85), (0.6, 0.96), None, id="aslant past the end"),
        pytest.param((0.4, 0.9), (0.6, 0.9), BACKWARD, id="over the very end"),
        pytest.param((0.4, 0.2), (0.45, 0.8), None, id="along one side"),
        pytest.param((0.5, 0.2), (0.5, 0.8), None, id="along the line"),
        pytest.param((0.5, 0.5), (0.4, 0.5), FORWARD, id="from the line to the positive side"),
        pytest.param((0.5, 0.5), (0.6, 0.5), None, id="from the line to the negative side"),
        pytest.param((0.4, 0.5), (0.5, 0.5), BACKWARD, id="from the positive side onto the line"),
        pytest.param((0.6, 0.5), (0.5, 0.5), None, id="from the negative side onto the line"),
        pytest.param((0.4, 0.5), (0.4, 0.5), None, id="standing still"),
    ],
)
def test_a_step_crosses_the_segment_and_not_its_extension(
    before: Point, after: Point, expected: int | None
) -> None:
    found = crossing(*UPRIGHT, before, after)
    assert expected == (found.direction if found else None)


def test_a_crossing_tells_how_far_the_step_had_come() -> None:
    found = crossing(*UPRIGHT, (0.4, 0.5), (0.8, 0.5))
    assert found is not None
    assert math.isclose(0.25, found.share)


@given(points, points, points, points)
def test_the_way_back_crosses_the_other_way(start: Point, end: Point, before: Point, after: Point) -> None:
    assume(start != end and side(start, end, before) != 0 and side(start, end, after) != 0)
    there, back = crossing(start, end, before, after), crossing(start, end, after, before)
    if there is None or back is None:
        # Only where the path meets the very end of the segment may rounding decide differently.
        assume(there is None and back is None)
        return
    assert there.direction == -back.direction


@given(points, points, st.lists(points, min_size=2, max_size=12))
def test_a_walk_over_an_endless_line_balances(start: Point, end: Point, walk: list[Point]) -> None:
    assume(math.dist(start, end) > 0.01)
    dx, dy = end[0] - start[0], end[1] - start[1]
    far_start = (start[0] - 1000 * dx, start[1] - 1000 * dy)
    far_end = (start[0] + 1000 * dx, start[1] + 1000 * dy)
    steps = [crossing(far_start, far_end, a, b) for a, b in pairwise(walk)]
    net = sum(step.direction for step in steps if step)
    ends = [side(far_start, far_end, point) > 0 for point in (walk[0], walk[-1])]
    assert int(ends[1]) - int(ends[0]) == net


def test_crossing_values_compare() -> None:
    assert Crossing(FORWARD, 0.5) == Crossing(FORWARD, 0.5)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ((0.5, 0.5), True),
        ((0.1, 0.5), False),
        ((0.9, 0.5), False),
        ((0.5, 0.1), False),
        ((0.5, 0.9), False),
        ((0.2, 0.5), True),
        ((0.8, 0.5), False),
    ],
)
def test_a_point_is_inside_a_square(point: Point, *, expected: bool) -> None:
    assert expected == inside(SQUARE, point)


def test_a_notch_is_outside() -> None:
    notched = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.3), (0.0, 1.0))
    assert not inside(notched, (0.5, 0.8))
    assert inside(notched, (0.5, 0.2))


@given(point=points, shift=st.integers(0, 3), turned=st.booleans())
def test_neither_the_first_corner_nor_the_rotation_matters(point: Point, shift: int, *, turned: bool) -> None:
    assume(all(coordinate not in {0.2, 0.8} for coordinate in point))
    corners = SQUARE[shift:] + SQUARE[:shift]
    polygon = corners[::-1] if turned else corners
    assert inside(SQUARE, point) == inside(polygon, point)


@pytest.mark.parametrize(
    ("polygon", "words"),
    [
        (((0.1, 0.1), (0.9, 0.9)), "2 corners"),
        (((0.1, 0.1), (0.9, 0.1), (0.9, 0.1), (0.5, 0.9)), "corners 2 and 3 are the same"),
        (((0.1, 0.1), (0.9, 0.1), (0.5, 0.9), (0.1, 0.1)), "corners 4 and 1 are the same"),
        (((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)), "corner 1 and from corner 3 cross"),
        (((0.1, 0.1), (0.5, 0.5), (0.9, 0.9)), "cross"),
        (((0.1, 0.1), (0.9, 0.1), (0.5, 0.1), (0.5, 0.9)), "cross"),
        (((0.1, 0.1), (0.5, 0.5), (0.9, 0.1), (0.9, 0.9), (0.5, 0.5), (0.1, 0.9)), "cross"),
        (((0.1, 0.1), (0.1001, 0.1), (0.1, 0.1001)), "no area"),
    ],
)
def test_a_polygon_that_is_no_area_is_told_why(polygon: tuple[Point, ...], words: str) -> None:
    assert words in (polygon_problem(polygon) or "")


@pytest.mark.parametrize("polygon", [SQUARE, SQUARE[::-1], ((0.0, 0.0), (1.0, 0.0), (0.5, 0.1), (0.5, 1.0))])
def test_a_good_polygon_has_no_problem(polygon: tuple[Point, ...]) -> None:
    assert polygon_problem(polygon) is None


@given(st.integers(3, 12), st.floats(0.05, 0.4), points)
def test_regular_polygons_are_good_and_hold_their_middle(n: int, radius: float, middle: Point) -> None:
    angles = [2 * math.pi * index / n for index in range(n)]
    polygon = tuple((middle[0] + radius * math.cos(a), middle[1] + radius * math.sin(a)) for a in angles)
    assert polygon_problem(polygon) is None
    assert inside(polygon, middle)
    assert signed_area(polygon) > 0


@given(points, points, points, points)
def test_meeting_does_not_depend_on_the_order_of_points(a: Point, b: Point, c: Point, d: Point) -> None:
    assert segments_meet(a, b, c, d) == segments_meet(c, d, a, b)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (((0.0, 1.0), (1.0, 0.0)), True),
        (((0.5, 0.5), (1.0, 0.0)), True),
        (((0.2, 0.2), (0.4, 0.4)), True),
        (((0.0, 0.1), (0.4, 0.5)), False),
        (((0.6, 0.5), (1.0, 0.5)), False),
        (((1.1, 1.1), (1.2, 1.2)), False),
    ],
)
def test_segments_meet(other: tuple[Point, Point], *, expected: bool) -> None:
    assert expected == segments_meet((0.0, 0.0), (1.0, 1.0), *other)


@pytest.mark.parametrize(
    ("point", "aspect", "expected"),
    [
        ((0.5, 0.5), 1.0, 0.3),
        ((0.3, 0.5), 1.0, 0.1),
        ((0.3, 0.5), 2.0, 0.2),
        ((0.1, 0.5), 1.0, 0.1),
        ((0.2, 0.4), 1.0, 0.0),
        ((0.9, 0.9), 1.0, 2**0.5 / 10),
    ],
)
def test_how_far_a_point_is_from_the_edge(point: Point, aspect: float, expected: float) -> None:
    square = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
    assert edge_distance(square, point, aspect) == pytest.approx(expected)
