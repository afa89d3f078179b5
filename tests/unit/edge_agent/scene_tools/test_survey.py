import pytest

from edge_agent.scene_tools.errors import SurveyError
from edge_agent.scene_tools.survey import metres_from, parse_origin, parse_point, parse_points, surveyed

DA_NANG = (16.0544, 108.2022)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("x,y,east,north\n0.1,0.2,3,4.5\n", False),
        ("\ufeffname;X;Y;East_m;North_m\nkerb;0.1;0.2;3;4.5\n", False),
        ("# survey of May\nx\ty\tlat\tlon\n0.1\t0.2\t3\t4.5\n\n", True),
        ("lon,latitude,y,x\n4.5,3,0.2,0.1\n", True),
    ],
)
def test_columns_are_found_by_name(text: str, degrees: bool) -> None:  # noqa: FBT001 - a column of the table
    assert parse_points(text, "p.csv") == ([(0.1, 0.2, 3.0, 4.5)], degrees)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "x,y,east,north"),
        ("x,y,east,north\n1,2,3\n", "row 2: has 3 values"),
        ("x,y,east,north\n1,2,3,four\n", "'four' is no number"),
        ("x,y,east,north\n1,2,3,nan\n", "'nan' is no number"),
    ],
)
def test_a_bad_table_is_told_with_its_row(text: str, words: str) -> None:
    with pytest.raises(SurveyError, match=words):
        parse_points(text, "p.csv")


def test_a_point_and_an_origin_are_read() -> None:
    assert parse_point("0.1, 0.2,3,-4") == (0.1, 0.2, 3.0, -4.0)
    assert parse_origin("16.0544,108.2022") == DA_NANG
    with pytest.raises(SurveyError, match="3 values"):
        parse_point("1,2,3")
    with pytest.raises(SurveyError, match="LAT,LON"):
        parse_origin("16")


def test_degrees_are_metres_of_the_ellipsoid() -> None:
    """By the series of the WGS 84 ellipsoid, a minute of arc at 16.0544° N is 1,844.3 m and 1,783.7 m."""
    minute = 1 / 60
    east, north = metres_from(DA_NANG, (DA_NANG[0] + minute, DA_NANG[1] + minute))
    assert (east, north) == (pytest.approx(1783.7, abs=1.0), pytest.approx(1844.3, abs=1.0))


def test_points_become_shares_and_metres() -> None:
    points = [(192.0, 108.0, 5.0, 6.0)]
    assert surveyed(points, degrees=False, origin=None, size=(1920, 1080)) == ((0.1, 0.1, 5.0, 6.0),)
    first, second = surveyed(
        [(0.1, 0.1, *DA_NANG), (0.2, 0.2, DA_NANG[0] + 0.0001, DA_NANG[1])],
        degrees=True,
        origin=None,
        size=None,
    )
    assert (first[2:], second[2:]) == ((0.0, 0.0), (0.0, pytest.approx(11.07, abs=0.01)))


@pytest.mark.parametrize(
    ("point", "degrees", "words"),
    [
        ((100.0, 0.1, 0.0, 0.0), False, "--size"),
        ((0.1, 0.1, 108.2, 16.0), True, "latitude comes first"),
        ((0.1, 0.1, 20.0, 108.0), True, "km from the origin"),
    ],
)
def test_points_out_of_range_are_refused(
    point: tuple[float, float, float, float],
    degrees: bool,  # noqa: FBT001 - a column of the table
    words: str,
) -> None:
    with pytest.raises(SurveyError, match=words):
        surveyed([point], degrees=degrees, origin=DA_NANG, size=None)
