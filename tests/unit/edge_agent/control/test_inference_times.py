import pytest

from edge_agent.control.inference_times import InferenceSummary, InferenceTimes, percentile


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7.0], 0.95, 7.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.95, 95.0),
        ([1.0, 2.0], 0.0, 1.0),
    ],
)
def test_percentile_is_the_nearest_rank(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_summaries_are_by_camera_and_start_anew_when_taken() -> None:
    times = InferenceTimes()
    for took_ms in (9.0, 1.0, 5.0):
        times.add("gate", took_ms)
    times.add("yard", 2.0)
    assert times.take() == {"gate": InferenceSummary(5.0, 9.0, 3), "yard": InferenceSummary(2.0, 2.0, 1)}
    assert times.take() == {}


def test_window_is_bounded() -> None:
    times = InferenceTimes()
    for took_ms in range(10_000):
        times.add("gate", float(took_ms))
    assert times.take()["gate"].n == 4096
