import math

import pytest

from aggregator.reports.duplicates import Near, Spot, box_around, distance_m, suggestions

DAY = 86_400_000
HERE = Spot("a", "pothole", "transport", 16.4637, 107.5909, 100 * DAY)
NORTH_100_M = 100 / 111_195


def spot(id_: str, **fields: object) -> Spot:
    known: dict[str, object] = {
        "category": "pothole",
        "field": "transport",
        "lat": HERE.lat,
        "lon": HERE.lon,
        "occurred_ms": HERE.occurred_ms,
    }
    return Spot(id_, **(known | fields))  # type: ignore[arg-type]  # by name


def test_the_same_place_and_time_come_first_and_another_category_of_the_field_after() -> None:
    others = [
        spot("other-category", category="traffic-sign"),
        spot("day-before", occurred_ms=99 * DAY),
        spot("north", lat=HERE.lat + NORTH_100_M),
        spot("same"),
        HERE,
    ]
    found = suggestions(HERE, others)
    assert [each.id for each in found] == ["same", "day-before", "north", "other-category"]
    assert found[0].score == 1.0
    assert found[2].distance_m == pytest.approx(100, abs=0.1)
    assert not found[3].same_category


@pytest.mark.parametrize(
    "other",
    [
        spot("far", lat=HERE.lat + 2 * NORTH_100_M),
        spot("long-ago", occurred_ms=85 * DAY),
        spot("another-field", field="environment", category="waste"),
    ],
    ids=lambda each: each.id,
)
def test_what_is_far_or_long_ago_or_of_another_field_is_not_suggested(other: Spot) -> None:
    assert suggestions(HERE, [other]) == []


def test_suggestions_are_few() -> None:
    many = [spot(f"{number:03}") for number in range(50)]
    assert len(suggestions(HERE, many, Near(most=3))) == 3


def test_distances_are_those_of_the_globe() -> None:
    assert distance_m(0, 0, 0, 180) == pytest.approx(math.pi * 6_371_000)
    assert distance_m(21.0278, 105.8342, 10.7769, 106.7009) == pytest.approx(1_143_500, rel=0.01)


@pytest.mark.parametrize(("lat", "lon"), [(16.46, 107.59), (0.0, 0.0), (-45.0, 179.9), (80.0, 10.0)])
def test_the_box_holds_the_circle(lat: float, lon: float) -> None:
    box = box_around(lat, lon, 150)
    for bearing in range(0, 360, 15):
        step = 149 / 111_195
        north = lat + step * math.cos(math.radians(bearing))
        east = lon + step * math.sin(math.radians(bearing)) / max(math.cos(math.radians(lat)), 1e-9)
        assert distance_m(lat, lon, north, east) <= 150
        assert box.south <= north <= box.north
        assert box.west <= east <= box.east


def test_a_box_at_a_pole_is_the_whole_round() -> None:
    box = box_around(89.9999, 10, 150)
    assert box.east - box.west >= 360
