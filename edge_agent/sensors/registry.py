"""Drivers by the name that the configuration uses."""

from collections.abc import Callable, Mapping
from datetime import datetime

from edge_agent.sensors import simulated
from edge_agent.sensors.driver import SensorDriver
from edge_agent.sensors.errors import SensorConfigError

Options = Mapping[str, str | int | float | bool]
DriverFactory = Callable[[Options, Callable[[], datetime]], SensorDriver]


def _simulated(options: Options, utc_now: Callable[[], datetime]) -> SensorDriver:
    return simulated.SimulatedStation(simulated.parse_options(options), utc_now)


DRIVERS: Mapping[str, DriverFactory] = {"simulated": _simulated}


def make_driver(
    name: str,
    options: Options,
    utc_now: Callable[[], datetime],
    drivers: Mapping[str, DriverFactory] = DRIVERS,
) -> SensorDriver:
    """The driver of that name.

    Raises:
        SensorConfigError: there is none, or it refuses the options.
    """
    factory = drivers.get(name)
    if factory is None:
        raise SensorConfigError(
            f'there is no sensor driver "{name}"; use one of: {", ".join(sorted(drivers))}'
        )
    return factory(options, utc_now)
