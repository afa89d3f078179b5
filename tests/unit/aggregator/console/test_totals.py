from datetime import UTC, datetime

import pytest

from aggregator.console.totals import midnight


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 1, 1, 16, 59, tzinfo=UTC), datetime(2025, 12, 31, 17, tzinfo=UTC)),
        (datetime(2026, 1, 1, 17, 0, tzinfo=UTC), datetime(2026, 1, 1, 17, tzinfo=UTC)),
    ],
)
def test_the_day_begins_at_midnight_in_vietnam(now: datetime, expected: datetime) -> None:
    assert expected == midnight(now)
