"""The recorder seals and commits together, and puts times right when the clock comes."""

import threading
from pathlib import Path
from typing import Any

import pytest

from edge_agent.outbox.outbox import Outbox
from edge_agent.outbox.recorder import Recorder
from edge_agent.outbox.seal import ClockReading
from edge_agent.rules.facts import SceneEvent, SceneMeasurement
from fleet.wire.messages import Event


def found(n: int) -> SceneEvent:
    return SceneEvent("line_crossed", "r", "c", "z", "person", n, 0.5, "", 0.0, None, None, float(n), "m")


def events_of(outbox: Outbox) -> list[Event]:
    return [entry for entry in outbox.unsent(outbox.streams()[0], 0, 10_000) if isinstance(entry, Event)]


def test_everything_recorded_before_the_stop_is_on_disk(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.sqlite", quota_bytes=2**22)
    recorder = Recorder(outbox, lambda: ClockReading(1_000, 0, "b"))
    recorder.start()
    threads = [
        threading.Thread(target=lambda k=k: [recorder.record([found(k * 100 + n)]) for n in range(100)])
        for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorder.stop(5.0)
    assert sorted(event.track_id for event in events_of(outbox)) == list(range(400))
    outbox.close()


def test_facts_of_an_unsynced_clock_are_stamped_again_once_it_is_right(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.sqlite", quota_bytes=2**22)
    clock = [ClockReading(0, 2, "b")]
    recorder = Recorder(outbox, lambda: clock[0])
    recorder.record([found(5)])
    assert recorder._turn()
    assert [(event.occurred_at_ms, event.clock) for event in events_of(outbox)] == [(5_000, 2)]
    clock[0] = ClockReading(1_000_000, 0, "b")
    recorder.record([found(6)])
    recorder._turn()
    assert [(event.occurred_at_ms, event.clock) for event in events_of(outbox)] == [
        (1_005_000, 0),
        (1_006_000, 0),
    ]
    outbox.close()


class FailingOutbox(Outbox):
    """Its disk takes nothing while `failing`."""

    failing = True

    @property
    def problem(self) -> str:
        return "the disk is read-only" if self.failing else ""

    def correct_times(self, clock: ClockReading) -> int:
        return 0 if self.failing else super().correct_times(clock)


def test_facts_on_a_disk_that_fails_are_stamped_again_when_it_is_back(tmp_path: Path) -> None:
    outbox = FailingOutbox(tmp_path / "o.sqlite", quota_bytes=2**22)
    clock = [ClockReading(0, 2, "b")]
    recorder = Recorder(outbox, lambda: clock[0])
    recorder.record([found(5)])
    recorder._turn()
    clock[0] = ClockReading(1_000_000, 0, "b")
    recorder.record([found(6)])
    recorder._turn()
    outbox.failing = False
    recorder.record([found(7)])
    recorder._turn()
    assert [(event.occurred_at_ms, event.clock) for event in events_of(outbox)] == [
        (1_005_000, 0),
        (1_006_000, 0),
        (1_007_000, 0),
    ]
    outbox.close()


def test_facts_that_cannot_be_stored_in_an_unexpected_way_are_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(tmp_path / "o.sqlite", quota_bytes=2**22)
    recorder = Recorder(outbox, lambda: ClockReading(0, 0, "b"))
    kind: Any = None  # what no type checker lets through
    recorder.record([SceneEvent(kind, "r", "c", "z", "person", 1, 0.5, "", 0.0, None, None, 1.0, "m")])
    recorder.start()
    assert recorder.stop(5.0)
    assert recorder.lost == 1
    assert "failed in an unexpected way" in caplog.text
    outbox.close()


def test_a_disk_that_cannot_follow_costs_counted_facts_and_no_endless_wait(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(tmp_path / "o.sqlite", quota_bytes=2**22)
    recorder = Recorder(outbox, lambda: ClockReading(0, 0, "b"), capacity=3, patience_s=0.05)
    recorder.record([found(n) for n in range(10)])
    assert recorder.lost == 7
    assert "7 facts were dropped" in caplog.text
    outbox.close()


def test_a_value_that_is_no_number_is_left_out_and_the_rest_stored(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "o.sqlite", quota_bytes=2**22)
    recorder = Recorder(outbox, lambda: ClockReading(0, 0, "b"))
    recorder.record([SceneMeasurement("flow", "c", "", "", "", 0.0, 60.0, float("nan"), 1, 0), found(1)])
    recorder._turn()
    assert outbox.stats()[0].rows == 1
    outbox.close()
