"""Rules about public order, places with people, hazards and the camera itself.

Neighbours: `rule_specs.py` says what every rule has; `docs/rules.md` tells people what the keys mean.
"""

from typing import Annotated, Final, Literal

import msgspec

from edge_agent.scene.fields import PERSON, Classes, Seconds, Share
from edge_agent.scene.rule_specs import RuleSpec

CARRIERS: Final = ("person", "bicycle", "motorcycle", "car", "bus", "truck")
OBJECTS: Final = ("backpack", "handbag", "suitcase", "bottle", "umbrella", "bag", "litter", "trash")
Metres = Annotated[float, msgspec.Meta(gt=0, le=1000)]
Hour = Annotated[int, msgspec.Meta(ge=0, le=23)]
People = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class PeopleQueue(RuleSpec, frozen=True, tag="people_queue", kw_only=True):
    """Measure who waits at a counter and for how long.

    Attributes:
        zone: where people wait.
        service_point: where they are served; may touch the zone, must not hold the people who serve.
        settle_s: who has been in the zone, mostly still, for so long is waiting; passers-by are not.
        served_s: who came from the queue and is at the service point for so long has been reached.
        change_people: a queue that differs by so many from what was last told has changed.
        for_s: and has to differ for so long.
    """

    zone: str
    service_point: str
    settle_s: Seconds = 5.0
    served_s: Seconds = 2.0
    change_people: People = 3
    for_s: Seconds = 10.0
    classes: Classes | None = PERSON


class Littering(RuleSpec, frozen=True, tag="littering", kw_only=True):
    """Report things that somebody leaves and walks or drives away from.

    Attributes:
        zone: where.
        static_s: how long the thing must have lain still.
        away_m: how far its carrier must be; where the ground is not surveyed, lengths of his own box that
            stand for metres.
        objects: classes of things; whatever lies there is also found without a class, as a change of the
            picture.
        classes: who may carry it.
    """

    zone: str
    static_s: Seconds = 5.0
    away_m: Metres = 2.0
    objects: Classes = OBJECTS
    classes: Classes | None = CARRIERS


class Abandoned(RuleSpec, frozen=True, tag="abandoned", kw_only=True):
    """Report things whose owner has gone and not come back.

    Attributes:
        zone: where.
        static_s: how long the thing must have lain still.
        away_m: how far the owner must be, as for littering.
        away_s: and for how long.
        objects: classes of things, as for littering.
        classes: who may own it.
    """

    zone: str
    static_s: Seconds = 60.0
    away_m: Metres = 3.0
    away_s: Seconds = 30.0
    objects: Classes = OBJECTS
    classes: Classes | None = CARRIERS


class Visitors(RuleSpec, frozen=True, tag="visitors", kw_only=True):
    """Measure who comes in, who goes out and who is inside.

    Attributes:
        line: the door.
        inward: the direction over the line that leads in.
        reset_hour: local hour at which nobody is inside any more.
    """

    line: str
    inward: Literal["forward", "backward"]
    reset_hour: Hour = 3
    classes: Classes | None = PERSON


class SmokeFire(RuleSpec, frozen=True, tag="smoke_fire", kw_only=True):
    """Report smoke or fire; needs a model that sees it.

    Attributes:
        zone: where to look; everywhere when left out.
        for_s: it must have been seen for so long, most of the time.
        clear_s: not seen for so long, it is over.
    """

    zone: str | None = None
    for_s: Seconds = 3.0
    clear_s: Seconds = 60.0
    classes: Classes | None = ("fire", "smoke", "flame")


class Flooding(RuleSpec, frozen=True, tag="flooding", kw_only=True):
    """Report water on a road; needs a model that sees it.

    Attributes:
        zone: the road.
        for_s: it must have been seen for so long, most of the time.
        clear_s: not seen for so long, it is over.
    """

    zone: str
    for_s: Seconds = 30.0
    clear_s: Seconds = 300.0
    classes: Classes | None = ("flood", "water", "flooded_road")


class CameraHealth(RuleSpec, frozen=True, tag="camera_health", kw_only=True):
    """Report a camera that sees nothing, or not what it should; the other rules rest meanwhile.

    Attributes:
        offline_s: without a frame for so long it is offline.
        for_s: any other fault must last so long, and its absence too.
        dark: darker than this mean brightness, 0-1.
        blurred: less than this share of the reference's sharpness.
        covered: more than this share of the picture without texture.
        moved: a shift by more than this share of the picture's height.
    """

    offline_s: Seconds = 20.0
    for_s: Seconds = 10.0
    dark: Share = 0.05
    blurred: Share = 0.5
    covered: Share = 0.6
    moved: Share = 0.03


def looked_for(spec: RuleSpec, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Labels that a detector must find for a rule; `usual` for a rule that names none."""
    match spec:
        case CameraHealth():
            return ()
        case Littering() | Abandoned():
            return (*(spec.classes or usual), *spec.objects)
        case _:
            return spec.classes or usual


PublicRule = PeopleQueue | Littering | Abandoned | Visitors | SmokeFire | Flooding | CameraHealth
