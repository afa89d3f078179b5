import pytest

from edge_agent.rules.wait_book import MOST_ENTRIES, WINDOW_S, WaitBook


def test_nothing_is_said_of_an_unknown_queue() -> None:
    book = WaitBook()
    book.observe(0.0, 0, 0.0)
    assert book.estimate_s() is None


def test_measured_waits_come_first() -> None:
    book = WaitBook()
    for second in range(200):
        book.observe(float(second), 5, 1.0)
    for wait_s in (60.0, 120.0):
        book.served(150.0, wait_s)
    assert book.estimate_s() == 90.0


@pytest.mark.parametrize(("joins", "expected"), [(2, None), (3, 100.0), (10, 30.0)])
def test_littles_law_needs_a_few_who_joined(joins: int, expected: float | None) -> None:
    book = WaitBook()
    for second in range(101):
        book.observe(float(second), 3, 1.0 if second else 0.0)
    for _ in range(joins):
        book.joined(50.0)
    assert expected == book.estimate_s()


def test_a_short_look_is_no_base_for_an_estimate() -> None:
    book = WaitBook()
    for second in range(30):
        book.observe(float(second), 3, 1.0)
        book.joined(float(second))
    assert book.estimate_s() is None


def test_what_is_older_than_the_window_is_forgotten() -> None:
    book = WaitBook()
    book.served(0.0, 500.0)
    book.observe(0.0, 1, 1.0)
    book.observe(WINDOW_S + 1, 1, 1.0)
    assert book.estimate_s() is None


def test_it_is_bounded() -> None:
    book = WaitBook()
    for index in range(3 * MOST_ENTRIES):
        book.joined(index / 10)
        book.observe(index / 10, 1, 0.1)
    assert len(book._joins) <= MOST_ENTRIES
    assert len(book._load) <= WINDOW_S / 30 + 2
