"""Asks a controller over HTTP again and again what its signal shows, over one kept connection."""

import contextlib
import http.client
import threading
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from edge_agent.signals.board import SignalBoard
from edge_agent.signals.errors import FeedError
from edge_agent.signals.words import MOST_BYTES, parse_word

PERIOD_S: Final = 0.5
TIMEOUT_S: Final = 2.0
SLOW_S: Final = 0.5
"""An answer that took longer says what was shown nobody knows when."""


class HttpFeed:
    """One address; `listen` is the body of its thread.

    Args:
        url: `http://` or `https://`.
        signals: ids of the signals that it tells of.
        board: where words go.
        clock: the frames' clock.
        period_s: from one question to the next.
    """

    def __init__(
        self,
        url: str,
        signals: tuple[str, ...],
        board: SignalBoard,
        *,
        clock: Callable[[], float] = time.monotonic,
        period_s: float = PERIOD_S,
    ) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._netloc = parts.netloc
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._signals = signals
        self._board = board
        self._clock = clock
        self._period_s = period_s

    def listen(self, stopped: threading.Event, heard: Callable[[], None]) -> None:
        """Ask until stopped.

        Raises:
            FeedError: the controller cannot be reached, or gives no answer that is one.
        """
        kind = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
        try:
            with contextlib.closing(kind(self._netloc, timeout=TIMEOUT_S)) as connection:
                while not stopped.is_set():
                    self._ask(connection)
                    heard()
                    stopped.wait(self._period_s)
        except (OSError, http.client.HTTPException) as error:
            raise FeedError(
                f"{self._netloc} does not answer ({str(error) or type(error).__name__}): check the signal's "
                "source and the network"
            ) from error

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        asked_s = self._clock()
        connection.request("GET", self._target, headers={"Accept": "application/json, text/plain"})
        response = connection.getresponse()
        body = response.read(MOST_BYTES + 1)
        if response.status != http.client.OK:
            raise FeedError(
                f"{self._netloc}{self._target} answers {response.status}: check the signal's source"
            )
        if len(body) > MOST_BYTES:
            raise FeedError(f"{self._netloc}{self._target} answers more than {MOST_BYTES} bytes: {_WANTED}")
        now_s = self._clock()
        if now_s - asked_s > SLOW_S:
            self._board.withdraw(self._signals)
            return
        word = parse_word(body)
        for signal_id in self._signals:
            self._board.put(signal_id, word, now_s)


_WANTED: Final = 'it should answer {"state": "red"} or the word alone'
