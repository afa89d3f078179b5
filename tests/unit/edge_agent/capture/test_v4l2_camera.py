import threading
from pathlib import Path

import pytest

from edge_agent.capture.errors import CameraUnavailableError, Reason
from edge_agent.capture.source import V4l2Source
from edge_agent.capture.v4l2_camera import V4l2Camera


@pytest.mark.parametrize(
    ("device", "reason", "says"),
    [("/dev/video-not-there", "missing", "there is no"), ("/dev/null", "busy", "does not open as a camera")],
)
def test_device_that_is_no_camera_is_told(device: str, reason: Reason, says: str) -> None:
    with pytest.raises(CameraUnavailableError, match=says) as caught:
        V4l2Camera(V4l2Source(device, width=640, height=480, fourcc="MJPG"), fps=10.0).open(threading.Event())
    assert caught.value.reason == reason


def test_a_plain_file_is_not_opened_as_a_camera(tmp_path: Path) -> None:
    path = tmp_path / "video0"
    path.write_bytes(b"\0" * 4096)
    with pytest.raises(CameraUnavailableError, match="does not open as a camera"):
        V4l2Camera(V4l2Source(str(path))).open(threading.Event())


def test_label_names_the_device() -> None:
    assert V4l2Camera(V4l2Source("/dev/video3")).label == "v4l2:/dev/video3"
