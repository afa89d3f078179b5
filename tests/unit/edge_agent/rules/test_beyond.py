import pytest
from fakes.road import ASPECT, GROUND, pictured
from fakes.staged_tracks import HEIGHT, WIDTH, track_at

from edge_agent.perception.tracks import Track
from edge_agent.rules.beyond import CLEAR, Beyond, way_over
from edge_agent.rules.pace import DEPTH, LENGTHS_PER_M
from edge_agent.scene.geometry import BACKWARD, FORWARD
from edge_agent.scene.scene import Lane, Line

LEVEL = Line(id="l", start=(0.2, 0.5), end=(0.8, 0.5))
"""Drawn to the right: forward is downwards."""
UPRIGHT = Line(id="u", start=(0.5, 0.2), end=(0.5, 0.8))
"""Drawn downwards: forward is to the left."""


def at(x: float, y: float) -> Track:
    return track_at((x, y), born_s=0.0, seen_s=1.0, hits=9)


@pytest.mark.parametrize(
    ("line", "way", "track", "expected"),
    [
        (LEVEL, FORWARD, at(0.5, 0.5 + CLEAR * HEIGHT), CLEAR),
        (LEVEL, BACKWARD, at(0.5, 0.5 + CLEAR * HEIGHT), -CLEAR),
        (LEVEL, FORWARD, at(0.5, 0.5), 0.0),
        (UPRIGHT, FORWARD, at(0.5 - WIDTH, 0.5), 1.0),
        (UPRIGHT, BACKWARD, at(0.5 - WIDTH, 0.5), -1.0),
    ],
)
def test_the_share_is_that_of_the_extent_across_the_line(
    line: Line, way: int, track: Track, expected: float
) -> None:
    beyond = Beyond(line, way)
    assert beyond.share(track) == pytest.approx(expected)
    assert beyond.is_clear(track) == (expected >= CLEAR - 1e-12) or beyond.share(track) < CLEAR
    assert not (beyond.is_clear(track) and beyond.is_before(track))


@pytest.mark.parametrize(
    ("north", "metres", "expected"), [(21.1, 1.0, True), (20.9, 1.0, False), (18.0, 1.0, False)]
)
def test_metres_are_those_of_the_ground_on_the_far_side_only(
    north: float, metres: float, *, expected: bool
) -> None:
    line = Line(id="stop", start=pictured(-3, 20), end=pictured(3, 20))
    away = Lane(id="a", polygon=((0, 0), (1, 0), (1, 1)), direction=(0.0, -1.0))
    track = at(*pictured(0.5, north))
    assert expected == Beyond(line, way_over(line, away)).is_past(track, metres, GROUND, ASPECT)


@pytest.mark.parametrize(
    ("line", "shift", "stands_for_m"),
    [(UPRIGHT, (-1.0, 0.0), LENGTHS_PER_M), (LEVEL, (0.0, 1.0), LENGTHS_PER_M * DEPTH)],
)
def test_without_a_ground_lengths_stand_for_metres(
    line: Line, shift: tuple[float, float], stands_for_m: float
) -> None:
    size = (WIDTH * ASPECT * HEIGHT) ** 0.5
    for share, expected in ((1.05, True), (0.95, False)):
        far = share * stands_for_m * size
        track = at(0.5 + shift[0] * far / ASPECT, 0.5 + shift[1] * far)
        assert expected == Beyond(line, FORWARD).is_past(track, 1.0, None, ASPECT)


@pytest.mark.parametrize(
    ("line", "direction", "expected"),
    [(LEVEL, (0.0, 1.0), FORWARD), (LEVEL, (0.3, -1.0), BACKWARD), (UPRIGHT, (-1.0, 0.2), FORWARD)],
)
def test_the_lane_says_which_way_is_ahead(line: Line, direction: tuple[float, float], expected: int) -> None:
    lane = Lane(id="a", polygon=((0, 0), (1, 0), (1, 1)), direction=direction)
    assert expected == way_over(line, lane)
