"""Rules about the road: who stands, drives or waits where, and how fast.

Neighbours: `scene.py` joins these into `AnyRule`; `road_checks.py` says what types cannot. Thresholds are
those of the domain reference, and may all be changed in the scene file.
"""

from typing import Annotated, Final

import msgspec

from edge_agent.scene.fields import Classes, Id, Seconds, Share
from edge_agent.scene.rule_specs import RuleSpec

MOTOR_VEHICLES: Final = ("motorcycle", "car", "bus", "truck")
RIDERS_AND_BIKES: Final = ("motorcycle", "person")

Kmh = Annotated[float, msgspec.Meta(gt=0, le=300)]
Metres = Annotated[float, msgspec.Meta(gt=0, le=1_000)]
Levels = tuple[Share, Share, Share]


class IllegalParking(RuleSpec, frozen=True, tag="illegal_parking", kw_only=True):
    """Report vehicles that stop where they must not.

    Time during which `signal` is red, or vehicles queue in `lane`, does not count. `drift_m` is how far a
    vehicle may tremble and still stand, `occlusion_s` how long it may be hidden.
    """

    zone: str
    warn_s: Seconds = 60.0
    confirm_s: Seconds = 180.0
    drift_m: Annotated[float, msgspec.Meta(gt=0, le=5)] = 0.5
    occlusion_s: Annotated[float, msgspec.Meta(ge=0, le=120)] = 15.0
    signal: Id | None = None
    lane: Id | None = None
    classes: Classes | None = MOTOR_VEHICLES


class Speeding(RuleSpec, frozen=True, tag="speeding", kw_only=True):
    """Tell of vehicles that are too fast for sure, and measure the speed of all; advisory only."""

    lane: str
    limit_kmh: Kmh
    margin_kmh: Annotated[float, msgspec.Meta(ge=0, le=100)] = 5.0
    classes: Classes | None = MOTOR_VEHICLES


class Pavement(RuleSpec, frozen=True, tag="pavement", kw_only=True):
    """Report motor vehicles that drive on a pavement; what is in one of `driveways` may."""

    zone: str
    min_kmh: Kmh = 5.0
    min_s: Seconds = 1.5
    min_m: Metres = 3.0
    driveways: tuple[str, ...] = ()
    classes: Classes | None = MOTOR_VEHICLES


class Congestion(RuleSpec, frozen=True, tag="congestion", kw_only=True):
    """Tell how jammed a lane is, 0 to 3, and measure the speed of its vehicles where the ground is surveyed.

    A level needs the share of the lane that is covered (`levels`), and a median speed below `slow` of the
    lane's usual speed (40 km/h when the lane does not say) where speeds can be measured.
    """

    lane: str
    levels: Levels = (0.2, 0.4, 0.6)
    slow: Levels = (0.75, 0.5, 0.25)
    enter_s: Seconds = 60.0
    leave_s: Seconds = 120.0
    classes: Classes | None = MOTOR_VEHICLES


class RoadQueue(RuleSpec, frozen=True, tag="road_queue", kw_only=True):
    """Measure how far vehicles queue back from a stop line; tell of a change by `change_m` that lasts."""

    lane: str
    stop_line: str
    change_m: Metres = 20.0
    hold_s: Seconds = 30.0
    classes: Classes | None = MOTOR_VEHICLES


class NoHelmet(RuleSpec, frozen=True, tag="no_helmet", kw_only=True):
    """Report motorbikes whose rider wears no helmet, by a second model that looks at heads.

    `model` names that model in the catalogue, `bare` is its word for a head without a helmet. Without
    `model` the rule decides nothing, and that is counted.
    """

    zone: str
    model: str = ""
    bare: Annotated[str, msgspec.Meta(min_length=1)] = "no_helmet"
    min_px: Annotated[float, msgspec.Meta(ge=8, le=1_000)] = 40.0
    min_score: Share = 0.7
    least_bare: Annotated[int, msgspec.Meta(ge=1, le=15)] = 3
    least_crops: Annotated[int, msgspec.Meta(ge=1, le=15)] = 5
    classes: Classes | None = RIDERS_AND_BIKES


RoadRule = IllegalParking | Speeding | Pavement | Congestion | RoadQueue | NoHelmet
"""Every rule of this file."""
