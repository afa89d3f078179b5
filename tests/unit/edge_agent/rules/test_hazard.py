import pytest
from fakes.staged_walks import Walk, moments, told

from edge_agent.rules.hazard import HazardRule
from edge_agent.rules.moment import Rule
from edge_agent.rules.origin import Origin
from edge_agent.rules.public_rules import public_rule
from edge_agent.scene.public_specs import Flooding, SmokeFire
from edge_agent.scene.scene import Scene, Zone

YARD = Zone(id="yard", polygon=((0.3, 0.3), (0.7, 0.3), (0.7, 0.9), (0.3, 0.9)))
SCENE = Scene(zones=(YARD,))


def fire(zone: str | None = "yard") -> Rule:
    return public_rule(SmokeFire(id="f", zone=zone), SCENE, Origin("cam", "own/1", ("fire", "smoke")))


def flood() -> Rule:
    return public_rule(Flooding(id="w", zone="yard"), SCENE, Origin("cam", "own/1", ("flood",)))


def burns(
    begin_s: float,
    end_s: float,
    x: float = 0.5,
    name: str = "smoke",
    unseen: tuple[tuple[float, float], ...] = (),
) -> Walk:
    return Walk(1, [(begin_s, x, 0.6), (end_s, x, 0.6)], name, 0.1, 0.15, unseen)


BLINKS = tuple((10 + step * 1.0, 10.3 + step * 1.0) for step in range(60))


@pytest.mark.parametrize(("fps", "dropped"), [(5, 0.2), (10, 0.2), (15, 0.0)])
@pytest.mark.parametrize(
    ("walk", "expected"),
    [
        pytest.param(burns(10, 40), [13.0], id="smoke"),
        pytest.param(burns(10, 40, unseen=BLINKS), [13.0], id="smoke, the model blinks"),
        pytest.param(burns(10, 12), [], id="too short"),
        pytest.param(burns(10, 40, x=0.1), [], id="elsewhere"),
        pytest.param(burns(10, 40, name="person"), [], id="something else"),
    ],
)
def test_smoke_is_told_once_when_it_lasts(
    walk: Walk, expected: list[float], fps: float, dropped: float
) -> None:
    events = told(fire(), moments([walk], until_s=45, fps=fps, dropped=dropped))
    assert [each.kind for each in events] == ["smoke_seen"] * len(expected)
    assert [each.at_s for each in events] == pytest.approx(expected, abs=1.5)


def test_without_a_zone_the_whole_picture_counts() -> None:
    events = told(fire(None), moments([burns(10, 40, x=0.1)], until_s=60))
    assert [(each.zone_or_line, each.class_name, each.model) for each in events] == [("", "smoke", "own/1")]
    assert events[0].value == pytest.approx(0.015)


def test_after_it_has_been_gone_it_is_told_again() -> None:
    again = Walk(2, [(110, 0.5, 0.6), (130, 0.5, 0.6)], "fire", 0.1, 0.15)
    soon = Walk(3, [(50, 0.5, 0.6), (60, 0.5, 0.6)], "fire", 0.1, 0.15)
    assert len(told(fire(), moments([burns(10, 40), again], until_s=140))) == 2
    assert len(told(fire(), moments([burns(10, 40), soon], until_s=70))) == 1


def test_a_flooded_road_needs_half_a_minute() -> None:
    events = told(flood(), moments([burns(10, 100, name="flood")], until_s=100, fps=5))
    assert [each.kind for each in events] == ["road_flooded"]
    assert events[0].at_s == pytest.approx(34, abs=6.5)


def test_fire_is_seen_in_the_dark_and_water_is_not() -> None:
    assert (fire().sees_in_dark, flood().sees_in_dark) == (True, False)


def test_time_without_frames_proves_nothing_and_a_pause_forgets() -> None:
    rule = fire()
    frames = [*moments([burns(0, 60)], until_s=1), *moments([burns(0, 60)], until_s=31, from_s=30)]
    assert told(rule, frames) == []
    rule.pause()
    assert isinstance(rule, HazardRule)
    assert len(rule._samples) == 0
