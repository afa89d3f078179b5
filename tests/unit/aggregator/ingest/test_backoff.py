import pytest

from aggregator.ingest.backoff import delay_s


@pytest.mark.parametrize(
    ("attempt", "random_0_1", "expected"),
    [(0, 0.0, 0.25), (0, 1.0, 0.5), (1, 1.0, 1.0), (3, 0.5, 3.0), (20, 1.0, 30.0), (10_000, 0.0, 15.0)],
)
def test_waits_double_up_to_the_cap_and_half_of_each_is_random(
    attempt: int, random_0_1: float, expected: float
) -> None:
    assert expected == delay_s(attempt, random_0_1)
