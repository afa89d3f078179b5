import numpy as np
import pytest

from edge_agent.scene.homography import fit_ground
from edge_agent.scene.parse import parse_scene
from edge_agent.scene_tools.drawing import draw_scene, plain

GREY = np.full((540, 960, 3), 128, np.uint8)
TEXT = """
[[lines]]
id = "vạch"
from = [0.2, 0.5]
to = [0.4, 0.5]
[[zones]]
id = "z"
polygon = [[0.6, 0.1], [0.9, 0.1], [0.9, 0.4], [0.6, 0.4]]
[[lanes]]
id = "in"
polygon = [[0.5, 0.5], [0.7, 0.5], [0.7, 0.9], [0.5, 0.9]]
direction = [0, 1]
[[signals]]
id = "s"
box = [0.05, 0.1, 0.1, 0.3]
lamps = { red = [0.06, 0.11, 0.09, 0.15] }
[[privacy]]
polygon = [[0.8, 0.8], [0.95, 0.8], [0.95, 0.95], [0.8, 0.95]]
[homography]
points = [[0.3, 0.3, 0, 40], [0.7, 0.3, 10, 40], [1, 1, 10, 0], [0, 1, 0, 0]]
"""


def test_each_part_is_drawn_where_it_is_and_the_still_is_not_touched() -> None:
    scene = parse_scene(TEXT, "s")
    assert scene.homography is not None
    drawn = draw_scene(GREY, scene, fit_ground(scene.homography.points))
    assert (GREY == 128).all()

    def at(x: float, y: float) -> list[int]:
        return drawn[round(y * 540), round(x * 960)].tolist()

    assert at(0.25, 0.5) == [60, 210, 255]
    assert at(0.3, 0.525) == [60, 210, 255], "the arrow points to the forward side, downwards here"
    assert at(0.3, 0.475) == [128, 128, 128]
    assert at(0.87, 0.87) == [12, 12, 12]
    blue, green, red = at(0.85, 0.15)
    assert blue > red
    assert green > 128
    assert at(0.06, 0.13) == [60, 60, 240]


def test_a_scene_of_nothing_leaves_the_picture() -> None:
    assert (draw_scene(GREY, parse_scene("", "s"), None) == GREY).all()


@pytest.mark.parametrize(("shape", "drawn"), [((288, 384, 3), (720, 960)), ((2160, 3840, 3), (1080, 1920))])
def test_stills_are_drawn_at_a_size_that_can_be_read(shape: tuple[int, ...], drawn: tuple[int, int]) -> None:
    found = draw_scene(np.zeros(shape, np.uint8), parse_scene(TEXT, "s"), None)
    assert found.shape[:2] == drawn


@pytest.mark.parametrize(("name", "shown"), [("đường-Đê_1", "duong-De_1"), ("plaza", "plaza"), ("门", "?")])
def test_names_are_drawn_in_plain_letters(name: str, shown: str) -> None:
    assert plain(name) == shown
