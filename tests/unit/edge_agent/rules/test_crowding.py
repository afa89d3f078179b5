import pytest
from fakes.staged_tracks import standing

from edge_agent.perception.tracks import Tracks
from edge_agent.rules.crowding import CrowdingRule
from edge_agent.rules.facts import SceneEvent
from edge_agent.rules.moment import moment_of
from edge_agent.rules.origin import Origin
from edge_agent.scene.rule_specs import Crowding
from edge_agent.scene.scene import Zone

SQUARE = Zone(id="square", polygon=((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)), area_m2=10.0)
FPS = 10


def crowding(spec: Crowding) -> CrowdingRule:
    return CrowdingRule(spec, SQUARE, Origin("cam", "m", ("person",)))


def people(*spells: tuple[float, int]) -> list[Tracks]:
    """Frames with so many people for so many seconds each."""
    counts = [count for seconds, count in spells for _ in range(round(seconds * FPS))]
    return [standing(count, index / FPS) for index, count in enumerate(counts)]


def told(rule: CrowdingRule, frames: list[Tracks]) -> list[SceneEvent]:
    return [event for frame in frames for event in rule.step(moment_of(frame))]


@pytest.mark.parametrize(
    ("spells", "expected"),
    [
        pytest.param([(20, 2)], [], id="too few"),
        pytest.param([(9.9, 3)], [], id="too short"),
        pytest.param([(10.2, 3)], [("crowd_formed", 10.0)], id="ten seconds"),
        pytest.param([(40, 3)], [("crowd_formed", 10.0)], id="told once"),
        pytest.param([(5, 3), (0.4, 0), (6, 3)], [("crowd_formed", 10.0)], id="a blink is filtered out"),
        pytest.param([(5, 3), (3, 1), (9, 3)], [], id="a real dip begins anew"),
        pytest.param(
            [(12, 3), (20, 1)], [("crowd_formed", 10.0), ("crowd_cleared", 22.5)], id="formed and cleared"
        ),
        pytest.param([(12, 3), (5, 1), (20, 3)], [("crowd_formed", 10.0)], id="a short ebb does not clear"),
        pytest.param(
            [(12, 3), (12, 1), (12, 4)],
            [("crowd_formed", 10.0), ("crowd_cleared", 22.5), ("crowd_formed", 34.5)],
            id="a second crowd",
        ),
    ],
)
def test_a_crowd_forms_and_clears_with_hysteresis(
    spells: list[tuple[float, int]], expected: list[tuple[str, float]]
) -> None:
    events = told(crowding(Crowding(id="c", zone="square", people=3)), people(*spells))
    assert [kind for kind, _ in expected] == [event.kind for event in events]
    assert [at_s for _, at_s in expected] == pytest.approx([event.at_s for event in events], abs=0.15)


def test_the_events_tell_how_many_and_how_long() -> None:
    formed, cleared = told(crowding(Crowding(id="c", zone="square", people=3)), people((15, 4), (12, 0)))
    assert (formed.value, pytest.approx(formed.duration_s)) == (4.0, 10.0)
    assert cleared.value == 0.0
    assert cleared.duration_s == pytest.approx(15.5, abs=0.15)
    assert (
        formed.track_id,
        formed.direction,
        formed.xyxy,
        formed.zone_or_line,
        formed.class_name,
    ) == (0, "", None, "square", "person")


def test_a_crowd_that_stays_is_told_again_after_the_interval() -> None:
    rule = crowding(Crowding(id="c", zone="square", people=2, for_s=5, realarm_s=20))
    events = told(rule, people((50, 3)))
    assert pytest.approx([event.at_s for event in events]) == [5.0, 25.0, 45.0]
    assert {"crowd_formed"} == {event.kind for event in events}


@pytest.mark.parametrize(("count", "expected"), [(4, 0), (5, 1)])
def test_density_counts_by_the_zones_area(count: int, expected: int) -> None:
    rule = crowding(Crowding(id="c", zone="square", per_m2=0.5))
    assert expected == len(told(rule, people((12, count))))


def test_people_elsewhere_are_no_crowd_here() -> None:
    rule = crowding(Crowding(id="c", zone="square", people=2))
    assert told(rule, [standing(5, index / FPS, (0.9, 0.9)) for index in range(150)]) == []


def test_a_pause_forgets_the_crowd() -> None:
    rule = crowding(Crowding(id="c", zone="square", people=2))
    frames = people((12, 3), (15, 0))
    told(rule, frames[:120])
    rule.pause()
    assert told(rule, frames[120:]) == []


def test_time_without_frames_forms_no_crowd() -> None:
    rule = crowding(Crowding(id="c", zone="square", people=2))
    frames = [standing(3, at_s) for at_s in (0.0, 0.1, 15.0, 15.1, 15.2)]
    assert told(rule, frames) == []
