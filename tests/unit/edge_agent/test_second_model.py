from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from fakes.tiny_classifier import placed
from numpy.typing import NDArray

from edge_agent.capture.frame import Frame
from edge_agent.perception.detections import Detections
from edge_agent.perception.detector import ModelError
from edge_agent.pipeline import Pipeline
from edge_agent.scene.errors import SceneError
from edge_agent.scene.parse import parse_scene
from edge_agent.scene.road_specs import NoHelmet
from edge_agent.second_model import check_words, head_classifier

ROAD = '[[zones]]\nid = "road"\npolygon = [[0, 0], [1, 0], [1, 1], [0, 1]]\n'
HELMETS = '[[rules]]\nid = "h"\nkind = "no_helmet"\nzone = "road"\n'


@pytest.mark.parametrize("rules", ["", HELMETS])
def test_without_a_rule_that_names_one_there_is_no_second_model(rules: str) -> None:
    assert head_classifier(parse_scene(ROAD + rules, "s.toml")) is None


def test_a_word_that_the_model_does_not_know_is_told_with_those_it_knows() -> None:
    check_words([NoHelmet(id="h", zone="road", model="heads")], "heads/int8", ("helmet", "no_helmet"))
    with pytest.raises(
        SceneError, match="'bare': model heads/int8 does not know 'no_helmet', only with, without"
    ):
        check_words([NoHelmet(id="h", zone="road", model="heads")], "heads/int8", ("with", "without"))


@dataclass
class RiderAndBike:
    """Finds the same rider on the same motorbike in every picture."""

    name: str = "found/1"
    labels: tuple[str, ...] = ("person", "motorcycle")

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        assert image.ndim == 3
        boxes = np.array([(0.40, 0.2, 0.60, 0.7), (0.3, 0.4, 0.7, 0.8)], np.float32)
        return Detections(boxes, np.array([0, 1]), np.array([0.9, 0.9], np.float32))


@pytest.mark.parametrize(("grey", "expected"), [(20, ["no_helmet"]), (230, [])])
def test_the_second_model_looks_at_heads_and_the_rule_judges(
    grey: int, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTHAN_MODELS", str(placed(tmp_path)))
    scene = parse_scene(ROAD + HELMETS + 'model = "heads"\n', "s.toml")
    pipeline = Pipeline(
        scene, camera="cam", detector=RiderAndBike(), heads=head_classifier(scene), motion_gate=False
    )
    image = np.full((400, 600, 3), grey, np.uint8)
    steps = [pipeline.step(Frame("cam", image, index, index / 10), None) for index in range(15)]
    assert expected == [event.kind for step in steps for event in step.events]


def test_a_model_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTHAN_MODELS", str(placed(tmp_path)))
    with pytest.raises(ModelError, match="no model 'hats' in the catalogue"):
        head_classifier(parse_scene(ROAD + HELMETS + 'model = "hats"\n', "s.toml"))
