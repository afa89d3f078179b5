"""Scripts of a junction: red light, stop line, wrong way, solid line, restricted lane.

Each clip mixes those who break the rule with those who look alike and do not: past the line at red onset,
waiting, turning where they may, backing up for a moment, touching a line.
"""

from typing import Final

from staged.stage import GROUND, PX_PER_M, Stage, polygon, route, through
from staged.staging import WIDTH, Lamp, Staging

LINE_X: Final = 320.0
GREEN_S: Final = 5.0
RED_S: Final = 10.0
CYCLE_S: Final = 16.0
CYCLES: Final = 3
LAMPS: Final = {
    "red": (20.0, 16.0, 34.0, 30.0),
    "amber": (20.0, 33.0, 34.0, 47.0),
    "green": (20.0, 50.0, 34.0, 64.0),
}


def _lamp() -> Lamp:
    phases: list[tuple[float, str]] = []
    for cycle in range(CYCLES):
        start = cycle * CYCLE_S
        phases += [(start, "green"), (start + GREEN_S, "amber"), (start + CYCLE_S - RED_S, "red")]
    phases.append((CYCLES * CYCLE_S, "green"))
    return Lamp("signal", LAMPS, tuple(phases))


def lamp_text() -> str:
    """The signal as the scene file writes it."""
    boxes = ", ".join(
        f"{name} = [{x1 / 640:.4f}, {y1 / 360:.4f}, {x2 / 640:.4f}, {y2 / 360:.4f}]"
        for name, (x1, y1, x2, y2) in LAMPS.items()
    )
    box = [16 / 640, 12 / 360, 38 / 640, 68 / 360]
    return f'[[signals]]\nid = "signal"\nbox = {[round(value, 4) for value in box]}\nlamps = {{{boxes}}}\n'


def _junction(rule: str, *, surveyed: bool, more: str = "") -> str:
    lane = polygon(0, 110, LINE_X, 358)
    return f"""
[[lines]]
id = "stop"
from = [0.5, 0.30]
to = [0.5, 0.995]
[[lanes]]
id = "lane"
polygon = {lane}
direction = [1.0, 0.0]
usual_speed_kmh = 25.0
{lamp_text()}
[[rules]]
id = "rule"
{rule}
stop_line = "stop"
lane = "lane"
signal = "signal"
{more}
{GROUND if surveyed else ""}"""


def red_light(stage: Stage, vehicle: str = "car") -> Staging:
    """Some run the red; others wait, cross on amber, stand past the line, or turn where they may."""
    turn = stage.chance(0.4)
    for cycle in range(CYCLES):
        red_s = (cycle + 1) * CYCLE_S - RED_S
        for row in stage.rows:
            may_turn = turn and row == stage.rows[-1]
            act = stage.pick(("run", "run", "wait", "early", "past"))
            _at_red(stage, vehicle, act, red_s, row, expects=not may_turn)
    extra = ""
    if turn:
        area = polygon(0, stage.rows[-1] - 20, LINE_X + 40, 358)
        extra = f'[[lanes]]\nid = "turn"\npolygon = {area}\ndirection = [1.0, 0.0]\n'
    rule = 'kind = "red_light"' + ('\nturn_lanes = ["turn"]' if turn else "")
    scene = extra + _junction(rule, surveyed=stage.chance(0.5))
    return stage.done(CYCLES * CYCLE_S + 4, scene, lamps=(_lamp(),))


def _at_red(stage: Stage, vehicle: str, act: str, red_s: float, row: float, *, expects: bool) -> None:
    """One vehicle of one red."""
    actor = stage.cast(vehicle)
    half, speed = actor.width / 2, stage.between(120, 200)
    if act == "run":
        met_s = red_s + stage.between(1.2, RED_S - 3.5)
        entered = stage.enter(actor, through(met_s, LINE_X, row, speed, half))
        if expects:
            stage.expect("red_light_run", entered, met_s)
    elif act == "early":
        stage.enter(actor, through(red_s - stage.between(0.4, 0.9), LINE_X, row, speed, half))
    else:
        is_past = act == "past"
        stop_x = LINE_X + stage.between(0.3, 0.45) * actor.width if is_past else LINE_X - half - 10
        met_s = red_s - 0.5 if is_past else red_s + stage.between(0.5, 3)
        arrives = met_s + (stop_x - LINE_X) / speed if is_past else met_s
        goes_s = red_s + RED_S + stage.between(0.3, 0.8)
        steps = [
            (arrives - (stop_x + half) / speed, -half, row),
            (arrives, stop_x, row),
            (goes_s, stop_x, row),
        ]
        stage.enter(actor, [*steps, (goes_s + (WIDTH + half - stop_x) / speed, WIDTH + half, row)])


def stop_line(stage: Stage, vehicle: str = "car") -> Staging:
    """Some drive over the line on red and stand there; others wait before it or were past it."""
    for cycle in range(CYCLES):
        red_s = (cycle + 1) * CYCLE_S - RED_S
        for row in stage.rows:
            act = stage.pick(("block", "block", "wait", "past", "touch"))
            if act in {"wait", "past"}:
                _at_red(stage, vehicle, act, red_s, row, expects=False)
                continue
            actor = stage.cast(vehicle)
            half, speed = actor.width / 2, stage.between(90, 140)
            stop_x = LINE_X + stage.between(0.3, 0.45) * min(actor.width, 240)
            stands_s = red_s + stage.between(2.0, 3.5) + (stop_x - LINE_X) / speed
            goes_s = red_s + RED_S + 0.4 if act == "block" else stands_s + stage.between(0.2, 0.9)
            entered = stage.enter(
                actor,
                [
                    (stands_s - (stop_x + half) / speed, -half, row),
                    (stands_s, stop_x, row),
                    (goes_s, stop_x, row),
                    (goes_s + (WIDTH + half - stop_x) / speed, WIDTH + half, row),
                ],
            )
            if act == "block":
                stage.expect("stop_line_blocked", entered, stands_s + 2.4)
    return stage.done(
        CYCLES * CYCLE_S + 4, _junction('kind = "stop_line"', surveyed=stage.chance(0.5)), lamps=(_lamp(),)
    )


def wrong_way(stage: Stage, vehicle: str = "car") -> Staging:
    """Some drive against the lane; others with it, or back up for a moment."""
    seconds, surveyed = 36.0, stage.chance(0.5)
    for row in stage.rows:
        at_s = stage.between(0, 3)
        while at_s < seconds - 9:
            act, actor = stage.pick(("wrong", "wrong", "right", "back")), stage.cast(vehicle)
            half, speed = actor.width / 2, stage.between(100, 160)
            far = 5 * PX_PER_M if surveyed else 2 * (actor.width * actor.height) ** 0.5
            if act == "back":
                x = stage.between(240, 400)
                steps = route(at_s, speed, (-half, row), (x, row))
                steps += route(steps[-1][0] + 0.5, 60, (x, row), (x - 40, row))[0:2]
                steps += route(steps[-1][0] + 0.5, speed, (x - 40, row), (WIDTH + half, row))
                entered = stage.enter(actor, steps)
            else:
                places = [(-half, row), (WIDTH + half, row)]
                ordered = places[::-1] if act == "wrong" else places
                entered = stage.enter(actor, route(at_s, speed, *ordered), mirrored=act == "wrong")
            if act == "wrong":
                begins = entered.first(lambda place: place[0] <= 1.0)
                stage.expect("wrong_way", entered, (begins or 0.0) + max(1.5, far / speed))
            at_s = entered.path[-1].at_s + stage.between(0.5, 2)
    scene = f"""
[[lanes]]
id = "lane"
polygon = {polygon(0, 90, WIDTH, 359)}
direction = [1.0, 0.0]
[[rules]]
id = "rule"
kind = "wrong_way"
lane = "lane"
{GROUND if surveyed else ""}"""
    return stage.done(seconds, scene)


def solid_line(stage: Stage, vehicle: str = "car") -> Staging:
    """Some change lanes over the line; others keep theirs, touch it, or change before it begins."""
    seconds, at_s = 44.0, 0.5
    line_y, upper, lower = 245.0, 205.0, 300.0
    start, end = (0.34, line_y / 360), (0.92, line_y / 360)
    while at_s < seconds - 7:
        act, actor = stage.pick(("cross", "cross", "keep", "touch", "before")), stage.cast(vehicle)
        half, speed = actor.width / 2, stage.between(110, 170)
        one, other = (upper, lower) if stage.chance(0.5) else (lower, upper)
        over = line_y + 3 if one < other else line_y - 3
        paths = {
            "cross": [
                (-half, one),
                (stage.between(240, 300), one),
                (stage.between(400, 460), other),
                (WIDTH + half, other),
            ],
            "keep": [(-half, one), (WIDTH + half, one)],
            "touch": [(-half, one), (280, one), (340, over), (350, over), (410, one), (WIDTH + half, one)],
            "before": [(-half, one), (20, one), (190, other), (WIDTH + half, other)],
        }
        entered = stage.enter(actor, route(at_s, speed, *paths[act]))
        if act == "cross":
            for met_s, _ in entered.crosses(start, end):
                stage.expect("solid_line_crossed", entered, met_s)
        at_s = entered.path[-1].at_s + stage.between(-1.2, 0.5)
    surveyed = stage.chance(0.5)
    scene = f"""
[[lines]]
id = "line"
from = [{start[0]}, {start[1]:.4f}]
to = [{end[0]}, {end[1]:.4f}]
[[rules]]
id = "rule"
kind = "solid_line"
line = "line"
{GROUND if surveyed else ""}"""
    return stage.done(seconds, scene)


def restricted_lane(stage: Stage, vehicle: str = "car") -> Staging:
    """Some drive in the closed lane; others beside it, or dip into it for a second."""
    seconds, at_s = 40.0, 0.5
    area = (0.0, 250.0, 640.0, 352.0)
    while at_s < seconds - 7:
        act, actor = stage.pick(("misuse", "misuse", "beside", "dip")), stage.cast(vehicle)
        half, speed = actor.width / 2, stage.between(110, 170)
        row = stage.between(295, 320) if act == "misuse" else stage.between(200, 215)
        places = [(-half, row), (WIDTH + half, row)]
        if act == "dip":
            x = stage.between(180, 300)
            places[1:1] = [(x, row), (x + 45, 262), (x + 60, 262), (x + 105, row)]
        entered = stage.enter(actor, route(at_s, speed, *places))
        if act == "misuse":
            begins = entered.first(lambda place: place[0] >= 0.0)
            stage.expect("lane_misused", entered, (begins or 0.0) + 2.0)
        at_s = entered.path[-1].at_s + stage.between(-1.5, 0.5)
    closed_to = "motorcycle" if vehicle == "motorcycle" else "car"
    scene = f"""
[[zones]]
id = "closed"
polygon = {polygon(*area)}
[[rules]]
id = "rule"
kind = "restricted_lane"
zone = "closed"
classes = ["{closed_to}"]
"""
    return stage.done(seconds, scene)
