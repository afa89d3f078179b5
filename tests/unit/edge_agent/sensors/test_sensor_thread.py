import logging
import math
import threading
import time
from collections.abc import Callable

import pytest

from edge_agent.sensors.errors import SensorUnavailableError
from edge_agent.sensors.reading import Reading
from edge_agent.sensors.sensor_thread import SensorStatus, SensorThread, next_poll_s

Answer = float | Exception | Callable[[], float]


class ScriptedDriver:
    """Answers in turn, the last answer for ever."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.closed = False

    def read(self, at_s: float) -> tuple[Reading, ...]:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return (Reading("temperature", answer() if callable(answer) else answer, 0, at_s),)

    def close(self) -> None:
        self.closed = True


class Collected:
    def __init__(self) -> None:
        self.values: list[tuple[str, float]] = []

    def __call__(self, sensor: str, readings: tuple[Reading, ...]) -> None:
        self.values += [(sensor, reading.value) for reading in readings]


def status_when(thread: SensorThread, true: Callable[[SensorStatus], bool]) -> SensorStatus:
    deadline_s = time.monotonic() + 5.0
    while time.monotonic() < deadline_s:
        status = thread.status(101.0)
        if true(status):
            return status
        time.sleep(0.002)
    raise AssertionError(f"not reached within 5 s: {thread.status(101.0)}")


def started(driver: ScriptedDriver, collected: Collected, sensor_id: str = "air") -> SensorThread:
    ticks = iter(range(10_000))
    thread = SensorThread(sensor_id, driver, 0.01, collected, clock=lambda: 90.0 + 0.005 * next(ticks))
    thread.start()
    return thread


def test_readings_are_handed_on_each_period() -> None:
    driver, collected = ScriptedDriver(21.0, 22.0, 23.0), Collected()
    thread = started(driver, collected)
    status_when(thread, lambda s: s.polls >= 3)
    assert thread.stop() is True
    assert collected.values[:3] == [("air", 21.0), ("air", 22.0), ("air", 23.0)]
    assert driver.closed


@pytest.mark.parametrize("nothing", [SensorUnavailableError("it is off; switch it on"), math.nan, math.inf])
def test_sensor_without_data_hands_nothing_on(nothing: Answer) -> None:
    collected = Collected()
    thread = started(ScriptedDriver(nothing), collected)
    status = status_when(thread, lambda s: s.polls >= 2)
    thread.stop()
    assert collected.values == []
    assert status.failures == status.polls
    assert status.last_reading_age_s is None
    assert status.problem is not None


def test_sensor_that_recovers_is_told_once_each_way(caplog: pytest.LogCaptureFixture) -> None:
    off = SensorUnavailableError("it is off; switch it on")
    with caplog.at_level(logging.INFO):
        thread = started(ScriptedDriver(off, off, off, 21.0), Collected())
        status = status_when(thread, lambda s: s.last_reading_age_s is not None)
        thread.stop()
    assert [record.getMessage() for record in caplog.records] == [
        "sensor air: no data: it is off; switch it on (it is asked again)",
        "sensor air: readings are coming again",
    ]
    assert (status.failures, status.problem) == (3, None)


def test_unexpected_failure_of_a_driver_does_not_end_the_sensor(caplog: pytest.LogCaptureFixture) -> None:
    collected = Collected()
    thread = started(ScriptedDriver(ZeroDivisionError("driver"), 21.0), collected)
    status_when(thread, lambda s: s.last_reading_age_s is not None)
    thread.stop()
    assert collected.values[0] == ("air", 21.0)
    assert "failed in an unexpected way" in caplog.text


def test_sensor_goes_on_when_its_readings_cannot_be_stored(caplog: pytest.LogCaptureFixture) -> None:
    stored: list[float] = []

    def full_once(_: str, readings: tuple[Reading, ...]) -> None:
        if readings[0].value == 20.0:
            raise OSError(28, "No space left on device")
        stored.extend(reading.value for reading in readings)

    thread = SensorThread("air", ScriptedDriver(20.0, 21.0), 0.01, full_once)
    thread.start()
    status = status_when(thread, lambda s: s.polls >= 2)
    thread.stop()
    assert (stored[0], status.failures) == (21.0, 1)
    assert "No space left" in caplog.text


def test_sensor_that_hangs_delays_no_other_and_is_given_up() -> None:
    release, collected = threading.Event(), Collected()
    hung = started(ScriptedDriver(lambda: float(release.wait(20.0))), collected, "hung")
    other = started(ScriptedDriver(21.0), collected, "other")
    status_when(other, lambda s: s.polls >= 3)
    other.stop()
    assert hung.stop(timeout_s=0.05) is False
    release.set()
    assert {sensor for sensor, _ in collected.values} == {"other"}


def test_thread_that_never_started_stops_at_once() -> None:
    assert SensorThread("air", ScriptedDriver(1.0), 1.0, Collected()).stop() is True


@pytest.mark.parametrize(
    ("due_s", "now_s", "expected"),
    [(10.0, 10.1, 15.0), (10.0, 15.0, 20.0), (10.0, 27.0, 30.0), (10.0, 9.0, 15.0)],
)
def test_polls_keep_their_rhythm_and_leave_out_what_they_missed(
    due_s: float, now_s: float, expected: float
) -> None:
    assert next_poll_s(due_s, now_s, 5.0) == expected


def test_thread_that_was_asked_ends_without_being_waited_for() -> None:
    driver = ScriptedDriver(21.0)
    thread = started(driver, Collected())
    thread.ask_to_stop()
    deadline_s = time.monotonic() + 5.0
    while not driver.closed and time.monotonic() < deadline_s:
        time.sleep(0.002)
    assert driver.closed
