import math
from dataclasses import replace
from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.scene.errors import SceneError
from edge_agent.scene.homography import SURVEY_M, Ground, fit_ground

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


@given(st.floats(-180, 180), st.floats(-500, 500), st.floats(-500, 500), st.floats(0.1, 50))
def test_lengths_do_not_depend_on_where_north_is(
    turn: float, east: float, north: float, scale: float
) -> None:
    """A survey may have any origin and any orientation; its lengths are those of the tape."""
    cos, sin = scale * math.cos(math.radians(turn)), scale * math.sin(math.radians(turn))
    turned = tuple((x, y, east + cos * e - sin * n, north + sin * e + cos * n) for x, y, e, n in ROAD)
    plain = fit_ground(ROAD).metres_between((0.4, 0.5), (0.7, 0.9))
    found = fit_ground(turned).metres_between((0.4, 0.5), (0.7, 0.9))
    assert plain is not None
    assert found == pytest.approx(scale * plain, rel=1e-5)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (ROAD, False),
        (tuple((x, y, n, e) for x, y, e, n in ROAD), True),
        (tuple((x, y, -e, n) for x, y, e, n in ROAD), True),
        (tuple((x, y, -e, -n) for x, y, e, n in ROAD), False),
    ],
)
def test_a_survey_that_shows_the_ground_from_below_is_told(
    points: tuple[tuple[float, float, float, float], ...], *, expected: bool
) -> None:
    assert expected == fit_ground(points).is_mirrored


@given(st.floats(0.05, 0.95), st.floats(0.4, 1.0))
def test_picture_noise_moves_a_position_as_far_as_said(x: float, y: float) -> None:
    ground = fit_ground(ROAD)
    still, shaken = ground.error_m((x, y), (0.0, 0.0)), ground.error_m((x, y), (0.0, 1e-3))
    moved = ground.metres_between((x, y - 5e-4), (x, y + 5e-4))
    assert still is not None
    assert shaken is not None
    assert math.sqrt(shaken**2 - still**2) == pytest.approx(moved, rel=1e-3)


def test_positions_are_surest_near_and_among_the_surveyed_points() -> None:
    ground = fit_ground(ROAD)
    errors = [ground.error_m((0.5, y), (0.001, 0.001)) for y in (0.9, 0.6, 0.2)]
    assert errors == sorted(error for error in errors if error is not None)
    assert ground.error_m((0.5, -0.2), (0.001, 0.001)) is None
    assert ground.length_error_m((0.5, 0.5), (0.5, -0.2)) is None
    assert ground.length_error_m((0.5, 0.5), (0.5, 0.5)) is None


@pytest.mark.parametrize("more", [(), ((0.5, 0.45), (0.4, 0.6), (0.7, 0.8), (0.2, 0.9))])
def test_errors_of_the_survey_are_as_large_as_said(more: tuple[tuple[float, float], ...]) -> None:
    """80 surveys with errors of 0.3 m give the spread that is foretold, within what chance allows."""
    truth = fit_ground(ROAD)
    points = (*((x, y) for x, y, _, _ in ROAD), *more)
    places = [truth.to_metres(point) or (math.nan, math.nan) for point in points]
    foretold = _ground_of_survey(points, places, survey_m=0.3)
    rng, here, there = np.random.default_rng(7), (0.5, 0.75), (0.6, 0.4)
    positions, lengths = [], []
    for _ in range(80):
        noise = rng.normal(0, 0.3, (len(points), 2)).tolist()
        ground = fit_ground(
            [(*p, e + a, n + b) for p, (e, n), (a, b) in zip(points, places, noise, strict=True)]
        )
        positions.append(ground.to_metres(here))
        lengths.append(ground.metres_between(here, there))
    spread = math.sqrt(np.array(positions).var(axis=0).sum())
    assert foretold.error_m(here, (0.0, 0.0)) == pytest.approx(spread, rel=0.25)
    assert foretold.length_error_m(here, there) == pytest.approx(float(np.std(lengths)), rel=0.25)


def _ground_of_survey(
    points: tuple[tuple[float, float], ...], places: list[tuple[float, float]], survey_m: float
) -> Ground:
    """A survey without errors, and the covariance that errors of this size would leave."""
    surveyed = [(*point, *place) for point, place in zip(points, places, strict=True)]
    fitted = fit_ground(surveyed)
    assert fitted.survey_m == SURVEY_M
    return replace(fitted, covariance=fitted.covariance * (survey_m / SURVEY_M) ** 2)


def test_the_residuals_of_many_points_show_how_well_they_were_surveyed() -> None:
    truth = fit_ground(ROAD)
    rng, survey = np.random.default_rng(3), []
    for x, y in [(x, y) for x in (0.1, 0.3, 0.5, 0.7, 0.9) for y in (0.4, 0.6, 0.8, 1.0)]:
        east, north = truth.to_metres((x, y)) or (math.nan, math.nan)
        survey.append((x, y, east + rng.normal(0, 0.4), north + rng.normal(0, 0.4)))
    assert fit_ground(survey).survey_m == pytest.approx(0.4, rel=0.3)
    assert fit_ground(ROAD).survey_m == SURVEY_M


@pytest.mark.parametrize(
    "points",
    [
        pytest.param(
            ((0.1, 0.5, 0.0, 0.0), (0.5, 0.5, 5.0, 0.0), (0.9, 0.5, 9.0, 0.0), (0.5, 0.9, 5.0, 5.0))
        ),
        pytest.param(
            ((0.1, 0.5, 0.0, 0.0), (0.1, 0.5, 5.0, 0.0), (0.9, 0.5, 9.0, 0.0), (0.5, 0.9, 5.0, 5.0))
        ),
        pytest.param(
            ((0.1, 0.5, 0.0, 0.0), (0.5, 0.6, 0.0, 0.0), (0.9, 0.5, 9.0, 0.0), (0.5, 0.9, 5.0, 5.0))
        ),
    ],
    ids=["three on a line", "one point of the picture twice", "one place twice"],
)
def test_points_that_leave_the_plane_open_are_refused(
    points: tuple[tuple[float, float, float, float], ...],
) -> None:
    with pytest.raises(SceneError, match=r"\[homography\]"):
        fit_ground(points)
