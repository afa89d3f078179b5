from pathlib import Path

import numpy as np

from edge_agent.capture.source import FileSource
from edge_agent.scene_tools.recent_frames import KEEP_S, RecentFrames

BLACK = np.zeros((48, 64, 3), np.uint8)


def recent() -> RecentFrames:
    return RecentFrames(FileSource(Path("none.mp4")))


def test_only_the_last_minutes_are_kept() -> None:
    frames = recent()
    for second in range(int(KEEP_S) + 50):
        frames.keep(float(second), BLACK)
    kept = frames.kept()
    assert (kept[0].at_s, kept[-1].at_s) == (49.0, KEEP_S + 49)
    assert [frame.index for frame in kept] == list(range(49, int(KEEP_S) + 50))


def test_pictures_that_take_too_much_room_go_first() -> None:
    frames = RecentFrames(FileSource(Path("none.mp4")), most_bytes=100_000)
    noise = np.random.default_rng(1).integers(0, 256, (96, 128, 3), np.uint8)
    for step in range(90):
        frames.keep(step / 10, noise)
    kept = frames.kept()
    assert (1 < len(kept) < 90, kept[-1].index) == (True, 89)
    assert sum(len(frame.jpeg) for frame in kept) <= 100_000


def test_a_kept_frame_is_the_picture_again() -> None:
    frames = recent()
    frames.keep(1.5, np.full((48, 64, 3), 90, np.uint8))
    frame = frames.kept()[0].unpacked("cam")
    assert (frame.camera, frame.at_s, frame.image.shape) == ("cam", 1.5, (48, 64, 3))
    assert abs(float(frame.image.mean()) - 90) < 3
