"""Scripts of queues: people at a counter, vehicles before a stop line, a lane that fills and empties.

What a queue is made of is known to the pixel; the moment at which its change is told follows from the times
of the scene file, written out in each script.
"""

from typing import Final

from edge_agent.rules.lane_cover import ROOM
from staged.stage import GROUND, PX_PER_M, Stage, polygon
from staged.staging import WIDTH, Actor, Staging

SETTLE_S: Final = 3.0
CHANGED_S: Final = 4.0
HOLD_S: Final = 5.0
CHANGE_M: Final = 8.0
CAR_M: Final = 4.5
GAP_M: Final = 10.0
GAP_PX: Final = 10.0
MEDIAN_S: Final = 2.5
"""Half of the five seconds over which a road's queue is smoothed."""
ENTER_S: Final = 4.0
LEAVE_S: Final = 6.0
SMOOTH_S: Final = 5.0
LEVELS: Final = (0.2, 0.4, 0.6)
TALL: Final = 0.55
EDGE: Final = 0.1
"""The lane reaches from so far above the anchors to so far below, in heights of its vehicles."""


def people_queue(stage: Stage, vehicle: str = "person") -> Staging:
    """People come to a counter, wait, and leave one after the other; others walk past."""
    row, count = stage.rows[-1], int(stage.rng.integers(3, 6))
    arrivals, leavings = [], []
    for index in range(count):
        actor = stage.cast(vehicle)
        half, speed = actor.width / 2, 110.0
        x = 470.0 - 75.0 * index
        arrives = 7.0 + 1.5 * index
        goes = 30.0 + 0.4 * index
        steps = [(arrives - (x + half) / speed, -half, row - index), (arrives, x, row - index)]
        steps += [(goes, x, row - index), (goes + (WIDTH + half - x) / 170, WIDTH + half, row - index)]
        stage.enter(actor, steps)
        arrivals.append(arrives)
        leavings.append(goes + (560.0 - x) / 170)
    passer = stage.cast(vehicle)
    stage.enter(passer, [(1.0, -30.0, stage.rows[0]), (10.0, WIDTH + 30.0, stage.rows[0])])
    # The third to wait makes three; at the end nobody waits any more.
    stage.expect("queue_changed", None, arrivals[2] + SETTLE_S + CHANGED_S)
    stage.expect("queue_changed", None, max(leavings) + CHANGED_S)
    scene = f"""
[[zones]]
id = "queue"
polygon = {polygon(60, (row + stage.rows[-2]) / 2, 560, 359)}
[[zones]]
id = "counter"
polygon = {polygon(562, (row + stage.rows[-2]) / 2, 639, 359)}
[[rules]]
id = "rule"
kind = "people_queue"
zone = "queue"
service_point = "counter"
settle_s = {SETTLE_S}
for_s = {CHANGED_S}
change_people = 3
"""
    return stage.done(50.0, scene)


def road_queue(stage: Stage, vehicle: str = "car") -> Staging:
    """Vehicles stop one behind the other before a line, and drive off together."""
    row, line_x = stage.rows[-1], 600.0
    metres = 0.0
    stands_s = []
    x = line_x - 10
    for index in range(8):
        actor = stage.cast(vehicle)
        half, speed = actor.width / 2, 130.0
        x -= half
        if x < half + GAP_PX:
            break
        arrives = 7.0 + 2.0 * index
        goes = 38.0 + 0.9 * index
        steps = [(arrives - (x + half) / speed, -half, row), (arrives, x, row), (goes, x, row)]
        stage.enter(actor, [*steps, (goes + (WIDTH + half - x) / speed, WIDTH + half, row)])
        metres = (line_x - x) / PX_PER_M + CAR_M / 2
        stands_s.append((arrives, metres))
        x -= half + 14
    # One change up and one down: the queue must not grow by as much again.
    change_m = max(CHANGE_M, 0.55 * metres)
    reached = next(at_s for at_s, length in stands_s if length >= change_m)
    last = len(stands_s) - 1
    # It is over when whoever now stands first is too far from the line to wait at it, or all have gone.
    shrunk = next(n for n in range(last + 1) if n == last or stands_s[n + 1][1] - CAR_M >= GAP_M)
    stage.expect("queue_changed", None, reached + 0.8 + MEDIAN_S + HOLD_S)
    stage.expect("queue_changed", None, 38.0 + 0.9 * shrunk + 0.5 + MEDIAN_S + HOLD_S)
    scene = f"""
[[lines]]
id = "stop"
from = [{line_x / WIDTH}, 0.6]
to = [{line_x / WIDTH}, 0.99]
[[lanes]]
id = "lane"
polygon = {polygon(0, row - 30, line_x, 359)}
direction = [1.0, 0.0]
[[rules]]
id = "rule"
kind = "road_queue"
lane = "lane"
stop_line = "stop"
change_m = {change_m:.1f}
hold_s = {HOLD_S}
{GROUND}"""
    return stage.done(62.0, scene)


def congestion(stage: Stage, vehicle: str = "car") -> Staging:
    """A lane fills until nothing moves, and empties again."""
    row = stage.rows[-1]
    height = stage.height()
    top, bottom = row - TALL * height, row + EDGE * height
    waiting = [stage.cast(vehicle, height) for _ in range(12)]
    while sum(actor.width for actor in waiting) > WIDTH - 4:
        waiting.pop()
    gap = (WIDTH - sum(actor.width for actor in waiting)) / len(waiting)
    x = float(WIDTH)
    for index, actor in enumerate(waiting):
        half, speed = actor.width / 2, 150.0
        x -= half + gap / 2
        arrives, goes = 6.0 + 1.2 * index, 50.0 + 0.8 * index
        steps = [(arrives - (x + half) / speed, -half, row), (arrives, x, row), (goes, x, row)]
        stage.enter(actor, [*steps, (goes + (WIDTH + half - x) / speed, WIDTH + half, row)])
        x -= half + gap / 2
    seconds = 100.0
    _expect_levels(stage, seconds)
    scene = f"""
[[lanes]]
id = "lane"
polygon = {polygon(0, top, WIDTH, bottom)}
direction = [1.0, 0.0]
[[rules]]
id = "rule"
kind = "congestion"
lane = "lane"
enter_s = {ENTER_S}
leave_s = {LEAVE_S}
"""
    return stage.done(seconds, scene)


def _expect_levels(stage: Stage, seconds: float) -> None:
    """When the smoothed share of the lane that is covered has been above, or below, each level."""
    tick, smooth = 0.1, 0.0
    turned: dict[float, float | None] = dict.fromkeys(LEVELS)
    is_on = dict.fromkeys(LEVELS, False)
    for index in range(round(seconds / tick)):
        at_s = index * tick
        smooth += (tick / SMOOTH_S) * (_covered(stage.actors, at_s) - smooth)
        for level in LEVELS:
            if (smooth >= level) == is_on[level]:
                turned[level] = None
                continue
            since = turned[level]
            turned[level] = since = at_s if since is None else since
            if at_s - since >= (LEAVE_S if is_on[level] else ENTER_S):
                is_on[level], turned[level] = not is_on[level], None
                stage.expect("congestion_changed", None, at_s)


def _covered(actors: list[Actor], at_s: float) -> float:
    """Share of the lane that is taken up: by vehicles and the room that is theirs."""
    spans = []
    for actor in actors:
        box = actor.box(at_s)
        if box is not None and box[0] < WIDTH and box[2] > 0:
            left, right = max(box[0], 0.0), min(box[2], float(WIDTH))
            room = ROOM * (right - left)
            spans.append((max(left - room, 0.0), min(right + room, float(WIDTH))))
    covered, reached = 0.0, 0.0
    for left, right in sorted(spans):
        covered += max(right - max(left, reached), 0.0)
        reached = max(reached, right)
    return covered / WIDTH * TALL / (TALL + EDGE)
