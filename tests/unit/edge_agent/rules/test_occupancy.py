from fakes.staged_tracks import staged, standing, together, walk

from edge_agent.rules.moment import moment_of
from edge_agent.rules.occupancy import OccupancyRule
from edge_agent.rules.origin import Origin
from edge_agent.scene.rule_specs import Occupancy
from edge_agent.scene.scene import Zone

SQUARE = Zone(id="square", polygon=((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)))
IN, OUT = (0.5, 0.5), (0.3, 0.5)


def measuring() -> OccupancyRule:
    return OccupancyRule(Occupancy(id="o", zone="square"), SQUARE, Origin("cam", "m", ("person", "car")))


def test_who_stands_in_the_zone_is_counted_by_class() -> None:
    rule = measuring()
    people = staged(walk([IN] * 10), tracker_id=1)
    car = staged(walk([IN] * 10), tracker_id=2, class_name="car")
    away = staged(walk([OUT] * 10), tracker_id=3)
    dog = staged(walk([IN] * 10), tracker_id=4, class_name="dog")
    assert rule.step(moment_of(together(people, car, away, dog)[-1])) == []
    assert rule.counts == {"person": 1, "car": 1}


def test_a_young_track_is_not_believed_yet() -> None:
    rule = measuring()
    rule.step(moment_of(staged(walk([IN] * 3))[-1]))
    assert rule.counts == {"person": 0, "car": 0}


def test_a_blink_of_the_detector_empties_no_zone() -> None:
    rule = measuring()
    blinking = together(staged([*walk([IN] * 10), (2.4, IN)]), staged([(1.8, OUT), (2.1, OUT)], tracker_id=2))
    counts = []
    for frame in blinking:
        rule.step(moment_of(frame))
        counts.append((frame.at_s, rule.counts["person"]))
    assert (1.8, 1) in counts
    assert (2.1, 0) in counts


def test_the_count_is_that_of_the_latest_frame() -> None:
    rule = measuring()
    rule.step(moment_of(standing(3, 1.0, IN)))
    rule.step(moment_of(standing(1, 2.0, IN)))
    assert rule.counts == {"person": 1, "car": 0}
