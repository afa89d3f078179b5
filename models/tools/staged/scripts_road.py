"""Scripts of a road: parking, speeding, pavement, helmets, congestion, queues.

Times that the rules count in minutes are shortened in the scene file of the clip, which says so; the hour of
legal behaviour runs with the defaults.
"""

from typing import Final

from staged.stage import GROUND, PX_PER_M, Stage, polygon, route
from staged.staging import WIDTH, Post, Staging

WARN_S: Final = 6.0
CONFIRM_S: Final = 12.0
LIMIT_KMH: Final = 30.0
KMH_PX: Final = PX_PER_M / 3.6
"""Pixels a second of one km/h."""
BARE: Final = "no_helmet"
ENTER_S: Final = 5.0
LEAVE_S: Final = 8.0


def illegal_parking(stage: Stage, vehicle: str = "car") -> Staging:
    """Some park; others stop for less than the limit, pass by, or stand where they may."""
    seconds, low, high = 40.0, stage.rows[-1], stage.rows[0]
    places = (150.0, 450.0)
    for x in places:
        act, actor = stage.pick(("park", "park", "stop")), stage.cast(vehicle)
        half, speed = actor.width / 2, stage.between(90, 140)
        arrives = stage.between(4, 6) + (2.5 if x < WIDTH / 2 else 0)
        stays = stage.between(24, 27) if act == "park" else stage.between(2.0, 3.5)
        start, end = (-half, WIDTH + half)
        stop_y = low - 6
        entered = stage.enter(
            actor,
            [
                (arrives - (x - start) / speed, start, stop_y),
                (arrives, x, stop_y),
                (arrives + stays, x, stop_y),
                (arrives + stays + (end - x) / speed, end, stop_y),
            ],
        )
        if act == "park":
            stage.expect("parking_warned", entered, arrives + WARN_S)
            stage.expect("parking_confirmed", entered, arrives + CONFIRM_S)
    other = stage.cast(vehicle)
    if stage.chance(0.5):
        stage.enter(other, [*route(1.0, 110, (-other.width / 2, high), (320, high)), (30.0, 320, high)])
    else:
        stage.enter(other, route(8.0, 110, (-other.width / 2, high), (WIDTH + other.width / 2, high)))
    posts: tuple[Post, ...] = ()
    if stage.chance(0.4) and stage.band != "large":
        walker = stage.cast("person", stage.actors[0].height * 1.3)
        stage.enter(walker, route(11.0, 45, (-20, low + 2), (WIDTH + 20, low + 2)))
        posts = (Post(150, 0, 10, 358),)
    scene = f"""
[[zones]]
id = "no-stopping"
polygon = {polygon(0, (low + stage.rows[-2]) / 2, WIDTH, 359)}
[[rules]]
id = "rule"
kind = "illegal_parking"
zone = "no-stopping"
warn_s = {WARN_S}
confirm_s = {CONFIRM_S}
{GROUND if stage.chance(0.5) else ""}"""
    return stage.done(seconds, scene, posts=posts)


def speeding(stage: Stage, vehicle: str = "car") -> Staging:
    """Some are far above the limit and its margin, others below."""
    seconds = 30.0
    for row in stage.rows:
        at_s = stage.between(0, 2)
        while at_s < seconds - 6:
            fast, actor = stage.chance(0.5), stage.cast(vehicle)
            kmh = stage.between(50, 65) if fast else stage.between(14, 28)
            half, speed = actor.width / 2, kmh * KMH_PX
            entered = stage.enter(actor, route(at_s, speed, (-half, row), (WIDTH + half, row)))
            if fast:
                begins = entered.first(lambda place: place[0] >= 0.0)
                stage.expect("speeding", entered, (begins or 0.0) + 1.0)
            at_s = entered.path[-1].at_s + stage.between(0.5, 1.5)
    scene = f"""
[[lanes]]
id = "lane"
polygon = {polygon(0, 80, WIDTH, 359)}
direction = [1.0, 0.0]
usual_speed_kmh = 40.0
[[rules]]
id = "rule"
kind = "speeding"
lane = "lane"
limit_kmh = {LIMIT_KMH}
{GROUND}"""
    return stage.done(seconds, scene)


def pavement(stage: Stage, vehicle: str = "car") -> Staging:
    """Some drive along the pavement; others on the road, over the driveway, or stand."""
    seconds, at_s = 40.0, 0.5
    while at_s < seconds - 8:
        act, actor = stage.pick(("drive", "drive", "road", "driveway", "walk")), stage.cast(vehicle)
        if act == "walk":
            actor = stage.cast("person")
        size = (actor.width * actor.height) ** 0.5
        half, speed = actor.width / 2, max(stage.between(90, 140), stage.between(1.2, 1.35) * size)
        y = stage.between(300, 330)
        ways: dict[str, list[tuple[float, float]]] = {
            "drive": [(-half, y), (WIDTH + half, y)],
            "walk": [(-half, y), (WIDTH + half, y)],
            "road": [(-half, 195), (WIDTH + half, 195)],
            "driveway": [(-half, 195), (550, 195), (565, 358), (565, 358 + actor.height)],
        }
        entered = stage.enter(actor, route(at_s, speed if act != "walk" else 70, *ways[act]))
        if act == "drive":
            begins = entered.first(lambda place: place[0] >= 0.0)
            stage.expect("pavement_driven", entered, (begins or 0.0) + 1.8)
        at_s = entered.path[-1].at_s + stage.between(-1.5, 0.5)
    scene = f"""
[[zones]]
id = "pavement"
polygon = {polygon(0, 245, WIDTH, 359)}
[[zones]]
id = "driveway"
polygon = {polygon(505, 235, 640, 359)}
[[rules]]
id = "rule"
kind = "pavement"
zone = "pavement"
driveways = ["driveway"]
{GROUND if stage.chance(0.5) else ""}"""
    return stage.done(seconds, scene)


def no_helmet(stage: Stage, vehicle: str = "motorcycle") -> Staging:
    """Riders on motorbikes, some bare-headed; what a second model says of heads is part of the script."""
    seconds = 30.0
    for row in stage.rows:
        at_s = stage.between(0, 2)
        while at_s < seconds - 9:
            bike = stage.cast(vehicle)
            rider = stage.cast("person", bike.height * 1.1)
            half, speed = bike.width / 2, stage.between(90, 150)
            act = stage.pick(("bare", "bare", "helmet", "unsure", "far"))
            label = "helmet" if act == "helmet" else BARE
            trait = (label, 0.5 if act == "unsure" else 0.86, 30.0 if act == "far" else 48.0)
            steps = route(at_s, speed, (-half, row), (WIDTH + half, row))
            entered = stage.enter(bike, steps)
            lifted = [(when, x, row - bike.height * 0.35) for when, x, _ in steps]
            stage.enter(rider, lifted, traits=(trait,))
            if act == "bare":
                begins = entered.first(lambda place: place[0] >= 0.0)
                stage.expect("no_helmet", entered, (begins or 0.0) + 2.0)
            at_s = entered.path[-1].at_s + stage.between(0.5, 2)
    scene = f"""
[[zones]]
id = "road"
polygon = {polygon(0, 80, WIDTH, 359)}
[[rules]]
id = "rule"
kind = "no_helmet"
zone = "road"
model = "helmets"
"""
    return stage.done(seconds, scene, tracks_only="needs a second model that sees helmets")
