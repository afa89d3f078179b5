"""What every rule of a scene says, and the rules about counting and presence.

Neighbours: `scene.py` joins the rules of all fields of work into `AnyRule`.
"""

from typing import Annotated

import msgspec

from edge_agent.scene.fields import PERSON, Classes, Id, Seconds
from edge_agent.scene.schedule import TimeWindow


class RuleSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """What every rule has; without `classes` the model's own choice counts, without `schedule` always."""

    id: Id
    classes: Classes | None = None
    schedule: tuple[TimeWindow, ...] = ()


class LineCount(RuleSpec, frozen=True, tag="line_count", kw_only=True):
    """Count who crosses a line, in both directions."""

    line: str


class Occupancy(RuleSpec, frozen=True, tag="occupancy", kw_only=True):
    """Measure how many are in a zone."""

    zone: str


class Intrusion(RuleSpec, frozen=True, tag="intrusion", kw_only=True):
    """Report who is in a zone."""

    zone: str
    inside_s: Seconds = 1.0


class Loitering(RuleSpec, frozen=True, tag="loitering", kw_only=True):
    """Report who stays in a zone."""

    zone: str
    dwell_s: Seconds = 60.0
    classes: Classes | None = PERSON


class Crowding(RuleSpec, frozen=True, tag="crowding", kw_only=True):
    """Report when many are in a zone, and when they have gone."""

    zone: str
    people: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    per_m2: Annotated[float, msgspec.Meta(gt=0, le=10)] | None = None
    for_s: Seconds = 10.0
    realarm_s: Seconds = 600.0
    classes: Classes | None = PERSON
