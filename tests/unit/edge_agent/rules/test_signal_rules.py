"""Rules of a scene's text, run by the engine."""

from fakes.road import ASPECT, Filming, Vehicle, filmed, pictured, shown, ways

from edge_agent.rules.engine import Engine
from edge_agent.rules.sight import LampReading, Sight
from edge_agent.scene.parse import parse_scene
from edge_agent.scene.scene import Scene

LABELS = ("person", "bicycle", "motorcycle", "car", "bus", "truck")
PLAN = ((0.0, "green"), (3.0, "red"))


RULES = """[[rules]]
id = "red"
kind = "red_light"
stop_line = "stop"
lane = "ahead"
signal = "lamp"
turn_lanes = ["right"]
[[rules]]
id = "block"
kind = "stop_line"
stop_line = "stop"
lane = "ahead"
signal = "lamp"
crosswalk = "zebra"
junction = "middle"
[[rules]]
id = "wrong"
kind = "wrong_way"
lane = "ahead"
[[rules]]
id = "cross"
kind = "solid_line"
line = "solid"
[[rules]]
id = "bus-lane"
kind = "restricted_lane"
zone = "brt"
classes = ["car"]
"""


def junction() -> Scene:
    def places(*metres: tuple[float, float]) -> str:
        return str([list(pictured(*each)) for each in metres])

    survey = [[*pictured(e, n), e, n] for e in (-4.0, 4.0) for n in (8.0, 20.0, 45.0)]
    return parse_scene(
        f"""
[[lines]]
id = "stop"
from = {list(pictured(-0.5, 20))}
to = {list(pictured(4.5, 20))}
[[lines]]
id = "solid"
from = {list(pictured(0, 8))}
to = {list(pictured(0, 19))}
[[zones]]
id = "zebra"
polygon = {places((-1, 21), (5, 21), (5, 25), (-1, 25))}
[[zones]]
id = "middle"
polygon = {places((-6, 26), (9, 26), (9, 40), (-6, 40))}
[[zones]]
id = "brt"
polygon = {places((-4, 8), (-0.2, 8), (-0.2, 20), (-4, 20))}
[[lanes]]
id = "ahead"
polygon = {places((0, 8), (4, 8), (4, 20), (0, 20))}
direction = [0, -1]
[[lanes]]
id = "right"
polygon = {places((4, 8), (7, 8), (7, 24), (4, 24))}
direction = [0, -1]
[[signals]]
id = "lamp"
source = "mqtt:junction/7"
{RULES}[homography]
points = {survey}
""",
        "junction.toml",
    )


def found(vehicle: Vehicle, *, read: bool = True) -> tuple[list[tuple[str, str]], dict[tuple[str, str], int]]:
    """Events and the frames in which a rule could decide nothing."""
    engine = Engine(junction(), camera="cam", model="m", labels=LABELS, classes=LABELS)
    events = []
    for frame in filmed([vehicle], 14, Filming()):
        lamps = {"lamp": LampReading(shown(PLAN, frame.at_s), 0.95, frame.at_s)} if read else {}
        events += engine.step(frame, None, Sight(aspect=ASPECT, lamps=lamps))[0]
    return [(event.kind, event.rule) for event in events], engine.unjudged


RUNS = Vehicle(ways((5.0, (2.0, 8.0)), (8.0, (2.0, 36.0))), seen_s=(5.0, 8.0))


def test_every_rule_of_a_junction_finds_what_it_is_about() -> None:
    brakes = ways((4.0, (2.0, 8.0)), (6.0, (2.0, 18.0)), (9.0, (2.0, 20.95)), (13.0, (2.0, 20.95)))
    stands = Vehicle(brakes, seen_s=(4.0, 13.0))
    against = Vehicle(ways((5.0, (2.0, 19.0)), (7.5, (2.0, 8.0))), seen_s=(5.0, 7.5))
    over = Vehicle(ways((5.0, (1.2, 8.0)), (6.0, (1.0, 10.0)), (9.0, (-2.0, 16.0))), seen_s=(5.0, 9.0))
    bus_lane = Vehicle(ways((5.0, (-2.0, 8.0)), (9.0, (-2.0, 18.0))), seen_s=(5.0, 9.0))
    assert found(RUNS)[0] == [("red_light_run", "red")]
    assert found(stands)[0] == [("stop_line_blocked", "block")]
    assert found(against)[0] == [("wrong_way", "wrong")]
    assert found(over)[0] == [("solid_line_crossed", "cross")]
    assert found(bus_lane)[0] == [("lane_misused", "bus-lane")]


def test_frames_without_a_known_signal_are_counted_by_rule() -> None:
    events, unjudged = found(RUNS, read=False)
    assert events == []
    assert unjudged == {("red", "signal_unknown"): 140, ("block", "signal_unknown"): 140}
