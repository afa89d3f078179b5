"""Whether a sensor's driver is there and it answers."""

import time
from datetime import UTC, datetime

from edge_agent.doctor.finding import Finding
from edge_agent.sensors.errors import SensorConfigError, SensorUnavailableError
from edge_agent.sensors.registry import make_driver
from fleet.wire.node_config import SensorSection


def check_sensor(section: SensorSection) -> Finding:
    """Ask the sensor once."""
    try:
        driver = make_driver(section.driver, section.options, lambda: datetime.now(tz=UTC))
    except SensorConfigError as error:
        return Finding("SENSOR", "bad_driver", section.id, {"detail": str(error)})
    try:
        readings = driver.read(time.monotonic())
    except SensorUnavailableError as error:
        return Finding("SENSOR", "no_data", section.id, {"detail": str(error)})
    finally:
        driver.close()
    if not readings:
        return Finding("SENSOR", "no_data", section.id, {"detail": "it answered without a value"})
    shown = ", ".join(f"{reading.name} {reading.value:g}" for reading in readings)
    return Finding("SENSOR", "ok", section.id, {"readings": shown})
