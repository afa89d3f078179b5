"""The scene of one camera: what its file may say, as frozen types.

Invariants of a `Scene` that `parse.py` gave: ids are unique in their list, every reference of a rule exists,
polygons do not cross themselves, coordinates are normalised 0-1. Unknown keys are refused, because a misspelt
key must not be silence. Neighbours: `checks.py` holds what types cannot say; the rules read the scene.
"""

from typing import Annotated, Final

import msgspec

from edge_agent.scene.schedule import TimeWindow

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Corner = tuple[Share, Share]
Corners = Annotated[tuple[Corner, ...], msgspec.Meta(max_length=100)]
Classes = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1)], ...], msgspec.Meta(min_length=1, max_length=50)
]
Box = tuple[Share, Share, Share, Share]

PERSON: Final = ("person",)


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A segment that objects may cross; forward is from its negative to its positive side."""

    id: Id
    start: Corner = msgspec.field(name="from")
    end: Corner = msgspec.field(name="to")


class Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An area; `area_m2` is its surveyed size, for rules per square metre."""

    id: Id
    polygon: Corners
    area_m2: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Lane(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lane with the direction of its traffic as a vector in the picture."""

    id: Id
    polygon: Corners
    direction: tuple[float, float]
    usual_speed_kmh: Annotated[float, msgspec.Meta(gt=0, le=300)] | None = None


class Signal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A traffic signal: lamps in the picture, or a controller's feed (`source = "mqtt:…"`)."""

    id: Id
    box: Box | None = None
    lamps: dict[str, Box] = {}
    source: str | None = None


class Homography(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Surveyed points: x, y in the picture, and metres east and north."""

    points: Annotated[
        tuple[tuple[Share, Share, float, float], ...], msgspec.Meta(min_length=4, max_length=100)
    ]


class PrivacyMask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An area that is never shown."""

    polygon: Corners


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


AnyRule = LineCount | Occupancy | Intrusion | Loitering | Crowding


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is known of a camera's view."""

    lines: tuple[Line, ...] = ()
    zones: tuple[Zone, ...] = ()
    rules: tuple[AnyRule, ...] = ()
    lanes: tuple[Lane, ...] = ()
    signals: tuple[Signal, ...] = ()
    homography: Homography | None = None
    privacy: tuple[PrivacyMask, ...] = ()
    utc_offset_h: Annotated[float, msgspec.Meta(ge=-12, le=14)] = 7.0

    def line(self, line_id: str) -> Line:
        """The line with this id, which a checked rule may rely on."""
        return next(line for line in self.lines if line.id == line_id)

    def zone(self, zone_id: str) -> Zone:
        """The zone with this id, which a checked rule may rely on."""
        return next(zone for zone in self.zones if zone.id == zone_id)
