"""Legal behaviour that looks like more: no event may come. All rules of a place at once, with their defaults.

The junction: past the line at red onset, waiting queues, turning where one may, passing on amber, deliveries
that end before a warning is due, driving at the limit, touching a line, the driveway over the pavement. The
square: people who wait a while, groups that stay below the limit, things that are picked up or guarded.
"""

from typing import Final

from staged.scripts_signal import LAMPS, LINE_X, lamp_text
from staged.stage import BANDS, GROUND, Stage, polygon, route
from staged.staging import WIDTH, Actor, Lamp, Staging

SECONDS: Final = 300.0
CYCLE_S: Final = 60.0
GREEN_S: Final = 30.0
AMBER_S: Final = 3.0
MAIN_Y, TURN_Y, KERB_Y = 190.0, 262.0, 318.0


def junction(stage: Stage, vehicle: str = "car") -> Staging:
    """Five minutes at a junction in which nobody breaks a rule."""
    tall = min(stage.height(), 60.0) if stage.band != "small" else stage.height()
    phases: list[tuple[float, str]] = []
    for cycle in range(int(SECONDS / CYCLE_S)):
        start = cycle * CYCLE_S
        phases += [(start, "green"), (start + GREEN_S, "amber"), (start + GREEN_S + AMBER_S, "red")]
        _main_lane(stage, vehicle, tall, start)
        _turning(stage, vehicle, tall, start)
        _delivering(stage, vehicle, tall, start)
    scene = _JUNCTION.format(
        main=polygon(0, 120, LINE_X, 228),
        whole=polygon(0, 120, WIDTH, 228),
        turn=polygon(0, 232, LINE_X + 200, 280),
        kerb=polygon(0, 290, WIDTH, 340),
        path=polygon(0, 342, WIDTH, 359),
        signal=lamp_text(),
        ground=GROUND,
    )
    return stage.done(SECONDS, scene, lamps=(Lamp("signal", LAMPS, tuple(phases)),))


def _main_lane(stage: Stage, vehicle: str, tall: float, start: float) -> None:
    """On green some pass; one is on the line when red begins and stays; two queue behind until green."""
    red_s, green_s = start + GREEN_S + AMBER_S, start + CYCLE_S
    for index in range(3):
        actor = stage.cast(vehicle, tall)
        half = actor.width / 2
        stage.enter(
            actor,
            route(start + 5 + 7 * index, stage.between(110, 150), (-half, MAIN_Y), (WIDTH + half, MAIN_Y)),
        )
    actor = stage.cast(vehicle, tall)
    half, speed = actor.width / 2, 120.0
    past_x = LINE_X + stage.between(0.1, 0.45) * actor.width
    stops = [(red_s - 0.6, past_x)]
    stops += [(red_s + 2 + 3 * index, LINE_X - half - 12 - (actor.width + 14) * index) for index in range(2)]
    for index, (arrives, x) in enumerate(stops):
        if x < half:
            continue
        waiter = actor if index == 0 else stage.cast(vehicle, tall)
        goes_s = green_s + 0.8 + 1.4 * index
        steps = [(arrives - (x + half) / speed, -half, MAIN_Y), (arrives, x, MAIN_Y), (goes_s, x, MAIN_Y)]
        stage.enter(waiter, [*steps, (goes_s + (WIDTH + half - x) / speed, WIDTH + half, MAIN_Y)])


def _turning(stage: Stage, vehicle: str, tall: float, start: float) -> None:
    """On red, from the lane that may turn."""
    red_s = start + GREEN_S + AMBER_S
    for at_s in (red_s + 3, red_s + 14):
        actor = stage.cast(vehicle, tall)
        half, speed = actor.width / 2, stage.between(90, 130)
        steps = route(at_s, speed, (-half, TURN_Y), (LINE_X + 120, TURN_Y), (WIDTH + half, TURN_Y - 4))
        stage.enter(actor, steps)


def _delivering(stage: Stage, vehicle: str, tall: float, start: float) -> None:
    """At the kerb for less than a minute; somebody walks on the pavement."""
    actor = stage.cast(vehicle, tall)
    half, x, speed = actor.width / 2, stage.between(180, 460), 100.0
    arrives = start + 2 + (x + half) / speed
    goes_s = arrives + stage.between(15, 42)
    steps = [(start + 2, -half, KERB_Y), (arrives, x, KERB_Y), (goes_s, x, KERB_Y)]
    stage.enter(actor, [*steps, (goes_s + (WIDTH + half - x) / speed, WIDTH + half, KERB_Y)])
    walker = stage.cast("person", tall * 1.1)
    stage.enter(walker, route(start + 10, 40, (-20, 356), (WIDTH + 20, 356)))


def square(stage: Stage, vehicle: str = "person") -> Staging:
    """Five minutes on a square in which nothing is left, nobody stays too long, and no crowd forms."""
    low, high = BANDS[stage.band]
    for row in stage.rows:
        at_s = 4.0 + stage.between(0, 5)
        while at_s < SECONDS - 70:
            act, actor = stage.pick(("walk", "wait", "pick", "guard", "front")), stage.cast(vehicle)
            half, speed = actor.width / 2, max(0.8 * (low + high) / 2, 55.0)
            x, end = stage.between(250, 400), WIDTH + half
            goes_s = at_s + (x + half) / speed
            rests_s = {"walk": 0.1, "wait": stage.between(20, 45), "pick": 3.0, "guard": 30.0, "front": 0.1}[
                act
            ]
            places = [(-half, row), (x, row)]
            back = [(x, row), (end, row)]
            if act == "front":
                places, back = [(-half, row), (100.0, row)], [(100.0, row), (-half, row)]
                goes_s = at_s + (100 + half) / speed
            steps = [*route(at_s, speed, *places), *route(goes_s + rests_s, speed, *back)]
            walker = stage.enter(actor, steps)
            if act in {"pick", "guard"}:
                _carried(stage, walker, (at_s, x, row, speed), rests_s)
            at_s = steps[-1][0] + stage.between(1, 6)
    scene = _SQUARE.format(whole=polygon(0, 60, WIDTH, 359), private=polygon(0, 60, 90, 100))
    return stage.done(SECONDS, scene)


def _carried(stage: Stage, carrier: Actor, walk: tuple[float, float, float, float], rests_s: float) -> None:
    """A thing that is put down beside its carrier and taken along again."""
    at_s, x, row, speed = walk
    tall, half = carrier.height, carrier.width / 2
    end = WIDTH + half
    thing = stage.thing_of(carrier)
    side, lift = half + thing.width * 0.6, 0.3 * tall
    down_s = at_s + (x + half) / speed
    up_s = down_s + rests_s - 0.4
    path = [
        (at_s, -half - side, row - lift),
        (down_s, x - side, row - lift),
        (down_s + 0.3, x - side, row - 2),
        (up_s, x - side, row - 2),
        (up_s + 0.4, x - side, row - lift),
        (up_s + 0.4 + (end - x) / speed, end - side, row - lift),
    ]
    stage.enter(thing, path, carrier=carrier.object_id)


_JUNCTION: Final = """
[[lines]]
id = "stop"
from = [0.5, 0.34]
to = [0.5, 0.80]
[[lines]]
id = "solid"
from = [0.1, 0.639]
to = [0.9, 0.639]
[[lanes]]
id = "main"
polygon = {main}
direction = [1.0, 0.0]
[[lanes]]
id = "whole"
polygon = {whole}
direction = [1.0, 0.0]
[[lanes]]
id = "turn"
polygon = {turn}
direction = [1.0, 0.0]
[[zones]]
id = "kerb"
polygon = {kerb}
[[zones]]
id = "pavement"
polygon = {path}
{signal}
[[rules]]
id = "red_light"
kind = "red_light"
stop_line = "stop"
lane = "main"
signal = "signal"
turn_lanes = ["turn"]
[[rules]]
id = "stop_line"
kind = "stop_line"
stop_line = "stop"
lane = "main"
signal = "signal"
[[rules]]
id = "wrong_way"
kind = "wrong_way"
lane = "whole"
[[rules]]
id = "solid_line"
kind = "solid_line"
line = "solid"
[[rules]]
id = "illegal_parking"
kind = "illegal_parking"
zone = "kerb"
[[rules]]
id = "speeding"
kind = "speeding"
lane = "whole"
limit_kmh = 30.0
[[rules]]
id = "pavement"
kind = "pavement"
zone = "pavement"
[[rules]]
id = "restricted_lane"
kind = "restricted_lane"
zone = "kerb"
classes = ["motorcycle"]
{ground}"""

_SQUARE: Final = """
[[zones]]
id = "square"
polygon = {whole}
[[zones]]
id = "private"
polygon = {private}
[[rules]]
id = "intrusion"
kind = "intrusion"
zone = "private"
classes = ["person"]
[[rules]]
id = "loitering"
kind = "loitering"
zone = "square"
[[rules]]
id = "crowding"
kind = "crowding"
zone = "square"
people = 6
[[rules]]
id = "littering"
kind = "littering"
zone = "square"
[[rules]]
id = "abandoned"
kind = "abandoned"
zone = "square"
"""
