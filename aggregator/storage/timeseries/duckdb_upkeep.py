"""What a DuckDB store needs doing while it runs: roll-ups of dirty minutes, and retention.

Invariant: a minute's roll-up is made again within a minute of a write to it, old minutes first, a few at a
time, so that no transaction is long; a failure is logged and tried again.

Threads: `timeseries-upkeep` owns everything here.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from aggregator.errors import StoreError
from aggregator.storage.instants import to_ms
from aggregator.storage.timeseries.duckdb_store import DuckDbStore
from aggregator.storage.timeseries.store import EVENTS

_log = logging.getLogger(__name__)
REFRESH_S: Final = 15.0
MINUTES_AT_ONCE: Final = 30
DEFAULT: Final = "default"
_SWEEP_EVERY: Final = 240
_DAY_MS: Final = 86_400_000


class Upkeep:
    """Runs the upkeep of `store`. `retention_days` by measurement, `default` for others, 0 is for ever."""

    def __init__(
        self, store: DuckDbStore, retention_days: Mapping[str, int], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._retention_days = dict(retention_days)
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="timeseries-upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the transaction under way and wait for the thread."""
        self._stopping.set()
        self._thread.join()

    def refresh(self) -> None:
        """Make every roll-up that is due now; raises StoreError."""
        due = self._store.refresh(MINUTES_AT_ONCE) - MINUTES_AT_ONCE
        while due > 0 and not self._stopping.is_set():
            self._store.refresh(MINUTES_AT_ONCE)
            due -= MINUTES_AT_ONCE

    def sweep(self) -> None:
        """Remove what is past its retention; raises StoreError."""
        now_ms = to_ms(self._clock())
        if not any(self._retention_days.values()):
            return
        for name in (*self._store.names(), EVENTS):
            days = self._retention_days.get(name, self._retention_days.get(DEFAULT, 0))
            if days and not self._stopping.is_set():
                self._store.expire(name, now_ms - days * _DAY_MS)

    def _run(self) -> None:
        turn = 0
        while not self._stopping.is_set():
            try:
                self.refresh()
                if turn % _SWEEP_EVERY == 0:
                    self.sweep()
            except StoreError as error:
                _log.warning("upkeep of the time series will be tried again: %s", error)
            turn += 1
            self._stopping.wait(REFRESH_S)
