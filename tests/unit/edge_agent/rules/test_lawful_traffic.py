"""Whoever keeps the law is never reported, however the boxes tremble and frames are lost."""

import random

from fakes.road import BIKE, CAR, GROUND, Filming, Plan, Vehicle, filmed, judged_frames, pictured, ways
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.rules.moment import Rule
from edge_agent.rules.origin import Origin
from edge_agent.rules.red_light import RedLightRule
from edge_agent.rules.restricted_lane import RestrictedLaneRule
from edge_agent.rules.solid_line import SolidLineRule
from edge_agent.rules.stop_line import StopLineRule
from edge_agent.rules.wrong_way import WrongWayRule
from edge_agent.scene.scene import Lane, Line, Signal, Zone
from edge_agent.scene.signal_specs import (
    VEHICLES,
    RedLight,
    RestrictedLane,
    SolidLine,
    StopLine,
    WrongWay,
)

STOP = Line(id="stop", start=pictured(-0.5, 20), end=pictured(4.5, 20))
LANE = Lane(
    id="ahead",
    polygon=(pictured(0, 8), pictured(4, 8), pictured(4, 20), pictured(0, 20)),
    direction=(0.0, -1.0),
)
SOLID = Line(id="solid", start=pictured(0, 8), end=pictured(0, 40))
BUS_LANE = Zone(id="brt", polygon=(pictured(-4, 8), pictured(0, 8), pictured(0, 40), pictured(-4, 40)))
LAMP = Signal(id="lamp", box=(0.1, 0.1, 0.2, 0.3), lamps={"red": (0.1, 0.1, 0.2, 0.2)})
ORIGIN = Origin("cam", "m", VEHICLES)
FEWER = settings(max_examples=settings().max_examples // 3)
"""Each example is a film of a quarter of a minute."""


def rules() -> list[Rule]:
    red = RedLight(id="r", stop_line="stop", lane="ahead", signal="lamp")
    stop = StopLine(id="s", stop_line="stop", lane="ahead", signal="lamp")
    return [
        RedLightRule(red, STOP, LANE, LAMP, ORIGIN),
        StopLineRule(stop, STOP, LANE, LAMP, ORIGIN),
        WrongWayRule(WrongWay(id="w", lane="ahead"), LANE, ORIGIN),
        SolidLineRule(SolidLine(id="l", line="solid"), SOLID, ORIGIN),
        RestrictedLaneRule(RestrictedLane(id="b", zone="brt", classes=VEHICLES), BUS_LANE, ORIGIN),
    ]


def lawful(rng: random.Random, plan: Plan) -> list[Vehicle]:
    """Comes up to the line in its lane, stops where it should while it is red, and drives on at green."""
    vehicles = []
    front_m, at_s = 19.6, 0.0
    green_s = next(begins_s for begins_s, colour in plan if colour == "green" and begins_s > 0)
    for _ in range(rng.randint(1, 3)):
        at_s += rng.uniform(0.5, 2.0)
        east, body = rng.uniform(1.2, 3.0), rng.choice([CAR, BIKE])
        stop_m = front_m - body.length_m - rng.uniform(0.0, 0.6)
        reached_s = at_s + rng.uniform(2.0, 4.0)
        go_s = green_s + rng.uniform(0.8, 1.5)
        creep_s = rng.uniform(reached_s + 0.1, go_s)
        legs = [
            (at_s, (east, 8.0)),
            (reached_s, (east, max(8.2, stop_m - rng.uniform(0, 0.3)))),
            (creep_s, (east, max(8.4, stop_m))),
            (go_s, (east, max(8.4, stop_m))),
            (go_s + 3, (east + rng.uniform(-0.3, 0.3), 36.0)),
        ]
        vehicles.append(Vehicle(ways(*legs), body, seen_s=(at_s, go_s + 3)))
        front_m = stop_m - 0.8
        if front_m < 13:
            break
    return vehicles


@FEWER
@given(
    seed=st.integers(0, 10_000),
    fps=st.sampled_from([5.0, 10.0, 15.0]),
    dropped=st.sampled_from([0.0, 0.2]),
    surveyed=st.booleans(),
)
def test_who_waits_at_red_and_drives_at_green_is_never_reported(
    seed: int, fps: float, dropped: float, *, surveyed: bool
) -> None:
    rng = random.Random(seed)
    plan = ((0.0, "red"), (rng.uniform(8, 11), "green"))
    filming = Filming(fps, dropped, 0.03, GROUND if surveyed else None, seed)
    vehicles = lawful(rng, plan)
    frames = filmed(vehicles, 16, filming)
    found = [event for rule in rules() for event in judged_frames(rule, frames, filming.ground, plan=plan)]
    assert found == []


@FEWER
@given(
    seed=st.integers(0, 10_000),
    plan=st.lists(
        st.tuples(st.floats(0.4, 3.0), st.sampled_from(["red", "amber", "green", "off", ""])),
        min_size=1,
        max_size=6,
    ),
    surveyed=st.booleans(),
)
def test_who_never_crosses_makes_no_event_whatever_the_signal_does(
    seed: int, plan: list[tuple[float, str]], *, surveyed: bool
) -> None:
    rng = random.Random(seed)
    shown, begins_s = [], 0.0
    for lasts_s, colour in plan:
        shown.append((begins_s, colour))
        begins_s += lasts_s
    legs = [(0.0, (2.0, 9.0))]
    while legs[-1][0] < 9:
        at_s, (east, north) = legs[-1]
        ahead = min(north + rng.uniform(0.0, 3.0), 18.2)
        legs.append(
            (at_s + rng.uniform(0.3, 2.0), (min(max(east + rng.uniform(-0.4, 0.4), 1.2), 2.8), ahead))
        )
    vehicle = Vehicle(ways(*legs), rng.choice([CAR, BIKE]))
    filming = Filming(rng.choice([5.0, 10.0, 15.0]), 0.2, 0.03, GROUND if surveyed else None, seed)
    frames = filmed([vehicle], 9, filming)
    found = [event for rule in rules() for event in judged_frames(rule, frames, filming.ground, plan=shown)]
    assert found == []
