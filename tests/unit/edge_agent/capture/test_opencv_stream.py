from pathlib import Path

import cv2
import numpy as np
import pytest
from fakes.clips import write_clip

from edge_agent.capture import opencv_stream
from edge_agent.capture.errors import CameraUnavailableError


def test_capture_advances_to_each_picture_and_then_ends(tmp_path: Path) -> None:
    capture = opencv_stream.open_capture(
        str(write_clip(tmp_path / "c.avi", frames=2, fps=5)), cv2.CAP_FFMPEG, {}
    )
    assert capture is not None
    assert [opencv_stream.advance(capture) for _ in range(3)] == [True, True, False]
    capture.release()


def test_picture_is_eight_bit_colour_that_the_caller_owns(tmp_path: Path) -> None:
    capture = opencv_stream.open_capture(
        str(write_clip(tmp_path / "c.avi", frames=2, fps=5)), cv2.CAP_FFMPEG, {}
    )
    assert capture is not None
    opencv_stream.advance(capture)
    first = opencv_stream.picture(capture, "c")
    opencv_stream.advance(capture)
    opencv_stream.picture(capture, "c")
    assert (first.shape, first.dtype) == ((48, 64, 3), np.uint8)
    assert first.mean() < 5
    capture.release()


def test_picture_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    capture = opencv_stream.open_capture(
        str(write_clip(tmp_path / "c.avi", frames=1, fps=5)), cv2.CAP_FFMPEG, {}
    )
    assert capture is not None
    capture.release()
    with pytest.raises(CameraUnavailableError, match="c sends pictures that cannot be decoded"):
        opencv_stream.picture(capture, "c")


def test_source_that_does_not_open_is_none(tmp_path: Path) -> None:
    assert opencv_stream.open_capture(str(tmp_path / "gone.mp4"), cv2.CAP_FFMPEG, {}) is None
