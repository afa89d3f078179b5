import time
from pathlib import Path

import numpy as np
import pytest
from fakes.clips import write_clip

from edge_agent.capture.errors import CameraUnavailableError
from edge_agent.capture.replay import Replay


def test_every_frame_comes_once_in_order_with_its_time(tmp_path: Path) -> None:
    with Replay(write_clip(tmp_path / "c.avi", frames=25, fps=5), camera="gate") as replay:
        frames = list(replay)
        described = (replay.fps, replay.width, replay.height, replay.declared_frames, replay.cut_short)
    assert [frame.index for frame in frames] == list(range(25))
    assert [frame.at_s for frame in frames] == [n / 5 for n in range(25)]
    assert {frame.camera for frame in frames} == {"gate"}
    assert described == (5.0, 64, 48, 25, False)


def test_two_replays_give_the_same_pixels(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.avi", frames=8, fps=5)
    with Replay(clip) as first, Replay(clip) as second:
        pairs = list(zip(first, second, strict=True))
    assert len(pairs) == 8
    assert all(np.array_equal(one.image, other.image) for one, other in pairs)


def test_slow_reader_loses_nothing(tmp_path: Path) -> None:
    with Replay(write_clip(tmp_path / "c.avi", frames=12, fps=5), queue_frames=1) as replay:
        indices = []
        for frame in replay:
            time.sleep(0.005)
            indices.append(frame.index)
    assert indices == list(range(12))


def test_close_in_the_middle_ends_the_decoder(tmp_path: Path) -> None:
    replay = Replay(write_clip(tmp_path / "c.avi", frames=25, fps=5), queue_frames=1)
    next(iter(replay))
    began_s = time.monotonic()
    replay.close()
    assert time.monotonic() - began_s < 10.0


def test_time_spent_decoding_is_counted(tmp_path: Path) -> None:
    with Replay(write_clip(tmp_path / "c.avi", frames=25, fps=5)) as replay:
        assert len(list(replay)) == 25
        assert 0.0 < replay.decode_s < 5.0


def test_file_that_was_cut_is_noticed(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.avi", frames=25, fps=5)
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with Replay(cut) as replay:
        frames = list(replay)
        assert 0 < len(frames) < 25
        assert (replay.declared_frames, replay.cut_short) == (25, True)


def test_missing_file_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(CameraUnavailableError, match="there is no video file"):
        Replay(tmp_path / "gone.mp4")
