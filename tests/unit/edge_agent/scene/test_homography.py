from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.scene.errors import SceneError
from edge_agent.scene.homography import fit_ground

ROAD = ((0.3, 0.3, 0.0, 40.0), (0.7, 0.3, 10.0, 40.0), (1.0, 1.0, 10.0, 0.0), (0.0, 1.0, 0.0, 0.0))
"""A road of 10 m that runs away from the camera for 40 m."""


def test_four_points_are_met_exactly() -> None:
    ground = fit_ground(ROAD)
    found = [ground.to_metres((x, y)) for x, y, _, _ in ROAD]
    assert [pytest.approx((east, north), abs=1e-6) for _, _, east, north in ROAD] == found
    assert ground.rms_m < 1e-6


@given(st.floats(0.05, 0.95), st.floats(0.35, 1.0))
def test_there_and_back_is_the_same_point(x: float, y: float) -> None:
    ground = fit_ground(ROAD)
    place = ground.to_metres((x, y))
    assert place is not None
    back = ground.to_picture(place)
    assert back is not None
    assert isclose(back[0], x, abs_tol=1e-6)
    assert isclose(back[1], y, abs_tol=1e-6)


def test_the_sky_is_not_on_the_ground() -> None:
    assert fit_ground(ROAD).to_metres((0.5, -0.2)) is None


def test_a_fifth_point_shows_how_well_the_survey_fits() -> None:
    ground = fit_ground((*ROAD, (0.5, 0.5, 5.0, 23.0)))
    assert 0.1 < ground.rms_m < 20
    assert len(ground.residuals_m) == 5


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (ROAD[:3], "at least 4"),
        (tuple((x, 0.5, x, 1.0) for x in (0.1, 0.2, 0.3, 0.4)), "on a line"),
        ((ROAD[0],) * 4, "on a line"),
        ((ROAD[0], ROAD[1], (*ROAD[2][:2], 0.0, 0.0), (*ROAD[3][:2], 10.0, 0.0)), "horizon"),
    ],
)
def test_a_survey_that_gives_no_plane_is_refused(
    points: tuple[tuple[float, float, float, float], ...], words: str
) -> None:
    with pytest.raises(SceneError, match=words):
        fit_ground(points)
