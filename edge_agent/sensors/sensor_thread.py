"""The owner of one sensor: asks it once a period and hands the readings on.

Each sensor has its own thread, so that a slow bus or a device that hangs delays no other. When a sensor gives
nothing, nothing is handed on: a missing value is never made up.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.sensors.driver import SensorDriver
from edge_agent.sensors.errors import SensorUnavailableError
from edge_agent.sensors.reading import Reading

log = logging.getLogger(__name__)

Deliver = Callable[[str, tuple[Reading, ...]], None]


@dataclass(frozen=True, slots=True)
class SensorStatus:
    """Counters since the start of the sensor's thread.

    Attributes:
        sensor: id in the configuration.
        polls: times that it was asked.
        failures: polls that gave no data.
        last_reading_age_s: None before the first reading.
        problem: why the last poll gave no data, with the next step; None when it did.
    """

    sensor: str
    polls: int
    failures: int
    last_reading_age_s: float | None
    problem: str | None


class SensorThread:
    """Polls one sensor until it is stopped.

    Args:
        sensor_id: id in the configuration.
        driver: what to ask.
        period_s: from one poll to the next; polls that a slow device missed are left out, not made up for.
        deliver: takes the sensor's id and its readings, called on this thread; must not block for long.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        sensor_id: str,
        driver: SensorDriver,
        period_s: float,
        deliver: Deliver,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._id = sensor_id
        self._driver = driver
        self._period_s = period_s
        self._deliver = deliver
        self._clock = clock
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sensor-{sensor_id}", daemon=True)
        self._lock = threading.Lock()  # guards the counters below
        self._polls = 0
        self._failures = 0
        self._last_at_s: float | None = None
        self._problem: str | None = None

    def start(self) -> None:
        """Begin to poll; returns at once."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin to end; an owner of many asks all of them before it waits for the first."""
        self._stopped.set()

    def stop(self, timeout_s: float = 1.5) -> bool:
        """Ask the thread to end; False when the device hangs and the thread was given up."""
        self.ask_to_stop()
        if self._thread.ident is None:  # never started
            return True
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.warning("sensor %s hangs and was given up after %.1f s", self._id, timeout_s)
            return False
        return True

    def status(self, now_s: float) -> SensorStatus:
        """Counters as of `now_s` on the same clock."""
        with self._lock:
            age_s = None if self._last_at_s is None else max(0.0, now_s - self._last_at_s)
            return SensorStatus(self._id, self._polls, self._failures, age_s, self._problem)

    def _run(self) -> None:
        due_s = self._clock()
        while not self._stopped.is_set():
            self._poll()
            due_s = next_poll_s(due_s, self._clock(), self._period_s)
            self._stopped.wait(max(0.0, due_s - self._clock()))
        self._driver.close()

    def _poll(self) -> None:
        at_s = self._clock()
        try:
            readings = tuple(reading for reading in self._driver.read(at_s) if math.isfinite(reading.value))
            problem = None if readings else "it answered without a usable value; check its wiring"
            if readings:
                self._deliver(self._id, readings)
        except SensorUnavailableError as error:
            readings, problem = (), str(error)
        except Exception:
            # The supervisor's own net: a fault of a driver or the outbox must not end the sensor for good.
            log.exception("sensor %s failed in an unexpected way; it will be asked again", self._id)
            readings, problem = (), "unexpected failure, see the log"
        self._note(at_s if readings else None, problem)

    def _note(self, read_at_s: float | None, problem: str | None) -> None:
        with self._lock:
            before, self._problem = self._problem, problem
            self._polls += 1
            if read_at_s is None:
                self._failures += 1
            else:
                self._last_at_s = read_at_s
        if problem is not None and problem != before:
            log.warning("sensor %s: no data: %s (it is asked again)", self._id, problem)
        elif problem is None and before is not None:
            log.info("sensor %s: readings are coming again", self._id)


def next_poll_s(due_s: float, now_s: float, period_s: float) -> float:
    """When to poll next, on the rhythm that `due_s` is on, after `now_s`."""
    missed = max(0, math.floor((now_s - due_s) / period_s))
    return due_s + (missed + 1) * period_s
