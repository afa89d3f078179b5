import pytest

from edge_agent.capture.camera import Camera
from edge_agent.capture.cameras import camera_for
from edge_agent.capture.file_camera import FileCamera
from edge_agent.capture.picamera2_camera import Picamera2Camera
from edge_agent.capture.rtsp_camera import RtspCamera
from edge_agent.capture.source import parse_source
from edge_agent.capture.v4l2_camera import V4l2Camera


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("file:a.mp4", FileCamera),
        ("rtsp://cam/1", RtspCamera),
        ("v4l2:/dev/video0", V4l2Camera),
        ("picamera2:0", Picamera2Camera),
    ],
)
def test_each_source_has_its_camera(text: str, kind: type[Camera]) -> None:
    camera = camera_for(parse_source(text), fps=10.0)
    assert type(camera) is kind
    assert camera.label == text
