import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

import pytest
from fakes.scripted_camera import ScriptedCamera

from edge_agent.capture.camera_status import CameraStatus
from edge_agent.capture.camera_thread import CameraThread
from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.capture.mailbox import FrameMailbox

GONE = CameraUnavailableError("stalled", "the cable is out", "plug it in")


def pause() -> None:
    """Hold a scripted camera until the test is over, as a live one between two frames."""
    threading.Event().wait(0.05)


@contextmanager
def running(
    camera: ScriptedCamera, mailbox: FrameMailbox | None = None, *, fps: float | None = None
) -> Iterator[CameraThread]:
    thread = CameraThread(
        "gate",
        camera,
        mailbox or FrameMailbox(),
        rng=Random(1),
        fps=fps,
        clock=lambda: 100.0,
        first_retry_s=0.01,
    )
    thread.start()
    yield thread
    thread.stop()


def status_when(thread: CameraThread, true: Callable[[CameraStatus], bool]) -> CameraStatus:
    deadline_s = time.monotonic() + 5.0
    while time.monotonic() < deadline_s:
        status = thread.status(101.0)
        if true(status):
            return status
        time.sleep(0.002)
    raise AssertionError(f"not reached within 5 s: {thread.status(101.0)}")


def test_frames_are_numbered_and_carry_camera_and_capture_time() -> None:
    mailbox = FrameMailbox()
    with running(ScriptedCamera([97.0]), mailbox) as thread:
        frame = mailbox.take(5.0)
        status = status_when(thread, lambda s: s.state == "ended")
    assert frame is not None
    assert (frame.camera, frame.index, frame.at_s) == ("gate", 0, 97.0)
    assert status == CameraStatus("gate", "ended", True, 1, 0, 0, 4.0, None)


def test_frames_that_nobody_takes_are_dropped_and_counted() -> None:
    with running(ScriptedCamera([90.0, 90.1, 90.2, 90.3])) as thread:
        status = status_when(thread, lambda s: s.state == "ended")
    assert (status.frames, status.dropped) == (4, 3)


def test_fps_cap_leaves_frames_out_before_they_are_decoded() -> None:
    with running(ScriptedCamera([90.0 + n / 20 for n in range(40)]), fps=5.0) as thread:
        status = status_when(thread, lambda s: s.state == "ended")
    assert status.frames == 10


def test_camera_that_goes_away_is_opened_again() -> None:
    camera = ScriptedCamera([90.0, GONE], GONE, [91.0, pause])
    with running(camera) as thread:
        status = status_when(thread, lambda s: s.frames == 2)
    assert status.reconnects == 1
    assert status.problem is None
    assert camera.streams[0].closed.is_set()


def test_fault_is_reported_with_its_next_step_while_the_camera_is_down() -> None:
    with running(ScriptedCamera(*[GONE] * 100)) as thread:
        status = status_when(thread, lambda s: s.problem is not None)
    assert status.state == "retrying"
    assert status.problem == "the cable is out; plug it in"


def test_fault_that_lasts_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    camera = ScriptedCamera(GONE, GONE, GONE, [90.0, pause])
    with caplog.at_level(logging.INFO), running(camera) as thread:
        status_when(thread, lambda s: s.frames == 1)
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert lines == [
        "camera gate: the cable is out; plug it in (it is tried again)",
        "camera gate: frames are coming again",
    ]


def test_unexpected_failure_of_a_driver_does_not_end_the_camera(caplog: pytest.LogCaptureFixture) -> None:
    with running(ScriptedCamera([ZeroDivisionError("driver")], [90.0, pause])) as thread:
        status = status_when(thread, lambda s: s.frames == 1)
    assert status.reconnects == 1
    assert "failed in an unexpected way" in caplog.text


def test_source_that_hangs_is_given_up_in_time() -> None:
    release = threading.Event()
    thread = CameraThread(
        "gate", ScriptedCamera([lambda: release.wait(20.0) and None]), FrameMailbox(), rng=Random(1)
    )
    thread.start()
    began_s = time.monotonic()
    stopped = thread.stop(timeout_s=0.1)
    took_s = time.monotonic() - began_s
    release.set()
    assert stopped is False
    assert took_s < 10.0


def test_stop_ends_a_camera_that_waits_to_try_again() -> None:
    thread = CameraThread("gate", ScriptedCamera(GONE), FrameMailbox(), rng=Random(1), first_retry_s=60.0)
    thread.start()
    status_when(thread, lambda s: s.state == "retrying")
    assert thread.stop() is True
    assert thread.status(0.0).state == "stopped"


def test_thread_that_never_started_stops_at_once() -> None:
    assert CameraThread("gate", ScriptedCamera(), FrameMailbox(), rng=Random(1)).stop() is True


def test_camera_without_frames_goes_offline_after_twenty_seconds() -> None:
    with running(ScriptedCamera(*[GONE] * 100)) as thread:
        assert thread.status(119.9).online is True
        assert thread.status(120.0).online is False


def test_one_camera_that_hangs_leaves_the_others_alone() -> None:
    mailbox, release = FrameMailbox(), threading.Event()
    hung = CameraThread("hung", ScriptedCamera([lambda: release.wait(20.0) and None]), mailbox, rng=Random(1))
    hung.start()
    with running(ScriptedCamera([90.0, 90.1]), mailbox) as thread:
        status_when(thread, lambda s: s.frames == 2)
    release.set()
    hung.stop()


def test_thread_that_was_asked_ends_without_being_waited_for() -> None:
    thread = CameraThread("gate", ScriptedCamera(GONE), FrameMailbox(), rng=Random(1), first_retry_s=60.0)
    thread.start()
    status_when(thread, lambda s: s.state == "retrying")
    thread.ask_to_stop()
    status_when(thread, lambda s: s.state == "stopped")
