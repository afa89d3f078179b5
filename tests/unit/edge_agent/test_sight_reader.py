from pathlib import Path

import cv2
import numpy as np
import pytest
from fakes.street_pictures import Picture, empty_street, noisy, shifted, with_bag

from edge_agent.capture.frame import Frame
from edge_agent.perception.tracks import Track, Tracks
from edge_agent.rules.sight import Sight
from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import parse_scene, read_scene
from edge_agent.scene.scene import Scene
from edge_agent.sight_reader import SightReader

ZONE = '[[zones]]\nid = "z"\npolygon = [[0, 0], [1, 0], [1, 1], [0, 1]]\n'
LITTERING = ZONE + '[[rules]]\nid = "l"\nkind = "littering"\nzone = "z"\n'
HEALTH = '[[rules]]\nid = "h"\nkind = "camera_health"\n'


def scene(text: str) -> Scene:
    return parse_scene(text, "s.toml")


def looked(reader: SightReader, pictures: list[Picture], tracks: tuple[Track, ...] = ()) -> Sight:
    """The latest sight of pictures, four a second."""
    for index, image in enumerate(pictures):
        at_s = index / 4
        seen = tuple(
            Track(t.tracker_id, 0, t.class_name, 0.9, t.xyxy, t.anchor, 0.0, at_s, 9) for t in tracks
        )
        sight = reader.read(Frame("cam", noisy(image, index % 5), index, at_s), Tracks(at_s, seen))
    return sight


def left(at: int = 8, count: int = 32) -> list[Picture]:
    """A street in which a bag lies from some picture on."""
    bag = with_bag(100, 147, 10)(empty_street())
    return [bag if index >= at else empty_street() for index in range(count)]


def track(class_name: str) -> Track:
    return Track(1, 0, class_name, 0.9, (0.3, 0.6, 0.5, 0.8), (0.4, 0.8), 0.0, 0.0, 9)


def test_only_what_the_rules_ask_for_is_looked_at() -> None:
    sight = looked(SightReader(scene(ZONE)), left())
    assert (sight.blobs, sight.condition) == ((), None)
    assert sight.aspect == pytest.approx(256 / 192)


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        pytest.param((), 1, id="nobody there"),
        pytest.param((track("person"),), 0, id="somebody before it"),
        pytest.param((track("handbag"),), 1, id="the detector sees it too"),
    ],
)
def test_things_are_found_for_rules_about_things(tracks: tuple[Track, ...], expected: int) -> None:
    assert expected == len(looked(SightReader(scene(LITTERING)), left(), tracks).blobs)


def test_the_state_of_the_camera_is_told_against_the_reference_beside_the_scene(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "reference.png"), empty_street())
    file = tmp_path / "s.toml"
    file.write_text(HEALTH + '[reference]\nimage = "reference.png"\n')
    reader = SightReader(read_scene(file))
    pictures = [shifted(0, 9.6)(empty_street())] * 4
    condition = looked(reader, pictures).condition
    assert condition is not None
    assert condition.moved == pytest.approx(0.05, abs=0.01)
    assert (condition.is_frozen, condition.covered) == (False, 0.0)


def test_a_frozen_picture_is_told() -> None:
    reader = SightReader(scene(HEALTH))
    image = empty_street()
    for index in range(2):
        sight = reader.read(Frame("cam", image.copy(), index, index / 4), Tracks(index / 4, ()))
    assert sight.condition is not None
    assert sight.condition.is_frozen


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read"), (b"", "no picture"), (b"x", "no picture")]
)
def test_a_reference_that_cannot_be_read_is_refused_with_the_next_step(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "r.jpg").write_bytes(content)
    file = tmp_path / "s.toml"
    file.write_text(HEALTH + '[reference]\nimage = "r.jpg"\n')
    with pytest.raises(SceneError, match=rf"\[reference\].*{words}.*save a still"):
        SightReader(read_scene(file))


def test_a_reference_needs_no_rule_to_be_there() -> None:
    assert (
        SightReader(scene('[reference]\nimage = "nowhere.jpg"\n'))
        .read(Frame("cam", np.zeros((8, 8, 3), np.uint8), 0, 0.0), Tracks(0.0, ()))
        .condition
        is None
    )
