import pytest

from fleet.wire.measurements import load_catalogue
from provisioning.grafana.units import unit_of


@pytest.mark.parametrize("measurement", load_catalogue())
def test_every_unit_of_the_catalogue_has_one_in_grafana(measurement: str) -> None:
    assert unit_of(measurement)


def test_events_are_counted() -> None:
    assert unit_of("events") == "short"
