from math import isclose

import pytest

from edge_agent.scene.homography import fit_ground
from edge_agent.scene_tools.ground_grid import MOST_LINES, ground_grid

ROAD = ((0.3, 0.3, 0.0, 40.0), (0.7, 0.3, 10.0, 40.0), (1.0, 1.0, 10.0, 0.0), (0.0, 1.0, 0.0, 0.0))


@pytest.mark.parametrize("scale", [0.05, 0.5, 1.0, 8.0])
def test_every_piece_lies_on_a_round_metre(scale: float) -> None:
    points = tuple((x, y, east * scale, north * scale) for x, y, east, north in ROAD)
    ground = fit_ground(points)
    grid = ground_grid(ground, points)
    assert 0 < len(grid.labels) <= 2 * MOST_LINES + 2
    for one, other in grid.segments:
        a, b = ground.to_metres(one), ground.to_metres(other)
        assert a is not None
        assert b is not None
        same = [u for u, v in zip(a, b, strict=True) if isclose(u, v, abs_tol=1e-6 * scale + 1e-9)]
        assert any(isclose(u / grid.step_m, round(u / grid.step_m), abs_tol=1e-4) for u in same)


def test_nothing_is_drawn_far_outside_the_picture() -> None:
    grid = ground_grid(fit_ground(ROAD), ROAD)
    assert all(-0.2 <= value <= 1.2 for segment in grid.segments for point in segment for value in point)
