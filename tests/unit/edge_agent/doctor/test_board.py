from datetime import UTC, datetime

import pytest

from edge_agent.control.clock_sync import KernelClock
from edge_agent.doctor.board import clock, power, temperature

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("throttled", "outcome"),
    [
        (None, "unknown"),
        ((), "ok"),
        (("throttled",), "ok"),
        (("under-voltage since boot",), "was_under_voltage"),
        (("under-voltage", "under-voltage since boot"), "under_voltage"),
    ],
)
def test_power_is_judged_by_the_firmware(throttled: tuple[str, ...] | None, outcome: str) -> None:
    assert power(throttled).outcome == outcome


@pytest.mark.parametrize(
    ("celsius", "outcome"), [(None, "unknown"), (55.0, "ok"), (75.0, "warm"), (84.9, "warm"), (85.0, "hot")]
)
def test_temperature_is_judged(celsius: float | None, outcome: str) -> None:
    assert temperature(celsius).outcome == outcome


@pytest.mark.parametrize(
    ("synced", "utc", "outcome"),
    [(1, NOW, "ok"), (0, NOW, "unsynced"), (1, datetime(1970, 1, 2, tzinfo=UTC), "wrong")],
)
def test_clock_is_judged(synced: int, utc: datetime, outcome: str) -> None:
    assert clock(KernelClock(bool(synced), 0.1), utc).outcome == outcome
