"""Cameras against a real RTSP server: killed, frozen, restarted, with the wrong password."""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from fakes.clips import write_clip
from servers.rtsp import RtspServer

from edge_agent.capture.camera import Camera
from edge_agent.capture.camera_status import CameraStatus
from edge_agent.capture.camera_thread import CameraThread
from edge_agent.capture.errors import CameraUnavailableError, Reason
from edge_agent.capture.file_camera import FileCamera
from edge_agent.capture.mailbox import FrameMailbox
from edge_agent.capture.rtsp_camera import RtspCamera
from edge_agent.capture.source import FileSource, RtspSource, parse_source

PASSWORD = "s3cr-et"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RtspServer]:
    with RtspServer(tmp_path / "rtsp", user="admin", password=PASSWORD) as running:
        yield running


def camera_at(url: str) -> RtspCamera:
    source = parse_source(url)
    assert isinstance(source, RtspSource)
    return RtspCamera(source, open_timeout_s=4.0, read_timeout_s=1.5)


@contextmanager
def playing(camera_id: str, camera: Camera, mailbox: FrameMailbox) -> Iterator[CameraThread]:
    thread = CameraThread(camera_id, camera, mailbox, rng=Random(1), first_retry_s=0.2)
    thread.start()
    yield thread
    thread.stop()


def until(
    thread: CameraThread, true: Callable[[CameraStatus], bool], timeout_s: float = 30.0
) -> CameraStatus:
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        status = thread.status(time.monotonic())
        if true(status):
            return status
        time.sleep(0.02)
    raise AssertionError(f"not reached within {timeout_s} s: {thread.status(time.monotonic())}")


def test_frames_come_over_tcp_with_the_password(server: RtspServer) -> None:
    mailbox = FrameMailbox()
    with playing("gate", camera_at(server.url), mailbox):
        frame = mailbox.take(20.0)
    assert frame is not None
    assert frame.image.shape == (240, 320, 3)
    assert frame.image.max() > 200, "the ball of the test picture is white"
    assert time.monotonic() - frame.at_s < 20.0


def test_frames_return_after_the_server_was_killed_and_other_cameras_play_on(
    server: RtspServer, tmp_path: Path
) -> None:
    mailbox = FrameMailbox()
    clip = FileCamera(FileSource(write_clip(tmp_path / "c.avi", frames=20, fps=20), loop=True))
    with playing("gate", camera_at(server.url), mailbox) as gate, playing("clip", clip, mailbox) as other:
        until(gate, lambda s: s.frames > 5)
        server.kill9()
        down = until(gate, lambda s: s.state == "retrying")
        other_before = other.status(0.0).frames
        until(other, lambda s: s.frames >= other_before + 15)
        still_down = gate.status(time.monotonic()).frames
        server.start()
        back = until(gate, lambda s: s.frames > down.frames + 5)
    assert down.problem is not None
    assert still_down == down.frames, "the other camera went on while this one was gone"
    assert (back.reconnects >= 1, back.problem, back.state) == (True, None, "streaming")


def test_half_open_stream_is_noticed_and_recovers(server: RtspServer) -> None:
    with playing("gate", camera_at(server.url), FrameMailbox()) as gate:
        until(gate, lambda s: s.frames > 5)
        server.signal(signal.SIGSTOP)
        frozen = until(gate, lambda s: s.state == "retrying")
        server.signal(signal.SIGCONT)
        until(gate, lambda s: s.frames > frozen.frames + 5)
    assert frozen.problem is not None
    assert "sent nothing" in frozen.problem


def test_stop_does_not_wait_for_a_frozen_server(server: RtspServer) -> None:
    with playing("gate", camera_at(server.url), FrameMailbox()) as gate:
        until(gate, lambda s: s.frames > 5)
        server.signal(signal.SIGSTOP)
        time.sleep(0.3)
        began_s = time.monotonic()
        gate.stop()
        took_s = time.monotonic() - began_s
        server.signal(signal.SIGCONT)
    assert took_s < 5.0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ((f":{PASSWORD}@", ":wr0ng-pw@"), "unauthorised"),
        ((f"admin:{PASSWORD}@", ""), "unauthorised"),
        (("/stream", "/nope"), "no_such_stream"),
    ],
)
def test_fault_of_the_address_is_told_apart(
    server: RtspServer, change: tuple[str, str], reason: Reason
) -> None:
    with pytest.raises(CameraUnavailableError) as caught:
        camera_at(server.url.replace(*change)).open(threading.Event())
    assert caught.value.reason == reason
    assert "wr0ng-pw" not in str(caught.value)


def test_no_password_reaches_the_log_or_standard_error(server: RtspServer) -> None:
    program = (
        "import logging, random, sys, time\n"
        "from edge_agent.capture.camera_thread import CameraThread\n"
        "from edge_agent.capture.cameras import camera_for\n"
        "from edge_agent.capture.mailbox import FrameMailbox\n"
        "from edge_agent.capture.source import parse_source\n"
        "logging.basicConfig(level=logging.DEBUG)\n"
        "for url in sys.argv[1:]:\n"
        "    box = FrameMailbox()\n"
        "    thread = CameraThread('gate', camera_for(parse_source(url)), box, rng=random.Random(1))\n"
        "    thread.start()\n"
        "    print(box.take(4.0) is not None)\n"
        "    thread.stop()\n"
    )
    urls = [server.url, server.url.replace(PASSWORD, "wr0ng-pw"), "rtsp://admin:unreachable-pw@127.0.0.1:9/x"]
    done = subprocess.run(
        [sys.executable, "-c", program, *urls], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["True", "False", "False"]
    assert "refuses the password" in done.stderr
    assert re.findall(rf"{PASSWORD}|wr0ng-pw|unreachable-pw", done.stderr) == []
