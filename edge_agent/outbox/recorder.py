"""The thread between rules and disk: seals facts and commits them together.

A slow card costs a sync per commit, so what has gathered while one was under way goes into the next, in one
transaction. The queue is bounded: when the disk cannot follow, `record` waits a while (cameras then lose
frames, which is their rule), and only after that drops and counts.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from edge_agent.outbox.outbox import Outbox
from edge_agent.outbox.seal import ClockReading, is_synced, is_trusted, seal_event, seal_measurement
from edge_agent.outbox.sealed import Sealed
from edge_agent.rules.facts import SceneEvent, SceneMeasurement
from fleet.wire.messages import Event

log = logging.getLogger(__name__)

CAPACITY: Final = 5_000
TOGETHER: Final = 500
PATIENCE_S: Final = 5.0
_IDLE_S: Final = 1.0

SceneFact = SceneEvent | SceneMeasurement


class Recorder:
    """Owns appending to the outbox.

    Args:
        outbox: where facts go.
        read_clock: how the monotonic clock maps to UTC now.
        alive: called whenever the loop turns.
        capacity: facts that may wait.
        patience_s: how long `record` waits for room.
    """

    def __init__(
        self,
        outbox: Outbox,
        read_clock: Callable[[], ClockReading],
        *,
        alive: Callable[[], None] = lambda: None,
        capacity: int = CAPACITY,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._outbox = outbox
        self._read_clock = read_clock
        self._alive = alive
        self._patience_s = patience_s
        self._queue: queue.Queue[SceneFact] = queue.Queue(capacity)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._may_need_correction = True  # the file may hold facts of this boot from before a restart
        self._lost = 0
        self._events = 0
        self._measurements = 0

    @property
    def lost(self) -> int:
        """Facts dropped: the disk could not follow, or they could not be sealed."""
        return self._lost

    @property
    def recorded(self) -> tuple[int, int]:
        """Events and measurement rows that were committed."""
        return self._events, self._measurements

    def start(self) -> None:
        """Begin to commit."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Commit what waits and end; False when the disk keeps the thread."""
        self._stopped.set()
        if self._thread.ident is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def record(self, facts: Iterable[SceneFact]) -> None:
        """Hand facts over, waiting `patience_s` in all at most; from any thread."""
        until_s = time.monotonic() + self._patience_s
        dropped = 0
        for fact in facts:
            try:
                self._queue.put(fact, timeout=max(0.0, until_s - time.monotonic()))
            except queue.Full:
                dropped += 1
        if dropped:
            self._lost += dropped
            log.error("the disk cannot follow: %d facts were dropped before they were stored", dropped)

    def _run(self) -> None:
        while True:
            try:
                if not self._turn():
                    return
            except Exception:
                # The supervisor's own net: one fact that cannot be sealed must not end recording.
                log.exception("recording failed in an unexpected way; the facts at hand are lost")

    def _turn(self) -> bool:
        """Commit what has gathered; False when stopped and empty."""
        self._alive()
        facts = self._gathered()
        clock = self._read_clock()
        if facts:
            self._store(facts, clock)
        if self._may_need_correction and is_synced(clock):
            corrected = self._outbox.correct_times(clock)
            self._may_need_correction = bool(self._outbox.problem)  # the file is put right when it is back
            if corrected:
                log.info("the clock is right now: %d facts were stamped again", corrected)
        return bool(facts) or not self._stopped.is_set()

    def _store(self, facts: list[SceneFact], clock: ClockReading) -> None:
        try:
            sealed = self._sealed(facts, clock)
            self._outbox.append(sealed)
        except Exception:
            self._lost += len(facts)
            raise
        events = sum(isinstance(each.fact, Event) for each in sealed)
        self._events += events
        self._measurements += len(sealed) - events

    def _gathered(self) -> list[SceneFact]:
        facts: list[SceneFact] = []
        try:
            facts.append(self._queue.get(timeout=0.02 if self._stopped.is_set() else _IDLE_S))
            while len(facts) < TOGETHER:
                facts.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return facts

    def _sealed(self, facts: list[SceneFact], clock: ClockReading) -> list[Sealed]:
        self._may_need_correction = self._may_need_correction or not is_trusted(clock)
        sealed = []
        for fact in facts:
            each = seal_event(fact, clock) if isinstance(fact, SceneEvent) else seal_measurement(fact, clock)
            if each is None:
                log.warning("a measurement without a number was left out: %s", fact)
            else:
                sealed.append(each)
        return sealed
