import pytest

from edge_agent.rules.recent_median import MOST_SAMPLES, RecentMedian


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param([3], 3, id="one"),
        pytest.param([3, 3, 0, 3], 3, id="a blink"),
        pytest.param([1, 2], 1, id="of two the lower"),
        pytest.param([0] * 5 + [4] * 11, 4, id="only the latest second"),
    ],
)
def test_the_median_of_the_latest_second(counts: list[int], expected: int) -> None:
    median = RecentMedian()
    assert expected == [median.smoothed(index / 10, count) for index, count in enumerate(counts)][-1]


def test_it_is_bounded_at_any_frame_rate_and_can_be_cleared() -> None:
    median = RecentMedian()
    for index in range(2000):
        median.smoothed(index / 1000, 1)
    assert len(median) <= MOST_SAMPLES
    median.clear()
    assert len(median) == 0
