import pytest
from fakes.staged_road import GROUND, Vehicle, Way, area, driven, hidden, judged, steady

from edge_agent.rules.origin import Origin
from edge_agent.rules.pavement import PavementRule
from edge_agent.scene.homography import Ground
from edge_agent.scene.road_specs import Pavement
from edge_agent.scene.scene import Zone

PAVEMENT = Zone(id="pavement", polygon=area(3.5, 7.0, 12.0, 40.0))
DRIVEWAY = Zone(id="gate", polygon=area(3.0, 7.5, 20.0, 26.0))
ORIGIN = Origin("cam", "m", ("motorcycle", "car"))


def pavement(*driveways: Zone) -> PavementRule:
    spec = Pavement(id="p", zone="pavement", driveways=tuple(each.id for each in driveways))
    return PavementRule(spec, PAVEMENT, driveways, ORIGIN)


def across(kmh: float, north: float = 23.0, at_s: float = 1.0) -> Way:
    """From the road over the pavement to the east, and out of sight in a gate."""
    return lambda t: (1.0 + kmh / 3.6 * max(t - at_s, 0), north) if kmh / 3.6 * (t - at_s) < 7.5 else None


def stop_and_go(t: float) -> tuple[float, float]:
    """Stands on the pavement for 6 s, moves on by 2 m, stands."""
    return (5.0, 20.0 + min(max(t - 6, 0) * 2, 2.0))


@pytest.mark.parametrize(("fps", "dropped"), [(5, 0.0), (10, 0.0), (15, 0.0), (10, 0.2)])
@pytest.mark.parametrize(
    ("way", "class_name", "expected"),
    [
        pytest.param(steady(18, east=5.0), "motorcycle", 1, id="rides along"),
        pytest.param(steady(18, east=5.0), "car", 1, id="a car too"),
        pytest.param(steady(18, east=1.75), "motorcycle", 0, id="on the road"),
        pytest.param(steady(3.5, east=5.0), "motorcycle", 0, id="pushed at a walk"),
        pytest.param(lambda _: (5.0, 20.0), "motorcycle", 0, id="parked there"),
        pytest.param(stop_and_go, "motorcycle", 0, id="shoved about"),
        pytest.param(across(20), "motorcycle", 0, id="over it in a second"),
        pytest.param(
            hidden(steady(18, east=5.0), (0.8, 30)), "motorcycle", 0, id="seen for too short a time"
        ),
    ],
)
def test_only_who_drives_on_it_is_told_of(
    way: Way, class_name: str, expected: int, fps: float, dropped: float
) -> None:
    frames = driven([Vehicle(way, class_name)], 9, fps=fps, jitter=0.01, missed=0.1, dropped=dropped, seed=3)
    assert expected == len(judged(pavement(), frames))


def test_the_event_says_where_how_fast_and_for_how_long() -> None:
    (event,) = judged(pavement(), driven([Vehicle(steady(18, east=5.0), "motorcycle")], 8, fps=15))
    assert (event.kind, event.zone_or_line, event.class_name) == ("pavement_driven", "pavement", "motorcycle")
    assert event.value == pytest.approx(18, abs=1)
    assert 1.5 <= event.duration_s < 2.5


def test_driveways_are_for_driving_over() -> None:
    slow = driven([Vehicle(across(7), "car")], 8, jitter=0.01)
    assert len(judged(pavement(), slow)) == 1
    assert judged(pavement(DRIVEWAY), slow) == []
    along = driven([Vehicle(steady(18, east=5.0, start=14.0), "car")], 8, jitter=0.01)
    assert len(judged(pavement(DRIVEWAY), along)) == 1


@pytest.mark.parametrize("ground", [GROUND, None], ids=["surveyed", "not surveyed"])
def test_across_the_view_no_survey_is_needed(ground: Ground | None) -> None:
    wide = Zone(id="pavement", polygon=area(-8.0, 8.0, 22.0, 30.0))
    rule = PavementRule(Pavement(id="p", zone="pavement"), wide, (), ORIGIN)

    def way(t: float) -> tuple[float, float]:
        return (-6.0 + 4 * t, 26.0)

    assert len(judged(rule, driven([Vehicle(way, "motorcycle")], 3, fps=15), ground=ground)) == 1


def test_who_rides_back_later_is_told_of_again_and_who_strays_for_a_moment_is_not() -> None:
    def swerving(t: float) -> tuple[float, float]:
        return (5.0 if t < 2.5 or t > 3.3 else 2.5, 13.0 + 4 * t)

    assert len(judged(pavement(), driven([Vehicle(swerving, "motorcycle")], 6))) == 1

    def returning(t: float) -> tuple[float, float]:
        return (5.0 if t < 2.8 or t > 6 else 2.0, 13.0 + 2.6 * t)

    assert len(judged(pavement(), driven([Vehicle(returning, "motorcycle")], 9))) == 2


def test_a_pause_forgets_and_the_end_of_the_input_decides_nothing() -> None:
    rule = pavement()
    for frame in driven([Vehicle(steady(18, east=5.0), "motorcycle")], 4):
        assert judged(rule, [frame]) == []
        rule.pause()
    assert rule.finish() == []


def test_what_is_kept_ends_with_the_tracks() -> None:
    rule = pavement()
    judged(rule, driven([Vehicle(hidden(steady(18, east=5.0, at_s=n), (n + 3, 99))) for n in range(5)], 12))
    assert rule._drives == {}
