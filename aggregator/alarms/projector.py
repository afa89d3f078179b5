"""The thread that turns events into alarms as they are stored, and tells who listens.

Woken when ingest announces; looks by itself every `_IDLE_S`, for events that another process stored. When
it is behind it rests half as long as it worked, because ingest shares the interpreter.

Threads: `alarm-projection` owns everything here; `wake` may be called from any.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from aggregator.alarms.projection import AlarmProjection
from aggregator.alarms.records import Record
from aggregator.errors import AggregatorError

_log = logging.getLogger(__name__)
_IDLE_S: Final = 1.0
_AWAY_S: Final = 2.0
_REST: Final = 0.5
OnChanged = Callable[[Sequence[Record]], None]


class AlarmProjector:
    """Runs `projection` until stopped; `on_changed` must not block."""

    def __init__(self, projection: AlarmProjection, on_changed: OnChanged) -> None:
        self._projection = projection
        self._on_changed = on_changed
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarm-projection", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step under way and wait for the thread."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()

    def wake(self) -> None:
        """Say that events were stored."""
        self._woken.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            began_s = time.monotonic()
            try:
                stepped = self._projection.step()
                if stepped.changed:
                    self._on_changed(stepped.changed)
            except AggregatorError as error:
                _log.warning("events wait to become alarms: %s", error)
                self._stopping.wait(_AWAY_S)
                continue
            except Exception:  # noqa: BLE001  the supervisor: alarms must outlive our own bugs
                _log.exception("a batch of events could not be turned into alarms; trying again")
                self._stopping.wait(_AWAY_S)
                continue
            if stepped.is_behind:
                self._stopping.wait((time.monotonic() - began_s) * _REST)
            else:
                self._woken.wait(_IDLE_S)
