"""What is painted is where the truth says, and the same each time."""

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from staged import assets
from staged.render import Painter, write_clip
from staged.scripts import SCRIPTS, stage_of
from staged.stage import BANDS, Stage
from staged.staging import HEIGHT, WIDTH, Box, Staging
from staged.truth_file import truth_lines

from edge_agent.scene.parse import parse_scene

FPS = 5.0
REACH = 9


def _drive(tmp_path: Path, band: str) -> tuple[Staging, Path]:
    """A clip of one vehicle, and its file."""
    stage = Stage("drive", 3, band, "tuning", "day")
    stage.enter(stage.cast("car"), [(0.0, 140.0, 250.0), (2.0, 500.0, 260.0)])
    clip = stage.done(2.0, "")
    path = tmp_path / "clip.avi"
    write_clip(clip, path, FPS)
    return clip, path


@pytest.mark.parametrize("band", BANDS)
def test_a_decoded_object_is_within_one_and_a_half_pixels_of_the_truth(tmp_path: Path, band: str) -> None:
    clip, path = _drive(tmp_path, band)
    video = cv2.VideoCapture(str(path))
    actor = clip.actors[0]
    size = (int(actor.width), int(actor.height))
    cut = cv2.resize(assets.pixels(actor.cutout), size, interpolation=cv2.INTER_AREA)
    cut = cut[:, ::-1] if actor.mirrored else cut
    mask = np.repeat((cut[:, :, 3:] > 200).astype(np.uint8), 3, axis=2)
    for line in [json.loads(line) for line in truth_lines(clip, FPS)][1:]:
        is_read, image = video.read()
        assert is_read
        x1, y1, x2, y2 = line["objects"][0]["xyxy"]
        left, top = int(x1) - REACH, int(y1) - REACH
        window = image[top : int(y2) + REACH, left : int(x2) + REACH]
        likeness = cv2.matchTemplate(window, np.ascontiguousarray(cut[:, :, :3]), cv2.TM_SQDIFF, mask=mask)
        x, y = cv2.minMaxLoc(likeness)[2]
        assert (left + x, top + y) == pytest.approx((x1, y1), abs=1.5)
    video.release()


def _digest(staging: Staging) -> str:
    return hashlib.sha256("\n".join(truth_lines(staging, FPS)).encode()).hexdigest()


def test_the_same_seed_gives_the_same_truth_and_pictures_and_another_seed_others() -> None:
    one, again, other = (stage_of("red_light", seed, "large", "tuning") for seed in (5, 5, 6))
    assert _digest(one) == _digest(again)
    assert _digest(one) != _digest(other)
    pictures = [Painter(each).picture(7, 9.3) for each in (one, again)]
    assert np.array_equal(*pictures)


@pytest.mark.parametrize(("light", "low", "high"), [("day", 80, 160), ("dusk", 35, 90), ("night", 10, 45)])
def test_light_fades_with_the_hour(light: str, low: float, high: float) -> None:
    picture = Painter(stage_of("intrusion", 1, "large", "tuning", light)).picture(0, 0.0)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert low < picture.mean() < high


def _brightest(picture: NDArray[np.uint8], box: Box) -> int:
    x1, y1, x2, y2 = (round(value) for value in box)
    return int(picture[y1 + 4 : y2 - 4, x1 + 4 : x2 - 4].max())


def test_a_signal_is_painted_in_the_colour_that_the_truth_tells() -> None:
    clip = stage_of("red_light", 1, "small", "tuning", "night")
    lamp, painter = clip.lamps[0], Painter(clip)
    for at_s in (1.0, 5.5, 9.0):
        picture, lit = painter.picture(0, at_s), lamp.colour(at_s)
        assert _brightest(picture, lamp.lamps[lit]) > 200
        assert max(_brightest(picture, box) for name, box in lamp.lamps.items() if name != lit) < 100


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_script_writes_a_scene_that_is_accepted_and_has_something_to_come(name: str) -> None:
    clips = [stage_of(name, 1, "small", "tuning"), stage_of(name, 2, "large", "held_out")]
    for clip in clips:
        parse_scene(clip.scene, name)
    assert sum(len(clip.expected) for clip in clips) > 0
    assert all(0 <= event.at_s <= clip.seconds for clip in clips for event in clip.expected)


def test_no_cutout_and_no_background_is_in_both_splits() -> None:
    names = [each.id for each in assets.cutouts().values()]
    assert len(names) == len(set(names))
    assert not set(assets.backgrounds("tuning")) & set(assets.backgrounds("held_out"))
    for split in ("tuning", "held_out"):
        classes = {each.class_name for each in assets.cutouts().values() if each.split == split}
        assert {"car", "person", "thing"} <= classes


def test_vehicles_look_where_they_go() -> None:
    stage = Stage("drive", 3, "large", "tuning", "day")
    both = [stage.enter(stage.cast("car"), [(0.0, x, 250.0), (2.0, 320.0, 250.0)]) for x in (0.0, 640.0)]
    assert both[0].cutout == both[1].cutout == "hatchback"
    assert [actor.mirrored for actor in both] == [True, False]
