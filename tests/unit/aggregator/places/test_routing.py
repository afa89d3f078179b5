from datetime import date

import pytest

from aggregator.places.routing import Route, agency_for

OLD, NEW = date(2025, 6, 1), date(2025, 8, 1)
MERGER = date(2025, 7, 1)
ROUTES = (
    Route("1", "*", "", "city-hall", date(2020, 1, 1)),
    Route("2", "traffic", "province", "police", date(2020, 1, 1)),
    Route("3", "*", "commune", "commune-hall", date(2020, 1, 1)),
    Route("4", "traffic", "commune", "district-police", date(2020, 1, 1), MERGER),
    Route("5", "traffic", "commune", "commune-police", MERGER),
)


@pytest.mark.parametrize(
    ("category", "path", "at", "agency"),
    [
        ("traffic", ("commune", "province"), OLD, "district-police"),
        ("traffic", ("commune", "province"), MERGER, "commune-police"),
        ("waste", ("commune", "province"), NEW, "commune-hall"),
        ("traffic", ("other", "province"), NEW, "police"),
        ("waste", ("other", "province"), NEW, "city-hall"),
        ("traffic", (), NEW, "city-hall"),
        ("traffic", ("commune",), date(2019, 1, 1), ""),
    ],
)
def test_the_nearest_route_of_the_day_counts(
    category: str, path: tuple[str, ...], at: date, agency: str
) -> None:
    assert agency == agency_for(ROUTES, category, path, at)
