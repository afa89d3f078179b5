from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.sensors.errors import SensorConfigError, SensorUnavailableError
from edge_agent.sensors.reading import Reading
from edge_agent.sensors.simulated import SimulatedOptions, SimulatedStation, mean_day, parse_options
from fleet.wire.measurements import load_catalogue

MIDNIGHT_IN_HANOI = datetime(2026, 3, 1, 17, tzinfo=UTC)


def day_of(options: SimulatedOptions) -> list[tuple[Reading, ...]]:
    """A whole day, one poll in five minutes."""
    minutes = iter(range(0, 24 * 60, 5))
    station = SimulatedStation(options, lambda: MIDNIGHT_IN_HANOI + timedelta(minutes=next(minutes)))
    return [station.read(float(n)) for n in range(24 * 12)]


def hour_of_extreme(day: list[tuple[Reading, ...]], position: int, *, highest: bool) -> float:
    values = [readings[position].value for readings in day]
    return values.index(max(values) if highest else min(values)) / 12


def test_day_is_warmest_after_noon_and_coolest_before_dawn() -> None:
    day = day_of(SimulatedOptions(seed=4))
    assert 12.5 <= hour_of_extreme(day, 0, highest=True) <= 16.5
    assert hour_of_extreme(day, 0, highest=False) <= 5.5
    assert 12.0 <= hour_of_extreme(day, 1, highest=False) <= 17.0


@pytest.mark.parametrize(("rush", "quiet"), [(7.5, 3.0), (18.5, 13.0)])
def test_rush_hours_show_in_the_dust(rush: float, quiet: float) -> None:
    options = SimulatedOptions()
    assert mean_day(options, rush)["pm25"] > 2 * mean_day(options, quiet)["pm25"]


def test_values_stay_believable_all_day() -> None:
    for temperature, humidity, pm25 in day_of(SimulatedOptions(seed=9)):
        assert 20.0 < temperature.value < 36.0
        assert 40.0 < humidity.value <= 100.0
        assert 5.0 < pm25.value < 150.0


def test_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert day_of(SimulatedOptions(seed=4)) == day_of(SimulatedOptions(seed=4))
    assert day_of(SimulatedOptions(seed=4)) != day_of(SimulatedOptions(seed=5))


def test_readings_carry_catalogued_names_and_the_time_of_the_poll() -> None:
    readings = day_of(SimulatedOptions())[3]
    assert [reading.at_s for reading in readings] == [3.0, 3.0, 3.0]
    assert {reading.name for reading in readings} <= load_catalogue().keys()


def test_sensor_that_drops_out_gives_no_reading_at_all() -> None:
    station = SimulatedStation(SimulatedOptions(dropout=1.0), lambda: MIDNIGHT_IN_HANOI)
    with pytest.raises(SensorUnavailableError, match="did not answer"):
        station.read(1.0)
    station.close()


def test_options_are_read() -> None:
    assert parse_options({"seed": 3, "dropout": 0.5}) == SimulatedOptions(seed=3, dropout=0.5)


@pytest.mark.parametrize("options", [{"sead": 3}, {"dropout": 2.0}, {"seed": "x"}])
def test_bad_options_are_refused_with_those_it_knows(options: Mapping[str, str | float]) -> None:
    with pytest.raises(SensorConfigError, match="it knows seed, mean_temperature_c"):
        parse_options(options)
