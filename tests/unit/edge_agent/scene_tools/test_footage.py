import time
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_agent.capture.errors import CaptureError
from edge_agent.capture.source import FileSource
from edge_agent.scene_tools.footage import CameraFootage, VideoFootage, footage_of

FRAMES = 20


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds whose frame n is 10·n grey."""
    path = tmp_path / "clip.avi"
    sink = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
    for index in range(FRAMES):
        sink.write(np.full((48, 64, 3), 10 * index, np.uint8))
    sink.release()
    return path


def test_a_segment_of_a_video_has_the_times_of_the_whole(clip: Path) -> None:
    footage = footage_of(FileSource(clip))
    assert (footage.is_live, footage.duration_s) == (False, 2.0)
    frames = list(footage.frames(0.5, 0.3))
    assert [(frame.index, frame.at_s) for frame in frames] == [(5, 0.5), (6, 0.6), (7, 0.7)]
    footage.close()


@pytest.mark.parametrize(("at_s", "grey"), [(0.0, 0), (1.0, 90), (99.0, 190)])
def test_a_still_is_taken_where_it_is_asked_for(clip: Path, at_s: float, grey: int) -> None:
    assert VideoFootage(FileSource(clip)).still(at_s).mean() == pytest.approx(grey, abs=4)


def test_a_missing_video_is_told() -> None:
    with pytest.raises(CaptureError, match="no video file"):
        footage_of(FileSource(Path("none.mp4")))


def test_a_camera_gives_its_last_seconds_counted_from_their_first(clip: Path) -> None:
    """A file that plays at its own speed stands for a camera."""
    footage = CameraFootage(FileSource(clip, loop=True))
    until = time.monotonic() + 10
    while footage.duration_s < 0.5 and time.monotonic() < until:
        time.sleep(0.02)
    frames = list(footage.frames(0.0, 60.0))
    footage.close()
    assert (footage.is_live, frames[0].at_s, frames[0].camera) == (True, 0.0, "preview")
    assert all(0.05 < b.at_s - a.at_s < 1 for a, b in pairwise(frames))
    assert footage.still(0.0).shape == (48, 64, 3)
