import pytest

from aggregator.places.cameras import METRES_A_DEGREE, CameraPlace

NORTH = CameraPlace("n", "c", lat=0.0, lon=0.0, heading_deg=0.0, fov_deg=90.0, range_m=100.0)


def place(north_m: float, east_m: float) -> tuple[float, float]:
    return north_m / METRES_A_DEGREE, east_m / METRES_A_DEGREE


@pytest.mark.parametrize(
    ("north_m", "east_m", "sees"),
    [
        (50, 0, True),
        (101, 0, False),
        (50, 49, True),
        (50, 51, False),
        (-10, 0, False),
        (0, 0, True),
    ],
)
def test_a_camera_sees_its_sector(north_m: float, east_m: float, sees: bool) -> None:  # noqa: FBT001
    assert sees == NORTH.sees(*place(north_m, east_m))


def test_slack_widens_the_range() -> None:
    assert NORTH.sees(*place(120, 0), slack_m=25)


def test_a_camera_that_sees_all_around_has_no_corner() -> None:
    dome = CameraPlace("n", "c", lat=0.0, lon=0.0, fov_deg=360.0, range_m=100.0)
    assert dome.sees(*place(-50, 10))
    assert (0.0, 0.0) not in dome.outline()
    assert NORTH.outline()[0] == (0.0, 0.0)


def test_a_camera_that_was_not_placed_sees_nothing() -> None:
    nowhere = CameraPlace("n", "c")
    assert not nowhere.sees(0.0, 0.0)
    assert nowhere.outline() == ()


def test_a_view_across_north_is_one_view() -> None:
    camera = CameraPlace("n", "c", lat=0.0, lon=0.0, heading_deg=350.0, fov_deg=60.0, range_m=100.0)
    assert camera.sees(*place(50, 10))
    assert not camera.sees(*place(50, 25))
