import pytest
from fakes.staged_tracks import Point, played, staged, standing, straight, walk

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.dwelling import DwellingRule
from edge_agent.rules.intrusion import intrusion_rule
from edge_agent.rules.origin import Origin
from edge_agent.scene.rule_specs import Intrusion
from edge_agent.scene.scene import Zone

YARD = Zone(id="yard", polygon=((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)))
IN, OUT, EDGE = (0.5, 0.5), (0.3, 0.5), (0.399, 0.5)


def guarding() -> DwellingRule:
    return intrusion_rule(Intrusion(id="keep-out", zone="yard"), YARD, Origin("cam", "m", ("person",)))


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        pytest.param([IN] * 11, [1.0], id="inside for a second"),
        pytest.param([IN] * 10, [], id="inside for less"),
        pytest.param([OUT] * 20, [], id="outside"),
        pytest.param([OUT] * 10 + [IN] * 30, [2.0], id="one event a stay"),
        pytest.param(([IN] * 8 + [OUT]) * 5, [], id="steps out before the second is full"),
        pytest.param([IN] * 15 + [OUT] * 10 + [IN] * 15, [1.0], id="away for less than the gap"),
        pytest.param([IN] * 15 + [OUT] * 25 + [IN] * 15, [1.0, 5.0], id="away and back: a new cycle"),
        pytest.param([IN] * 15 + [EDGE, IN] * 20, [1.0], id="trembling on the edge after the event"),
    ],
)
def test_an_intrusion_is_a_second_inside(points: list[Point], expected: list[float]) -> None:
    events = played(guarding(), staged(walk(points)))
    assert expected == [pytest.approx(event.at_s) for event in events]


@pytest.mark.parametrize("fps", [2.0, 10.0, 30.0])
def test_the_second_is_one_of_the_clock_and_not_of_frames(fps: float) -> None:
    events = played(guarding(), staged(walk([IN] * int(2 * fps + 1), fps=fps)))
    assert [pytest.approx(event.at_s) for event in events] == [1.0]


def test_the_event_names_the_intruder() -> None:
    (event,) = played(guarding(), staged(walk([IN] * 12), tracker_id=4))
    assert (event.kind, event.rule, event.zone_or_line, event.track_id) == ("intruded", "keep-out", "yard", 4)
    assert event.duration_s == pytest.approx(1.0)


def test_a_dog_does_not_intrude_where_people_may_not() -> None:
    assert played(guarding(), staged(walk([IN] * 30), class_name="dog")) == []


def test_the_anchor_decides_and_not_the_box() -> None:
    feet_below = straight((0.5, 0.65), (0.5, 0.65), 20)
    assert played(guarding(), staged(walk(feet_below))) == []


def test_a_pause_begins_the_second_anew() -> None:
    rule = guarding()
    frames = staged(walk([IN] * 14))
    played(rule, frames[:9])
    rule.pause()
    assert played(rule, frames[9:]) == []


def test_no_stay_is_remembered_of_tracks_that_ended() -> None:
    rule = guarding()
    played(rule, [standing(5, 1.0, IN), Tracks(2.0, ())])
    assert rule._stays == {}
