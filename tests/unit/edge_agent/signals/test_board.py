import pytest

from edge_agent.rules.sight import LampReading
from edge_agent.signals.board import SignalBoard
from edge_agent.signals.words import Word


def test_the_newest_word_counts() -> None:
    board = SignalBoard(["a", "b"])
    assert board.newest("a") is None
    board.put("a", Word("red"), 1.0)
    board.put("a", Word("green"), 2.0)
    assert board.newest("a") == LampReading("green", 1.0, 2.0, told=True)
    assert board.newest("b") is None


def test_a_word_that_says_nothing_is_no_colour() -> None:
    board = SignalBoard(["a"])
    board.put("a", Word("red"), 1.0)
    board.put("a", Word(""), 2.0)
    assert board.newest("a") == LampReading("", 0.0, 2.0, told=True)


@pytest.mark.parametrize(
    ("said_at", "expected"),
    [
        pytest.param(101.0, "green", id="newer"),
        pytest.param(100.0, "green", id="at the same time"),
        pytest.param(99.0, "red", id="late"),
        pytest.param(80.0, "green", id="the controller's clock was set back"),
        pytest.param(None, "green", id="without a time"),
    ],
)
def test_a_late_word_is_left_out(said_at: float | None, expected: str) -> None:
    board = SignalBoard(["a"])
    board.put("a", Word("red", 100.0), 1.0)
    board.put("a", Word("green", said_at), 2.0)
    found = board.newest("a")
    assert found is not None
    assert expected == found.colour


def test_words_can_be_taken_back() -> None:
    board = SignalBoard(["a", "b"])
    for name in "ab":
        board.put(name, Word("red", 100.0), 1.0)
    board.withdraw(["a"])
    assert board.newest("a") is None
    assert board.newest("b") is not None
    board.put("a", Word("green", 99.0), 2.0)
    assert board.newest("a") is not None


def test_nothing_is_kept_of_signals_that_the_scene_does_not_have() -> None:
    board = SignalBoard(["a"])
    board.put("z", Word("red"), 1.0)
    assert board.newest("z") is None
