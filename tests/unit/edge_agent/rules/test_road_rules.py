import pytest
from fakes.staged_road import KERB, LANE, Vehicle, driven, steady, surveyed

from edge_agent.perception.tracks import Track, Tracks
from edge_agent.rules.engine import Engine
from edge_agent.rules.road_rules import measures_speed, road_rule
from edge_agent.rules.sight import Sight, Trait
from edge_agent.scene.errors import SceneError
from edge_agent.scene.road_specs import (
    Congestion,
    IllegalParking,
    NoHelmet,
    Pavement,
    RoadQueue,
    RoadRule,
    Speeding,
)
from edge_agent.scene.scene import Homography, Line, Scene, Zone
from edge_agent.scene.schedule import TimeWindow

BY_NIGHT = (TimeWindow("22:00", "05:00"),)
STOP = Line(id="stop", start=LANE.polygon[2], end=LANE.polygon[3])
SURVEY = Homography(points=surveyed())


def scene(*rules: RoadRule, homography: Homography | None = SURVEY) -> Scene:
    return Scene(lines=(STOP,), zones=(KERB,), lanes=(LANE,), rules=rules, homography=homography)


SPEEDING = Speeding(id="s", lane="lane", limit_kmh=50)
JAM = Congestion(id="c", lane="lane")


def test_every_rule_of_the_road_runs_in_the_engine() -> None:
    rules = (
        IllegalParking(id="p", zone="kerb", lane="lane"),
        SPEEDING,
        Pavement(id="v", zone="kerb", driveways=("kerb",)),
        JAM,
        RoadQueue(id="q", lane="lane", stop_line="stop"),
        NoHelmet(id="h", zone="kerb"),
    )
    engine = Engine(
        scene(*rules), camera="cam", model="m", labels=("person", "car", "motorcycle"), classes=("car",)
    )
    events, rows = [], []
    for frame in driven([Vehicle(steady(80)), Vehicle(steady(36, at_s=1))], 12, fps=10):
        some, more = engine.step(frame, None, Sight(aspect=16 / 9))
        events += some
        rows += more
    _, last = engine.finish()
    assert [(event.kind, event.rule) for event in events] == [("speeding", "s")]
    found = {(row.name, row.class_name, row.direction): row for row in [*rows, *last]}
    assert set(found) >= {("speed", "car", "forward"), ("congestion", "", ""), ("queue_length", "", "")}
    speed = found["speed", "car", "forward"]
    assert (speed.zone_or_line, speed.n) == ("lane", 2)
    assert speed.value == pytest.approx((80 + 36) / 2, abs=1)
    assert engine.unjudged["h", "no_helmet_model"] > 100


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param((SPEEDING,), ["s"], id="speeding alone"),
        pytest.param((JAM,), ["c"], id="congestion alone"),
        pytest.param((SPEEDING, JAM), ["s"], id="the first"),
        pytest.param(
            (Speeding(id="s", lane="lane", limit_kmh=50, schedule=BY_NIGHT), JAM),
            ["c"],
            id="the one always on",
        ),
        pytest.param((SPEEDING, Congestion(id="c", lane="other")), ["s", "c"], id="of each lane"),
    ],
)
def test_one_rule_of_a_lane_writes_its_speeds(
    rules: tuple[Speeding | Congestion, ...], expected: list[str]
) -> None:
    assert expected == [each.id for each in rules if measures_speed(each, scene(*rules))]


def test_without_a_survey_nobody_measures_speed_and_a_queue_has_no_metres() -> None:
    assert not measures_speed(JAM, scene(JAM, homography=None))
    spec = RoadQueue(id="q", lane="lane", stop_line="stop")
    with pytest.raises(SceneError, match="metres need"):
        road_rule(spec, scene(spec, homography=None), None)  # type: ignore[arg-type]  refused before it is read


def test_what_a_second_model_said_follows_a_rider_over_a_broken_track() -> None:
    spec = NoHelmet(id="h", zone="kerb", model="heads")
    whole = Zone(id="kerb", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    engine = Engine(
        Scene(zones=(whole,), rules=(spec,)),
        camera="cam",
        model="m",
        labels=("person", "motorcycle"),
        classes=("person",),
    )

    def track(
        tracker_id: int, name: str, box: tuple[float, float, float, float], born_s: float, at_s: float
    ) -> Track:
        anchor = ((box[0] + box[2]) / 2, box[3])
        return Track(tracker_id, 0, name, 0.9, box, anchor, born_s, at_s, 1 + round((at_s - born_s) * 10))

    events = []
    for index in range(30):
        at_s = index / 10
        rider, born_s = (2, 0.0) if index < 9 else (3, 0.9)
        tracks = Tracks(
            at_s,
            (
                track(1, "motorcycle", (0.4, 0.5, 0.6, 0.8), 0.0, at_s),
                track(rider, "person", (0.45, 0.3, 0.55, 0.7), born_s, at_s),
            ),
        )
        traits = {rider: (Trait("no_helmet", 0.9, 60, at_s),)} if index % 4 == 0 else {}
        events += engine.step(tracks, None, Sight(traits=traits))[0]
    assert [(event.kind, event.track_id) for event in events] == [("no_helmet", 1)]
    assert events[0].at_s == pytest.approx(2.0, abs=0.5)
