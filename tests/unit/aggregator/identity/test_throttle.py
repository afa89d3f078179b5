import pytest

from aggregator.identity.throttle import FREE_TRIES, LONGEST_WAIT_S, Throttle


@pytest.mark.parametrize(
    ("wrong", "wait_s"),
    [(0, 0), (FREE_TRIES - 1, 0), (FREE_TRIES, 1), (FREE_TRIES + 3, 8), (500, LONGEST_WAIT_S)],
)
def test_the_wait_doubles_and_ends_at_a_minute(wrong: int, wait_s: float) -> None:
    throttle = Throttle()
    for _ in range(wrong):
        throttle.wrong("name", 100.0)
    assert wait_s == throttle.wait_s("name", 100.0)
    assert throttle.wait_s("name", 100.0 + wait_s) == 0
    assert throttle.wait_s("other", 100.0) == 0


def test_the_right_password_clears_the_count() -> None:
    throttle = Throttle()
    for _ in range(9):
        throttle.wrong("name", 0.0)
    throttle.right("name")
    assert throttle.wait_s("name", 0.0) == 0


def test_knocking_with_many_names_takes_no_memory() -> None:
    throttle = Throttle()
    for number in range(3000):
        throttle.wrong(f"name-{number}", 0.0)
    assert len(throttle._knocks) == 1024
