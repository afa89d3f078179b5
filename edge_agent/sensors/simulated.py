"""A simulated weather and air station with a believable day.

Warmest in the early afternoon and coolest before dawn, humidity against temperature, PM2.5 with a peak in
each rush hour; noise that drifts as real air does. The same seed and times give the same values.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Annotated

import msgspec

from edge_agent.sensors.errors import SensorConfigError, SensorUnavailableError
from edge_agent.sensors.reading import Reading

_WARMEST_H = 14.5
_RUSH_HOURS = ((7.5, 1.3), (18.5, 1.8))  # hour, width of the peak in hours
_DRIFT_KEPT = 0.9  # share of the last deviation that is still in the next


class SimulatedOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`options` of a simulated sensor: its mean day, its seed, and how often it fails to answer."""

    seed: int = 1
    mean_temperature_c: Annotated[float, msgspec.Meta(ge=-30, le=50)] = 28.0
    swing_c: Annotated[float, msgspec.Meta(ge=0, le=20)] = 4.0
    mean_humidity: Annotated[float, msgspec.Meta(ge=0, le=100)] = 76.0
    background_pm25: Annotated[float, msgspec.Meta(ge=0, le=500)] = 18.0
    rush_pm25: Annotated[float, msgspec.Meta(ge=0, le=500)] = 30.0
    dropout: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    utc_offset_h: Annotated[float, msgspec.Meta(ge=-12, le=14)] = 7.0


class SimulatedStation:
    """A driver that needs no device.

    Args:
        options: from `parse_options`.
        utc_now: wall clock, which decides the hour of the simulated day.
    """

    def __init__(self, options: SimulatedOptions, utc_now: Callable[[], datetime]) -> None:
        self._options = options
        self._utc_now = utc_now
        self._rng = Random(options.seed)  # noqa: S311 - noise of a simulation
        self._drift = {"temperature": 0.0, "humidity": 0.0, "pm25": 0.0}

    def read(self, at_s: float) -> tuple[Reading, ...]:
        """Temperature, humidity and PM2.5 of the simulated moment.

        Raises:
            SensorUnavailableError: as often as the option `dropout` says.
        """
        if self._rng.random() < self._options.dropout:
            raise SensorUnavailableError("the simulated sensor did not answer; set its option dropout to 0")
        local = self._utc_now() + timedelta(hours=self._options.utc_offset_h)
        hour = local.hour + local.minute / 60 + local.second / 3600
        values = mean_day(self._options, hour)
        temperature = values["temperature"] + self._drifted("temperature", 0.15)
        humidity = min(100.0, max(5.0, values["humidity"] + self._drifted("humidity", 0.8)))
        pm25 = values["pm25"] * math.exp(self._drifted("pm25", 0.06))
        return (
            Reading("temperature", round(temperature, 1), 0, at_s),
            Reading("humidity", round(humidity, 1), 0, at_s),
            Reading("pm25", round(pm25, 1), 0, at_s),
        )

    def close(self) -> None:
        """Nothing is open."""

    def _drifted(self, name: str, spread: float) -> float:
        self._drift[name] = _DRIFT_KEPT * self._drift[name] + self._rng.gauss(0.0, spread)
        return self._drift[name]


def parse_options(options: Mapping[str, str | int | float | bool]) -> SimulatedOptions:
    """Read the options of the configuration.

    Raises:
        SensorConfigError: an option is unknown or out of bounds.
    """
    try:
        return msgspec.convert(options, type=SimulatedOptions)
    except msgspec.ValidationError as error:
        known = ", ".join(SimulatedOptions.__struct_fields__)
        raise SensorConfigError(f"options of a simulated sensor: {error}; it knows {known}") from error


def mean_day(options: SimulatedOptions, hour: float) -> dict[str, float]:
    """Values without noise at an hour (0-24) of the local day, by name of the measurement."""
    warmth = math.cos((hour - _WARMEST_H) / 24 * 2 * math.pi)
    rush = sum(math.exp(-(((hour - peak) / width) ** 2)) for peak, width in _RUSH_HOURS)
    return {
        "temperature": options.mean_temperature_c + options.swing_c * warmth,
        "humidity": options.mean_humidity - 3.0 * options.swing_c * warmth,
        "pm25": options.background_pm25 + options.rush_pm25 * rush,
    }
