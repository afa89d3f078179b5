from datetime import UTC, datetime

import pytest

from edge_agent.sensors.errors import SensorConfigError
from edge_agent.sensors.registry import make_driver
from edge_agent.sensors.simulated import SimulatedStation

NOON = datetime(2026, 3, 1, 5, tzinfo=UTC)


def test_driver_is_found_by_name() -> None:
    assert isinstance(make_driver("simulated", {"seed": 2}, lambda: NOON), SimulatedStation)


def test_unknown_driver_is_refused_with_those_there_are() -> None:
    with pytest.raises(SensorConfigError, match='no sensor driver "bme-280"; use one of: simulated'):
        make_driver("bme-280", {}, lambda: NOON)
