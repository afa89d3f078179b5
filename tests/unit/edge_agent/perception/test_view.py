import pytest

from edge_agent.perception.view import EVERYWHERE, HEADROOM, WHOLE, Box, Place, View, crop_box, pixels

FRAME = 16 / 9
YARD = Place(((0.40, 0.50), (0.60, 0.50), (0.60, 0.70), (0.40, 0.70)), 0.1)
ROAD = Place(((0.05, 0.80), (0.95, 0.80)), 0.1)
CORNER = Place(((0.0, 0.9), (0.1, 0.9), (0.1, 1.0)), 0.1)


def test_a_place_reaches_around_itself_and_higher_up() -> None:
    assert YARD.box == pytest.approx((0.30, 0.40 - HEADROOM, 0.70, 0.80))
    assert CORNER.box == pytest.approx((0.0, 0.80 - HEADROOM, 0.2, 1.0))


def test_the_box_of_a_view_holds_all_its_places() -> None:
    assert View((YARD, CORNER)).box == pytest.approx((0.0, 0.25, 0.70, 1.0))
    assert EVERYWHERE.box == WHOLE


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (EVERYWHERE, WHOLE),
        (View((YARD,)), (0.30, 0.25, 0.70, 0.80)),
        (View((YARD,), is_whole=True), WHOLE),
        (View((YARD,), shown=(0.1, 0.1, 0.9, 0.9)), (0.1, 0.1, 0.9, 0.9)),
        (View((YARD, ROAD)), WHOLE),
    ],
    ids=["nothing named", "small", "by hand whole", "by hand a box", "nearly everything"],
)
def test_a_crop_is_shown_where_it_is_much_smaller_than_the_picture(view: View, expected: Box) -> None:
    assert crop_box(view, FRAME) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place(((0.45, 0.3), (0.55, 0.3), (0.55, 0.7)), 0.0), 0.75),
        (Place(((0.0, 0.5), (0.6, 0.5), (0.6, 0.51)), 0.0), 1.8),
    ],
    ids=["high", "wide"],
)
def test_a_crop_is_made_nearly_square_where_its_places_are_not(place: Place, expected: float) -> None:
    x1, y1, x2, y2 = crop_box(View((place,)), FRAME)
    assert (x2 - x1) / (y2 - y1) * FRAME == pytest.approx(expected)
    assert 0 <= x1 <= place.box[0]
    assert 0 <= y1 <= place.box[1]
    assert place.box[2] <= x2 <= 1
    assert place.box[3] <= y2 <= 1


def test_a_wide_crop_at_the_edge_of_the_picture_stays_within_it() -> None:
    low = Place(((0.2, 0.99), (0.8, 0.99), (0.8, 1.0)), 0.0)
    x1, y1, x2, y2 = crop_box(View((low,)), FRAME)
    assert y2 == pytest.approx(1.0)
    assert (x1, x2) == (0.2, 0.8)
    assert y1 < 1 - HEADROOM


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (WHOLE, (0, 0, 100, 50)),
        ((0.101, 0.5, 0.499, 0.99), (10, 25, 50, 50)),
        ((0.5, 0.5, 0.5, 0.5), (50, 25, 51, 26)),
        ((1.0, 1.0, 1.0, 1.0), (99, 49, 100, 50)),
    ],
)
def test_a_box_in_pixels_holds_all_of_it_and_at_least_one(box: Box, expected: tuple[int, ...]) -> None:
    assert pixels(box, 100, 50) == expected
