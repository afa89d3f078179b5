import math
from datetime import UTC, datetime

import pytest

from edge_agent.control.clock_sync import ClockWatch, KernelClock, clock_state, read_kernel_clock

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SYNCED, UNSYNCED = KernelClock(synced=True, max_error_s=0.01), KernelClock(synced=False, max_error_s=16.0)


@pytest.mark.parametrize(
    ("kernel", "utc", "last_synced_s", "expected"),
    [
        (SYNCED, NOW, None, 0),
        (UNSYNCED, NOW, 1_000.0, 1),
        (UNSYNCED, NOW, 100_000.0 - 86_400.0, 1),
        (UNSYNCED, NOW, 100_000.0 - 86_401.0, 2),
        (UNSYNCED, NOW, None, 2),
        (SYNCED, datetime(1970, 1, 1, tzinfo=UTC), None, 2),
    ],
)
def test_state_follows_kernel_age_of_the_last_sync_and_time_floor(
    kernel: KernelClock, utc: datetime, last_synced_s: float | None, expected: int
) -> None:
    now_s = 2_000.0 if last_synced_s == 1_000.0 else 100_000.0
    assert clock_state(kernel, utc, last_synced_s, now_s) == expected


def test_clock_that_loses_its_source_is_in_holdover_and_then_unsynced() -> None:
    watch = ClockWatch()
    states = [
        watch.state(kernel, NOW, now_s)
        for kernel, now_s in (
            (UNSYNCED, 1.0),
            (SYNCED, 2.0),
            (UNSYNCED, 3.0),
            (UNSYNCED, 90_000.0),
            (SYNCED, 90_001.0),
        )
    ]
    assert states == [2, 0, 1, 2, 0]


def test_kernel_answers_without_root() -> None:
    kernel = read_kernel_clock()
    assert isinstance(kernel.synced, bool)
    assert math.isfinite(kernel.max_error_s)
    assert kernel.max_error_s >= 0.0
