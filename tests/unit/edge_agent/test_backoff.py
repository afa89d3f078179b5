from random import Random

import pytest

from edge_agent.backoff import next_delay_s


@pytest.mark.parametrize(
    ("attempt", "shortest_s", "longest_s"),
    [(0, 0.5, 1.0), (1, 1.0, 2.0), (4, 8.0, 16.0), (6, 30.0, 60.0), (10_000, 30.0, 60.0)],
)
def test_delay_doubles_up_to_its_bound(attempt: int, shortest_s: float, longest_s: float) -> None:
    rng = Random(7)
    delays_s = [next_delay_s(attempt, rng) for _ in range(500)]
    assert shortest_s <= min(delays_s)
    assert max(delays_s) <= longest_s


def test_two_nodes_do_not_come_back_together() -> None:
    assert next_delay_s(3, Random(1)) != next_delay_s(3, Random(2))


def test_the_same_seed_gives_the_same_delay() -> None:
    assert next_delay_s(2, Random(5)) == next_delay_s(2, Random(5))


def test_first_and_longest_wait_can_be_chosen() -> None:
    delay_s = next_delay_s(9, Random(3), first_s=10.0, longest_s=20.0)
    assert 10.0 <= delay_s <= 20.0
