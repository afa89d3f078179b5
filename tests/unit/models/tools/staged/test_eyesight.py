"""When an object counts as seen."""

import numpy as np
import pytest
from staged.eyesight import is_found

from edge_agent.perception.detections import Detections

LABELS = ("person", "car", "truck")
BOX = (100.0, 100.0, 200.0, 150.0)
SAME = (100 / 640, 100 / 360, 200 / 640, 150 / 360)


@pytest.mark.parametrize(
    ("xyxy", "label", "score", "seen"),
    [
        (SAME, "car", 0.5, True),
        (SAME, "truck", 0.5, True),
        (SAME, "person", 0.9, False),
        (SAME, "car", 0.3, False),
        ((0.0, 0.0, 0.1, 0.1), "car", 0.9, False),
        ((100 / 640, 100 / 360, 140 / 640, 150 / 360), "car", 0.9, False),
    ],
    ids=["as it is", "a class taken for another", "another kind", "unsure", "elsewhere", "a piece"],
)
def test_an_object_is_seen_when_a_sure_box_of_its_kind_lies_on_it(
    xyxy: tuple[float, float, float, float],
    label: str,
    score: float,
    seen: bool,  # noqa: FBT001  a case of the table
) -> None:
    found = Detections(
        np.array([xyxy], np.float32), np.array([LABELS.index(label)]), np.array([score], np.float32)
    )
    assert is_found(BOX, "car", found, LABELS) is seen
