import pytest
from fakes.staged_tracks import Point, played, staged, standing, walk

from edge_agent.rules.loitering import loitering_rule
from edge_agent.rules.origin import Origin
from edge_agent.scene.rule_specs import Loitering
from edge_agent.scene.scene import Zone

SQUARE = Zone(id="square", polygon=((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)))
IN, OUT = (0.5, 0.5), (0.3, 0.5)


def times(points: list[Point], *, dwell_s: float = 6.0, fps: float = 10.0) -> list[float]:
    spec = Loitering(id="l", zone="square", dwell_s=dwell_s)
    rule = loitering_rule(spec, SQUARE, Origin("cam", "m", ("person",)))
    return [round(event.at_s, 3) for event in played(rule, staged(walk(points, fps=fps)))]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param([IN] * 61, [6.0], id="six seconds at a stretch"),
        pytest.param([IN] * 60, [], id="a tenth less"),
        pytest.param([IN] * 200, [6.0], id="one event however long"),
        pytest.param([IN] * 31 + [OUT] * 40 + [IN] * 31, [10.1], id="a gap of four seconds is not counted"),
        pytest.param([IN] * 31 + [OUT] * 55 + [IN] * 40, [], id="a gap of more than five begins anew"),
        pytest.param([IN] * 61 + [OUT] * 55 + [IN] * 61, [6.0, 17.6], id="a second stay is a second event"),
        pytest.param([IN] * 61 + [OUT] * 40 + [IN] * 100, [6.0], id="the same stay is not told twice"),
    ],
)
def test_loitering_is_time_inside_with_short_gaps(points: list[Point], expected: list[float]) -> None:
    assert expected == times(points)


@pytest.mark.parametrize("fps", [2.0, 5.0, 25.0])
def test_the_frame_rate_does_not_matter(fps: float) -> None:
    assert times([IN] * int(fps * 7), fps=fps) == [6.0]


def test_a_frame_rate_that_drops_half_way_does_not_matter() -> None:
    sights = walk([IN] * 31, fps=10.0) + walk([IN] * 10, fps=2.0, start_s=3.5)
    rule = loitering_rule(
        Loitering(id="l", zone="square", dwell_s=6.0), SQUARE, Origin("cam", "m", ("person",))
    )
    assert [event.at_s for event in played(rule, staged(sights))] == [6.0]


def test_time_unseen_does_not_count_and_is_forgiven_up_to_the_gap() -> None:
    sights = walk([IN] * 31) + walk([IN] * 31, start_s=7.0) + walk([IN] * 31, start_s=20.0)
    rule = loitering_rule(
        Loitering(id="l", zone="square", dwell_s=6.0), SQUARE, Origin("cam", "m", ("person",))
    )
    assert [event.at_s for event in played(rule, staged(sights))] == [10.0]


def test_the_default_is_a_minute() -> None:
    rule = loitering_rule(Loitering(id="l", zone="square"), SQUARE, Origin("cam", "m", ("person",)))
    frames = [standing(1, second / 2, IN) for second in range(140)]
    (event,) = played(rule, frames)
    assert (event.kind, event.at_s, event.duration_s) == ("loitered", 60.0, 60.0)
