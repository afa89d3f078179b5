import threading
import time
from collections.abc import Callable
from random import Random

import pytest

from edge_agent.signals.board import SignalBoard
from edge_agent.signals.errors import FeedError
from edge_agent.signals.feed_thread import FeedThread
from edge_agent.signals.words import Word


class Breaks:
    """A feed that says red, breaks once in its own way, and then is heard until it is stopped."""

    def __init__(self, board: SignalBoard, error: Exception) -> None:
        self._board = board
        self._error = error
        self.broke = threading.Event()
        self.again = threading.Event()

    def listen(self, stopped: threading.Event, heard: Callable[[], None]) -> None:
        self._board.put("a", Word("red"), time.monotonic())
        if not self.broke.is_set():
            self.broke.set()
            raise self._error
        heard()
        self.again.set()
        stopped.wait(10)


@pytest.mark.parametrize(
    ("error", "words"),
    [(FeedError("nobody answers"), "nobody answers"), (ValueError("?"), "unexpected way")],
)
def test_a_feed_that_breaks_takes_its_words_back_and_begins_again(error: Exception, words: str) -> None:
    board = SignalBoard(["a"])
    feed = Breaks(board, error)
    thread = FeedThread("signals-cam-a", ("a",), feed.listen, board, rng=Random(1))
    thread.start()
    assert feed.broke.wait(5)
    until_s = time.monotonic() + 5
    while not thread.problem and time.monotonic() < until_s:
        time.sleep(0.002)
    assert words in thread.problem
    assert board.newest("a") is None
    assert feed.again.wait(5)
    assert thread.problem == ""
    assert thread.stop(5)
    assert board.newest("a") is None


def test_a_feed_that_never_began_ends_at_once() -> None:
    board = SignalBoard([])
    assert FeedThread("signals-cam-a", (), Breaks(board, FeedError("")).listen, board, rng=Random(1)).stop()
