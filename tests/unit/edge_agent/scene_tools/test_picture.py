from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_agent.capture.errors import CaptureError
from edge_agent.capture.source import FileSource, RtspSource
from edge_agent.scene_tools.errors import PictureError
from edge_agent.scene_tools.picture import as_jpeg, read_still, source_of

PICTURE = np.dstack([np.full((40, 60), level, np.uint8) for level in (10, 120, 240)])


def test_a_picture_file_is_its_own_still(tmp_path: Path) -> None:
    path = tmp_path / "still.png"
    cv2.imwrite(str(path), PICTURE)
    assert (read_still(str(path)) == PICTURE).all()


def test_the_first_frame_stands_for_a_video(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    sink = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (60, 40))
    for level in (0, 200):
        sink.write(np.full((40, 60, 3), level, np.uint8))
    sink.release()
    assert read_still(str(path)).mean() < 20
    assert read_still(f"file:{path}").shape == (40, 60, 3)


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_a_picture_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "still.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PictureError, match="give a PNG or JPEG"):
        read_still(str(path))


def test_a_missing_video_is_told() -> None:
    with pytest.raises(CaptureError, match="there is no video file"):
        read_still("none.mp4")


def test_paths_and_cameras_are_told_apart() -> None:
    assert source_of("clips/gate.mp4") == FileSource(Path("clips/gate.mp4"))
    assert isinstance(source_of("rtsp://user:secret@10.0.0.3/stream"), RtspSource)


def test_a_jpeg_is_no_wider_than_asked() -> None:
    small = cv2.imdecode(np.frombuffer(as_jpeg(PICTURE, width=30), np.uint8), cv2.IMREAD_COLOR)
    assert small is not None
    assert small.shape == (20, 30, 3)
