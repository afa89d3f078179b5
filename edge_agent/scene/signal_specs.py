"""Rules about signals, lanes and lines of a road.

Neighbours: `scene.py` joins these into `AnyRule`; `docs/rules.md` tells people what the keys mean. Thresholds
are those of the domain reference; lengths in metres count where the ground is surveyed, in the object's own
lengths elsewhere.
"""

from typing import Annotated, Final, Literal

import msgspec

from edge_agent.scene.fields import Classes, Id, Seconds
from edge_agent.scene.rule_specs import RuleSpec

VEHICLES: Final = ("bicycle", "motorcycle", "car", "bus", "truck")
Metres = Annotated[float, msgspec.Meta(gt=0, le=100)]
Lengths = Annotated[float, msgspec.Meta(gt=0, le=20)]


class RedLight(RuleSpec, frozen=True, tag="red_light", kw_only=True):
    """Report vehicles that drive over a stop line while the signal is red.

    Attributes:
        stop_line: the line.
        lane: where they come from; its direction says which way over the line counts.
        signal: what they must obey.
        min_red_s: it must have been red for so long when they meet the line.
        beyond_m: how far they must go beyond the line.
        beyond_s: or for how long.
        turn_lanes: lanes that may turn on red.
    """

    stop_line: str
    lane: str
    signal: str
    min_red_s: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.5
    beyond_m: Metres = 1.0
    beyond_s: Seconds = 0.3
    turn_lanes: tuple[Id, ...] = ()
    classes: Classes | None = VEHICLES


class StopLine(RuleSpec, frozen=True, tag="stop_line", kw_only=True):
    """Report vehicles that cross a stop line while the signal is red and stand there.

    Attributes:
        stop_line: the line.
        lane: where they come from.
        signal: what they must obey.
        hold_s: how long they must stand.
        crosswalk: whoever stands on it stands there, however far from the line it reaches.
        junction: whoever has driven into it is not standing at the line.
    """

    stop_line: str
    lane: str
    signal: str
    hold_s: Seconds = 2.0
    crosswalk: Id | None = None
    junction: Id | None = None
    classes: Classes | None = VEHICLES


class WrongWay(RuleSpec, frozen=True, tag="wrong_way", kw_only=True):
    """Report vehicles that drive against the direction of a lane.

    Attributes:
        lane: the lane with its direction.
        min_s: how long.
        angle: degrees from the lane's direction beyond which a heading is wrong.
        min_m: how far.
        min_lengths: the same where the ground is not surveyed.
    """

    lane: str
    min_s: Seconds = 1.5
    angle: Annotated[float, msgspec.Meta(ge=90, lt=180)] = 135.0
    min_m: Metres = 5.0
    min_lengths: Lengths = 2.0
    classes: Classes | None = VEHICLES


class SolidLine(RuleSpec, frozen=True, tag="solid_line", kw_only=True):
    """Report vehicles that cross a line that must not be crossed, and stay on the other side.

    Attributes:
        line: the line.
        forbidden: the direction over it that is forbidden, as `line_count` names them.
        stay_s: how long they must stay beyond it.
        beyond_m: how far beyond.
    """

    line: str
    forbidden: Literal["both", "forward", "backward"] = "both"
    stay_s: Seconds = 0.5
    beyond_m: Metres = 0.3
    classes: Classes | None = VEHICLES


class RestrictedLane(RuleSpec, frozen=True, tag="restricted_lane", kw_only=True):
    """Report vehicles in a lane that is closed to their class.

    Attributes:
        zone: the lane's area.
        inside_s: how long they must be inside.
        classes: who may not be there; the scene must say it.
    """

    zone: str
    classes: Classes
    inside_s: Seconds = 2.0


SignalRule = RedLight | StopLine | WrongWay | SolidLine | RestrictedLane
