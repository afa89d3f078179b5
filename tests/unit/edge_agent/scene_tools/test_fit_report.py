import pytest

from edge_agent.scene.homography import Surveyed
from edge_agent.scene_tools.fit_report import hull, report_fit, thinness

ROAD: tuple[Surveyed, ...] = (
    (0.3, 0.3, 0.0, 40.0),
    (0.7, 0.3, 10.0, 40.0),
    (1.0, 1.0, 10.0, 0.0),
    (0.0, 1.0, 0.0, 0.0),
)


def on_the_road(east: float, north: float) -> Surveyed:
    """A point of the same road, where the camera shows it."""
    ground = report_fit(ROAD).ground
    place = ground.to_picture((east, north))
    assert place is not None
    return (*place, east, north)


GOOD = (*ROAD, on_the_road(5.0, 20.0), on_the_road(2.0, 5.0), on_the_road(8.0, 30.0))


def test_a_good_survey_has_small_errors_and_no_warning() -> None:
    report = report_fit(GOOD)
    assert (report.ground.rms_m < 1e-6, report.warnings) == (True, ())
    assert all(each.left_out_m is not None and each.left_out_m < 1e-6 for each in report.points)
    assert report.left_out_rms_m == pytest.approx(0.0, abs=1e-6)


def test_four_points_judge_nothing() -> None:
    report = report_fit(ROAD)
    assert (report.left_out_rms_m, [each.left_out_m for each in report.points]) == (None, [None] * 4)
    assert "survey two more" in report.warnings[0]


def test_a_point_that_was_read_wrongly_is_named() -> None:
    x, y, east, north = GOOD[5]
    report = report_fit((*GOOD[:5], (x, y, east + 6.0, north), GOOD[6]))
    assert any("without point 6 the others agree" in warning for warning in report.warnings)
    assert report.points[5].left_out_m == pytest.approx(6.0, abs=1e-6)


def test_near_is_finer_than_far() -> None:
    scales = [each.metres_a_pixel for each in report_fit(GOOD).points]
    assert scales[0] is not None
    assert scales[2] is not None
    assert scales[0] > 5 * scales[2]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (tuple((0.4 + x * 0.05, 0.4 + y * 0.05, e, n) for x, y, e, n in GOOD), "of the picture"),
        (tuple((x, y, e * 0.04, n) for x, y, e, n in GOOD), "on the ground"),
        (tuple((x, 0.5 + 0.1 * y, e, n * 0.5) for x, y, e, n in GOOD), "in the picture"),
        (tuple((x, y, n, e) for x, y, e, n in GOOD), "as from below"),
    ],
)
def test_bad_geometry_is_told(points: tuple[Surveyed, ...], words: str) -> None:
    assert any(words in warning for warning in report_fit(points).warnings)


def test_the_hull_is_the_outline() -> None:
    square = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    assert set(hull([*square, (0.5, 0.5), (0.5, 0.0)])) == set(square)
    assert hull([(0.0, 0.0), (1.0, 1.0)]) == ((0.0, 0.0), (1.0, 1.0))
    assert thinness(square) == pytest.approx(0.5)
    assert thinness([(0.0, 0.0)]) == 0.0
