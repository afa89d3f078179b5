"""What a driver is: one file a driver, chosen by name in the configuration."""

from typing import Protocol

from edge_agent.sensors.reading import Reading


class SensorDriver(Protocol):
    """A sensor that can be asked. Used by one thread; opens its device at the first reading."""

    def read(self, at_s: float) -> tuple[Reading, ...]:
        """Ask the sensor once; may take as long as the device does.

        Args:
            at_s: now, on the monotonic clock; the readings carry it.

        Raises:
            SensorUnavailableError: no data this time.
        """

    def close(self) -> None:
        """Give the device back."""
