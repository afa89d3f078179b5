import pytest

from edge_agent.doctor.sensor import check_sensor
from fleet.wire.node_config import SensorSection


@pytest.mark.parametrize(
    ("driver", "options", "outcome"),
    [
        ("simulated", {}, "ok"),
        ("simulated", {"dropout": 1.0}, "no_data"),
        ("simulated", {"sead": 1}, "bad_driver"),
        ("bme280", {}, "bad_driver"),
    ],
)
def test_sensor_is_asked_once(
    driver: str, options: dict[str, str | int | float | bool], outcome: str
) -> None:
    finding = check_sensor(SensorSection(id="air", driver=driver, options=options))
    assert (finding.outcome, finding.subject) == (outcome, "air")


def test_readings_are_shown() -> None:
    finding = check_sensor(SensorSection(id="air", driver="simulated"))
    assert finding.values["readings"].startswith("temperature ")
