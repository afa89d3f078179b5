import pytest

from edge_agent.lane_priors import lanes_of
from edge_agent.perception.lane_prior import LanePrior, Lanes
from edge_agent.scene.parse import parse_scene

LANE = """
[[lanes]]
id = "in"
polygon = [[0.1, 0.2], [0.9, 0.2], [0.9, 0.9]]
direction = [0, 1]
usual_speed_kmh = 36
"""
UNKNOWN = """
[[lanes]]
id = "out"
polygon = [[0.1, 0.2], [0.9, 0.2], [0.9, 0.9]]
direction = [0, -1]
"""
GROUND = """
[homography]
points = [[0.1, 0.1, 0, 0], [0.9, 0.1, 10, 0], [0.9, 0.9, 10, 10], [0.1, 0.9, 0, 10]]
"""
PRIOR = LanePrior(((0.1, 0.2), (0.9, 0.2), (0.9, 0.9)), (0.0, 1.0), 10.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", Lanes()), (UNKNOWN, Lanes()), (LANE, Lanes((PRIOR,))), (LANE + UNKNOWN, Lanes((PRIOR,)))],
    ids=["no lane", "no usual speed", "a lane", "one of two"],
)
def test_lanes_with_a_usual_speed_are_priors_in_metres_a_second(text: str, expected: Lanes) -> None:
    assert expected == lanes_of(parse_scene(text, "scene"))


def test_the_ground_goes_with_them() -> None:
    ground = lanes_of(parse_scene(LANE + GROUND, "scene")).ground
    assert ground is not None
    (a, b, c), (d, e, f), (g, h, i) = ground
    east, north, weight = (0.5 * a + 0.5 * b + c), (0.5 * d + 0.5 * e + f), (0.5 * g + 0.5 * h + i)
    assert (pytest.approx(5.0), pytest.approx(5.0)) == (east / weight, north / weight)
    assert lanes_of(parse_scene(UNKNOWN + GROUND, "scene")).ground is None
