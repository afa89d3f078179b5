"""Which class opens which kind of source."""

from edge_agent.capture.camera import Camera
from edge_agent.capture.file_camera import FileCamera
from edge_agent.capture.picamera2_camera import Picamera2Camera
from edge_agent.capture.rtsp_camera import RtspCamera
from edge_agent.capture.source import FileSource, Picamera2Source, RtspSource, Source, V4l2Source
from edge_agent.capture.v4l2_camera import V4l2Camera


def camera_for(source: Source, fps: float | None = None) -> Camera:
    """The camera of a parsed source.

    Args:
        source: from `parse_source`.
        fps: the rate to ask a device for; files and IP cameras keep their own, which the thread caps.
    """
    match source:
        case FileSource():
            return FileCamera(source)
        case RtspSource():
            return RtspCamera(source)
        case V4l2Source():
            return V4l2Camera(source, fps=fps)
        case Picamera2Source():
            return Picamera2Camera(source, fps=fps)
