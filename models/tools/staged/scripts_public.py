"""Scripts of places with people: zones, lines, crowds, counters, things left behind, the camera."""

from typing import Final

from staged.stage import Stage, corners, polygon, route
from staged.staging import WIDTH, Actor, Fault, Staging

INTRUDED_S: Final = 1.0
DWELL_S: Final = 8.0
CROWD: Final = 4
CROWD_S: Final = 3.0
LAY_S: Final = 5.0
ABANDONED_S: Final = 10.0
AWAY_S: Final = 4.0
FAULT_S: Final = 4.0


def _pace(stage: Stage, actor: Actor) -> float:
    """Pixels a second of a walker, so that even the smallest crosses the picture in the clip."""
    return max(stage.between(0.7, 0.9) * actor.height, 55.0)


def line_count(stage: Stage, vehicle: str = "person") -> Staging:
    """Some cross the line; others pass its end or turn back."""
    seconds = 36.0
    start, end = (0.5, 0.30), (0.5, 0.97)
    for row in stage.rows:
        at_s = stage.between(0, 3)
        while at_s < seconds - 8:
            actor = stage.cast(vehicle)
            half, speed = actor.width / 2, _pace(stage, actor) * 1.3
            act, leftwards = stage.pick(("cross", "cross", "back")), stage.chance(0.5)
            places = [(-half, row), (WIDTH + half, row)]
            if act == "back":
                places = [(-half, row), (stage.between(180, 250), row), (-half, row)]
            if leftwards:
                places = [(WIDTH - x, y) for x, y in places]
            entered = stage.enter(actor, route(at_s, speed, *places), mirrored=leftwards)
            for met_s, _ in entered.crosses(start, end):
                stage.expect("line_crossed", entered, met_s)
            at_s = entered.path[-1].at_s + stage.between(0.5, 2)
    scene = f"""
[[lines]]
id = "line"
from = [{start[0]}, {start[1]}]
to = [{end[0]}, {end[1]}]
[[rules]]
id = "rule"
kind = "line_count"
line = "line"
classes = ["{vehicle}"]
"""
    return stage.done(seconds, scene)


def intrusion(stage: Stage, vehicle: str = "person") -> Staging:
    """Some walk into the zone; others stay in front of it or touch its edge."""
    seconds = 36.0
    area = (230.0, 100.0, 420.0, 359.0)
    for row in stage.rows:
        at_s = stage.between(0, 3)
        while at_s < seconds - 8:
            actor = stage.cast(vehicle)
            half, speed = actor.width / 2, _pace(stage, actor)
            act = stage.pick(("enter", "enter", "before", "touch"))
            turn = {"enter": stage.between(330, 400), "before": 190.0, "touch": 238.0}[act]
            places = [(-half, row), (turn, row), (-half, row)]
            entered = stage.enter(actor, route(at_s, speed, *places))
            if act == "enter":
                stage.expect("intruded", entered, entered.enters(corners(*area), INTRUDED_S))
            at_s = entered.path[-1].at_s + stage.between(0.5, 2)
    scene = f"""
[[zones]]
id = "zone"
polygon = {polygon(*area)}
[[rules]]
id = "rule"
kind = "intrusion"
zone = "zone"
classes = ["{vehicle}"]
"""
    return stage.done(seconds, scene)


def loitering(stage: Stage, vehicle: str = "person") -> Staging:
    """Some stay in the zone; others walk through it. Eight seconds are too long here, a minute by default."""
    seconds = 40.0
    area = (150.0, 100.0, 490.0, 359.0)
    for row in stage.rows:
        at_s = stage.between(0, 4)
        while at_s < seconds - 18:
            actor = stage.cast(vehicle)
            half, speed = actor.width / 2, _pace(stage, actor)
            end = WIDTH + half
            if stage.chance(0.6):
                x = stage.between(220, 320)
                steps = route(at_s, speed, (-half, row), (x, row), (x + 30, row), (x, row), (x + 20, row))
                leaves = steps[-1][0] + stage.between(7, 9)
                entered = stage.enter(actor, [*steps, *route(leaves, speed, (x + 20, row), (end, row))])
                stage.expect("loitered", entered, entered.enters(corners(*area), DWELL_S))
            else:
                entered = stage.enter(actor, route(at_s, 75, (-half, row), (end, row)))
            at_s = entered.path[-1].at_s + stage.between(0.5, 2)
    scene = f"""
[[zones]]
id = "zone"
polygon = {polygon(*area)}
[[rules]]
id = "rule"
kind = "loitering"
zone = "zone"
dwell_s = {DWELL_S}
classes = ["{vehicle}"]
"""
    return stage.done(seconds, scene)


def crowding(stage: Stage, vehicle: str = "person") -> Staging:
    """Once or twice enough people gather; in between there are too few."""
    seconds, area = 46.0, (100.0, 80.0, 540.0, 359.0)
    places = [(x, stage.rows[-1] - 6 * index) for index, x in enumerate((140, 220, 300, 380, 460))]
    for begins in (2.0, 25.0):
        wanted = int(stage.rng.integers(CROWD - 1, CROWD + 2))
        for x, y in places[:wanted]:
            actor = stage.cast(vehicle)
            half, speed = actor.width / 2, _pace(stage, actor) * 1.5
            arrives, leaves = begins + 6 + stage.between(0, 1), begins + 14 + stage.between(0, 1)
            steps = [(arrives - (x + half) / speed, -half, y), (arrives, x, y), (leaves, x, y)]
            stage.enter(actor, [*steps, (leaves + (x + half) / speed, -half, y)])
        if wanted >= CROWD:
            _expect_crowd(stage, corners(*area), begins)
    scene = f"""
[[zones]]
id = "zone"
polygon = {polygon(*area)}
[[rules]]
id = "rule"
kind = "crowding"
zone = "zone"
people = {CROWD}
for_s = {CROWD_S}
"""
    return stage.done(seconds, scene)


def _expect_crowd(stage: Stage, area: tuple[tuple[float, float], ...], begins: float) -> None:
    """From when to when enough of them are in the zone."""
    (left, _), (right, _) = area[0], area[1]
    ins, outs = [], []
    for actor in stage.actors:
        inside_s = actor.first(lambda place: left < place[0] < right, after_s=begins)
        if inside_s is None or inside_s > begins + 20:
            continue
        ins.append(inside_s)
        outs.append(actor.first(lambda place: place[0] < left, after_s=begins + 13) or 0.0)
    formed = sorted(ins)[CROWD - 1]
    thinned = sorted(outs)[len(outs) - CROWD]
    stage.expect("crowd_formed", None, formed + CROWD_S + 0.5)
    stage.expect("crowd_cleared", None, thinned + CROWD_S + 1.0)


def littering(stage: Stage) -> Staging:
    """Some drop a thing and go on; others pick it up again, stay beside it, or only pass what lay there."""
    return _left(stage, f"static_s = {LAY_S}", "littering", "littered", LAY_S)


def abandoned(stage: Stage) -> Staging:
    """The same with a longer rest; ten seconds here, a minute by default."""
    keys = f"static_s = {ABANDONED_S}\naway_s = {AWAY_S}"
    return _left(stage, keys, "abandoned", "object_abandoned", ABANDONED_S)


def _left(stage: Stage, keys: str, kind: str, event: str, lay_s: float) -> Staging:
    seconds = 34.0 + lay_s
    for row in stage.rows:
        at_s = stage.between(3.5, 6)
        act = stage.pick(("drop", "drop", "pick", "stay", "walk"))
        actor = stage.cast("person")
        half, speed = actor.width / 2, _pace(stage, actor)
        x = stage.between(180, 300)
        drops_s = at_s + (x + half) / speed
        end = WIDTH + half
        if act == "stay":
            steps = [*route(at_s, speed, (-half, row), (x, row)), (seconds, x, row)]
        elif act == "pick":
            steps = [
                *route(at_s, speed, (-half, row), (x, row)),
                *route(drops_s + 3.0, speed, (x, row), (end, row)),
            ]
        else:
            steps = route(at_s, speed, (-half, row), (end, row))
        walker = stage.enter(actor, steps)
        if act == "walk":
            continue
        thing = stage.thing_of(actor)
        side, lift = half + thing.width * 0.6, 0.3 * actor.height
        hand = [(at_s, -half - side, row - lift), (drops_s, x - side, row - lift)]
        gone_s = drops_s + 3.0 if act == "pick" else seconds
        ground = [(drops_s + 0.3, x - side, row - 2), (gone_s, x - side, row - 2)]
        if act == "pick":
            ground += [
                (gone_s + 0.4, x - side + 10, row - lift),
                (walker.path[-1].at_s, end - side, row - lift),
            ]
        dropped = stage.enter(thing, [*hand, *ground], carrier=walker.object_id)
        if act == "drop":
            stage.expect(event, dropped, drops_s + 0.3 + lay_s)
    scene = f"""
[[zones]]
id = "zone"
polygon = {polygon(0, 60, WIDTH, 359)}
[[rules]]
id = "rule"
kind = "{kind}"
zone = "zone"
{keys}
"""
    return stage.done(seconds, scene)


def camera_health(stage: Stage, vehicle: str = "person") -> Staging:
    """The camera is darkened, covered, blurred, frozen and moved, one after the other; people walk by."""
    kinds = list(stage.rng.permutation(["dark", "covered", "blurred", "frozen", "moved"]))
    faults, at_s = [], 14.0
    for kind in kinds[:3]:
        faults.append(Fault(str(kind), at_s, at_s + 12.0))
        stage.expect(f"camera_{kind}", None, at_s + FAULT_S + 1.0)
        stage.expect(f"camera_{kind}_recovered", None, at_s + 12.0 + FAULT_S + 1.0)
        at_s += 26.0
    actor = stage.cast(vehicle)
    for row in stage.rows:
        begins = stage.between(0, 5)
        while begins < at_s:
            entered = stage.enter(actor, route(begins, 60, (-20, row), (WIDTH + 20, row)))
            begins = entered.path[-1].at_s + stage.between(1, 8)
    scene = f"""
[[rules]]
id = "rule"
kind = "camera_health"
for_s = {FAULT_S}
"""
    return stage.done(at_s, scene, faults=tuple(faults))
