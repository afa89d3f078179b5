"""The thread of one feed: listens until it breaks, takes its words back, waits, listens again."""

import logging
import threading
import time
from collections.abc import Callable
from random import Random
from typing import Final

from edge_agent.backoff import next_delay_s
from edge_agent.signals.board import SignalBoard
from edge_agent.signals.errors import FeedError

log = logging.getLogger(__name__)

FIRST_DELAY_S: Final = 0.5
LONGEST_DELAY_S: Final = 30.0
STEADY_S: Final = 30.0
"""A feed that was heard for so long begins anew with the shortest wait."""

Listen = Callable[[threading.Event, Callable[[], None]], None]
"""Listens until the event is set or it breaks (`FeedError`); calls the other argument when it hears."""


class FeedThread:
    """Owns the thread of one feed.

    Args:
        name: of the thread.
        signals: ids of the signals that the feed tells of.
        listen: what it does.
        board: where words go; they are taken back when the feed breaks.
        rng: jitter of retries.
    """

    def __init__(
        self, name: str, signals: tuple[str, ...], listen: Listen, board: SignalBoard, *, rng: Random
    ) -> None:
        self._name = name
        self._signals = signals
        self._listen = listen
        self._board = board
        self._rng = rng
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.problem = ""

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin to end; `stop` waits for it."""
        self._stopped.set()

    def stop(self, timeout_s: float = 1.0) -> bool:
        """End; False when the thread hangs in the network and was given up."""
        self.ask_to_stop()
        if self._thread.ident is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        attempt = 0
        while not self._stopped.is_set():
            began_s = time.monotonic()
            try:
                self._listen(self._stopped, self._heard)
            except FeedError as error:
                self._note(str(error))
            except Exception:
                # The supervisor's own net: a fault of a client library must not silence the feed for good.
                log.exception("%s failed in an unexpected way and is begun again", self._name)
                self._note("it failed in an unexpected way, see the log")
            self._board.withdraw(self._signals)
            attempt = 0 if time.monotonic() - began_s >= STEADY_S else attempt + 1
            delay_s = next_delay_s(
                max(0, attempt - 1), self._rng, first_s=FIRST_DELAY_S, longest_s=LONGEST_DELAY_S
            )
            self._stopped.wait(delay_s)

    def _heard(self) -> None:
        if self.problem:
            log.info("%s: words are coming again", self._name)
        self.problem = ""

    def _note(self, problem: str) -> None:
        """One line a fault, not one a try."""
        if problem != self.problem:
            log.warning("%s: %s (it is tried again)", self._name, problem)
        self.problem = problem
